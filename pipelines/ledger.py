"""Closing a commission month: what the warehouse proposes becomes entries of the ledger.

What belongs elsewhere: what an entry is and how the chain holds (`commission.ledger`),
what is proposed (`finance.commission_lines`).
"""

from decimal import Decimal

import dagster as dg
import duckdb

from commission.ledger import Ledger, LedgerRefused
from pipelines.partitions import Period, months
from pipelines.publish import clocks_of
from pipelines.reports import code_hash
from pipelines.resources import Clocks, Home

DRAFTS = """
    select entry_type, payee_no, component_id, component_name, plan_id, plan_hash,
        origin_period, posting_period, amount, reason, data_as_of
    from finance.commission_lines
    where status = 'draft' and posting_period = ?
    order by payee_no, component_id, origin_period, entry_type
"""


class Closing(dg.Config):
    """Who stands behind a close: the person who reviewed it and the one who approved it, by employee number, never the same."""

    reviewed_by: str = ""
    approved_by: str = ""


@dg.asset(
    key=["ledger", "closed_month"],
    deps=[["published", "warehouse"]],
    partitions_def=months,
    group_name="ledger",
    kinds={"file"},
    owners=["team:finance"],
)
def closed_month(context: dg.AssetExecutionContext, config: Closing, home: Home, clocks: Clocks) -> dg.MaterializeResult:
    """Post the month's draft lines to the ledger and close it; refused while an earlier month is open."""
    period = Period.named(context.partition_key)
    known_at = clocks.of(context, home.settings.time_zone).known_at
    published = clocks_of(home.published)
    if published is None or published[0] < period.last:
        raise dg.Failure(
            f"{period.name} cannot be closed: the published warehouse describes {published[0] if published else 'nothing yet'}, "
            f"run a nightly as of {period.last} or later first."
        )
    ledger, code = Ledger(home.ledger), code_hash("dbt_project/models", "dbt_project/macros")
    with duckdb.connect(str(home.published), read_only=True) as connection:
        cursor = connection.execute(DRAFTS, [period.name])
        names = [column[0] for column in cursor.description]
        drafts = [{**dict(zip(names, row, strict=True)), "code_hash": code} for row in cursor.fetchall()]
    before = ledger.closings().get(period.name)
    if before is not None:
        closing = before
    else:
        try:
            closing = ledger.close(
                period.name,
                drafts,
                closed_at=known_at,
                reviewed_by=config.reviewed_by or None,
                approved_by=config.approved_by,
                frozen={"data_as_of": str(published[0]), "known_at": published[1].isoformat()},
            )
        except LedgerRefused as refusal:
            raise dg.Failure(str(refusal)) from None
    posted = [entry for entry in ledger.entries() if entry.posting_period == period.name]
    return dg.MaterializeResult(
        metadata={
            "entries": len(posted),
            "amount": str(sum((entry.amount for entry in posted), Decimal("0.00"))),
            "ledger_head": closing.ledger_head,
            "was_closed_before": before is not None,
        }
    )
