"""Orders that are amended, cancelled, delivered, billed, paid and refunded: what commission events must tell of each.

What to add here: the records of another way in which an order moves; keep orders of cases apart.
What belongs elsewhere: what must come out (`test_commission_facts.py`), receivables and metrics (`worked_cases.py`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.dbt_project.fixtures import Lake

D = Decimal
on = date.fromisoformat
at = datetime.fromisoformat
FIRST, SECOND = at("2026-05-31 18:00"), at("2026-06-15 18:00")


def commission_facts() -> Lake:
    """Two nights' pulls as of 2026-06-30."""
    lake = Lake(as_of=on("2026-06-30"), known_at=at("2026-06-30 18:00"), pulled_at=FIRST)
    person = {"role": "销售代表", "region": "华东", "hire_date": on("2020-01-01"), "valid_from": on("2020-01-01")}
    lake.decide("employees", "E1", employee_no="E1", name="甲", department_id="D1", fxiaoke_user_id="FU1", **person)
    lake.decide("employees", "E2", employee_no="E2", name="乙", department_id="D1", fxiaoke_user_id="FU2", **person)
    lake.decide("employees", "E3", employee_no="E3", name="丙", department_id="D2", zoho_user_id="ZU3", **person)
    lake.decide("tax_rates", "vat", tax_code="vat", rate=D("0.13"), valid_from=on("2019-04-01"))
    lake.add("fxiaoke", "accounts", "fa1", account_name="甲客户", owner_id="FU1", life_status="normal")
    lake.add("zoho", "accounts", "za1", account_name="乙客户", owner_id="ZU3")
    _changed_orders(lake)
    _paid_by_instalment(lake)
    _delivered(lake)
    return lake


def _fxiaoke_order(lake: Lake, key: str, day: str, changed: str, amount: int, **more: object) -> None:
    said = {"owner_id": "FU1", "life_status": "normal", "pulled_at": FIRST, "order_no": key} | more
    lake.add(
        "fxiaoke",
        "orders",
        key,
        account_id="fa1",
        order_date=on(day),
        order_amount=D(amount),
        created_at=at(f"{day} 02:00"),
        modified_at=at(f"{changed} 02:00"),
        **said,
    )


def _changed_orders(lake: Lake) -> None:
    """Doubled and handed on in June; cancelled in June; backdated to May but first seen in June; returned in part."""
    _fxiaoke_order(lake, "doubled", "2026-03-01", "2026-03-01", 1130)
    _fxiaoke_order(lake, "doubled", "2026-03-01", "2026-06-10", 2260, pulled_at=SECOND, owner_id="FU2")
    _fxiaoke_order(lake, "cancelled", "2026-03-05", "2026-03-05", 1130)
    _fxiaoke_order(lake, "cancelled", "2026-03-05", "2026-06-12", 1130, pulled_at=SECOND, life_status="invalid")
    _fxiaoke_order(lake, "backdated", "2026-05-01", "2026-06-14", 1130, pulled_at=SECOND)
    _fxiaoke_order(lake, "returned", "2024-01-10", "2024-01-10", 1130)
    lake.add(
        "fxiaoke",
        "returns",
        "r1",
        account_id="fa1",
        order_id="returned",
        owner_id="FU1",
        life_status="normal",
        return_amount=D(339),
        return_date=on("2026-04-02"),
    )


def _zoho_order(lake: Lake, key: str, day: str, net: int) -> None:
    lake.add(
        "zoho",
        "orders",
        key,
        order_no=key,
        account_id="za1",
        owner_id="ZU3",
        status="Approved",
        order_date=on(day),
        sub_total=D(net),
        discount=D(0),
        tax=D(net) * D("0.13"),
        adjustment=D(0),
        grand_total=D(net) * D("1.13"),
        currency_code="CNY",
        created_at=at(f"{day} 02:00"),
        modified_at=at(f"{day} 02:00"),
    )


