"""Why the ledger says no: asked for something it must not do, or found that it was touched.

Add a refusal a caller must tell apart from the others. Bad plan files have errors of their own in `commission.plan`.
"""

from __future__ import annotations


class LedgerRefused(ValueError):
    """Nothing was written; the message lists every reason and what to do."""


class PeriodClosed(LedgerRefused):
    """The period is closed and the lines differ from those it was closed with."""


class LedgerBroken(RuntimeError):
    """The chain does not hold; the message names file, line, bytes and entry."""
