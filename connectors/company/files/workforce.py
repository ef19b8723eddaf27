"""What HR keeps about people at work: who was there, what was learnt and reported, what colleagues think of them.

What to add here: a file about how people work, as one row of `FILES`.
What belongs elsewhere: who works here (`people.py`), what a column may be (`columns.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from connectors.company.files.columns import (
    BOOKED_AT,
    EMPLOYEE_NO,
    PERIOD,
    ZERO,
    Column,
    CompanyFile,
    Known,
    Mistake,
    Row,
    T,
)


def _check_attendance(row: Row, known: Known) -> Iterator[Mistake]:
    start, end = row["period_start"], row["period_end"]
    if isinstance(start, date) and isinstance(end, date):
        if end < start or (start.year, start.month) != (end.year, end.month):
            yield "period_end", f"a day of the same month, on or after period_start {start}"
        parts = [row[name] for name in ("attended_days", "leave_days", "training_days")]
        if sum(part for part in parts if isinstance(part, Decimal)) > (end - start).days + 1:
            yield "attended_days", f"no more days in all than lie between {start} and {end}"


def _check_training(row: Row, known: Known) -> Iterator[Mistake]:
    if row["is_attended"] is False and row["post_score"] is not None:
        yield "post_score", "nothing, because this person was not there"


FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="attendance", key=("employee_no", "period_start"), is_decision=False, check=_check_attendance,
        description="考勤: days worked, on leave and in training, one row per person and month (or any part of a month).",
        columns=(
            EMPLOYEE_NO,
            Column(name="period_start", type=T.DATE, label="起", required=True),
            Column(name="period_end", type=T.DATE, label="止", note="last day, in the same month", required=True),
            Column(name="attended_days", type=T.NUMBER, label="出勤天数", note="without leave and training", required=True,
                   minimum=ZERO,
                   maximum=Decimal(31)),
            Column(name="leave_days", type=T.NUMBER, label="请假天数", minimum=ZERO, maximum=Decimal(31)),
            Column(name="training_days", type=T.NUMBER, label="培训天数", minimum=ZERO, maximum=Decimal(31)),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="appraisal", key=("period", "employee_no", "rater_no", "trait"), is_decision=False,
        description="定性考核: one rating per period, person, rater and trait; at least two raters, or it is not shown.",
        columns=(
            Column(name="period", label="期间", required=True, pattern=PERIOD),
            EMPLOYEE_NO,
            Column(name="rater_no", type=T.ID, label="评价人", required=True, exists_in="employees.employee_no"),
            Column(name="trait", label="项目", required=True,
                   choices=("cooperation", "enthusiasm", "loyalty", "discipline", "market_planning", "progress")),
            Column(name="rating", type=T.INTEGER, label="评分", note="1 to 5 on the anchored scale", required=True,
                   minimum=Decimal(1),
                   maximum=Decimal(5)),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="training", key=("course_id", "employee_no"), is_decision=False, check=_check_training,
        description="培训: one row per course and person who was to attend.",
        columns=(
            Column(name="course_id", type=T.ID, label="课程编号", required=True),
            Column(name="course", label="课程", required=True),
            EMPLOYEE_NO,
            Column(name="planned_on", type=T.DATE, label="日期", required=True),
            Column(name="is_attended", type=T.BOOLEAN, label="是否参加", required=True),
            Column(name="hours", type=T.NUMBER, label="学时", required=True, minimum=ZERO),
            Column(name="pre_score", type=T.NUMBER, label="训前得分", minimum=ZERO, maximum=Decimal(100)),
            Column(name="post_score", type=T.NUMBER, label="训后得分", minimum=ZERO, maximum=Decimal(100)),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="report_register", key=("report_type", "employee_no", "due_on"), is_decision=False,
        description="销售报告登记: one row per report that was due, handed in or not.",
        columns=(
            Column(name="report_type", label="报告", required=True,
                   choices=("daily_report", "weekly_plan", "monthly_plan", "monthly_summary", "competitor_analysis",
                   "market_inspection")),
            EMPLOYEE_NO,
            Column(name="due_on", type=T.DATE, label="应交日", required=True),
            Column(name="submitted_on", type=T.DATE, label="提交日", note="empty = never handed in"),
            Column(name="is_empty", type=T.BOOLEAN, label="空报告"),
            Column(name="similarity", type=T.NUMBER, label="与上期相似度", note="above 0.9 counts as copied", minimum=ZERO,
                   maximum=Decimal(1)),
            BOOKED_AT,
        ),
    ),
)
