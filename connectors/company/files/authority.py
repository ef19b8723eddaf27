"""Who may decide what, and what was decided to be done.

What to add here: a file about authority or about decisions to act, as one row of `FILES`.
What belongs elsewhere: who signs a month of commission (`company.yaml`), what plans pay (`plans/`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from connectors.company.files.columns import (
    PERIOD,
    ZERO,
    Column,
    CompanyFile,
    Known,
    Mistake,
    Row,
    T,
)


def _check_authority(row: Row, known: Known) -> Iterator[Mistake]:
    if row["kind"] == "discount" and row["max_share"] is None:
        yield "max_share", "a share: 0.1 lets this role give 10 % off the list price"
    elif row["kind"] not in (None, "discount") and row["max_amount"] is None:
        yield "max_amount", "the largest amount that this role may approve, in base currency"


def _check_action(row: Row, known: Known) -> Iterator[Mistake]:
    decided, closed = row["decided_on"], row["closed_on"]
    if isinstance(decided, date) and isinstance(closed, date) and closed < decided:
        yield "closed_on", f"a day on or after decided_on {decided}"
    if (row["status"] == "open") != (closed is None):
        yield "closed_on", "nothing while the action is open, and the day it ended once it is done or dropped"


FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="approval_matrix", key=("kind", "role"), check=_check_authority,
        description="审批权限: up to what a role may approve; who is not here approves nothing.",
        columns=(
            Column(name="kind", label="事项", required=True,
                   choices=("discount", "credit_limit", "expense", "adjustment", "write_off")),
            Column(name="role", label="岗位", note="as in employees", required=True),
            Column(name="max_amount", type=T.MONEY, label="金额上限", note="base currency", minimum=ZERO),
            Column(name="max_share", type=T.NUMBER, label="比例上限", note="of a discount: 0.1", minimum=ZERO,
                   maximum=Decimal(1)),
        ),
    ),
    CompanyFile(
        name="actions", key=("action_id",), is_decision=False, check=_check_action,
        description="行动登记: what a review decided, who does it by when, and what came of it.",
        columns=(
            Column(name="action_id", type=T.ID, label="编号", required=True),
            Column(name="period", label="期间", note="of the review that decided it", required=True, pattern=PERIOD),
            Column(name="decision", label="决议", required=True),
            Column(name="options", label="备选方案"),
            Column(name="owner_no", type=T.ID, label="责任人", required=True, exists_in="employees.employee_no"),
            Column(name="decided_on", type=T.DATE, label="决定日", required=True),
            Column(name="due_on", type=T.DATE, label="期限", required=True),
            Column(name="metric_id", type=T.ID, label="衡量指标", exists_in="metrics"),
            Column(name="expected", label="预期效果"),
            Column(name="status", label="状态", required=True, choices=("open", "done", "dropped")),
            Column(name="closed_on", type=T.DATE, label="办结日"),
            Column(name="effect", label="实际效果"),
        ),
    ),
)
