"""Rows read by their shape are the rows that any JSON reader finds, without what may not be kept, whatever comes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from connectors.alike import WIDENINGS, Alike, Reader
from connectors.fxiaoke.objects import OBJECTS
from connectors.fxiaoke.rows import FRAME, fate_of, undecorated
from connectors.newest import Newest
from connectors.privacy import Privacy
from connectors.values import Caster, decoder, encoder, epoch_date, epoch_moment, epoch_moments
from connectors.versions import VersionWriter

ORDERS = next(obj for obj in OBJECTS if obj.name == "orders")
CAST = Caster(epoch_moment, epoch_date(ZoneInfo("Asia/Shanghai")), epoch_moments)
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CARD = {"id": "FSUID_7", "name": "王小明", "email": "wang@example.cn", "phone": "13800000000"}
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=5), st.sampled_from(["", "12.50", "1.0"]),
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**9), max_value=10**9),
)  # fmt: skip
VALUES = st.one_of(
    PLAIN,
    st.lists(st.text(max_size=3), max_size=2),
    st.sampled_from(
        [CARD, [CARD], [[CARD]], {"mobile": "1", "city": {"email": "2", "name": "上海"}}, {"id": "7"}, [1, None, "x"]]
    ),
)
TEXT = st.text(max_size=4)
NESTED = st.sampled_from([None, {"mobile": "1", "city": {"email": "2", "name": "上海"}}, [{"qq": "1", "x": [{"tel": "2"}]}], "x"])
KINDS = {  # by key, what its values may be, one of these for all rows of an object
    "name": [TEXT],
    "owner": [st.lists(TEXT, max_size=2), st.none() | st.lists(TEXT, max_size=1)],
    "owner__r": [st.just(CARD), st.just(CARD) | st.none(), TEXT],
    "owner__l": [st.just([CARD]), st.just([])],
    "status": [TEXT, st.none() | TEXT, st.integers(0, 9)],
    "status__r": [TEXT, st.none() | TEXT, st.just(CARD)],
    "contact_id__r": [TEXT, NESTED],
    "total_num": [st.integers(0, 9), NESTED],
    "mobile": [TEXT, NESTED, st.none()],
    "mobile__r": [TEXT],
    "order_amount": [PLAIN, st.sampled_from(["1.50", "0.00", "", "x"]), st.integers(0, 9)],
    "mc_exchange_rate": [st.sampled_from(["1.000000", None])],
    "create_time": [st.integers(0, 2**41), st.none() | st.integers(0, 2**41)],
    "last_modified_time": [st.integers(0, 2**41)],
    "remark": [st.none(), st.none() | TEXT, PLAIN],
    "gps": [NESTED, TEXT],
    "is_open": [st.booleans(), st.none() | st.booleans()],
    "place\x1f": [NESTED, PLAIN],
}


@st.composite
def pages(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """Pages of rows that are alike for the most part: a key keeps its kind of value, until it does not."""
    names = draw(st.lists(st.sampled_from(sorted(KINDS)), unique=True, max_size=9))
    kinds = {name: draw(st.sampled_from(KINDS[name])) for name in names}
    number, found = 0, []
    for _ in range(draw(st.integers(3, 6))):
        rows = []
        for _ in range(draw(st.integers(1, 4))):
            row = {"_id": f"{number:024x}", **{name: draw(kind) for name, kind in kinds.items()}}
            number += 1
            match draw(st.integers(0, 11)):
                case 0:
                    row |= {draw(st.sampled_from(sorted(KINDS))): draw(VALUES)}
                case 1 if kinds:
                    row.pop(draw(st.sampled_from(sorted(kinds))), None)
            rows.append(row)
        found.append(rows)
    return found


def answer(rows: list[dict[str, Any]], code: object = 0) -> bytes:
    """What Fxiaoke says."""
    return encoder.encode({"traceId": "E-O.1", "errorCode": code, "data": {"total": 0, "dataList": rows, "offset": 0}})


def rows_in(body: bytes) -> list[dict[str, Any]]:
    """The rows of an answer, as any JSON reader finds them."""
    return list(decoder.decode(body)["data"]["dataList"])


def plainly(body: bytes, privacy: Privacy) -> tuple[list[dict[str, Any]], set[str]]:
    """The rows as any JSON reader finds them, less what may not be kept, and what of it is personal."""
    withheld: set[str] = set()
    return [privacy.cleaned(undecorated(row), withheld) for row in rows_in(body)], withheld


def landed(path: Path, taken: list[Any]) -> tuple[list[dict[str, Any]], Any]:
    """The versions that come of some pages, and their tally."""
    writer = VersionWriter(
        path, "fxiaoke", ORDERS, pulled_at=datetime(2026, 3, 1, tzinfo=UTC), run_id="r", cast=CAST, newest=Newest()
    )
    for page in taken:
        writer.take(page)
    return pq.read_table(path).to_pylist() if writer.close() else [], writer.tally


@settings(CALM)
@example([[{"_id": "a"}], [{"_id": "b", "owner": ["7"], "owner__r": "王"}], [{"_id": "c", "owner": None, "owner__r": "王"}]])
@given(pages())
def test_rows_of_one_shape_are_those_that_any_reader_finds(given: list[list[dict[str, Any]]]) -> None:
    privacy = Privacy(ORDERS, (), typed={"gps"})
    reader = Reader(FRAME, "_id", fate_of, privacy)
    for rows in given:
        body = answer(rows)
        wanted, withheld = plainly(body, privacy)
        found = reader.read(body)
        event("read by shape" if found is not None else "read as any JSON")
        if found is None:
            reader.learn(rows_in(body))
            continue
        assert (list(found), found.withheld, len(found)) == (wanted, withheld, len(wanted))
        assert found.lines() == encoder.encode_lines(wanted)
        assert found.column("name") == [row.get("name") for row in wanted]


@settings(CALM, max_examples=40)
@given(pages())
def test_the_same_versions_come_of_rows_read_either_way(tmp_path_factory: Any, given: list[list[dict[str, Any]]]) -> None:
    privacy = Privacy(ORDERS, ())
    reader = Reader(FRAME, "_id", fate_of, privacy)
    either: list[Any] = []
    for rows in given:
        body = answer(rows)
        found = reader.read(body)
        if found is None:
            reader.learn(rows_in(body))
        either.append(plainly(body, privacy)[0] if found is None else found)
    folder = tmp_path_factory.mktemp("landed")
    wanted = landed(folder / "plain.parquet", [plainly(answer(rows), privacy)[0] for rows in given])
    assert landed(folder / "either.parquet", either) == wanted


def test_only_a_second_page_makes_a_shape_and_a_stray_row_widens_it() -> None:
    privacy = Privacy(ORDERS, ())
    reader = Reader(FRAME, "_id", fate_of, privacy)
    rows = [{"_id": "a", "name": "SO-1", "owner": ["7"], "owner__r": CARD, "amount": Decimal("1.50")}]
    assert reader.read(answer(rows)) is None
    reader.learn(rows)
    assert reader.read(answer(rows)) is None
    reader.learn(rows)
    found = reader.read(answer(rows))
    assert isinstance(found, Alike)
    assert found[0] == {"_id": "a", "name": "SO-1", "owner": ["7"], "amount": Decimal("1.50")}
    assert [reader.read(answer(rows, code)) for code in (30004, "0", None)] == [None] * 3  # no answer, as far as it can tell
    stray = [{"_id": "b", "name": {"zh": "单", "mobile": "1"}, "owner": ["7"], "owner__r": CARD, "amount": None, "new": 1}]
    assert reader.read(answer([*rows, *stray])) is None
    reader.learn([*rows, *stray])
    widened = reader.read(answer([*rows, *stray]))
    assert widened is not None
    assert list(widened) == [found[0], {"_id": "b", "name": {"zh": "单"}, "owner": ["7"], "amount": None, "new": 1}]


def test_rows_that_are_never_alike_are_read_as_any_json() -> None:
    reader = Reader(FRAME, "_id", fate_of, Privacy(ORDERS, ()))
    for number in range(WIDENINGS + 2):
        rows = [{"_id": "a", f"field_{number}": 1}]
        assert reader.read(answer(rows)) is None
        reader.learn(rows)
    assert reader.read(answer([{"_id": "a", "field_1": 1}])) is not None
    labels = [{"_id": "a", "owner": ["7"], "owner__r": "王"}, {"_id": "b", "owner": None, "owner__r": "王"}]
    mixed = Reader(FRAME, "_id", fate_of, Privacy(ORDERS, ()))
    for _ in range(3):
        mixed.learn(labels)
    found = mixed.read(answer(labels))  # who is meant goes, where an id says so
    assert found is not None
    assert list(found) == [{"_id": "a", "owner": ["7"]}, {"_id": "b", "owner": None, "owner__r": "王"}]