def _paid_by_instalment(lake: Lake) -> None:
    """Billed in two instalments; one payment over both, a part of it refunded, some cash that settles nothing, a red letter."""
    _zoho_order(lake, "billed", "2026-03-01", 100000)
    entry = {"crm": "zoho", "account_id": "za1", "currency_code": "CNY", "booked_at": at("2026-03-02 02:00")}
    for number, due in ((1, "2026-04-01"), (2, "2026-05-01")):
        lake.decide(
            "ar_ledger",
            f"I{number}",
            entry_id=f"I{number}",
            entry_type="invoice",
            invoice_no="INV1",
            instalment_no=number,
            order_no="billed",
            invoice_date=on("2026-03-02"),
            due_date=on(due),
            entry_date=on("2026-03-02"),
            amount=D(56500),
            **entry,
        )
    lake.decide(
        "ar_ledger",
        "N1",
        entry_id="N1",
        entry_type="credit_note",
        invoice_no="INV1",
        entry_date=on("2026-06-01"),
        amount=D(11300),
        **{**entry, "booked_at": at("2026-06-01 02:00")},
    )
    for receipt, day, amount in (("R1", "2026-05-11", 100000), ("R2", "2026-05-20", -43500), ("R3", "2026-05-21", 500)):
        booked = at(f"{day} 02:00")
        lake.decide(
            "cash_receipts",
            receipt,
            receipt_id=receipt,
            crm="zoho",
            account_id="za1",
            bank_value_date=on(day),
            posting_date=on(day),
            amount=D(amount),
            currency_code="CNY",
            method="wire",
            booked_at=booked,
        )
        if receipt != "R3":
            lake.decide(
                "cash_allocations",
                f"A{receipt}",
                allocation_id=f"A{receipt}",
                receipt_id=receipt,
                invoice_no="INV1",
                amount=D(amount),
                allocated_on=on(day),
                booked_at=booked,
            )


def _delivered(lake: Lake) -> None:
    """Two products delivered in three parts, one of them getting dearer in between; one is sold a quarter under its floor.

    One is a subscription: of a year when it is sold, of half a year from May on.
    """
    year = {"variant_of": "P0", "tags": "样品", "subscription_months": 12, "valid_to": on("2026-04-30")}
    half = {**year, "subscription_months": 6, "valid_from": on("2026-05-01"), "valid_to": None}
    for code, line, more in (("P1", "液压", year), ("P1", "液压", half), ("P2", "密封", {"category": "圈"})):
        lake.decide(
            "products",
            f"{code}|{more.get('subscription_months')}",
            product_code=code,
            name=code,
            product_line=line,
            zoho_product_id=f"z{code}",
            list_price=D(100),
            **more,
        )
    _zoho_order(lake, "delivered", "2026-04-01", 1000)
    for code, quantity, total in (("P1", 10, 600), ("P2", 5, 400)):
        lake.add(
            "zoho",
            "order_lines",
            f"l{code}",
            order_id="delivered",
            product_id=f"z{code}",
            quantity=D(quantity),
            list_price=D(100),
            total=D(total),
            discount=D(0),
        )
    lake.decide("price_floor", "P1", product_code="P1", floor_price=D(80), currency_code="CNY")
    dearer = on("2026-05-01")
    for code, cost, start, end in (
        ("P1", 40, on("2026-01-01"), dearer - timedelta(days=1)),
        ("P1", 45, dearer, None),
        ("P2", 50, on("2026-01-01"), None),
    ):
        lake.decide(
            "cost_table",
            f"{code}|{start}",
            product_code=code,
            unit_cost=D(cost),
            currency_code="CNY",
            valid_from=start,
            valid_to=end,
        )
    for delivery, code, quantity, day in (
        ("D1", "P1", 4, "2026-04-10"),
        ("D2", "P1", 6, "2026-05-10"),
        ("D3", "P2", None, "2026-05-10"),
    ):
        lake.decide(
            "deliveries",
            delivery,
            delivery_id=delivery,
            crm="zoho",
            order_no="delivered",
            product_code=code,
            quantity=None if quantity is None else D(quantity),
            delivery_date=on(day),
        )
    lake.decide(
        "customer_classes", "za1", crm="zoho", account_id="za1", customer_tier="A", tags="内部", valid_from=on("2026-03-15")
    )
