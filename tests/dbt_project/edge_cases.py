"""Records on the edge of a rule, beside the worked cases and apart from their people and customers.

What to add here: a record that a rule just takes or just leaves out.
What belongs elsewhere: cases whose figures are worked out (`worked_cases.py`), what must come out (`test_edge_cases.py`).
"""

from __future__ import annotations

from datetime import date

from tests.dbt_project.fixtures import Lake

on = date.fromisoformat
PERSON = {"department_id": "D1", "role": "销售代表", "region": "华东", "hire_date": on("2020-01-01")}


def edge_cases(lake: Lake) -> None:
    """All of them."""
    _logins(lake)


def _logins(lake: Lake) -> None:
    """A login that a successor got, a second login under one number, a number with zeros before it."""
    for key, name, login, since in (
        ("L1", "戊", {"fxiaoke_user_id": "FL1"}, "2020-01-01"),
        ("L1", "戊", {"zoho_user_id": "ZL1"}, "2024-03-01"),
        ("L2", "己", {"fxiaoke_user_id": "FL1"}, "2024-01-01"),
        ("007", "庚", {}, "2020-01-01"),
    ):
        lake.decide("employees", f"{key}|{since}", employee_no=key, name=name, valid_from=on(since), **login, **PERSON)
    for user, number in (("FL1", "L1"), ("FL1b", "L1"), ("FL7", "007"), ("FL8", "7")):
        lake.add("fxiaoke", "users", user, full_name=f"{user} as the CRM writes it", employee_no=number)
