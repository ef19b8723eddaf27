"""Rows of answers that are alike, read into slots instead of dictionaries: a third of the price, and nothing taken on trust.

The first rows are read as any JSON is, and show a shape: which keys they have, and values of which kinds. The rows behind them
are read by that shape, which takes no other key and no other kind. Those that differ are read as any JSON, and widen the shape.

What to add here: what makes reading many like rows cheaper, whatever CRM they are of.
What belongs elsewhere: what becomes of a key (`Fate`, told by `zoho`, `fxiaoke`), what is personal (`privacy.py`).
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from operator import attrgetter, or_
from typing import Any, overload

import msgspec
from msgspec import UNSET, Raw
from msgspec.structs import astuple

from connectors.client import Record
from connectors.privacy import PLAIN, Privacy, nested
from connectors.values import encoder

_in_order = msgspec.json.Encoder(decimal_format="number")  # for what stands in the order of its keys already

WIDENINGS = 40  # shapes that an object's rows are given: rows that still differ are not alike
Nothing = type(None)


class Nested:
    """The kind of a list that holds more than plain values."""


class Absent:
    """The kind of what a row does not have."""


class _Card(msgspec.Struct, gc=False):
    """An object of which nothing is kept."""


Kinds = Mapping[str, frozenset[type]]  # by key: the kinds of values that were seen
LISTS: frozenset[type] = frozenset({list, Nested})
SIMPLE: frozenset[type] = frozenset({str, int, bool, Nothing, Absent})


class Fate(Enum):
    """What becomes of the values of a key."""

    KEPT = auto()
    KEPT_TEXT = auto()  # kept while they are texts, which all were so far; nulls go
    GONE = auto()  # whatever they are
    GONE_UNLESS_TEXT = auto()  # none was a text so far
    TEXT_UNLESS_LISTED = auto()  # kept where it is a text, and the key that it stands beside holds no list


FateOf = Callable[[str, Kinds], Fate]
BESIDE = 3  # letters of the ending by which a key stands beside another


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the rows in an answer of a CRM."""

    around: Callable[[Any], Any]  # the type of a whole answer that went well, from the type of its rows
    rows_of: Callable[[Any], list[Any]]


class Alike(Sequence[Record]):
    """Rows of one shape, as they go to the lake."""

    def __init__(self, shape: Shape, rows: list[Any], withheld: frozenset[str]) -> None:
        """`rows` are structs of the shape, already without what may not be kept: the personal keys among it are `withheld`."""
        self.shape, self.rows, self.withheld = shape, rows, withheld

    def __len__(self) -> int:
        """How many rows."""
        return len(self.rows)

    @overload
    def __getitem__(self, place: int) -> Record: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Record]: ...

    def __getitem__(self, place: int | slice) -> Record | Sequence[Record]:
        """A row, as a dictionary."""
        return Alike(self.shape, self.rows[place], self.withheld) if isinstance(place, slice) else self._record(self.rows[place])

    def __iter__(self) -> Iterator[Record]:
        """The rows, as dictionaries."""
        return map(self._record, self.rows)

    def _record(self, row: Any) -> Record:
        return {key: value for key, slot in self.shape.slots.items() if (value := getattr(row, slot)) is not UNSET}

    def lines(self) -> bytes:
        """The rows as JSON, one a line, keys sorted: as `encoder` writes dictionaries."""
        return self.shape.encoder.encode_lines(self.rows)

    def column(self, key: str) -> list[Any]:
        """The values of one key; None where a row has none."""
        getter = self.shape.getters.get(key)
        if getter is None:
            return [None] * len(self.rows)
        values = list(map(getter, self.rows))
        return values if key in self.shape.everywhere else [None if value is UNSET else value for value in values]


@dataclass(frozen=True, slots=True)
class Column:
    """The values of one key in many records."""

    values: Sequence[Any]  # None where a record has none
    types: frozenset[type] | None = None  # those that the values, None aside, have at most; None: nobody looked


