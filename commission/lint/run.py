"""All rules over all plans.

Nothing is decided here; add rules to `tables`, `terms`, `people` or `worsening`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from commission.engine.facts import Assignment
from commission.lint.findings import Finding, Settings
from commission.lint.people import people_findings
from commission.lint.tables import table_findings
from commission.lint.terms import component_findings, plan_findings
from commission.plan import Plan, read_signatures


def lint(plans: Sequence[Plan], settings: Settings | None = None) -> list[Finding]:
    """Every finding in every plan, in the order of files and lines."""
    told = settings or Settings()
    found: set[Finding] = set(people_findings(plans, told))
    for plan in plans:
        found.update(plan_findings(plan, told))
        for number, component in enumerate(plan.components):
            found.update(table_findings(plan, number, component, told))
            found.update(component_findings(plan, number, component, told))
    return sorted(found)


def company_settings(
    plans: Sequence[Plan],
    company_folder: Path,
    assignments: Sequence[Assignment] = (),
    *,
    supplied: Iterable[str] = (),
    time_zone: str | None = None,
    currency: str | None = None,
) -> Settings:
    """Settings that know the company's paper: which signature files are there, who signed, which further measures it supplies."""
    named = {plan.accepted_by for plan in plans if plan.accepted_by is not None}
    signed = {name: read_signatures(company_folder / name)[0] for name in sorted(named) if (company_folder / name).is_file()}
    counts = {"time_zone": time_zone, "currency": currency}
    found = Settings(assignments=assignments, signatures=signed, company_folder=company_folder, **counts)
    return replace(found, measures=found.measures | frozenset(supplied))
