"""What of a record may enter the lake: no phone, mail, position or staff card that the company did not ask for.

What to add here: a key or a shape in which CRMs carry personal data.
What belongs elsewhere: which known fields are personal (`Field.personal` in `OBJECTS`), which the company wants (settings).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from connectors.catalogue import CrmObject

# Keys that the catalogue does not know are judged by their name: better a gap that the manifest names than a phone number.
PERSONAL_KEY = re.compile(
    r"(?i)(mobile|phone|e_?mail|weixin|wechat|whatsapp|skype|birth|passport|id_?card|latitude|longitude|coordinates|gender|participant)"
    r"|(^|_)(first|last|full|nick)_?name$|(^|_)(tel|fax|qq|sex|dob|gps|location)(_|\d|$)"
)

PLAIN = frozenset({str, int, float, bool, type(None)})  # values with nothing inside
SHAPES = 10_000  # shapes of records that are remembered


class Privacy:
    """Takes personal data out of one object's records, and says which keys it took."""

    def __init__(
        self, obj: CrmObject, wanted: Iterable[str], cards: frozenset[str] | None = None, typed: Iterable[str] = ()
    ) -> None:
        """`wanted` are the personal fields this company keeps, as `object.field`; the field in our name or in the CRM's.

        `cards` are the keys under which people stand with name and mail, of whom only the id is kept; None where none do.
        `typed` are the fields that the CRM itself says hold phones, mails or places, whatever their names.
        """
        self._cards = cards
        self._wanted = {name.split(".", 1)[1] for name in wanted if name.startswith(f"{obj.name}.")}
        self._wanted |= {f.api_name for f in obj.fields if f.name in self._wanted}
        self._barred = {f.api_name for f in obj.fields if f.personal}
        self._known = {f.api_name for f in obj.fields} | {obj.key, obj.cursor or obj.key}
        self._people = obj.people
        self._typed = frozenset(typed)
        self._verdicts: dict[str, bool] = {}
        # By a record's keys, of which an object has few sets: which are taken out, and which have held more than a plain value.
        self._plans: dict[tuple[str, ...], tuple[tuple[str, ...], list[str]]] = {}

    def allows(self, key: str) -> bool:
        """Whether a value under this key may enter the lake."""
        if key not in self._verdicts:
            self._verdicts[key] = self._judged(key)
        return self._verdicts[key]

    def is_wanted(self, key: str) -> bool:
        """Whether the company asked for all that stands under this key, personal or not."""
        return key in self._wanted

    def _judged(self, key: str) -> bool:
        if key in self._wanted:
            return True
        if key in self._barred:
            return False
        return key in self._known or not (self._people or key in self._typed or PERSONAL_KEY.search(key))

    def cleaned(self, record: dict[str, Any], withheld: set[str]) -> dict[str, Any]:
        """The record, now without personal keys at any depth; the names of the taken keys join `withheld`."""
        shape = tuple(record)
        plan = self._plans.get(shape)
        if plan is None:
            if len(self._plans) > SHAPES:
                self._plans.clear()
            plan = self._plans[shape] = tuple(key for key in shape if not self.allows(key)), []
        taken, deep = plan
        if taken:
            for key in taken:
                del record[key]
            withheld.update(taken)
        kinds = list(map(type, record.values()))
        left = kinds.count(dict) + kinds.count(list)
        for key in deep:
            if self._clean_value(record, key):
                left -= 1
        if left:  # a value of more than one piece under a key that had none so far
            for key in record:
                if key not in deep and self._clean_value(record, key):
                    deep.append(key)
        return record

    def _clean_value(self, record: dict[str, Any], key: str) -> bool:
        """Whether the value under a key is one of more than one piece; now without what is personal in it."""
        value = record[key]
        kind = type(value)
        if kind is dict:
            if self._cards is not None and (key in self._cards or "email" in value) and "id" in value:
                record[key] = {"id": value["id"]}
            elif key not in self._wanted:
                record[key] = nested(value)
            return True
        if kind is list:
            if not PLAIN.issuperset(map(type, value)) and key not in self._wanted:
                record[key] = nested(value)
            return True
        return False


_taken_of: dict[tuple[str, ...], tuple[str, ...]] = {}  # personal keys of nested objects, by all their keys


def nested(value: Any) -> Any:
    """A nested value without personal keys."""
    if type(value) is dict:
        shape = tuple(value)
        taken = _taken_of.get(shape)
        if taken is None:
            if len(_taken_of) > SHAPES:
                _taken_of.clear()
            taken = _taken_of[shape] = tuple(key for key in shape if PERSONAL_KEY.search(key))
        for key in taken:
            del value[key]
        for key, inner in value.items():
            if type(inner) is dict or type(inner) is list:
                value[key] = nested(inner)
        return value
    if type(value) is list:
        return [nested(inner) if type(inner) is dict or type(inner) is list else inner for inner in value]
    return value
