"""AdventureWorks as the records that Zoho would keep: users, accounts, sales orders and their lines.

What to add here: another Zoho module that the set can fill.
What belongs elsewhere: what people decided (targets, territories, plans: `decisions.py`), how records are served (`simulators`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import msgspec

Record = dict[str, Any]

TIME_ZONE = "America/New_York"
ONLINE_STORE = 0  # the user who owns what no sales person sold; he is not in employees.csv
ONLINE_STORE_NAME = "Online Store"
ORGANISATION = "4876876"
KINDS = {"users": 1, "stores": 2, "individuals": 3, "products": 4, "orders": 5, "order_lines": 6, "roles": 7, "profiles": 8}
MONEY = Decimal("0.0001")
BATCH = 10_000

# Numbers go out as DuckDB's decimals write them, so four decimals stay four decimals.
ENCODER = msgspec.json.Encoder(decimal_format="number")


def zoho_id(kind: str, number: int) -> str:
    """The 19-digit id of a record, from its number in AdventureWorks."""
    return f"{ORGANISATION}{KINDS[kind]:03d}{number:09d}"


@cache
def midnight(day: date) -> str:
    """The start of a business day as Zoho writes a moment: the set knows days only, and none may shift."""
    return datetime.combine(day, time(), ZoneInfo(TIME_ZONE)).isoformat()


def rows(source: duckdb.DuckDBPyConnection, sql: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, a batch at a time."""
    cursor = source.cursor()
    cursor.execute(sql)
    while batch := cursor.fetchmany(BATCH):
        yield from batch


def users(source: duckdb.DuckDBPyConnection) -> Iterator[Record]:
    """The sales force with its tree of managers, each from the day of hire, and the online store's own user."""
    first_order = source.execute("select min(OrderDate) from orders").fetchone()[0]
    yield _user(ONLINE_STORE, ONLINE_STORE_NAME, 0, ONLINE_STORE_NAME, None, None, first_order)
    sql = """
        select
            e.BusinessEntityID, e.FullName, dense_rank() over (order by e.JobTitle), e.JobTitle,
            m.BusinessEntityID, m.FullName, e.HireDate,
        from employees e left join employees m on m.Node = e.ManagerNode
        order by e.BusinessEntityID
    """
    for row in rows(source, sql):
        yield _user(*row)


def _user(number: int, name: str, role: int, title: str, manager: int | None, manager_name: str | None, since: date) -> Record:
    """One row of Users. Mail addresses are not in the set and are not invented."""
    return {
        "$at": midnight(since),
        "id": zoho_id("users", number),
        "full_name": name,
        "status": "active",
        "role": {"name": title, "id": zoho_id("roles", role)},
        "profile": {"name": "Standard", "id": zoho_id("profiles", 1)},
        "Reporting_To": {"name": manager_name, "id": zoho_id("users", manager)} if manager is not None else None,
        "time_zone": TIME_ZONE,
        "created_time": midnight(since),
        "Modified_Time": midnight(since),
    }


def accounts(source: duckdb.DuckDBPyConnection) -> Iterator[Record]:
    """Stores, owned by today's sales person, and the individuals who buy online, each from the day of the first order.

    A store that never ordered exists from its ModifiedDate, the only other date that the set has for it.
    """
    sql = """
        with customers as (
            select
                c.CustomerID, cast(c.StoreID as integer) as StoreID, c.AccountNumber, c.TerritoryID, c.PersonID,
                cast(c.ModifiedDate as date) as modified, min(o.OrderDate) as first_order,
            from Customer c left join orders o using (CustomerID)
            group by all
        ),
        stores as (
            select
                'stores' as kind, s.BusinessEntityID as number, any_value(s.Name) as name,
                min(c.AccountNumber) filter (c.PersonID is null) as account_number, 'Store' as account_type,
                any_value(s.SalesPersonID) as owner, min(c.TerritoryID) as TerritoryID,
                coalesce(min(c.first_order), any_value(cast(s.ModifiedDate as date))) as since,
            from Store s join customers c on c.StoreID = s.BusinessEntityID
            group by s.BusinessEntityID
        ),
        individuals as (
            select
                'individuals' as kind, CustomerID as number, 'Individual ' || AccountNumber as name,
                AccountNumber as account_number, 'Individual' as account_type, null as owner, TerritoryID,
                coalesce(first_order, modified) as since,
            from customers where StoreID is null
        )
        select a.kind, a.number, a.name, a.account_number, a.account_type, a.owner, t.Name, t.CountryRegionCode, a.since
        from (from stores union all from individuals) a join SalesTerritory t using (TerritoryID)
        order by a.kind desc, a.number
    """
    names = _names(source)
    for kind, number, name, account_number, account_type, owner, territory, country, since in rows(source, sql):
        yield {
            "$at": midnight(since),
            "id": zoho_id(kind, number),
            "Account_Name": name,
            "Account_Number": account_number,
            "Account_Type": account_type,
            "Owner": _owner(owner, names),
            "Billing_State": territory,
            "Billing_Country": country,
            "Created_Time": midnight(since),
            "Modified_Time": midnight(since),
        }


