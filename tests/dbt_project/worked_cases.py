"""A small company as of 2025-06-30, its figures worked out by hand: the four invoices of D3, the part payments of E2, and edges.

What to add here: the records of another worked case; keep customers, orders and people of cases apart.
What belongs elsewhere: what must come out (`test_worked_cases.py`), orders of several people (`shared_orders.py`),
customers of years before (`customers_over_time.py`), a tenant's own words (`own_words.py`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from commission.plan import load_plan_text, plan_rows
from tests.dbt_project.customers_over_time import (
    customers_next_door,
    customers_of_a_group,
    customers_that_cost,
    customers_under_contract,
    customers_with_terms,
    gates_and_rivals,
)
from tests.dbt_project.edge_cases import edge_cases
from tests.dbt_project.fixtures import Lake, text_field
from tests.dbt_project.own_words import own_words
from tests.dbt_project.shared_orders import shared_orders

D = Decimal
on = date.fromisoformat
at = datetime.fromisoformat  # UTC without a zone, as the lake keeps moments
AS_OF = on("2025-06-30")
KNOWN_AT = at("2025-06-30 18:00")
FIRST_NIGHT = KNOWN_AT - timedelta(days=30)
TOMORROW = KNOWN_AT + timedelta(days=1)
CASH_PLAN = """
plan: cash
version: 1
title: 回款提成
valid: {from: 2025-01-01, to: 2025-12-31}
currency: CNY
approved_by: [{role: finance, id: E901, at: 2024-12-20}]
components: [{id: c, name_zh: 回款提成, event: cash_applied, accumulate: year, rate: {kind: flat, rate: 0.032}}]
"""


def worked_cases() -> Lake:
    """All cases in one lake."""
    lake = Lake(as_of=AS_OF, known_at=KNOWN_AT, pulled_at=FIRST_NIGHT)
    lake.custom["zoho", "accounts"] = (text_field("uscc"),)
    _company(lake)
    _people_of_both_crms(lake)
    _four_invoices(lake)
    _part_payments(lake)
    _owners_and_versions(lake)
    _opportunities_and_visits(lake)
    shared_orders(lake)
    edge_cases(lake)
    gates_and_rivals(lake)
    customers_next_door(lake)
    customers_with_terms(lake)
    customers_that_cost(lake)
    customers_of_a_group(lake)
    customers_under_contract(lake)
    own_words(lake)
    return lake


def _company(lake: Lake) -> None:
    person = {"role": "销售代表", "region": "华东", "hire_date": on("2020-01-01"), "valid_from": on("2020-01-01")}
    lake.decide("employees", "E1|2020", employee_no="E1", name="甲", department_id="D1", fxiaoke_user_id="FU1", **person)
    lake.decide(
        "employees",
        "E2|2020",
        employee_no="E2",
        name="乙",
        department_id="D1",
        fxiaoke_user_id="FU2",
        **{**person, "valid_to": on("2025-04-30")},
    )
    lake.decide(
        "employees",
        "E2|2025",
        employee_no="E2",
        name="乙",
        department_id="D2",
        zoho_user_id="ZU2",
        **{**person, "region": "华北", "valid_from": on("2025-05-01")},
    )
    lake.decide("tax_rates", "vat|2019", tax_code="vat", rate=D("0.13"), valid_from=on("2019-04-01"))
    lake.decide(
        "fx_rates",
        "mid|USD|1",
        rate_type="SAFE_mid",
        currency_code="USD",
        rate_date=on("2025-03-01"),
        rate=D("7.17"),
        is_locked=True,
    )
    lake.decide(
        "fx_rates",
        "mid|USD|2",
        rate_type="SAFE_mid",
        currency_code="USD",
        rate_date=on("2025-04-01"),
        rate=D("7.2"),
        is_locked=True,
    )
    lake.decide(
        "products",
        "P1",
        product_code="P1",
        name="泵",
        product_line="液压",
        unit="台",
        fxiaoke_product_id="fp1",
        zoho_product_id="zp1",
    )
    lake.decide("products", "P2", product_code="P2", name="圈", product_line="密封", unit="件", fxiaoke_product_id="fp2")
    lake.decide(
        "targets", "t1", version=1, metric_id="signed_sales", scope_type="rep", scope_id="E1", period="2025-Q2", amount=D(200000)
    )
    lake.decide("plan_assignments", "E1|cash", employee_no="E1", plan_id="cash")
    for row in plan_rows([load_plan_text(CASH_PLAN)]):
        key = "|".join(str(row[name]) for name in ("plan_id", "plan_version", "kind", "component_id", "term_no", "part_no"))
        whole = {name: int(str(row[name])) for name in ("plan_version", "term_no", "part_no")}
        days = {name: on(day) if (day := row[name]) else None for name in ("valid_from", "valid_to")}
        lake.decide("plan_terms", key, **{**row, **whole, **days})


def _people_of_both_crms(lake: Lake) -> None:
    """One company in both CRMs under one code, its Zoho twin written differently."""
    lake.add(
        "fxiaoke",
        "accounts",
        "fa1",
        account_name="宏达机械有限公司",
        uscc="９１１１ 0000-10000000ａＱ",
        owner_id="FU1",
        life_status="normal",
        industry="机械",
        tel="0512-6788 1234",
    )
    lake.add(
        "zoho", "accounts", "za1", account_name="Hongda Machinery Ltd", uscc="9111000010000000aq", owner_id="ZU2",
        phone="+86 138 0013 8000",
    )
    lake.add("zoho", "accounts", "zd3", account_name="四张发票公司", owner_id="ZU2", phone="6788123")
    lake.add("fxiaoke", "users", "FU9", full_name="前员工", is_stopped=True, mobile="138-0013-8000")


def _four_invoices(lake: Lake) -> None:
    """D3: 230 000.00 open, 130 000.00 of it overdue; what was paid in July is not known to June."""
    for number, day, due, amount in (
        ("INV1", on("2025-01-15"), on("2025-02-14"), D(100000)),
        ("INV2", on("2025-05-20"), on("2025-06-19"), D(60000)),
        ("INV3", on("2025-06-20"), on("2025-07-20"), D(80000)),
    ):
        lake.add(
            "zoho",
            "invoices",
            f"z{number}",
            invoice_no=number,
            account_id="zd3",
            owner_id="ZU2",
            status="Sent",
            grand_total=amount,
            currency_code="CNY",
            invoice_date=day,
            due_date=due,
        )
    lake.add(
        "zoho",
        "invoices",
        "zINV4",
        invoice_no="INV4",
        account_id="zd3",
        owner_id="ZU2",
        status="Sent",
        grand_total=D(39999),
        currency_code="CNY",
        invoice_date=on("2025-04-01"),
        due_date=on("2025-04-01"),
    )  # the ledger knows better
    entry = {
        "crm": "zoho",
        "account_id": "zd3",
        "currency_code": "CNY",
        "invoice_date": on("2025-04-01"),
        "entry_date": on("2025-04-01"),
    }
    lake.decide(
        "ar_ledger",
        "L1",
        entry_id="L1",
        entry_type="invoice",
        invoice_no="INV4",
        instalment_no=1,
        due_date=on("2025-04-30"),
        amount=D(20000),
        **entry,
    )
    lake.decide(
        "ar_ledger",
        "L2",
        entry_id="L2",
        entry_type="invoice",
        invoice_no="INV4",
        instalment_no=2,
        due_date=on("2025-07-31"),
        amount=D(20000),
        **entry,
    )
    lake.decide(
        "ar_ledger",
        "L3",
        entry_id="L3",
        entry_type="credit_note",
        invoice_no="INV2",
        amount=D(5000),
        **{**entry, "entry_date": on("2025-06-25")},
    )
    for receipt, day, amount, invoice in (
        ("R1", on("2025-03-10"), D(30000), "INV1"),
        ("R2", on("2025-07-05"), D(20000), "INV1"),
        ("R3", on("2025-06-01"), D(15000), "INV4"),
        ("R4", on("2025-06-02"), D(12000), None),
    ):
        lake.decide(
            "cash_receipts",
            receipt,
            receipt_id=receipt,
            crm="zoho",
            account_id="zd3",
            bank_value_date=day,
            posting_date=day,
            amount=amount,
            currency_code="CNY",
            method="wire",
        )
        if invoice:
            lake.decide(
                "cash_allocations",
                f"A{receipt}",
                allocation_id=f"A{receipt}",
                receipt_id=receipt,
                invoice_no=invoice,
                amount=amount,
                allocated_on=day,
            )


def _part_payments(lake: Lake) -> None:
    """E2: an order of 113 000.00 with VAT, two lines, paid in three parts, a rebate beside it, and a return of a tenth."""
    lake.add(
        "fxiaoke",
        "orders",
        "fo1",
        order_no="SO1",
        account_id="fa1",
        owner_id="FU1",
        order_date=on("2025-04-10"),
        life_status="normal",
        order_amount=D(113000),
    )
    lake.add(
        "fxiaoke",
        "order_lines",
        "fl1",
        order_id="fo1",
        product_id="fp1",
        quantity=D(6),
        list_price=D(12000),
        subtotal=D(67800),
        life_status="normal",
    )
    lake.add(
        "fxiaoke",
        "order_lines",
        "fl2",
        order_id="fo1",
        product_id="fp2",
        quantity=D(40),
        list_price=D(1200),
        subtotal=D(45200),
        life_status="normal",
    )
    for number, day, amount in (
        (1, on("2025-04-30"), "37666.67"),
        (2, on("2025-05-31"), "37666.67"),
        (3, on("2025-06-30"), "37666.66"),
    ):
        lake.add(
            "fxiaoke",
            "payments",
            f"fp{number}",
            account_id="fa1",
            owner_id="FU1",
            payment_amount=D(amount),
            payment_date=day,
            payment_term="4",
            life_status="normal",
        )
        lake.add(
            "fxiaoke",
            "payment_lines",
            f"fpl{number}",
            payment_id=f"fp{number}",
            order_id="fo1",
            payment_amount=D(amount),
            payment_date=day,
            life_status="normal",
        )
    lake.add(
        "fxiaoke",
        "orders",
        "fo2",
        order_no="SO2",
        account_id="fa1",
        owner_id="FU1",
        order_date=on("2025-04-11"),
        life_status="normal",
        order_amount=D(1130),
    )
    lake.add(
        "fxiaoke",
        "payments",
        "fp9",
        account_id="fa1",
        owner_id="FU1",
        payment_amount=D(1130),
        amount=D(1500),
        payment_date=on("2025-05-05"),
        payment_term="10001",
        life_status="normal",
    )
    lake.add("fxiaoke", "payment_lines", "fpl9", payment_id="fp9", order_id="fo2", payment_amount=D(1130), life_status="normal")
    lake.add(
        "fxiaoke",
        "returns",
        "fr1",
        account_id="fa1",
        order_id="fo1",
        owner_id="FU2",
        return_amount=D(11300),
        return_date=on("2025-06-05"),
        life_status="normal",
    )


def _owners_and_versions(lake: Lake) -> None:
    """Re-owned after signature, changed tomorrow, deleted, set aside, cancelled; an owner nobody knows; a foreign order."""
    signed = {
        "order_no": "SO3",
        "account_id": "fa1",
        "order_date": on("2025-05-10"),
        "life_status": "normal",
        "order_amount": D(2260),
    }
    lake.add("fxiaoke", "orders", "fo3", owner_id="FU2", modified_at=at("2025-05-10 03:00"), **signed)
    lake.add(
        "fxiaoke",
        "orders",
        "fo3",
        owner_id="FU1",
        modified_at=at("2025-06-20 03:00"),
        pulled_at=FIRST_NIGHT + timedelta(days=25),
        **signed,
    )
    lake.add(
        "fxiaoke",
        "orders",
        "fo3",
        owner_id="FU1",
        modified_at=at("2025-07-01 03:00"),
        pulled_at=TOMORROW,
        **{**signed, "order_amount": D(9)},
    )
    order = {"account_id": "za1", "owner_id": "nobody", "order_date": on("2025-03-15"), "status": "Approved"}
    lake.add(
        "zoho",
        "orders",
        "zo1",
        order_no="BC1",
        sub_total=D(50100),
        discount=D(100),
        tax=D(0),
        adjustment=D(25),
        grand_total=D(50025),
        currency_code="USD",
        exchange_rate=D("0.2"),
        **order,
    )
    lake.add(
        "zoho",
        "order_lines",
        "zl1",
        order_id="zo1",
        product_id="zp1",
        quantity=D(3),
        list_price=D(16700),
        total=D(50100),
        discount=D(0),
    )
    lake.add("zoho", "orders", "zo2", order_no="BC2", sub_total=D(10), grand_total=D(10), **{**order, "status": "Cancelled"})
    lake.add("zoho", "orders", "zo3", order_no="BC3", sub_total=D(10), grand_total=D(10), **order)
    lake.add("zoho", "orders", "zo3", is_deleted=True, pulled_at=FIRST_NIGHT + timedelta(days=1))
    lake.add(
        "zoho", "orders", "zo4", order_no="BC4", sub_total=D(10), grand_total=D(10), **{**order, "order_date": on("2025-07-01")}
    )
    lake.add("zoho", "orders", "zo6", order_no="BC6", sub_total=D(10), grand_total=D(10), **{**order, "status": "Zurückgezogen"})
    lake.add("zoho", "orders", "zo5", order_no="BC5", sub_total=D(-1), grand_total=D(-1), **order)
    lake.inputs["quarantine"] = [
        {
            "source": "zoho",
            "object": "orders",
            "key": "zo5",
            "record_hash": lake.raw["zoho", "orders"][-1]["record_hash"],
            "rule": "sub_total_not_negative",
            "reason": "Sub_Total is -1",
            "first_seen_at": FIRST_NIGHT,
            "last_seen_at": FIRST_NIGHT,
        }
    ]


def _opportunities_and_visits(lake: Lake) -> None:
    chance = {"account_id": "fa1", "owner_id": "FU1", "life_status": "normal"}
    for key, status, created, closed, amount in (
        ("c1", "2", at("2025-04-01 01:00"), at("2025-04-11 01:00"), 300),
        ("c2", "2", at("2025-04-01 01:00"), at("2025-04-16 17:00"), 100),  # 01:00 of the 17th in Shanghai
        ("c3", "3", at("2025-04-01 01:00"), at("2025-05-01 01:00"), 600),
        ("c4", "2", at("2025-06-01 01:00"), at("2025-07-01 01:00"), 50),
        ("c5", "4", at("2025-06-01 01:00"), at("2025-06-02 01:00"), 50),
    ):
        lake.add(
            "fxiaoke",
            "opportunities",
            key,
            stage=status,
            sales_status=status,
            amount=D(amount),
            probability=D(60),
            created_at=created,
            stage_changed_at=closed,
            close_date=closed.date(),
            **chance,
        )
    visit = {
        "owner_id": "FU1",
        "account_id": "fa1",
        "life_status": "normal",
        "record_text": "与采购经理确认了下季度的用量和交期,并约定复访",
    }
    for key, start, minutes, changed in (
        ("v1", at("2025-06-10 01:00"), 30, {}),
        ("v2", at("2025-06-10 01:20"), 30, {}),  # the same place within half an hour
        ("v3", at("2025-06-11 01:00"), 5, {}),
        ("v4", at("2025-06-12 01:00"), 30, {"record_text": "见了"}),
        ("v5", at("2025-06-13 01:00"), None, {}),
    ):
        end = None if minutes is None else start + timedelta(minutes=minutes)
        lake.add("fxiaoke", "visits", key, checked_in_at=start, checked_out_at=end, **{**visit, **changed})