class Gathered:
    """Rows of one shape, turned into columns page by page, while each page is at hand."""

    def __init__(self, shape: Shape) -> None:
        """No row yet."""
        self.shape = shape
        self.count = 0
        self._values: dict[str, list[Any]] = {key: [] for key in shape.slots}

    def add(self, page: Alike) -> None:
        """Take in the rows of a page, of which there is one at least."""
        self.count += len(page.rows)
        columns = tuple(zip(*map(astuple, page.rows), strict=True))
        for key, values in self._values.items():
            values.extend(columns[self.shape.places[key]])

    def column(self, key: str) -> Column:
        """All values of one key."""
        values = self._values.get(key)
        if values is None:
            return Column([None] * self.count, frozenset())
        if key not in self.shape.everywhere:
            values = [None if value is UNSET else value for value in values]
        return Column(values, self.shape.types.get(key))


class Shape:
    """Keys and kinds of rows that are alike, and what becomes of each."""

    def __init__(self, kinds: Kinds, frame: Frame, key: str, fate_of: FateOf, privacy: Privacy) -> None:
        """ValueError when some rows have to be looked at one by one."""
        if kinds.get(key) != {str}:
            raise ValueError(f"rows without {key}")
        self.kinds = kinds
        fates = {name: fate_of(name, kinds) for name in kinds}
        kept = {name for name, fate in fates.items() if fate in (Fate.KEPT, Fate.KEPT_TEXT, Fate.TEXT_UNLESS_LISTED)}
        slots = {name: f"f{number}" for number, name in enumerate(kinds)}
        self._withheld = {name: slots[name] for name in kept if not privacy.allows(name)}
        kept -= self._withheld.keys()
        self.slots = {name: slots[name] for name in kinds if name in kept}
        self.everywhere = frozenset(name for name in kept if Absent not in kinds[name] and fates[name] is Fate.KEPT)
        self._gone = [slots[name] for name in kinds if name not in kept]
        self._texts = [slots[name] for name in kept if fates[name] is Fate.KEPT_TEXT and Nothing in kinds[name]]
        self._listed = [(slots[one], slots.get(one[:-BESIDE])) for one, fate in fates.items() if fate is Fate.TEXT_UNLESS_LISTED]
        types = {name: str if name == key else _type(kinds[name], fate) for name, fate in fates.items()}
        self._loose = [(slots[name], kinds[name]) for name in kinds if types[name] is Any]
        self._deep = [slots[name] for name in self.slots if types[name] is Any and not privacy.is_wanted(name)]
        must: dict[bool, Any] = {True: msgspec.NODEFAULT, False: UNSET}  # what no row lacked so far, none may lack
        ordered = sorted(kinds)  # as lines have them
        fields = [(slots[one], types[one], msgspec.field(name=one, default=must[Absent not in kinds[one]])) for one in ordered]
        self.places = {name: ordered.index(name) for name in self.slots}
        self.encoder = encoder if any(types[name] is Any for name in self.slots) else _in_order
        self.getters = {name: attrgetter(slot) for name, slot in self.slots.items()}
        texts = {name for name, fate in fates.items() if fate is Fate.TEXT_UNLESS_LISTED}
        plain = {name: frozenset({str}) if name in texts else kinds[name] - {Nothing, Absent} for name in self.slots}
        self.types = {name: which for name, which in plain.items() if which and types[name] is not Any}
        row = msgspec.defstruct("Row", fields, forbid_unknown_fields=True, gc=False, kw_only=True)
        self._decoder = msgspec.json.Decoder(frame.around(list[row]), float_hook=Decimal)
        self._rows_of = frame.rows_of

    def read(self, body: bytes) -> Alike | None:
        """The rows of an answer, without what may not be kept; None if one of them is of another shape, or it is no answer."""
        try:
            rows = self._rows_of(self._decoder.decode(body))
        except (ValueError, ArithmeticError, RecursionError):
            return None
        if any(not self._fits(slot, known, rows) for slot, known in self._loose):
            return None
        for slot, beside in self._listed:
            _drop_unless_text(rows, slot, beside)
        withheld = {name for name, slot in self._withheld.items() if any(getattr(row, slot) is not UNSET for row in rows)}
        self._strip(rows)
        return Alike(self, rows, frozenset(withheld))

    @staticmethod
    def _fits(slot: str, known: frozenset[type], rows: list[Any]) -> bool:
        """Whether a slot that takes anything holds no other kinds of values than were seen."""
        return all(value is UNSET or _kind(value) in known for value in map(attrgetter(slot), rows))

    def _strip(self, rows: list[Any]) -> None:
        """Take away what goes, nulls beside texts, and what is personal inside of what is kept."""
        for slot in self._gone:
            for row in rows:
                setattr(row, slot, UNSET)
        for slot in self._texts:
            for row in rows:
                if getattr(row, slot) is None:
                    setattr(row, slot, UNSET)
        for slot in self._deep:
            for row in rows:
                if type(value := getattr(row, slot)) in (dict, list):
                    setattr(row, slot, nested(value))


