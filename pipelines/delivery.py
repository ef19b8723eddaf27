"""Delivery as assets: what was built goes to whom the company folder names, once, and a receipt is kept.

What to add here: a delivery of a report.
What belongs elsewhere: letters, transports and receipts (`delivery/`), building (`reports.py`).
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import dagster as dg

from delivery import HOLDS_PAY, DistributionError, Employee, Letter, compose, password_of, recipients, send
from pipelines.partitions import Period, months, quarters
from pipelines.reports import Note, newest_version, read_notes
from pipelines.resources import Clocks, Home, Mail


def letters(
    note: Note, folder: Path, home: Home, staff: Mapping[str, Employee], sender: str, at: datetime
) -> list[Letter]:
    """One letter for each person who may have this report today, pay encrypted; raises DistributionError when one may not."""
    today = at.astimezone(home.settings.zone).date()
    return [
        compose(
            report_id=note.report_id,
            version=note.version,
            recipient=reader,
            sender=sender,
            subject=note.subject,
            lines=note.lines,
            attachments=[folder / name for name in note.files],
            date=at,
            password=password_of(home.pay_key(), reader.employee_no) if note.report in HOLDS_PAY else "",
        )
        for reader in recipients(home.company_folder, note.report, note.scope, staff=staff, on=today)
        if note.recipient in {"", reader.employee_no}
    ]


def deliver(folders: list[Path], home: Home, mail: Mail, at: datetime) -> dg.MaterializeResult:
    """Send what the folders' notes name; one that may not be sent is told and does not stop the others."""
    written: list[Letter] = []
    held: list[str] = []
    staff = home.staff(at.astimezone(home.settings.zone).date())
    for folder in folders:
        for note in read_notes(folder):
            try:
                written += letters(note, folder, home, staff, mail.sender, at)
            except DistributionError as fault:
                held.append(str(fault))
    receipts = send(written, transport=mail.transport(home), receipts=mail.log(home), at=at)
    counts = Counter(receipt.status for receipt in receipts)
    trouble = [
        f"{r.report_id} {r.recipient}: {r.status} {r.detail}"
        for r in receipts
        if r.status in {"refused", "failed"} or (r.status == "already_sent" and r.detail)
    ]
    return dg.MaterializeResult(
        check_results=[
            dg.AssetCheckResult(
                passed=not (trouble or held),
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"why": dg.MetadataValue.json([*trouble, *held])},
            )
        ],
        metadata={
            "sent": counts["sent"],
            "sent_before": counts["already_sent"],
            "failed": len(trouble),
            "held": len(held),
            "why": dg.MetadataValue.json([*trouble, *held]),
        },
    )


def everything_left(report: str) -> list[dg.AssetCheckSpec]:
    """The check that no letter was refused, held back, or stands changed under a version that was sent."""
    return [dg.AssetCheckSpec("everything_left", asset=["delivered", report], description="Every letter that is due left.")]


@dg.asset(
    key=["delivered", "quarterly_management_pack"],
    check_specs=everything_left("quarterly_management_pack"),
    deps=[["reports", "quarterly_management_pack"]],
    partitions_def=quarters,
    group_name="delivery",
    kinds={"email"},
    owners=["team:management"],
)
def quarterly_management_pack(context: dg.AssetExecutionContext, home: Home, mail: Mail, clocks: Clocks) -> dg.MaterializeResult:
    """The review pack in its readers' mail, or in the outbox folder; a version that was sent is not sent again."""
    period = Period.named(context.partition_key)
    folder = home.path / "packs" / period.name
    return deliver([folder / f"v{newest_version(folder)}"], home, mail, clocks.of(context, home.settings.time_zone).known_at)


@dg.asset(
    key=["delivered", "commission_statements"],
    check_specs=everything_left("commission_statements"),
    deps=[["reports", "commission_statements"], ["reports", "commission_workbook"]],
    partitions_def=months,
    group_name="delivery",
    kinds={"email"},
    owners=["team:finance"],
)
def commission_statements(context: dg.AssetExecutionContext, home: Home, mail: Mail, clocks: Clocks) -> dg.MaterializeResult:
    """Each person's statement in their own mail and nobody else's; the workbook in finance's."""
    period = Period.named(context.partition_key)
    folders = [home.path / "statements" / period.name, home.path / "finance" / period.name]
    return deliver(folders, home, mail, clocks.of(context, home.settings.time_zone).known_at)
