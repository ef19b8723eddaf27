"""Values of a CRM in our types, exactly: a number is never a float, a value that will not parse says so.

What to add here: a shape in which a CRM writes a value.
What belongs elsewhere: which field has which type (`OBJECTS`), what a value means (dbt staging).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.catalogue import ARROW_TYPES, Field, FieldType

TRUE = frozenset({"true", "1", "yes"})
FALSE = frozenset({"false", "0", "no"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = -62_135_596_800_000, 253_402_300_799_999  # milliseconds of the calendar, the years 1 to 9999

decoder = msgspec.json.Decoder(float_hook=Decimal)
encoder = msgspec.json.Encoder(decimal_format="number", order="sorted")


def as_text(value: object) -> str | None:
    """Text as it is; a number in its own digits; a list or object as JSON."""
    if isinstance(value, str):
        return value or None
    return encoder.encode(value).decode()


def as_id(value: object) -> str | None:
    """The id of a lookup, of a list of one, or of a bare id; never its name."""
    if isinstance(value, dict):
        value = value.get("id")
    if isinstance(value, list):
        if len(value) > 1:
            raise ValueError("more than one id")
        return as_id(value[0]) if value else None
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError("not an id")


def as_decimal(kind: FieldType) -> Callable[[object], Decimal | None]:
    """Decimals of one precision; a digit too many on either side is an error, not a rounding."""
    arrow = ARROW_TYPES[kind]
    step, top = Decimal(1).scaleb(-arrow.scale), Decimal(10) ** (arrow.precision - arrow.scale)
    scale = arrow.scale

    def cast(value: object) -> Decimal | None:
        """A decimal that the column holds exactly."""
        if isinstance(value, str):
            value = value.strip()
            if not value:
                return None
        elif isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValueError("not a number")
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise ValueError("not a number") from None
        if not number.is_finite() or not -top < number < top:
            raise ValueError("too large")
        exact = number.quantize(step)
        if exact != number:
            raise ValueError(f"more than {scale} decimals")
        return exact

    return cast


def as_integer(value: object) -> int | None:
    """A whole number, also when written as text or with zeros behind the point."""
    if isinstance(value, bool):
        raise ValueError("not a number")
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
    if isinstance(value, str | int | Decimal):
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise ValueError("not a number") from None
        if number.is_finite() and number == number.to_integral_value() and abs(number) < 2**63:
            return int(number)
    raise ValueError("not a whole number")


def as_boolean(value: object) -> bool | None:
    """Truth in the words that CRMs use for it."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if not word:
        return None
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueError("neither true nor false")


def as_json(value: object) -> str | None:
    """A list or an object as JSON text with sorted keys."""
    if value == "":
        return None
    return encoder.encode(value).decode()


def iso_moment(value: object) -> datetime | None:
    """An ISO 8601 moment with its offset, in UTC; a moment without an offset is not a moment."""
    if not isinstance(value, str):
        raise ValueError("not an ISO 8601 moment")
    return _iso_moment(value) if value else None


def moment_or_none(value: object) -> datetime | None:
    """The same; None where nothing, or nothing that will parse, is said."""
    try:
        return iso_moment(value)
    except ValueError:
        return None


@lru_cache(maxsize=16_384)
def _iso_moment(text: str) -> datetime:
    """Parsed once: a row's moment of change is looked at by the walk, by the window and by its version."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without an offset")
    return moment if moment.tzinfo is UTC else _seen_in(UTC, moment)


def _seen_in(zone: tzinfo, moment: datetime) -> datetime:
    """A moment in another zone; one whose year no calendar there has will not parse."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        raise ValueError("outside of the calendar") from None


def iso_date(zone: ZoneInfo) -> Callable[[object], date | None]:
    """Dates as written; a moment becomes the date it has in the organisation's time zone."""

    def cast(value: object) -> date | None:
        """A local business date."""
        if not isinstance(value, str):
            raise ValueError("not an ISO 8601 date")
        if not value:
            return None
        if len(value) == 10:
            return date.fromisoformat(value)
        moment = datetime.fromisoformat(value)
        return moment.date() if moment.tzinfo is None else _seen_in(zone, moment).date()

    return cast


