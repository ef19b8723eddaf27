"""Rows that no door should let through: made from a sound record by spoiling one thing.

What to add here: a way in which a record is wrong, with what should notice it.
What belongs elsewhere: surprises that are true (`planted.py`); every row here is false and counts nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from simulators.world.clock import DAY, day, epoch_ms, iso, midnight_ms, moment
from simulators.world.planted import Planted

Record: TypeAlias = dict[str, Any]
Files: TypeAlias = dict[str, list[Record]]
Spoil: TypeAlias = Callable[[Record], Record]

OLD = midnight_ms(day(1926, 7, 14))


@dataclass(frozen=True, slots=True)
class Spoilt:
    """One wrong row: where, typed in on which day, the rule that should hold it back, and what is wrong with it."""

    crm: str
    file: str
    object: str
    on: int
    rule: str
    change: Spoil


SPOILT = (
    Spoilt(
        "fxiaoke", "SalesOrderObj", "orders", day(2026, 3, 11), "amount_is_not_negative", lambda r: {"order_amount": "-56500.00"}
    ),
    Spoilt("fxiaoke", "SalesOrderObj", "orders", day(2026, 7, 14), "order_date_is_possible", lambda r: {"order_time": OLD}),
    Spoilt("fxiaoke", "SalesOrderObj", "orders", day(2026, 8, 18), "order_has_a_customer", lambda r: {"account_id": None}),
    Spoilt(
        "fxiaoke", "SalesOrderObj", "orders", day(2026, 10, 20), "every_value_could_be_read", lambda r: {"order_amount": "待定"}
    ),
    Spoilt(
        "fxiaoke",
        "NewOpportunityObj",
        "opportunities",
        day(2026, 9, 8),
        "every_value_could_be_read",
        lambda r: {"amount": "约二十万"},
    ),
    Spoilt("fxiaoke", "PaymentObj", "payments", day(2026, 9, 15), "payment_has_a_date", lambda r: {"payment_time": None}),
    Spoilt(
        "fxiaoke",
        "CheckinsObj",
        "visits",
        day(2026, 8, 27),
        "check_out_follows_check_in",
        lambda r: {"checkout_time": r["checkin_time"] - 1},
    ),
    Spoilt(
        "zoho",
        "Sales_Orders",
        "orders",
        day(2026, 5, 12),
        "total_is_not_negative",
        lambda r: {"Grand_Total": Decimal("-8800.00")},
    ),
    Spoilt("zoho", "Sales_Orders", "orders", day(2026, 8, 6), "order_date_is_possible", lambda r: {"Order_Date": "0206-08-06"}),
    Spoilt("zoho", "Sales_Orders", "orders", day(2026, 9, 22), "order_has_a_customer", lambda r: {"Account_Name": None}),
    Spoilt("zoho", "Sales_Orders", "orders", day(2026, 10, 13), "exchange_rate_is_positive", lambda r: {"Exchange_Rate": 0}),
    Spoilt(
        "zoho", "Deals", "opportunities", day(2026, 9, 3), "every_value_could_be_read", lambda r: {"Closing_Date": "2026-02-30"}
    ),
    Spoilt("zoho", "Invoices", "invoices", day(2026, 8, 12), "due_date_is_possible", lambda r: {"Due_Date": "0226-08-12"}),
    Spoilt(
        "zoho",
        "Events",
        "visits",
        day(2026, 7, 29),
        "visit_ends_after_it_starts",
        lambda r: {"End_DateTime": iso(moment(day(2026, 7, 1), 9))},
    ),
)
# What a copy must not share with the record it was copied from.
OWN = {
    "SalesOrderObj": {"new_opportunity_id": None, "name": "SO-X{:03}"},
    "PaymentObj": {"order_id": "", "name": "HK-X{:03}"},
    "Sales_Orders": {"Deal_Name": None, "SO_Number": "BC-X{:03}"},
    "Invoices": {"Invoice_Number": "INV-X{:03}"},
}


def spoil(files: dict[str, Files]) -> list[Planted]:
    """Add the spoilt rows to the files, each a copy of a sound record of about that time, and say where they are."""
    found = []
    for place, wrong in enumerate(SPOILT, start=1):
        rows, noon = files[wrong.crm][wrong.file], iso(moment(wrong.on, 12))
        sound = max(
            (row for row in rows if "$deleted" not in row and row["$at"] < noon), key=lambda row: row["$at"], default=None
        )
        if sound is None:
            continue
        at = moment(wrong.on, 11, 7, place)
        own = {name: value.format(place) if value else value for name, value in OWN.get(wrong.file, {}).items()}
        row = sound | _stamped(wrong.crm, place, at) | own
        row |= wrong.change(row)
        rows.append({key: value for key, value in row.items() if value is not None or wrong.crm == "zoho"})
        found.append(
            Planted("spoilt_row", wrong.crm, wrong.object, row["_id" if wrong.crm == "fxiaoke" else "id"], at, wrong.rule)
        )
    return found


def _stamped(crm: str, place: int, at: int) -> Record:
    """A new record's own id and times."""
    if crm == "zoho":
        return {"$at": iso(at), "id": f"543700009{place:010}", "Created_Time": iso(at), "Modified_Time": iso(at)}
    seconds = at - 719_163 * DAY - 28_800
    return {
        "$at": iso(at),
        "_id": f"{seconds:08x}ff{place:014x}",
        "create_time": epoch_ms(at),
        "last_modified_time": epoch_ms(at),
        "version": "1",
    }
