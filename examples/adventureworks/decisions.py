"""What AdventureWorks decided, as a company folder: people and territories, quotas, commission, products.

What to add here: another file of the company folder that the set can fill.
What belongs elsewhere: what a CRM keeps (`records.py`), how a company folder is read and checked (`connectors/company.py`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from examples.adventureworks.records import TIME_ZONE, rows, zoho_id

DECISION = ("valid_from", "valid_to", "reason", "approved_by")
APPROVED_BY = "AdventureWorks2019"  # the set does not say who decided; it says only what was

COMPANY = f"""\
# Adventure Works Cycles: one CRM, a department per group of sales territories, everything in US dollars.
name: Adventure Works Cycles
time_zone: {TIME_ZONE}
currency: USD
fiscal_year_start_month: 1
departments:
  - {{id: head_office, name: Head office, crm: zoho}}
  - {{id: north_america, name: North America, crm: zoho}}
  - {{id: europe, name: Europe, crm: zoho}}
  - {{id: pacific, name: Pacific, crm: zoho}}
crm:
  zoho:
    order_amounts: ex_tax
    cash: cash_receipts
    receivables: crm_invoices
    custom_fields:
      orders:
        order_date: {{api_name: Order_Date, type: date}}
        territory: {{api_name: Territory, type: text}}
        is_online: {{api_name: Online_Order, type: boolean}}
        customer_currency: {{api_name: Customer_Currency, type: text}}
      order_lines:
        # a line total of the set has up to six decimals, two more than money has
        discount: {{api_name: Discount, type: number}}
        net_total: {{api_name: Net_Total, type: number}}
"""

HEAD_OFFICE = "head_office"
# Each department is its sales manager and those who report to that manager.
DEPARTMENTS = {274: "north_america", 287: "europe", 285: "pacific"}

PLAN = """\
# CommissionPct {rate} of SalesPerson.parquet: a flat share of every sale, without tax and freight.
plan: {plan_id}
version: 1
title: Flat commission of {percent} %
valid: {{from: 2011-05-31}}
currency: USD
approved_by: [{{role: source, id: {approved_by}, at: 2011-05-31}}]
timezone: {time_zone}
components:
  - id: sales
    name_zh: 签约提成
    event: signed
    date_basis: order_date
    plan_version_by: event_date
    measure: amount_ex_tax
    credit: {{primary: owner_at_signature}}
    accumulate: month
    rate:
      kind: flat
      rate: {rate}
