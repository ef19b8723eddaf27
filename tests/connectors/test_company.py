"""The company folder: what a right one gives, and how every mistake in a wrong one is answered.

What to add here: a way in which a spreadsheet goes wrong, with the one line a person should read.
What belongs elsewhere: landing in the lake (`test_lake.py`), plans (`tests/commission/`).
"""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from connectors.client import Window
from connectors.company import FILES, OBJECTS, BadCell, Company, CompanyErrors, Person, write_templates

SETTINGS = """\
name: 示例公司
departments:
  - {id: D1, name: 一部, crm: fxiaoke}
  - {id: D2, name: 二部, crm: zoho}
crm:
  fxiaoke: {order_amounts: incl_tax, cash: crm_payments, receivables: ar_ledger}
  zoho: {order_amounts: ex_tax, cash: cash_receipts, receivables: crm_invoices}
"""
DECIDED = ["2026-01-01", "", "annual plan", "E900"]
WINDOW = Window(None, datetime(2026, 11, 20, 18, tzinfo=UTC))

Rows = dict[str, list[list[str]]]

ROWS: Rows = {
    "employees": [
        ["E900", "王总", "D1", "", "总经理", "华东", "2020-01-01", "", "FSUID_1", "", "wang@example.com", *DECIDED],
        ["E001", "李雷", "D1", "E900", "销售代表", "华北", "2024-03-01", "", "FSUID_2", "", "lilei@example.com",
         "2024-03-01", "2026-06-30", "hired", "E900"],
        ["E001", "李雷", "D2", "E900", "销售代表", "华南", "2024-03-01", "", "", "554023000000235011", "lilei@example.com",
         "2026-07-01", "", "moved", "E900"],
    ],
    "targets": [
        ["1", "signed_sales", "rep", "E001", "2026-07", "", "", "", "1200000.50", "E001", "2026-01-05", "", "", "true", "1.2",
         *DECIDED],
        ["1", "signed_sales", "company", "", "", "2026-01-01", "2027-01-01", "", "100000000", "E900", "2026-01-05", "5%", "true",
         "", "", *DECIDED],
        ["1", "signed_sales", "product_line", "轴承", "2026-Q3", "", "", "1500", "", "E900", "", "", "", "", "", *DECIDED],
    ],
    "products": [
        ["P1", "深沟球轴承", "轴承", "件", "12.5", "prod_1", "554023000000300001", "标准件", "", "", "12", *DECIDED],
        ["P1-S", "深沟球轴承 样品", "轴承", "件", "0", "", "", "标准件", "P1", "赠品|样品", "", *DECIDED],
    ],
    "tax_rates": [["vat", "0.13", *DECIDED]],
    "fx_rates": [["safe_mid", "USD", "2026-07-01", "7.1234", "true"]],
    "ar_ledger": [
        ["A1", "invoice", "INV-1", "1", "fxiaoke", "SO-1", "acc_1", "2026-07-01", "2026-08-30", "2026-07-01", "11300", "CNY", "",
         "2026-07-01 18:30"],
        ["A2", "credit_note", "INV-1", "1", "fxiaoke", "SO-1", "acc_1", "", "", "2026-07-20", "1130", "CNY", "退货",
         "2026-07-20T10:00:00+08:00"],
    ],
    "cash_receipts": [
        ["R1", "zoho", "554023000000400001", "2026-08-01", "2026-08-02", "5000", "USD", "wire", "2026-08-02 09:00", ""],
    ],
    "cash_allocations": [["L1", "R1", "INV-9", "", "5000", "2026-08-02", "2026-08-02 09:00"]],
    "plan_assignments": [["E001", "north-rep-2026", *DECIDED]],
    "customer_links": [["fxiaoke", "acc_1", "zoho", "554023000000400001", "same", *DECIDED]],
    "wages": [["E001", "2026-07", "9000", ""]],
    "absences": [["E001", "2026-07-06", "2026-07-10", "年假"]],
    "handovers": [["E001", "E900", "", "", *DECIDED]],
    "deliveries": [["DN1-1", "fxiaoke", "SO-1", "P1", "10", "2026-07-05"]],
    "customer_classes": [["fxiaoke", "acc_1", "new", "A", "内部", "G1", "credit", "30", *DECIDED]],
    "price_floor": [["P1", "11", "CNY", *DECIDED]],
    "cost_table": [["P1", "7.5", "CNY", *DECIDED]],
    "deal_splits": [
        ["fxiaoke", "SO-1", "E001", "70%", "", "2026-08-03", *DECIDED],
        ["fxiaoke", "SO-1", "E900", "0.3", "false", "2026-08-03", *DECIDED],
        ["fxiaoke", "SO-2", "E900", "0.1", "true", "2026-08-03", *DECIDED],
    ],
    "order_holds": [["fxiaoke", "SO-1", "2026-07-01", "", "等待验收", "E900", ""]],
    "milestones": [["fxiaoke", "SO-1", "acceptance_signed", "2026-08-01", "yanshou.pdf"]],
    "gate_waivers": [["E001", "2026-07", "overdue", "客户破产重整", "E900"]],
    "pool_members": [["team", "2026-Q3", "E001", "1", "92"]],
    "penalties": [["E001", "2026-07", "late", "200", "email.pdf", "E900"]],
    "payee_figures": [["E001", "2026-07", "reports_filed", "1", ""]],
    "adjustments": [
        ["ADJ1", "MANUAL", "E001", "", "", "2026-07", "2026-08", "-12.34", "多付", "paper.pdf", "E900", "E901", ""],
    ],
    "disputes": [
        ["DP1", "E001", "2026-07", "", "", "", "少算一单", "", "2026-08-02", "", "upheld", "2026-08-05", "E900", "0", "改分成"],
    ],
    "cn_calendar": [["2026-10-01", "false", "国庆节"], ["2026-10-10", "true", "调休"]],
    "attendance": [["E001", "2026-07-01", "2026-07-31", "20", "2", "1", "2026-08-01 09:00"]],
    "appraisal": [["2026-Q3", "E001", "E900", "cooperation", "4", "2026-10-01 09:00"]],
    "training": [["T1", "轴承选型", "E001", "2026-07-10", "true", "6", "60", "80", "2026-07-11 09:00"]],
    "report_register": [["weekly_plan", "E001", "2026-07-06", "2026-07-06", "false", "0.42", "2026-07-06 18:00"]],
    "expense_ledger": [
        ["X1", "2026-07-31", "D1", "E001", "travel", "spent", "1234.50", "CNY", "差旅报销", "2026-08-02 09:00"],
    ],
    "budget": [["travel", "D1", "2026-Q3", "90000", "", *DECIDED]],
    "market_size": [["华北", "轴承", "2026-Q3", "factory", "80000000", "协会", "B", "true", "2026-10-15 09:00"]],
    "competitor_price": [
        ["C1", "某轴承", "P1", "factory", "11.8", "CNY", "天津", "2026-07-09", "E001", "E900", "", "2026-07-09 18:00"],
    ],
    "survey_responses": [
        ["S1", "questionnaire", "wechat", "fxiaoke", "acc_1", "2026-08-10", "2026-08-12", "5", "交货快", "2026-08-12 10:00"],
    ],
    "channel_map": [["industry", "经销", "distributor", *DECIDED]],
    "region_neighbours": [["华北", "华东", *DECIDED]],
    "strategic_customers": [
        ["fxiaoke", "acc_1", "vip", "2000000", "走访", "扩大份额", "互访", "2026-09-01",
         "2026-01-01", "2026-12-31", "名单", "E900"],
    ],
    "tier_policy": [["vip", "30", "0.18", "90", "8", "90", *DECIDED]],
    "service_log": [
        ["F1", "callback", "fxiaoke", "acc_1", "E001", "2026-07-01 09:00", "2026-07-08", "", "2026-07-03 10:00",
         "2026-07-03 11:00"],
    ],
    "feedback": [
        ["K1", "fxiaoke", "acc_1", "", "漏油", "P1", "2026-07-01", "2026-07-02", "", "", "2026-07-02 09:00"],
    ],
    "stage_gates": [["fxiaoke", "方案报价", "quote", *DECIDED]],
    "forecast_calls": [["2026-Q3", "E001", "rep", "commit", "2026-07-01", "500000", "2026-07-01 09:00"]],
    "org": [["D1", "", "E900", "region", *DECIDED]],
    "territory": [["华北", "轴承", "E001", "", "", *DECIDED], ["华北", "", "", "fxiaoke", "acc_1", *DECIDED]],
    "credit_limits": [["fxiaoke", "acc_1", "300000", "90%", *DECIDED]],
    "stages": [
        ["fxiaoke", "opportunities", "合同评审", "4", "true", "commit", "", *DECIDED],
        ["zoho", "opportunities", "Signed", "5", "true", "", "won", *DECIDED],
    ],
    "document_statuses": [["zoho", "orders", "Bestätigt", "true", *DECIDED]],
    "payment_methods": [["fxiaoke", "11", "unionpay", "true", "false", *DECIDED]],
    "risk_thresholds": [["visit_min_minutes", "15", *DECIDED]],
    "approval_matrix": [["discount", "总经理", "", "0.2", *DECIDED]],
    "actions": [
        ["ACT1", "2026-Q2", "收紧账期", "", "E001", "2026-07-15", "2026-09-30", "signed_sales", "逾期率降", "open", "", ""],
    ],
}
HEADERS = {file.name: [column.name for column in file.all_columns] for file in FILES}


