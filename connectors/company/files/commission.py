"""What is decided about commission: who is under which plan, and the plans as rows.

What to add here: a file of commission decisions, as one row of `FILES`.
What belongs elsewhere: what a column may be (`columns.py`), what a plan says (`commission/plan`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from connectors.catalogue import CrmObject, Field
from connectors.company.files.columns import (
    AMOUNT,
    APPROVED_BY,
    CRM,
    EMPLOYEE_NO,
    MONTH,
    ORDER_NO,
    PAY_MONTH,
    PERIOD,
    REASON,
    ZERO,
    Column,
    CompanyFile,
    Known,
    Misfit,
    Mistake,
    Row,
    T,
)

ONE = Decimal(1)
BALANCES = ("cap", "hold", "holdback", "clawback")  # what finance may give up for lost
ENTRY_TYPES = ("MANUAL", "WRITE_OFF", "FX_DIFF", "ROUNDING", "ADJ_DATA", "ADJ_PLAN", "ADJ_SPLIT")
DECISIONS = ("open", "upheld", "partly_upheld", "rejected", "withdrawn")


def _check_splits(rows: Sequence[Row]) -> Iterator[Misfit]:
    """Whenever a share of an order begins or ends, the shares in force must make one again, or be none; overlays apart."""
    by_order: dict[tuple[object, object], list[tuple[int, Row]]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row["is_overlay"] is not True and isinstance(row["share"], Decimal) and isinstance(row["valid_from"], date):
            by_order[row["crm"], row["order_no"]].append((number, row))
    for own in by_order.values():
        reported: set[Decimal] = set()
        for number, row, day in _turns(own):
            whole = sum((one["share"] for _, one in own if _in_force(one, day)), ZERO)
            if whole not in (ZERO, ONE) and whole not in reported:
                reported.add(whole)
                yield number, "share", f"shares of {row['order_no']} that sum to 1; on {day} they sum to {whole.normalize():f}"


def _turns(own: Sequence[tuple[int, Row]]) -> Iterator[tuple[int, Row, date]]:
    """Each row with the day it begins, and with the day after it ends."""
    for number, row in own:
        yield number, row, row["valid_from"]
        if isinstance(row["valid_to"], date):
            yield number, row, row["valid_to"] + timedelta(days=1)


def _in_force(row: Row, day: date) -> bool:
    return row["valid_from"] <= day and (not isinstance(row["valid_to"], date) or day <= row["valid_to"])


def _check_hold(row: Row, known: Known) -> Iterator[Mistake]:
    held, released = row["held_from"], row["released_on"]
    if isinstance(held, date) and isinstance(released, date) and released < held:
        yield "released_on", f"a day on or after held_from {held}"
    if row["released_by"] is not None and released is None:
        yield "released_on", "the day on which it was let go, because released_by says by whom"


def _check_dispute(row: Row, known: Known) -> Iterator[Mistake]:
    if row["decision"] in ("upheld", "partly_upheld", "rejected"):
        for column in ("decided_on", "decided_by"):
            if row[column] is None:
                yield column, "an answer, because the dispute was decided"
    if row["decision"] in ("upheld", "partly_upheld") and row["effect_amount"] is None:
        yield "effect_amount", "what the decision is worth, 0 when a split or a correction of data carries it"


def _check_adjustment(row: Row, known: Known) -> Iterator[Mistake]:
    if row["amount"] == 0:
        yield "amount", "an amount that is not zero"
    if row["entry_type"] == "MANUAL":
        if row["evidence"] is None:
            yield "evidence", "the file that proves it: a manual entry is not posted without"
        if row["second_approver"] is None or row["second_approver"] == row["approved_by"]:
            yield "second_approver", "a second person who approved it"
    if row["balance"] is not None:
        yield from _check_write_off(row)


def _check_write_off(row: Row) -> Iterator[Mistake]:
    """What nobody will get is taken from a payee, what nobody owes any more is given to one."""
    is_debt, amount = row["balance"] == "clawback", row["amount"]
    if row["entry_type"] != "WRITE_OFF":
        yield "balance", "nothing: only a WRITE_OFF takes from a balance"
    elif isinstance(amount, Decimal) and (amount > 0) is not is_debt:
        told = "above 0: what the payee does not owe" if is_debt else "below 0: what the payee will not get"
        yield "amount", f"{told} any more"
    elif is_debt and row["plan_id"] is None:
        yield "plan_id", "the plan whose debt it is"

REASON_OF_DECISION = replace(REASON, required=False)

FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="plan_assignments", key=("employee_no", "plan_id"),
        description="提成办法适用: who is paid by which plan, and when.",
        columns=(
            Column(name="employee_no", type=T.ID, label="工号", required=True, exists_in="employees.employee_no"),
            Column(name="plan_id", type=T.ID, label="办法", required=True, exists_in="plans"),
        ),
    ),
    CompanyFile(
        name="deal_splits", key=("crm", "order_no", "employee_no"), check_all=_check_splits,
        description="业绩分成: who shares the credit of one order; shares on a day sum to 1, overlays beside them.",
        columns=(
            CRM,
            ORDER_NO,
            EMPLOYEE_NO,
            Column(name="share", type=T.NUMBER, label="比例", note="0.7 or 70%", required=True, above=ZERO, maximum=ONE),
            Column(name="is_overlay", type=T.BOOLEAN, label="叠加", note="a second role beside the 100 %", may_be_absent=True),
            Column(name="decided_on", type=T.DATE, label="决定日", note="adjusts months closed before it", required=True),
        ),
    ),
    CompanyFile(
        name="order_holds", key=("crm", "order_no", "held_from"), is_decision=False, check=_check_hold,
        description="订单暂停: an order whose pay waits, neither lost nor paid.",
        columns=(
            CRM,
            ORDER_NO,
            Column(name="held_from", type=T.DATE, label="暂停日", required=True),
            Column(name="released_on", type=T.DATE, label="解除日"),
            REASON,
            APPROVED_BY,
            Column(name="released_by", label="解除人", note="who let it go: employee number or name", may_be_absent=True),
        ),
    ),
    CompanyFile(
        name="milestones", key=("crm", "order_no", "milestone"), is_decision=False,
        description="里程碑: an order reached what a holdback waits for.",
        columns=(
            CRM,
            ORDER_NO,
            Column(name="milestone", label="里程碑", note="as the plan's holdback names it: acceptance_signed", required=True),
            Column(name="reached_on", type=T.DATE, label="达成日", required=True),
            Column(name="evidence", label="凭证"),
        ),
    ),
    CompanyFile(
        name="gate_waivers", key=("employee_no", "month", "gate_id"), is_decision=False,
        description="门槛豁免: somebody entitled lets a payee through a gate for one month.",
        columns=(EMPLOYEE_NO, PAY_MONTH, Column(name="gate_id", type=T.ID, label="门槛", required=True), REASON, APPROVED_BY),
    ),
    CompanyFile(
        name="pool_members", key=("pool_id", "period", "employee_no"), is_decision=False,
        description="奖金池成员: share and days of each member in one period of a pool.",
        columns=(
            Column(name="pool_id", type=T.ID, label="奖金池", required=True),
            Column(name="period", label="期间", required=True, pattern=PERIOD),
            EMPLOYEE_NO,
            Column(name="share", type=T.NUMBER, label="份额", required=True, minimum=ZERO),
            Column(name="days", type=T.INTEGER, label="天数", required=True, minimum=ZERO),
        ),
    ),
    CompanyFile(
        name="penalties", key=("employee_no", "month", "clause_id"), is_decision=False, is_pay=True,
        description="扣罚: under a clause of a plan the payee accepted, with evidence and somebody else's approval.",
        columns=(
            EMPLOYEE_NO,
            PAY_MONTH,
            Column(name="clause_id", type=T.ID, label="条款", required=True),
            replace(AMOUNT, above=ZERO),
            Column(name="evidence", label="凭证", note="without it nothing is deducted"),
            replace(APPROVED_BY, required=False, note="without it nothing is deducted"),
        ),
    ),
    CompanyFile(
        name="payee_figures", key=("employee_no", "period", "name"), is_decision=False,
        description="考核数: figures that gates and prizes ask for, such as reports_filed; they stand over those we count.",
        columns=(
            EMPLOYEE_NO,
            Column(name="period", label="期间", required=True, pattern=PERIOD),
            Column(name="name", label="名称", required=True),
            Column(name="value", type=T.NUMBER, label="数值", required=True),
            Column(name="reached_on", type=T.DATE, label="达成日"),
        ),
    ),
    CompanyFile(
        name="adjustments", key=("adjustment_id",), is_decision=False, check=_check_adjustment, is_pay=True,
        description="手工调整: typed, reasoned and approved entries that no rule makes.",
        columns=(
            Column(name="adjustment_id", type=T.ID, label="调整号", required=True),
            Column(name="entry_type", label="类型", required=True, choices=ENTRY_TYPES),
            EMPLOYEE_NO,
            Column(name="plan_id", type=T.ID, label="办法", exists_in="plans"),
            Column(name="component_id", type=T.ID, label="组件"),
            Column(name="origin_month", label="归属月", required=True, pattern=MONTH),
            Column(name="posting_month", label="入账月", required=True, pattern=MONTH),
            AMOUNT,
            REASON,
            Column(name="evidence", label="凭证"),
            APPROVED_BY,
            Column(name="second_approver", label="第二批准人"),
            Column(name="balance", label="核销的余额", note="of a WRITE_OFF: from which balance it takes", choices=BALANCES,
                   may_be_absent=True),
        ),
    ),
    CompanyFile(
        name="disputes", key=("dispute_id",), is_decision=False, check=_check_dispute, is_pay=True,
        description="申诉: what payees say is wrong, what was decided, and what the decision is worth.",
        columns=(
            Column(name="dispute_id", type=T.ID, label="申诉号", required=True),
            EMPLOYEE_NO,
            PAY_MONTH,
            Column(name="plan_id", type=T.ID, label="办法", exists_in="plans"),
            Column(name="component_id", type=T.ID, label="组件"),
            Column(name="line", label="结算单行"),
            Column(name="claim", label="主张", required=True),
            Column(name="evidence", label="凭证"),
            Column(name="opened_on", type=T.DATE, label="提出日", required=True),
            Column(name="triaged_on", type=T.DATE, label="受理日"),
            Column(name="decision", label="结论", choices=DECISIONS),
            Column(name="decided_on", type=T.DATE, label="结论日"),
            Column(name="decided_by", label="决定人"),
            Column(name="effect_amount", type=T.MONEY, label="影响金额"),
            REASON_OF_DECISION,
        ),
    ),
)

# Made by commission/plan from plans/*.yaml: one row per rule, so that SQL sees what a plan pays; `body` is flat JSON.
PLAN_TERMS = CrmObject(
    name="plan_terms", api_name="plan_terms", key="key",
    description="提成办法: one row per rule of a plan version.",
    fields=(
        Field("plan_id", "plan_id", T.ID),
        Field("plan_version", "plan_version", T.INTEGER),
        Field("plan_hash", "plan_hash"),
        Field("valid_from", "valid_from", T.DATE),
        Field("valid_to", "valid_to", T.DATE),
        Field("currency_code", "currency_code"),
        Field("kind", "kind"),
        Field("component_id", "component_id", T.ID),
        Field("term_no", "term_no", T.INTEGER),
        Field("part_no", "part_no", T.INTEGER),
        Field("body", "body"),
    ),
)
PLAN_TERMS_KEY = ("plan_id", "plan_version", "kind", "component_id", "term_no", "part_no")

# Made from signatures/*.csv that the plans name: one row per person who accepted a plan version.
ACCEPTANCES = CrmObject(
    name="acceptances", api_name="acceptances", key="key",
    description="办法签收: who accepted which plan version, when and through what.",
    fields=(
        Field("plan_id", "plan_id", T.ID),
        Field("plan_version", "plan_version", T.INTEGER),
        Field("employee_no", "employee_no", T.ID),
        Field("accepted_on", "accepted_on", T.DATE),
        Field("channel", "channel"),
    ),
)
ACCEPTANCES_KEY = ("plan_id", "plan_version", "employee_no")
