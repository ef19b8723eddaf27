"""Custom views: a condition with a name, which lists, counts and exports can be asked by its id (`cvid`).

What to add here: what else a custom view decides (its columns, its order).
What belongs elsewhere: what a condition means (`conditions.py`), the calls that take a `cvid`.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from simulators.control import Simulation
from simulators.records import Ints, View
from simulators.zoho.conditions import Condition, parse_criteria, selected
from simulators.zoho.modules import Modules
from simulators.zoho.replies import Trouble, answer_json

FIRST_ID = 4150868000000087000


class Views:
    """The custom views of each module: "all" of it, and those of the folder's `_custom_views.json` (`id`, `name`, `criteria`)."""

    def __init__(self, simulation: Simulation, modules: Modules) -> None:
        self.simulation, self.modules = simulation, modules
        self._given: dict[str, list[dict[str, Any]]] = simulation.records.document("zoho", "_custom_views.json") or {}

    def of(self, module: str) -> list[dict[str, Any]]:
        """The views of a module."""
        everything = {"id": str(FIRST_ID + sum(module.encode())), "name": f"All {module}", "criteria": None, "default": True}
        return [everything, *(view | {"default": False} for view in self._given.get(module, []))]

    def selected(self, module: str, view: View, rows: Ints, cvid: str) -> Ints:
        """Those of the rows that a custom view shows."""
        if not cvid:
            return rows
        found = [one for one in self.of(module) if one["id"] == cvid]
        if not found:
            raise Trouble("INVALID_DATA", {"param_name": "cvid"})
        condition: Condition | None = parse_criteria(found[0]["criteria"]) if found[0]["criteria"] else None
        return selected(self.simulation, view, rows, condition)

    async def custom_views(self, request: Request) -> Response:
        """`GET /crm/v8/settings/custom_views?module=`."""
        module = request.query_params.get("module")
        if not module:
            raise Trouble("REQUIRED_PARAM_MISSING", {"param_name": "module"})
        if module not in self.modules.names():
            raise Trouble("INVALID_MODULE", {"param_name": "module"})
        views = [
            {
                "id": view["id"],
                "name": view["name"],
                "system_name": "ALLVIEWS" if view["default"] else None,
                "display_value": view["name"],
                "default": view["default"],
                "system_defined": view["default"],
                "module": {"api_name": module, "id": "4150868000000002175"},
                "favorite": None,
                "category": "public_views",
            }
            for view in self.of(module)
        ]
        info = {"per_page": 200, "default": views[0]["id"], "count": len(views), "page": 1, "more_records": False}
        return answer_json({"custom_views": views, "info": info})
