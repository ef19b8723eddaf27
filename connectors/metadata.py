"""What a CRM says about its own objects: asked once a night and used by all who want it; and what that makes of a custom object.

What to add here: what follows from a description whichever CRM gave it.
What belongs elsewhere: asking (`zoho`, `fxiaoke`), which of a CRM's types is which of ours (beside its dialect).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from connectors.catalogue import CrmObject, Field, FieldType
from connectors.privacy import PERSONAL_KEY

T = TypeVar("T")

OURS = frozenset({"key", "modified_at", "pulled_at", "run_id", "record_hash", "is_deleted", "extra", "errors"})


@dataclass(slots=True)
class _Kept(Generic[T]):
    """What was answered about one thing, and who has heard it."""

    answer: T
    heard_by: set[str] = field(default_factory=set)


class Told(Generic[T]):
    """Answers that several ask for in one night: each listener hears an answer once, and whoever asks again asks the CRM."""

    def __init__(self, ask: Callable[[str, str], T]) -> None:
        """`ask` is told what about, and for whom."""
        self._ask = ask
        self._kept: dict[str, _Kept[T]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def of(self, about: str, listener: str) -> T:
        """What the CRM says about this, tonight."""
        with self._lock:
            lock = self._locks.setdefault(about, threading.Lock())
        with lock:
            kept = self._kept.get(about)
            if kept is None or listener in kept.heard_by:
                kept = self._kept[about] = _Kept(self._ask(about, listener))
            kept.heard_by.add(listener)
            return kept.answer


def discovered(obj: CrmObject, listed: Mapping[str, str], types: Mapping[str, FieldType], personal: frozenset[str]) -> CrmObject:
    """A custom object with a column for each field that the CRM lists; fields that the company named and typed stay as they are.

    `types` are our types by the CRM's (TEXT where it names none), `personal` the CRM's types that hold phones, mails or places;
    a field whose name says so is personal too.
    """
    declared = {one.api_name for one in obj.fields} | {obj.key, obj.cursor or obj.key}
    taken = {one.name for one in obj.fields} | OURS
    found = []
    for api_name, kind in sorted(listed.items()):
        if api_name in declared:
            continue
        ours = types.get(kind, FieldType.TEXT)
        name = column_name(api_name, ours, taken)
        taken.add(name)
        found.append(Field(name, api_name, ours, personal=kind in personal or PERSONAL_KEY.search(api_name) is not None))
    return replace(obj, fields=(*obj.fields, *found))


def column_name(api_name: str, kind: FieldType, taken: set[str]) -> str:
    """A column's name from the CRM's: lower case, ids called so, and unlike any that is taken."""
    name = re.sub(r"[^0-9a-z]+", "_", api_name.lower()).strip("_") or "field"
    if name[0].isdigit():
        name = f"field_{name}"
    if kind is FieldType.ID and not name.endswith("_id"):
        name = f"{name}_id"
    while name in taken:
        name = f"{name}_"
    return name
