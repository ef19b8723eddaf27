"""What is decided and noted about customers: who is strategic, what a tier is promised, what they raised, how they were served.

What to add here: a file about single customers, as one row of `FILES`.
What belongs elsewhere: the market as a whole and surveys (`market.py`), which customers are one (`sales.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal

from connectors.company.files.columns import (
    BOOKED_AT,
    CRM,
    ZERO,
    Column,
    CompanyFile,
    Known,
    Mistake,
    Row,
    T,
)

TIERS = ("vip", "high_value", "potential", "standard", "new")
ACCOUNT_ID = Column(name="account_id", type=T.ID, label="客户 id", required=True)
WHO = Column(name="employee_no", type=T.ID, label="工号", exists_in="employees.employee_no")


def _check_strategic(row: Row, known: Known) -> Iterator[Mistake]:
    if row["tier"] is not None and row["valid_to"] is None:
        yield "valid_to", "the day on which this tier ends: one set by hand always expires"
    if row["wallet_amount"] is not None and row["wallet_source"] is None:
        yield "wallet_source", "where the estimate comes from"


def _in_order(*columns: str) -> Callable[[Row, Known], Iterator[Mistake]]:
    """Days or moments that cannot come one before the other."""

    def check(row: Row, known: Known) -> Iterator[Mistake]:
        steps = [(name, row[name]) for name in columns if isinstance(row[name], date | datetime)]
        for (before, earlier), (name, later) in zip(steps, steps[1:], strict=False):
            if later < earlier:
                yield name, f"not before {before} {earlier}"

    return check


FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="strategic_customers", key=("crm", "account_id"), check=_check_strategic,
        description="重点客户: a tier set by hand until it expires, what the customer buys in all, what we want of it.",
        columns=(
            CRM,
            ACCOUNT_ID,
            Column(name="tier", label="重要性", note="stands above the computed tier until valid_to", choices=TIERS[:4]),
            Column(name="wallet_amount", type=T.MONEY, label="年采购估计", note="a year's purchases from everybody",
                   above=ZERO),
            Column(name="wallet_source", label="估计来源"),
            Column(name="strategy", label="客户策略"),
            Column(name="next_step", label="下一步"),
            Column(name="next_step_due", type=T.DATE, label="下一步期限"),
        ),
    ),
    CompanyFile(
        name="tier_policy", key=("tier",),
        description="分层政策: what a customer of a tier is to get; an empty cell promises and limits nothing.",
        columns=(
            Column(name="tier", label="客户分层", required=True, choices=TIERS),
            Column(name="visit_within_days", type=T.INTEGER, label="拜访间隔", note="a valid visit at least every so many days",
                   minimum=Decimal(1)),
            Column(name="max_discount", type=T.NUMBER, label="最高折扣", note="0.08: 8 % off the list price", minimum=ZERO,
                   maximum=Decimal(1)),
            Column(name="max_credit_days", type=T.INTEGER, label="最长账期", minimum=ZERO),
            Column(name="response_hours", type=T.NUMBER, label="首次响应时限", note="hours until a case is answered", above=ZERO),
            Column(name="callback_within_days", type=T.INTEGER, label="回访间隔", note="a call back at least every so many days",
                   minimum=Decimal(1), may_be_absent=True),
        ),
    ),
    CompanyFile(
        name="service_log", key=("entry_id",), is_decision=False, check=_in_order("opened_at", "responded_at", "resolved_at"),
        description="客户服务登记: cases with first answer and end, calls back with the day they are due.",
        columns=(
            Column(name="entry_id", type=T.ID, label="编号", required=True),
            Column(name="kind", label="类型", required=True, choices=("case", "complaint", "callback")),
            CRM,
            ACCOUNT_ID,
            WHO,
            Column(name="opened_at", type=T.TIMESTAMP, label="受理时间", required=True),
            Column(name="due_on", type=T.DATE, label="应回访日", note="of a callback"),
            Column(name="responded_at", type=T.TIMESTAMP, label="首次响应时间"),
            Column(name="resolved_at", type=T.TIMESTAMP, label="办结时间", note="of a callback: when it was done"),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="feedback", key=("feedback_id",), is_decision=False,
        check=_in_order("raised_on", "accepted_on", "fixed_on", "told_on"),
        description="客户反馈: what a customer raised, when it was taken up, mended, and the customer told.",
        columns=(
            Column(name="feedback_id", type=T.ID, label="编号", required=True),
            CRM,
            ACCOUNT_ID,
            WHO,
            Column(name="category", label="类别", required=True),
            Column(name="product_code", type=T.ID, label="产品编码", exists_in="products.product_code"),
            Column(name="raised_on", type=T.DATE, label="提出日", required=True),
            Column(name="accepted_on", type=T.DATE, label="受理日"),
            Column(name="fixed_on", type=T.DATE, label="解决日"),
            Column(name="told_on", type=T.DATE, label="告知客户日"),
            BOOKED_AT,
        ),
    ),
)
