"""Records found by what they say: search, and how many there are.

What to add here: another way to say what is looked for.
What belongs elsewhere: what a condition means (`conditions.py`), lists (`listing.py`), queries (`coql.py`).
"""

from __future__ import annotations

import msgspec
import numpy as np
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from simulators.control import Simulation
from simulators.records import Ints, View
from simulators.zoho.conditions import parse_criteria, selected
from simulators.zoho.listing import Listing, number
from simulators.zoho.replies import Trouble, answer, answer_json, nothing

WAYS = ("criteria", "email", "phone", "word")
NOT_SEARCHED = {"DealHistory"}


class Search:
    """Search and count."""

    def __init__(self, simulation: Simulation, listing: Listing) -> None:
        self.simulation, self.listing = simulation, listing

    def _found(self, module: str, view: View, rows: Ints, query: QueryParams) -> Ints:
        """Those of the rows that are looked for."""
        (way,) = [name for name in ("cvid", *WAYS) if name in query]
        if way == "cvid":
            return self.listing.views.selected(module, view, rows, query["cvid"])
        if way == "criteria":
            return selected(self.simulation, view, rows, parse_criteria(query["criteria"]))
        text = msgspec.json.encode(query[way]).strip(b'"').lower()
        return np.array([version for version in rows.tolist() if text in view.table.line(version).lower()], np.int64)

    async def search(self, request: Request) -> Response:
        """`GET /crm/v8/{module}/search` by one of criteria, email, phone, word; the first 2,000."""
        module, query, options = request.path_params["module"], request.query_params, self.simulation.options.zoho
        if module in NOT_SEARCHED:
            raise Trouble("NO_PERMISSION", {"permissions": [f"Crm_Implied_View_{module}"]}, status=options.no_permission_status)
        view = self.listing.view(module)
        given = [name for name in WAYS if name in query]
        if not given:
            raise Trouble("REQUIRED_PARAM_MISSING", {"param_name": "criteria"})
        if len(given) > 1:
            raise Trouble("AMBIGUITY_DURING_PROCESSING", {"ambiguity_due_to": [{"param_name": name} for name in given]})
        page, per_page = number(query, "page", 1), self.listing.per_page(query)
        if (page - 1) * per_page >= options.page_records:
            raise Trouble("DISCRETE_PAGINATION_LIMIT_EXCEEDED", {"limit": options.page_records})
        if view is None:
            return nothing()
        rows = view.rows
        if module == "Leads" and query.get("converted", "false") != "both":
            rows = rows[view.table.converted[rows] == (query.get("converted") == "true")]
        rows = self._found(module, view, rows, query)[::-1]
        shown = rows[(page - 1) * per_page : page * per_page]
        if not len(shown):
            return nothing()
        fields = tuple(name for name in query.get("fields", "").split(",") if name)
        write = self.listing.writer(module, view.table, self.listing.known(module, fields) if fields else None)
        info = {"per_page": per_page, "count": len(shown), "page": page, "more_records": page * per_page < len(rows)}
        body = b",".join(map(write, shown.tolist()))
        return answer(b'{"data":[' + body + b'],"info":' + msgspec.json.encode(info) + b"}")

    async def count(self, request: Request) -> Response:
        """`GET /crm/v8/{module}/actions/count`, all or by one of cvid, criteria, email, phone, word."""
        module, query, options = request.path_params["module"], request.query_params, self.simulation.options.zoho
        view = self.listing.view(module)
        given = [name for name in ("cvid", *WAYS) if name in query]
        if len(given) > 1:
            raise Trouble("AMBIGUITY_DURING_PROCESSING", {"ambiguity_due_to": [{"param_name": name} for name in given]})
        rows = np.empty(0, np.int64) if view is None else view.rows
        if view is not None and module == "Leads" and not options.count_converted:
            rows = rows[~view.table.converted[rows]]
        if view is not None and given:
            rows = self._found(module, view, rows, query)
        return answer_json({"count": str(len(rows)) if options.count_as_string else len(rows)})
