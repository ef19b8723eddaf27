"""提成对账单 for one person, and the month's workbook for finance: every cent from payment to ledger entry.

A column is added in queries/statement_*.sql or finance_*.sql and here. The workbook is the one place that writes formulas,
because its control totals must recompute in the reader's hands.
What is earned is decided in the finance marts; nothing here works out commission.
"""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from reports import format as fmt
from reports.facts import Facts, ReportError, Row, ask, open_warehouse
from reports.page import Block, Cell, Column, Document, Notes, Page, Table, text
from reports.pdf import write_pdf
from reports.words import Writer
from reports.xlsx import Book, write_xlsx

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
STATES = {"posted": "已过账", "draft": "草稿"}
STATEMENT = ("clocks", "statement_payee", "statement_summary", "statement_total", "statement_earnings", "statement_events", "statement_lines")
FINANCE = ("clocks", "finance_lines", "finance_payees", "finance_totals", "ledger_head")
ENTRY_TYPES = {
    "EARN": "计提", "ADJ_DATA": "数据调整", "ADJ_SPLIT": "分成调整", "ADJ_PLAN": "方案调整", "ADJ_DISPUTE": "争议调整", "CLAWBACK": "追回", "CLAWBACK_RECOVERY": "追回扣款",
    "WRITE_OFF": "核销", "DRAW": "预支", "DRAW_RECOVERY": "预支扣回", "CAP_WITHHELD": "封顶暂扣", "CAP_RELEASE": "封顶释放", "HOLD": "暂缓", "HOLD_RELEASE": "暂缓释放",
    "HOLDBACK": "质保暂扣", "HOLDBACK_RELEASE": "质保释放", "SPIFF": "专项奖励", "AWARD": "奖项", "PENALTY": "扣罚", "MANUAL": "人工", "FX_DIFF": "汇差", "ROUNDING": "尾差",
}


@dataclass(frozen=True, slots=True)
class StatementFiles:
    """A built statement: whose, which month, and its files."""

    statement_id: str
    payee_no: str
    month: str
    status: str
    pdf: Path
    xlsx: Path

    @property
    def files(self) -> tuple[Path, Path]:
        """What is handed to the payee."""
        return (self.pdf, self.xlsx)


def check_month(month: str) -> None:
    """Refuse what is not a month."""
    if not MONTH.fullmatch(month):
        raise ReportError(f"a month reads like 2026-09, not {month!r}")


def previous_month(month: str) -> str:
    """The month before `month`."""
    return f"{dt.date(int(month[:4]), int(month[5:]), 1) - dt.timedelta(days=1):%Y-%m}"


def yuan(value: Decimal | None) -> Cell:
    """A cell of money to the cent."""
    return Cell(fmt.YUAN.text(value), value, "#,##0.00")


def rate(part: Decimal | None, whole: Decimal | None) -> Cell:
    """What one amount is of another, with three decimals."""
    value = fmt.share(part, whole)
    return Cell(fmt.MISSING if value is None else fmt.number(value * 100, 3) + "%", value, "0.000%")


def clocks_of(facts: Facts) -> tuple[Row, dt.date, dt.datetime, str]:
    """Company row, as_of, known_at and known_at as the company's clock shows it."""
    clocks = facts.one("clocks")
    as_of, known_at, zone = clocks["as_of"], clocks["known_at"], str(clocks["time_zone"])
    if not isinstance(as_of, dt.date) or not isinstance(known_at, dt.datetime):
        raise ReportError("core.clocks must hold as_of as a date and known_at as a timestamp")
    return clocks, as_of, known_at, f"{known_at.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


def summary_table(facts: Facts) -> Table:
    """The month's components with what is carried in and out."""
    columns = (Column("项目", "left", "2fr"), *(Column(name) for name in ("计提", "调整", "暂扣", "扣回", "应付")), Column("状态", "left"))
    rows = [
        (text(row["component_name"]), *(yuan(row[name]) for name in ("earned", "adjusted", "withheld", "recovered", "payable")), text(STATES[str(row["status"])]))  # type: ignore[arg-type]
        for row in facts.rows["statement_summary"]
    ]
    total, blank = facts.one("statement_total"), (Cell(""),) * 4
    rows += [
        (text("本月应付合计"), *blank, yuan(total["payable"]), Cell("")),  # type: ignore[arg-type]
        (text("本年以前月份结转入"), *blank, yuan(total["carried_in"]), Cell("")),  # type: ignore[arg-type]
        (text("本年累计（结转出）"), *blank, yuan(total["carried_out"]), Cell("")),  # type: ignore[arg-type]
    ]
    return Table("汇总", "本月提成与结转，元", columns, tuple(rows), frozenset({len(rows) - 3}))


