"""The main job on AdventureWorks over the simulators publishes the figures that other people printed, to the fourth decimal.

The figures are read from the published marts only; how they got there is what is under test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from examples.adventureworks import figures
from examples.adventureworks.pour import Poured
from pipelines.demo import surroundings
from pipelines.execute import execute
from pipelines.resources import Home, night_of
from simulators.server import serve

# All orders are shipped by 2014-07-07 and the stores that never ordered appear on 2014-09-12.
AS_OF = date(2014, 12, 31)


@pytest.fixture(scope="module")
def published(poured: Poured, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published warehouse after one night on the whole set."""
    home = Home(root=str(tmp_path_factory.mktemp("home")), company=str(poured.company))
    known_at = night_of(AS_OF, "America/New_York")
    with serve(poured.records, at=known_at) as running, pytest.MonkeyPatch.context() as environment:
        for name, value in surroundings(running.zoho_url, running.fxiaoke_url).items():
            environment.setenv(name, value)
        execute("nightly", home, as_of=AS_OF, known_at=known_at)
    with duckdb.connect(str(home.published), read_only=True) as connection:
        yield connection


def row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Decimal | int | str, ...]:
    (only,) = connection.execute(sql).fetchall()
    return only


def test_orders_and_lines_are_all_there(published: duckdb.DuckDBPyConnection) -> None:
    assert row(published, "select count(*), count(employee_no) from core.fct_orders") == (
        figures.ORDERS,
        figures.ORDERS_OF_SALES_PEOPLE,
    )
    assert row(published, "select count(*) from core.fct_order_lines") == (figures.ORDER_LINES,)
    assert row(published, "select count(*) from core.quarantine") == (0,)
    dates = row(published, "select cast(min(order_date) as varchar), cast(max(order_date) as varchar) from core.fct_orders")
    assert dates == (figures.FIRST_ORDER_DATE, figures.LAST_ORDER_DATE)


def test_amounts_of_all_orders(published: duckdb.DuckDBPyConnection) -> None:
    sql = "select sum(net_amount), sum(tax_amount), sum(freight_amount), sum(gross_amount) from core.fct_orders where is_counted"
    assert row(published, sql) == astuple(figures.ALL_ORDERS)
    assert row(published, "select sum(net_amount_base), sum(gross_amount_base) from core.fct_orders where is_counted") == (
        figures.ALL_ORDERS.sub_total,
        figures.ALL_ORDERS.total_due,
    )


def test_sales_person_275_over_all_years(published: duckdb.DuckDBPyConnection) -> None:
    assert row(published, "select sum(gross_amount) from core.fct_orders where employee_no = '275'") == (
        figures.TOTAL_DUE_OF_275,
    )


def test_sales_person_274_in_2011(published: duckdb.DuckDBPyConnection) -> None:
    sql = """
        select value, target, value - target from management.kpi
        where metric_id = 'signed_sales' and period_type = 'year' and period = '2011'
          and scope_type = 'rep' and scope_id = '274' and org_view = 'as_of_event'
    """
    assert row(published, sql) == astuple(figures.SUB_TOTAL_OF_274_IN_2011)
    gross = "select sum(gross_amount) from core.fct_orders where employee_no = '274' and year(order_date) = 2011"
    assert row(published, gross) == (figures.TOTAL_DUE_OF_274_IN_2011.actual,)


def test_the_owner_of_an_order_is_who_sold_it_and_not_the_stores_owner_of_today(published: duckdb.DuckDBPyConnection) -> None:
    sql = """
        select count(*) from core.fct_orders o join core.dim_customers c using (customer_key)
        where o.employee_no is not null and o.employee_no <> c.owner_employee_no
    """
    assert row(published, sql) == (figures.ORDERS_OF_OTHERS_THAN_THE_OWNER,)


def test_stores_of_the_same_name_stay_two_customers(published: duckdb.DuckDBPyConnection) -> None:
    assert row(published, "select count(*), count(distinct customer_key) from core.dim_customers") == (19_185, 19_185)
