"""Records as columns of text, as an export brings them: made into lines and hashes by the column, not by the value.

What to add here: what is done to all records of a batch alike, whatever their fields mean.
What belongs elsewhere: values in our types (`values.py`), what a version is (`versions.py`), where exports come from (`zoho`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.values import encoder

DIGEST = 16  # bytes of a record hash
HARD = r'["\\\x00-\x1f]'  # what a JSON string cannot hold as it is
NUMBER = r"^(-?[0-9]+)(\.[0-9]*[1-9])?\.?0*$"  # before the point, behind it, zeros that say nothing
END = "}\n"
BETWEEN, STAND_IN = "\x1f", "\x1e"  # between two columns of a canonical text; what begins an escape in it


@dataclass(frozen=True, slots=True)
class Texts:
    """Records of one export: a column of text per field, under the CRM's own names; null where a record has no value."""

    batch: pa.RecordBatch
    bare: frozenset[str] = frozenset()  # fields whose texts are JSON already: numbers, true and false, lists, objects

    def __len__(self) -> int:
        """How many records."""
        return int(self.batch.num_rows)

    @property
    def names(self) -> list[str]:
        """The fields, as the CRM names them."""
        return list(self.batch.schema.names)

    def column(self, name: str) -> pa.Array:
        """The values of one field; nulls if the export lacks it."""
        return self.batch.column(name) if name in self.batch.schema.names else pa.nulls(len(self), pa.string())

    def only(self, mask: npt.NDArray[np.bool_]) -> Texts:
        """The records where the mask holds."""
        return self if mask.all() else Texts(self.batch.filter(pa.array(mask)), self.bare)

    def without(self, names: Collection[str]) -> Texts:
        """The records without some of their fields."""
        return self if not names else Texts(self.batch.select([name for name in self.names if name not in names]), self.bare)

    def lines(self) -> bytes | memoryview:
        """The records as JSON, one a line, keys sorted, without what is null: as `encoder` writes them."""
        return whole(self._objects())

    def extras(self) -> pa.Array:
        """The records, of one field or more, as JSON; null for one that holds nothing."""
        objects = pc.utf8_rtrim(self._objects(), "\n")
        return pc.if_else(pc.equal(objects, "{}"), pa.scalar(None, pa.string()), objects)

    def worded(self) -> Texts:
        """The same with all values as text, and numbers as short as they get: what all ways of reading a record agree on."""
        return Texts(pa.RecordBatch.from_arrays([_short(column) for column in self.batch.columns], names=self.names))

    def _objects(self) -> pa.Array:
        """Each record as a line of JSON."""
        pieces: list[str | pa.Array] = ["{"]
        for name in sorted(self.names):
            column = self.batch.column(name)
            if column.null_count < len(column):
                pieces += _member(name, column, '"' if name not in self.bare else "")
        if len(pieces) == 1:
            return _joined(["{}\n"], len(self))
        is_last_sure = isinstance(pieces[-1], str)
        pieces.append(END)
        lines = _joined(_fused(pieces, is_last_sure=is_last_sure), len(self))
        return lines if is_last_sure else pc.replace_substring(lines, f",{END}", END)  # JSON holds no bare line break


def _member(name: str, column: pa.Array, quote: str) -> list[str | pa.Array]:
    """A key, its texts as JSON and a comma, in pieces; one piece where some have no value and so no key either."""
    key = encoder.encode(name).decode()
    if (same := _only_text(column)) is not None:
        return [f"{key}:{encoder.encode(same).decode() if quote else same},"]
    is_plain = not quote or not _needs_escapes(column)
    if is_plain and not column.null_count:
        return [f"{key}:{quote}", column, f"{quote},"]
    every = pc.binary_join_element_wise(f"{key}:{quote}", column, f"{quote},", "")
    if is_plain:
        return [every]
    hard = pc.fill_null(pc.match_substring_regex(column, HARD), False)
    written = [f"{key}:{encoder.encode(text).decode()}," for text in column.filter(hard).to_pylist()]
    return [pc.replace_with_mask(every, hard, pa.array(written, pa.string()))]  # the few that need more than quotes


def _only_text(column: pa.Array) -> str | None:
    """The text of every record, where all have the same one."""
    count = len(column)
    if not count or column.null_count:
        return None
    _, offsets, _ = column.buffers()
    places = np.frombuffer(offsets, np.int32)[column.offset : column.offset + count + 1]
    length = int(places[1] - places[0])
    if int(places[-1] - places[0]) != length * count or (np.diff(places) != length).any():
        return None
    letters = _letters(column).reshape(count, length)
    is_same = (letters[0] == letters[-1]).all() and (letters == letters[0]).all()  # most that differ do so at once
    return bytes(letters[0]).decode() if is_same else None


