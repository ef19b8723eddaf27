"""Statements tell one person everything about their own commission, and finance's workbook adds up by itself."""

import csv
import datetime
import hashlib
import json
import re
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from commission.wording import ENTRIES, ROLES
from reports.facts import Clocks, ReportError
from reports.page import Cell, Column, Document, Page, Table
from reports.payroll import build_payroll_files
from reports.pdf import write_pdf
from reports.statement import ENTRY_TYPES, build_statement
from reports.statement import ROLES as WORDS_OF_ROLES
from reports.workbook import build_finance_workbook
from tests.reports.reading import Recomputed, all_words, pdf_pages, workbook_cells


def test_a_statement_walks_from_payment_to_ledger_entry(warehouse: Path, tmp_path: Path) -> None:
    files = build_statement(warehouse, "E004", "2026-08", tmp_path)
    sheets = workbook_cells(files.xlsx)
    assert (files.statement_id, files.status, list(sheets)) == (
        "CST-2026-08-E004",
        "posted",
        ["说明", "汇总", "计提", "结转余额", "以前月份重述", "申诉", "逐笔", "台账分录"],
    )
    (*events, total), earned = sheets["逐笔"][3:], sheets["计提"][3][6]
    assert {row[1] for row in events} == {sheets["计提"][3][0]}
    assert sum(Decimal(str(row[10])) for row in events) == Decimal(str(total[10])) == Decimal(str(earned))
    reported = sheets["以前月份重述"][3]
    assert (reported[0], reported[2] + reported[3] + reported[4]) == ("2026-07", pytest.approx(reported[5]))
    assert [(row[0], row[2], row[3], row[4]) for row in sheets["台账分录"][3:]] == [
        ("数据调整", "2026-07", "2026-08", -312.4),
        ("本期计提", "2026-08", "2026-08", earned),
    ]
    assert sheets["汇总"][4][5] == pytest.approx(earned - 312.4)
    assert all(re.fullmatch(r"[0-9a-f]{12}", row[8]) for row in sheets["台账分录"][3:])
    assert sheets["结转余额"][3:] == [
        ["预支", -30, 0, 30, -60],
        ["留存", 100, 50, 20, 130],
        ["合计（转入 / 转出）", 70, None, None, 70],
    ]
    assert [row[0] for row in sheets["申诉"][3:]] == ["DSP-1"]


def test_statements_and_explanations_call_an_entry_the_same() -> None:
    assert (ENTRY_TYPES, WORDS_OF_ROLES) == (ENTRIES, ROLES)


def test_a_statement_tells_nothing_about_anybody_else(warehouse: Path, tmp_path: Path) -> None:
    words = all_words(build_statement(warehouse, "E004", "2026-08", tmp_path).files)
    with duckdb.connect(str(warehouse), read_only=True) as database:
        others = database.execute("select employee_no, name from core.dim_employees where employee_no <> 'E004'").fetchall()
    assert [number for number, name in others if re.search(rf"\b{number}\b", words) or name in words] == []


def test_who_earned_nothing_is_told_so_with_what_is_carried_and_disputed(warehouse: Path, tmp_path: Path) -> None:
    quiet = tmp_path / "warehouse.duckdb"
    shutil.copyfile(warehouse, quiet)
    with duckdb.connect(str(quiet)) as database:
        for table, month in (("by_payee_month", "month"), ("lines", "posting_period"), ("earnings", "month")):
            database.execute(f"delete from finance.commission_{table} where payee_no = 'E004' and {month} = '2026-08'")
        database.execute("delete from finance.commission_earning_events where payee_no = 'E004' and month = '2026-08'")
        database.execute("delete from finance.commission_statements where payee_no = 'E004' and month = '2026-08'")
    files = build_statement(quiet, "E004", "2026-08", tmp_path)
    sheets = workbook_cells(files.xlsx)
    assert (files.status, list(sheets)) == ("posted", ["说明", "汇总", "结转余额", "申诉", "台账分录"])
    assert [row[:1] + row[5:6] for row in sheets["汇总"][3:]][0] == ["本月应付（税前）", 0]
    assert sheets["结转余额"][-1] == ["合计（转入 / 转出）", 70, None, None, 70]
    assert "0 笔" not in all_words(files.files)


def test_an_open_month_is_a_draft(warehouse: Path, tmp_path: Path) -> None:
    files = build_statement(warehouse, "E004", "2026-09", tmp_path)
    assert files.status == "draft"
    assert "草稿" in pdf_pages(files.pdf)[0]


