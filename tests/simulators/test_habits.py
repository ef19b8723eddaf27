"""Switches that change how the folder itself is read: lengths of ids, restores that bump nothing; and the log of what happened.

What to add here: another such switch.
What belongs elsewhere: versions without them (`test_records.py`), answers (`test_fxiaoke.py`, `test_zoho_listing.py`).
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulators.server import RunningSimulators
from tests.simulators.small_folder import AT, FxiaokeCaller, ZohoCaller, deal, order

DAY = timedelta(days=1)
ORDERS, ACCOUNTS = "SalesOrderObj", "AccountObj"


@pytest.mark.parametrize(("style", "lengths"), [("as_stored", {24}), ("24", {24}), ("32", {32}), ("mixed", {24, 32})])
def test_ids_of_one_length_or_of_both(sims: RunningSimulators, fxiaoke: FxiaokeCaller, style: str, lengths: set[int]) -> None:
    sims.options(fxiaoke={"id_style": style})
    rows = fxiaoke.query(ORDERS)["data"]["dataList"]
    (account,) = fxiaoke.query(ACCOUNTS)["data"]["dataList"]
    keys = [row["_id"] for row in rows]
    assert ({len(key) for key in keys} <= lengths, len(set(keys)), keys) == (True, 3, sorted(keys))
    assert {row["account_id"] for row in rows} == {account["_id"]}
    found = fxiaoke.query(ORDERS, filters=[{"field_name": "_id", "operator": "GT", "field_values": [keys[0]]}])
    assert [row["_id"] for row in found["data"]["dataList"]] == keys[1:]


def test_many_ids_are_of_both_lengths_when_mixed(sims: RunningSimulators, fxiaoke: FxiaokeCaller) -> None:
    sims.put("fxiaoke", "ContactObj", *({**order(number), "name": "x"} for number in range(40)))
    sims.options(fxiaoke={"id_style": "mixed"})
    rows = fxiaoke.query("ContactObj")["data"]["dataList"]
    assert ({len(row["_id"]) for row in rows}, len({row["_id"] for row in rows})) == ({24, 32}, 40)


def test_a_deal_out_of_the_recycle_bin_is_modified_or_not(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    later = (AT + DAY).isoformat()
    sims.put("zoho", "Deals", {"$at": later} | deal(3, Modified_Time=later))
    sims.move_to(AT + 2 * DAY)
    for bumps in (True, False):
        sims.options(zoho={"restore_bumps_modified": bumps})
        (row,) = zoho.get("/Deals", fields="Modified_Time", ids=deal(3)["id"]).json()["data"]
        assert row["Modified_Time"] == (later if bumps else deal(3)["Modified_Time"])
        assert (zoho.ids("/Deals", fields="Stage", since=later) == ["03"]) is bumps


def test_an_order_back_from_invalid_is_modified_or_not(sims: RunningSimulators, fxiaoke: FxiaokeCaller) -> None:
    moment = int((AT + DAY).timestamp() * 1000)
    sims.put("fxiaoke", ORDERS, {"$at": (AT + DAY).isoformat()} | order(2, last_modified_time=moment))
    invalid = next(row for row in fxiaoke.query(ORDERS)["data"]["dataList"] if row["name"] == "SO-2")
    sims.move_to(AT + 2 * DAY)
    for bumps in (True, False):
        sims.options(fxiaoke={"restore_bumps_modified": bumps})
        back = next(row for row in fxiaoke.query(ORDERS)["data"]["dataList"] if row["name"] == "SO-2")
        assert (invalid["life_status"], back["life_status"]) == ("invalid", "normal")
        assert back["last_modified_time"] == (moment if bumps else invalid["last_modified_time"])


def log_of(fxiaoke: FxiaokeCaller, main: str = "11", **page: int) -> list[tuple[str, str]]:
    """Operation and record of each entry of the log."""
    answer = fxiaoke.post("/cgi/crm/crmLog/query", {"data": {"QueryInfo": {"FilterMainID": main}, **page}})
    return [(entry["operationType"], entry["dataName"]) for entry in answer["data"]["items"]]


def test_the_log_tells_what_happened_newest_first(sims: RunningSimulators, fxiaoke: FxiaokeCaller) -> None:
    everything = log_of(fxiaoke, pageSize=100)
    told = [entry for entry in everything if entry[1] in {"SO-2", "SO-3"}]
    assert told == [("删除", "SO-3"), ("作废", "SO-2"), ("新建", "SO-3"), ("新建", "SO-2")]
    assert log_of(fxiaoke, pageSize=1, pageNumber=2) == everything[1:2]
    sims.options(fxiaoke={"crm_log_deletions": False})
    assert [entry for entry in log_of(fxiaoke, pageSize=100) if entry in told] == told[1:]
    assert log_of(fxiaoke, "2") == [("新建", "远大机械")]


@pytest.mark.parametrize("data", [{}, {"QueryInfo": {}}, {"QueryInfo": {"FilterMainID": "77"}}])
def test_a_log_of_nothing_is_refused(fxiaoke: FxiaokeCaller, data: dict[str, object]) -> None:
    assert fxiaoke.post("/cgi/crm/crmLog/query", {"data": data})["errorCode"] == 32000
