"""提成对账单 for one person: every cent from payment to ledger entry.

A column is added in queries/statement_*.sql and here.
What is earned is decided in the finance marts; nothing here works out commission.
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from reports import format as fmt
from reports.facts import Facts, ReportError, ask, check_month, open_warehouse
from reports.page import Block, Cell, Document, Notes, Page, Table, heads, text
from reports.pdf import write_pdf
from reports.words import Writer
from reports.workbook import BALANCES, DISPUTES, ENTRY_TYPES
from reports.xlsx import write_xlsx

STATEMENT = (
    "clocks",
    "statement_payee",
    "statement_summary",
    "statement_total",
    "statement_earnings",
    "statement_events",
    "statement_lines",
    "statement_balances",
    "statement_disputes",
    "statement_restated",
)
NO_COMPONENT = "不分项目"  # draws, their recovery, what is owed back: of a plan, not of one component
# The words that plans, explanations and statements share stand in commission/wording.py; a test holds these to them.
ROLES = {"primary": "负责人", "split": "分成", "overlay": "协同（另计）", "override": "管理提成"}


ORDER = "计算次序：" + " → ".join(
    (
        "选事件",
        "冲销",
        "去税折币",
        "归属与分成",
        "组件",
        "累计",
        "比例",
        "系数",
        "取整到分",
        "封顶保底",
        "门槛",
        "奖项",
        "预支与追回",
        "审批过账",
    )
)


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


def yuan(value: Decimal | None) -> Cell:
    """A cell of money to the cent."""
    return Cell(fmt.YUAN.text(value), value, "#,##0.00")


def rate(part: Decimal | None, whole: Decimal | None) -> Cell:
    """What one amount is of another, with three decimals."""
    value = fmt.share(part, whole)
    return Cell(fmt.MISSING if value is None else fmt.number(value * 100, 3) + "%", value, "0.000%")


def summary_table(facts: Facts) -> Table:
    """The month's components with what is carried in and out."""
    columns = heads(
        "项目<2",
        "计提>",
        "调整>",
        "暂扣>",
        "扣回>",
        "应付>",
        "状态<",
    )
    rows = [
        (
            text(row["component_name"] or (NO_COMPONENT if row["component_id"] == "-" else row["component_id"])),
            *(yuan(row[name]) for name in ("earned", "adjusted", "withheld", "recovered", "payable")),
            text(fmt.STATES[str(row["status"])]),
        )
        for row in facts.rows["statement_summary"]
    ]
    total, blank = facts.one("statement_total"), (Cell(""),) * 4
    adjusted = [(text("其中：以前月份的调整"), *blank, yuan(total["of_earlier_months"]), Cell(""))]
    rows += [
        (text("本月应付（税前）"), *blank, yuan(total["payable"]), Cell("")),
        *(adjusted if total["of_earlier_months"] else []),
        (text("本年累计应付"), *blank, yuan(total["payable_year_to_date"]), Cell("")),
    ]
    first = len(facts.rows["statement_summary"])
    return Table("汇总", "本月提成，元", columns, tuple(rows), frozenset({first}))


def balances_table(facts: Facts) -> Table:
    """What is kept back or owed, from the start of the month to its end."""
    total = facts.one("statement_total")
    rows = [
        (text(BALANCES[row["balance_kind"]]), *(yuan(row[name]) for name in ("opening", "added", "released", "closing")))
        for row in facts.rows["statement_balances"]
    ]
    blank = Cell("")
    rows.append((text("合计（转入 / 转出）"), yuan(total["carry_in"]), blank, blank, yuan(total["carry_out"])))
    columns = heads("余额<2", "转入>", "增加>", "减少>", "转出>")
    caption = "结转余额，元：正数为已提未付，负数为已付未提；转入 + 本月计提与调整 = 本月应付 + 转出"
    return Table("结转余额", caption, columns, tuple(rows), frozenset({len(rows) - 1}))


