"""The month's commission for finance as a workbook: lines, payees and control totals.

A column is added in queries/finance_*.sql and here. This is the one place that writes formulas, because control totals
must recompute in the reader's hands.
Names stand nowhere in it: finance works with numbers of employees.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from xlsxwriter.worksheet import Worksheet

from reports import format as fmt
from reports.facts import ReportError, Row, ask, check_month, open_warehouse
from reports.xlsx import Book

FINANCE = (
    "clocks",
    "finance_lines",
    "finance_payees",
    "finance_totals",
    "finance_close",
    "finance_payables",
    "finance_balances",
    "finance_restated",
    "finance_accruals",
    "finance_disputes",
    "ledger_head",
)
MONEY = "#,##0.00"
ZERO = Decimal("0.00")
# The words that plans, explanations and statements share stand in commission/wording.py; a test holds these to them.
ENTRY_TYPES = {
    "EARN": "本期计提",
    "ADJ_DATA": "数据调整",
    "ADJ_SPLIT": "分成调整",
    "ADJ_PLAN": "办法更正",
    "ADJ_DISPUTE": "争议处理",
    "CLAWBACK": "退款冲回",
    "CLAWBACK_RECOVERY": "待追回余额",
    "WRITE_OFF": "核销",
    "DRAW": "预支/保障补足",
    "DRAW_RECOVERY": "预支收回",
    "CAP_WITHHELD": "封顶暂扣",
    "CAP_RELEASE": "封顶释放",
    "HOLD": "暂停支付",
    "HOLD_RELEASE": "恢复支付",
    "HOLDBACK": "留存",
    "HOLDBACK_RELEASE": "留存释放",
    "SPIFF": "单品奖",
    "AWARD": "奖励",
    "PENALTY": "扣罚",
    "MANUAL": "人工调整",
    "FX_DIFF": "汇兑差额",
    "ROUNDING": "尾差",
}
BALANCES = {"draw": "预支", "clawback": "待追回", "cap": "封顶暂扣", "hold": "暂停支付", "holdback": "留存"}
DISPUTES = {
    "open": "未受理",
    "triaged": "处理中",
    "upheld": "支持",
    "partly_upheld": "部分支持",
    "rejected": "不支持",
    "withdrawn": "撤回",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One listing: its sheet, the query it prints, its columns with their titles, and which of them are summed."""

    name: str
    query: str
    titles: dict[str, str]
    sums: tuple[str, ...]
    widths: dict[str, int] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)


# After the sheets whose places the control totals name.
LISTINGS = (
    Sheet(
        "应发",
        "finance_payables",
        {
            "payee_no": "工号",
            "department_id": "部门",
            "earned": "计提（元）",
            "adjusted": "调整（元）",
            "withheld": "暂扣（元）",
            "recovered": "扣回（元）",
            "payable": "应付（元）",
        },
        ("earned", "adjusted", "withheld", "recovered", "payable"),
    ),
    Sheet(
        "余额",
        "finance_balances",
        {
            "payee_no": "工号",
            "balance_kind": "余额",
            "opening": "月初（元）",
            "added": "增加（元）",
            "released": "减少（元）",
            "closing": "月末（元）",
        },
        ("opening", "added", "released", "closing"),
        words={"balance_kind": BALANCES},
    ),
    Sheet(
        "原报与重述",
        "finance_restated",
        {
            "month": "月份",
            "payee_no": "工号",
            "component_id": "组件",
            "component_name": "组件名称",
            "as_reported": "原报（元）",
            "adjusted_earlier_months": "其中调整以前月份（元）",
            "adjusted_since": "此后已调整（元）",
            "adjustment_pending": "待过账调整（元）",
            "as_restated": "重述（元）",
        },
        ("as_reported", "adjusted_earlier_months", "adjusted_since", "adjustment_pending", "as_restated"),
    ),
    Sheet(
        "预提",
        "finance_accruals",
        {
            "month": "月份",
            "earned": "计提（元）",
            "written_off": "核销（元）",
            "payable": "应付（元）",
            "earned_unpaid": "已提未付（元）",
            "withheld": "暂扣余额（元）",
            "clawback_receivable": "待追回（元）",
            "draw_receivable": "预支待还（元）",
            "capitalised": "资本化（元）",
            "amortised": "摊销（元）",
            "expense": "费用（元）",
            "contingent_on_cash": "待回款或有（元）",
            "contingent_expected": "扣预期损失后（元）",
        },
        ("earned", "written_off", "payable", "capitalised", "amortised", "expense"),
    ),
    Sheet(
        "申诉",
        "finance_disputes",
        {
            "dispute_id": "申诉号",
            "payee_no": "工号",
            "month": "月份",
            "line": "对账单行",
            "claim": "主张",
            "state": "状态",
            "opened_on": "提出日",
            "decided_on": "结论日",
            "days_open": "天数",
            "is_triage_late": "受理超过五个工作日",
            "effect_amount": "影响金额（元）",
            "posted_in": "过账月份",
        },
        ("effect_amount",),
        widths={"claim": 40, "is_triage_late": 20},
        words={"state": DISPUTES, "is_triage_late": {"True": "是", "False": "否"}},
    ),
)


