"""What Zoho says about the organisation: its users, its settings, its currencies, modules, fields, layouts and pipelines.

What to add here: another call below `/settings` or `/org`.
What belongs elsewhere: what a field is (`modules.py`), records (`listing.py`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from simulators.control import Simulation
from simulators.zoho.listing import Listing, number, since
from simulators.zoho.modules import Modules
from simulators.zoho.replies import Trouble, answer_json, nothing
from simulators.zoho.standard import SUBFORMS

ORG = {
    "id": "4150868000000000100",
    "zgid": "700000001",
    "company_name": "Simulated Company",
    "iso_code": "CNY",
    "currency": "Chinese Yuan",
    "currency_symbol": "¥",
    "currency_locale": "zh_CN",
    "time_zone": "Asia/Shanghai",
    "country": "China",
    "country_code": "CN",
    "mc_status": True,
    "primary_email": None,
    "phone": None,
    "website": None,
    "type": "production",
}
USER_TYPES = {
    "AllUsers": lambda _user: True,
    "ActiveUsers": lambda user: user.get("status") == "active",
    "DeactiveUsers": lambda user: user.get("status") == "disabled",
    "ConfirmedUsers": lambda user: user.get("confirm", True),
    "NotConfirmedUsers": lambda user: not user.get("confirm", True),
    "DeveloperUsers": lambda user: user.get("developer", False),
    "DeletedUsers": lambda user: user.get("status") == "deleted",
    "ActiveConfirmedUsers": lambda user: user.get("status") == "active" and user.get("confirm", True),
    "AdminUsers": lambda user: (user.get("profile") or {}).get("name") == "Administrator",
    "ActiveConfirmedAdmins": lambda user: (
        user.get("status") == "active" and (user.get("profile") or {}).get("name") == "Administrator"
    ),
}
LAYOUT = "4150868000000091023"


class Metadata:
    """The calls that show settings."""

    def __init__(self, simulation: Simulation, modules: Modules, listing: Listing) -> None:
        self.simulation, self.modules, self.listing = simulation, modules, listing

    def _users(self) -> list[dict[str, Any]]:
        view = self.simulation.view("zoho", "Users")
        users = [] if view is None else [view.table.decoded(version) for version in view.rows.tolist()]
        return [{"status": "active", "confirm": True} | user for user in users]

    async def users(self, request: Request) -> Response:
        """`GET /crm/v8/users?type=`."""
        query = request.query_params
        wanted, users = query.get("type", "AllUsers"), self._users()
        page, per_page = number(query, "page", 1), min(number(query, "per_page", 200), 200)
        if wanted == "CurrentUser":
            users = [user for user in users if user["status"] == "active"][:1]
        elif wanted not in USER_TYPES:
            raise Trouble("INVALID_DATA", {"param_name": "type"})
        else:
            users = [user for user in users if USER_TYPES[wanted](user)]
        if wanted == "AllUsers" and not self.simulation.options.zoho.all_users_include_deleted:
            users = [user for user in users if user["status"] != "deleted"]
        shown = users[(page - 1) * per_page : page * per_page]
        if not shown:
            return nothing()
        return answer_json(
            {
                "users": shown,
                "info": {"per_page": per_page, "count": len(shown), "page": page, "more_records": page * per_page < len(users)},
            }
        )

    async def user(self, request: Request) -> Response:
        """`GET /crm/v8/users/{id}`."""
        found = [user for user in self._users() if user["id"] == request.path_params["id"]]
        return answer_json({"users": found}) if found else nothing()

    def org_record(self) -> dict[str, Any]:
        """The organisation: what the folder says of it over what every simulated one has."""
        options = self.simulation.options.zoho
        given = self.simulation.records.document("zoho", "_org.json") or {}
        given = given["org"][0] if "org" in given else given
        licence = {
            "paid": True,
            "paid_type": options.edition,
            "trial_type": None,
            "paid_expiry": None,
            "users_license_purchased": options.licences,
        }
        return ORG | {"license_details": licence} | {name: value for name, value in given.items() if name != "currencies"}

    async def org(self, _request: Request) -> Response:
        """`GET /crm/v8/org`."""
        return answer_json({"org": [self.org_record()]})

    async def currencies(self, _request: Request) -> Response:
        """`GET /crm/v8/org/currencies`: rates are texts."""
        given = self.simulation.records.document("zoho", "_currencies.json")
        given = given or (self.simulation.records.document("zoho", "_org.json") or {}).get("currencies")
        org = self.org_record()
        base = [{"iso_code": org["iso_code"], "exchange_rate": "1", "is_base": True}]
        rows = [
            {
                "symbol": row["iso_code"],
                "created_time": None,
                "is_active": True,
                "prefix_symbol": True,
                "is_base": False,
                "name": row["iso_code"],
                "id": f"4150868000000{place:06d}",
                "format": {"decimal_separator": "Period", "thousand_separator": "Comma", "decimal_places": "2"},
                **row,
            }
            for place, row in enumerate(given or base)
        ]
        return answer_json({"currencies": rows})

    # --- modules and fields ---

    def _module(self, name: str) -> dict[str, Any]:
        kind = self.modules.kind(name)
        plain = name.replace("_", " ")
        readable = name not in {"Visits", "Actions_Performed", "Activities", "Forecasts"}
        return {
            "api_name": name,
            "module_name": f"CustomModule{sum(name.encode())}" if kind == "custom" else name,
            "plural_label": plain,
            "singular_label": plain.removesuffix("s"),
            "generated_type": kind,
            "api_supported": readable,
            "viewable": True,
            "visibility": 1,
            "visible": kind != "subform",
            "creatable": True,
            "editable": True,
            "deletable": True,
            "convertable": name == "Leads",
            "status": "visible",
            "presence_sub_menu": True,
            "modified_time": None,
            "modified_by": None,
            "id": f"4150868000000{sum(name.encode()):06d}",
            "profiles": [{"name": "Administrator", "id": "4150868000000026011"}],
        }

    async def all_modules(self, request: Request) -> Response:
        """`GET /crm/v8/settings/modules`: 304 where nothing changed since, and here only a schema's change is a change."""
        if since(request) is not None and not self.simulation.schema:
            return nothing(304)
        return answer_json({"modules": [self._module(name) for name in self.modules.names()]})

    async def one_module(self, request: Request) -> Response:
        """`GET /crm/v8/settings/modules/{api_name}`."""
        name = request.path_params["name"]
        if name not in self.modules.names():
            raise Trouble("INVALID_MODULE", {"resource_path_index": 2})
        fields = list(self.modules.fields(name).values())
        return answer_json({"modules": [self._module(name) | {"fields": fields}]})

    async def fields(self, request: Request) -> Response:
        """`GET /crm/v8/settings/fields?module=`."""
        name = request.query_params.get("module")
        if not name:
            raise Trouble("REQUIRED_PARAM_MISSING", {"param_name": "module"})
        if name not in self.modules.names():
            raise Trouble("INVALID_MODULE", {"param_name": "module"})
        if name in self.simulation.options.zoho.no_permission:
            self.listing.view(name)
        fields = list(self.modules.fields(name).values())
        wanted = request.path_params.get("id")
        fields = [field for field in fields if wanted in {None, field["id"], field["api_name"]}]
        return answer_json({"fields": fields}) if fields else nothing()

    async def layouts(self, request: Request) -> Response:
        """`GET /crm/v8/settings/layouts?module=`."""
        name = request.query_params.get("module")
        if not name:
            raise Trouble("REQUIRED_PARAM_MISSING", {"param_name": "module"})
        section = {
            "name": f"{name} Information",
            "api_name": f"{name}_Information",
            "fields": list(self.modules.fields(name).values()),
        }
        layout = {
            "id": LAYOUT,
            "name": "Standard",
            "api_name": "Standard",
            "status": "active",
            "visible": True,
            "sections": [section],
        }
        return answer_json({"layouts": [layout]})

    async def pipeline(self, request: Request) -> Response:
        """`GET /crm/v8/settings/pipeline?layout_id=`: the stages of deals in their order."""
        if not request.query_params.get("layout_id"):
            raise Trouble("REQUIRED_PARAM_MISSING", {"param_name": "layout_id"})
        stages = self.modules.fields("Deals")["Stage"]["pick_list_values"]
        return answer_json(
            {
                "pipeline": [
                    {
                        "id": "4150868000000095023",
                        "display_value": "Standard",
                        "actual_value": "Standard",
                        "default": True,
                        "maps": stages,
                    }
                ]
            }
        )

    async def related_lists(self, request: Request) -> Response:
        """`GET /crm/v8/settings/related_lists?module=`."""
        name = request.query_params.get("module")
        if not name:
            raise Trouble("REQUIRED_PARAM_MISSING", {"param_name": "module"})
        lists = [
            {
                "id": f"4150868000000{place:06d}",
                "sequence_number": str(place + 1),
                "api_name": api_name,
                "display_label": api_name,
                "name": api_name,
                "module": {"api_name": module, "id": "4150868000000002199"},
                "href": f"{name}/{{ENTITYID}}/{api_name}",
                "type": "default",
                "connectedmodule": module,
            }
            for place, (api_name, (module, _field)) in enumerate(self.related(name).items())
        ]
        return answer_json({"related_lists": lists}) if lists else nothing()

    def related(self, parent: str) -> dict[str, tuple[str, str]]:
        """Related lists of a module: their name, the module whose records they show, the field that points to the parent."""
        lists = {"Notes": ("Notes", "Parent_Id")}
        if parent == "Deals":
            lists["Stage_History"] = ("DealHistory", "Potential_Name")
        for name in self.simulation.records.names("zoho"):
            if name in {*SUBFORMS.values(), "Users", "DealHistory", "Notes"}:
                continue
            for field in self.modules.fields(name).values():
                if field["data_type"] == "lookup" and field["lookup"]["module"]["api_name"] == parent and name not in lists:
                    lists[name] = (name, field["api_name"])
        return lists

    async def related_list(self, request: Request) -> Response:
        """`GET /crm/v8/{parent}/{id}/{list}?fields=`."""
        parent, key, name = (request.path_params[part] for part in ("module", "id", "list"))
        lists = self.related(parent)
        if name not in lists:
            raise Trouble("INVALID_URL_PATTERN", {"related_list": name})
        fields = tuple(field for field in request.query_params.get("fields", "").split(",") if field)
        if not fields:
            raise Trouble("REQUIRED_PARAM_MISSING", {"param_name": "fields"})
        module, pointer = lists[name]
        view = self.listing.view(module)
        rows = [] if view is None else self._pointing(view, pointer).get(key, [])
        page, per_page = number(request.query_params, "page", 1), min(number(request.query_params, "per_page", 200), 200)
        shown = rows[(page - 1) * per_page : page * per_page]
        if view is None or not shown:
            return nothing()
        write = self.listing.writer(module, view.table, self.listing.known(module, fields))
        info = {
            "per_page": per_page,
            "count": len(shown),
            "page": page,
            "more_records": page * per_page < len(rows),
            "next_page_token": None,
            "previous_page_token": None,
            "page_token_expiry": None,
            "sort_by": "id",
            "sort_order": "desc",
        }
        return answer_json({"data": msgspec.Raw(b"[" + b",".join(map(write, shown)) + b"]"), "info": info})

    @staticmethod
    def _pointing(view: Any, field: str) -> dict[str, list[int]]:
        """Records of a module by the record that a look-up of theirs points to."""
        if ("pointing", field) not in view.kept:
            found: dict[str, list[int]] = {}
            for version in view.rows.tolist():
                value = view.table.decoded(version).get(field)
                found.setdefault(str(value["id"]) if isinstance(value, dict) else "", []).append(version)
            view.kept["pointing", field] = found
        kept: dict[str, list[int]] = view.kept["pointing", field]
        return kept

    async def watch(self, request: Request) -> Response:
        """`POST /crm/v8/actions/watch`: noted, though nothing is ever sent."""
        asked = msgspec.json.decode(await request.body() or b"{}").get("watch", [])
        if not asked:
            raise Trouble("REQUIRED_PARAM_MISSING", {"param_name": "watch"})
        latest = self.simulation.at + timedelta(days=self.simulation.options.zoho.watch_days)
        for one in asked:
            if one.get("channel_expiry") and datetime.fromisoformat(one["channel_expiry"]) > latest:
                raise Trouble("INVALID_DATA", {"api_name": "channel_expiry", "json_path": "$.watch[0].channel_expiry"})
        done = [
            {
                "code": "SUCCESS",
                "status": "success",
                "message": "Successfully subscribed for actions-watch of the given module",
                "details": {
                    "events": [
                        {
                            "channel_expiry": one.get("channel_expiry"),
                            "resource_uri": str(request.base_url),
                            "channel_id": one.get("channel_id"),
                            "resource_name": event.partition(".")[0],
                        }
                        for event in one.get("events", [])
                    ]
                },
            }
            for one in asked
        ]
        return answer_json({"watch": done}, 201)