def earnings_table(facts: Facts) -> Table:
    """How each component's amount follows from its base."""
    columns = (Column("项目", "left", "1.4fr"), Column("方案", "left", "1.4fr"), Column("计算窗口", "left"), Column("本月基数"), Column("窗口累计基数"), Column("窗口累计应计"),
               Column("本月计提"), Column("折合比例"))
    rows = tuple(
        (text(row["component_name"]), text(f"{row['plan_id']} {str(row['plan_hash'])[:8]}"), text(row["window_period"]), yuan(row["base_in_month"]), yuan(row["base_to_date"]),  # type: ignore[arg-type]
         yuan(row["earned_to_date"]), yuan(row["amount"]), rate(row["amount"], row["base_in_month"]))  # type: ignore[arg-type]
        for row in facts.rows["statement_earnings"]
    )
    return Table("计提", "本月计提 = 窗口累计应计 − 上月末窗口累计应计，元；基数不含税", columns, rows)


def events_table(facts: Facts) -> Table:
    """Every payment that earned something this month."""
    columns = (Column("日期", "left"), Column("订单", "left", "1.4fr"), Column("客户", "left", "2.4fr"), Column("回款（含税）"), Column("分成", "right", "0.6fr"),
               Column("计提基数"), Column("窗口累计基数"), Column("折合比例", "right", "0.8fr"), Column("提成"))
    rows = tuple(
        (text(row["event_date"]), text(row["order_no"]), text(row["customer_name"]), yuan(row["paid"]), rate_of_share(row["share"]), yuan(row["base_amount"]),  # type: ignore[arg-type]
         yuan(row["cumulative_base"]), rate(row["amount"], row["base_amount"]), yuan(row["amount"]))  # type: ignore[arg-type]
        for row in facts.rows["statement_events"]
    )
    return Table("逐笔", "逐笔：回款 → 计提基数 → 比例 → 提成，元；基数与提成不含税", columns, rows, compact=True)


def rate_of_share(value: Decimal | None) -> Cell:
    """A credit share as a whole percentage."""
    return Cell(fmt.MISSING if value is None else fmt.number(value * 100, 0) + "%", value, "0%")


def lines_table(facts: Facts) -> Table:
    """The ledger entries behind the month."""
    columns = (Column("分录", "left", "1fr"), Column("项目", "left", "1.2fr"), Column("来源月份", "left", "0.8fr"), Column("过账月份", "left", "0.8fr"), Column("金额"),
               Column("说明", "left", "2.4fr"), Column("状态", "left", "0.7fr"), Column("方案哈希", "left", "0.9fr"), Column("分录哈希", "left", "1fr"))
    rows = tuple(
        (text(ENTRY_TYPES.get(str(row["entry_type"]), str(row["entry_type"]))), text(row["component_name"]), text(row["origin_period"]), text(row["posting_period"]), yuan(row["amount"]),  # type: ignore[arg-type]
         text(row["reason"]), text(STATES[str(row["status"])]), text(str(row["plan_hash"] or "")[:8], "mute"), text(str(row["entry_hash"] or "")[:12], "mute"))
        for row in facts.rows["statement_lines"]
    )
    return Table("台账分录", "台账分录，元；草稿在月结前没有哈希", columns, rows, compact=True)