def build_finance_workbook(warehouse: Path, month: str, out: Path) -> Path:
    """The month's commission for finance: lines, payees and control totals that recompute; numbers of employees, no names."""
    check_month(month)
    with open_warehouse(warehouse) as database:
        facts = ask(database, FINANCE, {"month": month})
    clocks = facts.clocks
    lines, payees, totals = facts.rows["finance_lines"], facts.rows["finance_payees"], facts.one("finance_totals")
    if not payees:
        raise ReportError(
            f"finance.commission_by_payee_month has nothing for {month}; build the nightly of a date in or after that month"
        )
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"提成财务表_{month}.xlsx"
    book = Book(
        path,
        title=f"提成财务表 {month}",
        author=clocks.company,
        created=clocks.known_at,
        properties={"quarterdeck_report_id": f"CFN-{month}"},
    )
    control = book.sheet("控制总数")
    line_end, payee_end = len(lines) + 1, len(payees) + 1
    write_lines(book, lines)
    write_payees(book, payees, line_end)
    for listing in LISTINGS:
        write_listing(book, listing, facts.rows[listing.query])
    closed = facts.one("finance_close")
    head = str(closed.get("ledger_head") or facts.one("ledger_head").get("entry_hash") or fmt.MISSING)
    state = "已关账" if closed else "草稿，尚未关账"
    facts_rows = (
        ("公司", clocks.company),
        ("月份", f"{month}（{state}）"),
        ("数据截至", clocks.as_of.isoformat()),
        ("抽取时刻", clocks.known_text),
        ("台账头哈希", head),
        ("复核 / 批准", f"{closed.get('reviewed_by') or fmt.MISSING} / {closed.get('approved_by') or fmt.MISSING}"),
    )
    book.put(control, 0, 0, f"提成财务表 {month}", bold=True, font_size=14)
    for row, (name, value) in enumerate(facts_rows, 1):
        book.put(control, row, 0, name, font_color="#66727F")
        book.put(control, row, 1, value)
    line_amount, payable = totals["line_amount"], totals["payable"]
    formulas = (
        ("明细行数", f"=COUNTA('提成明细'!A2:A{line_end})", totals["line_count"], totals["line_count"], "#,##0"),
        ("明细金额合计（元）", f"=SUM('提成明细'!K2:K{line_end})", line_amount, line_amount, MONEY),
        ("应付合计（元）", f"=SUM('按人汇总'!H2:H{payee_end})", payable, line_amount, MONEY),
        ("明细与应付之差（元）", "=ROUND(B11-B12,2)", fmt.difference(line_amount, payable), ZERO, MONEY),
        (
            "应发合计（元）",
            f"=SUM('应发'!G2:G{len(facts.rows['finance_payables']) + 1})",
            sum((row["payable"] for row in facts.rows["finance_payables"]), ZERO),
            line_amount,
            MONEY,
        ),
        (
            "有差异的人·组件数",
            f"=SUMPRODUCT(--(ROUND('按人汇总'!J2:J{payee_end},2)<>0))",
            sum(1 for row in payees if row["payable"] != row["line_amount"]),
            0,
            "#,##0",
        ),
    )
    book.head(control, 8, ["控制总数", "值", "应为（台账）", "相符", "查询"], {1, 2})
    for row, (name, formula, value, expected, pattern) in enumerate(formulas, 9):
        book.put(control, row, 0, name)
        control.write_formula(row, 1, formula, book.style(num_format=pattern, bold=True), value)
        book.put(control, row, 2, expected, num_format=pattern)
        agrees = "是" if value == expected else "否"
        check = f'=IF(ROUND(B{row + 1}-C{row + 1},2)=0,"是","否")'
        control.write_formula(row, 3, check, book.style(bold=True, align="center"), agrees)
        book.put(control, row, 4, facts.cite("finance_totals"))
    control.set_column(0, 0, 26)
    control.set_column(1, 1, 40)
    control.set_column(2, 2, 20)
    control.set_column(3, 4, 10)
    control.freeze_panes(9, 1)
    book.close()
    return path


