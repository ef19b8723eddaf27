"""A folder of records with versions over time, and the state in which it stands at one moment.

What to add here: how a line of `<Module>.ndjson` is read, what `$at` and `$deleted` mean, an index that a reply needs.
What belongs elsewhere: what a reply looks like (`rendering.py`), who may ask (`zoho`, `fxiaoke`).
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

Row: TypeAlias = dict[
    str, Any
]  # a field's name to its value: JSON text (`bytes`, `msgspec.Raw`) in a raw row, plain in a decoded one
Ints: TypeAlias = NDArray[np.int64]

BEGINNING = -(2**62)
ENDINGS = {None: 0, "recycle": 1, "permanent": 2, "invalid": 3}
RECYCLE, PERMANENT, INVALID = 1, 2, 3
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
SHORT = 8  # bytes: no record is shorter
HEX_ID = re.compile(rb'"(?:[0-9a-f]{24}|[0-9a-f]{32})"')
CHUNK = 64 << 20  # bytes of lines read at a time
_EMPTY = np.empty(0, np.int64)
_EMPTY_COLUMNS = np.empty((6, 0), np.int64)


@dataclass(frozen=True, slots=True)
class Names:
    """Which fields carry a record's id and its times in one CRM."""

    key: str
    modified: str
    created: str
    text_times: bool = True  # ISO 8601, against milliseconds since 1970


ZOHO = Names("id", "Modified_Time", "Created_Time")
ZOHO_USERS = Names("id", "Modified_Time", "created_time")
FXIAOKE = Names("_id", "last_modified_time", "create_time", text_times=False)
FXIAOKE_STAFF = Names("openUserId", "updateTime", "createTime", text_times=False)
FXIAOKE_DEPARTMENTS = Names("id", "updateTime", "createTime", text_times=False)
SPECIAL = {
    "zoho/Users": ZOHO_USERS,
    "fxiaoke/_staff": FXIAOKE_STAFF,
    "fxiaoke/_departments": FXIAOKE_DEPARTMENTS,
}


class Habits(NamedTuple):
    """What a CRM makes of the folder's records, whatever they say: two of its switches."""

    id_style: str = "as_stored"
    restore_bumps_modified: bool = True


AS_TOLD = Habits()


class BadRecord(ValueError):
    """A line that is no record: the message names the file and the line."""


def to_micros(stamp: datetime) -> int:
    """Microseconds since 1970 of a time with an offset."""
    return round(stamp.timestamp() * 1_000_000)


def _micros(stamps: list[Any]) -> Ints:
    """Microseconds since 1970 of times or of milliseconds, `BEGINNING` where there is none."""
    missing = np.array([stamp is None for stamp in stamps], np.bool_)
    if next((isinstance(stamp, int) for stamp in stamps if stamp is not None), True):
        micros = np.array([stamp or 0 for stamp in stamps], np.int64) * 1000
    else:
        seconds = np.array([0.0 if stamp is None else stamp.timestamp() for stamp in stamps], np.float64)
        micros = np.rint(seconds * 1_000_000).astype(np.int64)
    micros[missing] = BEGINNING
    return micros


def _lines_between(text: bytes, start: int, end: int) -> tuple[Ints, Ints]:
    """Where the lines that are not empty begin and end."""
    breaks = np.flatnonzero(np.frombuffer(text, np.uint8, end - start, start) == ord("\n")) + start
    if not text.endswith(b"\n", start, end):
        breaks = np.append(breaks, end)
    first = np.concatenate(([start], breaks[:-1] + 1)).astype(np.int64)
    short = np.flatnonzero(breaks - first < SHORT)
    empty = [place for place in short.tolist() if not text[first[place] : breaks[place]].strip()]
    return np.delete(first, empty), np.delete(breaks, empty).astype(np.int64)


def respelled(lines: bytes, style: str) -> bytes:
    """The same records with their hexadecimal ids, and those that point to them, all of one length or of both."""

    def spelled(found: re.Match[bytes]) -> bytes:
        key = found[0][1:-1]
        wanted = {"24": 24, "32": 32}.get(style) or (24, 32)[blake2b(key, digest_size=1).digest()[0] % 2]
        if len(key) == wanted:
            return found[0]
        more = blake2b(key, digest_size=4 if wanted == 32 else 12).hexdigest().encode()
        return b'"%b"' % (key + more if wanted == 32 else more)

    return lines if style == "as_stored" else HEX_ID.sub(spelled, lines)