def write_folder(folder: Path, rows: Rows, *, xlsx: frozenset[str] = frozenset()) -> Path:
    """A company folder with these rows, some files as workbooks with dates and numbers typed as Excel types them."""
    (folder / "plans").mkdir(parents=True)
    (folder / "company.yaml").write_text(SETTINGS, encoding="utf-8")
    (folder / "plans" / "north.yaml").write_text("plan: north-rep-2026\nversion: 1\n", encoding="utf-8")
    for name, lines in rows.items():
        if name in xlsx:
            book = openpyxl.Workbook()
            sheet = book.active
            sheet.title = name
            sheet.append(HEADERS[name])
            for line in lines:
                sheet.append([_typed(column, cell) for column, cell in zip(HEADERS[name], line, strict=True)])
            book.save(folder / f"{name}.xlsx")
        else:
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerows([HEADERS[name], *lines])
    return folder


def _typed(column: str, cell: str) -> object:
    """A cell as Excel would keep it: real dates, real numbers, real truth values."""
    if not cell:
        return None
    if column in ("amount", "rate", "list_price", "quantity", "version", "instalment_no"):
        try:
            return float(cell)
        except ValueError:
            return cell
    if column.endswith(("_date", "_on")) or column in ("valid_from", "valid_to", "period_start", "period_end"):
        try:
            return datetime.fromisoformat(cell)
        except ValueError:
            return cell
    return {"true": True, "false": False}.get(cell, cell)


