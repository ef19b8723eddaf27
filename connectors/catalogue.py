"""What a CRM keeps, named our way and theirs: objects, their key, their change cursor and their typed fields.

What to add here: nothing per CRM; this file only says what a catalogue entry is.
What belongs elsewhere: the entries (`OBJECTS` of `zoho`, `fxiaoke`, `company`), values (`Dialect.cast`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import pyarrow as pa

CUSTOM_OBJECTS = "custom_objects"  # the asset of all objects that only one company has; so no object's name


class FieldType(StrEnum):
    """How a value is kept in the raw table. Money and numbers are decimals: no float ever touches an amount."""

    TEXT = "text"
    ID = "id"  # an id of this or another object, always a string
    MONEY = "money"  # DECIMAL(18,4): the finest a source we know keeps
    NUMBER = "number"  # DECIMAL(18,6)
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"  # local business date of the CRM's organisation
    TIMESTAMP = "timestamp"  # UTC, without a zone, microseconds
    JSON = "json"  # a list or an object, kept as JSON text


ARROW_TYPES: dict[FieldType, pa.DataType] = {
    FieldType.TEXT: pa.string(),
    FieldType.ID: pa.string(),
    FieldType.MONEY: pa.decimal128(18, 4),
    FieldType.NUMBER: pa.decimal128(18, 6),
    FieldType.INTEGER: pa.int64(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.DATE: pa.date32(),
    FieldType.TIMESTAMP: pa.timestamp("us"),
    FieldType.JSON: pa.string(),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a CRM object: `name` in our raw table, `api_name` as the CRM writes it."""

    name: str
    api_name: str
    type: FieldType = FieldType.TEXT
    personal: bool = False  # phones, mails, GPS: kept out of the lake unless the company asks for it


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmObject:
    """One kind of record, named our way and theirs. A row of a catalogue is an asset, a raw table and a suite."""

    name: str  # raw table, asset, fixture file
    api_name: str
    key: str
    cursor: str | None = None  # the field that orders changes; None: pulled whole every time
    fields: tuple[Field, ...] = ()
    description: str = ""
    people: bool = False  # its records are our own staff: what the catalogue does not list stays out of the lake
    is_custom: bool = False  # only this company has it: fields that nobody typed take their column from what the CRM says of them

    def with_fields(self, *more: Field) -> CrmObject:
        """The same object with a company's own (custom) fields; a name that is already there is replaced."""
        names = {field.name for field in more}
        return replace(self, fields=(*(f for f in self.fields if f.name not in names), *more))

    @property
    def owners(self) -> tuple[str, ...]:
        """In the CRM's words, what a merge of two accounts changes in their children, perhaps without a new moment."""
        return tuple(field.api_name for field in self.fields if field.name == "account_id" and field.type is FieldType.ID)

    @property
    def raw_schema(self) -> pa.Schema:
        """Columns of `raw_<crm>.<name>`: the version's own columns, the typed fields, then what is left as JSON.

        With them, as metadata, what each is read from and as what: two catalogues may have the same columns and mean others.
        """
        read = [f"{self.key} {self.cursor or ''}", *(f"{field.name} {field.type} {field.api_name}" for field in self.fields)]
        return pa.schema(
            [
                ("key", pa.string()),
                ("modified_at", pa.timestamp("us")),
                ("pulled_at", pa.timestamp("us")),
                ("run_id", pa.string()),
                ("record_hash", pa.string()),
                ("is_deleted", pa.bool_()),
                *((field.name, ARROW_TYPES[field.type]) for field in self.fields),
                ("extra", pa.string()),
                ("errors", pa.string()),
            ],
            metadata={"catalogue": "\n".join(read)},
        )
