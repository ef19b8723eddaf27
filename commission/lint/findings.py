"""A finding, and what the lint is told besides the plans.

Add a threshold to Settings, never a constant to a rule.
The rules themselves are `tables`, `terms` and `people`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from commission.engine.facts import Assignment
from commission.plan import Component, Plan
from commission.plan.loading import Signature


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing a plan should not say."""

    file: str
    line: int
    rule: str
    severity: str
    message: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity} {self.rule}: {self.message}. Cure: {self.cure}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is measured against: thresholds, measures the company can supply, who is under which plan, who signed,
    in which zone and currency the company counts."""

    cliff_share: Decimal = Decimal("0.10")
    measures: frozenset[str] = frozenset({"amount_ex_tax", "amount_incl_tax", "quantity", "count"})
    assignments: Sequence[Assignment] = ()
    signatures: Mapping[str, Sequence[Signature]] = field(default_factory=dict)
    company_folder: Path | None = None
    time_zone: str | None = None
    currency: str | None = None


def has_errors(findings: Iterable[Finding]) -> bool:
    """True when some finding stops a plan."""
    return any(finding.severity == "error" for finding in findings)


def finding(plan: Plan, path: Sequence[str | int], rule: str, message: str, cure: str, severity: str = "error") -> Finding:
    """A finding at that place of the plan's file."""
    return Finding(plan.file, plan.line(*path), rule, severity, message, cure)


def acknowledged(component: Component, rule: str) -> bool:
    """True when the plan itself says, with a reason, that it means this."""
    return bool(component.acknowledge.get(rule, "").strip())
