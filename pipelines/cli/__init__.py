"""The `quarterdeck` command: run, close, pack, explain, and look after the warehouse.

What to add here: a group of commands, a module each; it parses, calls, and says what happened. What belongs elsewhere: the doing.
Exit codes: 0 done; 1 it failed and says why; 2 wrong usage or input that must be mended first; 3 nothing to do it on yet.
"""

from __future__ import annotations

import os
import sys

from pipelines.cli import company, figures, finance, nights, packs
from pipelines.cli.app import FAILED, WRONG_INPUT, app, complaints

__all__ = ["app", "company", "entry", "figures", "finance", "nights", "packs"]


def entry() -> None:
    """Run a command, then hear no more: at exit DuckDB's binding lists what it did not free, after all is said."""
    code = 0
    from commission.ledger import LedgerBroken
    from connectors.company import CompanyErrors
    from pipelines.lock import HomeBusy
    from pipelines.partitions import NoSuchPeriod
    from reports.facts import ReportError

    try:
        app()
    except (CompanyErrors, LedgerBroken, NoSuchPeriod, ReportError) as known:
        complaints.print(str(known))
        code = WRONG_INPUT
    except HomeBusy as busy:
        complaints.print(str(busy))
        code = FAILED
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else FAILED
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(code)