def epoch_moment(value: object) -> datetime | None:
    """Milliseconds since 1970, as a number or as text, in UTC."""
    milliseconds = as_integer(value)
    if milliseconds is None:
        return None
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise ValueError("outside of the calendar") from None


def epoch_date(zone: ZoneInfo) -> Callable[[object], date | None]:
    """Dates written as milliseconds of their local midnight; also plain ISO dates."""
    iso = iso_date(zone)

    def cast(value: object) -> date | None:
        """A local business date."""
        if isinstance(value, str) and "-" in value[1:]:
            return iso(value)
        moment = epoch_moment(value)
        return None if moment is None else _seen_in(zone, moment).date()

    return cast


class Caster:
    """Values of one CRM in our types: one at a time, or a whole column at once where that gives the very same."""

    def __init__(
        self,
        moment: Callable[[object], datetime | None],
        day: Callable[[object], date | None],
        moments: Callable[[pa.Array], pa.Array | None],
    ) -> None:
        """For a CRM that writes moments and days this way; `moments` is the same for a column, None if it cannot say."""
        self._casts = casts(moment, day)
        self._moments = moments

    def __call__(self, field: Field, value: object) -> object:
        """`value` in the type of `field`; ValueError when it will not parse."""
        return self._casts[field.type](value)

    def column(self, kind: FieldType, values: Sequence[object], among: Collection[type] | None = None) -> pa.Array | None:
        """All values in one type; None when one of them needs a closer look. `among` says which types they have at most."""
        types = types_of(values) if among is None else among
        if not types:
            return pa.nulls(len(values), ARROW_TYPES[kind])
        if types == {str} and kind is not FieldType.JSON:
            return self.texts(kind, empty_as_null(pa.array(values, pa.string())))
        if kind in (FieldType.TEXT, FieldType.ID):
            texts = _ids(values, types) if kind is FieldType.ID else None
            return None if texts is None else pa.array(texts, pa.string())
        if kind is FieldType.TIMESTAMP:
            numbers = _or_none(lambda: pa.array(values, pa.int64())) if types == {int} else None
            return None if numbers is None else self._moments(numbers)
        if kind in (FieldType.MONEY, FieldType.NUMBER):
            return _decimals(values, types, ARROW_TYPES[kind])
        if (kind is FieldType.INTEGER and types == {int}) or (kind is FieldType.BOOLEAN and types == {bool}):
            return _or_none(lambda: pa.array(values, ARROW_TYPES[kind]))
        return self._each_once(kind, values, types)

    def texts(self, kind: FieldType, texts: pa.Array) -> pa.Array | None:
        """A column of texts, none of them empty, in one type; None when one of them needs a closer look."""
        if kind in (FieldType.TEXT, FieldType.ID) or texts.null_count == len(texts):
            return texts.cast(ARROW_TYPES[kind])
        if kind is FieldType.TIMESTAMP:
            return self._moments(texts)
        if kind in (FieldType.MONEY, FieldType.NUMBER):
            return _or_none(lambda: texts.cast(ARROW_TYPES[kind]))
        if kind is FieldType.INTEGER and _are_digits(texts):
            return _or_none(lambda: texts.cast(ARROW_TYPES[kind]))
        return self._words(kind, texts)

    def _words(self, kind: FieldType, texts: pa.Array) -> pa.Array | None:
        """A column of texts of which many are alike, each cast once."""
        cast, words = self._casts[kind], texts.dictionary_encode()
        cells = _or_none(lambda: pa.array([cast(word) for word in words.dictionary.to_pylist()], ARROW_TYPES[kind]))
        return None if cells is None else cells.take(words.indices)

    def _each_once(self, kind: FieldType, values: Sequence[object], types: Collection[type]) -> pa.Array | None:
        """A column of few distinct values, each cast once."""
        if len(types) > 1 or not {str, int}.issuperset(types):
            return None
        distinct = set(values)
        cast = self._casts[kind]
        table = _or_none(lambda: {value: None if value is None else cast(value) for value in distinct})
        return None if table is None else pa.array([table[value] for value in values], ARROW_TYPES[kind])