def changed(name: str, row: int, column: str, value: str, base: Rows | None = None) -> Rows:
    """The right rows with one cell changed; `row` counts from 0."""
    rows = {file: [list(line) for line in lines] for file, lines in (base or ROWS).items()}
    rows[name][row][HEADERS[name].index(column)] = value
    return rows


def errors_of(folder: Path) -> tuple[BadCell, ...]:
    """Every mistake in a folder."""
    with pytest.raises(CompanyErrors) as raised:
        Company.load(folder)
    return raised.value.errors


def test_rows_are_typed_and_exact(tmp_path: Path) -> None:
    company = Company.load(write_folder(tmp_path / "co", ROWS))
    assert company.settings.departments[1].crm == "zoho"
    assert company.rows["targets"][0] == {
        "version": 1, "metric_id": "signed_sales", "scope_type": "rep", "scope_id": "E001", "period": "2026-07",
        "period_start": None, "period_end": None, "quantity": None, "amount": Decimal("1200000.5000"), "agreed_by": "E001",
        "agreed_on": date(2026, 1, 5), "stretch": None, "is_challenge": None, "is_prorated": True, "weight": Decimal("1.2"),
        "valid_from": date(2026, 1, 1), "valid_to": None, "reason": "annual plan", "approved_by": "E900",
    }
    # 18:30 in Shanghai, and 10:00 with its offset written out: both in UTC.
    assert [row["booked_at"] for row in company.rows["ar_ledger"]] == [
        datetime.fromisoformat("2026-07-01T10:30"), datetime.fromisoformat("2026-07-20T02:00"),
    ]


def test_csv_and_xlsx_are_interchangeable(tmp_path: Path) -> None:
    from_csv = Company.load(write_folder(tmp_path / "csv", ROWS))
    from_xlsx = Company.load(write_folder(tmp_path / "xlsx", ROWS, xlsx=frozenset(ROWS)))
    assert from_xlsx.rows == from_csv.rows
    for obj in OBJECTS:
        assert list(from_xlsx.connection().pull(obj, WINDOW)) == list(from_csv.connection().pull(obj, WINDOW))


def test_every_bad_cell_is_answered_at_once(tmp_path: Path) -> None:
    rows = changed("targets", 0, "amount", "1,2万")
    rows = changed("targets", 1, "metric_id", "signed_sale", rows)
    rows = changed("targets", 0, "scope_id", "E404", rows)
    rows = changed("employees", 1, "hire_date", "2024-02-30", rows)
    rows = changed("fx_rates", 0, "rate", "-7.1", rows)
    rows = changed("plan_assignments", 0, "plan_id", "south-rep-2026", rows)
    folder = write_folder(tmp_path / "co", rows, xlsx=frozenset({"targets"}))
    metrics = "one that exists in the registry of metrics (`quarterdeck metrics`)"
    assert errors_of(folder) == (
        BadCell("employees.csv", None, 3, "hire_date", "2024-02-30", "a date like 2026-07-01; there is no such day"),
        BadCell("targets.xlsx", "targets", 2, "amount", "1,2万", "an amount with at most 4 decimals, at least 0"),
        BadCell("targets.xlsx", "targets", 2, "scope_id", "E404", "a rep that exists in employees (employee_no)"),
        BadCell("targets.xlsx", "targets", 3, "metric_id", "signed_sale", metrics),
        BadCell("fx_rates.csv", None, 2, "rate", "-7.1", "a number with at most 6 decimals, above 0"),
        BadCell("plan_assignments.csv", None, 2, "plan_id", "south-rep-2026", "one that exists in plans/*.yaml (plan)"),
    )
    with pytest.raises(CompanyErrors) as raised:
        Company.load(folder)
    assert str(raised.value).splitlines()[:3] == [
        f"6 mistakes in company folder {folder}; nothing was loaded:",
        "  employees.csv row 3, column hire_date: '2024-02-30'; expected a date like 2026-07-01; there is no such day",
        "  targets.xlsx [targets] row 2, column amount: '1,2万'; expected an amount with at most 4 decimals, at least 0",
    ]


