"""Who stands behind a commission month: what the company folder says was signed, whether those people may, and their signatures.

What to add here: a signature a month needs. What belongs elsewhere: what is signed (`ledger.py`), the order of the steps and
whose hand may follow whose (`commission.ledger.duties`).
"""

from __future__ import annotations

import csv
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from commission.ledger import Ledger, LedgerRefused, Login, PeriodStatus
from connectors.company import Company
from pipelines.authority import STEPS, Decision, must_be_own_login, must_hold
from pipelines.partitions import Period
from pipelines.publish import clocks_of
from pipelines.resources import Home

FILE = "commission_approvals.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatures:
    """Who signed what of one month, by employee number; empty where nobody did."""

    reviewed_by: str = ""
    approved_by: str = ""
    adjustments_approved_by: str = ""  # adjustments above the company's threshold
    override_by: str = ""  # adjustments of months older than the company's limit
    paid_by: str = ""
    paid_on: date | None = None

    def given(self, **typed: str) -> Signatures:
        """The same with what was typed in place of what the file says; half a pair is never completed from the file."""
        named = {name: value for name, value in typed.items() if value}
        if "reviewed_by" in named or "approved_by" in named:
            named = {"reviewed_by": "", "approved_by": "", **named}
        return replace(self, **named)


def signed_months(folder: Path) -> dict[str, Signatures]:
    """What `commission_approvals.csv` says, by month."""
    path = folder / FILE
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["month"]: _signatures(row) for row in csv.DictReader(file)}


def _signatures(row: dict[str, str]) -> Signatures:
    names = ("reviewed_by", "approved_by", "adjustments_approved_by", "override_by", "paid_by")
    paid_on = (row.get("paid_on") or "").strip()
    return Signatures(
        **{name: (row.get(name) or "").strip() for name in names}, paid_on=date.fromisoformat(paid_on) if paid_on else None
    )


def approvals(home: Home) -> list[Decision]:
    """Who the file says signed or will pay the months that are not closed yet, as decisions that somebody must be entitled to."""
    shut = {step.period for step in Ledger(home.ledger).periods() if step.state in ("closed", "paid")}
    return [
        Decision(f"{FILE} month {month}", step.replace("_", " "), duty, who, Period.named(month).last)
        for month, signed in signed_months(home.company_folder).items()
        if month not in shut
        for step, duty in STEPS.items()
        if (who := getattr(signed, step))
    ]


def must_be_people(company: Company, month: str, on: date, **signers: str) -> None:
    """Refuse unless each is somebody employed on the day; every one that is not is named."""
    people = company.people(on)
    if unknown := [f"{what} {number or 'nobody'}" for what, number in signers.items() if number not in people]:
        raise LedgerRefused(
            f"{month}: needs somebody who reviewed it and another who approved it, both employed on {on}; "
            f"given: {', '.join(unknown)}. Add the month to {FILE}, or sign it with `quarterdeck ledger review` and `approve`."
        )


def session(home: Home) -> Login:
    """Who sits at this session by the operating system, behind sudo who asked for it, beside the name that is typed."""
    try:
        uid = os.getuid()
        name = os.environ.get("SUDO_USER", "") if uid == 0 else ""
        name = name or pwd.getpwuid(uid).pw_name
    except KeyError:
        name = f"uid {uid}"
    return Login(name, may_repeat=home.settings.commission.one_login_may_sign)


def closed_later(home: Home) -> list[str]:
    """Months closed after the moment that the published warehouse knows: by the rule of two clocks it shows them as drafts."""
    published = clocks_of(home.published)
    if published is None:
        return []
    zone = home.settings.zone if home.has_company else UTC
    known = f"{published[1].astimezone(zone):%Y-%m-%d %H:%M}"
    late = {month: step.at.astimezone(zone) for month, step in Ledger(home.ledger).closings().items() if step.at > published[1]}
    return [
        f"{month} is closed since {at:%Y-%m-%d %H:%M}; this warehouse shows it as a draft, for it knows nothing after {known}. "
        "Its ledger, files and statements stand; the first night that knows more shows it closed."
        for month, at in sorted(late.items())
    ]


def pay(home: Home, month: str, *, by: str, at: datetime, login: Login | None = None) -> PeriodStatus:
    """Record that a closed month's batch was paid: which file, how much, by whom."""
    ledger, company = Ledger(home.ledger), home.load_company()
    today = at.astimezone(home.settings.zone).date()
    must_be_people(company, month, today, paid_by=by)
    posted = [entry for entry in ledger.entries() if entry.posting_period == month]
    if any(entry.payee_no == by for entry in posted):
        raise LedgerRefused(f"{month}: {by} is paid by it; nobody pays themselves")
    must_hold(company, month, {"paid_by": (by, today)})
    if login:
        must_be_own_login(company, login.name, by)
    total = f"{sum(entry.amount for entry in posted):.2f}"
    batch = {"total": total, "payees": str(len({e.payee_no for e in posted}))}
    return ledger.advance(month, "paid", by=by, at=at, frozen=batch, login=login)


def paid_by_file(home: Home, at: datetime) -> Iterator[PeriodStatus]:
    """Record the payments that `commission_approvals.csv` names up to now, of months closed and not yet paid."""
    ledger, today = Ledger(home.ledger), at.astimezone(home.settings.zone).date()
    closed = [step.period for step in ledger.periods() if step.state == "closed"]
    signed = signed_months(home.company_folder)
    for month in closed:
        one = signed.get(month)
        if one is not None and one.paid_by and one.paid_on is not None and one.paid_on <= today:
            yield pay(home, month, by=one.paid_by, at=at)