def _drop_unless_text(rows: list[Any], slot: str, beside: str | None) -> None:
    """Take a key away where it is no text, or only says in words what the list beside it means."""
    for row in rows:
        if type(getattr(row, slot)) is not str or (beside is not None and type(getattr(row, beside)) is list):
            setattr(row, slot, UNSET)


class Reader:
    """Reads the rows of one object's answers, and learns what they are like."""

    def __init__(self, frame: Frame, key: str, fate_of: FateOf, privacy: Privacy) -> None:
        """Nothing is known yet."""
        self._frame, self._key, self._fate_of, self._privacy = frame, key, fate_of, privacy
        self._shape: Shape | None = None
        self._kinds: dict[str, frozenset[type]] = {}
        self._left = WIDENINGS
        self._is_first = True
        self._lock = threading.Lock()

    def read(self, body: bytes) -> Alike | None:
        """The rows of an answer; None if it has to be read as any JSON, and its rows shown to `learn`."""
        return None if self._shape is None else self._shape.read(body)

    def learn(self, rows: Sequence[Record]) -> None:
        """Widen the shape, so that rows like these are of it; a first page alone is not worth one, since most have no second."""
        with self._lock:
            is_first, self._is_first = self._is_first, False
            if is_first or not rows or not self._left:
                return
            seen = _kinds(rows)
            known = self._kinds or seen
            lacking = frozenset({Absent})
            kinds = {name: known.get(name, lacking) | seen.get(name, lacking) for name in {**known, **seen}}
            if kinds == self._kinds:
                return  # rows that came before the shape was known: walks side by side begin together
            self._left -= 1
            self._kinds = kinds
            try:
                self._shape = Shape(self._kinds, self._frame, self._key, self._fate_of, self._privacy)
            except ValueError:
                self._shape, self._left = None, 0


def _kinds(rows: Sequence[Record]) -> dict[str, frozenset[type]]:
    """By key, the kinds of values in these rows."""
    found: dict[str, set[type]] = {}
    for row in rows:
        for key, value in row.items():
            found.setdefault(key, set()).add(_kind(value))
    return {key: frozenset(kinds | ({Absent} if any(key not in row for row in rows) else set())) for key, kinds in found.items()}


def _kind(value: object) -> type:
    """The kind of one value."""
    return Nested if isinstance(value, list) and not PLAIN.issuperset(map(type, value)) else type(value)


def _type(kinds: frozenset[type], fate: Fate) -> Any:
    """What a value may be, for a key of such kinds and fate; anything else is another shape."""
    if fate is Fate.GONE:
        return Raw
    if fate is Fate.KEPT_TEXT:
        return str | None if Nothing in kinds else str
    if fate is Fate.GONE_UNLESS_TEXT:
        return _Card | list[Raw] | int | bool | None
    if fate is Fate.TEXT_UNLESS_LISTED:
        return str | _Card | list[Raw] | int | bool | None
    known = kinds - {Nothing, Absent}
    if known and known <= SIMPLE:
        return functools.reduce(or_, known) | None
    if known == {list}:
        return list[str | int | bool | None] | None if Nothing in kinds else list[str | int | bool | None]
    return Any if known else str | int | bool | None  # of nulls alone nothing is known
