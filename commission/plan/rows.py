"""Signatures laid out as rows for the lake: who accepted which plan version, when and through what.

What belongs elsewhere: how signatures are read (`loading`), what a plan says as rows (`terms`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from commission.plan.loading import load_signatures
from commission.plan.schema import Plan

Row = dict[str, str | None]


def acceptance_rows(plans: Iterable[Plan], company_folder: Path) -> list[Row]:
    """Every signature under a plan version, the first of a person counts; a file that is not there signs nothing."""
    signed: dict[tuple[str, int, str], Row] = {}
    for plan in plans:
        file = company_folder / plan.accepted_by if plan.accepted_by else None
        for one in sorted(load_signatures(file), key=lambda one: one.accepted_on) if file and file.is_file() else ():
            signed.setdefault(
                (plan.plan, plan.version, one.employee_no),
                {
                    "plan_id": plan.plan,
                    "plan_version": str(plan.version),
                    "employee_no": one.employee_no,
                    "accepted_on": one.accepted_on.isoformat(),
                    "channel": one.channel,
                },
            )
    return [signed[key] for key in sorted(signed)]
