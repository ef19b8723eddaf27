"""Orders that several people share count by their shares, and once in the company."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tests.dbt_project.build import rows

D = Decimal


def credited(worked: Path, metric_id: str, org_view: str = "as_of_event") -> dict[str, Decimal | None]:
    """A figure of the year's last quarter by who holds it; who has nothing of it is left out."""
    query = f"""
        select scope_id, value from management.kpi
        where metric_id = '{metric_id}' and period = '2024-Q4' and org_view = '{org_view}' and value <> 0
            and scope_type in ('company', 'department', 'rep')
    """
    return {scope: value.normalize() for scope, value in rows(worked, query)}


def bridge(worked: Path, metric_id: str, org_view: str) -> dict[str, Decimal]:
    """The way from departments to the company."""
    query = f"""
        select scope_id, value from management.department_bridge
        where metric_id = '{metric_id}' and period = '2024-Q4' and org_view = '{org_view}'
    """
    return {scope: value.normalize() for scope, value in rows(worked, query)}


def test_an_order_of_several_people_counts_by_their_shares_and_once_in_the_company(worked: Path) -> None:
    """SO10 is 70 : 30 with an overlay of 50 %, SO11 has an overlay of 40 % alone, SO12 is shared from its third day on."""
    assert credited(worked, "signed_sales") == {
        "company": D("4000.0088"), "D1": D("3730.0088"), "D2": D(1920), "E3": D("3730.0088"), "E4": D(270), "E5": D(1650),
    }
    assert credited(worked, "orders") == {"company": D(3), "D1": D(3), "D2": D(2), "E3": D(3), "E4": D(1), "E5": D(2)}
    assert credited(worked, "average_deal") == {
        "company": D("1333.336267"), "D1": D("1243.336267"), "D2": D(960), "E3": D("1243.336267"), "E4": D(270), "E5": D(825),
    }
    assert credited(worked, "new_customers") == dict.fromkeys(("company", "D1", "D2", "E3", "E4", "E5"), D(1))
    assert credited(worked, "active_customers_180") == dict.fromkeys(("company", "D1", "D2", "E3", "E4", "E5"), D(1))
    assert credited(worked, "customer_value") == {
        "company": D("4000.0088"), "D1": D("3730.0088"), "D2": D(1920), "E3": D("3730.0088"), "E4": D(270), "E5": D(1650),
    }
    # who moved takes the overlay along, and one department never holds more than the order
    assert credited(worked, "signed_sales", "current") == {
        "company": D("4000.0088"), "D1": D("4000.0088"), "D2": D(270), "E3": D("3730.0088"), "E4": D(270), "E5": D(1650),
    }
    assert bridge(worked, "signed_sales", "as_of_event") == {
        "D1": D("3730.0088"), "D2": D(1920), "shared": D(-1650), "company": D("4000.0088"),
    }
    assert bridge(worked, "signed_sales", "current") == {
        "D1": D("4000.0088"), "D2": D(270), "shared": D(-270), "company": D("4000.0088"),
    }


def test_invoices_and_cash_go_by_the_shares_of_their_day_and_go_back_by_those_they_came_by(worked: Path) -> None:
    assert credited(worked, "collections") == {
        "company": D("734.51"), "D1": D("450.12"), "D2": D("595.14"), "E3": D("450.12"), "E4": D("246.7199"), "E5": D("348.4201"),
    }
    assert bridge(worked, "collections", "as_of_event") == {
        "D1": D("450.12"), "D2": D("595.14"), "shared": D("-310.75"), "company": D("734.51"),
    }
    assert credited(worked, "invoiced_sales") == {
        "company": D(900), "D1": D(630), "D2": D(720), "E3": D(630), "E4": D(270), "E5": D(450),
    }