@pytest.mark.parametrize("months", ["0", "-12", "1.5", "一年"])
def test_a_subscription_lasts_whole_months_or_is_none(tmp_path: Path, months: str) -> None:
    folder = write_folder(tmp_path / "co", changed("products", 0, "subscription_months", months))
    assert errors_of(folder) == (
        BadCell("products.csv", None, 2, "subscription_months", months, "a whole number, at least 1"),
    )


def test_two_rows_about_one_key_on_one_day(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "co", changed("employees", 1, "valid_to", "2026-07-01"))
    assert errors_of(folder) == (
        BadCell("employees.csv", None, 4, "valid_from", "2026-07-01",
                "a day after row 3 ends (2026-07-01): both are about employee_no E001"),
    )


def test_one_crm_account_belongs_to_one_person(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "co", changed("employees", 1, "fxiaoke_user_id", "FSUID_1"))
    assert errors_of(folder) == (
        BadCell("employees.csv", None, 2, "fxiaoke_user_id", "FSUID_1",
                "a value that nobody else has on the same days; row 3 has it"),
    )


def test_a_number_that_was_somebody_else_s_is_refused_and_a_new_name_or_a_return_is_not(tmp_path: Path) -> None:
    rows = changed("employees", 2, "valid_from", "2026-07-02")
    rows["employees"] = rows["employees"][:2] + [["E001", "新人", *rows["employees"][2][2:]]]
    hired = HEADERS["employees"].index("hire_date")
    renamed = {**rows, "employees": [[*line] for line in rows["employees"]]}
    renamed["employees"][2][hired] = rows["employees"][1][hired]
    assert Company.load(write_folder(tmp_path / "renamed", renamed))
    rows["employees"][2][hired] = "2026-07-02"
    before = rows["employees"][1]
    assert errors_of(write_folder(tmp_path / "reused", rows)) == (
        BadCell("employees.csv", None, 4, "employee_no", "E001",
                f"a number of their own: it is that of {before[1]}, hired {before[hired]}"),
    )


def test_links_that_contradict_each_other_over_a_chain_are_refused_while_they_hold(tmp_path: Path) -> None:
    link = ["fxiaoke", "A", "zoho", "B", "same", "2026-01-01", "2026-06-30", "执照", "E900"]
    rows = {**ROWS, "customer_links": [
        link,
        ["fxiaoke", "C", "zoho", "B", "same", "2026-01-01", "", "执照", "E900"],
        ["fxiaoke", "C", "fxiaoke", "A", "different", "2026-07-01", "", "两家", "E900"],
    ]}
    assert Company.load(write_folder(tmp_path / "after", rows))
    rows["customer_links"][2][5] = "2026-06-30"
    assert errors_of(write_folder(tmp_path / "while", rows)) == (
        BadCell("customer_links.csv", None, 4, "decision", "different",
                "same, or no chain of rows that calls these two the same on 2026-06-30"),
    )
    nobody = {**ROWS, "customer_links": [[*link[:-1], ""]]}
    assert [(error.column, error.expected) for error in errors_of(write_folder(tmp_path / "nobody", nobody))] == [
        ("approved_by", "text (this cell may not be empty)"),
    ]


def test_an_id_that_excel_rounded_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "co", changed("cash_receipts", 0, "account_id", "5.54023E+17"))
    assert [(bad.column, bad.value) for bad in errors_of(folder)] == [("account_id", "5.54023E+17")]


def test_what_excel_writes_into_csv_is_understood(tmp_path: Path) -> None:
    rows = changed("targets", 0, "amount", "1,200,000.50")
    rows = changed("targets", 0, "agreed_on", "2026/1/5", rows)
    rows = changed("tax_rates", 0, "rate", "13%", rows)
    assert Company.load(write_folder(tmp_path / "excel", rows)).rows == Company.load(write_folder(tmp_path / "plain", ROWS)).rows