def build_statement(warehouse: Path, payee_no: str, month: str, out: Path) -> StatementFiles:
    """The statement of `payee_no` for `month` as PDF and XLSX in folder `out`."""
    check_month(month)
    with open_warehouse(warehouse) as database:
        facts = ask(database, STATEMENT, {"payee_no": payee_no, "month": month, "previous_month": previous_month(month)})
    payee = facts.one("statement_payee")
    if not payee or not facts.rows["statement_summary"]:
        raise ReportError(f"finance.commission_by_payee_month has nothing for {payee_no} in {month}; check the number, or close the nightly of that month first")
    clocks, as_of, known_at, known_text = clocks_of(facts)
    writer = Writer(facts)
    status = str(facts.one("statement_total")["status"])
    statement_id = f"CST-{month}-{payee_no}"
    blocks: tuple[Block, ...] = (
        summary_table(facts), earnings_table(facts),
        Notes("说明", (
            "折合比例 = 提成 ÷ 基数；跨档时一笔回款可能落在两个档位，以方案文件为准。",
            "各笔提成按累计差额分摊到分，合计等于本月计提，没有尾差。",
            "如有异议，请回复邮件并注明订单号，5 个工作日内受理；争议裁定在未结账月份以“争议调整”过账。",
        ), "small"),
    )
    detail: tuple[Block, ...] = (events_table(facts), lines_table(facts))
    title = writer.sentence("statement", month=fmt.month_title(month), status=STATES[status])
    count = len(facts.rows["statement_events"])
    document = Document(
        report_id=statement_id, kind="commission_statement", title="提成对账单", subtitle=f"{fmt.month_title(month)} ", company=str(clocks["company_name"]), as_of=as_of,
        known_at=known_at, known_at_text=known_text, version=1, status=STATES[status], secrecy="个人机密", recipient=f"{payee_no} {payee['name']}",
        cover=(("姓名", str(payee["name"])), ("工号", payee_no), ("部门", str(payee["department_name"])), ("岗位", str(payee["role"])), ("月份", month), ("状态", STATES[status]),
               ("数据截至", as_of.isoformat()), ("编号", statement_id)),
        pages=(
            Page("1", "汇总", title, "元", facts.cite("statement_summary", "statement_total", "statement_earnings"), blocks),
            Page("2", "逐笔与台账", writer.sentence("statement", "detail", count=count), "元", facts.cite("statement_events", "statement_lines"), detail),
        ),
    )
    out.mkdir(parents=True, exist_ok=True)
    files = StatementFiles(statement_id, payee_no, month, status, out / f"提成对账单_{month}_{payee_no}.pdf", out / f"提成对账单_{month}_{payee_no}.xlsx")
    write_pdf(document, files.pdf)
    write_xlsx(document, files.xlsx)
    return files


def build_finance_workbook(warehouse: Path, month: str, out: Path) -> Path:
    """The month's commission for finance: lines, payees and control totals that recompute; numbers of employees, no names."""
    check_month(month)
    with open_warehouse(warehouse) as database:
        facts = ask(database, FINANCE, {"month": month})
    clocks, as_of, known_at, known_text = clocks_of(facts)
    lines, payees, totals = facts.rows["finance_lines"], facts.rows["finance_payees"], facts.one("finance_totals")
    if not payees:
        raise ReportError(f"finance.commission_by_payee_month has nothing for {month}; build the nightly of a date in or after that month")
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"提成财务表_{month}.xlsx"
    book = Book(path, title=f"提成财务表 {month}", author=str(clocks["company_name"]), created=known_at, properties={"quarterdeck_report_id": f"CFN-{month}"})
    control = book.sheet("控制总数")
    line_end, payee_end = len(lines) + 1, len(payees) + 1
    write_lines(book, lines)
    write_payees(book, payees, line_end)
    head = str(facts.one("ledger_head").get("entry_hash") or fmt.MISSING)
    facts_rows = (("公司", str(clocks["company_name"])), ("月份", month), ("数据截至", as_of.isoformat()), ("抽取时刻", known_text), ("台账头哈希", head))
    book.put(control, 0, 0, f"提成财务表 {month}", bold=True, font_size=14)
    for row, (name, value) in enumerate(facts_rows, 1):
        book.put(control, row, 0, name, font_color="#66727F")
        book.put(control, row, 1, value)
    book.head(control, 7, ["控制总数", "值", "应为", "查询"], {1})
    formulas = (
        ("明细行数", f"=COUNTA('提成明细'!A2:A{line_end})", totals["line_count"], "#,##0", str(totals["line_count"])),
        ("明细金额合计（元）", f"=SUM('提成明细'!K2:K{line_end})", totals["line_amount"], "#,##0.00", fmt.YUAN.text(totals["line_amount"])),  # type: ignore[arg-type]
        ("应付合计（元）", f"=SUM('按人汇总'!H2:H{payee_end})", totals["payable"], "#,##0.00", fmt.YUAN.text(totals["payable"])),  # type: ignore[arg-type]
        ("明细与应付之差（元）", "=ROUND(B10-B11,2)", fmt.difference(totals["line_amount"], totals["payable"]), "#,##0.00", "0.00"),  # type: ignore[arg-type]
        ("有差异的人·组件数", f"=SUMPRODUCT(--(ROUND('按人汇总'!J2:J{payee_end},2)<>0))", sum(1 for row in payees if row["payable"] != row["line_amount"]), "#,##0", "0"),
    )
    for row, (name, formula, value, pattern, expected) in enumerate(formulas, 8):
        book.put(control, row, 0, name)
        control.write_formula(row, 1, formula, book.style(num_format=pattern, bold=True), value)
        book.put(control, row, 2, expected)
        book.put(control, row, 3, facts.cite("finance_totals"))
    control.set_column(0, 0, 26)
    control.set_column(1, 1, 40)
    control.set_column(2, 3, 18)
    control.freeze_panes(8, 1)
    book.close()
    return path