rounding: {{mode: HALF_UP, places: 2, unit: payee_component_period}}
"""


def write_company(source: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, int]:
    """Write the company folder and say how many rows each file got."""
    (folder / "plans").mkdir(parents=True, exist_ok=True)
    (folder / "company.yaml").write_text(COMPANY, encoding="utf-8")
    return {
        "employees.csv": _employees(source, folder / "employees.csv"),
        "targets.csv": _targets(source, folder / "targets.csv"),
        "products.csv": _products(source, folder / "products.csv"),
        "plan_assignments.csv": _plan_assignments(source, folder / "plan_assignments.csv"),
        "plans": _plans(source, folder / "plans"),
    }


def _employees(source: duckdb.DuckDBPyConnection, path: Path) -> int:
    """One row per person and territory held (SalesTerritoryHistory); the department follows the tree of managers.

    A person without a territory (managers, and 280 after hers ended) has an empty region. Nobody in the set has left.
    """
    sql = """
        with seats as (
            from stays
            union all
            select BusinessEntityID, null, max(LastDay) + 1, null
            from stays group by BusinessEntityID having count(*) = count(LastDay)
            union all
            select BusinessEntityID, null, HireDate, null from employees anti join stays using (BusinessEntityID)
        )
        select e.BusinessEntityID, e.FullName, m.BusinessEntityID, e.JobTitle, t.Name, e.HireDate, s.FirstDay, s.LastDay
        from seats s
        join employees e using (BusinessEntityID)
        left join employees m on m.Node = e.ManagerNode
        left join SalesTerritory t using (TerritoryID)
        order by e.BusinessEntityID, s.FirstDay
    """
    columns = (
        "employee_no", "name", "department_id", "manager_no", "role", "region", "hire_date", "leave_date",
        "fxiaoke_user_id", "zoho_user_id", "email",
    )  # fmt: skip
    return _write(path, (*columns, *DECISION), (
        (
            number, name, DEPARTMENTS.get(number) or DEPARTMENTS.get(manager, HEAD_OFFICE), manager, role, region, hired, None,
            None, zoho_id("users", number), None,
            first_day, last_day, "SalesTerritoryHistory" if region else "no territory in the set", APPROVED_BY,
        )
        for number, name, manager, role, region, hired, first_day, last_day in rows(source, sql)
    ))  # fmt: skip


def _targets(source: duckdb.DuckDBPyConnection, path: Path) -> int:
    """One quota per person and quota date, until the next quota date (exclusive).

    The last one (2014-03-01) has no next. It is given three months, the span of all the others (90 to 92 days): an open end
    would make it a quota for ever. No order of a sales person is later than 2014-05-01, so no sale depends on this.
    """
    sql = """
        select
            BusinessEntityID, QuotaDate, coalesce(NextQuotaDate, cast(QuotaDate + interval 3 months as date)), SalesQuota,
            AgreedDate,
        from quotas
        order by BusinessEntityID, QuotaDate
    """
    columns = (
        "version", "metric_id", "scope_type", "scope_id", "period", "period_start", "period_end", "quantity", "amount",
        "agreed_by", "agreed_on",
    )  # fmt: skip
    return _write(path, (*columns, *DECISION), (
        (
            "1", "signed_sales", "rep", person, None, first_day, next_day, None, quota,
            None, agreed,
            agreed, None, "SalesPersonQuotaHistory", APPROVED_BY,
        )
        for person, first_day, next_day, quota, agreed in rows(source, sql)
    ))  # fmt: skip


def _products(source: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Every product that is for sale at its list price, its line being its category; parts without a category are never sold."""
    sql = """
        select p.ProductNumber, p.Name, c.Name, p.ListPrice, p.ProductID, cast(p.SellStartDate as date)
        from Product p
        join ProductSubcategory s on s.ProductSubcategoryID = p.ProductSubcategoryID
        join ProductCategory c using (ProductCategoryID)
        order by p.ProductNumber
    """
    columns = ("product_code", "name", "product_line", "unit", "list_price", "fxiaoke_product_id", "zoho_product_id")
    return _write(path, (*columns, *DECISION), (
        (code, name, line, "piece", price, None, zoho_id("products", number), start, None, "Product", APPROVED_BY)
        for code, name, line, price, number, start in rows(source, sql)
    ))  # fmt: skip


def _paid(source: duckdb.DuckDBPyConnection) -> list[tuple[int, Decimal, date]]:
    """Who is paid which share from when. The three sales managers have a CommissionPct of 0, so they have no plan."""
    sql = "select BusinessEntityID, CommissionPct, HireDate from employees where CommissionPct > 0 order by BusinessEntityID"
    return source.execute(sql).fetchall()


def _plan_id(rate: Decimal) -> str:
    """The plan of one rate: flat-0120 pays 1.20 %."""
    return f"flat-{int(rate * 10_000):04d}"


def _plan_assignments(source: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Each paid sales person's plan, from the day of hire."""
    return _write(path, ("employee_no", "plan_id", *DECISION), (
        (person, _plan_id(rate), hired, None, "SalesPerson.CommissionPct", APPROVED_BY) for person, rate, hired in _paid(source)
    ))  # fmt: skip


def _plans(source: duckdb.DuckDBPyConnection, folder: Path) -> int:
    """One plan file per distinct rate."""
    rates = sorted({rate for _, rate, _ in _paid(source)})
    for rate in rates:
        plan_id = _plan_id(rate)
        text = PLAN.format(
            plan_id=plan_id, rate=rate, percent=f"{rate * 100:.2f}", approved_by=APPROVED_BY, time_zone=TIME_ZONE
        )
        (folder / f"{plan_id}.yaml").write_text(text, encoding="utf-8")
    return len(rates)


def _write(path: Path, header: Sequence[str], table: Iterable[Sequence[Any]]) -> int:
    """Write one CSV and count its rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        count = 0
        for row in table:
            writer.writerow(row)
            count += 1
    return count
