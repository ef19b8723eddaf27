"""One record of Zoho: every field, its subforms, and text that is not cut.

What to add here: what only the call for a single record returns.
What belongs elsewhere: lists (`listing.py`), a record's past (`history.py`).
"""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from simulators.control import Simulation
from simulators.records import Row, View
from simulators.rendering import joined, projector
from simulators.zoho.listing import Listing
from simulators.zoho.replies import Trouble, answer, nothing
from simulators.zoho.standard import SUBFORMS


class Record:
    """The calls about one record."""

    def __init__(self, simulation: Simulation, listing: Listing) -> None:
        self.simulation, self.listing = simulation, listing

    async def get_record(self, request: Request) -> Response:
        """`GET /crm/v8/{module}/{id}`: every field, with subforms."""
        module, key = request.path_params["module"], request.path_params["id"]
        view = self.listing.view(module)
        version = view.find(key) if view else None
        if view is None or version is None:
            return nothing()
        row = msgspec.json.decode(self.listing.writer(module, view.table, None)(version), type=dict[str, msgspec.Raw])
        for subform in self._subforms(module, row):
            row[subform] = msgspec.Raw(self._lines(subform, key))
            row[f"$has_more_{subform}"] = msgspec.Raw(b"false")
        fields = tuple(name for name in request.query_params.get("fields", "").split(",") if name)
        body = projector((*fields, "id"))(row) if fields else joined(row)
        return answer(b'{"data":[' + body + b"]}")

    def _subforms(self, module: str, row: Row) -> list[str]:
        names = [SUBFORMS[module]] if module in SUBFORMS else []
        names += [name for name in self.listing.modules.subforms(module) if name not in names]
        return [name for name in names if name not in row and self.simulation.records.table("zoho", name) is not None]

    def _lines(self, subform: str, parent: str) -> bytes:
        """The rows of a subform that belong to one record."""
        view = self.simulation.view("zoho", subform)
        if view is None:
            return b"[]"
        key = ("by parent", self.simulation.schema.get(("zoho", subform)) and 1)
        if key not in view.kept:
            view.kept[key] = _by_parent(view)
        write = self.listing.writer(subform, view.table, None)
        return b"[" + b",".join(write(version) for version in view.kept[key].get(parent, ())) + b"]"

    async def fetch_full_data(self, request: Request) -> Response:
        """`GET /crm/v8/{module}/actions/fetch_full_data?ids=&fields=` and the same below one record: text that is not cut."""
        module = request.path_params["module"]
        view = self.listing.view(module)
        ids = request.path_params.get("id") or request.query_params.get("ids", "")
        fields = tuple(name for name in request.query_params.get("fields", "").split(",") if name)
        if not ids or not fields:
            raise Trouble("REQUIRED_PARAM_MISSING", {"param_name": "fields" if ids else "ids"})
        found = [] if view is None else [version for version in map(view.find, ids.split(",")) if version is not None]
        if view is None or not found:
            return nothing()
        write = self.listing.writer(module, view.table, tuple(dict.fromkeys([*fields, "id"])), whole_text=True)
        return answer(b'{"data":[' + b",".join(map(write, found)) + b"]}")


def _by_parent(view: View) -> dict[str, list[int]]:
    """Rows of a subform by the record they belong to."""
    lines: dict[str, list[int]] = {}
    for version in view.rows.tolist():
        parent = view.table.decoded(version).get("Parent_Id")
        lines.setdefault(str(parent["id"]) if isinstance(parent, dict) else "", []).append(version)
    return lines
