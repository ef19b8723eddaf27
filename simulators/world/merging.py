"""What a CRM does when two of its customers are merged: everything of the loser is pointed at the winner, at one moment.

What to add here: an object that refers to a customer.
What belongs elsewhere: which customers are merged (`planted.py`).
"""

from __future__ import annotations

from typing import Any

from simulators.world.clock import epoch_ms, iso
from simulators.world.dirty import Files, Record
from simulators.world.planted import Merge

REFERENCES = {
    "fxiaoke": {
        "ContactObj": "account_id",
        "NewOpportunityObj": "account_id",
        "SalesOrderObj": "account_id",
        "PaymentPlanObj": "account_id",
        "PaymentObj": "account_id",
        "ReturnedGoodsInvoiceObj": "account_id",
        "CheckinsObj": "customer_id",
    },
    "zoho": {
        "Contacts": "Account_Name",
        "Deals": "Account_Name",
        "Sales_Orders": "Account_Name",
        "Invoices": "Account_Name",
        "Events": "What_Id",
    },
}


def repoint(files: dict[str, Files], merges: list[Merge]) -> None:
    """Give every record of a loser a version that names the winner, and let later ones name the winner from the start."""
    for merge in merges:
        winner: Any = merge.winner.account_id
        if merge.crm == "zoho":
            winner = {"name": merge.winner.name, "id": merge.winner.account_id}
        key = "_id" if merge.crm == "fxiaoke" else "id"
        for name, field in REFERENCES[merge.crm].items():
            files[merge.crm][name] += _repointed(files[merge.crm][name], field, key, merge, winner)


def _repointed(rows: list[Record], field: str, key: str, merge: Merge, winner: object) -> list[Record]:
    """The new versions; rows written after the merge are changed in place."""
    at = iso(merge.at)
    standing: dict[str, Record] = {}
    for row in rows:
        held = row.get(field)
        loses = (held["id"] if isinstance(held, dict) else held) == merge.loser.account_id
        if row["$at"] > at:
            if loses:
                row[field] = winner
        elif "$deleted" in row:
            standing.pop(row[key], None)
        elif loses:
            standing[row[key]] = row
    stamp: Record = {"$at": at, field: winner}
    if merge.crm == "zoho":
        return [row | stamp | {"Modified_Time": at} for row in standing.values()]
    return [
        row | stamp | {"last_modified_time": epoch_ms(merge.at), "version": str(int(row["version"]) + 1)}
        for row in standing.values()
    ]
