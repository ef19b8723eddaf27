"""What a source of records is, and what it hands on: windows, pages, looks at what exists, deletions, findings.

What to add here: another thing that a source may be able to do, as a protocol of its own.
What belongs elsewhere: sources (`zoho`, `fxiaoke`, `company`), where what they hand on lands (`connectors/lake`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from connectors.catalogue import CrmObject, Field
from connectors.texts import Texts

Record = dict[str, Any]  # as the CRM wrote it: numbers with a point are Decimals, the rest as JSON has it


@dataclass(frozen=True, slots=True)
class Window:
    """The changes a pull is about: from `start` (None: from the beginning) up to, not including, `end`. Aware, UTC."""

    start: datetime | None
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether a change at `moment` belongs to this window."""
        return (self.start is None or moment >= self.start) and moment < self.end


@dataclass(frozen=True, slots=True)
class Page:
    """Records of one answer, without personal data that the company did not ask for."""

    records: Sequence[Record] | Texts
    withheld: frozenset[str] = frozenset()  # names of the keys that were kept out
    missing: frozenset[str] = frozenset()  # fields of the catalogue that the CRM does not have (any more)
    held_back: int = 0  # records that changed at or after the window's end: the next pull brings them
    fields: Mapping[str, str] | None = None  # the fields that the CRM says the object has now, with its own names for their types
    reached: datetime | None = None  # with this page, every change of the window before this moment has come, and is proved
    note: str = ""  # should the pull break off after this page, this is told to the one that goes on with it


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a pull may keep files until it is complete, and what the pages noted that an earlier try of it brought."""

    folder: Path
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """Some of the records that exist, as a look at all of them shows them."""

    keys: Sequence[str]
    moments: Sequence[datetime | None]  # when each last changed
    states: Mapping[str, Sequence[object]] = field(default_factory=dict)  # by field: what may change without a new moment


@dataclass(frozen=True, slots=True)
class Deletion:
    """A record that the CRM says is gone."""

    key: str
    deleted_at: datetime | None
    kind: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What `quarterdeck doctor` says about one thing of a connection, in plain words."""

    subject: str
    is_good: bool
    says: str
    cure: str = ""


class Connection(Protocol):
    """One source of records, ready to be pulled: a CRM, or the company folder."""

    source: str
    objects: tuple[CrmObject, ...]
    overlap: timedelta  # how far before the last watermark a pull reads again
    settle: timedelta  # how long before `known_at` a pull ends, for changes the source shows late
    vanishing_limit: float | None  # share of a whole object that may vanish in one pull and be believed; None: all of it

    def pull(self, obj: CrmObject, window: Window) -> Iterator[Page]:
        """Every record of `obj` changed inside `window`, page by page."""

    def deleted(self, obj: CrmObject, since: datetime | None) -> Iterator[Deletion]:
        """Every record of `obj` that the source lists as deleted since then."""

    def cast(self, field: Field, value: object) -> object:
        """`value` in the type of `field`; ValueError when it will not parse."""

    def check(self) -> list[Finding]:
        """What is right and what is wrong with this connection."""


@runtime_checkable
class Sweepable(Protocol):
    """A source whose deletions are found by looking at every id."""

    def sweep_after(self, obj: CrmObject) -> timedelta | None:
        """How long after the last look at every id of `obj` it is due again; None: never, deletions are told otherwise."""

    def sweep(self, obj: CrmObject) -> Iterator[Sight]:
        """All records of `obj` that exist now."""

    def again(self, obj: CrmObject, keys: Sequence[str]) -> Iterator[Page]:
        """The records with these keys as they are now; what is gone brings none."""


@runtime_checkable
class Discovering(Protocol):
    """A source that describes its objects, so that a custom one can be typed."""

    def discovered(self, obj: CrmObject, before: Mapping[str, str]) -> CrmObject:
        """`obj` with a column for each field that it has now, or had `before` (the source's types by its names)."""


@runtime_checkable
class Resumable(Protocol):
    """A source whose long pulls may go on where they broke off."""

    def reading(self, obj: CrmObject) -> str:
        """What is read of `obj` and how, in one line; a pull only goes on from one that read the same."""


@runtime_checkable
class Keeping(Protocol):
    """A source that keeps files during a long pull, to go on with them should it break off."""

    def pull_keeping(self, obj: CrmObject, window: Window, kept: Kept) -> Iterator[Page]:
        """As `pull`, going on with what an earlier try kept and noted."""
