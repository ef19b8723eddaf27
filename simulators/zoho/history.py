"""What Zoho remembers of the past: DealHistory, Stage_History and timelines, made from the versions of the records.

What to add here: another history tracker (`Lead_Status_History` and its like).
What belongs elsewhere: versions themselves (`records.py`).
"""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from simulators.control import Simulation
from simulators.records import BEGINNING, PERMANENT, Table, from_micros
from simulators.zoho.replies import answer_json, nothing

DAY = 86_400_000_000
COPIED = (
    "Amount",
    "Probability",
    "Expected_Revenue",
    "Closing_Date",
    "Modified_By",
    "Last_Activity_Time",
    "Currency",
    "Exchange_Rate",
)


def deal_history(simulation: Simulation) -> None:
    """See to it that there is a module DealHistory: the folder's own file, else one row per stage that a deal was in."""
    deals = simulation.records.table("zoho", "Deals")
    if deals is None:
        return
    held = simulation.records.table("zoho", "DealHistory")
    stamp = (deals.serial, simulation.options.zoho.deal_history_modified)
    made = simulation.records.made_history
    if (held is not None and made is None) or made == stamp:
        return
    rows = list(_stages(deals, simulation.options.zoho.deal_history_modified))
    simulation.records.replace("zoho", "DealHistory", rows)
    simulation.records.made_history = stamp


def _stages(deals: Table, modified: str) -> Any:
    """Versions of history rows: one when a stage is entered, one more when it is left."""
    last: tuple[int, str | None, dict[str, Any], int] | None = None
    number = 0
    for version in range(len(deals)):
        record, row = int(deals.record[version]), deals.decoded(version)
        at = int(deals.at[version])
        moment = int(deals.modified[version]) if at == BEGINNING else at
        if last is not None and last[0] != record:
            last, number = None, 0
        if deals.ending[version] == PERMANENT:
            last = None
            continue
        stage = row.get("Stage")
        if last is not None and last[1] == stage:
            continue
        if last is not None:
            yield _entry(last[2], last[3], at, stage, moment, modified)
        number += 1
        entry = {
            "id": _key(deals.ids[record], number),
            "Potential_Name": {"name": row.get("Deal_Name"), "id": deals.ids[record]},
            "Stage": stage,
            **{name: row[name] for name in COPIED if name in row},
        }
        yield _entry(entry, moment, at, None, moment, modified)
        last = (record, stage, entry, moment)


def _entry(entry: dict[str, Any], entered: int, at: int, moved_to: str | None, moment: int, modified: str) -> dict[str, Any]:
    stamp = moment if modified == "left" else entered
    days = None if moved_to is None else (moment - entered) // DAY
    row = entry | {
        "Moved_To__s": moved_to,
        "Stage_Duration_Calendar_Days": days,
        "Modified_Time": from_micros(stamp).isoformat(timespec="seconds"),
    }
    return row if at == BEGINNING else {"$at": from_micros(at).isoformat(), **row}


def _key(deal: str, number: int) -> str:
    """An id for the n-th stage of a deal, as long as any other and unlike them."""
    return f"7{int(deal) % 10**15:015d}{number:03d}" if deal.isdigit() else f"{deal}-{number}"


class History:
    """The calls that tell of one record's past."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation

    async def timeline(self, request: Request) -> Response:
        """`GET /crm/v8/{module}/{id}/__timeline`: every change of a record, the newest first."""
        module, key = request.path_params["module"], request.path_params["id"]
        table = self.simulation.records.table("zoho", module)
        versions = table.versions_of(key, self.simulation.moment) if table else []
        if table is None or not versions:
            return nothing()
        before: dict[str, Any] = {}
        events = []
        for place, version in enumerate(versions):
            row = table.decoded(version)
            at = int(table.at[version])
            events.append(_event(place, module, key, row, before, at if at != BEGINNING else int(table.modified[version])))
            before = row
        events.reverse()
        return answer_json(
            {
                "__timeline": events,
                "info": {
                    "per_page": 200,
                    "count": len(events),
                    "page": 1,
                    "more_records": False,
                    "next_page_token": None,
                    "previous_page_token": None,
                },
            }
        )


def _event(place: int, module: str, key: str, row: dict[str, Any], before: dict[str, Any], micros: int) -> dict[str, Any]:
    changed = [name for name in row if row[name] != before.get(name) and name not in {"Modified_Time", "Modified_By", "id"}]
    person = row.get("Modified_By") or row.get("Owner") or {}
    return {
        "audited_time": from_micros(micros).isoformat(timespec="seconds"),
        "action": "added" if place == 0 else "updated",
        "source": "crm_ui",
        "id": f"{key}{place}",
        "done_by": {"name": person.get("name"), "id": person.get("id")},
        "related_record": None,
        "record": {"module": {"api_name": module, "id": ""}, "id": key},
        "field_history": []
        if place == 0
        else [
            {"api_name": name, "data_type": "text", "_value": {"old": _short(before.get(name)), "new": _short(row[name])}}
            for name in changed
        ],
    }


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return value.get("name")
    return value if value is None or isinstance(value, str) else msgspec.json.encode(value).decode()
