"""Who may receive: deny by default, dates at both ends, and only people employed on the day."""

import datetime as dt
from pathlib import Path

import pytest

from delivery import DistributionError, Employee, Recipient, recipients
from pipelines.resources import Home

DAY = dt.date(2026, 11, 20)
STAFF = {
    "E900": Employee("E900", "沈国栋", "shen@example.com", True),
    "E903": Employee("E903", "顾晓岚", "gu@example.com", False),
    "E905": Employee("E905", "新同事", "new@example.com", False),
    "E906": Employee("E906", "无邮箱", "", True),
}
LINE = """
  - employee_no: {number}
    role: 销售总监
    report: {report}
    scope: {scope}
    channel: email
    valid_from: {start}
    valid_to: {end}
    reason: 会议成员
    approved_by: 总经理
"""


def write(folder: Path, *lines: dict[str, str]) -> None:
    """A distribution list with these lines."""
    defaults = {"number": "E900", "report": "quarterly_management_pack", "scope": "company", "start": "2026-01-01", "end": "null"}
    (folder / "distribution.yaml").write_text(
        "recipients:" + "".join(LINE.format(**{**defaults, **line}) for line in lines), encoding="utf-8"
    )


def test_a_listed_active_employee_receives_at_todays_address(company_folder: Path) -> None:
    write(company_folder, {}, {})
    assert recipients(company_folder, "quarterly_management_pack", "company", staff=STAFF, on=DAY) == [
        Recipient("E900", "沈国栋", "shen@example.com", "销售总监", "company")
    ]


def test_what_is_not_listed_is_denied(company_folder: Path) -> None:
    write(company_folder, {"report": "commission_workbook"}, {"scope": "D1"}, {"start": "2026-11-21"}, {"end": "2026-11-19"})
    assert recipients(company_folder, "quarterly_management_pack", "company", staff=STAFF, on=DAY) == []


def test_both_ends_of_a_permission_count(company_folder: Path) -> None:
    write(company_folder, {"start": "2026-11-20", "end": "2026-11-20"})
    allowed = recipients(company_folder, "quarterly_management_pack", "company", staff=STAFF, on=DAY)
    assert [person.employee_no for person in allowed] == ["E900"]


def test_a_statement_goes_to_the_person_it_is_about(company_folder: Path) -> None:
    write(company_folder, {"number": '"*"', "report": "commission_statement", "scope": "self"})
    allowed = recipients(company_folder, "commission_statement", "E900", staff=STAFF, on=DAY)
    assert [person.employee_no for person in allowed] == ["E900"]


def test_someone_who_left_or_has_not_joined_or_is_unknown_stops_the_send(company_folder: Path) -> None:
    write(company_folder, {"number": "E903"}, {"number": "E905"}, {"number": "E999"}, {"number": "E906"})
    with pytest.raises(DistributionError) as stopped:
        recipients(company_folder, "quarterly_management_pack", "company", staff=STAFF, on=DAY)
    assert str(stopped.value).splitlines() == [
        f"quarterly_management_pack company: {number} (销售总监) is not an active employee on 2026-11-20; "
        "end the line in distribution.yaml or correct the employees file"
        for number in ("E903", "E905", "E999")
    ] + ["quarterly_management_pack company: E906 (销售总监) has no e-mail address in the employees file"]


def test_a_missing_or_broken_list_is_answered_with_every_mistake(company_folder: Path) -> None:
    with pytest.raises(DistributionError, match="distribution.yaml is missing"):
        recipients(company_folder, "quarterly_management_pack", "company", staff=STAFF, on=DAY)
    write(company_folder, {"report": "everything"}, {"start": "soon"})
    with pytest.raises(DistributionError) as refused:
        recipients(company_folder, "quarterly_management_pack", "company", staff=STAFF, on=DAY)
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "distribution.yaml recipient 1, report",
        "distribution.yaml recipient 2, valid_from",
    ]


def test_the_demo_company_lists_only_its_own_active_people() -> None:
    folder = Path(__file__).parents[2] / "company"
    staff = Home(company=str(folder)).staff(DAY)
    sent = {
        (report, scope): [person.employee_no for person in recipients(folder, report, scope, staff=staff, on=DAY)]
        for report, scope in (
            ("quarterly_management_pack", "company"),
            ("quarterly_department_pack", "D1"),
            ("quarterly_department_pack", "D2"),
            ("commission_workbook", "company"),
            ("commission_statement", "E101"),
        )
    }
    assert sent == {
        ("quarterly_management_pack", "company"): ["E900", "E901", "E902"],
        ("quarterly_department_pack", "D1"): ["E100"],
        ("quarterly_department_pack", "D2"): ["E200"],
        ("commission_workbook", "company"): ["E901", "E904"],
        ("commission_statement", "E101"): ["E101"],
    }
