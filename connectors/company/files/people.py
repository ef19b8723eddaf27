"""What HR keeps: who works here.

What to add here: a file that HR keeps, as one row of `FILES`; templates, checks and raw tables follow from it.
What belongs elsewhere: what a column may be (`columns.py`), files of other owners (their modules).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from connectors.company.files.columns import (
    CRM,
    EMPLOYEE_NO,
    ORDER_NO,
    PAY_MONTH,
    ZERO,
    Column,
    CompanyFile,
    Known,
    Misfit,
    Mistake,
    Row,
    T,
)


def _check_employee(row: Row, known: Known) -> Iterator[Mistake]:
    hired, left = row["hire_date"], row["leave_date"]
    if isinstance(hired, date) and isinstance(left, date) and left < hired:
        yield "leave_date", f"a day on or after hire_date {hired}"
    if row["manager_no"] is not None and row["manager_no"] == row["employee_no"]:
        yield "manager_no", "somebody else's employee_no"


def _check_employees(rows: Sequence[Row]) -> Iterator[Misfit]:
    """A number is one person's for good: with another name and another hire date it would hand on customers, pay and history."""
    latest: dict[object, Row] = {}
    for number, row in sorted(enumerate(rows), key=lambda pair: (str(pair[1]["valid_from"]), pair[0])):
        before = latest.get(row["employee_no"], row)
        if before["name"] != row["name"] and before["hire_date"] != row["hire_date"]:
            yield number, "employee_no", f"a number of their own: it is that of {before['name']}, hired {before['hire_date']}"
        latest[row["employee_no"]] = row


def _check_absence(row: Row, known: Known) -> Iterator[Mistake]:
    first, last = row["first_day"], row["last_day"]
    if isinstance(first, date) and isinstance(last, date) and last < first:
        yield "last_day", f"a day on or after first_day {first}"


def _check_handover(row: Row, known: Known) -> Iterator[Mistake]:
    if row["leaver_no"] == row["successor_no"]:
        yield "successor_no", "somebody else's employee_no"
    if (row["order_no"] is None) != (row["crm"] is None):
        yield "crm", "the CRM of the order, and nothing without an order: then it is all of the leaver's money"


def _no_circles(rows: Sequence[Row]) -> Iterator[Misfit]:
    """A department that stands above itself, on any day on which every link of the chain holds."""
    above: dict[object, set[object]] = defaultdict(set)
    for row in rows:
        above[row["department_id"]].add(row["parent_id"])
    for number, row in enumerate(rows):
        seen: set[object] = set()
        waiting = {row["parent_id"]}
        while waiting := waiting - seen - {None}:
            seen |= waiting
            waiting = {parent for one in waiting for parent in above[one]}
        if row["department_id"] in seen:
            yield number, "parent_id", f"a department that does not stand below {row['department_id']} itself"


FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="employees", key=("employee_no",), exclusive=("fxiaoke_user_id", "zoho_user_id"), check=_check_employee,
        check_all=_check_employees,
        description="员工: one row per person and validity; a move is a new row.",
        columns=(
            Column(name="employee_no", type=T.ID, label="工号", required=True),
            Column(name="name", label="姓名", required=True),
            Column(name="department_id", type=T.ID, label="部门", required=True, exists_in="departments"),
            Column(name="manager_no", type=T.ID, label="上级工号", exists_in="employees.employee_no"),
            Column(name="role", label="岗位", required=True),
            Column(name="region", label="区域"),
            Column(name="hire_date", type=T.DATE, label="入职日", required=True),
            Column(name="leave_date", type=T.DATE, label="离职日", note="last day of employment"),
            Column(name="fxiaoke_user_id", type=T.ID, label="纷享用户", note="openUserId, FSUID_…", may_be_absent=True),
            Column(name="zoho_user_id", type=T.ID, label="Zoho 用户", note="18 digits: format the column as text in Excel",
                   may_be_absent=True),
            Column(name="email", label="邮箱", note="for sending; never lands in the lake", may_be_absent=True, personal=True,
                   pattern=re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
        ),
    ),
    CompanyFile(
        name="org", key=("department_id",), check_all=_no_circles,
        description="组织: which department stands under which, who leads it, and what it is organised by.",
        columns=(
            Column(name="department_id", type=T.ID, label="部门", required=True, exists_in="departments"),
            Column(name="parent_id", type=T.ID, label="上级部门", exists_in="departments"),
            Column(name="manager_no", type=T.ID, label="负责人工号", exists_in="employees.employee_no"),
            Column(name="team_type", label="团队类型", choices=("region", "product", "customer")),
        ),
    ),
    CompanyFile(
        name="wages", key=("employee_no", "month"), is_decision=False, is_pay=True,
        description="工资: what payroll pays in one month, for the legal limit of deductions.",
        columns=(
            EMPLOYEE_NO,
            PAY_MONTH,
            Column(name="wages", type=T.MONEY, label="当月工资", required=True, minimum=ZERO),
            Column(name="minimum_wage", type=T.MONEY, label="当地最低工资", note="overrides the plan's", minimum=ZERO),
        ),
    ),
    CompanyFile(
        name="absences", key=("employee_no", "first_day"), is_decision=False, check=_check_absence,
        description="请假: leave that shortens a quota and the target pay.",
        columns=(
            EMPLOYEE_NO,
            Column(name="first_day", type=T.DATE, label="首日", required=True),
            Column(name="last_day", type=T.DATE, label="末日", note="inclusive", required=True),
            Column(name="kind", label="假别"),
        ),
    ),
    CompanyFile(
        name="handovers", key=("leaver_no", "crm", "order_no"), check=_check_handover,
        description="离职交接: who takes over a leaver's pending money; without an order, all of it.",
        columns=(
            Column(name="leaver_no", type=T.ID, label="离职人工号", required=True, exists_in="employees.employee_no"),
            Column(name="successor_no", type=T.ID, label="接手人工号", required=True, exists_in="employees.employee_no"),
            replace(CRM, required=False),
            replace(ORDER_NO, required=False),
        ),
    ),
    CompanyFile(
        name="cn_calendar", key=("day",), is_decision=False,
        description="工作日历: days that differ from Monday to Friday, as the State Council announced them for a year.",
        columns=(
            Column(name="day", type=T.DATE, label="日期", required=True),
            Column(name="is_workday", type=T.BOOLEAN, label="上班", note="false 放假, true 调休上班", required=True),
            Column(name="name", label="节日"),
        ),
    ),
)
