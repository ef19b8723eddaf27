"""What people say about open deals: what must be done before a stage is left, and what they expect to close.

What to add here: a file about stages or forecasts, as one row of `FILES`.
What belongs elsewhere: what a stage means (`vocabulary.py`), targets (`sales.py`).
"""

from __future__ import annotations

from connectors.company.files.columns import (
    AMOUNT,
    BOOKED_AT,
    CRM,
    PERIOD,
    Column,
    CompanyFile,
    T,
)

FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="stage_gates", key=("crm", "stage", "gate"),
        description="阶段门: what must be there before a deal leaves a stage.",
        columns=(
            CRM,
            Column(name="stage", label="阶段", note="as the CRM shows it", required=True),
            Column(name="gate", label="门", required=True, choices=("visit", "quote", "amount", "close_date"),
                   note="visit: a valid visit to the customer while in the stage; quote: one for this deal; the field is filled"),
        ),
    ),
    CompanyFile(
        name="forecast_calls", key=("period", "employee_no", "called_on", "category"), is_decision=False,
        description="销售预测: what a rep, or a manager for the department, calls for a period, in base currency without VAT.",
        columns=(
            Column(name="period", label="期间", required=True, pattern=PERIOD),
            Column(name="employee_no", type=T.ID, label="工号", required=True, exists_in="employees.employee_no"),
            Column(name="level", label="层级", required=True, choices=("rep", "manager")),
            Column(name="category", label="类别", required=True, choices=("commit", "best_case", "pipeline")),
            Column(name="called_on", type=T.DATE, label="预测日", required=True),
            AMOUNT,
            BOOKED_AT,
        ),
    ),
)