def restated_table(facts: Facts) -> Table:
    """Earlier months that this one adjusts: what their statements said, and what they come to now."""
    columns = heads("来源月份<", "项目<2", "原报>", "此后已过账调整>", "待过账调整>", "重述>")
    rows = tuple(
        (
            text(row["month"]),
            text(row["component_name"] or NO_COMPONENT),
            *(yuan(row[name]) for name in ("as_reported", "adjusted_since", "adjustment_pending", "as_restated")),
        )
        for row in facts.rows["statement_restated"]
    )
    caption = "本月调整到的以前月份，元：原报是该月对账单所列，已关账不再改动；重述 = 原报 + 调整，原因见台账分录的说明"
    return Table("以前月份重述", caption, columns, rows)


def disputes_table(facts: Facts) -> Table:
    """Open disputes of the payee, and those this month's lines put right."""
    columns = heads("申诉号<", "月份<0.8", "提出日<", "主张<3", "状态<", "天数>0.6", "影响金额>")
    rows = tuple(
        (
            text(row["dispute_id"]),
            text(row["month"]),
            text(row["opened_on"]),
            text(row["claim"]),
            text(DISPUTES[row["state"]] + ("（受理逾期）" if row["is_triage_late"] else "")),
            Cell(str(row["days_open"]), row["days_open"]),
            yuan(row["effect_amount"] or None),
        )
        for row in facts.rows["statement_disputes"]
    )
    return Table("申诉", "未结申诉与本月处理的申诉，元", columns, rows)


def earnings_table(facts: Facts) -> Table:
    """How each component's amount follows from its base."""
    columns = heads(
        "项目<1.4",
        "方案<1.4",
        "计算窗口<",
        "本月基数>",
        "窗口累计基数>",
        "窗口累计应计>",
        "本月计提>",
        "折合比例>",
    )
    rows = tuple(
        (
            text(row["component_name"] or row["component_id"]),
            text(f"{row['plan_id']} {str(row['plan_hash'])[:8]}"),
            text(row["window_period"]),
            yuan(row["base_in_month"]),
            yuan(row["base_to_date"]),
            yuan(row["earned_to_date"]),
            yuan(row["amount"]),
            rate(row["amount"], row["base_in_month"]),
        )
        for row in facts.rows["statement_earnings"]
    )
    return Table("计提", "本月计提 = 窗口累计应计 − 上月末窗口累计应计，元；基数不含税", columns, rows)


def events_table(facts: Facts) -> Table:
    """Every event that earned something this month, and what they come to."""
    names = {row["component_id"]: row["component_name"] for row in facts.rows["statement_earnings"]}
    columns = heads(
        "日期<",
        "项目<1.1",
        "订单<1.4",
        "客户<2.2",
        "回款（含税）>",
        "归属<0.7",
        "份额>0.6",
        "计提基数>",
        "窗口累计基数>",
        "折合比例>0.8",
        "提成>",
    )
    rows = tuple(
        (
            text(row["event_date"]),
            text(names.get(row["component_id"]) or row["component_id"]),
            text(row["order_no"]),
            text(row["customer_name"]),
            yuan(row["paid"]),
            text(ROLES[row["role"]]),
            rate_of_share(row["share"]),
            yuan(row["base_amount"]),
            yuan(row["cumulative_base"]),
            rate(row["amount"], row["base_amount"]),
            yuan(row["amount"]),
        )
        for row in facts.rows["statement_events"]
    )
    total = sum((row["amount"] for row in facts.rows["statement_events"]), Decimal("0.00"))
    rows += ((text("合计"), *(Cell(""),) * 9, yuan(total)),) if rows else ()
    caption = "逐笔：业务 → 归属与份额 → 计提基数 → 比例 → 提成，元；基数与提成不含税，非回款的业务没有回款金额"
    return Table("逐笔", caption, columns, rows, frozenset({len(rows) - 1}), compact=True)


def rate_of_share(value: Decimal | None) -> Cell:
    """A credit share as a whole percentage."""
    return Cell(fmt.MISSING if value is None else fmt.number(value * 100, 0) + "%", value, "0%")


