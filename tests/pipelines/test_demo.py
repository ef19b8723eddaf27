"""The whole line on the demo company: what was planted comes out, once, and what was sent is not sent again."""

from __future__ import annotations

import csv
import email
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from datetime import date, datetime, timedelta
from email import policy
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pypdfium2
import pytest
import requests
import zstandard
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from commission.explain import explanation
from commission.ledger import Ledger
from delivery import password_of
from pipelines.demo import NIGHTS, QUARTER_END, OtherWorld
from pipelines.execute import RunFailed, execute
from pipelines.explaining import account_of
from pipelines.publish import archived, clocks_of
from pipelines.reconcile import reconcile
from pipelines.resources import Home
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
    # An order that the first night saw and that was cancelled after it stays on its day, and is taken back on the day of that.
    cancelled = f"""
        select
            substr(date, 1, 7) as signed_in, substr(planted.at, 1, 7) as cancelled_in, department_id,
            amount::decimal(38, 4) as amount
        from read_csv('{played.truth}/events.csv', all_varchar = true) as events
        inner join read_csv('{played.truth}/planted.csv', all_varchar = true) as planted
            on planted.kind = 'cancelled_order' and events.kind = 'order' and events.id = planted.key
        where known_from::timestamptz < '2026-07-01T02:00:00+08:00' and planted.at::timestamptz > '2026-07-01T02:00:00+08:00'
            and planted.at::timestamptz < '2026-10-01T02:00:00+08:00' and '{figure}' = 'signed_sales'
    """
    assert len(rows(quarter_end(played), cancelled)) == (1 if figure == "signed_sales" else 0)
    differing = f"""
        with truth as (
            select month, department_id, sum(planted) as planted from (
                select month, department_id, cast({figure} as decimal(38, 4)) as planted
                from read_csv('{played.truth}/{truth}.csv', all_varchar = true) where known_at = '2026-10-01T02:00:00+08:00'
                union all
                select signed_in, department_id, amount from ({cancelled})
                union all
                select cancelled_in, department_id, -amount from ({cancelled})
            ) group by all
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


def test_the_lake_says_the_same_by_month_now_and_as_it_was_known_at_the_quarter_s_end(played: Played) -> None:
    """With an order in it that was cancelled after a night had seen it: its month keeps it, the later one takes it back."""
    amounts = {
        name: {"orders": means.order_amounts, "cash": means.cash, "receivables": means.receivables}
        for name, means in played.home.settings.crm.items()
    }
    for warehouse in (played.home.published, quarter_end(played)):
        found = reconcile(Path(played.home.lake.root), warehouse, amounts)
        assert [(figure.name, figure.differing) for figure in found.figures if not figure.agrees] == []
        assert len(found.figures) >= 12


def test_nine_months_are_closed_in_order_and_the_chain_holds(played: Played) -> None:
    ledger = Ledger(played.home.ledger)
    assert (ledger.verify().is_whole, sorted(ledger.closings())) == (True, CLOSED)
    posted = rows(quarter_end(played), "select sum(amount) from finance.commission_lines where status = 'posted'")
    assert posted == [(sum(entry.amount for entry in ledger.entries()),)]


def test_closed_months_have_no_drafts_and_late_facts_post_to_the_open_month(played: Played) -> None:
    drafts = "select distinct posting_period from finance.commission_lines where status = 'draft' order by 1"
    assert [period for (period,) in rows(played.home.published, drafts)] == ["2026-10", "2026-11"]


def test_every_cent_of_a_closed_month_is_explained_for_every_payee_down_to_records_that_are_there(played: Played) -> None:
    payable = "select payee_no, payable from finance.commission_statements where month = '2026-08' order by 1"
    payees = rows(quarter_end(played), payable)
    lake, missing, unexplained = played.home.path / "lake", [], []
    held: dict[str, set[str]] = {}
    for payee, amount in payees:
        account, places = account_of(played.home, str(payee), "2026-08")
        told = explanation(account)
        unexplained += [(payee, line["without_event"]) for line in told["lines"] if line["without_event"]]
        unexplained += [(payee, told["total"], amount)] if told["total"] != amount else []
        for event in (event["event_id"] for line in told["lines"] for event in line["events"]):
            for place in places[event]:
                if place.file not in held:
                    held[place.file] = set(pq.read_table(lake / place.file, columns=["key"])["key"].to_pylist())
            missing += [event] if not places[event] or any(place.key not in held[place.file] for place in places[event]) else []
    assert (unexplained, missing, len(payees) > 20) == ([], [], True)


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


def test_a_statement_goes_to_the_person_it_is_about_and_only_they_can_open_it(played: Played) -> None:
    opened = []
    for path in sorted(played.home.outbox.rglob("*.eml")):
        letter = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        if not (found := re.fullmatch(r"CST-2026-09-(E\d+)", letter["X-Report-Id"])):
            continue
        pdf, xlsx = letter.iter_attachments()
        assert [part.get_filename().count(found[1]) for part in (pdf, xlsx)] == [1, 1]
        assert f".{found[1]}@" in letter["Message-ID"]
        own, other = (password_of(played.home.pay_key(), number) for number in (found[1], "E900"))
        pages = pypdfium2.PdfDocument(pdf.get_content(), password=own)
        opened.append(found[1] in pages[0].get_textpage().get_text_bounded())
        with pytest.raises(pypdfium2.PdfiumError):
            pypdfium2.PdfDocument(pdf.get_content(), password=other)
        assert not xlsx.get_content().startswith(b"PK")
    assert (set(opened), len(opened) > 5) == ({True}, True)


HASH = re.compile(r"\b[0-9a-f]{32,64}\b")  # eleven of its digits in a row may look like a phone


def test_no_file_tells_a_phone_an_address_or_a_place_and_a_statement_names_nobody_else(played: Played) -> None:
    personal = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)|[\w.+-]+@(?!localhost)[\w-]+\.[\w.]+|\d+\.\d+#%\$")
    told, others, read = {}, {}, 0
    for folder in ("packs", "statements", "finance", "outbox", "validation", "receipts"):
        for path in sorted((played.home.path / folder).rglob("*.*")):
            text = text_of(path)
            told |= {path.name: found} if (found := set(personal.findall(HASH.sub("", text)))) else {}
            if folder == "statements" and (own := re.search(r"_(E\d+)\.", path.name)):
                read += 1
                others |= {path.name: found} if (found := set(re.findall(r"\bE\d{3}\b", text)) - {own[1]}) else {}
    assert (told, others, read > 10) == ({}, {}, True)


def text_of(path: Path) -> str:
    """What a reader of the file can read, hidden sheets and properties too; of a letter what is not an attachment."""
    if path.suffix == ".pdf":
        return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(path))
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return "\n".join(book.read(name).decode() for name in book.namelist())
    if path.suffix == ".eml":
        letter = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        return "\n".join(part.get_content() for part in letter.walk() if part.get_content_maintype() == "text")
    return path.read_text(encoding="utf-8", errors="replace")  # Parquet beside the site: its words are read, its numbers are not


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


def test_the_demo_leaves_the_process_as_it_found_it(played: Played) -> None:
    assert played.said.startswith("Quarterdeck demo: ")
    assert [name for name in os.environ if name.startswith(("QUARTERDECK_ZOHO", "QUARTERDECK_FXIAOKE"))] == []


def test_a_home_of_another_demo_company_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "world" / "truth").mkdir(parents=True)
    (tmp_path / "world" / "made_by").write_text("seed 1, scale 1.0, made by an older version")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OtherWorld) as refused:
        play_again(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path} was played with another demo company: by another version of Quarterdeck, or with another --seed or --scale. "
        f"Its lake and this company do not fit together. Remove it (rm -r {tmp_path}), or play in another --home."
    )
    assert sorted(tmp_path.rglob("*")) == [*before[:1], tmp_path / "run.lock", *before[1:]]


@pytest.fixture(scope="module")
def copied(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The played home again, for tests that change it; no CRM answers there."""
    root = tmp_path_factory.mktemp("copied") / "home"
    shutil.copytree(played.home.path, root)
    return Home(root=str(root), company=str(root / "company"))


