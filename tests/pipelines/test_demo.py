"""The whole line on the demo company: what was planted comes out, once, and what was sent is not sent again."""

from __future__ import annotations

import csv
import email
import json
import re
import shutil
from datetime import date, datetime
from email import policy
from pathlib import Path

import duckdb
import pytest
import zstandard

from commission.ledger import Ledger
from pipelines.demo import NIGHTS, QUARTER_END
from pipelines.publish import archived, clocks_of
from tests.pipelines.conftest import Played, play_again

CLOSED = [f"2026-{month:02d}" for month in range(1, 10)]


def rows(warehouse: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def quarter_end(played: Played) -> Path:
    found = archived(played.home.archive, QUARTER_END)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("truth", "figure", "metric", "column"),
    [
        ("monthly_sales", "signed_sales", "signed_sales", "value"),
        ("monthly_collections", "collections", "collections", "value"),
        ("monthly_outcomes", "won", "win_rate", "numerator"),
        ("monthly_outcomes", "won_amount", "win_rate_amount", "numerator"),
    ],
)
def test_the_published_figures_are_the_planted_ones(played: Played, truth: str, figure: str, metric: str, column: str) -> None:
    differing = f"""
        with truth as (
            select month, department_id, cast({figure} as decimal(38, 4)) as planted
            from read_csv('{played.truth}/{truth}.csv', all_varchar = true) where known_at = '2026-10-01T02:00:00+08:00'
        ),
        published as (
            select period as month, scope_id as department_id, {column} as figure from management.kpi
            where metric_id = '{metric}' and period_type = 'month' and scope_type = 'department' and org_view = 'as_of_event'
        )
        select month, department_id, planted, figure from truth full outer join published using (month, department_id)
        where month >= '2025-01' and coalesce(planted, 0) <> coalesce(figure, 0) order by all
    """
    assert rows(quarter_end(played), differing) == []


def test_every_planted_bad_row_is_in_quarantine_and_nothing_else(played: Played) -> None:
    known_at = clocks_of(played.home.published)[1]
    with (played.truth / "planted.csv").open(encoding="utf-8", newline="") as file:
        spoilt = [row for row in csv.DictReader(file) if row["kind"] == "spoilt_row"]
    planted = {(row["source"], row["key"]) for row in spoilt if datetime.fromisoformat(row["at"]) <= known_at}
    held = set(rows(played.home.published, "select source, key from core.quarantine"))
    assert (held, len(held) > 5) == (planted, True)


def test_nine_months_are_closed_in_order_and_the_chain_holds(played: Played) -> None:
    ledger = Ledger(played.home.ledger)
    assert (ledger.verify().is_whole, sorted(ledger.closings())) == (True, CLOSED)
    posted = rows(quarter_end(played), "select sum(amount) from finance.commission_lines where status = 'posted'")
    assert posted == [(sum(entry.amount for entry in ledger.entries()),)]


def test_closed_months_have_no_drafts_and_late_facts_post_to_the_open_month(played: Played) -> None:
    drafts = "select distinct posting_period from finance.commission_lines where status = 'draft' order by 1"
    assert [period for (period,) in rows(played.home.published, drafts)] == ["2026-10", "2026-11"]


def test_every_letter_reached_the_outbox_once_and_reads(played: Played) -> None:
    letters = [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in played.home.outbox.rglob("*.eml")]
    receipts = [json.loads(line) for line in (played.home.receipts / "deliveries.ndjson").read_text().splitlines()]
    assert len(letters) == len({letter["Message-ID"] for letter in letters}) == len(receipts)
    assert {receipt["status"] for receipt in receipts} == {"sent"}
    (pack,) = [
        letter for letter in letters if letter["X-Report-Id"].startswith("QBR-2026Q3-MGMT") and "E900" in letter["Message-ID"]
    ]
    names = [part.get_filename() for part in pack.iter_attachments()]
    assert (pack["Subject"], names) == (
        "【季度经营回顾】2026-Q3 第 1 版",
        [f"季度经营回顾_2026Q3_管理层_v1.{kind}" for kind in ("pdf", "xlsx", "html")],
    )
    assert "签约额" in pack.get_body(("plain",)).get_content()


def test_a_statement_goes_to_the_person_it_is_about_and_to_nobody_else(played: Played) -> None:
    for path in played.home.outbox.rglob("*.eml"):
        letter = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        if found := re.fullmatch(r"CST-2026-09-(E\d+)", letter["X-Report-Id"]):
            assert [part.get_filename().count(found[1]) for part in letter.iter_attachments()] == [1, 1]
            assert f".{found[1]}@" in letter["Message-ID"]


def test_the_player_says_what_was_made_and_what_to_try(played: Played) -> None:
    assert re.search(
        r"Done in \d+ s\. [\d,]+ new versions of records pulled; \d+ mails sent, 0 had been sent before\.", played.said
    )
    for word in ("review pack", "statements", "finance's workbook", "mails", "warehouse", "checks", "ledger", "Try next:"):
        assert word in played.said


def test_no_mail_address_of_staff_is_in_the_lake(played: Played) -> None:
    pages = sorted((played.home.path / "lake" / "pages").rglob("*.zst"))
    with_address = [
        page.name
        for page in pages
        if b"@beichen-parts.example" in zstandard.ZstdDecompressor().stream_reader(page.open("rb")).read()
    ]
    assert (with_address, len(pages) > 50) == ([], True)


def test_once_more_plays_one_more_night_pulls_what_changed_and_sends_nothing(played: Played, tmp_path: Path) -> None:
    root = tmp_path / "again"
    shutil.copytree(played.home.path, root)
    first = len(list((root / "outbox").rglob("*.eml")))
    said = play_again(root)
    as_of = clocks_of(root / "published" / "warehouse.duckdb")[0]
    assert as_of == date.fromordinal(NIGHTS[-1].toordinal() + 1)
    assert re.search(rf"; 0 mails sent, {first} had been sent before\.", said)
    new = int(re.search(r"([\d,]+) new versions", said)[1].replace(",", ""))
    assert 0 < new < 400