def test_gbk_is_refused_with_the_cure_and_accepted_when_declared(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "co", ROWS)
    path = folder / "products.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    (bad,) = [error for error in errors_of(folder) if error.file == "products.csv"]
    assert bad.expected == (
        "text in UTF-8, but byte 170 is not (a file saved by Chinese Excel is GBK): save as 'CSV UTF-8', "
        "or declare it in company.yaml as encodings: {products.csv: gb18030}"
    )
    (folder / "company.yaml").write_text(SETTINGS + "encodings: {products.csv: gb18030}\n", encoding="utf-8")
    assert Company.load(folder).rows["products"][0]["name"] == "深沟球轴承"


def test_a_byte_order_mark_and_comments_change_nothing(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "co", ROWS)
    plain = Company.load(folder).rows
    path = folder / "products.csv"
    path.write_text("\ufeff# 产品, as sold\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert Company.load(folder).rows == plain


def test_a_broken_file_is_not_blamed_on_the_files_that_refer_to_it(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "co", ROWS)
    path = folder / "employees.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("valid_to", "vaild_to", 1), encoding="utf-8")
    assert [str(error) for error in errors_of(folder)] == [
        "employees.csv row 1, column valid_to: expected a column of this name (失效日)",
        "employees.csv row 1, column vaild_to: 'vaild_to'; expected valid_to, if that is what this column is",
    ]


def test_a_file_that_is_named_almost_like_one_of_ours_is_not_passed_over(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {name: rows for name, rows in ROWS.items() if name != "deal_splits"})
    (folder / "deal_split.csv").write_text("crm\n", encoding="utf-8")
    (folder / "our_notes.csv").write_text("whatever\n", encoding="utf-8")
    assert [str(error) for error in errors_of(folder)] == [
        "deal_split.csv: 'deal_split.csv'; expected deal_splits.csv, if that is what this file is"
    ]


def test_settings_are_answered_with_line_and_key(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "co", ROWS)
    (folder / "company.yaml").write_text(SETTINGS.replace("crm: zoho}", "crm: sap}") + "fiscal_year_start: 4\n", encoding="utf-8")
    assert [str(error) for error in errors_of(folder)] == [
        "company.yaml line 4, key departments.2.crm: 'sap'; expected 'fxiaoke' or 'zoho'",
        "company.yaml line 8, key fiscal_year_start: '4'; expected no such setting (is it misspelt?)",
    ]


def test_settings_alone_need_no_rows(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "co", changed("targets", 0, "amount", "a lot"))
    assert Company.settings_of(folder).name == "示例公司"
    (folder / "company.yaml").unlink()
    with pytest.raises(CompanyErrors, match=r"company\.yaml: expected this file in"):
        Company.settings_of(folder)


def test_a_formula_without_a_result_is_not_an_empty_cell(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "co", changed("targets", 0, "amount", "=A1*2"), xlsx=frozenset({"targets"}))
    assert [(bad.row, bad.column, bad.value) for bad in errors_of(folder)] == [(2, "amount", "=A1*2")]


def test_the_same_file_twice_is_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "co", ROWS)
    openpyxl.Workbook().save(folder / "products.xlsx")
    assert str(errors_of(folder)[0]) == (
        "products.csv: expected either products.csv or products.xlsx: nobody can tell which of the two holds"
    )


