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
    r"(?i)(mobile|phone|e_?mail|weixin|wechat|whatsapp|skype|birth|passport|id_?card|latitude|longitude|coordinates|gender)"
    r"|(^|_)(tel|fax|qq|sex|dob|gps|location)(_|\d|$)"
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
        verdicts = self._verdicts
        clean = {}
        for key, value in record.items():
            if not (verdicts[key] if key in verdicts else self.allows(key)):
                withheld.add(key)
            elif isinstance(value, dict | list) and key not in self._wanted:
                clean[key] = nested(value)
            else:
                clean[key] = value
        return clean


def nested(value: Any) -> Any:
    """A nested value without personal keys."""
    if isinstance(value, dict):
        return {key: nested(inner) for key, inner in value.items() if not PERSONAL_KEY.search(key)}
    if isinstance(value, list):
        return [nested(inner) for inner in value]
    return value
