"""What lies on the edge of a rule comes out on the right side of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tests.dbt_project.build import rows


def test_a_login_is_whose_it_was_on_the_day(worked: Path) -> None:
    """L2 got L1's login in 2024, and L1's own second one is known by the number in the CRM; 7 is not 007."""
    always, last = date(1900, 1, 1), date(9999, 12, 31)
    assert rows(
        worked,
        """
        select crm, user_id, employee_no, effective_from, effective_to from intermediate.int_owners
        where user_id like '%L1%' or user_id in ('FL7', 'FL8') order by all
    """,
    ) == [
        ("fxiaoke", "FL1", "L1", always, date(2024, 1, 1)),
        ("fxiaoke", "FL1", "L2", date(2024, 1, 1), last),
        ("fxiaoke", "FL1b", "L1", always, date(2024, 3, 1)),
        ("fxiaoke", "FL1b", "L1", date(2024, 3, 1), last),
        ("fxiaoke", "FL7", "007", always, last),
        ("zoho", "ZL1", "L1", always, date(2024, 3, 1)),
        ("zoho", "ZL1", "L1", date(2024, 3, 1), last),
    ]
    users = "select user_id, employee_no, rule, is_contradicted from core.dim_crm_users where user_id like 'FL%' order by 1"
    assert rows(worked, users) == [
        ("FL1", "L2", "company_file", True),
        ("FL1b", "L1", "crm_number", False),
        ("FL7", "007", "crm_number", False),
        ("FL8", None, "nobody", False),
    ]
