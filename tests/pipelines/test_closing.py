"""A month is closed, then late facts, decisions and a corrected plan arrive: what was closed stands, what is open carries it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from commission.explain import explanation
from commission.ledger import Ledger
from pipelines.cli import app
from pipelines.demo import surroundings
from pipelines.doctor import orders_unknown
from pipelines.execute import execute
from pipelines.explaining import account_of
from pipelines.resources import Home, night_of
from simulators.server import serve
from tests.pipelines.small_month import COMPANY, LATER, write_company, write_records

D = Decimal
MARCH, APRIL = date(2026, 3, 31), date(2026, 4, 30)


@dataclass(frozen=True, slots=True)
class Books:
    """The home after March was closed and April came, and what March's files and figures were at its close."""

    home: Home
    files_at_close: dict[str, bytes]
    pages: list[list[str]]  # of the validation site: after the night of March, after its close
    said: list[str]


def files_of(home: Home, month: str) -> dict[str, bytes]:
    folders = (home.path / "statements" / month, home.path / "finance" / month)
    return {path.name: path.read_bytes() for folder in folders for path in folder.iterdir()}


def checked(home: Home) -> list[str]:
    return sorted(page.stem for page in home.validation.glob("*.html"))


def rows(home: Home, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home.published), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def command(home: Home, *words: str, expect: int = 0) -> str:
    found = CliRunner().invoke(app, [*words, "--home", str(home.path)])
    assert found.exit_code == expect, found.output
    return found.output


def at(text: str) -> str:
    return f"2026-{text}:00+08:00"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    root = tmp_path_factory.mktemp("closing")
    home = Home(root=str(root / "home"), company=str(root / "company"))
    write_company(home.company_folder, COMPANY)
    write_records(root / "records")
    with (
        pytest.MonkeyPatch.context() as environment,
        serve(root / "records", at=datetime(2026, 3, 31, tzinfo=UTC), options={"limits": "off"}) as running,
    ):
        environment.setenv("DAGSTER_HOME", str(root / "dagster"))
        environment.setenv("QUARTERDECK_COMPANY", str(home.company_folder))
        for name, value in surroundings(running.zoho_url, running.fxiaoke_url).items():
            environment.setenv(name, value)
        said = []
        for as_of in (MARCH, APRIL):
            known_at = night_of(as_of, "Asia/Shanghai")
            running.move_to(known_at)
            execute("nightly", home, as_of=as_of, known_at=known_at)
            if as_of == MARCH:
                pages = [checked(home)]
                said.append(command(home, "ledger", "review", "2026-03", "--by", "E7", "--known-at", at("04-01T09:00")))
                said.append(command(home, "ledger", "approve", "2026-03", "--by", "E9", "--known-at", at("04-01T10:00")))
                said.append(command(home, "close", "2026-03", "--known-at", at("04-01T11:00")))
                pages.append(checked(home))
                execute("commission_statements", home, partition="2026-03")
                at_close = files_of(home, "2026-03")
                write_company(home.company_folder, LATER)
        yield Books(home, at_close, pages, said)


def test_people_sign_and_the_close_says_what_it_did(books: Books) -> None:
    assert "2026-03 reviewed by E7: 2 lines, 1,900.00 in all, data as of 2026-03-31" in books.said[0]
    assert "2026-03 approved by E9: 2 lines, 1,900.00 in all" in books.said[1]
    assert "2026-03 is closed: 2 entries, 1900.00 in all, ledger head" in books.said[2]
    assert [(e.payee_no, e.entry_type, e.amount, e.approved_by) for e in Ledger(books.home.ledger).entries()] == [
        ("E1", "EARN", D("1000.00"), "E9"),  # 80,000 and 20,000 without VAT, at 1 % up to 100,000
        ("E2", "EARN", D("900.00"), "E9"),  # 20,000 and 10,000 at 3 %
    ]
    assert sorted(books.files_at_close) == [
        "control_2026-03.json",
        "journal_2026-03.csv",
        "letters.json",
        "payroll_2026-03.csv",
        "提成对账单_2026-03_E1.pdf",
        "提成对账单_2026-03_E1.xlsx",
        "提成对账单_2026-03_E2.pdf",
        "提成对账单_2026-03_E2.xlsx",
        "提成财务表_2026-03.xlsx",
    ]
    assert books.files_at_close["payroll_2026-03.csv"].decode("utf-8-sig").splitlines() == [
        "pay_month,employee_no,amount,currency",
        "2026-03,E1,1000.00,CNY",
        "2026-03,E2,900.00,CNY",
        "TOTAL,2,1900.00,CNY",
    ]


