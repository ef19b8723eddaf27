"""What is no longer there: the deleted list.

What to add here: a parameter of this call.
What belongs elsewhere: how a deletion is told in a folder (`records.py`), what is there (`listing.py`, `search.py`).
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from simulators.control import Simulation
from simulators.records import PERMANENT, Table, View, from_micros
from simulators.zoho.listing import SECOND, Listing, number, since
from simulators.zoho.replies import Trouble, answer_json, nothing


class Deleted:
    """The deleted list."""

    def __init__(self, simulation: Simulation, listing: Listing) -> None:
        self.simulation, self.listing = simulation, listing

    async def get_deleted(self, request: Request) -> Response:
        """`GET /crm/v8/{module}/deleted?type=`."""
        module, query, options = request.path_params["module"], request.query_params, self.simulation.options.zoho
        view = self.listing.view(module)
        wanted = query.get("type", "all")
        if wanted not in {"all", "recycle", "permanent"}:
            raise Trouble("INVALID_DATA", {"param_name": "type", "supported_values": ["all", "recycle", "permanent"]})
        page, per_page, start = number(query, "page", 1), self.listing.per_page(query), since(request)
        if options.deleted_records is not None and (page - 1) * per_page >= options.deleted_records:
            raise Trouble("DISCRETE_PAGINATION_LIMIT_EXCEEDED", {"limit": options.deleted_records})
        gone = [] if view is None else self._gone(view, wanted, start)
        rows = gone[(page - 1) * per_page : page * per_page]
        if view is None or not rows:
            return nothing(options.nothing_modified if start is not None and page == 1 and view is not None else 204)
        info = {"per_page": per_page, "count": len(rows), "page": page, "more_records": page * per_page < len(gone)}
        return answer_json({"data": [self._tombstone(view.table, version) for version in rows], "info": info})

    def _gone(self, view: View, wanted: str, start: int | None) -> list[int]:
        """Deleted records that are still listed, the newest first."""
        options, table = self.simulation.options.zoho, view.table
        days = {PERMANENT: options.permanent_days}
        rows = []
        for version in view.gone.tolist():
            kind, at = int(table.ending[version]), int(table.at[version])
            oldest = self.simulation.moment - days.get(kind, options.recycle_days) * 86_400 * SECOND
            named = "permanent" if kind == PERMANENT else "recycle"
            if at >= oldest and wanted in {"all", named} and (start is None or at // SECOND * SECOND >= start):
                rows.append(version)
        return sorted(rows, key=lambda version: -int(table.at[version]))

    def _tombstone(self, table: Table, version: int) -> dict[str, Any]:
        row, permanent = table.decoded(version), table.ending[version] == PERMANENT
        zone = ZoneInfo(self.simulation.options.zoho.user_time_zone or "UTC")
        stamp = from_micros(int(table.at[version])).astimezone(zone).isoformat(timespec="seconds")
        names = (
            "Deal_Name",
            "Full_Name",
            "Subject",
            "Event_Title",
            "Product_Name",
            "Campaign_Name",
            "Account_Name",
            "Last_Name",
            "Name",
        )
        title = next((row[name] for name in names if isinstance(row.get(name), str)), None)
        return {
            "deleted_by": None if permanent else _person(row.get("Modified_By") or row.get("Owner")),
            "id": table.ids[table.record[version]],
            "display_name": None if permanent else title,
            "type": "permanent" if permanent else "recycle",
            "created_by": None if permanent else _person(row.get("Created_By") or row.get("Owner")),
            "deleted_time": stamp,
        }


def _person(value: Any) -> dict[str, Any] | None:
    """A user as lists of deletions write one: without the mail address."""
    return {"name": value.get("name"), "id": value.get("id")} if isinstance(value, dict) else None
