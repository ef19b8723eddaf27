"""Documents that cannot lie: what the administrator's pages list is what is read, and what they ask for is what doctor asks.

What to add here: a list that a page repeats from the code.
What belongs elsewhere: commands and settings of the README (`test_architecture.py`).
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import make_url

from connectors import fxiaoke, zoho
from connectors.catalogue import CrmObject
from connectors.zoho.doctor import SCOPES
from pipelines.tables_page import tables_page

DOCS = Path(__file__).parent.parent / "docs"


@pytest.mark.parametrize(("crm", "objects"), [("zoho", zoho.OBJECTS), ("fxiaoke", fxiaoke.OBJECTS)])
def test_the_page_lists_every_object_with_what_is_kept_out(crm: str, objects: tuple[CrmObject, ...]) -> None:
    text = (DOCS / f"{crm}.md").read_text(encoding="utf-8")
    section = text.split("## What is read, every night\n", 1)[1].split("\n\n", 1)[0]
    listed = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in section.splitlines()[2:]]
    assert listed == [
        (f"`{obj.name}`", f"`{obj.api_name}`", ", ".join(f"`{field.name}`" for field in obj.fields if field.personal))
        for obj in objects
    ]


def test_the_page_asks_for_the_scopes_that_doctor_looks_for() -> None:
    asked = set(re.findall(r"\| `(Zoho\w+\.[\w.]+\.READ|ZohoCRM\.\w+\.READ)`", (DOCS / "zoho.md").read_text(encoding="utf-8")))
    assert asked == {*SCOPES, "ZohoCRM.modules.READ"}


def test_the_page_of_tables_is_what_the_models_say() -> None:
    manifest = json.loads((DOCS.parent / "dbt_project" / "target" / "manifest.json").read_text(encoding="utf-8"))
    page = (DOCS / "tables.md").read_text(encoding="utf-8")
    assert page == tables_page(manifest), "run quarterdeck tables --out docs/tables.md"


def test_the_driver_of_the_postgres_address_is_the_one_that_dagster_postgres_brings() -> None:
    (address,) = re.findall(r"DAGSTER_POSTGRES_URL=(\S+?)`", (DOCS / "production.md").read_text(encoding="utf-8"))
    assert make_url(address).get_driver_name() == "psycopg2"
