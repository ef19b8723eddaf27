"""The company's own files: what people decide and what finance keeps, read, checked and handed to the lake like a third CRM.

What to add here: a file or a column is data in `files`; a setting goes to `settings.py`.
What belongs elsewhere: what the numbers mean (dbt staging), plans (`commission/plan.py`), recipients (`delivery/`).
"""

from connectors.company.cells import BadCell, CompanyErrors
from connectors.company.connection import CompanyConnection
from connectors.company.files import FILES, OBJECTS, CompanyFile
from connectors.company.folder import Company, Person
from connectors.company.settings import CrmSettings, Department, Settings
from connectors.company.templates import preset_names, write_templates

__all__ = [
    "FILES", "OBJECTS", "BadCell", "Company", "CompanyConnection", "CompanyErrors", "CompanyFile", "CrmSettings", "Department",
    "Person", "Settings", "preset_names", "write_templates",
]
