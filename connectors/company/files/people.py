"""What HR keeps: who works here.

What to add here: a file that HR keeps, as one row of `FILES`; templates, checks and raw tables follow from it.
What belongs elsewhere: what a column may be (`columns.py`), files of other owners (their modules).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from connectors.company.files.columns import Column, CompanyFile, Known, Mistake, Row, T


def _check_employee(row: Row, known: Known) -> Iterator[Mistake]:
    hired, left = row["hire_date"], row["leave_date"]
    if isinstance(hired, date) and isinstance(left, date) and left < hired:
        yield "leave_date", f"a day on or after hire_date {hired}"
    if row["manager_no"] is not None and row["manager_no"] == row["employee_no"]:
        yield "manager_no", "somebody else's employee_no"


FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="employees", key=("employee_no",), exclusive=("fxiaoke_user_id", "zoho_user_id"), check=_check_employee,
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
)
