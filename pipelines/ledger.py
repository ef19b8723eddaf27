"""Closing a commission month: what the warehouse proposes becomes entries of the ledger.

What belongs elsewhere: what an entry is and how the chain holds (`commission.ledger`),
what is proposed (`finance.commission_lines`).
"""

import csv
from datetime import date
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
    """Who stands behind a close, by employee number, never the same person; left empty, `commission_approvals.csv` says."""

    reviewed_by: str = ""
    approved_by: str = ""


def approvals(home: Home) -> dict[str, tuple[str, str]]:
    """Months that people approved, from the company folder: month, reviewed_by, approved_by."""
    path = home.company_folder / "commission_approvals.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["month"]: (row["reviewed_by"], row["approved_by"]) for row in csv.DictReader(file)}


def must_be_people(home: Home, period: Period, on: date, *numbers: str) -> None:
    """Stop unless each number is somebody employed on the day."""
    people = home.load_company().people(on)
    if unknown := [number or "nobody" for number in numbers if number not in people]:
        raise dg.Failure(
            f"{period.name} is not closed: it needs somebody who reviewed it and another who approved it, both employed on {on}; "
            f"given: {', '.join(unknown)}. Add the month to commission_approvals.csv (month,reviewed_by,approved_by), "
            "or pass --reviewed-by and --approved-by."
        )


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
    reviewed_by, approved_by = config.reviewed_by, config.approved_by
    if not reviewed_by and not approved_by:
        reviewed_by, approved_by = approvals(home).get(period.name, ("", ""))
    before = ledger.closings().get(period.name)
    if before is None:
        newest = max((step.at for step in ledger.steps()), default=published[1])
        if known_at < max(newest, published[1]):
            raise dg.Failure(
                f"{period.name} cannot be closed as of {known_at.isoformat()}: the ledger or the published warehouse is newer."
            )
        must_be_people(home, period, known_at.date(), reviewed_by, approved_by)
    if before is not None:
        closing = before
    else:
        try:
            closing = ledger.close(
                period.name,
                drafts,
                closed_at=known_at,
                reviewed_by=reviewed_by,
                approved_by=approved_by,
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