def test_what_the_night_checked_stays_on_the_site_after_a_close(books: Books) -> None:
    assert "raw_fxiaoke.orders" in books.pages[0]
    assert books.pages[1] == books.pages[0]
    rules = pq.read_table(books.home.validation / "door_out.validations.parquet")["suite"].to_pylist()
    assert {"core.fct_orders", "finance.commission_lines"} <= {*rules}


def test_the_open_month_carries_what_came_late_each_with_its_reason(books: Books) -> None:
    lines = """select payee_no, entry_type, origin_period, amount, reason, decision_id, evidence from finance.commission_lines
        where posting_period = '2026-04' and status = 'draft' order by payee_no, entry_type"""
    assert rows(books.home, lines) == [
        ("E1", "ADJ_DISPUTE", "2026-03", D("12.34"), "申诉 DSP1：补记", "DSP1", "mail-17.pdf"),
        # 20,000 came late and 3,000 of SO4 are hers now: above 100,000, at 2 %
        ("E1", "ADJ_SPLIT", "2026-03", D("460.00"), "分成调整 1 笔；倒填事实 1 笔", None, None),
        ("E1", "EARN", "2026-04", D("50.00"), None, None, None),  # 10,000 in, 5,000 back, in a new quarter
        # 27,000 instead of 30,000, at 3.5 % instead of 3 %
        ("E2", "ADJ_SPLIT", "2026-03", D("45.00"), "分成调整 1 笔；办法更正 1 笔", None, None),
        ("E2", "MANUAL", "2026-03", D("-5.00"), "多发更正", "ADJ1", "hr-3.pdf"),
    ]


def test_as_restated_is_what_a_clean_recomputation_gives(books: Books) -> None:
    restated = """select payee_no, as_reported, adjusted_since, adjustment_pending, as_restated from finance.commission_restated
        where month = '2026-03' order by payee_no"""
    assert rows(books.home, restated) == [
        ("E1", D("1000.00"), D("0.00"), D("472.34"), D("1472.34")),
        ("E2", D("900.00"), D("0.00"), D("40.00"), D("940.00")),
    ]
    recomputed = "select payee_no, sum(amount) from finance.commission_earnings where month = '2026-03' group by 1 order by 1"
    decided = {"E1": D("12.34"), "E2": D("-5.00")}
    assert [(payee, amount + decided[payee]) for payee, amount in rows(books.home, recomputed)] == [
        ("E1", D("1472.34")),
        ("E2", D("940.00")),
    ]


def test_what_was_closed_is_the_same_to_the_byte(books: Books) -> None:
    for folder in ("statements", "finance"):
        (books.home.path / folder / "2026-03").rename(books.home.path / folder / "kept")
    try:
        execute("commission_statements", books.home, partition="2026-03")
        again = files_of(books.home, "2026-03")
        command(books.home, "statement", "E1", "2026-03", "--out", str(books.home.path / "by_hand"))
    finally:
        for folder in ("statements", "finance"):
            shutil.rmtree(books.home.path / folder / "2026-03", ignore_errors=True)
            (books.home.path / folder / "kept").rename(books.home.path / folder / "2026-03")
    assert {name for name in again if again[name] != books.files_at_close[name]} == set()
    by_hand = {path.name: path.read_bytes() for path in (books.home.path / "by_hand").iterdir()}
    assert by_hand == {name: books.files_at_close[name] for name in by_hand}


@pytest.mark.parametrize("month", ["2026-03", "2026-04"])
def test_every_cent_is_explained_down_to_a_record_that_is_there(books: Books, month: str) -> None:
    payable = "select payee_no, payable from finance.commission_statements where month = ? order by 1".replace("?", f"'{month}'")
    for payee, amount in rows(books.home, payable):
        account, places = account_of(books.home, payee, month)
        told = explanation(account)
        assert (told["total"], [line["without_event"] for line in told["lines"] if line["without_event"]]) == (amount, [])
        events = [event["event_id"] for line in told["lines"] for event in line["events"]]
        assert {event for event in events if not places[event]} == set()
        for place in (place for event in events for place in places[event]):
            with duckdb.connect() as lake:
                held = lake.execute(
                    "select count(*) from read_parquet(?) where key = ? and run_id = ?",
                    [str(books.home.path / "lake" / place.file), place.key, place.run_id],
                ).fetchone()[0]
            assert (held > 0, (books.home.path / "lake" / place.page).is_file()) == (True, True)


