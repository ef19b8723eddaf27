"""Months, quarters and years as names, and how much of one a person was there.

Add a kind of window here; all names sort as time does within their kind.
Which window a component counts over is the plan's word.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from commission.engine.facts import Facts
from commission.plan import Plan

PLAN_WINDOW = "plan"


def month_of(day: date) -> str:
    """2026-09"""
    return f"{day.year:04d}-{day.month:02d}"


def first_day(month: str) -> date:
    """The first day of that month."""
    return date(int(month[:4]), int(month[5:7]), 1)


def last_day(month: str) -> date:
    """The last day of that month."""
    first = first_day(month)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def next_month(month: str, by: int = 1) -> str:
    """The month that many months later."""
    number = int(month[:4]) * 12 + int(month[5:7]) - 1 + by
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def months(first: str, last: str) -> Iterator[str]:
    """Every month from first to last, both inclusive."""
    while first <= last:
        yield first
        first = next_month(first)


def period_of(day: date, kind: str, fiscal_start: int) -> str:
    """The month, quarter or year that holds the day; years are named by the calendar year in which they begin."""
    if kind == "month":
        return month_of(day)
    since = (day.year * 12 + day.month - 1) - (fiscal_start - 1)
    year, place = divmod(since, 12)
    return f"{year:04d}" if kind == "year" else f"{year:04d}-Q{place // 3 + 1}"


def bounds(period: str, fiscal_start: int) -> tuple[date, date]:
    """First and last day of 2026-09, 2026-Q3 or 2026."""
    if "-Q" in period:
        first = next_month(f"{period[:4]}-{fiscal_start:02d}", 3 * (int(period[-1]) - 1))
        return first_day(first), last_day(next_month(first, 2))
    if "-" in period:
        return first_day(period), last_day(period)
    first = f"{period}-{fiscal_start:02d}"
    return first_day(first), last_day(next_month(first, 11))


def _active(facts: Facts, plan: Plan, payee_no: str, day: date, *, in_version: bool) -> bool:
    if in_version and not plan.valid.covers(day):
        return False
    employed = [one for one in facts.people if one.payee_no == payee_no]
    here = not employed or any(
        (one.hire_date is None or one.hire_date <= day) and (one.leave_date is None or day <= one.leave_date) for one in employed
    )
    assigned = any(
        one.payee_no == payee_no
        and one.plan_id == plan.plan
        and one.valid_from <= day
        and (one.valid_to is None or day <= one.valid_to)
        for one in facts.assignments
    )
    away = any(one.payee_no == payee_no and one.first_day <= day <= one.last_day for one in facts.absences)
    return here and assigned and not away


def presence(facts: Facts, plan: Plan, payee_no: str, period: str, *, in_version: bool) -> tuple[Decimal, Decimal]:
    """How much of the period the version held and the payee was employed, assigned and not on leave, and how much it has.

    What is locked at signature is paid under its version whenever it comes, so there its days are not asked.
    Two numbers and not their quotient, so that a third of a quota is exactly a third.
    """
    first, last = bounds(period, facts.fiscal_year_start_month)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    how = plan.quota.proration if plan.quota else "calendar_days_inclusive"
    if how == "workdays":
        days = [day for day in days if day in facts.workdays]
    there = [day for day in days if _active(facts, plan, payee_no, day, in_version=in_version)]
    if how != "whole_months":
        return Decimal(len(there)), Decimal(len(days) or 1)
    names = sorted({month_of(day) for day in days})
    present = set(there)
    full = [name for name in names if all(day in present for day in days if month_of(day) == name)]
    return Decimal(len(full)), Decimal(len(names))
