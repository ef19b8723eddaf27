"""What a company wrote down, read in one go: its files, plans, signatures and recipients; and all that is wrong with them.

What to add here: another kind of file that people write, with what is wrong in it.
What belongs elsewhere: how one file is read (`connectors.company`, `commission.plan`, `delivery`), who may decide
(`authority.py`), what of it names records that no CRM has (`doctor.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from commission.engine.facts import Assignment
from commission.lint import CASH_WITHOUT_ACCEPTANCE, ON_SIGNATURES, WORSENING, Finding, company_settings, lint
from commission.plan import Plan, PlanError, read_plans, read_signatures
from connectors.company import BadCell, Company, CompanyErrors, Settings
from connectors.company.settings import read_settings
from delivery import Employee, doubtful_recipients
from pipelines.authority import decisions, objections


class WrittenWrongly(Exception):
    """Everything in the company folder that must be mended before a night can run, in the order of its files."""


@dataclass(frozen=True, slots=True)
class Written:
    """A company folder as far as it can be read."""

    folder: Path
    company: Company | None  # None: it has bad cells
    bad_cells: tuple[BadCell, ...]
    plans: tuple[Plan, ...]  # those that can be read
    plan_errors: tuple[PlanError, ...]  # of plans that cannot be read, or may not run
    findings: tuple[Finding, ...]  # what the lint says of plans that can be read, less what is an error already

    def must_be_sound(self) -> Company:
        """The company, or everything that stands against it at once."""
        if self.company is None or self.plan_errors:
            raise WrittenWrongly(self.mistakes())
        return self.company

    def mistakes(self) -> str:
        """Everything that stops a night, a line each; with the errors of the lint that could be told."""
        also = [one for one in self.findings if one.severity == "error"]
        count = len(self.bad_cells) + len(self.plan_errors)
        return "\n".join(
            [
                f"{'1 mistake' if count == 1 else f'{count} mistakes'} in company folder {self.folder}; nothing was loaded:",
                *(f"  {cell}" for cell in self.bad_cells),
                *(f"  {error}" for error in self.plan_errors),
                *(["what else the lint says of plans; this alone would stop nothing:"] if also else []),
                *(f"  {one}" for one in also),
            ]
        )

    def doubts(self, on: date) -> list[str]:
        """What stops no night and is wrong all the same: errors of the lint, decisions by the wrong people, idle recipients."""
        if self.company is None:
            return []
        return [
            *(str(one) for one in self.findings if one.severity == "error"),
            *(str(one) for one in objections(self.company, decisions(self.company, self.plans))),
            *(f"{where}: {says}" for where, says in self.doubtful_recipients(on)),
        ]

    def doubtful_recipients(self, on: date) -> list[tuple[str, str]]:
        """Lines of the distribution list that reach nobody or stop a send."""
        if self.company is None:
            return []
        departments = [one.id for one in self.company.settings.departments]
        return doubtful_recipients(self.folder, departments=departments, staff=staff_of(self.company, on), on=on)


def staff_of(company: Company, on: date) -> dict[str, Employee]:
    """Everybody whom a company knows on a day, with the address that reports go to."""
    return {no: Employee(no, one.name, one.email or "", one.is_employed(on)) for no, one in company.people(on).items()}


def read_written(folder: Path) -> Written:
    """A company folder with everything that is wrong in it; what one mistake makes unknowable is not called a mistake."""
    try:
        company, bad = Company.load(folder), ()
    except CompanyErrors as errors:
        company, bad = None, errors.errors
    settings = company.settings if company else read_settings(folder)[0]
    plans, plan_errors = read_plans(folder / "plans")
    under = [] if company is None else _assignments(company)
    papers = {name: wrong for name in _papers(folder, plans) if (wrong := read_signatures(folder / name)[1])}
    unsure = {plan.file for plan in plans if plan.accepted_by in papers}
    counts = {"time_zone": settings.time_zone, "currency": settings.currency} if settings else {}
    said = lint(plans, company_settings(plans, folder, under, supplied=_supplied(company), **counts))
    found = [one for one in said if not (one.file in unsure and one.rule in ON_SIGNATURES)]
    stops = _rules(settings)
    errors = [
        *(replace(one, file=name) for name, wrong in papers.items() for one in wrong),
        *(replace(one, file=f"plans/{one.file}") for one in plan_errors),
        *(PlanError(f"plans/{one.file}", one.line, one.message, one.cure) for one in found if one.rule in stops),
    ]
    return Written(
        folder=folder,
        company=company,
        bad_cells=bad,
        plans=tuple(plans),
        plan_errors=tuple(sorted(set(errors))),
        findings=tuple(replace(one, file=f"plans/{one.file}") for one in found if one.rule not in stops),
    )


def _rules(settings: Settings | None) -> frozenset[str]:
    """Of the lint's rules those that keep a plan from running at this company (C7)."""
    kept = settings.commission if settings else None
    rules = {CASH_WITHOUT_ACCEPTANCE: kept and kept.cash_needs_acceptance, WORSENING: kept and kept.worsening_needs_acceptance}
    return frozenset(rule for rule, is_kept in rules.items() if is_kept)


def _supplied(company: Company | None) -> set[str]:
    """Measures that only some companies can tell, of those that this one can; where its files cannot be read, all."""
    told = {
        "gross_margin": company is None or bool(company.rows["cost_table"]),
        "mrr": company is None or any(row["subscription_months"] for row in company.rows["products"]),
    }
    return {measure for measure, is_told in told.items() if is_told}


def _papers(folder: Path, plans: list[Plan]) -> list[str]:
    """The signature files that plans name, of those that are there."""
    return sorted({plan.accepted_by for plan in plans if plan.accepted_by is not None and (folder / plan.accepted_by).is_file()})


def _assignments(company: Company) -> list[Assignment]:
    return [
        Assignment(payee_no=row["employee_no"], plan_id=row["plan_id"], valid_from=row["valid_from"], valid_to=row["valid_to"])
        for row in company.rows["plan_assignments"]
    ]