def test_the_same_warehouse_gives_the_same_bytes(warehouse: Path, tmp_path: Path) -> None:
    first, second = (build_statement(warehouse, "E004", "2026-08", tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first.files] == [path.read_bytes() for path in second.files]
    books = [build_finance_workbook(warehouse, "2026-08", tmp_path / name).read_bytes() for name in ("a", "b")]
    assert books[0] == books[1]


def test_the_finance_workbook_recomputes_its_control_totals(warehouse: Path, tmp_path: Path) -> None:
    path = build_finance_workbook(warehouse, "2026-08", tmp_path)
    written, stored = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    assert [row[1].value for row in written["控制总数"].iter_rows(min_row=10, max_row=15)] == [
        "=COUNTA('提成明细'!A2:A42)",
        "=SUM('提成明细'!K2:K42)",
        "=SUM('按人汇总'!H2:H41)",
        "=ROUND(B11-B12,2)",
        "=SUM('应发'!G2:G41)",
        "=SUMPRODUCT(--(ROUND('按人汇总'!J2:J41,2)<>0))",
    ]
    lines = [Decimal(str(row[10].value)) for row in written["提成明细"].iter_rows(min_row=2, max_row=42)]
    values = [row[1].value for row in stored["控制总数"].iter_rows(min_row=10, max_row=15)]
    assert (values[0], *(Decimal(str(value)) for value in values[1:3]), values[3], Decimal(str(values[4])), values[5]) == (
        len(lines),
        sum(lines),
        sum(lines),
        0,
        sum(lines),
        0,
    )
    assert [(row[2].value, row[3].value) for row in stored["控制总数"].iter_rows(min_row=10, max_row=15)] == [
        (expected, "是") for expected in (len(lines), float(sum(lines)), float(sum(lines)), 0, float(sum(lines)), 0)
    ]
    assert {row[1].value for row in written["提成明细"].iter_rows(min_row=2, max_row=42)} == {"本期计提", "数据调整"}
    assert [written["提成明细"].cell(43, column).value for column in (1, 11)] == ["合计", "=SUM(K2:K42)"]
    assert [written["按人汇总"].cell(42, column).value for column in (1, 8, 9)] == ["合计", "=SUM(H2:H41)", "=SUM(I2:I41)"]
    assert [written["应发"].cell(42, column).value for column in (1, 7)] == ["合计", "=SUM(G2:G41)"]
    assert Decimal(str(stored["应发"].cell(42, 7).value)) == sum(lines)
    assert all(sheet.freeze_panes for sheet in written.worksheets)


def test_every_formula_comes_to_the_value_beside_it(warehouse: Path, tmp_path: Path) -> None:
    settled = tmp_path / "warehouse.duckdb"
    shutil.copyfile(warehouse, settled)
    with duckdb.connect(str(settled)) as database:  # a draw belongs to no component; 0012 and 12 are two people
        for table, columns in (
            ("lines", "'DRAW' as entry_type, null as component_id, null as component_name"),
            ("by_payee_month", "'-' as component_id, null as component_name"),
        ):
            of_month = "posting_period" if table == "lines" else "month"
            database.execute(
                f"""insert into finance.commission_{table} select * replace ({columns}) from finance.commission_{table}
                where payee_no = 'E005' and {of_month} = '2026-08'"""
            )
            database.execute(
                f"""update finance.commission_{table} set payee_no = case payee_no when 'E004' then '0012' else '12' end
                where payee_no in ('E004', 'E006')"""
            )
        database.execute("update finance.commission_payables set payable = 2 * payable where payee_no = 'E005'")
    formulas = Recomputed(build_finance_workbook(settled, "2026-08", tmp_path)).formulas()
    stored = {name: said[2] if isinstance(said[2], str) else Decimal(str(said[2])) for name, said in formulas.items()}
    assert {name: said for name, said in formulas.items() if said[1] != stored[name]} == {}
    assert {value for name, value in stored.items() if name.startswith("控制总数!D")} == {"是"}
    sheets = {name.partition("!")[0] for name in formulas}
    assert sheets == {"控制总数", "提成明细", "按人汇总", "应发", "余额", "原报与重述", "预提", "申诉"}


@pytest.mark.parametrize("claim", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1"])
def test_no_words_of_a_crm_run_as_a_formula(warehouse: Path, tmp_path: Path, claim: str) -> None:
    poisoned = tmp_path / "warehouse.duckdb"
    shutil.copyfile(warehouse, poisoned)
    with duckdb.connect(str(poisoned)) as database:
        database.execute("update finance.commission_disputes set claim = $1", [claim])
        database.execute("update finance.commission_lines set reason = $1, component_name = $1", [claim])
        database.execute("update core.dim_customers set name = $1", [claim])
    statement = build_statement(poisoned, "E004", "2026-08", tmp_path)
    for path in (build_finance_workbook(poisoned, "2026-08", tmp_path), statement.xlsx):
        cells = [cell for sheet in openpyxl.load_workbook(path).worksheets for row in sheet.iter_rows() for cell in row]
        said = [cell for cell in cells if str(cell.value).replace("_x000D_", "\r").strip() == claim.strip()]
        assert [cell.coordinate for cell in said if cell.data_type != "s" or not cell.quotePrefix] == []
        assert said


def test_payroll_and_journal_balance_with_the_ledger(warehouse: Path, tmp_path: Path) -> None:
    paths = build_payroll_files(warehouse, "2026-08", tmp_path, {"payable": "2211.77"})
    assert [path.name for path in paths] == ["payroll_2026-08.csv", "journal_2026-08.csv", "control_2026-08.json"]
    payroll, journal = (list(csv.reader(path.read_text("utf-8-sig").splitlines())) for path in paths[:2])
    with duckdb.connect(str(warehouse), read_only=True) as database:
        of_month = "select sum(amount) from finance.commission_lines where posting_period = '2026-08'"
        posted = database.execute(of_month).fetchone()[0]
    assert sum(Decimal(row[2]) for row in payroll[1:-1]) == Decimal(payroll[-1][2]) == posted
    assert (payroll[-1][:2], len({row[1] for row in payroll[1:-1]})) == (["TOTAL", "40"], 40)
    debits, credits = (sum(Decimal(row[at]) for row in journal[1:-1]) for at in (4, 5))
    assert debits == credits == Decimal(journal[-1][4])
    assert [(row[1], Decimal(row[5]) - Decimal(row[4])) for row in journal if row[2].startswith("应付职工薪酬")] == [
        ("2211.77", posted)
    ]
    assert [(row[1], Decimal(row[4])) for row in journal if row[2].startswith("合同取得成本")] == [("147305", Decimal("750.00"))]
    control = json.loads(paths[2].read_text("utf-8"))
    assert control["sha256"] == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths[:2]}
    again = build_payroll_files(warehouse, "2026-08", tmp_path / "again", {"payable": "2211.77"})
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]