def write_lines(book: Book, lines: list[Row]) -> None:
    """The sheet of ledger lines; its amounts stand in column K."""
    sheet = book.sheet("提成明细")
    columns = ("entry_id", "entry_type", "status", "payee_no", "department_id", "component_id", "component_name", "plan_id", "origin_period", "posting_period", "amount",
               "reason", "reverses_id", "data_as_of", "approved_by", "plan_hash", "entry_hash")
    titles = ["分录号", "类型", "状态", "工号", "部门", "组件", "组件名称", "方案", "来源月份", "过账月份", "金额（元）", "说明", "冲销分录", "数据截至", "批准", "方案哈希", "分录哈希"]
    book.head(sheet, 0, titles, {10})
    for row, line in enumerate(lines, 1):
        for column, name in enumerate(columns):
            value = STATES.get(str(line[name]), line[name]) if name == "status" else line[name]
            book.put(sheet, row, column, value, **({"num_format": "#,##0.00"} if name == "amount" else {}))  # type: ignore[arg-type]
    for column, width in enumerate((26, 11, 8, 9, 9, 12, 14, 16, 10, 10, 14, 30, 16, 12, 14, 18, 18)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 4)
    sheet.autofilter(0, 0, len(lines), len(columns) - 1)


def write_payees(book: Book, payees: list[Row], line_end: int) -> None:
    """The sheet by payee and component, each checked against its lines by formula."""
    sheet = book.sheet("按人汇总")
    columns = ("payee_no", "department_id", "component_id", "earned", "adjusted", "withheld", "recovered", "payable")
    book.head(sheet, 0, ["工号", "部门", "组件", "计提", "调整", "暂扣", "扣回", "应付（元）", "明细合计", "差异", "状态"], set(range(3, 10)))
    money = book.style(num_format="#,##0.00")
    for row, payee in enumerate(payees, 1):
        for column, name in enumerate(columns):
            book.put(sheet, row, column, payee[name], **({"num_format": "#,##0.00"} if column > 2 else {}))  # type: ignore[arg-type]
        place = row + 1
        detail = f"=SUMIFS('提成明细'!$K$2:$K${line_end},'提成明细'!$D$2:$D${line_end},A{place},'提成明细'!$F$2:$F${line_end},C{place})"
        sheet.write_formula(row, 8, detail, money, payee["line_amount"])
        sheet.write_formula(row, 9, f"=ROUND(H{place}-I{place},2)", money, fmt.difference(payee["payable"], payee["line_amount"]))  # type: ignore[arg-type]
        book.put(sheet, row, 10, STATES[str(payee["status"])])
    sheet.set_column(0, 1, 10)
    sheet.set_column(2, 10, 14)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(payees), 10)