def test_a_connection_lands_everything_but_personal_columns(tmp_path: Path) -> None:
    company = Company.load(write_folder(tmp_path / "co", ROWS))
    term = {
        "plan_id": "north-rep-2026", "plan_version": 1, "plan_hash": "abc", "valid_from": date(2026, 1, 1), "valid_to": None,
        "currency_code": "CNY", "kind": "rate", "component_id": "base", "term_no": 1, "part_no": 1, "body": '{"rate": "0.010"}',
    }
    signed = {"plan_id": "north-rep-2026", "plan_version": 1, "employee_no": "E001", "accepted_on": date(2026, 1, 1),
              "channel": "纸质"}
    connection = company.connection(plan_rows=[term], acceptance_rows=[signed])
    records = {obj.name: [r for page in connection.pull(obj, WINDOW) for r in page.records] for obj in connection.objects}
    assert {name: [record["key"] for record in rows] for name, rows in records.items()} == {
        "employees": ["E900|2026-01-01", "E001|2024-03-01", "E001|2026-07-01"],
        "targets": ["1|signed_sales|rep|E001|2026-07|||2026-01-01", "1|signed_sales|company|||2026-01-01|2027-01-01|2026-01-01",
                    "1|signed_sales|product_line|轴承|2026-Q3|||2026-01-01"],
        "products": ["P1|2026-01-01", "P1-S|2026-01-01"], "tax_rates": ["vat|2026-01-01"],
        "fx_rates": ["safe_mid|USD|2026-07-01"],
        "ar_ledger": ["A1", "A2"], "cash_receipts": ["R1"], "cash_allocations": ["L1"],
        "plan_assignments": ["E001|north-rep-2026|2026-01-01"],
        "customer_links": ["fxiaoke|acc_1|zoho|554023000000400001|2026-01-01"], "plan_terms": ["north-rep-2026|1|rate|base|1|1"],
        "wages": ["E001|2026-07"], "absences": ["E001|2026-07-06"], "handovers": ["E001|||2026-01-01"], "deliveries": ["DN1-1"],
        "customer_classes": ["fxiaoke|acc_1|2026-01-01"], "price_floor": ["P1|2026-01-01"], "cost_table": ["P1|2026-01-01"],
        "deal_splits": [f"fxiaoke|{who}|2026-01-01" for who in ("SO-1|E001", "SO-1|E900", "SO-2|E900")],
        "order_holds": ["fxiaoke|SO-1|2026-07-01"], "milestones": ["fxiaoke|SO-1|acceptance_signed"],
        "gate_waivers": ["E001|2026-07|overdue"], "pool_members": ["team|2026-Q3|E001"], "penalties": ["E001|2026-07|late"],
        "payee_figures": ["E001|2026-07|reports_filed"], "adjustments": ["ADJ1"], "disputes": ["DP1"],
        "attendance": ["E001|2026-07-01"], "appraisal": ["2026-Q3|E001|E900|cooperation"], "training": ["T1|E001"],
        "report_register": ["weekly_plan|E001|2026-07-06"], "expense_ledger": ["X1"], "budget": ["travel|D1|2026-Q3|2026-01-01"],
        "market_size": ["华北|轴承|2026-Q3|factory"], "competitor_price": ["C1"], "survey_responses": ["S1"],
        "channel_map": ["industry|经销|2026-01-01"], "region_neighbours": ["华北|华东|2026-01-01"],
        "cn_calendar": ["2026-10-01", "2026-10-10"],
        "strategic_customers": ["fxiaoke|acc_1|2026-01-01"], "tier_policy": ["vip|2026-01-01"], "service_log": ["F1"],
        "feedback": ["K1"], "stage_gates": ["fxiaoke|方案报价|quote|2026-01-01"],
        "forecast_calls": ["2026-Q3|E001|2026-07-01|commit"],
        "org": ["D1|2026-01-01"], "territory": ["华北|轴承|E001|||2026-01-01", "华北|||fxiaoke|acc_1|2026-01-01"],
        "credit_limits": ["fxiaoke|acc_1|2026-01-01"],
        "stages": ["fxiaoke|opportunities|合同评审|2026-01-01", "zoho|opportunities|Signed|2026-01-01"],
        "document_statuses": ["zoho|orders|Bestätigt|2026-01-01"], "payment_methods": ["fxiaoke|11|2026-01-01"],
        "risk_thresholds": ["visit_min_minutes|2026-01-01"], "approval_matrix": ["discount|总经理|2026-01-01"],
        "actions": ["ACT1"],
        "acceptances": ["north-rep-2026|1|E001"],
    }
    assert "example.com" not in str(records)
    plan_terms = next(obj for obj in connection.objects if obj.name == "plan_terms")
    assert {f.name: connection.cast(f, records["plan_terms"][0][f.api_name]) for f in plan_terms.fields} == term
    targets = next(obj for obj in connection.objects if obj.name == "targets")
    assert [{f.name: connection.cast(f, record[f.api_name]) for f in targets.fields} for record in records["targets"]] == (
        company.rows["targets"]
    )


def test_a_file_may_be_yaml_and_leave_out_what_it_does_not_say(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "co", {name: rows for name, rows in ROWS.items() if name != "tier_policy"})
    (folder / "tier_policy.yaml").write_text(
        "# 分层政策\n"
        "- {tier: vip, visit_within_days: 30, valid_from: 2026-01-01, reason: 政策, approved_by: E900}\n"
        "- {tier: standard, max_discount: 10%, valid_from: 2026-01-01, reason: 政策, approved_by: E900}\n",
        encoding="utf-8",
    )
    assert [(row["tier"], row["visit_within_days"], row["max_discount"]) for row in Company.load(folder).rows["tier_policy"]] == [
        ("vip", 30, None), ("standard", None, Decimal("0.1")),
    ]
    gold = "- {tier: gold, valid_from: 2026-01-01, reason: 政策, approved_by: E900}\n"
    (folder / "tier_policy.yaml").write_text(gold, encoding="utf-8")
    assert [str(error) for error in errors_of(folder)] == [
        "tier_policy.yaml line 1, key tier: 'gold'; expected one of vip, high_value, potential, standard, new",
    ]
    for broken in ("- [1, 2]\n", "- {tier: [vip]}\n", "tier: {vip\n"):
        (folder / "tier_policy.yaml").write_text(broken, encoding="utf-8")
        assert len(errors_of(folder)) == 1
    (folder / "tier_policy.csv").write_text("tier\n", encoding="utf-8")
    assert "either tier_policy.csv or tier_policy.yaml" in str(errors_of(folder)[0])


