"""Customers of 2022 and 2023, apart from the other worked cases: a group, and customers who are under contract.

What to add here: another way to count, lose or win back a customer.
What belongs elsewhere: what must come out (`test_worked_cases.py`), other cases (`worked_cases.py`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.dbt_project.fixtures import Lake

D = Decimal
on = date.fromisoformat


def customers_of_a_group(lake: Lake) -> None:
    """2023: two subsidiaries of one group until the middle of December, and one customer of its own, one order each."""
    for account, group, until in (("fa6", "G1", "2023-12-15"), ("fa7", "G1", None), ("fa8", None, None)):
        lake.add("fxiaoke", "accounts", account, account_name=f"集团样例{account}公司", owner_id="FU3", life_status="normal")
        lake.add(
            "fxiaoke", "orders", f"fo{account}", order_no=f"SO{account}", account_id=account, owner_id="FU3", life_status="normal",
            order_date=on("2023-11-06"), order_amount=D(113),
        )
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
            lake.add(
                "fxiaoke", "orders", f"{account}{day}", order_no=f"{account}{day}", account_id=account, owner_id="FU3",
                life_status="normal", order_date=on(day), order_amount=D(113),
            )
        for start, end in contracts:
            lake.add(
                "fxiaoke", "contracts", f"{account}{start}", account_id=account, owner_id="FU4", starts_on=on(start),
                expires_on=on(end), life_status="normal",
            )
    lake.add(
        "fxiaoke", "contracts", "void", account_id="fa9", owner_id="FU4", starts_on=on("2023-01-01"), expires_on=on("2029-12-31"),
        life_status="invalid",
    )