def from_micros(micros: int) -> datetime:
    """The moment (UTC) of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=int(micros))


class Table:
    """Every version of every record of one module. Lines stay bytes; what orders and filters them is in arrays."""

    _serials = iter(range(1, 2**62))

    def __init__(self, name: str, lines: bytes, names: Names, habits: Habits = AS_TOLD) -> None:
        self.name, self.names, self.habits = name, names, habits
        self.told, self.lines = lines, respelled(lines, habits.id_style)
        self._carried: dict[int, int] = {}  # a restored version to the one whose modified time it keeps
        self.serial = next(self._serials)
        self.ids: list[str] = []
        self.ordinal: dict[str, int] = {}
        self._views: dict[int, View] = {}
        self._decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
        self._read()

    def _heads(self, start: int, end: int) -> list[Any]:
        """The indexed fields of the lines between two places, in their order."""
        stamp: Any = Moment | None if self.names.text_times else int | None
        head = msgspec.defstruct(
            "Head",
            [
                ("key", str | int),
                ("at", Moment | None, None),
                ("deleted", str | None, None),
                ("modified", stamp, None),
                ("created", stamp, None),
                ("converted", bool | None, None),
            ],
            rename={
                "key": self.names.key,
                "at": "$at",
                "deleted": "$deleted",
                "converted": "Converted__s",
                "modified": self.names.modified,
                "created": self.names.created,
            },
            gc=False,
        )
        decoder, part = msgspec.json.Decoder(head), memoryview(self.lines)[start:end]
        try:
            return decoder.decode_lines(part)
        except msgspec.MsgspecError:
            numbered = enumerate(bytes(part).split(b"\n"), start=self.lines.count(b"\n", 0, start) + 1)
            for number, line in numbered:
                self._check(decoder, line, number)
            raise

    def _check(self, decoder: msgspec.json.Decoder[Any], line: bytes, number: int) -> None:
        """Name the line that is no record."""
        try:
            if line.strip():
                decoder.decode(line)
        except msgspec.MsgspecError as wrong:
            raise BadRecord(f"{self.name}.ndjson, line {number}: {wrong}") from wrong

    def _read(self) -> None:
        """Fill the arrays: one row per version, ordered by record and by the moment from which it holds."""
        starts, ends, columns = [_EMPTY], [_EMPTY], [_EMPTY_COLUMNS]
        place = 0
        while place < len(self.lines):
            border = self.lines.find(b"\n", place + CHUNK)
            border = len(self.lines) if border < 0 else border + 1
            heads = self._heads(place, border)
            first, last = _lines_between(self.lines, place, border)
            if len(first) != len(heads):
                raise BadRecord(f"{self.name}.ndjson: {len(heads)} records on {len(first)} lines")
            starts.append(first)
            ends.append(last)
            columns.append(self._columns(heads))
            place = border
        whole = np.concatenate(columns, axis=1)
        order = np.lexsort((np.arange(whole.shape[1]), whole[1], whole[0]))
        self.start, self.end = np.concatenate(starts)[order], np.concatenate(ends)[order]
        self.record, self.at, ending, self.modified, self.created, converted = whole[:, order]
        self.ending, self.converted = ending.astype(np.int8), converted.astype(np.bool_)
        for place in np.flatnonzero(self.ending[1:]) + 1:
            if self.record[place] == self.record[place - 1]:
                self.created[place], self.converted[place] = self.created[place - 1], self.converted[place - 1]
        if not self.habits.restore_bumps_modified:
            self._keep_modified_of_restored()

    def _keep_modified_of_restored(self) -> None:
        """A record that comes back has the modified time that it was last seen with."""
        for place in np.flatnonzero((self.ending[:-1] != 0) & (self.ending[1:] == 0)) + 1:
            seen = place - 1
            while seen > 0 and self.ending[seen] in (RECYCLE, PERMANENT) and self.record[seen - 1] == self.record[place]:
                seen -= 1
            if self.record[seen] == self.record[place] and self.ending[seen] not in (RECYCLE, PERMANENT):
                self._carried[int(place)] = int(seen)
                self.modified[place] = self.modified[seen]

    def _columns(self, heads: list[Any]) -> Ints:
        """Record, moment, ending, modified, created and converted of each line."""
        owners = np.array([self._ordinal(str(head.key)) for head in heads], np.int64)
        at = _micros([head.at for head in heads])
        modified, created = _micros([head.modified for head in heads]), _micros([head.created for head in heads])
        changed = np.where(modified != BEGINNING, modified, np.where(at != BEGINNING, at, created))
        born = np.where(created != BEGINNING, created, np.where(modified != BEGINNING, modified, at))
        changed[changed == BEGINNING] = 0
        born[born == BEGINNING] = 0
        unknown = {head.deleted for head in heads} - ENDINGS.keys()
        if unknown:
            raise BadRecord(f"{self.name}.ndjson: $deleted is {unknown.pop()!r}, expected recycle, permanent or invalid")
        endings = np.array([ENDINGS[head.deleted] for head in heads], np.int64)
        return np.stack([owners, at, endings, changed, born, np.array([bool(head.converted) for head in heads], np.int64)])

    def _ordinal(self, key: str) -> int:
        ordinal = self.ordinal.setdefault(key, len(self.ids))
        if ordinal == len(self.ids):
            self.ids.append(key)
        return ordinal

    @cached_property
    def rank(self) -> Ints:
        """Place of each record in the order of its id: by number where ids are numbers, by text elsewhere."""
        places = np.empty(len(self.ids), np.int64)
        if self.names is ZOHO or self.names is ZOHO_USERS:
            ordered = sorted(range(len(self.ids)), key=lambda i: (len(self.ids[i]), self.ids[i]))
        else:
            ordered = sorted(range(len(self.ids)), key=self.ids.__getitem__)
        places[ordered] = np.arange(len(self.ids))
        return places

    def __len__(self) -> int:
        return len(self.start)

    def line(self, version: int) -> bytes:
        """The line of one version as the file has it."""
        return self.lines[self.start[version] : self.end[version]]

    def raw(self, version: int) -> Row:
        """One version, its values still JSON text; a tombstone shows what it ended, and says `invalid` where that is meant."""
        row: Row = self._decoder.decode(self.line(version))
        if self.ending[version]:
            same = version > 0 and self.record[version - 1] == self.record[version]
            row = (self.raw(version - 1) if same else {}) | self._stamped(version, row)
        if version in self._carried:
            row.pop(self.names.modified, None)
            seen = self.raw(self._carried[version])
            row |= {self.names.modified: seen[self.names.modified]} if self.names.modified in seen else {}
        row.pop("$at", None)
        row.pop("$deleted", None)
        return row

    def _stamped(self, version: int, row: Row) -> Row:
        if self.ending[version] == INVALID:
            row.setdefault("life_status", b'"invalid"')
            row.setdefault(self.names.modified, b"%d" % (self.modified[version] // 1000))
        return row

    def decoded(self, version: int) -> Row:
        """One version with plain values."""
        return {name: msgspec.json.decode(value) for name, value in self.raw(version).items()}

    def versions_of(self, key: str, moment: int) -> list[int]:
        """All versions of one record that have begun by then, oldest first."""
        ordinal = self.ordinal.get(key)
        if ordinal is None:
            return []
        first, last = np.searchsorted(self.record, [ordinal, ordinal + 1])
        return [v for v in range(int(first), int(last)) if self.at[v] <= moment]

    def view(self, moment: int) -> View:
        """How the module stands at a moment; the last few are kept."""
        if moment not in self._views:
            while len(self._views) >= 4:
                self._views.pop(next(iter(self._views)))
            self._views[moment] = View(self, moment)
        return self._views[moment]


class View:
    """One module at one moment: which version of which record is there, in the orders in which replies list them."""

    def __init__(self, table: Table, moment: int) -> None:
        self.table, self.moment = table, moment
        self.kept: dict[Hashable, Any] = {}  # what a reply worked out from this view, to be used by the next page
        begun = table.at <= moment
        followed = np.zeros(len(table), np.bool_)
        followed[:-1] = begun[1:] & (table.record[1:] == table.record[:-1])
        standing = np.flatnonzero(begun & ~followed)
        gone = (table.ending[standing] == RECYCLE) | (table.ending[standing] == PERMANENT)
        self.rows = self._by_id(standing[~gone])
        self.gone = self._by_id(standing[gone])

    def _by_id(self, versions: Ints) -> Ints:
        return versions[np.argsort(self.table.rank[self.table.record[versions]], kind="stable")]

    @cached_property
    def modified(self) -> Ints:
        """Modified time of each of `rows`."""
        return self.table.modified[self.rows]

    @cached_property
    def by_modified(self) -> Ints:
        """`rows` ordered by modified time, equal times by id."""
        return self.rows[np.argsort(self.modified, kind="stable")]

    @cached_property
    def by_created(self) -> Ints:
        """`rows` ordered by created time, equal times by id."""
        return self.rows[np.argsort(self.table.created[self.rows], kind="stable")]

    @cached_property
    def ranks(self) -> Ints:
        """Rank of each of `rows`: rises, so a key's place is found by bisection."""
        return self.table.rank[self.table.record[self.rows]]

    @cached_property
    def _standing(self) -> Ints:
        standing = np.full(len(self.table.ids), -1, np.int64)
        standing[self.table.record[self.rows]] = self.rows
        return standing

    def find(self, key: str) -> int | None:
        """The version of a record that stands, or None."""
        ordinal = self.table.ordinal.get(key)
        version = -1 if ordinal is None else int(self._standing[ordinal])
        return None if version < 0 else version

    def after(self, key: str) -> int:
        """How many of `rows` have an id up to and including this one, whether or not a record has it."""
        ordinal = self.table.ordinal.get(key)
        if ordinal is not None:
            return int(np.searchsorted(self.ranks, self.table.rank[ordinal], side="right"))
        low, high = 0, len(self.rows)
        numeric = self.table.names is ZOHO or self.table.names is ZOHO_USERS
        while low < high:
            middle = (low + high) // 2
            other = self.key(int(self.rows[middle]))
            if ((len(other), other) <= (len(key), key)) if numeric else (other <= key):
                low = middle + 1
            else:
                high = middle
        return low

    def key(self, version: int) -> str:
        """The id of a version's record."""
        return self.table.ids[self.table.record[version]]

    def keys(self, versions: Iterable[int]) -> list[str]:
        """The ids of several versions' records."""
        ids, record = self.table.ids, self.table.record
        return [ids[record[v]] for v in versions]


