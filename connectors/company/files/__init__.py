"""The files a company keeps for us: their columns, what a cell may hold, what a row must agree with.

What to add here: a module for a new owner, its files joined to `FILES`; a file goes to its owner's module, a column to its file.
What belongs elsewhere: how CSV and XLSX are read (`cells.py`), `company.yaml` (`settings.py`), plans (`commission/plan`).
"""

from connectors.catalogue import CrmObject
from connectors.company.files import (
    authority,
    commission,
    customers,
    finance,
    market,
    people,
    pipeline,
    sales,
    spending,
    vocabulary,
    workforce,
)
from connectors.company.files.columns import Column, CompanyFile, Known, Misfit, Mistake, Row, Value, expected_reference
from connectors.company.files.commission import ACCEPTANCES, ACCEPTANCES_KEY, PLAN_TERMS, PLAN_TERMS_KEY

FILES: tuple[CompanyFile, ...] = (
    *people.FILES, *sales.FILES, *finance.FILES, *commission.FILES, *workforce.FILES, *spending.FILES, *market.FILES,
    *customers.FILES, *pipeline.FILES, *vocabulary.FILES, *authority.FILES,
)
OBJECTS: tuple[CrmObject, ...] = (*(file.object for file in FILES), PLAN_TERMS, ACCEPTANCES)

__all__ = [
    "ACCEPTANCES", "ACCEPTANCES_KEY", "FILES", "OBJECTS", "PLAN_TERMS", "PLAN_TERMS_KEY",
    "Column", "CompanyFile", "Known", "Misfit", "Mistake", "Row", "Value", "expected_reference",
]
