"""What is poured from AdventureWorks adds up to what other people printed for it.

The sums here are Python's own on Decimal, straight from the files that were written, so that they share nothing with DuckDB's.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import astuple
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from commission.plan import load_plans
from connectors.company import Company
from connectors.zoho import OBJECTS
from examples.adventureworks import figures
from examples.adventureworks.pour import Poured, main, pour
from examples.adventureworks.quirks import measure
from examples.adventureworks.source import open_source

CENT = Decimal("0.01")


@cache
def standing(path: Path) -> dict[str, dict[str, Any]]:
    """The records of a file as they stand at the end, by id, amounts as Decimal."""
    with path.open(encoding="utf-8") as file:
        lines = (json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in file)
        return {record["id"]: record for record in lines}


def orders_of(poured: Poured) -> list[dict[str, Any]]:
    """Every order as it stands at the end."""
    return list(standing(poured.records / "zoho" / "Sales_Orders.ndjson").values())


def table(poured: Poured, name: str) -> Iterator[dict[str, str]]:
    """Rows of a file of the company folder."""
    with (poured.company / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def user_id(poured: Poured, employee_no: str) -> str:
    """Under which id Zoho knows an employee."""
    return next(row["zoho_user_id"] for row in table(poured, "employees.csv") if row["employee_no"] == employee_no)


def test_all_orders_add_up_to_the_printed_amounts(poured: Poured) -> None:
    orders = orders_of(poured)
    names = ("Sub_Total", "Tax", "Adjustment", "Grand_Total")
    assert len(orders) == figures.ORDERS
    assert tuple(sum(order[name] for order in orders) for name in names) == astuple(figures.ALL_ORDERS)
    assert [order["SO_Number"] for order in orders if sum(order[name] for name in names[:3]) != order["Grand_Total"]] == []
    assert (min(order["Order_Date"] for order in orders), max(order["Order_Date"] for order in orders)) == (
        figures.FIRST_ORDER_DATE,
        figures.LAST_ORDER_DATE,
    )


def test_sales_person_275_sold_what_was_printed(poured: Poured) -> None:
    owner = user_id(poured, "275")
    assert sum(order["Grand_Total"] for order in orders_of(poured) if order["Owner"]["id"] == owner) == figures.TOTAL_DUE_OF_275


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("Grand_Total", figures.TOTAL_DUE_OF_274_IN_2011), ("Sub_Total", figures.SUB_TOTAL_OF_274_IN_2011)],
)
def test_sales_person_274_missed_the_quota_of_2011_by_what_was_printed(
    poured: Poured, amount: str, expected: figures.Attainment
) -> None:
    owner = user_id(poured, "274")
    sold = [order for order in orders_of(poured) if order["Owner"]["id"] == owner and order["Order_Date"].startswith("2011-")]
    quotas = [row for row in table(poured, "targets.csv") if row["scope_id"] == "274" and row["period_start"].startswith("2011-")]
    actual, quota = sum(order[amount] for order in sold), sum(Decimal(row["amount"]) for row in quotas)
    assert figures.Attainment(actual=actual, quota=quota, gap=actual - quota) == expected


def test_the_figure_printed_to_the_cent_is_the_exact_one_rounded() -> None:
    rounded = [value.quantize(CENT) for value in astuple(figures.SUB_TOTAL_OF_274_IN_2011)]
    assert rounded == list(astuple(figures.SUB_TOTAL_OF_274_IN_2011_PRINTED))


def test_lines_add_up_to_their_order_when_rounded_once(poured: Poured) -> None:
    lines = standing(poured.records / "zoho" / "Ordered_Items.ndjson").values()
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        assert line["List_Price"] * line["Quantity"] == line["Total"] == line["Discount"] + line["Net_Total"], line["id"]
        sums[line["Parent_Id"]["id"]] += line["Net_Total"]
    exact = {order["id"]: order["Sub_Total"] for order in orders_of(poured)}
    # SQL Server rounds a sum half up to money; Decimal's own rounding would be half even.
    rounded = {order: total.quantize(Decimal("0.0001"), rounding="ROUND_HALF_UP") for order, total in sums.items()}
    assert (len(lines), rounded) == (figures.ORDER_LINES, exact)


def test_every_order_has_an_owner_and_an_account_that_exist(poured: Poured) -> None:
    users = standing(poured.records / "zoho" / "Users.ndjson")
    accounts = standing(poured.records / "zoho" / "Accounts.ndjson")
    employees = {row["zoho_user_id"] for row in table(poured, "employees.csv")}
    orders = orders_of(poured)
    strangers = [o["id"] for o in orders if o["Owner"]["id"] not in users or o["Account_Name"]["id"] not in accounts]
    by_people = [order for order in orders if order["Owner"]["id"] in employees]
    not_the_owner = [o for o in by_people if accounts[o["Account_Name"]["id"]]["Owner"]["id"] != o["Owner"]["id"]]
    early = [order["id"] for order in orders if order["Created_Time"] < accounts[order["Account_Name"]["id"]]["Created_Time"]]
    assert (strangers, early) == ([], [])
    assert (len(by_people), len(not_the_owner)) == (figures.ORDERS_OF_SALES_PEOPLE, figures.ORDERS_OF_OTHERS_THAN_THE_OWNER)
    assert {order["Owner"]["name"] for order in orders if order["Owner"]["id"] not in employees} == {"Online Store"}


def test_versions_of_an_order_differ_only_in_what_shipping_changes(poured: Poured) -> None:
    changed: Counter[tuple[str, ...]] = Counter()
    with (poured.records / "zoho" / "Sales_Orders.ndjson").open(encoding="utf-8") as file:
        for line in file:
            taken, shipped = json.loads(line), json.loads(next(file))
            assert (taken["Modified_Time"], shipped["Modified_Time"]) == (taken["$at"], shipped["$at"])
            assert taken["$at"] == taken["Created_Time"]
            assert taken["$at"].startswith(f"{taken['Order_Date']}T00:00:00-0")
            changed[tuple(name for name in taken if taken[name] != shipped[name])] += 1
    assert changed == {("$at", "Status", "Modified_Time"): figures.ORDERS}


def test_quotas_follow_one_another_without_gaps(poured: Poured) -> None:
    quotas: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in table(poured, "targets.csv"):
        quotas[row["scope_id"]].append(row)
    assert (len(quotas), sum(map(len, quotas.values()))) == (figures.SALES_PEOPLE, figures.QUOTAS)
    for rows in quotas.values():
        assert [row["period_end"] for row in rows] == [row["period_start"] for row in rows[1:]] + ["2014-06-01"]


def test_the_company_folder_holds_no_mistake(poured: Poured) -> None:
    company = Company.load(poured.company)
    rows = {name: len(rows) for name, rows in company.rows.items() if rows}
    assert rows == {"employees": 23, "targets": 163, "products": 295, "plan_assignments": 14}
    managers = {number: person.manager_no for number, person in company.people(date(2014, 6, 30)).items()}
    assert managers == {
        "1": None, "273": "1", "274": "273", "285": "273", "287": "273", "286": "285", "288": "287", "289": "287", "290": "287",
        **{str(number): "274" for number in range(275, 285)},
    }  # fmt: skip


def test_every_sales_person_with_a_share_has_a_plan_that_pays_it(poured: Poured) -> None:
    rates = {plan.plan: plan.components[0].rate.rate for plan in load_plans(poured.company / "plans")}
    paid = {row["employee_no"]: rates[row["plan_id"]] for row in table(poured, "plan_assignments.csv")}
    assert paid == {
        "275": Decimal("0.0120"), "276": Decimal("0.0150"), "277": Decimal("0.0150"), "278": Decimal("0.0100"),
        "279": Decimal("0.0100"), "280": Decimal("0.0100"), "281": Decimal("0.0100"), "282": Decimal("0.0150"),
        "283": Decimal("0.0120"), "284": Decimal("0.0190"), "286": Decimal("0.0180"), "288": Decimal("0.0180"),
        "289": Decimal("0.0200"), "290": Decimal("0.0160"),
    }  # fmt: skip


def test_lines_name_only_products_of_the_company(poured: Poured) -> None:
    products = {row["zoho_product_id"]: row["product_code"] for row in table(poured, "products.csv")}
    lines = standing(poured.records / "zoho" / "Ordered_Items.ndjson").values()
    sold = {line["Product_Name"]["id"]: line["Product_Name"]["Product_Code"] for line in lines}
    assert sold.items() <= products.items()
    assert len(sold) == 266


def test_records_carry_the_fields_that_the_connector_asks_for(poured: Poured) -> None:
    empty_in_the_set = {
        "Accounts": {"Billing_City", "Billing_Street", "Industry", "Parent_Account", "Phone", "Website"},
        "Users": {"email", "mobile"},
    }
    asked = {obj.api_name: {field.api_name for field in obj.fields} for obj in OBJECTS}
    for module in ("Users", "Accounts", "Sales_Orders", "Ordered_Items"):
        record = next(iter(standing(poured.records / "zoho" / f"{module}.ndjson").values()))
        assert asked[module] - record.keys() == empty_in_the_set.get(module, set())


def test_pouring_twice_gives_the_same_bytes(adventureworks: Path, poured: Poured, tmp_path: Path) -> None:
    again = pour(adventureworks, tmp_path)
    assert again.lines == poured.lines
    for one, other in ((poured.records, again.records), (poured.company, again.company)):
        files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
        assert files == sorted(path.relative_to(other) for path in other.rglob("*") if path.is_file())
        assert [name for name in files if (one / name).read_bytes() != (other / name).read_bytes()] == []


def test_the_readme_says_what_is_odd_about_the_set_as_measured(adventureworks: Path) -> None:
    readme = (Path(__file__).parents[2] / "examples" / "adventureworks" / "README.md").read_text(encoding="utf-8").splitlines()
    with open_source(adventureworks) as source:
        measured = measure(source)
    assert readme[-len(measured) :] == measured


def test_a_folder_without_the_files_is_refused_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Store.parquet").touch()
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path), str(tmp_path / "out")])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{tmp_path} is not the AdventureWorks Parquet folder: without CurrencyRate.parquet, Customer.parquet")
    assert not (tmp_path / "out").exists()
