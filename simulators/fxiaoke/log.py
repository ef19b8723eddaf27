"""The audit log of the Fxiaoke tenant: who made, changed, invalidated, deleted and restored what, as the versions tell it.

What to add here: another operation that the log names.
What belongs elsewhere: versions themselves (`records.py`). The shape of an entry is [U]; here it is our own.
"""

from __future__ import annotations

from typing import Any

from simulators.control import Simulation
from simulators.fxiaoke.replies import Trouble
from simulators.records import BEGINNING, INVALID, PERMANENT, RECYCLE, Table

OBJECTS = {
    "1": "LeadsObj",
    "2": "AccountObj",
    "3": "ContactObj",
    "6": "RefundObj",
    "8": "OpportunityObj",
    "9": "InvoiceApplicationObj",
    "11": "SalesOrderObj",
    "12": "ReturnedGoodsInvoiceObj",
    "16": "ContractObj",
    "20": "MarketingEventObj",
}
MADE, CHANGED, INVALIDATED, DELETED, RESTORED = "新建", "编辑", "作废", "删除", "恢复"
SYSTEM = ["-10000"]


def entries(simulation: Simulation, body: dict[str, Any]) -> dict[str, Any]:
    """`/cgi/crm/crmLog/query`: a page of one object's entries, the newest first."""
    data = body.get("data")
    asked = data.get("QueryInfo") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(asked, dict):
        raise Trouble(32000, "NullPointerException: data.QueryInfo")
    name = OBJECTS.get(str(asked.get("FilterMainID")))
    if name is None:
        raise Trouble(32000, "FilterMainID is wrong")
    page, size = max(int(data.get("pageNumber", 1)), 1), min(max(int(data.get("pageSize", 20)), 1), 100)
    table = simulation.records.table("fxiaoke", name)
    found = [] if table is None else _versions(simulation, table)
    shown = [] if table is None else [_entry(table, name, version) for version in found[(page - 1) * size : page * size]]
    return {"data": {"totalCount": len(found), "pageNumber": page, "pageSize": size, "items": shown}}


def _versions(simulation: Simulation, table: Table) -> list[int]:
    """The versions that the log tells of, the newest first."""
    tells = simulation.options.fxiaoke.crm_log_deletions
    begun = [version for version in range(len(table)) if table.at[version] <= simulation.moment]
    kept = [version for version in begun if tells or table.ending[version] not in (RECYCLE, PERMANENT)]
    return sorted(kept, key=lambda version: (-_moment(table, version), -version))


def _moment(table: Table, version: int) -> int:
    at = int(table.at[version])
    return int(table.modified[version]) if at == BEGINNING else at


def _entry(table: Table, name: str, version: int) -> dict[str, Any]:
    row = table.decoded(version)
    return {
        "logId": f"{name}-{version}",
        "operationTime": _moment(table, version) // 1000,
        "operationType": _operation(table, version),
        "operatorId": (row.get("last_modified_by") or row.get("owner") or SYSTEM)[0],
        "objectApiName": name,
        "dataId": table.ids[table.record[version]],
        "dataName": row.get("name"),
    }


def _operation(table: Table, version: int) -> str:
    """What a version did to its record."""
    ending = int(table.ending[version])
    if ending:
        return INVALIDATED if ending == INVALID else DELETED
    if version == 0 or table.record[version - 1] != table.record[version]:
        return MADE
    return RESTORED if table.ending[version - 1] else CHANGED