def test_a_tier_set_by_hand_expires(tmp_path: Path) -> None:
    rows = changed("strategic_customers", 0, "valid_to", "")
    rows = changed("feedback", 0, "accepted_on", "2026-06-30", rows)
    assert {(error.file, error.column, error.expected) for error in errors_of(write_folder(tmp_path / "co", rows))} == {
        ("strategic_customers.csv", "valid_to", "the day on which this tier ends: one set by hand always expires"),
        ("feedback.csv", "accepted_on", "not before raised_on 2026-07-01"),
    }


def test_the_companys_own_words_and_authorities_are_checked_together(tmp_path: Path) -> None:
    rows = {
        **ROWS,
        "stages": [
            ["fxiaoke", "opportunities", "签约", "5", "true", "", "won", *DECIDED],
            ["zoho", "sales_status", "2", "", "", "", "won", *DECIDED],
            ["fxiaoke", "sales_status", "5", "", "", "", "", *DECIDED],
            ["zoho", "leads", "Hot", "", "true", "commit", "", *DECIDED],
        ],
        "risk_thresholds": [["visit_minimum", "15", *DECIDED]],
        "org": [["D1", "D2", "", "", *DECIDED], ["D2", "D1", "", "", *DECIDED]],
        "territory": [["华北", "", "E001", "fxiaoke", "acc_1", *DECIDED], ["华东", "", "", "", "acc_1", *DECIDED]],
        "approval_matrix": [["discount", "总经理", "5000", "", *DECIDED], ["expense", "总经理", "", "", *DECIDED]],
        "actions": [
            ["A", "2026-Q2", "收紧账期", "", "E001", "2026-07-15", "2026-09-30", "", "", "open", "2026-08-01", ""],
            ["B", "2026-Q2", "涨价", "", "E001", "2026-07-15", "2026-09-30", "", "", "done", "2026-07-01", ""],
        ],
    }
    found = {(error.file, error.row, error.column, error.expected) for error in errors_of(write_folder(tmp_path / "co", rows))}
    assert found == {
        ("stages.csv", 2, "ends_as", "nothing: in Fxiaoke 销售状态 says how a deal ends (object sales_status)"),
        ("stages.csv", 3, "object", "opportunities or leads: Zoho's stages themselves say how a deal ends"),
        ("stages.csv", 4, "ends_as", "open, won, lost or void: that is what a 销售状态 says"),
        ("stages.csv", 5, "category", "nothing: only deals are forecast and end"),
        ("risk_thresholds.csv", 2, "threshold_id", "one that exists in core.dim_thresholds"),
        ("org.csv", 2, "parent_id", "a department that does not stand below D1 itself"),
        ("org.csv", 3, "parent_id", "a department that does not stand below D2 itself"),
        ("territory.csv", 2, "employee_no", "either a person or, with crm and account_id, a dealer"),
        ("territory.csv", 3, "crm", "the CRM of the dealer, and nothing without one"),
        ("approval_matrix.csv", 2, "max_share", "a share: 0.1 lets this role give 10 % off the list price"),
        ("approval_matrix.csv", 3, "max_amount", "the largest amount that this role may approve, in base currency"),
        ("actions.csv", 2, "closed_on", "nothing while the action is open, and the day it ended once it is done or dropped"),
        ("actions.csv", 3, "closed_on", "a day on or after decided_on 2026-07-15"),
    }


def test_a_folder_is_read_again_when_a_byte_of_it_changed_and_only_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "co", ROWS)
    read: list[Path] = []
    was = Path.read_bytes
    before = Company.load(folder)
    assert Company.load(folder) is before
    # Whatever reading opens must be part of what is compared.
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path) or was(path))
    assert Company.load(folder) is before
    assert {path.name for path in folder.rglob("*") if path.is_file() and path.parent.name != "signatures"} <= {
        path.name for path in read
    }
    for path in sorted(folder.glob("*.*")) + sorted((folder / "plans").glob("*.yaml")):
        text = path.read_bytes()
        path.write_bytes(text + b"\n")
        after = Company.load(folder)
        assert after is not before, path.name
        path.write_bytes(text)
        before = Company.load(folder)
    (folder / "tier_policy.csv").unlink()
    (folder / "tier_policy.yaml").write_text("- {tier: vip, valid_from: 2026-01-01, reason: r, approved_by: E900}\n")
    assert len(Company.load(folder).rows["tier_policy"]) == 1
    (folder / "tier_policy.yaml").write_text("- {tier: gold, valid_from: 2026-01-01, reason: r, approved_by: E900}\n")
    assert len(errors_of(folder)) == len(errors_of(folder)) == 1


