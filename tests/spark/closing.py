"""Closed months for the comparison: what a build proposes is posted, but for one payee of the last, so that adjustments follow.

What to add here: a further step of a month that both engines should see.
What belongs elsewhere: who may close and what waits (`pipelines/ledger.py`), the ledger itself (`commission.ledger`).
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from commission.ledger import Draft, Ledger
from pipelines.inputs import OF_THE_LEDGER, SCHEMAS, ledger_rows
from pipelines.ledger import DRAFTS, events_of, rows_of
from tests.dbt_project.demo import known_at

OPEN_MONTHS = """
    select distinct posting_period from finance.commission_lines where status = 'draft' and posting_period < ? order by 1
"""


def close_months_before(as_of: date, home: Path, warehouse: Path) -> list[str]:
    """Close every month before `as_of`'s from what a build proposes, and hand the ledger to the next build; the months' names."""
    ledger = Ledger(home / "ledger" / "commission")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        months = [month for (month,) in connection.execute(OPEN_MONTHS, [f"{as_of:%Y-%m}"]).fetchall()]
        events = events_of(connection)
        for month in months:
            proposed = rows_of(connection.execute(DRAFTS, [month]))
            left_out = min(row["payee_no"] for row in proposed) if month == months[-1] else None
            ledger.close(
                month,
                [Draft.of(row) for row in proposed if row["payee_no"] != left_out],
                closed_at=known_at(as_of) - timedelta(days=7),
                reviewed_by="reviewer",
                approved_by="approver",
                made_of=[event for event in events if event["month"] == month and event["payee_no"] != left_out],
            )
    for name in OF_THE_LEDGER:
        rows = ledger_rows(name, ledger, known_at(as_of))
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMAS[name]), home / "build" / "inputs" / f"{name}.parquet")
    return months
