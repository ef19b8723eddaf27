"""Who loads: this connector as it comes, plain loops, the official SDK; each returns how many rows it brought.

What to add here: a contestant (`CONTESTANTS`). dlt runs in an environment of its own (`with_dlt.py`).
What belongs elsewhere: what is measured and how (`__main__.py`), whether what lands is right (`tests/connectors`).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import requests
import zstandard

from connectors import fxiaoke, zoho
from connectors.client import Connection, Manners
from connectors.lake import Lake, extract
from simulators.server import CREDENTIALS

SDK = "benchmarks.extract.with_sdk"
AT_ONCE = {"deals": 8, "orders": 32}  # calls that both connectors have under way, as they come
FIELDS = (
    "Deal_Name,Amount,Stage,Probability,Closing_Date,Type,Lead_Source,Currency,Exchange_Rate,Owner,Account_Name,"
    "Created_Time,Modified_Time"
)


@dataclass(frozen=True, slots=True)
class Load:
    """What is loaded from where: about the first `most` rows, which are those that changed before `until`."""

    url: str
    folder: Path
    most: int
    until: datetime


def to_zoho(url: str, **settings: Any) -> zoho.ZohoConnection:
    """Our connection to the simulated organisation."""
    secrets = {name: CREDENTIALS["zoho"][name] for name in ("client_id", "client_secret", "refresh_token")}
    return zoho.connect(zoho.ZohoSettings(**secrets, accounts_url=url, api_url=url, settle=timedelta(0), **settings))


def to_fxiaoke(url: str, **settings: Any) -> fxiaoke.FxiaokeConnection:
    """Our connection to the simulated tenant."""
    names = ("app_id", "app_secret", "permanent_code", "open_user_id", "user_id")
    secrets = {name: CREDENTIALS["fxiaoke"][name] for name in names}
    return fxiaoke.connect(fxiaoke.FxiaokeSettings(**secrets, base_url=url, settle=timedelta(0), **settings))


def landed(connection: Connection, name: str, load: Load) -> int:
    """Extract one object into a new lake."""
    (obj,) = (obj for obj in connection.objects if obj.name == name)
    return extract(connection, Lake(str(load.folder)), obj, known_at=load.until, run_id="benchmark").versions


def ours_bulk(load: Load) -> int:
    """This connector as it comes."""
    return landed(to_zoho(load.url), "opportunities", load)


def ours_pages(load: Load) -> int:
    """This connector without Bulk Read."""
    return landed(to_zoho(load.url, bulk_from=None), "opportunities", load)


def ours_orders(load: Load) -> int:
    """This connector, asked not to count calls."""
    return landed(to_fxiaoke(load.url, manners=Manners(concurrency=AT_ONCE["orders"])), "orders", load)


def ours_orders_limited(load: Load) -> int:
    """This connector as it comes, under the documented 100 calls in 20 s."""
    return landed(to_fxiaoke(load.url), "orders", load)


def zoho_login(url: str, http: requests.Session) -> None:
    """A token for the plain loops."""
    secrets = {name: CREDENTIALS["zoho"][name] for name in ("client_id", "client_secret", "refresh_token")}
    token = http.post(f"{url}/oauth/v2/token", data={"grant_type": "refresh_token", **secrets}, timeout=60).json()["access_token"]
    http.headers["Authorization"] = f"Zoho-oauthtoken {token}"


def plain_deals(load: Load) -> int:
    """requests, one page after the other by page token, rows as NDJSON: no checks, no types, no proof."""
    rows, token = 0, None
    with requests.Session() as http, zstandard.open(load.folder / "rows.zst", "wb") as out:
        zoho_login(load.url, http)
        while True:
            params = {"fields": FIELDS, "per_page": 200, "sort_by": "Modified_Time", "sort_order": "asc"}
            answer = http.get(
                f"{load.url}/crm/v8/Deals", params={**params, **({"page_token": token} if token else {})}, timeout=60
            )
            said = msgspec.json.decode(answer.content)
            out.write(b"\n".join(map(msgspec.json.encode, said["data"])) + b"\n")
            rows += len(said["data"])
            token = said["info"]["next_page_token"]
            if rows >= load.most or not said["info"]["more_records"]:
                return rows


def plain_orders(load: Load) -> int:
    """requests, one page after the other by `_id`, rows as NDJSON: no checks, no types, no proof."""
    rows, last = 0, ""
    names = {"app_id": "appId", "app_secret": "appSecret", "permanent_code": "permanentCode"}
    with requests.Session() as http, zstandard.open(load.folder / "rows.zst", "wb") as out:
        body = {theirs: CREDENTIALS["fxiaoke"][name] for name, theirs in names.items()}
        said = http.post(f"{load.url}/cgi/corpAccessToken/get/V2", json=body, params={"thirdTraceId": "b"}, timeout=60).json()
        login = {key: said[key] for key in ("corpAccessToken", "corpId")}
        login["currentOpenUserId"] = CREDENTIALS["fxiaoke"]["open_user_id"]
        while True:
            behind = [{"field_name": "_id", "field_values": [last], "operator": "GT"}] if last else []
            search = {"limit": 100, "offset": 0, "filters": behind, "orders": [{"fieldName": "_id", "isAsc": True}]}
            data = {"dataObjectApiName": "SalesOrderObj", "find_explicit_total_num": False, "search_query_info": search}
            answer = http.post(
                f"{load.url}/cgi/crm/v2/data/query", json={**login, "data": data}, params={"thirdTraceId": "b"}, timeout=60
            )
            found = msgspec.json.decode(answer.content)["data"]["dataList"]
            if not found:
                return rows
            out.write(b"\n".join(map(msgspec.json.encode, found)) + b"\n")
            rows, last = rows + len(found), found[-1]["_id"]
            if rows >= load.most:
                return rows


def import_all(name: str) -> None:
    """Import what a contestant imports on its way, so that its time is that of a load."""
    if name.startswith("sdk"):
        importlib.import_module(SDK)
    else:
        pa.array([""])  # imports pandas, where that is installed


def sdk_deals(load: Load) -> int:
    """The official SDK, one page after the other by page token, rows only counted."""
    return importlib.import_module(SDK).read_deals(load.url, load.folder, FIELDS, load.most)


CONTESTANTS: dict[str, Callable[[Load], int]] = {
    "ours, bulk": ours_bulk,
    "ours, pages": ours_pages,
    "ours, orders": ours_orders,
    "ours, limited": ours_orders_limited,
    "plain, deals": plain_deals,
    "plain, orders": plain_orders,
    "sdk, deals": sdk_deals,
}