def _needs_escapes(column: pa.Array) -> bool:
    """Whether one of the texts cannot stand in JSON as it is."""
    letters = _letters(column)
    return bool(((letters < 0x20) | (letters == 0x22) | (letters == 0x5C)).any())


def _fused(pieces: list[str | pa.Array], *, is_last_sure: bool = False) -> list[str | pa.Array]:
    """Pieces with the fixed ones between two columns in one; without the comma behind the last member, if that is fixed."""
    fused: list[str | pa.Array] = []
    for piece in pieces:
        if fused and isinstance(piece, str) and isinstance(fused[-1], str):
            fused[-1] += piece
        else:
            fused.append(piece)
    if is_last_sure:
        fused[-1] = f"{str(fused[-1]).removesuffix(f',{END}')}{END}"
    return fused


def _joined(pieces: Sequence[str | pa.Array], count: int) -> pa.Array:
    """Pieces one behind the other, for each record; a null is nothing."""
    if all(isinstance(piece, str) for piece in pieces):
        return pa.repeat(pa.scalar("".join(pieces)), count)
    # Arrow 26 loses rows that are null all over when told to skip nulls: each piece brings what stands between it and the next.
    return pc.binary_join_element_wise(*pieces, "", null_handling="replace", null_replacement="")


def _letters(column: pa.Array) -> npt.NDArray[np.uint8]:
    """The bytes of all texts of a column."""
    return np.frombuffer(whole(column), np.uint8)


def whole(column: pa.Array) -> bytes | memoryview:
    """All texts of a column, one behind the other, as they lie in memory."""
    _, offsets, data = column.buffers()
    if data is None or not len(column):
        return b""
    places = np.frombuffer(offsets, np.int32)
    return memoryview(data)[int(places[column.offset]) : int(places[column.offset + len(column)])]


def _short(column: pa.Array) -> pa.Array:
    """Numbers without zeros that say nothing; any other text as it is."""
    if 0x2E not in _letters(column):
        return column
    return pc.replace_substring_regex(column, NUMBER, r"\1\2")


def digests(columns: Sequence[pa.Array]) -> npt.NDArray[np.uint8]:
    """A hash a row, 16 bytes each: rows are equal if, and only if, their values are, in whatever words they came."""
    pieces: list[str | pa.Array] = []
    for column in map(_as_text, columns):
        same = _only_text(column)
        pieces += [BETWEEN, column if same is None else same]
    texts = _joined(_fused(pieces[1:]), len(columns[0]))
    rows = texts.cast(pa.binary()).to_pylist()
    joined = b"".join([blake2b(row, digest_size=DIGEST).digest() for row in rows])
    return np.frombuffer(joined, np.uint8).reshape(-1, DIGEST)


def prefixes(hashes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """The first 64 bits of hashes, in the same order as the hashes themselves."""
    return hashes.view(">u8")[:, 0].astype(np.uint64)


def hexed(hashes: npt.NDArray[np.uint8]) -> pa.Array:
    """Hashes as text."""
    offsets = np.arange(0, (len(hashes) + 1) * 2 * DIGEST, 2 * DIGEST, dtype=np.int32)
    return pa.StringArray.from_buffers(len(hashes), pa.py_buffer(offsets), pa.py_buffer(hashes.tobytes().hex().encode()))


def _as_text(column: pa.Array) -> pa.Array:
    """Values as text that tells them apart; nothing else than null is empty."""
    kind = column.type
    if pa.types.is_string(kind):
        letters = _letters(column)
        if not ((letters == 0x1F) | (letters == 0x1E)).any():
            return column
        return pc.replace_substring(pc.replace_substring(column, STAND_IN, f"{STAND_IN}0"), BETWEEN, f"{STAND_IN}1")
    if pa.types.is_decimal(kind):
        return _unscaled(column).cast(pa.string())
    if pa.types.is_timestamp(kind):
        return column.cast(pa.int64()).cast(pa.string())
    if pa.types.is_date(kind):
        return column.cast(pa.int32()).cast(pa.string())
    return column.cast(pa.string())


def _unscaled(column: pa.Array) -> pa.Array:
    """Decimals as whole numbers of their smallest step; those of 18 digits fit."""
    halves = np.frombuffer(column.buffers()[1], np.int64).reshape(-1, 2)[column.offset : column.offset + len(column)]
    return pa.array(halves[:, 0], mask=np.asarray(column.is_null()))