def test_payroll_is_given_closed_months_and_known_accounts_only(warehouse: Path, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="2026-09 is not closed"):
        build_payroll_files(warehouse, "2026-09", tmp_path, {})
    with pytest.raises(ReportError, match="no such account paid; there are expense, payable"):
        build_payroll_files(warehouse, "2026-08", tmp_path, {"paid": "1"})


def test_the_finance_workbook_names_nobody(warehouse: Path, tmp_path: Path) -> None:
    words = all_words((build_finance_workbook(warehouse, "2026-08", tmp_path),))
    with duckdb.connect(str(warehouse), read_only=True) as database:
        names = [name for (name,) in database.execute("select name from core.dim_employees").fetchall()]
    assert [name for name in names if name in words] == []


@pytest.mark.parametrize(
    ("payee", "month", "words"), [("E004", "2026-13", "a month reads like"), ("E999", "2026-08", "nothing for E999 in 2026-08")]
)
def test_what_cannot_be_stated_says_why(warehouse: Path, tmp_path: Path, payee: str, month: str, words: str) -> None:
    with pytest.raises(ReportError, match=words):
        build_statement(warehouse, payee, month, tmp_path)


def a_statement_of(events: int) -> Document:
    columns = tuple(Column(title) for title in ("回款", "客户", "计提基数", "比例", "提成"))
    rows = tuple(tuple(Cell(f"{number:03d}-{place}", number) for place in range(5)) for number in range(events))
    known_at = datetime.datetime(2026, 9, 30, 18)  # noqa: DTZ001 the warehouse keeps UTC without a zone
    return Document(
        report_id="CST-2026-09-E133",
        kind="commission_statement",
        title="提成对账单",
        subtitle="2026-09",
        clocks=Clocks("公司", datetime.date(2026, 9, 30), known_at, "2026-10-01 02:00"),
        version=1,
        status="posted",
        secrecy="个人",
        recipient="E133",
        cover=(("月份", "2026-09"),),
        pages=(Page("1", "对账单", "九月提成", "元", "-", (Table("逐笔", "逐笔", columns, rows, compact=True),)),),
    )


@pytest.mark.parametrize("events", [0, 1, 30, 34, 35, 36, 37, 70, 150])
def test_a_statement_of_any_length_becomes_a_pdf(events: int, tmp_path: Path) -> None:
    write_pdf(a_statement_of(events), tmp_path / "statement.pdf")
    words = " ".join(pdf_pages(tmp_path / "statement.pdf"))
    assert re.findall(r"\b(\d{3})-0\b", words) == [f"{number:03d}" for number in range(events)]
