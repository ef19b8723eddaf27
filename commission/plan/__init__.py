"""One plan file is one version of one 提成办法: read, checked as a whole, hashed, and laid out as rows.

Add a rule's wording in `schema`, its reading in `reader`; every mistake of every file is reported at once with its line and cure.
What a rule pays is in `commission.engine`; what makes a valid plan unwise is in `commission.lint`.
"""

from commission.plan.expression import Expression, ExpressionFault, MissingValue, parse_expression
from commission.plan.loading import (
    PlanError,
    PlanErrors,
    Signature,
    load_plan_text,
    load_plans,
    load_signatures,
    read_plans,
    read_signatures,
)
from commission.plan.rows import acceptance_rows
from commission.plan.schema import Component, Plan
from commission.plan.terms import PLAN_TERM_COLUMNS, plan_rows

__all__ = [
    "PLAN_TERM_COLUMNS",
    "Component",
    "Expression",
    "ExpressionFault",
    "MissingValue",
    "Plan",
    "PlanError",
    "PlanErrors",
    "Signature",
    "acceptance_rows",
    "load_plan_text",
    "load_plans",
    "load_signatures",
    "parse_expression",
    "plan_rows",
    "read_plans",
    "read_signatures",
]