def types_of(values: Sequence[object]) -> frozenset[type]:
    """The types of all values that are there."""
    return frozenset(map(type, values)) - {type(None)}


def empty_as_null(texts: pa.Array) -> pa.Array:
    """Texts without those that say nothing."""
    _, offsets, _ = texts.buffers()
    places = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if np.count_nonzero(places[1:] == places[:-1]) == texts.null_count:
        return texts
    return pc.if_else(pc.equal(pc.binary_length(texts), 0), pa.scalar(None, pa.string()), texts)


def _or_none(make: Callable[[], Any]) -> Any:
    """What `make` gives, None if a value stands in its way."""
    try:
        return make()
    except (ValueError, TypeError, OverflowError):  # Arrow's own errors are the first two
        return None


def _ids(values: Sequence[object], types: Collection[type]) -> list[str | None] | None:
    """Ids of lookups, or of lists of one; None if a value is anything else."""
    ids: list[Any]
    if {str, dict}.issuperset(types):
        ids = [value.get("id") if type(value) is dict else value for value in values]
    elif types == {list} and set(map(len, filter(None, values))) <= {1}:  # type: ignore[arg-type]
        ids = [value[0] if value else None for value in values]  # type: ignore[index]
    else:
        return None
    return [text or None for text in ids] if set(map(type, ids)) <= {str, type(None)} else None


def _decimals(values: Sequence[object], types: Collection[type], arrow: pa.DataType) -> pa.Array | None:
    """Exact decimals: Arrow takes Decimals and whole numbers as they are, and none that would not fit."""
    return _or_none(lambda: pa.array(values, arrow)) if {int, Decimal}.issuperset(types) else None


def _are_digits(texts: pa.Array) -> bool:
    """Whether all of them are plain digits; Arrow would take other spellings as well."""
    return pc.all(pc.ascii_is_decimal(texts)).as_py() is not False


def iso_moments(column: pa.Array) -> pa.Array | None:
    """ISO 8601 moments with their offsets, in UTC."""
    if not pa.types.is_string(column.type):
        return None
    moments = _or_none(lambda: column.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us")))
    return moments if moments is not None and _is_in_calendar(moments.cast(pa.int64()), 1_000) else None


def _is_in_calendar(numbers: pa.Array, per_millisecond: int) -> bool:
    """Whether all of them are moments of a year that a date can have."""
    edges = pc.min_max(numbers).as_py()
    return edges["min"] is None or (FIRST * per_millisecond <= edges["min"] and edges["max"] < (LAST + 1) * per_millisecond)


def epoch_moments(column: pa.Array) -> pa.Array | None:
    """Milliseconds since 1970, as numbers or as digits, in UTC."""
    if pa.types.is_string(column.type):
        column = _or_none(lambda: column.cast(pa.int64())) if _are_digits(column) else None
    if column is None or not _is_in_calendar(column, 1):
        return None
    return column.cast(pa.timestamp("ms")).cast(pa.timestamp("us"))


def casts(
    moment: Callable[[object], datetime | None], day: Callable[[object], date | None]
) -> dict[FieldType, Callable[[object], object]]:
    """One cast per field type for a CRM that writes moments and days this way."""

    def timestamp(value: object) -> datetime | None:
        """UTC without a zone, as the raw tables keep it."""
        aware = moment(value)
        return None if aware is None else aware.replace(tzinfo=None)

    return {
        FieldType.TEXT: as_text,
        FieldType.ID: as_id,
        FieldType.MONEY: as_decimal(FieldType.MONEY),
        FieldType.NUMBER: as_decimal(FieldType.NUMBER),
        FieldType.INTEGER: as_integer,
        FieldType.BOOLEAN: as_boolean,
        FieldType.DATE: day,
        FieldType.TIMESTAMP: timestamp,
        FieldType.JSON: as_json,
    }
