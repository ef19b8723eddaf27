"""What is spent and what may be: the expense ledger and the budget.

What to add here: a file about money that goes out, as one row of `FILES`.
What belongs elsewhere: what a column may be (`columns.py`), money that comes in (`finance.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.company.files.columns import (
    BOOKED_AT,
    CURRENCY_CODE,
    PERIOD,
    ZERO,
    Column,
    CompanyFile,
    Known,
    Mistake,
    Row,
    T,
)

# What of it is selling expense, cost of a visit or pay is decided in dbt (int_expenses), by these words.
COST_TYPES = ("travel", "entertainment", "allowance", "salary", "marketing", "freight", "rebate", "training", "other")


def _check_expense(row: Row, known: Known) -> Iterator[Mistake]:
    if row["amount"] == 0:
        yield "amount", "an amount that is not zero"


COST_TYPE = Column(name="cost_type", label="费用类型", required=True, choices=COST_TYPES)
DEPARTMENT = Column(name="department_id", type=T.ID, label="部门", required=True, exists_in="departments")

FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="expense_ledger", key=("entry_id",), is_decision=False, check=_check_expense,
        description="费用台账: expenses as accrued or committed, without VAT; a reversal is negative.",
        columns=(
            Column(name="entry_id", type=T.ID, label="分录号", required=True),
            Column(name="expense_date", type=T.DATE, label="归属日", required=True),
            DEPARTMENT,
            Column(name="employee_no", type=T.ID, label="工号", note="empty = of the department as a whole",
                   exists_in="employees.employee_no"),
            COST_TYPE,
            Column(name="status", label="状态", required=True, choices=("spent", "committed")),
            Column(name="amount", type=T.MONEY, label="金额 (不含税)", required=True),
            CURRENCY_CODE,
            Column(name="note", label="说明"),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="budget", key=("cost_type", "department_id", "period"),
        description="预算: what a department may spend on a type of cost in a period, in base currency.",
        columns=(
            COST_TYPE,
            DEPARTMENT,
            Column(name="period", label="期间", required=True, pattern=PERIOD),
            Column(name="amount", type=T.MONEY, label="金额", required=True, minimum=ZERO),
            Column(name="variance_code", label="差异原因", choices=("volume", "price", "timing", "one_off", "error"),
                   may_be_absent=True),
        ),
    ),
)
