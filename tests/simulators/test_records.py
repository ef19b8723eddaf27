"""What a folder of records means at one moment."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from simulators.records import BadRecord, Records, Table, View, to_micros
from tests.simulators.small_folder import deal, order, write


def at(text: str) -> int:
    return to_micros(datetime.fromisoformat(text))


def deals(tmp_path: Path, *rows: dict) -> Table:
    write(tmp_path, "zoho", {"Deals": list(rows)})
    table = Records(tmp_path).table("zoho", "Deals")
    assert table is not None
    return table


def stages(view: View) -> dict[str, str]:
    return {view.key(version): view.table.decoded(version)["Stage"] for version in view.rows.tolist()}


def test_a_record_has_the_version_of_the_moment(tmp_path: Path) -> None:
    table = deals(
        tmp_path,
        deal(1, Stage="A"),
        {"$at": "2026-03-01T00:00:00+08:00"} | deal(1, Stage="C"),
        {"$at": "2026-02-01T00:00:00+08:00"} | deal(1, Stage="B"),
        {"$at": "2026-04-01T00:00:00+08:00", "$deleted": "recycle", "id": deal(1)["id"]},
        {"$at": "2026-05-01T00:00:00+08:00"} | deal(1, Stage="D"),
    )
    moments = [f"2026-0{month}-15T00:00:00+00:00" for month in (1, 2, 3, 4, 5)]
    assert [stages(table.view(at(moment))) for moment in moments] == [
        {deal(1)["id"]: "A"},
        {deal(1)["id"]: "B"},
        {deal(1)["id"]: "C"},
        {},
        {deal(1)["id"]: "D"},
    ]
    assert [len(table.view(at(moment)).gone) for moment in moments] == [0, 0, 0, 1, 0]


def test_a_version_begins_at_its_very_moment(tmp_path: Path) -> None:
    table = deals(tmp_path, {"$at": "2026-02-01T00:00:00+08:00"} | deal(1))
    assert len(table.view(at("2026-02-01T00:00:00+08:00")).rows) == 1
    assert len(table.view(at("2026-02-01T00:00:00+08:00") - 1).rows) == 0


def test_an_invalid_record_stays_and_says_so(tmp_path: Path) -> None:
    write(
        tmp_path,
        "fxiaoke",
        {"SalesOrderObj": [order(1), {"$at": "2026-02-01T00:00:00+00:00", "$deleted": "invalid", "_id": order(1)["_id"]}]},
    )
    table = Records(tmp_path).table("fxiaoke", "SalesOrderObj")
    assert table is not None
    view = table.view(at("2026-03-01T00:00:00+00:00"))
    assert [table.decoded(version) for version in view.rows.tolist()] == [
        order(1) | {"life_status": "invalid", "last_modified_time": 1769904000000},
    ]


def test_zoho_ids_are_ordered_by_number_and_fxiaoke_ids_by_text(tmp_path: Path) -> None:
    write(tmp_path, "zoho", {"Deals": [{"id": "9"}, {"id": "10"}]})
    write(tmp_path, "fxiaoke", {"AccountObj": [{"_id": "9"}, {"_id": "10"}]})
    records = Records(tmp_path)
    orders = []
    for crm, name in (("zoho", "Deals"), ("fxiaoke", "AccountObj")):
        table = records.table(crm, name)
        assert table is not None
        view = table.view(0)
        orders.append((view.keys(view.rows.tolist()), view.after("9"), view.after("95")))
    assert orders == [(["9", "10"], 1, 2), (["10", "9"], 2, 2)]


def test_blank_lines_are_no_records(tmp_path: Path) -> None:
    (tmp_path / "zoho").mkdir()
    (tmp_path / "zoho" / "Deals.ndjson").write_text('\n{"id":"1"}\n\n  \n{"id":"2"}')
    table = Records(tmp_path).table("zoho", "Deals")
    assert table is not None
    assert [table.line(version) for version in range(len(table))] == [b'{"id":"1"}', b'{"id":"2"}']


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id":"2"', "Deals.ndjson, line 2: Input data was truncated"),
        ('{"name":"x"}', "Deals.ndjson, line 2: Object missing required field `id`"),
        (
            '{"id":"2","$at":"2026-01-01T00:00:00"}',
            "Deals.ndjson, line 2: Expected `datetime` with a timezone component - at `$.$at`",
        ),
        ('{"id":"2","$deleted":"gone"}', "Deals.ndjson: $deleted is 'gone', expected recycle, permanent or invalid"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "zoho").mkdir()
    (tmp_path / "zoho" / "Deals.ndjson").write_text(f'{{"id":"1"}}\n{line}\n')
    with pytest.raises(BadRecord) as wrong:
        Records(tmp_path).table("zoho", "Deals")
    assert str(wrong.value) == said


def test_versions_can_be_added_while_it_runs(tmp_path: Path) -> None:
    table = deals(tmp_path, deal(1))
    records = Records(tmp_path)
    records.put("zoho", "Deals", [deal(2, Stage="B")])
    more = records.table("zoho", "Deals")
    assert more is not None
    assert (stages(table.view(0)), stages(more.view(0))) == (
        {deal(1)["id"]: "Qualification"},
        {deal(1)["id"]: "Qualification", deal(2)["id"]: "B"},
    )
