"""A small folder of records, and callers of both simulators over it.

What to add here: a record or a call that several tests need.
What belongs elsewhere: records of one test alone, which it puts itself; fixtures (`conftest.py`).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from simulators.server import CREDENTIALS

AT = datetime(2026, 3, 1, tzinfo=UTC)
LI = {"name": "Li Wei", "id": "4000000000000000901", "email": "li@company.example"}
WANG = "FSUID_0000000000000000000000000000AAAA"


def deal(number: int, **more: Any) -> dict[str, Any]:
    """The n-th deal, made and last changed on the n-th minute of 2026."""
    stamp = f"2026-01-01T{number // 60:02d}:{number % 60:02d}:00+08:00"
    return {
        "id": f"40000000000000{number:05d}",
        "Deal_Name": f"Deal {number}",
        "Stage": "Qualification",
        "Amount": 1000.5 + number,
        "Account_Name": {"name": "Acme", "id": "4000000000000000801"},
        "Owner": LI,
        "Probability": 10,
        "Closing_Date": "2026-05-17",
        "Created_Time": stamp,
        "Modified_Time": stamp,
    } | more


def order(number: int, **more: Any) -> dict[str, Any]:
    """The n-th order of the Fxiaoke tenant."""
    return {
        "_id": f"65aa{number:020x}",
        "name": f"SO-{number}",
        "account_id": "65bb00000000000000000001",
        "owner": [WANG],
        "order_time": 1767196800000,
        "order_amount": "100.00",
        "life_status": "normal",
        "create_time": 1767225600000 + number * 1000,
        "last_modified_time": 1767225600000 + number * 1000,
    } | more


ZOHO: dict[str, list[dict[str, Any]]] = {
    "Deals": [
        *(deal(number) for number in range(1, 6)),
        {"$at": "2026-02-01T00:00:00+08:00"}
        | deal(2, Stage="Closed Won", Probability=100, Modified_Time="2026-02-01T00:00:00+08:00"),
        {"$at": "2026-02-02T00:00:00+08:00", "$deleted": "recycle", "id": deal(3)["id"]},
        {"$at": "2026-02-03T00:00:00+08:00", "$deleted": "permanent", "id": deal(4)["id"]},
    ],
    "Accounts": [{"id": "4000000000000000801", "Account_Name": "Acme", "Modified_Time": "2026-01-01T00:00:00+08:00"}],
    "Leads": [
        {"id": "4000000000000000701", "Last_Name": "Open", "Converted__s": False, "Modified_Time": "2026-01-01T00:00:00+08:00"},
        {"id": "4000000000000000702", "Last_Name": "Done", "Converted__s": True, "Modified_Time": "2026-01-01T00:00:00+08:00"},
    ],
    "Sales_Orders": [{"id": "4000000000000000601", "Subject": "Order", "Modified_Time": "2026-01-01T00:00:00+08:00"}],
    "Ordered_Items": [
        {
            "id": "4000000000000000602",
            "Parent_Id": {"name": "Order", "id": "4000000000000000601"},
            "Quantity": 2,
            "Modified_Time": "2026-01-01T00:00:00+08:00",
        },
    ],
    "Products": [],
    "Users": [
        {
            "id": LI["id"],
            "full_name": "Li Wei",
            "email": LI["email"],
            "status": "active",
            "created_time": "2020-01-01T00:00:00+08:00",
        },
        {"id": "4000000000000000902", "full_name": "Gone", "status": "deleted", "created_time": "2020-01-01T00:00:00+08:00"},
    ],
}
VIEWS = {"Deals": [{"id": "4000000000000000501", "name": "Won", "criteria": "(Stage:equals:Closed Won)"}]}
FXIAOKE: dict[str, list[dict[str, Any]]] = {
    "SalesOrderObj": [
        *(order(number) for number in range(1, 5)),
        {"$at": "2026-02-01T00:00:00+08:00", "$deleted": "invalid", "_id": order(2)["_id"]},
        {"$at": "2026-02-02T00:00:00+08:00", "$deleted": "permanent", "_id": order(3)["_id"]},
    ],
    "AccountObj": [
        {
            "_id": "65bb00000000000000000001",
            "name": "远大机械",
            "tel": None,
            "owner": [WANG],
            "create_time": 1767196800000,
            "last_modified_time": 1767196800000,
        }
    ],
    "_staff": [
        {
            "openUserId": WANG,
            "name": "王芳",
            "mobile": "13900000001",
            "email": "wang@company.example",
            "mainDepartmentId": 1001,
            "departmentIds": [1001],
            "employeeNumber": "E1",
            "isStop": False,
        }
    ],
    "_departments": [{"id": 1001, "name": "一部", "parentId": 0}],
}


def write(folder: Path, crm: str, modules: dict[str, list[dict[str, Any]]]) -> None:
    """Lay records into a folder as simulators read them."""
    (folder / crm).mkdir(parents=True, exist_ok=True)
    for name, rows in modules.items():
        (folder / crm / f"{name}.ndjson").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


class ZohoCaller:
    """A caller of the Zoho simulator who has a token."""

    def __init__(self, url: str) -> None:
        self.url, self.http = url, requests.Session()
        self.login()

    def login(self) -> None:
        """Get a new access token."""
        answer = self.http.post(
            f"{self.url}/oauth/v2/token", data={"grant_type": "refresh_token", **CREDENTIALS["zoho"]}, timeout=10
        )
        self.http.headers["Authorization"] = f"Zoho-oauthtoken {answer.json()['access_token']}"

    def get(self, path: str, since: str | None = None, **params: Any) -> requests.Response:
        """GET below /crm/v8."""
        headers = {} if since is None else {"If-Modified-Since": since}
        return self.http.get(f"{self.url}/crm/v8{path}", params=params, headers=headers, timeout=10)

    def ids(self, path: str, **params: Any) -> list[str]:
        """The last two digits of the ids a list call returns."""
        answer = self.get(path, **params)
        return [row["id"][-2:] for row in answer.json()["data"]] if answer.status_code == requests.codes.ok else []

    def coql(self, query: str) -> requests.Response:
        """A COQL query."""
        return self.http.post(f"{self.url}/crm/v8/coql", json={"select_query": query}, timeout=10)


class FxiaokeCaller:
    """A caller of the Fxiaoke simulator, legacy style."""

    def __init__(self, url: str) -> None:
        self.url, self.http, self.known = url, requests.Session(), CREDENTIALS["fxiaoke"]
        self.secrets = {
            "appId": self.known["app_id"],
            "appSecret": self.known["app_secret"],
            "permanentCode": self.known["permanent_code"],
        }
        self.login()

    def login(self) -> None:
        """Get the token."""
        token = self.raw("/cgi/corpAccessToken/get/V2", self.secrets)["corpAccessToken"]
        self.auth = {"corpAccessToken": token, "corpId": self.known["corp_id"], "currentOpenUserId": self.known["open_user_id"]}

    def raw(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        """POST exactly this, without the trace id in the answer."""
        answer: dict[str, Any] = self.http.post(f"{self.url}{path}?thirdTraceId=1", json=body, headers=headers, timeout=10).json()
        answer.pop("traceId", None)
        return answer

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST with the caller's identity."""
        return self.raw(path, {**self.auth, **body})

    def query(self, name: str = "SalesOrderObj", top: dict[str, Any] | None = None, **search: Any) -> dict[str, Any]:
        """A query of the preset path."""
        info = {"limit": 100, "offset": 0, "filters": [], "orders": [{"fieldName": "_id", "isAsc": True}], **search}
        return self.post(
            "/cgi/crm/v2/data/query", {**(top or {}), "data": {"dataObjectApiName": name, "search_query_info": info}}
        )

    def names(self, **search: Any) -> list[str]:
        """Names of the orders a query finds."""
        return [row["name"] for row in self.query(**search)["data"]["dataList"]]
