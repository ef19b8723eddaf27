"""What a CRM's description makes of a custom object, and that it is asked for once a night.

What to add here: a thing that follows from a description.
What belongs elsewhere: a custom object through the nightly job (`tests/pipelines/test_objects.py`).
"""

from __future__ import annotations

from connectors import fxiaoke, zoho
from connectors.catalogue import Field, FieldType
from connectors.metadata import Told, discovered
from connectors.zoho.types import PERSONAL, TYPES

T = FieldType


def test_fields_get_columns_typed_as_described_and_the_companys_own_names_stay() -> None:
    own = Field("budget", "Budget_CNY", T.MONEY)
    listed = {
        "id": "bigint", "Modified_Time": "datetime", "Budget_CNY": "currency", "Go_Live": "date", "Account": "lookup",
        "Key": "text", "Rate": "double", "Tags": "multiselectpicklist", "Mail": "email", "Site_Phone": "text",
        "2nd Stage": "picklist", "项目": "text",
    }
    obj = discovered(zoho.custom_object("projects", "Projects", [own]), listed, TYPES, PERSONAL)
    assert {(field.name, field.api_name, field.type, field.personal) for field in obj.fields} == {
        ("owner_id", "Owner", T.ID, False), ("created_at", "Created_Time", T.TIMESTAMP, False),
        ("budget", "Budget_CNY", T.MONEY, False), ("go_live", "Go_Live", T.DATE, False), ("account_id", "Account", T.ID, False),
        ("key_", "Key", T.TEXT, False), ("rate", "Rate", T.NUMBER, False), ("tags", "Tags", T.JSON, False),
        ("mail", "Mail", T.TEXT, True), ("site_phone", "Site_Phone", T.TEXT, True),
        ("field_2nd_stage", "2nd Stage", T.TEXT, False), ("field", "项目", T.TEXT, False),
    }
    assert len(set(obj.raw_schema.names)) == len(obj.raw_schema.names)


def test_an_object_without_a_time_of_change_is_read_whole() -> None:
    made = [package.custom_object("x", "X__c", (), is_read_whole=whole) for package in (zoho, fxiaoke) for whole in (True, False)]
    assert [(obj.key, obj.cursor, obj.is_custom) for obj in made] == [
        ("id", None, True), ("id", "Modified_Time", True), ("_id", None, True), ("_id", "last_modified_time", True),
    ]


def test_each_listener_hears_an_answer_once_and_all_hear_the_same() -> None:
    asked: list[tuple[str, str]] = []

    def ask(about: str, listener: str) -> int:
        asked.append((about, listener))
        return len(asked)

    told = Told(ask)
    heard = [told.of("Deals", "records"), told.of("Deals", "fields"), told.of("Leads", "fields"), told.of("Deals", "records")]
    assert (heard, asked) == ([1, 1, 2, 3], [("Deals", "records"), ("Leads", "fields"), ("Deals", "records")])
