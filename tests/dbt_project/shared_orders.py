"""Orders that several people share, in the last quarter of 2024 and so apart from the other worked cases.

What to add here: another way to share an order.
What belongs elsewhere: what must come out (`test_shared_orders.py`), other cases (`worked_cases.py`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.dbt_project.fixtures import Lake

D = Decimal
on = date.fromisoformat


def shared_orders(lake: Lake) -> None:
    """An order of two and an overlay, its shares changed in December; one with an overlay alone; one shared after signing."""
    for number, name, department, region, until in (
        ("E3", "丙", "D1", "华东", None), ("E4", "丁", "D2", "华北", None), ("E5", "戊", "D2", "华北", on("2024-12-31")),
    ):
        lake.decide(
            "employees", f"{number}|2020", employee_no=number, name=name, department_id=department, region=region,
            role="销售代表", hire_date=on("2020-01-01"), fxiaoke_user_id=f"FU{number[1]}", valid_from=on("2020-01-01"),
            valid_to=until,
        )
    lake.decide(
        "employees", "E5|2025", employee_no="E5", name="戊", department_id="D1", region="华东", role="销售代表",
        hire_date=on("2020-01-01"), fxiaoke_user_id="FU5", valid_from=on("2025-01-01"),
    )
    lake.add("fxiaoke", "accounts", "fa5", account_name="分成样例公司", owner_id="FU3", life_status="normal")
    whose = {"account_id": "fa5", "owner_id": "FU3", "life_status": "normal"}
    for key, number, day, amount in (
        ("fo10", "SO10", on("2024-10-10"), "1130"),
        ("fo11", "SO11", on("2024-11-11"), "3390"),
        ("fo12", "SO12", on("2024-11-12"), "113.01"),
    ):
        lake.add("fxiaoke", "orders", key, order_no=number, order_date=day, order_amount=D(amount), **whose)
    for number, person, share, is_overlay, start, end in (
        ("SO10", "E3", "0.7", False, "2024-10-01", "2024-11-30"),
        ("SO10", "E4", "0.3", False, "2024-10-01", "2024-11-30"),
        ("SO10", "E3", "0.5", False, "2024-12-01", None),
        ("SO10", "E4", "0.5", False, "2024-12-01", None),
        ("SO10", "E5", "0.5", True, "2024-10-01", None),
        ("SO11", "E5", "0.4", True, "2024-11-01", None),
        ("SO12", "E3", "0.333333", False, "2024-11-15", None),
        ("SO12", "E4", "0.333333", False, "2024-11-15", None),
        ("SO12", "E5", "0.333334", False, "2024-11-15", None),
    ):
        lake.decide(
            "deal_splits", f"{number}|{person}|{start}", crm="fxiaoke", order_no=number, employee_no=person, share=D(share),
            is_overlay=is_overlay, decided_on=on(start), valid_from=on(start), valid_to=on(end) if end else None,
        )
    lake.add("fxiaoke", "returns", "fr10", order_id="fo10", return_amount=D(113), return_date=on("2024-12-05"), **whose)
    for key, order, day, amount in (
        ("fp11", "fo10", "2024-11-05", "565"), ("fp12", "fo12", "2024-11-20", "113.01"),
        ("fp13", "fo10", "2024-12-10", "-56.5"), ("fp14", "fo10", "2024-12-12", "113"),
    ):
        lake.add("fxiaoke", "payments", key, payment_amount=D(amount), payment_date=on(day), payment_term="4", **whose)
        lake.add(
            "fxiaoke", "payment_lines", f"{key}l", payment_id=key, order_id=order, payment_amount=D(amount), payment_date=on(day),
            life_status="normal",
        )
    for entry, kind, day, amount in (("L10", "invoice", "2024-11-01", "1130"), ("L11", "credit_note", "2024-12-15", "113")):
        lake.decide(
            "ar_ledger", entry, entry_id=entry, entry_type=kind, crm="fxiaoke", account_id="fa5", order_no="SO10",
            invoice_no="INV10", instalment_no=1, invoice_date=on("2024-11-01"), due_date=on("2024-11-30"), entry_date=on(day),
            amount=D(amount), currency_code="CNY",
        )
