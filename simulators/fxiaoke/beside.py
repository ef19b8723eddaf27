"""What a row of Fxiaoke tells beside its fields: labels, names, the owner with phone and mail.

What to add here: another suffix (`__p`, `__o`, …) and what it shows.
What belongs elsewhere: the fields themselves (`query.py`), what is known of people (`people.py`) and of fields (`objects.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from simulators.control import Simulation
from simulators.fxiaoke.objects import Objects
from simulators.fxiaoke.people import People
from simulators.records import Row

PEOPLE_FIELDS = ("owner", "created_by", "last_modified_by")
Change = tuple[str, dict[bytes, Row], Callable[[bytes], Row]]  # a field, and what its values bring along


class Beside:
    """Decorates the rows of one object, for one style of ids, at one moment. What a value brings along is worked out once."""

    def __init__(self, simulation: Simulation, objects: Objects, people: People, name: str, *, with_fsuid: bool) -> None:
        self.simulation, self.people, self.with_fsuid = simulation, people, with_fsuid
        self.labels, self.references = objects.labels(name), objects.references(name)
        self._plans: dict[tuple[str, ...], list[Change]] = {}

    def decorate(self, row: Row, key: str) -> Row:
        """A row with everything beside its fields."""
        shape = tuple(row)
        plan = self._plans.get(shape)
        if plan is None:
            plan = self._plans[shape] = self._plan(shape)
        for field, known, make in plan:
            value = bytes(row[field])
            more = known.get(value)
            if more is None:
                more = known[value] = make(value)
            row.update(more)
        row.setdefault("extend_obj_data_id", b'"%b"' % key.encode())
        return row

    def _plan(self, shape: tuple[str, ...]) -> list[Change]:
        """The fields of a shape that bring something along; what a row has of itself stays."""
        taken = set(shape)
        plan: list[Change] = []
        for field in shape:
            if field in PEOPLE_FIELDS:
                plan.append((field, {}, lambda value, field=field: self._person(field, value, taken)))  # type: ignore[misc]
            elif field in self.references:
                plan.append((field, {}, lambda value, field=field: self._reference(field, value)))  # type: ignore[misc]
            elif field in self.labels and f"{field}__r" not in taken:
                known = {value: {f"{field}__r": label} for value, label in self.labels[field].items()}
                plan.append((field, known, lambda _value: {}))
        return plan

    def _person(self, field: str, value: bytes, taken: set[str]) -> Row:
        beside = self._owner(value) if field == "owner" else {}
        kept = {name: text for name, text in beside.items() if name not in taken}
        return {field: self.people.translated(value, with_fsuid=self.with_fsuid), **kept}

    def _reference(self, field: str, value: bytes) -> Row:
        if value[:1] != b'"' or value == b'""':
            return {}
        view = self.simulation.view("fxiaoke", self.references[field])
        version = view.find(value[1:-1].decode()) if view else None
        name = None if view is None or version is None else view.table.raw(version).get("name")
        return ({} if name is None else {f"{field}__r": name}) | {f"{field}__relation_ids": value}

    def _owner(self, value: bytes) -> Row:
        """What stands beside an owner, their department among it."""
        decoded, encode = msgspec.json.decode(value), msgspec.json.encode
        users = [str(user) for user in decoded] if isinstance(decoded, list) else []
        if not users:
            return {}
        shown = [self.people.shown(user) for user in users]
        row: Row = {"owner__r": encode(shown[0]), "owner__l": encode(shown)}
        department = shown[0]["dept"]
        if not department:
            return row
        name = self.people.department_name(department)
        short = {"deptId": department, "deptName": name}
        whole = short | {"parentId": "999999", "leaderUserId": shown[0]["supervisorId"], "status": 0}
        return row | {
            "owner_department": encode(name),
            "owner_department_id": encode(department),
            "data_own_department": encode([department]),
            "data_own_department__l": encode([short]),
            "data_own_department__r": encode(whole),
        }