def test_an_explanation_reads_from_line_to_record(books: Books) -> None:
    text = command(books.home, "explain", "E1", "2026-04")
    for words in (
        "提成说明  员工 E1  月份 2026-04  草稿，尚未关账",
        "分成调整（归属 2026-03）「回款提成」：分成调整 1 笔；倒填事实 1 笔  460.00",
        "400.00（原 无，现 400.00）",
        "订单 SO2（fxiaoke，2026-03-03，含税 56,500.00、不含税 50,000.00），客户 ",
        "回款 22,600.00 CNY（含税，2026-03-28）",
        "原始记录：fxiaoke payment_lines P5-1，raw_fxiaoke/payment_lines/",
        "条款：《分段办法》第 1 版第 2 条「回款提成」（tiers-1.yaml 第 10 行）",
        "其中 20,000.00 × 2% = 400",
        "争议处理（归属 2026-03）「回款提成」：申诉 DSP1：补记  12.34",
        "三、本月应付（税前）合计 522.34",
    ):
        assert words in text


def test_a_closed_month_is_explained_by_the_plan_it_was_paid_by_though_its_file_says_otherwise_now(books: Books) -> None:
    text = command(books.home, "explain", "E2", "2026-03")
    for words in ("《固定办法》第 1 版", "（frozen/plan.", "比例：20,000.00 × 3%"):
        assert words in text
    assert "比例：20,000.00 × 3.5%" in command(books.home, "explain", "E2", "2026-04")


def test_sections_of_an_explanation_count_without_a_gap(books: Books) -> None:
    text = command(books.home, "explain", "E1", "2026-03")
    assert [line[:2] for line in text.splitlines() if line[1:2] == "、"] == ["一、", "二、", "三、", "四、"]


def test_a_number_that_nobody_has_is_said_to_be_nobody_s(books: Books) -> None:
    found = CliRunner().invoke(app, ["explain", "E99", "2026-04", "--home", str(books.home.path)])
    assert str(found.exception) == "nobody has the employee number E99; core.dim_employees lists everybody"


def test_april_closes_after_march_is_paid_and_by_other_hands(books: Books, tmp_path: Path) -> None:
    home = Home(root=str(tmp_path / "home"), company=books.home.company)
    shutil.copytree(books.home.path, home.path)
    when = at("05-02T09:00")
    signed = ("--reviewed-by", "E7", "--approved-by", "E9", "--known-at", when)
    left = home.build / "as_published"
    built = left.read_text()
    left.write_text(built[:-1] + "x")
    assert "2026-04 cannot be closed. The models have changed" in command(home, "close", "2026-04", *signed, expect=1)
    left.write_text(built)
    assert "2026-03 is closed but not paid; record the payment first" in command(home, "close", "2026-04", *signed, expect=1)
    assert "E9 took the step before" in command(home, "ledger", "pay", "2026-03", "--by", "E9", "--known-at", when, expect=2)
    assert "nobody pays themselves" in command(home, "ledger", "pay", "2026-03", "--by", "E1", "--known-at", when, expect=2)
    paid = command(home, "ledger", "pay", "2026-03", "--by", "E6", "--known-at", when)
    assert "2026-03 paid by E6: 1900.00 to 2 payees" in paid
    assert "given: reviewed_by X1" in command(
        home, "close", "2026-04", "--reviewed-by", "X1", "--approved-by", "E9", "--known-at", when, expect=1
    )
    own = shutil.copytree(books.home.company_folder, tmp_path / "own")
    write_company(own, {"deal_splits.csv": LATER["deal_splits.csv"].replace("共同开发,E9", "共同开发,E2", 1)})
    refused = command(home, "close", "2026-04", *signed, "--company", str(own), expect=1)
    for why in ("who may not decide on 2026-04-08. Let E7 or E9", "whose own pay it moves. Let E7 or E9"):
        assert f"deal_splits.csv row 2: approved by E2 乙 (销售代表), {why} do it" in refused
    execute(
        "close_month",
        home,
        partition="2026-04",
        known_at=datetime.fromisoformat(when),
        closing={"reviewed_by": "E7", "approved_by": "E9"},
    )
    assert [(e.payee_no, e.entry_type, e.amount, e.approved_by, e.decision_id) for e in Ledger(home.ledger).entries()[2:]] == [
        ("E1", "ADJ_DISPUTE", D("12.34"), "E9", "DSP1"),
        ("E1", "ADJ_SPLIT", D("460.00"), "E9", None),
        ("E1", "EARN", D("50.00"), "E9", None),
        ("E2", "ADJ_SPLIT", D("45.00"), "E9", None),
        ("E2", "MANUAL", D("-5.00"), "E9; E7", "ADJ1"),
    ]


