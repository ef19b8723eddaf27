"""Columns of text say what records say: the same lines, the same cells, the same hash."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.catalogue import CrmObject, Field, FieldType
from connectors.newest import Newest
from connectors.texts import Texts
from connectors.values import Caster, decoder, encoder, iso_date, iso_moment, iso_moments
from connectors.versions import VersionWriter

AT = datetime(2026, 3, 1, tzinfo=UTC)
CAST = Caster(iso_moment, iso_date(ZoneInfo("Asia/Shanghai")), iso_moments)
DEALS = CrmObject(
    name="deals",
    api_name="Deals",
    key="id",
    cursor="Modified_Time",
    fields=(
        Field("title", "Deal_Name"),
        Field("amount", "Amount", FieldType.MONEY),
        Field("rate", "Exchange_Rate", FieldType.NUMBER),
        Field("probability", "Probability", FieldType.INTEGER),
        Field("is_won", "Won", FieldType.BOOLEAN),
        Field("closes_on", "Closing_Date", FieldType.DATE),
        Field("account_id", "Account_Name", FieldType.ID),
    ),
)
AS_JSON = (
    b'{"id":"7","Modified_Time":"2026-02-01T08:00:00+08:00","Deal_Name":"\\u8bbe\\u5907\\n\\"A\\"","Amount":1200.50,"Exchange_Rate":1,'
    b'"Probability":50,"Won":true,"Closing_Date":"2026-03-31","Account_Name":{"id":"9","name":"\\u67d0\\u67d0"},'
    b'"Weight":12.50,"Pieces":4,"Partner":{"name":"n","id":"3"},"Urgent":false,"Note":"1.0.0","Size":"L","Empty":"","Nothing":null}'
)
AS_CSV = {
    "id": "7", "Modified_Time": "2026-02-01T00:00:00+00:00", "Deal_Name": '设备\n"A"', "Amount": "1200.5",
    "Exchange_Rate": "1.000",
    "Probability": "50", "Won": "true", "Closing_Date": "2026-03-31", "Account_Name": "9", "Weight": "12.5", "Pieces": "4",
    "Partner": "3", "Urgent": "false", "Note": "1.0.0", "Size": "L", "Nothing": None,
}  # fmt: skip
HASHED = ("key", "modified_at", "record_hash", "title", "amount", "rate", "probability", "is_won", "closes_on", "account_id")


def texts_of(*records: dict[str, str | None]) -> Texts:
    names = list(dict.fromkeys(name for record in records for name in record))
    columns = [pa.array([record.get(name) for record in records], pa.string()) for name in names]
    return Texts(pa.RecordBatch.from_arrays(columns, names=names))


def written(path: Path, *batches: list[dict[str, Any]] | Texts) -> list[dict[str, Any]]:
    writer = VersionWriter(path, "zoho", DEALS, pulled_at=AT, run_id="r", cast=CAST, newest=Newest())
    for batch in batches:
        writer.take(batch)
    return pq.read_table(path).to_pylist() if writer.close() else []


def test_an_export_and_a_page_of_the_same_state_are_one_version(tmp_path: Path) -> None:
    (by_page,) = written(tmp_path / "page", [decoder.decode(AS_JSON)])
    (by_export,) = written(tmp_path / "export", texts_of(AS_CSV))
    assert {name: by_page[name] for name in HASHED} == {name: by_export[name] for name in HASHED}
    assert by_page["errors"] is by_export["errors"] is None
    assert len(written(tmp_path / "both", texts_of(AS_CSV), [decoder.decode(AS_JSON)])) == 1


def test_every_field_makes_a_version(tmp_path: Path) -> None:
    changed = {"Modified_Time": "2026-02-01T00:00:01+00:00", "Won": "false", "Closing_Date": "2026-04-01", "Nothing": "x"}
    states = [AS_CSV, *({**AS_CSV, name: changed.get(name, "8")} for name in AS_CSV)]
    assert len({row["record_hash"] for row in written(tmp_path / "v", texts_of(*states))}) == len(states)


def test_what_does_not_parse_is_told_and_told_apart(tmp_path: Path) -> None:
    rows = written(tmp_path / "v", texts_of({**AS_CSV, "Amount": "much"}, {**AS_CSV, "Amount": "more"}))
    assert [row["errors"] for row in rows] == ['{"amount":"much"}', '{"amount":"more"}']
    assert [row["amount"] for row in rows] == [None, None]
    assert len({row["record_hash"] for row in rows}) == 2


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.sampled_from(
    ["\x1f", "\x1e1", ",}", '"', "\\"]
)
RECORDS = st.lists(st.dictionaries(st.sampled_from(["id", "Deal_Name", "B", "z", "ü"]), TEXT), min_size=1, max_size=6)


@settings(deadline=None)
@given(records=RECORDS, kept=st.lists(st.booleans(), min_size=6, max_size=6))
def test_lines_are_those_of_the_encoder(records: list[dict[str, str]], kept: list[bool]) -> None:
    texts = texts_of({"id": None}, *records).only(np.array([False, *kept[: len(records)]]))
    chosen = [record for record, is_kept in zip(records, kept, strict=False) if is_kept]
    assert bytes(texts.lines()) == encoder.encode_lines(chosen)
    assert texts.without({name for name in texts.names if name != "id"}).extras().to_pylist() == [
        msgspec.json.encode({"id": one["id"]}).decode() if "id" in one else None for one in chosen
    ]


@settings(deadline=None)
@given(names=st.lists(st.tuples(TEXT, TEXT), min_size=2, max_size=6, unique=True))
def test_no_two_texts_share_a_hash(names: list[tuple[str, str]], tmp_path_factory: Any) -> None:
    records = [{"id": "1", "Modified_Time": "2026-02-01T00:00:00Z", "Deal_Name": a, "Account_Name": b} for a, b in names]
    rows = written(tmp_path_factory.mktemp("v") / "v", texts_of(*records))
    assert len(rows) == len(names)