def test_people_keep_their_addresses_out_of_the_lake(tmp_path: Path) -> None:
    company = Company.load(write_folder(tmp_path / "co", ROWS))
    assert company.people(date(2026, 6, 30))["E001"] == Person(
        "E001", "李雷", "D1", "E900", "销售代表", date(2024, 3, 1), None, "lilei@example.com"
    )
    assert company.people()["E001"].department_id == "D2"
    assert "lilei@" not in repr(company.people()["E001"])


def test_templates_load_as_an_empty_company(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    made = write_templates(folder)
    yaml = {"company.yaml", "distribution.yaml", "plans/sales-2026.yaml.sample"}
    csvs = {f"{file.name}.csv" for file in FILES} | {f"templates/{file.name}.xlsx" for file in FILES}
    assert {path.relative_to(folder).as_posix() for path in made} == yaml | csvs
    assert write_templates(folder) == []
    assert Company.load(folder).rows == {file.name: [] for file in FILES}
    sheet = openpyxl.load_workbook(folder / "templates" / "targets.xlsx")["targets"]
    assert [cell.value for cell in sheet[1]] == HEADERS["targets"]
    assert {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"} == {
        "C2:C2001": '"company,department,region,rep,product_line,product,customer,channel,settlement"',
        "M2:M2001": '"true,false"', "N2:N2001": '"true,false"',
    }


def test_shares_of_an_order_must_make_one_on_every_day(tmp_path: Path) -> None:
    rows = changed("deal_splits", 1, "share", "0.2")
    assert [str(error) for error in errors_of(write_folder(tmp_path / "less", rows))] == [
        "deal_splits.csv row 2, column share: '0.7'; expected shares of SO-1 that sum to 1; on 2026-01-01 they sum to 0.9",
    ]
    rows = changed("deal_splits", 1, "valid_to", "2026-06-30")
    assert [str(error) for error in errors_of(write_folder(tmp_path / "ends", rows))] == [
        "deal_splits.csv row 3, column share: '0.3'; expected shares of SO-1 that sum to 1; on 2026-07-01 they sum to 0.7",
    ]


@pytest.mark.parametrize(
    ("kind", "balance", "amount", "wrong"),
    [
        ("MANUAL", "cap", "-5", ("balance", "nothing: only a WRITE_OFF takes from a balance")),
        ("WRITE_OFF", "holdback", "5", ("amount", "below 0: what the payee will not get any more")),
        ("WRITE_OFF", "clawback", "-5", ("amount", "above 0: what the payee does not owe any more")),
        ("WRITE_OFF", "clawback", "5", ("plan_id", "the plan whose debt it is")),
    ],
)
def test_what_is_written_off_by_hand_names_its_balance(
    tmp_path: Path, kind: str, balance: str, amount: str, wrong: tuple[str, str]
) -> None:
    rows = changed("adjustments", 0, "entry_type", kind)
    rows = changed("adjustments", 0, "amount", amount, rows)
    rows = changed("adjustments", 0, "balance", balance, rows)
    assert [(error.column, error.expected) for error in errors_of(write_folder(tmp_path / "co", rows))] == [wrong]


def test_commission_decisions_say_what_they_need(tmp_path: Path) -> None:
    rows = changed("adjustments", 0, "second_approver", "E900")
    rows = changed("disputes", 0, "effect_amount", "", rows)
    rows = changed("order_holds", 0, "released_on", "2026-06-30", rows)
    rows = changed("deliveries", 0, "product_code", "", rows)
    rows = changed("handovers", 0, "successor_no", "E001", rows)
    rows = changed("wages", 0, "month", "2026-Q3", rows)
    assert {(error.file, error.column, error.expected) for error in errors_of(write_folder(tmp_path / "co", rows))} == {
        ("adjustments.csv", "second_approver", "a second person who approved it"),
        ("disputes.csv", "effect_amount", "what the decision is worth, 0 when a split or a correction of data carries it"),
        ("order_holds.csv", "released_on", "a day on or after held_from 2026-07-01"),
        ("deliveries.csv", "product_code", "the product of which this quantity was delivered"),
        ("handovers.csv", "successor_no", "somebody else's employee_no"),
        ("wages.csv", "month", "a month like 2026-07"),
    }


def test_an_object_is_read_under_one_name_only(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "co", ROWS)
    twice = "receivables: crm_invoices, custom_objects: {a: {api_name: Plans}, b: {api_name: Plans}, c: {api_name: Deals}}}"
    (folder / "company.yaml").write_text(SETTINGS.replace("receivables: crm_invoices}", twice), encoding="utf-8")
    assert [str(error) for error in errors_of(folder)] == [
        f"company.yaml line 7, key crm.zoho.custom_objects.{name}.api_name: '{said}'; expected an object that is not read already"
        for name, said in (("b", "Plans"), ("c", "Deals"))
    ]