def write_lines(book: Book, lines: list[Row]) -> None:
    """The sheet of ledger lines; its amounts stand in column K."""
    sheet = book.sheet("提成明细")
    columns = (
        "entry_id",
        "entry_type",
        "status",
        "payee_no",
        "department_id",
        "component_id",
        "component_name",
        "plan_id",
        "origin_period",
        "posting_period",
        "amount",
        "reason",
        "reverses_id",
        "data_as_of",
        "approved_by",
        "plan_hash",
        "entry_hash",
    )
    titles = [
        "分录号",
        "类型",
        "状态",
        "工号",
        "部门",
        "组件",
        "组件名称",
        "方案",
        "来源月份",
        "过账月份",
        "金额（元）",
        "说明",
        "冲销分录",
        "数据截至",
        "批准",
        "方案哈希",
        "分录哈希",
    ]
    words = {"status": fmt.STATES, "entry_type": ENTRY_TYPES}
    looks = {"amount": {"num_format": MONEY}, "reason": {"indent": 1}}
    book.head(sheet, 0, titles, {10})
    for row, line in enumerate(lines, 1):
        for column, name in enumerate(columns):
            book.put(sheet, row, column, words.get(name, {}).get(str(line[name]), line[name]), **looks.get(name, {}))
    write_total(book, sheet, len(lines), {10: sum((line["amount"] for line in lines), ZERO)}, len(columns))
    for column, width in enumerate((26, 11, 8, 9, 9, 12, 14, 16, 10, 10, 14, 30, 16, 12, 14, 18, 18)):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 4)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, len(lines), len(columns) - 1)
    sheet.print_area(0, 0, len(lines) + 1, columns.index("approved_by"))  # the fingerprints are for the screen


def write_listing(book: Book, listing: Sheet, rows: list[Row]) -> None:
    """One listing with a total row of formulas below it, each with the value it has today."""
    sheet = book.sheet(listing.name)
    names = list(listing.titles)
    amounts = {at for at, name in enumerate(names) if listing.titles[name].endswith("（元）")}
    book.head(sheet, 0, list(listing.titles.values()), amounts)
    for place, row in enumerate(rows, 1):
        for column, name in enumerate(names):
            value = listing.words[name].get(str(row[name]), row[name]) if name in listing.words else row[name]
            book.put(sheet, place, column, value, **({"num_format": MONEY} if column in amounts else {}))
    if rows:
        sums = {names.index(name): sum((row[name] for row in rows if row[name] is not None), ZERO) for name in listing.sums}
        write_total(book, sheet, len(rows), sums, len(names))
        sheet.autofilter(0, 0, len(rows), len(names) - 1)
    for column, name in enumerate(names):
        sheet.set_column(column, column, listing.widths.get(name, 20 if column in amounts else 12))
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)


def write_total(book: Book, sheet: Worksheet, rows: int, sums: dict[int, Decimal], columns: int) -> None:
    """The row below a listing: a formula over each column that is summed, with the value it has today."""
    end = rows + 1
    book.put(sheet, end, 0, "合计", bold=True, top=1)
    for column in range(1, columns):
        if column in sums:
            letter, style = chr(ord("A") + column), book.style(num_format=MONEY, bold=True, top=1)
            sheet.write_formula(end, column, f"=SUM({letter}2:{letter}{end})", style, sums[column])
        else:
            book.put(sheet, end, column, None, top=1)


def write_payees(book: Book, payees: list[Row], line_end: int) -> None:
    """The sheet by payee and component, each checked against its lines by formula."""
    sheet = book.sheet("按人汇总")
    columns = ("payee_no", "department_id", "component_id", "earned", "adjusted", "withheld", "recovered", "payable")
    book.head(
        sheet,
        0,
        ["工号", "部门", "组件", "计提", "调整", "暂扣", "扣回", "应付（元）", "明细合计", "差异", "状态"],
        set(range(3, 10)),
    )
    money = book.style(num_format=MONEY)
    for row, payee in enumerate(payees, 1):
        for column, name in enumerate(columns):
            book.put(sheet, row, column, payee[name], **({"num_format": MONEY} if column > 2 else {}))
        place = row + 1
        amounts, payees_of, components = (f"'提成明细'!${letter}$2:${letter}${line_end}" for letter in "KDF")
        # Not SUMIFS: to it 0012 and 12 are one number, and < or * in a word a condition.
        detail = f"=SUMPRODUCT(({payees_of}=A{place})*({components}=C{place}),{amounts})"
        sheet.write_formula(row, 8, detail, money, payee["line_amount"])
        sheet.write_formula(row, 9, f"=ROUND(H{place}-I{place},2)", money, fmt.difference(payee["payable"], payee["line_amount"]))
        book.put(sheet, row, 10, fmt.STATES[str(payee["status"])], align="center")
    names = dict(enumerate(columns))
    sums = {column: sum((payee[names.get(column, "line_amount")] for payee in payees), ZERO) for column in range(3, 9)}
    sums[9] = fmt.difference(sums[7], sums[8])
    write_total(book, sheet, len(payees), sums, 11)
    sheet.set_column(0, 1, 10)
    sheet.set_column(2, 10, 14)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.autofilter(0, 0, len(payees), 10)