def test_a_touched_ledger_is_named_by_the_command(books: Books, tmp_path: Path) -> None:
    home = Home(root=str(tmp_path / "home"), company=books.home.company)
    shutil.copytree(books.home.path / "ledger", home.path / "ledger")
    shutil.copytree(books.home.path / "published", home.path / "published")
    shutil.copytree(books.home.path / "finance", home.path / "finance")
    head = Ledger(home.ledger).head()
    assert f"ledger holds: 2 entries, head {head}" in command(home, "ledger", "verify", "--head", head)
    batch = max(home.ledger.glob("*.ndjson"))
    data = batch.read_bytes()
    batch.write_bytes(data.replace(b'"amount":"900.00"', b'"amount":"990.00"'))
    said = command(home, "ledger", "verify", expect=1)
    assert "entry 2026-03-0000002" in said
    assert "was '0' and is '9'; amount was '900.00', is '990.00'" in said
    batch.unlink()
    assert "2 entries that were published are gone" in command(home, "ledger", "verify", expect=1)
    shutil.rmtree(home.path / "published")
    printed = "the chain does not reach the head that finance/2026-03/control_2026-03.json prints"
    assert printed in command(home, "ledger", "verify", expect=1).replace("\n", " ")


def test_disputes_are_counted_by_rule(books: Books) -> None:
    counted = """select plan_id, component_id, month, disputes, open_disputes, decided, upheld, upheld_rate, effect_amount
        from finance.commission_disputes_by_rule order by plan_id"""
    assert rows(books.home, counted) == [
        ("flat", "cash", "2026-04", 1, 1, 0, 0, None, D("0.00")),
        ("tiers", "cash", "2026-04", 1, 0, 1, 1, D("1.000000"), D("12.34")),
    ]
    states = "select dispute_id, state, days_open, is_triage_late, posted_in from finance.commission_disputes order by 1"
    assert rows(books.home, states) == [("DSP1", "upheld", 6, False, None), ("DSP2", "open", 26, True, None)]


def test_rows_about_orders_that_nobody_knows_are_named_with_their_place(books: Books, tmp_path: Path) -> None:
    shutil.copytree(books.home.company_folder, tmp_path / "company")
    splits = LATER["deal_splits.csv"] + "fxiaoke,SO-4,E2,1,,2026-04-08,2026-01-01,,笔误,E9\n"
    delivered = """\
delivery_id,crm,order_no,product_code,delivery_date,quantity
D1,fxiaoke,SO4,TD-1,2026-04-02,1
D2,fxiaoke,SO4,TD-2,2026-04-02,1
"""
    known = COMPANY["products.csv"] + "TD-2,阀,液压,台,100.00,fp2,2024-01-02,,产品目录,E9\n"
    write_company(tmp_path / "company", {"deal_splits.csv": splits, "deliveries.csv": delivered, "products.csv": known})
    home = Home(root=books.home.root, company=str(tmp_path / "company"))
    assert [(one.subject, one.says) for one in orders_unknown(home)] == [
        ("deal_splits.csv row 4", "no order SO-4 in fxiaoke"),
        ("deliveries.csv row 3", "fxiaoke order SO4 has no line of TD-2"),
    ]
    assert "as of 2026-04-30" in command(books.home, "status", "--company", str(tmp_path / "nowhere"))
    told = command(books.home, "status", "--company", str(tmp_path / "company"))
    assert "deal_splits.csv row 4: no order SO-4 in fxiaoke; it has no effect; correct the number" in told