def test_the_open_pipeline_of_every_night_is_rebuilt_from_the_last_one(played: Played) -> None:
    """By what was known then and by what is known today: nothing was typed in late here, so both are what the night published."""
    state = "opportunity_key, employee_no, department_id, stage, amount, probability, close_date"
    clocks = {"known then": "known_from <= ? and ? < coalesce(known_to, timestamp '9999-12-31')", "today": "known_to is null"}
    for night in sorted(played.home.archive.glob("*.duckdb")):
        with duckdb.connect(str(played.home.published), read_only=True) as connection:
            connection.execute(f"attach '{night}' as night (read_only)")
            as_of, known_at = connection.execute("select as_of, known_at from night.core.clocks").fetchone()
            open_then = f"select {state} from night.core.fct_opportunities where status = 'open' order by all"
            then = connection.execute(open_then).fetchall()
            for condition, moments in ((clocks["known then"], [known_at, known_at]), (clocks["today"], [])):
                rebuilt = connection.execute(
                    f"select {state} from core.opportunity_history where status = 'open' and valid_from <= ? and ? < valid_to "
                    f"and ({condition}) order by all",
                    [as_of, as_of, *moments],
                ).fetchall()
                assert (rebuilt, len(then) > 20) == (then, True), night.name


@pytest.mark.parametrize(
    ("signed", "days", "complaint"),
    [
        ({"reviewed_by": "NOBODY", "approved_by": "E901"}, 1, "given: reviewed_by NOBODY"),
        ({}, 1, "given: reviewed_by nobody, approved_by nobody"),
        ({"reviewed_by": "E902", "approved_by": "E901"}, -60, "is newer"),
    ],
)
def test_a_close_needs_people_and_comes_after_what_it_closes(
    copied: Home, signed: dict[str, str], days: int, complaint: str
) -> None:
    moment = clocks_of(copied.published)[1] + timedelta(days=days)
    with pytest.raises(RunFailed, match=complaint):
        execute("close_month", copied, partition="2026-10", known_at=moment, closing=signed)
    assert sorted(Ledger(copied.ledger).closings()) == CLOSED


