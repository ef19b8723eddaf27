"""Customers of 2019 to 2023, apart from the other worked cases: prices next door, how they pay, what they cost, a group,
contracts.

What to add here: another way to count, lose or win back a customer.
What belongs elsewhere: what must come out (`test_customers_over_time.py`), other cases (`worked_cases.py`).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from tests.dbt_project.fixtures import Lake

D = Decimal
on = date.fromisoformat
at = datetime.fromisoformat  # UTC without a zone, as the lake keeps moments


def _order(lake: Lake, account: str, day: str) -> None:
    lake.add(
        "fxiaoke", "orders", f"{account}{day}", order_no=f"{account}{day}", account_id=account, owner_id="FU3",
        life_status="normal", order_date=on(day), order_amount=D(113),
    )


def customers_of_a_group(lake: Lake) -> None:
    """2023: two subsidiaries of one group until the middle of December, and one customer of its own, one order each."""
    for account, group, until in (("fa6", "G1", "2023-12-15"), ("fa7", "G1", None), ("fa8", None, None)):
        lake.add("fxiaoke", "accounts", account, account_name=f"集团样例{account}公司", owner_id="FU3", life_status="normal")
        _order(lake, account, "2023-11-06")
        lake.decide(
            "customer_classes", account, crm="fxiaoke", account_id=account, customer_class=None, group_id=group,
            valid_from=on("2023-01-01"), valid_to=on(until) if until else None,
        )


def customers_under_contract(lake: Lake) -> None:
    """2022: one who lets its contract run out, one who renews once within the grace, one who buys on without a contract."""
    for account, order_days, contracts in (
        ("fa9", ("2022-01-10", "2023-03-05"), (("2022-01-01", "2022-12-31"),)),
        ("fa10", ("2022-02-01",), (("2022-01-01", "2022-06-30"), ("2022-07-20", "2023-06-30"), ("2024-01-01", "2026-12-31"))),
        ("fa11", ("2022-05-01", "2022-07-10"), (("2022-01-01", "2022-06-30"),)),
    ):
        lake.add("fxiaoke", "accounts", account, account_name=f"合同样例{account}公司", owner_id="FU3", life_status="normal")
        for day in order_days:
            _order(lake, account, day)
        for start, end in contracts:
            lake.add(
                "fxiaoke", "contracts", f"{account}{start}", account_id=account, owner_id="FU4", starts_on=on(start),
                expires_on=on(end), life_status="normal",
            )
    lake.add(
        "fxiaoke", "contracts", "void", account_id="fa9", owner_id="FU4", starts_on=on("2023-01-01"), expires_on=on("2029-12-31"),
        life_status="invalid",
    )


def customers_that_cost(lake: Lake) -> None:
    """2021: deals take 61 days in the median, so two customers of May stand against March; one came by a paid lead."""
    for key, created, closed in (
        ("d1", "2021-01-01", "2021-02-10"), ("d2", "2021-01-01", "2021-03-03"), ("d3", "2021-01-01", "2021-04-30"),
    ):
        lake.add(
            "fxiaoke", "opportunities", key, account_id="fa12", owner_id="FU3", life_status="normal", stage="2", sales_status="2",
            amount=D(1), probability=D(100), created_at=at(f"{created} 01:00"), stage_changed_at=at(f"{closed} 01:00"),
            close_date=on(closed),
        )
    for number, kind, day, amount in (
        ("X1", "salary", "2021-03-05", "3000"), ("X2", "travel", "2021-03-31", "600"), ("X3", "marketing", "2021-03-12", "400"),
        ("X4", "rebate", "2021-03-12", "999"), ("X5", "marketing", "2021-04-01", "7"),
    ):
        lake.decide(
            "expense_ledger", number, entry_id=number, expense_date=on(day), department_id="D1", cost_type=kind, status="spent",
            amount=D(amount), currency_code="CNY",
        )
    for account in ("fa12", "fa13"):
        lake.add("fxiaoke", "accounts", account, account_name=f"获客样例{account}公司", owner_id="FU3", life_status="normal")
        _order(lake, account, "2021-05-06")
    for key, source, account in (("l1", "展会", "fa12"), ("l2", "老客户介绍", "fa13")):
        lake.add(
            "fxiaoke", "leads", key, source=source, converted_account_id=account, owner_id="FU3", life_status="normal",
            created_at=at("2021-04-01 01:00"),
        )
    for key, kind in (("S1", "complaint"), ("S2", "case"), ("S3", "callback")):
        lake.decide(
            "service_log", key, entry_id=key, kind=kind, crm="fxiaoke", account_id="fa12", employee_no="E3",
            opened_at=at("2021-06-07 02:00"),
        )
    lake.decide(
        "channel_map", "lead_source|fxiaoke:展会", attribute="lead_source", value="fxiaoke:展会", channel="paid",
        valid_from=on("2020-01-01"),
    )


def customers_with_terms(lake: Lake) -> None:
    """2020: one agreed to pay in 30 days and paid twice; one agreed to prepay, drew on it and wired the rest late."""
    for account, settlement, days, billed_on, amount, paid in (
        ("fa14", "credit", 30, "2020-03-01", 1000, (("2020-03-21", "4", 400), ("2020-05-10", "4", 600))),
        ("fa15", "prepay", None, "2020-06-01", 500, (("2020-06-11", "10000", 300), ("2020-06-15", "4", 200))),
    ):
        lake.add("fxiaoke", "accounts", account, account_name=f"账期样例{account}公司", owner_id="FU3", life_status="normal")
        lake.add(
            "fxiaoke", "orders", f"fo{account}", order_no=f"SO{account}", account_id=account, owner_id="FU3",
            life_status="normal", order_date=on("2020-02-20"), order_amount=D(amount),
        )
        lake.decide(
            "customer_classes", account, crm="fxiaoke", account_id=account, settlement=settlement, credit_days=days,
            valid_from=on("2020-01-01"),
        )
        lake.decide(
            "ar_ledger", account, entry_id=account, entry_type="invoice", crm="fxiaoke", account_id=account,
            order_no=f"SO{account}", invoice_no=f"INV{account}", instalment_no=1, invoice_date=on(billed_on),
            due_date=on(billed_on), entry_date=on(billed_on), amount=D(amount), currency_code="CNY",
        )
        for day, term, part in paid:
            lake.add(
                "fxiaoke", "payments", f"{account}{day}", account_id=account, owner_id="FU3", payment_amount=D(part),
                payment_date=on(day), payment_term=term, life_status="normal",
            )
            lake.add(
                "fxiaoke", "payment_lines", f"{account}{day}", payment_id=f"{account}{day}", order_id=f"fo{account}",
                payment_amount=D(part), payment_date=on(day), life_status="normal",
            )


def customers_next_door(lake: Lake) -> None:
    """2019: ten pumps for 100.00 each in 华东, 110.00 in 华北 and 130.00 in 西南, which borders on neither."""
    lake.decide(
        "employees", "E6|2019", employee_no="E6", name="己", department_id="D1", region="西南", role="销售代表",
        hire_date=on("2019-01-01"), fxiaoke_user_id="FU6", valid_from=on("2019-01-01"),
    )
    lake.decide("region_neighbours", "华北|华东", region="华北", neighbour="华东", valid_from=on("2019-06-15"))
    lake.add("fxiaoke", "accounts", "fa16", account_name="邻区样例公司", owner_id="FU3", life_status="normal")
    for owner, price in (("FU3", "113"), ("FU4", "124.3"), ("FU6", "146.9")):
        lake.add(
            "fxiaoke", "orders", f"next{owner}", order_no=f"next{owner}", account_id="fa16", owner_id=owner, life_status="normal",
            order_date=on("2019-06-03"), order_amount=D(price) * 10,
        )
        lake.add(
            "fxiaoke", "order_lines", f"next{owner}l", order_id=f"next{owner}", product_id="fp1", quantity=D(10),
            list_price=D(200), subtotal=D(price) * 10, life_status="normal",
        )


def gates_and_rivals(lake: Lake) -> None:
    """2018: gates before the deals of the edge cases; 2021: what E3 saw of a rival, twice the same, once unconfirmed."""
    for stage, gate in (("初步接洽", "amount"), ("商务谈判", "close_date")):
        lake.decide(
            "stage_gates", f"fxiaoke|{stage}", crm="fxiaoke", stage=stage, gate=gate, valid_from=on("2018-01-01"),
            valid_to=on("2018-12-31"),
        )
    lake.decide(
        "products", "P3", product_code="P3", name="阀", product_line="阀门", unit="件", list_price=D(110),
    )
    for key, rival, price, day, confirmed, used in (
        ("Q1", "甲竞品", 100, "2021-08-02", "E900", "八月调价"),
        ("Q2", "甲竞品", 99, "2021-08-09", "E900", None),
        ("Q3", "乙竞品", 120, "2021-08-03", "E900", None),
        ("Q4", "乙竞品", 125, "2021-09-03", None, None),
    ):
        lake.decide(
            "competitor_price", key, observation_id=key, competitor=rival, product_code="P3", price_level="factory",
            price=D(price), currency_code="CNY", observed_on=on(day), employee_no="E3", confirmed_by=confirmed, used_in=used,
        )
