"""Rows that no door should let through: made from a sound record by spoiling one thing.

What to add here: a way in which a record is wrong, with what should notice it.
What belongs elsewhere: surprises that are true (`planted.py`); every row here is false and counts nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from simulators.world.clock import DAY, day, epoch_ms, iso, midnight_ms, moment
from simulators.world.planted import Planted

Record: TypeAlias = dict[str, Any]
Files: TypeAlias = dict[str, list[Record]]
Spoil: TypeAlias = Callable[[Record], Record]

# crm, file, our object, day on which it is typed in, rule that should catch it, what is spoilt
SPOILT: tuple[tuple[str, str, str, int, str, Spoil], ...] = (
    ("fxiaoke", "SalesOrderObj", "orders", day(2026, 3, 11), "amount_not_negative", lambda r: {"order_amount": "-56500.00"}),
    (
        "fxiaoke",
        "SalesOrderObj",
        "orders",
        day(2026, 7, 14),
        "order_date_plausible",
        lambda r: {"order_time": midnight_ms(day(2062, 7, 14))},
    ),
    ("fxiaoke", "SalesOrderObj", "orders", day(2026, 8, 18), "account_present", lambda r: {"account_id": None}),
    ("fxiaoke", "SalesOrderObj", "orders", day(2026, 10, 20), "amount_parses", lambda r: {"order_amount": "待定"}),
    ("fxiaoke", "NewOpportunityObj", "opportunities", day(2026, 9, 8), "amount_parses", lambda r: {"amount": "约二十万"}),
    (
        "fxiaoke",
        "PaymentObj",
        "payments",
        day(2026, 9, 15),
        "amount_positive",
        lambda r: {"payment_amount": "0.00", "order_id": ""},
    ),
    (
        "fxiaoke",
        "CheckinsObj",
        "visits",
        day(2026, 8, 27),
        "checkout_after_checkin",
        lambda r: {"checkout_time": r["checkin_time"] - 5_400_000},
    ),
    (
        "zoho",
        "Sales_Orders",
        "orders",
        day(2026, 5, 12),
        "grand_total_not_negative",
        lambda r: {"Grand_Total": Decimal("-8800.00")},
    ),
    ("zoho", "Sales_Orders", "orders", day(2026, 8, 6), "order_date_plausible", lambda r: {"Order_Date": "0206-08-06"}),
    ("zoho", "Sales_Orders", "orders", day(2026, 9, 22), "account_present", lambda r: {"Account_Name": None}),
    (
        "zoho",
        "Sales_Orders",
        "orders",
        day(2026, 10, 13),
        "totals_add_up",
        lambda r: {"Grand_Total": r["Grand_Total"] + Decimal("1000.00")},
    ),
    ("zoho", "Deals", "opportunities", day(2026, 9, 3), "close_date_parses", lambda r: {"Closing_Date": "2026-02-30"}),
    ("zoho", "Invoices", "invoices", day(2026, 8, 12), "due_on_or_after_invoice", lambda r: {"Due_Date": "2025-08-12"}),
    (
        "zoho",
        "Events",
        "visits",
        day(2026, 7, 29),
        "ends_after_start",
        lambda r: {"End_DateTime": iso(moment(day(2026, 7, 28), 9))},
    ),
)


def spoil(files: dict[str, Files]) -> list[Planted]:
    """Add the spoilt rows to the files, each a copy of a sound record of about that time, and say where they are."""
    found = []
    for place, (crm, file, name, on, rule, change) in enumerate(SPOILT, start=1):
        rows = files[crm].get(file, [])
        before = [row for row in rows if "$deleted" not in row and row["$at"] < iso(moment(on, 12))]
        if not before:
            continue
        at = moment(on, 11, 7, place)
        row = before[-1] | _stamped(crm, place, at)
        row |= change(row)
        rows.append({key: value for key, value in row.items() if value is not None or crm == "zoho"})
        found.append(Planted("spoilt_row", crm, name, row["_id" if crm == "fxiaoke" else "id"], at, rule))
    return found


def _stamped(crm: str, place: int, at: int) -> Record:
    """A new record's own id and times."""
    if crm == "zoho":
        return {
            "$at": iso(at),
            "id": f"543700009{place:010}",
            "Created_Time": iso(at),
            "Modified_Time": iso(at),
            "Deal_Name": None,
            "SO_Number": f"BC-X{place:03}",
            "Invoice_Number": f"INV-X{place:03}",
        }
    seconds = at - 719_163 * DAY - 28_800
    return {
        "$at": iso(at),
        "_id": f"{seconds:08x}ff{place:014x}",
        "create_time": epoch_ms(at),
        "last_modified_time": epoch_ms(at),
        "version": "1",
        "new_opportunity_id": None,
    }