def test_statements_of_an_open_month_are_not_made(copied: Home) -> None:
    with pytest.raises(RunFailed, match="No published warehouse shows 2026-10 closed"):
        execute("commission_statements", copied, partition="2026-10", known_at=clocks_of(copied.published)[1])


def test_a_ledger_that_lost_its_end_stops_the_night(copied: Home) -> None:
    max(copied.ledger.glob("*.ndjson")).unlink()
    as_of, known_at = clocks_of(copied.published)
    with pytest.raises(RunFailed, match=r"lacks what was published from it: 2026-09"):
        execute("nightly", copied, as_of=as_of, known_at=known_at)


def test_the_simulate_command_serves_until_interrupted(played: Played) -> None:
    records = played.truth.parent / "records"
    command = [sys.executable, "-m", "pipelines.cli", "simulate", str(records), "--zoho-port", "18971", "--fxiaoke-port", "18972"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        session = requests.Session()
        session.mount("http://", HTTPAdapter(max_retries=Retry(60, backoff_factor=0.1, backoff_max=0.5)))
        answer = session.get("http://127.0.0.1:18971/_control", timeout=30)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[0].decode()
    assert (answer.status_code, "export QUARTERDECK_ZOHO_API_URL=http://127.0.0.1:18971" in said) == (200, True)
