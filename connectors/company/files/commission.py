"""What is decided about commission: who is under which plan, and the plans as rows.

What to add here: a file of commission decisions, as one row of `FILES`.
What belongs elsewhere: what a column may be (`columns.py`), what a plan says (`commission/plan`).
"""

from __future__ import annotations

from connectors.catalogue import CrmObject, Field
from connectors.company.files.columns import Column, CompanyFile, T

FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="plan_assignments", key=("employee_no", "plan_id"),
        description="提成办法适用: who is paid by which plan, and when.",
        columns=(
            Column(name="employee_no", type=T.ID, label="工号", required=True, exists_in="employees.employee_no"),
            Column(name="plan_id", type=T.ID, label="办法", required=True, exists_in="plans"),
        ),
    ),
)

# Made by commission/plan.py from plans/*.yaml: one row per tier, so that SQL sees what a plan pays.
PLAN_TIERS = CrmObject(
    name="plan_tiers", api_name="plan_tiers", key="key",
    description="提成办法: one row per tier of a plan's component.",
    fields=(
        Field("plan_id", "plan_id", T.ID),
        Field("plan_version", "plan_version", T.INTEGER),
        Field("plan_hash", "plan_hash"),
        Field("title", "title"),
        Field("valid_from", "valid_from", T.DATE),
        Field("valid_to", "valid_to", T.DATE),
        Field("currency_code", "currency_code"),
        Field("component_id", "component_id", T.ID),
        Field("component_name", "component_name"),
        Field("event", "event"),
        Field("date_basis", "date_basis"),
        Field("measure", "measure"),
        Field("accumulate", "accumulate"),
        Field("rate_kind", "rate_kind"),
        Field("boundary", "boundary"),
        Field("tier_no", "tier_no", T.INTEGER),
        Field("tier_from", "tier_from", T.MONEY),
        Field("tier_to", "tier_to", T.MONEY),
        Field("rate", "rate", T.NUMBER),
    ),
)
PLAN_TIERS_KEY = ("plan_id", "plan_version", "component_id", "tier_no")
