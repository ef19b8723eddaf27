"""Rows of Fxiaoke, judged: whether they are those asked for, when they changed, and what of them only repeats.

What to add here: what a row has to be to be believed, another thing that Fxiaoke repeats in every row.
What belongs elsewhere: what is asked and in which order (`connection.py`), what is personal (`connectors/privacy.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Literal

import msgspec

from connectors.alike import LISTS, SIMPLE, Absent, Alike, Fate, Frame, Kinds
from connectors.catalogue import CrmObject
from connectors.client import Record, Window
from connectors.faults import ContractBroken
from connectors.privacy import SHAPES
from connectors.values import epoch_moment

# Keys that describe the answer or repeat people, not the record.
NOISE = frozenset({"total_num", "searchAfterId", "relevant_team__r", "relevant_team__l", "order_by"})
DECORATIONS = ("__r", "__l")


def _around(rows: Any) -> Any:
    data = msgspec.defstruct("Data", [("dataList", rows)])
    return msgspec.defstruct("Answer", [("errorCode", Literal[0]), ("data", data)])


FRAME = Frame(_around, attrgetter("data.dataList"))


def rows_of(obj: CrmObject, said: Mapping[str, Any]) -> list[Record]:
    """The rows of an answer; one without any place for them is no answer."""
    rows = said.get("dataList")
    if not isinstance(rows, list) or not set(map(type, rows)) <= {dict}:
        raise broken(obj, "errorCode 0 without data.dataList", "nothing of this pull is kept")
    if not all(isinstance(row.get("_id"), str) for row in rows):
        raise broken(obj, "a row without _id", "nothing of this pull is kept")
    return rows


def moment_of(value: object) -> datetime | None:
    """When a row says it changed; None if it does not."""
    try:
        return epoch_moment(value)
    except ValueError:
        return None


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, without a float on the way."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def is_inside(said: object, window: Window) -> bool:
    """Whether a row that changed then belongs to the window."""
    moment = moment_of(said)
    return moment is not None and window.holds(moment)


def check_inside(obj: CrmObject, rows: Sequence[Record], window: Window) -> None:
    """Rows must be what was asked for, to the millisecond: Fxiaoke may drop a filter without a word."""
    first = None if window.start is None else milliseconds(window.start)
    end = milliseconds(window.end)
    moments = column(rows, str(obj.cursor))
    if set(map(type, moments)) != {int}:
        moments = [None if (moment := moment_of(said)) is None else milliseconds(moment) for said in moments]
    if None in moments or max(moments) >= end or (first is not None and min(moments) < first):
        raise broken(
            obj,
            f"a row whose {obj.cursor} is outside of the window",
            "Fxiaoke dropped the filter; nothing of this pull is kept",
        )


def column(rows: Sequence[Record], key: str) -> list[Any]:
    """The values of one key; None where a row has none."""
    return rows.column(key) if isinstance(rows, Alike) else [row.get(key) for row in rows]


def undecorated(record: dict[str, Any]) -> dict[str, Any]:
    """The record without what Fxiaoke repeats in every row: cards of staff, names of contacts, totals, sort keys."""
    shape = tuple(record)
    plan = _plans.get(shape)
    if plan is None:
        if len(_plans) > SHAPES:
            _plans.clear()
        noise = tuple(key for key in shape if key in NOISE or (key.endswith(DECORATIONS) and "contact" in key))
        plan = _plans[shape] = noise, tuple(key for key in shape if key.endswith(DECORATIONS) and key not in noise)
    noise, decorations = plan
    for key in noise:
        del record[key]
    for key in decorations:  # one that only says in words whom an id means goes; the label of an option stays
        if type(record[key]) is not str or type(record.get(key[:-3])) is list:
            del record[key]
    return record


_plans: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]] = {}  # what to look at, by a record's keys


def broken(obj: CrmObject, came: str, cure: str) -> ContractBroken:
    """An answer to a query that is outside of its contract."""
    return ContractBroken(f"fxiaoke {obj.name}", asked=f"data/query of {obj.api_name} in order of _id", came=came, cure=cure)


def fate_of(key: str, kinds: Kinds) -> Fate:
    """What `undecorated` makes of a key in all rows with values of these kinds."""
    if key in NOISE or (key.endswith(DECORATIONS) and "contact" in key):
        return Fate.GONE
    if not key.endswith(DECORATIONS):
        return Fate.KEPT
    own, beside = kinds[key], kinds.get(key[:-3], frozenset({Absent}))
    if str not in own:
        return Fate.GONE_UNLESS_TEXT
    if beside <= SIMPLE and own <= {str, type(None), Absent}:
        return Fate.KEPT_TEXT
    return Fate.GONE if beside <= LISTS else Fate.TEXT_UNLESS_LISTED
