"""Which modules this Zoho has and which fields each has: the folder's own metadata, or what its records show.

What to add here: a way to tell a type from values.
What belongs elsewhere: standard names and types (`standard.py`), the calls that show them (`metadata.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import msgspec

from simulators.control import Simulation
from simulators.records import Row, Table
from simulators.zoho.standard import COMMON, LINES, LOOKUPS, MONEY, OWNERS, PICKLISTS, STANDARD, SUBFORMS, TYPES_BY_NAME, TYPES_IN

DATETIME = re.compile(rb'^"\d{4}-\d\d-\d\dT')
DATE = re.compile(rb'^"\d{4}-\d\d-\d\d"$')
SAMPLE = 5_000
BEST_CASE_FROM, COMMITTED_FROM = 50, 70  # probability from which an organisation forecasts a deal so
JSON_TYPES = {
    "integer": "integer",
    "double": "double",
    "currency": "double",
    "percent": "double",
    "boolean": "boolean",
    "lookup": "jsonobject",
    "ownerlookup": "jsonobject",
    "multiselectpicklist": "jsonarray",
    "subform": "jsonarray",
    "linetax": "jsonarray",
    "jsonarray": "jsonarray",
    "ALARM": "jsonobject",
    "RRULE": "jsonobject",
}


class Modules:
    """What is known of the modules; asked for by name, worked out once per folder and schema."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._fields: dict[Any, dict[str, dict[str, Any]]] = {}
        self._given = simulation.records.document("zoho", "_fields.json") or {}

    def names(self) -> list[str]:
        """Every module there is: the standard ones, and those the folder has records of."""
        standard = [*STANDARD, *SUBFORMS.values()]
        more = {*self.simulation.records.names("zoho"), *self._given} - {*standard, "Users"}
        return [name for name in (*standard, *sorted(more)) if name not in self.simulation.options.zoho.lacks]

    def kind(self, name: str) -> str:
        """`generated_type` of a module."""
        if name in SUBFORMS.values():
            return "subform"
        return "default" if name in STANDARD else "custom"

    def subforms(self, name: str) -> list[str]:
        """Fields of a module that are subforms."""
        return [field["api_name"] for field in self.fields(name).values() if field["data_type"] == "subform"]

    def fields(self, name: str) -> dict[str, dict[str, Any]]:
        """Field metadata of a module by api name, from `_fields.json` or from the records; empty for one without fields."""
        if name in self.simulation.options.zoho.modules_without_fields:
            return {}
        table = self.simulation.records.table("zoho", name)
        key = (name, table and self.simulation.kind("zoho", table))
        if key not in self._fields:
            self._fields[key] = self._worked_out(name, table)
        return self._fields[key]

    def _worked_out(self, name: str, table: Table | None) -> dict[str, dict[str, Any]]:
        samples = self._samples(table)
        standard = f"{COMMON} {STANDARD.get(name, '')}" if name not in SUBFORMS.values() else f"id {LINES}"
        names = [*standard.split(), *SUBFORMS.get(name, "").split()]
        names += [seen for row in samples for seen in row]
        given = {field["api_name"]: field for field in self._given.get(name, [])}
        change = self.simulation.schema.get(("zoho", name))
        dropped = {*change.drop, *change.rename} if change else set()
        found: dict[str, dict[str, Any]] = {}
        for field in dict.fromkeys([*given, *names]):
            if field not in dropped:
                found[field] = _described(name, field, samples) | given.get(field, {})
            if change and field in change.as_text and field in found:
                found[field] |= {"data_type": "text", "json_type": "string"}
        return found

    def _samples(self, table: Table | None) -> list[Row]:
        """Raw rows from all over a table, the newest among them."""
        if table is None or not len(table):
            return []
        step = max(1, len(table) // SAMPLE)
        return [self.simulation.raw("zoho", table, v) for v in dict.fromkeys([*range(0, len(table), step), len(table) - 1])]


def _described(module: str, name: str, samples: list[Row]) -> dict[str, Any]:
    """Metadata of one field as far as its name and its values tell it."""
    values = [bytes(row[name]) for row in samples if name in row and bytes(row[name]) != b"null"]
    data_type = _type(module, name, values)
    standard = name in f"{COMMON} {STANDARD.get(module, '')} {LINES}".split()
    field: dict[str, Any] = {
        "id": f"4150868{sum(name.encode()) % 1000:03d}{len(name):03d}000001",
        "api_name": name,
        "field_label": name.replace("_", " "),
        "data_type": data_type,
        "json_type": JSON_TYPES.get(data_type, "string"),
        "length": 255,
        "decimal_place": None,
        "custom_field": not standard,
        "visible": True,
        "read_only": name in {"id", "Created_Time", "Modified_Time"},
        "virtual_field": False,
        "system_mandatory": name in {"Deal_Name", "Stage", "Last_Name", "Account_Name", "Subject"},
        "view_type": {"view": True, "edit": True, "create": True, "quick_create": False},
        "pick_list_values": [],
        "lookup": {},
        "associated_module": None,
        "multiselectlookup": {},
        "formula": {},
        "rollup_summary": {},
        "currency": {},
        "created_source": "default",
    }
    if data_type == "currency":
        field |= {"decimal_place": 2, "currency": {"rounding_option": "normal", "precision": 2}}
    elif data_type == "lookup":
        field["lookup"] = {
            "module": {"api_name": LOOKUPS.get(name, "Accounts"), "id": "4150868000000002175"},
            "display_label": name,
        }
    elif data_type == "subform":
        field["associated_module"] = {"module": name, "id": "4150868000000002199"}
    elif data_type in {"picklist", "multiselectpicklist"}:
        field["pick_list_values"] = _choices(module, name, values, samples)
    return field


def _type(module: str, name: str, values: list[bytes]) -> str:
    """The type of a field: where its name alone settles it, where its values are lists or objects, and by name or values else."""
    if name == "id":
        return "bigint"
    if name in OWNERS:
        return "ownerlookup"
    if (module, name) in TYPES_IN:
        return TYPES_IN[module, name]
    if name in SUBFORMS.values():
        return "subform"
    if values and values[0][:1] in (b"[", b"{"):
        return _type_of_parts(name, values[0])
    if not values and name in LOOKUPS and f"{module[:-1]}_Name" != name:
        return "lookup"
    if name in PICKLISTS or name in MONEY:
        return "picklist" if name in PICKLISTS else "currency"
    return TYPES_BY_NAME.get(name) or _type_of_values(name, values)


def _type_of_parts(name: str, value: bytes) -> str:
    """The type of a field whose values are lists or objects."""
    if value[:1] == b"{":
        return "lookup"
    if name in TYPES_BY_NAME:
        return TYPES_BY_NAME[name]
    return "subform" if value[:2] == b"[{" else "multiselectpicklist"


def _type_of_values(name: str, values: list[bytes]) -> str:
    if values and all(value in {b"true", b"false"} for value in values):
        return "boolean"
    if values and all(value[:1] in b"-0123456789" for value in values):
        return "integer" if all(value.lstrip(b"-").isdigit() for value in values) else "double"
    if values and all(DATETIME.match(value) for value in values):
        return "datetime"
    if values and all(DATE.match(value) for value in values):
        return "date"
    if not values and name.endswith(("_Time", "_DateTime", "_Time__s")):
        return "datetime"
    return "date" if not values and name.endswith("_Date") else "text"


def _choices(module: str, name: str, values: list[bytes], samples: list[Row]) -> list[dict[str, Any]]:
    """The values of a picklist as the records use them; a deal's stages say which of them win."""
    texts: list[str] = []
    for value in dict.fromkeys(values):
        decoded = msgspec.json.decode(value)
        listed = decoded if isinstance(decoded, list) else [decoded]
        texts += [one.get("value") if isinstance(one, dict) else one for one in listed]
    chosen = [str(text) for text in dict.fromkeys(texts)]
    rows: list[dict[str, Any]] = [
        {
            "display_value": text,
            "actual_value": text,
            "reference_value": text,
            "sequence_number": place + 1,
            "type": "used",
            "id": f"4150868000000{place:06d}",
        }
        for place, text in enumerate(chosen)
    ]
    if (module, name) == ("Deals", "Stage"):
        for row in rows:
            row |= _outcome(str(row["actual_value"]), samples)
        rows.sort(key=lambda row: (("Open", "Closed Won", "Closed Lost").index(row["forecast_type"]), row["probability"]))
        for place, row in enumerate(rows, start=1):
            row["sequence_number"] = place
    return rows


def _outcome(stage: str, samples: list[Row]) -> dict[str, Any]:
    """Whether a stage is open, won or lost, its usual probability, and how it is forecast."""
    quoted = msgspec.json.encode(stage)
    usual = Counter(
        bytes(row["Probability"]) for row in samples if "Probability" in row and bytes(row.get("Stage", b"")) == quoted
    )
    probability = int(float(usual.most_common(1)[0][0])) if usual and usual.most_common(1)[0][0] != b"null" else 0
    lower = stage.lower()
    outcome = "Closed Won" if "won" in lower else "Closed Lost" if "lost" in lower else "Open"
    likely = "Committed" if probability >= COMMITTED_FROM else "Best Case" if probability >= BEST_CASE_FROM else "Pipeline"
    category = {"Closed Won": "Closed", "Closed Lost": "Omitted", "Open": likely}[outcome]
    return {
        "deal_category": outcome,
        "forecast_type": outcome,
        "probability": probability,
        "forecast_category": {"name": category, "id": "4150868000000006001"},
    }