class Records:
    """A folder of records: `<crm>/<Module>.ndjson`, and beside them what the CRM's metadata calls answer (`_*.json`)."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.habits: dict[str, Habits] = {"zoho": AS_TOLD, "fxiaoke": AS_TOLD}
        self._tables: dict[str, Table] = {}
        self._missing: set[str] = set()
        self.made_history: tuple[int, str] | None = None  # which deals a module DealHistory was made from, if it was

    def names(self, crm: str) -> list[str]:
        """Modules of a CRM that have a file, those that were only appended to included."""
        files = {path.stem for path in (self.folder / crm).glob("*.ndjson")}
        files |= {name.partition("/")[2] for name in self._tables if name.startswith(f"{crm}/") and len(self._tables[name])}
        return sorted(name for name in files if not name.startswith("_"))

    def table(self, crm: str, name: str) -> Table | None:
        """One module's versions, read when first asked for; None when the folder has no such file."""
        place = f"{crm}/{name}"
        if place not in self._tables and place not in self._missing:
            path = self.folder / crm / f"{name}.ndjson"
            if path.parent == self.folder / crm and path.is_file():
                self._tables[place] = self._made(place, path.read_bytes())
            else:
                self._missing.add(place)
        table = self._tables.get(place)
        if table is not None and table.habits != self.habits[crm]:
            table = self._tables[place] = self._made(place, table.told)
        return table

    def _made(self, place: str, lines: bytes) -> Table:
        """A table with the habits that hold now."""
        crm, _, name = place.partition("/")
        return Table(name, lines, self._names(place), self.habits[crm])

    def read_all(self) -> None:
        """Read every file now, so that a bad line is named before anybody asks."""
        for crm in ("zoho", "fxiaoke"):
            for path in sorted((self.folder / crm).glob("*.ndjson")):
                self.table(crm, path.stem)

    def put(self, crm: str, name: str, rows: Iterable[Row]) -> None:
        """Add versions while the simulator runs (a record edited or deleted in the middle of a walk)."""
        place = f"{crm}/{name}"
        table = self.table(crm, name)
        lines = table.told.rstrip(b"\n") + b"\n" if table and table.told.strip() else b""
        lines += b"\n".join(msgspec.json.encode(row) for row in rows) + b"\n"
        self._tables[place] = self._made(place, lines)

    def replace(self, crm: str, name: str, rows: Iterable[Row]) -> None:
        """A module made from others, in place of what it was."""
        lines = b"\n".join(msgspec.json.encode(row) for row in rows)
        self._tables[f"{crm}/{name}"] = self._made(f"{crm}/{name}", lines)

    def empty(self, crm: str, name: str) -> Table:
        """A module of which the folder has no records."""
        return Table(name, b"", self._names(f"{crm}/{name}"))

    def document(self, crm: str, name: str) -> Any:
        """A JSON document of the folder (`_org.json`, `_fields.json`, `_describe.json`), or None."""
        path = self.folder / crm / name
        return msgspec.json.decode(path.read_bytes()) if path.is_file() else None

    @staticmethod
    def _names(place: str) -> Names:
        return SPECIAL.get(place, ZOHO if place.startswith("zoho/") else FXIAOKE)
