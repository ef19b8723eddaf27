"""What a valid plan should not say: every finding with file, line, rule and cure, before anybody is paid by it.

Add a rule as a function that yields findings, to the list of its file; errors stop a plan, warnings are read by a person.
Whether a file is a plan at all is `commission.plan`; acknowledging a warning is done in the plan, with its reason.
"""

from commission.lint.findings import Finding, Settings, has_errors
from commission.lint.people import ON_SIGNATURES
from commission.lint.run import company_settings, lint
from commission.lint.terms import CASH_WITHOUT_ACCEPTANCE
from commission.lint.worsening import WORSENING

__all__ = [
    "CASH_WITHOUT_ACCEPTANCE",
    "ON_SIGNATURES",
    "WORSENING",
    "Finding",
    "Settings",
    "company_settings",
    "has_errors",
    "lint",
]
