"""The commission ledger: what was posted, in a chain that only grows, beside the warehouse and never inside it.

Add an entry type in `records`, a rule of closing in `duties`; a correction is always a new entry, never a change of an old one.
What to post is worked out by the engine and the warehouse; this package only refuses, writes and proves.
"""

from commission.ledger.book import Ledger
from commission.ledger.duties import SYSTEM, Login
from commission.ledger.records import (
    ENTRY_COLUMNS,
    ENTRY_TYPES,
    GENESIS,
    PERIOD_STATES,
    Draft,
    Entry,
    PeriodStatus,
)
from commission.ledger.refusals import LedgerBroken, LedgerRefused, PeriodClosed
from commission.ledger.store import Verification

__all__ = [
    "ENTRY_COLUMNS",
    "ENTRY_TYPES",
    "GENESIS",
    "PERIOD_STATES",
    "Draft",
    "Entry",
    "Ledger",
    "LedgerBroken",
    "LedgerRefused",
    "Login",
    "PeriodClosed",
    "PeriodStatus",
    "SYSTEM",
    "Verification",
]