def lines_table(facts: Facts) -> Table:
    """The ledger entries behind the month."""
    columns = heads(
        "分录<",
        "项目<1.2",
        "来源月份<0.8",
        "过账月份<0.8",
        "金额>",
        "说明<2.4",
        "状态<0.7",
        "方案哈希<0.9",
        "分录哈希<",
    )
    rows = tuple(
        (
            text(ENTRY_TYPES[row["entry_type"]]),
            text(row["component_name"] or NO_COMPONENT),
            text(row["origin_period"]),
            text(row["posting_period"]),
            yuan(row["amount"]),
            text(row["reason"]),
            text(fmt.STATES[str(row["status"])]),
            text(str(row["plan_hash"] or "")[:8], "mute"),
            text(str(row["entry_hash"] or "")[:12], "mute"),
        )
        for row in facts.rows["statement_lines"]
    )
    return Table("台账分录", "台账分录，元；草稿在月结前没有哈希", columns, rows, compact=True)


def build_statement(warehouse: Path, payee_no: str, month: str, out: Path) -> StatementFiles:
    """The statement of `payee_no` for `month` as PDF and XLSX in folder `out`."""
    check_month(month)
    with open_warehouse(warehouse) as database:
        facts = ask(database, STATEMENT, {"payee_no": payee_no, "month": month})
    payee = facts.one("statement_payee")
    if not payee or month > f"{facts.clocks.as_of:%Y-%m}":
        raise ReportError(
            f"There is nothing for {payee_no} in {month}: the warehouse describes {facts.clocks.as_of} and "
            "the people of that day; check the number, or build the nightly of that month"
        )
    writer = Writer(facts)
    status = str(facts.one("statement_total")["status"])
    statement_id = f"CST-{month}-{payee_no}"
    blocks: tuple[Block, ...] = (
        summary_table(facts),
        *((earnings_table(facts),) if facts.rows["statement_earnings"] else ()),
        *((balances_table(facts),) if facts.rows["statement_balances"] else ()),
        *((restated_table(facts),) if facts.rows["statement_restated"] else ()),
        *((disputes_table(facts),) if facts.rows["statement_disputes"] else ()),
        Notes(
            "说明",
            (
                ORDER,
                "折合比例 = 提成 ÷ 基数；跨档时一笔回款可能落在两个档位，以方案文件为准。",
                "各笔提成按累计差额分摊到分，合计等于本月计提，没有尾差。",
                "已关账月份不再改动；此后的差异在未关账月份单列，注明来源月份与原因。",
                "如有异议，请回复邮件并注明订单号，5 个工作日内受理；裁定在未关账月份以“争议处理”过账。",
            ),
            "small",
        ),
    )
    detail: tuple[Block, ...] = (*((events_table(facts),) if facts.rows["statement_events"] else ()), lines_table(facts))
    title = writer.sentence("statement", month=fmt.month_title(month), status=fmt.STATES[status])
    count = len(facts.rows["statement_events"])
    document = Document(
        report_id=statement_id,
        kind="commission_statement",
        title="提成对账单",
        subtitle=fmt.month_title(month),
        clocks=facts.clocks,
        version=1,
        status=fmt.STATES[status],
        secrecy="个人机密",
        recipient=f"{payee_no} {payee['name']}",
        cover=(
            ("姓名", str(payee["name"])),
            ("工号", payee_no),
            ("部门", str(payee["department_name"])),
            ("岗位", str(payee["role"])),
            ("月份", month),
            ("状态", fmt.STATES[status]),
            ("数据截至", facts.clocks.as_of.isoformat()),
            ("编号", statement_id),
        ),
        pages=(
            Page("1", "汇总", title, "元", facts.cite(*STATEMENT[2:5], *STATEMENT[-3:]), blocks),
            Page(
                "2",
                "逐笔与台账",
                writer.sentence("statement", "detail", count=count),
                "元",
                facts.cite("statement_events", "statement_lines"),
                detail,
            ),
        ),
    )
    out.mkdir(parents=True, exist_ok=True)
    files = StatementFiles(
        statement_id,
        payee_no,
        month,
        status,
        out / f"提成对账单_{month}_{payee_no}.pdf",
        out / f"提成对账单_{month}_{payee_no}.xlsx",
    )
    write_pdf(document, files.pdf)
    write_xlsx(document, files.xlsx)
    return files
