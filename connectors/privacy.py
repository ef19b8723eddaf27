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


class Privacy:
    """Takes personal data out of one object's records, and says which keys it took."""

    def __init__(self, obj: CrmObject, wanted: Iterable[str]) -> None:
        """`wanted` are the personal fields this company keeps, as `object.field`; the field in our name or in the CRM's."""
        self._wanted = {name.split(".", 1)[1] for name in wanted if name.startswith(f"{obj.name}.")}
        self._wanted |= {f.api_name for f in obj.fields if f.name in self._wanted}
        self._barred = {f.api_name for f in obj.fields if f.personal}
        self._known = {f.api_name for f in obj.fields} | {obj.key, obj.cursor or obj.key}
        self._people = obj.people
        self._verdicts: dict[str, bool] = {}

    def allows(self, key: str) -> bool:
        """Whether a value under this key may enter the lake."""
        if key not in self._verdicts:
            self._verdicts[key] = self._judged(key)
        return self._verdicts[key]

    def _judged(self, key: str) -> bool:
        if key in self._wanted:
            return True
        if key in self._barred:
            return False
        return key in self._known or not (self._people or PERSONAL_KEY.search(key))

    def cleaned(self, record: dict[str, Any], withheld: set[str]) -> dict[str, Any]:
        """The record without personal keys, at any depth; the names of the taken keys join `withheld`."""
        verdicts, wanted = self._verdicts, self._wanted
        clean = {}
        for key, value in record.items():
            if not (verdicts[key] if key in verdicts else self.allows(key)):
                withheld.add(key)
            elif type(value) is dict or type(value) is list:
                clean[key] = value if key in wanted else nested(value)
            else:
                clean[key] = value
        return clean


_is_personal: dict[str, bool] = {}  # verdicts on nested keys: the same few again and again


def nested(value: Any) -> Any:
    """A nested value without personal keys."""
    if type(value) is dict:
        return {
            key: inner if type(inner) is str else nested(inner)
            for key, inner in value.items()
            if not (_is_personal[key] if key in _is_personal else _judged(key))
        }
    if type(value) is list:
        return [nested(inner) for inner in value]
    return value


def _judged(key: str) -> bool:
    """Whether a nested key names something personal; remembered."""
    return _is_personal.setdefault(key, PERSONAL_KEY.search(key) is not None)
