"""The reference engine: C1 of the commission specification in its order, in plain Decimal, written to be read beside it.

Each step is a file: credit, rating, earning, guards, awards, settling; add a rule where its step is.
It knows no warehouse and is never tuned: the SQL engine is the fast one, this one is the one that is right.
"""

from commission.engine.calculation import Calculation, calculate
from commission.engine.code import code_hash
from commission.engine.facts import (
    Absence,
    Acceptance,
    Assignment,
    Event,
    Facts,
    Figure,
    FxRate,
    Handover,
    Milestone,
    OrderHold,
    Penalty,
    Person,
    PoolMember,
    Quota,
    Split,
    Wage,
    Waiver,
)
from commission.engine.results import Balance, Credit, Earning, EarningEvent, FxDifference, Note
from commission.engine.shadow import as_reported, as_restated, shadow_drafts

__all__ = [
    "Absence",
    "Acceptance",
    "Assignment",
    "Balance",
    "Calculation",
    "Credit",
    "Earning",
    "EarningEvent",
    "Event",
    "Facts",
    "Figure",
    "FxDifference",
    "FxRate",
    "Handover",
    "Milestone",
    "Note",
    "OrderHold",
    "Penalty",
    "Person",
    "PoolMember",
    "Quota",
    "Split",
    "Wage",
    "Waiver",
    "as_reported",
    "as_restated",
    "calculate",
    "code_hash",
    "shadow_drafts",
]