def sales_orders(source: duckdb.DuckDBPyConnection) -> Iterator[Record]:
    """Every order twice: as it was taken and as it was shipped, which is all the set knows of its life."""
    sql = """
        select
            o.SalesOrderID, o.SalesOrderNumber, o.PurchaseOrderNumber, o.OrderDate, o.DueDate, o.ModifiedDate, o.OnlineOrderFlag,
            o.SalesPersonID, o.StoreID, o.CustomerID, c.AccountNumber, s.Name, t.Name, r.ToCurrencyCode,
            o.SubTotal, o.TaxAmt, o.Freight, o.TotalDue,
        from orders o
        join Customer c using (CustomerID)
        join SalesTerritory t on t.TerritoryID = o.TerritoryID
        left join Store s on s.BusinessEntityID = o.StoreID
        left join CurrencyRate r using (CurrencyRateID)
        order by o.SalesOrderID
    """
    names = _names(source)
    for (
        number, order_no, purchase_order, ordered, due, shipped, is_online, person, store, customer, account_number, store_name,
        territory, currency, sub_total, tax, freight, total_due,
    ) in rows(source, sql):
        taken = {
            "$at": midnight(ordered),
            "id": zoho_id("orders", number),
            "SO_Number": order_no,
            "Subject": order_no,
            "Purchase_Order": purchase_order,
            "Customer_No": account_number,
            "Order_Date": ordered.isoformat(),
            "Due_Date": due.isoformat(),
            "Status": "Approved",
            "Account_Name": (
                {"name": store_name, "id": zoho_id("stores", store)}
                if store is not None
                else {"name": f"Individual {account_number}", "id": zoho_id("individuals", customer)}
            ),
            "Deal_Name": None,
            "Owner": _owner(person, names),
            "Sub_Total": sub_total,
            "Discount": 0,
            "Tax": tax,
            "Adjustment": freight,
            "Grand_Total": total_due,
            "Currency": "USD",
            "Exchange_Rate": 1,
            "Territory": territory,
            "Online_Order": is_online,
            "Customer_Currency": currency,
            "Created_Time": midnight(ordered),
            "Modified_Time": midnight(ordered),
        }
        yield taken
        yield taken | {"$at": midnight(shipped), "Status": "Delivered", "Modified_Time": midnight(shipped)}


def ordered_items(source: duckdb.DuckDBPyConnection) -> Iterator[Record]:
    """Order lines. The set dropped their discount: it is what is missing between price times quantity and the line total."""
    sql = """
        select
            l.SalesOrderDetailID, l.SalesOrderID, o.SalesOrderNumber, o.OrderDate, l.ProductID, p.Name, p.ProductNumber,
            l.OrderQty, l.UnitPrice, l.UnitPrice * l.OrderQty, l.UnitPrice * l.OrderQty - l.LineTotal, l.LineTotal,
            row_number() over (partition by l.SalesOrderID order by l.SalesOrderDetailID),
        from order_lines l join orders o using (SalesOrderID) join Product p using (ProductID)
        order by l.SalesOrderDetailID
    """
    for number, order, order_no, day, product, name, code, quantity, price, total, discount, net, sequence in rows(source, sql):
        yield {
            "$at": midnight(day),
            "id": zoho_id("order_lines", number),
            "Parent_Id": {"name": order_no, "id": zoho_id("orders", order)},
            "Product_Name": {"Product_Code": code, "Currency": "USD", "name": name, "id": zoho_id("products", product)},
            "Quantity": quantity,
            "List_Price": price,
            "Total": total,
            "Discount": _places(discount),
            "Total_After_Discount": _places(net),
            "Tax": 0,
            "Net_Total": _places(net),
            "Sequence_Number": sequence,
            "Created_Time": midnight(day),
            "Modified_Time": midnight(day),
        }


def _places(amount: Decimal) -> Decimal:
    """An amount with four places, with six only where the set needs them."""
    short = amount.quantize(MONEY)
    return short if short == amount else amount


def _names(source: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """Who is who, by number."""
    return dict(source.execute("select BusinessEntityID, FullName from employees").fetchall()) | {ONLINE_STORE: ONLINE_STORE_NAME}


def _owner(number: int | None, names: dict[int, str]) -> Record:
    """The owner as Zoho writes one; no Zoho record is without."""
    person = ONLINE_STORE if number is None else number
    return {"name": names[person], "id": zoho_id("users", person)}


MODULES = {"Users": users, "Accounts": accounts, "Sales_Orders": sales_orders, "Ordered_Items": ordered_items}
ORG = {
    "id": zoho_id("profiles", 0),
    "company_name": "Adventure Works Cycles",
    "iso_code": "USD",
    "currency": "US Dollar",
    "currency_symbol": "$",
    "time_zone": TIME_ZONE,
    "mc_status": False,
}


def write_records(source: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, int]:
    """Write `<folder>/zoho/<Module>.ndjson` and say how many lines each module got."""
    zoho = folder / "zoho"
    zoho.mkdir(parents=True, exist_ok=True)
    (zoho / "_org.json").write_bytes(msgspec.json.format(ENCODER.encode(ORG), indent=2) + b"\n")
    return {module: _write(zoho / f"{module}.ndjson", records(source)) for module, records in MODULES.items()}


def _write(path: Path, records: Iterable[Record]) -> int:
    """Write records one a line and count them."""
    count = 0
    with path.open("wb") as file:
        for record in records:
            file.write(ENCODER.encode(record) + b"\n")
            count += 1
    return count
