"""What is odd about AdventureWorks, measured: the table of the README, from the files themselves.

What to add here: an oddity that a reader of the marts would otherwise take for a fault of ours, with the query that measures it.
What belongs elsewhere: what we do about it (the README says), figures to compare with (`figures.py`).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from examples.adventureworks.source import open_source


@dataclass(frozen=True, slots=True)
class Quirk:
    """One oddity: what it is about, the sentence with holes, the query whose one row fills them."""

    about: str
    sentence: str
    sql: str


QUIRKS = (
    Quirk(
        "no sales person",
        "{:,} of {:,} orders (SubTotal {:,} of {:,}) have none; {:,} of them were not placed online, {:,} not "
        "by an individual",
        """
        select
            count(*) filter (SalesPersonID is null), count(*), sum(SubTotal) filter (SalesPersonID is null), sum(SubTotal),
            count(*) filter (SalesPersonID is null and not OnlineOrderFlag),
            count(*) filter (SalesPersonID is null and StoreID is not null),
        from orders
        """,
    ),
    Quirk(
        "owner and seller",
        "on {:,} of {:,} orders the store's owner today is not the order's sales person; {:,} of {:,} buying "
        "stores had several",
        """
        with sold as (select o.*, s.SalesPersonID as owner from orders o join Store s on s.BusinessEntityID = o.StoreID),
        sellers as (select StoreID, count(distinct SalesPersonID) as sellers from sold group by StoreID)
        select
            count(*) filter (owner <> SalesPersonID), count(*),
            (select count(*) filter (sellers > 1) from sellers), (select count(*) from sellers),
        from sold
        """,
    ),
    Quirk(
        "quota dates",
        "{} dates, {} of them the first day of a calendar quarter, {} to {} days apart; {} of {} quotas have "
        "no next date",
        """
        select
            count(distinct QuotaDate), count(distinct QuotaDate) filter (QuotaDate = date_trunc('quarter', QuotaDate)),
            min(NextQuotaDate - QuotaDate), max(NextQuotaDate - QuotaDate), count(*) filter (NextQuotaDate is null), count(*),
        from quotas
        """,
    ),
    Quirk(
        "quota terms",
        "{:,} of {:,} orders of sales people (SubTotal {:,}) fall in another calendar quarter than the date of "
        "the quota they count for, {:,} in another year",
        """
        with met as (
            select o.*, q.QuotaDate from orders o
            join quotas q on q.BusinessEntityID = o.SalesPersonID and o.OrderDate >= q.QuotaDate
                and (o.OrderDate < q.NextQuotaDate or q.NextQuotaDate is null)
        )
        select
            count(*) filter (date_trunc('quarter', OrderDate) <> date_trunc('quarter', QuotaDate)), count(*),
            sum(SubTotal) filter (date_trunc('quarter', OrderDate) <> date_trunc('quarter', QuotaDate)),
            count(*) filter (year(OrderDate) <> year(QuotaDate)),
        from met
        """,
    ),
    Quirk(
        "quota before hire",
        "sales person {}: quota of {:,} from {}, hired {}",
        """
        select q.BusinessEntityID, q.SalesQuota, q.QuotaDate, e.HireDate
        from quotas q join employees e using (BusinessEntityID) where q.QuotaDate < e.HireDate
        """,
    ),
    Quirk(
        "quota kept twice",
        "SalesPerson.SalesQuota equals the person's last quota for {} of {}",
        """
        select count(*) filter (SalesQuota = last_quota), count(*)
        from SalesPerson
        join (select BusinessEntityID, SalesQuota as last_quota from quotas where NextQuotaDate is null)
            using (BusinessEntityID)
        where SalesQuota is not null
        """,
    ),
    Quirk(
        "SalesYTD",
        "equals the person's SubTotal of 2014 for {} of {}, of all years for {}",
        """
        with sold as (
            select SalesPersonID, sum(SubTotal) filter (year(OrderDate) = 2014) as this_year, sum(SubTotal) as ever
            from orders group by all
        )
        select count(*) filter (SalesYTD = this_year), count(*), count(*) filter (SalesYTD = ever)
        from SalesPerson join sold on SalesPersonID = BusinessEntityID
        """,
    ),
    Quirk(
        "territory kept twice",
        "SalesPerson.TerritoryID differs from the open row of SalesTerritoryHistory for {} of {}: {}",
        """
        select
            count(*), (select count(*) from SalesPerson),
            string_agg(cast(s.BusinessEntityID as varchar), ', ' order by s.BusinessEntityID),
        from SalesPerson s left join stays h on h.BusinessEntityID = s.BusinessEntityID and h.LastDay is null
        where s.TerritoryID is distinct from h.TerritoryID
        """,
    ),
    Quirk(
        "territory of orders",
        "{:,} of {:,} orders lie outside the territory that their sales person held that day; for {:,} the "
        "person held none",
        """
        select count(*) filter (h.TerritoryID <> o.TerritoryID), count(*), count(*) filter (h.TerritoryID is null)
        from orders o
        left join stays h
            on h.BusinessEntityID = o.SalesPersonID and o.OrderDate >= h.FirstDay
            and (o.OrderDate <= h.LastDay or h.LastDay is null)
        where o.SalesPersonID is not null
        """,
    ),
    Quirk(
        "managers who sell",
        "{} sales managers have {} orders (SubTotal {:,}), quotas of {:,}, no territory and a CommissionPct of "
        "{:f}",
        """
        select
            count(*), sum(orders), sum(sold), sum(quota), max(p.CommissionPct)
        from SalesPerson p
        join (select SalesPersonID, count(*) as orders, sum(SubTotal) as sold from orders group by all)
            on SalesPersonID = BusinessEntityID
        join (select BusinessEntityID, sum(SalesQuota) as quota from quotas group by all) using (BusinessEntityID)
        where p.TerritoryID is null
        """,
    ),
    Quirk(
        "lines and SubTotal",
        "unrounded lines miss SubTotal on {:,} orders, by {} at most and {} in all; rounded once per order on "
        "{}; each line rounded to four decimals first, on {:,}, by {} in all",
        """
        with sums as (
            select
                SalesOrderID, sum(LineTotal) as total, sum(cast(round(LineTotal, 4) as decimal(18, 4))) as rounded,
            from order_lines group by all
        )
        select
            count(*) filter (total <> SubTotal), max(abs(total - SubTotal)), sum(total - SubTotal),
            count(*) filter (round(total, 4) <> SubTotal),
            count(*) filter (rounded <> SubTotal), sum(rounded - SubTotal),
        from orders join sums using (SalesOrderID)
        """,
    ),
    Quirk(
        "decimals of lines",
        "{:,} of {:,} line totals need more than four decimals, {} more than six",
        """
        select
            (select count(*) from order_lines where LineTotal <> round(LineTotal, 4)), count(*),
            count(*) filter (cast(cast(LineTotal as decimal(18, 6)) as double) <> LineTotal),
        from SalesOrderDetail
        """,
    ),
    Quirk(
        "lost discount",
        "the column is missing; {:,} lines have one: {:,} in all, {} rates from {:.0%} to {:.0%}",
        """
        with lines as (
            select UnitPrice * OrderQty - LineTotal as discount, 1 - LineTotal / (UnitPrice * OrderQty) as rate from order_lines
        )
        select count(*), sum(discount), count(distinct round(rate, 4)), min(rate), max(rate) from lines where discount <> 0
        """,
    ),
    Quirk(
        "list price",
        "{:,} of {:,} lines of sales people and {:,} of {:,} others are not at today's list price; {} above it",
        """
        select
            count(*) filter (SalesPersonID is not null and UnitPrice <> ListPrice), count(SalesPersonID),
            count(*) filter (SalesPersonID is null and UnitPrice <> ListPrice), count(*) filter (SalesPersonID is null),
            count(*) filter (UnitPrice > ListPrice),
        from order_lines join orders using (SalesOrderID) join Product using (ProductID)
        """,
    ),
    Quirk(
        "products",
        "{} of {} have no category, {} a list price of 0; {} were ever sold, {} of them without a category",
        """
        with sold as (select distinct ProductID from order_lines)
        select
            count(*) filter (ProductSubcategoryID is null), count(*), count(*) filter (ListPrice = 0), count(s.ProductID),
            count(s.ProductID) filter (ProductSubcategoryID is null),
        from Product left join sold s using (ProductID)
        """,
    ),
    Quirk(
        "selling dates",
        "{} lines were sold before their product's SellStartDate, {} after its SellEndDate",
        """
        select count(*) filter (OrderDate < SellStartDate), count(*) filter (OrderDate > SellEndDate)
        from order_lines join orders using (SalesOrderID) join Product using (ProductID)
        """,
    ),
    Quirk(
        "stores",
        "{} of {} never ordered; {} share their name with another store: {}",
        """
        select
            count(*) filter (BusinessEntityID not in (select StoreID from orders where StoreID is not null)), count(*),
            count(*) filter (twins > 1), string_agg(distinct twin, ', ' order by twin),
        from (
            select BusinessEntityID, count(*) over (partition by Name) as twins, case when twins > 1 then Name end as twin
            from Store
        )
        """,
    ),
    Quirk(
        "modified dates",
        "all {:,} customers and {} stores were modified in {} moments, those of the load ({})",
        """
        with stamps as (select ModifiedDate from Customer union all select ModifiedDate from Store)
        select
            (select count(*) from Customer), (select count(*) from Store), count(distinct ModifiedDate),
            string_agg(distinct strftime(ModifiedDate, '%Y-%m-%d'), ', '),
        from stamps
        """,
    ),
    Quirk(
        "months",
        "sales people sold on {} days, {:,} of {:,} orders between the 28th and the 1st; nothing in {}; {} "
        "orders in 2014-02, {} in 2014-04",
        """
        with months as (
            select strftime(OrderDate, '%Y-%m') as month, count(SalesPersonID) as orders from orders group by all
        )
        select
            count(distinct OrderDate), count(*) filter (day(OrderDate) >= 28 or day(OrderDate) = 1), count(*),
            (select string_agg(month, ', ' order by month) from months where orders = 0),
            (select orders from months where month = '2014-02'), (select orders from months where month = '2014-04'),
        from orders where SalesPersonID is not null
        """,
    ),
    Quirk(
        "life of an order",
        "{} status ({}: shipped) for all; shipped and modified the same day, {} to {} days after the order ({} "
        "orders take {})",
        """
        with lives as (select *, date_diff('day', OrderDate, ShipDate) as days from orders where ShipDate = ModifiedDate)
        select
            count(distinct Status), min(Status), min(days), max(days), count(*) filter (days = 8), max(days)
        from lives having count(*) = (select count(*) from orders)
        """,
    ),
    Quirk(
        "currencies",
        "{:,} orders carry a rate of {} currencies, yet every amount is USD; {} of them francs and marks, gone "
        "since 2002",
        """
        select count(*), count(distinct ToCurrencyCode), count(*) filter (ToCurrencyCode in ('FRF', 'DEM'))
        from orders join CurrencyRate using (CurrencyRateID)
        """,
    ),
    Quirk(
        "nameless",
        "{} of {} employees have a title and no name: {}",
        """
        select
            count(*) filter (FullName = JobTitle), count(*),
            string_agg(JobTitle, ', ' order by BusinessEntityID) filter (FullName = JobTitle),
        from employees
        """,
    ),
)


def measure(source: duckdb.DuckDBPyConnection) -> list[str]:
    """The README's table, measured now: one line per quirk."""
    lines = ["| about | measured |", "|---|---|"]
    for quirk in QUIRKS:
        (row,) = source.execute(quirk.sql).fetchall()
        lines.append(f"| {quirk.about} | {quirk.sentence.format(*row)} |")
    return lines


if __name__ == "__main__":
    with open_source(Path(sys.argv[1])) as files:
        sys.stdout.write("\n".join(measure(files)) + "\n")
