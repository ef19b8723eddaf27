"""The AdventureWorks Parquet files, opened for DuckDB.

What to add here: a table of the set, a repair of its column types.
What belongs elsewhere: what becomes of the rows (`records.py`, `decisions.py`), what is odd about them (`quirks.py`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

TABLES = (
    "CurrencyRate", "Customer", "Product", "ProductCategory", "ProductSubcategory", "SalesEmployee", "SalesOrderDetail",
    "SalesOrderHeader", "SalesPerson", "SalesPersonName", "SalesPersonQuotaHistory", "SalesTerritory", "SalesTerritoryHistory",
    "Store",
)  # fmt: skip

# The files keep line prices as DOUBLE and ids with gaps as DOUBLE too. The shortest text of each price is the source's own
# decimal (money with four places, line totals with six), so it is read through text and no float is ever added up.
LINES = """
    create view order_lines as
    select
        SalesOrderID, SalesOrderDetailID, OrderQty, ProductID,
        cast(cast(UnitPrice as varchar) as decimal(18, 4)) as UnitPrice,
        cast(cast(LineTotal as varchar) as decimal(18, 6)) as LineTotal,
    from SalesOrderDetail
"""
ORDERS = """
    create view orders as
    select
        * replace (
            cast(OrderDate as date) as OrderDate, cast(DueDate as date) as DueDate, cast(ShipDate as date) as ShipDate,
            cast(ModifiedDate as date) as ModifiedDate,
            cast(SalesPersonID as integer) as SalesPersonID, cast(CurrencyRateID as integer) as CurrencyRateID
        ),
        StoreID,
    from SalesOrderHeader
    join (select CustomerID, cast(StoreID as integer) as StoreID from Customer) using (CustomerID)
"""
EMPLOYEES = """
    create view employees as
    select
        e.BusinessEntityID, e.JobTitle, cast(cast(e.HireDate as timestamp) as date) as HireDate,
        coalesce(n.FirstName || ' ' || n.LastName, e.JobTitle) as FullName,
        coalesce(e.OrganizationNode, '/') as Node,
        -- '/6/1/10/' reports to '/6/1/': the tree is written as paths; '/' is the chief executive
        case when e.OrganizationNode is not null then regexp_replace(e.OrganizationNode, '[0-9]+/$', '') end as ManagerNode,
        p.CommissionPct,
    from SalesEmployee e
    left join SalesPersonName n using (BusinessEntityID)
    left join SalesPerson p using (BusinessEntityID)
"""
# Quota and territory dates as dates; a quota holds until the person's next one, exclusive, and the last has no next.
QUOTAS = """
    create view quotas as
    select
        BusinessEntityID, SalesQuota, cast(QuotaDate as date) as QuotaDate, cast(ModifiedDate as date) as AgreedDate,
        lead(cast(QuotaDate as date)) over (partition by BusinessEntityID order by QuotaDate) as NextQuotaDate,
    from SalesPersonQuotaHistory
"""
STAYS = """
    create view stays as
    select BusinessEntityID, TerritoryID, cast(StartDate as date) as FirstDay, cast(EndDate as date) as LastDay
    from SalesTerritoryHistory
"""


def open_source(data: Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection with one view per Parquet file, and those above with their types mended."""
    missing = [table for table in TABLES if not (data / f"{table}.parquet").is_file()]
    if missing:
        raise FileNotFoundError(
            f"{data} is not the AdventureWorks Parquet folder: without {', '.join(f'{table}.parquet' for table in missing)} "
            "nothing is poured. Point DATA (or QUARTERDECK_ADVENTUREWORKS) at the folder that holds them."
        )
    connection = duckdb.connect()
    for table in TABLES:
        connection.read_parquet(str(data / f"{table}.parquet")).create_view(table)
    for view in (LINES, ORDERS, EMPLOYEES, QUOTAS, STAYS):
        connection.execute(view)
    return connection
