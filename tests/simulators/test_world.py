"""The demo company's world: the same from the same seed, in the CRMs' own shapes, and consistent to the cent.

What to add here: a promise the generator makes to everybody downstream.
What belongs elsewhere: how the simulators serve the records (`test_records.py` and its neighbours).
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connectors import fxiaoke, zoho
from connectors.company import Company
from connectors.fxiaoke import objects as fxiaoke_objects
from connectors.zoho import objects as zoho_objects
from simulators.world import build_world, company_books, company_decisions
from simulators.world.cash import Cash, Payment
from simulators.world.clock import DAY
from simulators.world.planted import plant_payments

SEED = 7
CHINA = timezone(timedelta(hours=8))
REPOSITORY = Path(__file__).parents[2]
DECISIONS = (
    "company.yaml",
    "customer_links.csv",
    "employees.csv",
    "fx_rates.csv",
    "plan_assignments.csv",
    "products.csv",
    "targets.csv",
    "tax_rates.csv",
)
Record = dict[str, Any]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("world")
    build_world(out, SEED, scale=0.1)
    return out


def lines(world: Path, crm: str, name: str) -> list[Record]:
    text = (world / "records" / crm / f"{name}.ndjson").read_text(encoding="utf-8")
    return [json.loads(line, parse_float=Decimal) for line in text.splitlines()]


def standing(world: Path, crm: str, name: str, at: str = "2099") -> dict[str, Record]:
    """The records as a CRM shows them at a moment."""
    key = {"zoho": "id", "fxiaoke": "_id"}[crm]
    found: dict[str, Record] = {}
    for row in lines(world, crm, name):
        if row["$at"] > at:
            continue
        if row.get("$deleted") in ("recycle", "permanent"):
            del found[row[key]]
        else:
            found[row[key]] = row
    return found


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def spoilt(world: Path) -> set[str]:
    return {row["key"] for row in rows(world / "truth" / "planted.csv") if row["kind"] == "spoilt_row"}


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_writes_the_same_bytes(world: Path, tmp_path: Path) -> None:
    build_world(tmp_path, SEED, scale=0.1)

    assert hashes(tmp_path) == hashes(world)


def test_another_seed_is_another_world(world: Path, tmp_path: Path) -> None:
    build_world(tmp_path, SEED + 1, scale=0.1)

    assert hashes(tmp_path)["records/zoho/Sales_Orders.ndjson"] != hashes(world)["records/zoho/Sales_Orders.ndjson"]


def test_the_demo_companys_decisions_are_what_the_seed_makes(tmp_path: Path) -> None:
    company_decisions(tmp_path)

    assert {name: (REPOSITORY / "company" / name).read_bytes() for name in DECISIONS} == {
        name: (tmp_path / name).read_bytes() for name in DECISIONS
    }


# Objects that the demo company does not use, and what the CRMs say about themselves, which no record says.
NOT_USED = {
    "OpportunityObj", "ContractObj", "RefundObj", "ReturnedGoodsInvoiceProductObj", "InvoiceApplicationObj", "Invoiced_Items",
    *zoho_objects.ABOUT, *fxiaoke_objects.ABOUT,
}
# Fields that the demo company leaves empty.
LEFT_EMPTY = {
    "Leads": {"Industry", "Rating", "Annual_Revenue", "Converted_Contact", "State", "Country", "Email", "Phone", "Mobile"},
    "Contacts": {"Department", "Lead_Source", "Phone"},
    "Products": {"Qty_in_Stock"},
    "LeadsObj": {
        "marketing_event_id", "contact_id", "tel", "mobile", "leads_stage", "leads_stage_changed_time", "assigned_time",
        "close_reason",
    },
    "ContactObj": {"tel1", "email"},
    "ProductObj": {"category"},
    "PaymentObj": {"amount"},  # or `payment_amount`, by version of Fxiaoke
    "PaymentPlanObj": {"plan_payment_method", "actual_payment_amount"},
}


@pytest.mark.parametrize(
    "obj",
    [obj for obj in (*zoho.OBJECTS, *fxiaoke.OBJECTS) if obj.api_name not in NOT_USED],
    ids=lambda obj: obj.api_name,
)
def test_records_carry_the_fields_that_connectors_ask_for(world: Path, obj: Any) -> None:
    crm = "zoho" if obj in zoho.OBJECTS else "fxiaoke"
    name = {"user/list": "_staff", "department/list": "_departments"}.get(obj.api_name, obj.api_name)
    seen = {key for row in lines(world, crm, name) for key in row}
    not_here = {"mc_currency", "mc_exchange_rate", "parent_account_id"} | LEFT_EMPTY.get(name, set())  # mc_: several currencies

    assert {field.api_name for field in obj.fields} - not_here - seen == set()


def test_every_version_says_when_it_was_made(world: Path) -> None:
    wrong = []
    for path in sorted((world / "records").rglob("[A-Z]*.ndjson")):
        crm = path.parent.name
        for row in lines(world, crm, path.stem):
            at = datetime.fromisoformat(row["$at"])
            if crm == "zoho" and path.stem != "DealHistory" and "Modified_Time" in row and row["Modified_Time"] != row["$at"]:
                wrong.append(row)
            if crm == "fxiaoke" and "last_modified_time" in row and row["last_modified_time"] != at.timestamp() * 1000:
                wrong.append(row)

    assert wrong == []


def test_versions_of_a_record_grow_in_time(world: Path) -> None:
    for path in sorted((world / "records").rglob("[A-Z]*.ndjson")):
        last: dict[str, str] = {}
        for row in lines(world, path.parent.name, path.stem):
            key = row.get("_id") or row["id"]
            assert last.get(key, "") < row["$at"], (path.name, row)
            last[key] = row["$at"]


def test_fxiaoke_lines_add_up_to_their_order(world: Path) -> None:
    total: dict[str, Decimal] = defaultdict(Decimal)
    for line in standing(world, "fxiaoke", "SalesOrderProductObj").values():
        total[line["order_id"]] += Decimal(line["subtotal"])
        assert Decimal(line["sales_price"]) * Decimal(line["quantity"]) == Decimal(line["subtotal"])
    orders = {key: order for key, order in standing(world, "fxiaoke", "SalesOrderObj").items() if key not in spoilt(world)}

    assert {key: Decimal(order["product_amount"]) for key, order in orders.items()} == total
    assert all(0 < Decimal(order["order_amount"]) <= Decimal(order["product_amount"]) for order in orders.values())


def test_zoho_lines_and_tax_add_up_to_their_order(world: Path) -> None:
    net: dict[str, Decimal] = defaultdict(Decimal)
    tax: dict[str, Decimal] = defaultdict(Decimal)
    for line in standing(world, "zoho", "Ordered_Items").values():
        net[line["Parent_Id"]["id"]] += line["Total"] - line["Discount"]
        tax[line["Parent_Id"]["id"]] += line["Tax"]
    for key, order in standing(world, "zoho", "Sales_Orders").items():
        if key in spoilt(world):
            continue
        assert (order["Sub_Total"], order["Tax"]) == (net[key], tax[key])
        assert order["Grand_Total"] == order["Sub_Total"] - order["Discount"] + order["Tax"] + order["Adjustment"]


def test_orders_follow_the_opportunity_that_was_won(world: Path) -> None:
    won = {key: deal for key, deal in standing(world, "zoho", "Deals").items() if deal["Stage"] == "Closed Won"}
    followed = [order for order in standing(world, "zoho", "Sales_Orders").values() if order["Deal_Name"]]

    assert len(followed) > 100
    assert all(won[order["Deal_Name"]["id"]]["Closing_Date"] <= order["Order_Date"] for order in followed)
    assert all(won[order["Deal_Name"]["id"]]["Account_Name"]["id"] == order["Account_Name"]["id"] for order in followed)


def test_every_reference_names_a_record(world: Path) -> None:
    accounts, orders = standing(world, "fxiaoke", "AccountObj"), standing(world, "fxiaoke", "SalesOrderObj")
    staff = {row["openUserId"] for row in lines(world, "fxiaoke", "_staff")}
    for name in ("NewOpportunityObj", "SalesOrderObj", "PaymentObj", "ReturnedGoodsInvoiceObj", "CheckinsObj"):
        for key, record in standing(world, "fxiaoke", name).items():
            is_void = key in spoilt(world) or record["life_status"] == "invalid"  # a merge leaves those alone
            assert is_void or record.get("account_id", record.get("customer_id")) in accounts
            assert set(record.get("owner", [])) <= staff
    payments = standing(world, "fxiaoke", "PaymentObj")
    assert all(
        line["order_id"] in orders and line["payment_id"] in payments
        for line in standing(world, "fxiaoke", "OrderPaymentObj").values()
    )
    accounts, users = standing(world, "zoho", "Accounts"), {row["id"] for row in lines(world, "zoho", "Users")}
    for name in ("Deals", "Sales_Orders", "Invoices"):
        for key, record in standing(world, "zoho", name).items():
            assert key in spoilt(world) or record["Account_Name"]["id"] in accounts
            assert record["Owner"]["id"] in users


def test_nobody_sells_before_joining_or_after_leaving(world: Path, tmp_path: Path) -> None:
    company_decisions(tmp_path, SEED, scale=0.1)
    seats: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row in rows(tmp_path / "employees.csv"):
        seats[row["employee_no"]].append((row["valid_from"], row["valid_to"] or "9999", row["department_id"]))
    sold = [row for row in rows(world / "truth" / "events.csv") if row["kind"] == "order"]

    assert [
        row
        for row in sold
        if not any(
            first <= row["date"] <= last and row["department_id"] == seat for first, last, seat in seats[row["employee_no"]]
        )
    ] == []


def test_no_more_is_paid_than_was_billed(world: Path) -> None:
    billed: dict[str, Decimal] = defaultdict(Decimal)
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for entry in rows(world / "company" / "ar_ledger.csv"):
        if entry["crm"] == "fxiaoke":
            billed[entry["order_no"]] += Decimal(entry["amount"]) * (1 if entry["entry_type"] == "invoice" else -1)
    numbers = {key: order["name"] for key, order in standing(world, "fxiaoke", "SalesOrderObj").items()}
    for line in standing(world, "fxiaoke", "OrderPaymentObj").values():
        paid[numbers[line["order_id"]]] += Decimal(line["payment_amount"])
    invoices = standing(world, "zoho", "Invoices").values()
    billed |= {invoice["Invoice_Number"]: invoice["Grand_Total"] for invoice in invoices}
    for entry in rows(world / "company" / "ar_ledger.csv"):
        if entry["crm"] == "zoho":
            billed[entry["invoice_no"]] -= Decimal(entry["amount"])
    for line in rows(world / "company" / "cash_allocations.csv"):
        paid[line["invoice_no"]] += Decimal(line["amount"])

    assert {number: amount for number, amount in paid.items() if amount > billed[number]} == {}
    assert sum(paid.values()) > sum(billed.values()) * Decimal("0.6")


def test_the_truth_about_sales_is_what_the_records_say(world: Path) -> None:
    at = "2026-11-21T02:00:00+08:00"
    rates = {
        row["rate_date"][:7]: Decimal(row["rate"])
        for row in rows(REPOSITORY / "company" / "fx_rates.csv")
        if row["rate_type"] == "SAFE_mid"
    }
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for key, order in standing(world, "fxiaoke", "SalesOrderObj", at).items():
        if key not in spoilt(world) and order["life_status"] == "normal":
            month = datetime.fromtimestamp(order["order_time"] / 1000, CHINA).strftime("%Y-%m")
            found[month, "D1"] += rounded(Decimal(order["order_amount"]) / Decimal("1.13"))
    for key, order in standing(world, "zoho", "Sales_Orders", at).items():
        if key not in spoilt(world) and order["Status"] != "Cancelled":
            rate = rates[order["Order_Date"][:7]] if order["Currency"] == "USD" else 1
            found[order["Order_Date"][:7], "D2"] += rounded((order["Sub_Total"] - order["Discount"]) * rate)

    assert {
        (row["month"], row["department_id"]): Decimal(row["orders_net"])
        for row in rows(world / "truth" / "monthly_sales.csv")
        if row["known_at"] == at and row["orders"] != "0"
    } == found


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def test_targets_of_parents_are_the_sums_of_their_children() -> None:
    targets = {
        (row["metric_id"], row["scope_type"], row["scope_id"], row["period"]): Decimal(row["amount"])
        for row in rows(REPOSITORY / "company" / "targets.csv")
        if row["metric_id"] != "csat"  # a rate has no parts
    }
    departments: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    sellers: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    lines_: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (metric, scope, _, period), amount in targets.items():
        {"company": defaultdict(Decimal), "department": departments, "rep": sellers, "product_line": lines_}[scope][
            metric, period
        ] += amount
    company = {(metric, period): amount for (metric, scope, _, period), amount in targets.items() if scope == "company"}
    quarters = {key: sum(company[key[0], month] for month in months_of(key[1])) for key in company if "Q" in key[1]}

    assert departments == company
    assert sellers == company
    assert lines_ == {key: amount for key, amount in company.items() if key[0] == "signed_sales" and "Q" in key[1]}
    assert quarters == {key: company[key] for key in quarters}
    monthly = [
        amount
        for (metric, _, who, period), amount in targets.items()
        if (metric, who) == ("signed_sales", "D2") and len(period) == 7
    ]
    assert min(monthly) >= 1_000_000  # spec M13: 二部 sells for 100 万元 a month at least


def months_of(quarter: str) -> list[str]:
    first = int(quarter[-1]) * 3 - 2
    return [f"{quarter[:4]}-{month:02}" for month in range(first, first + 3)]


def test_the_third_quarter_of_2026_misses_its_target_by_a_little(tmp_path: Path) -> None:
    build_world(tmp_path)
    sold = sum(
        Decimal(row["signed_sales"])
        for row in rows(tmp_path / "truth" / "monthly_sales.csv")
        if row["known_at"].startswith("2027") and row["month"] in months_of("2026-Q3")
    )
    target = next(
        Decimal(row["amount"])
        for row in rows(REPOSITORY / "company" / "targets.csv")
        if (row["metric_id"], row["scope_type"], row["period"]) == ("signed_sales", "company", "2026-Q3")
    )

    assert Decimal("0.93") < sold / target < Decimal("0.95")


def test_books_show_what_finance_had_booked_by_then(world: Path, tmp_path: Path) -> None:
    company_books(world, datetime(2026, 9, 30, 16, tzinfo=UTC), tmp_path)

    for name in ("ar_ledger", "cash_receipts", "cash_allocations"):
        everything = rows(world / "company" / f"{name}.csv")
        assert rows(tmp_path / f"{name}.csv") == [row for row in everything if row["booked_at"] <= "2026-10-01T00:00:00+08:00"]
        assert 0 < len(rows(tmp_path / f"{name}.csv")) < len(everything)


def test_the_company_folder_holds_no_mistake(world: Path, tmp_path: Path) -> None:
    company_decisions(tmp_path, SEED, scale=0.1)
    company_books(world, datetime(2026, 11, 20, 18, tzinfo=UTC), tmp_path)
    (tmp_path / "plans").mkdir()
    for plan in ("key-accounts-2026", "small-accounts-2026", "foreign-accounts-2026"):
        (tmp_path / "plans" / f"{plan}.yaml").write_text(f"plan: {plan}\n")

    company = Company.load(tmp_path)

    assert [department.name for department in company.settings.departments] == ["总部", "一部", "二部"]
    assert len(company.people(on=datetime(2026, 9, 30).date())) == 51  # noqa: DTZ001  (a calendar day)


def test_twins_are_planted_with_the_way_to_know_them(world: Path) -> None:
    by_entity: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(world / "truth" / "customers.csv"):
        by_entity[row["customer"]].append(row)
    twins = [pair for pair in by_entity.values() if {row["crm"] for row in pair} == {"fxiaoke", "zoho"}]

    assert {row["known_by"] for pair in twins for row in pair if row["crm"] == "zoho"} >= {"uscc", "link"}
    assert all(len({row["uscc"] for row in pair}) == 1 for pair in twins if any(row["known_by"] == "uscc" for row in pair))


def test_what_is_planted_is_there(world: Path) -> None:
    kinds = defaultdict(set)
    for row in rows(world / "truth" / "planted.csv"):
        kinds[row["source"]].add(row["kind"])

    common = {
        "cancelled_order",
        "late_entered_order",
        "backdated_payment",
        "unapplied_payment",
        "merged_customer",
        "spoilt_row",
        "deleted_permanent",
    }
    assert common <= kinds["fxiaoke"]
    assert {*common, "deleted_recycle"} <= kinds["zoho"]


def test_money_that_nobody_assigned_has_numbers_of_its_own_however_large_the_company() -> None:
    payer = SimpleNamespace(crm="zoho", index=1)
    day = 739_900
    paid = [Payment(f"RC{place:06}", "", payer, day, day * DAY, "4", 100, "CNY", kind="paid") for place in range(1, 60_151)]
    cash = Cash(invoices=[], payments=paid, returns=[], entries=[])
    plant_payments(1, cash)
    numbers = [payment.id for payment in cash.payments]
    assert len(numbers) == len(set(numbers)) == 60_164
