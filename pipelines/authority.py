"""Who may decide about pay: `commission.signers` of company.yaml against everybody who wrote, signed, decided or paid something;
and over whose pay: never their own, never that of somebody above them.

What to add here: a file whose rows somebody must be entitled to decide (`_of_rows`, `_of_orders`), and whose pay it moves.
What belongs elsewhere: the order of a month's steps and whose hand may follow whose (`commission.ledger.duties`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from commission.ledger import Draft, LedgerRefused
from commission.plan import Plan
from connectors.client import Finding
from connectors.company import Company, Person
from connectors.company.settings import FILE, line_of

STEPS = {  # what a month is signed for -> the duty it takes
    "reviewed_by": "review",
    "approved_by": "approve",
    "adjustments_approved_by": "decide",
    "override_by": "decide",
    "paid_by": "pay",
}
DUTIES = ("prepare", "review", "approve", "decide", "pay")
IN_A_ROW = (("review", "approve"), ("prepare", "decide"), ("approve", "pay"))  # never the same person


@dataclass(frozen=True, slots=True)
class Decision:
    """Somebody put their name to something: where it stands, what it is called there, which duty it takes, when it was done."""

    place: str
    what: str
    duty: str
    who: str
    on: date
    key: str = ""  # of the dispute or adjustment, the plan's hash, the order or the month that it counts for
    over: frozenset[str] = frozenset()  # whose pay it moves, as far as is known


def must_hold(company: Company, month: str, signers: Mapping[str, tuple[str, date]], decisions: Iterable[Decision] = ()) -> None:
    """Refuse unless all who signed a month, on the day they did, and decided what it pays may do that; all others are named."""
    signed = [Decision(month, step, STEPS[step], who, on) for step, (who, on) in signers.items() if who]
    if faults := [str(one) for one in objections(company, [*signed, *decisions])]:
        raise LedgerRefused("\n".join(faults))


def must_be_own_login(company: Company, login: str, *numbers: str) -> None:
    """Refuse a signature typed in somebody else's session; only asked of a company that lists its logins."""
    logins = company.settings.commission.signers.logins
    if not (logins and numbers):
        return
    place = f"{FILE} line {line_of(company.folder, 'commission', 'signers', 'logins')}, commission.signers.logins"
    if login not in logins:
        raise LedgerRefused(f"the login {login!r} signs for nobody: {place} does not list it")
    if others := sorted({*numbers} - {logins[login]}):
        raise LedgerRefused(f"the login {login!r} signs as {logins[login]}, not as {', '.join(others)} ({place})")


@dataclass(frozen=True, slots=True)
class Objection:
    """Somebody decided what they may not: what is wrong, in one sentence, and who could have done it or where to say so."""

    decision: Decision
    says: str
    cure: str

    def __str__(self) -> str:
        return f"{self.decision.place}: {self.says}. {self.cure[0].upper()}{self.cure[1:]}"


def objections(company: Company, decisions: Iterable[Decision]) -> Iterator[Objection]:
    """Of these decisions those by people without the duty, and those over the pay of whoever decided or of people above them."""
    people = lru_cache(maxsize=None)(lambda on: company.people(on))
    first = _first_rows(company)
    for one in decisions:
        person = _person(one.who, people(one.on), first)
        allowed = getattr(company.settings.commission.signers, one.duty)
        told = f"{person.employee_no} {person.name} ({person.role})" if person else f"{one.who} (nobody of employees)"
        if person is None or not (_entitles(allowed, person) and _worked(person, one.on)):
            line = line_of(company.folder, "commission", "signers", one.duty)
            setting = f"{FILE} line {line}, commission.signers.{one.duty} (now: {', '.join(allowed) or 'nobody'})"
            says = f"{one.what} {told}, who may not {one.duty} on {one.on}"
            able = holders(company, one.duty, one.on)[:3]
            yield Objection(one, says, f"{_let(able)}, or add the number or the role in {setting}".removeprefix(", or "))
        if person is not None and one.over and (partial := _partial(company, person.employee_no, one)):
            able = [who for who in holders(company, one.duty, one.on) if not _partial(company, who, one)][:3]
            yield Objection(one, f"{one.what} {told}, {partial}", _let(able) or "let somebody decide whose pay it is not")


def _let(able: Sequence[str]) -> str:
    return f"let {' or '.join(able)} do it" if able else ""


def _partial(company: Company, who: str, decision: Decision) -> str:
    """Why somebody may not decide this, whatever their duty; empty where they may."""
    if who in decision.over:
        return "whose own pay it moves"
    above = sorted(managers_of(company, who, decision.on) & decision.over)
    return f"below {', '.join(above)}, whose pay it moves" if above else ""


def managers_of(company: Company, employee_no: str, on: date) -> frozenset[str]:
    """Everybody above a person on a day, up to the top."""
    people, above = company.people(on), []
    while (person := people.get(above[-1] if above else employee_no)) and person.manager_no and person.manager_no not in above:
        above.append(person.manager_no)
    return frozenset(above)


def holders(company: Company, duty: str, on: date) -> list[str]:
    """Everybody employed on a day who holds a duty."""
    allowed = getattr(company.settings.commission.signers, duty)
    return [no for no, person in company.people(on).items() if person.is_employed(on) and _entitles(allowed, person)]


def _entitles(allowed: Collection[str], person: Person) -> bool:
    return person.employee_no in allowed or person.role in allowed


def _worked(person: Person, on: date) -> bool:
    """Whether somebody was here on any day of that month: of many decisions only the month is known."""
    first = on.replace(day=1)
    return person.is_employed(on) or (person.hire_date <= on and person.leave_date is not None and person.leave_date >= first)


def _person(who: str, people: Mapping[str, Person], first: Mapping[str, Person]) -> Person | None:
    """Somebody by number or name; before a company's own records begin, as they begin."""
    for known in (people, first):
        if found := known.get(who) or next((person for person in known.values() if person.name == who), None):
            return found
    return None


def _first_rows(company: Company) -> dict[str, Person]:
    """Everybody as their first row of `employees` tells of them."""
    days = sorted({row["valid_from"] for row in company.rows["employees"]}, reverse=True)
    found: dict[str, Person] = {}
    for day in days:
        found |= company.people(day)
    return found


def decisions(company: Company, plans: Sequence[Plan]) -> list[Decision]:
    """Everything of the company folder that only somebody entitled may have decided."""
    return [*_of_plans(plans), *_of_rows(company), *_of_orders(company)]


def behind(
    lines: Sequence[Draft], month: str, found: Iterable[Decision], orders: Mapping[str, Collection[str]] | None = None
) -> list[Decision]:
    """Of these decisions those that a month's lines come from: its disputes, adjustments and plans, its waivers and penalties.

    `orders`: by `order_key`, whose pay the month moves on account of a split or a hold.
    """
    keys = {one.decision_id for one in lines} | {one.plan_hash for one in lines} | {month}
    touched = orders or {}
    return [replace(one, over=one.over | {*touched.get(one.key, ())}) for one in found if one.key in keys or one.key in touched]


def order_key(file: str, crm: str, order_no: str) -> str:
    """Under which key a decision of a file about an order is found."""
    return f"{file} {crm} {order_no}"


def _of_plans(plans: Sequence[Plan]) -> Iterator[Decision]:
    for plan in plans:
        for number, approval in enumerate(plan.approved_by):
            place = f"plans/{plan.file} line {plan.line('approved_by', number)}"
            yield Decision(place, "approved by", "decide", approval.id, approval.at, plan.hash)
        if plan.author is not None:
            written = min(approval.at for approval in plan.approved_by)
            place = f"plans/{plan.file} line {plan.line('author')}"
            yield Decision(place, "written by", "prepare", plan.author, written, plan.hash)


def _of_rows(company: Company) -> Iterator[Decision]:
    for file, columns, key, day in (
        ("adjustments", ("approved_by", "second_approver"), "adjustment_id", "posting_month"),
        ("disputes", ("decided_by",), "dispute_id", "decided_on"),
        ("gate_waivers", ("approved_by",), "month", "month"),
        ("penalties", ("approved_by",), "month", "month"),
    ):
        for number, row in enumerate(company.rows[file]):
            for column in columns:
                if row[column] is not None:
                    on, what = row[day], column.replace("_", " ")
                    done = on if isinstance(on, date) else _last_day(str(on))
                    over = frozenset({str(row["employee_no"])})
                    yield Decision(company.place(file, number), what, "decide", str(row[column]), done, str(row[key]), over)


def _of_orders(company: Company) -> Iterator[Decision]:
    """Splits, which move the pay of all who share the order, and holds with their releases."""
    shared: dict[str, set[str]] = defaultdict(set)
    for row in company.rows["deal_splits"]:
        shared[order_key("deal_splits", row["crm"], row["order_no"])].add(row["employee_no"])
    for file, column, day in (
        ("deal_splits", "approved_by", "decided_on"),
        ("order_holds", "approved_by", "held_from"),
        ("order_holds", "released_by", "released_on"),
    ):
        for number, row in enumerate(company.rows[file]):
            if row[column] is not None:
                key, what = order_key(file, row["crm"], row["order_no"]), column.replace("_", " ")
                over = frozenset(shared.get(key, ()))
                yield Decision(company.place(file, number), what, "decide", row[column], row[day], key, over)


def _last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)


def examined(company: Company, plans: Sequence[Plan], today: date, signed: Sequence[Decision] = ()) -> Iterator[Finding]:
    """For the doctor: duties that nobody holds, or one person alone with the next one, and decisions by people not entitled.

    `signed`: what else is signed, such as the months that the next closes will read.
    """
    if not plans:
        return
    held = {duty: holders(company, duty, today) for duty in DUTIES}
    for duty, people in held.items():
        allowed = getattr(company.settings.commission.signers, duty)
        where = f"{FILE} line {line_of(company.folder, 'commission', 'signers', duty)}, commission.signers.{duty}"
        if people:
            yield Finding(f"who may {duty}", is_good=True, says=", ".join(people))
        else:
            says = f"nobody employed today is one of: {', '.join(allowed) or '(an empty list)'}"
            yield Finding(f"who may {duty}", is_good=False, says=says, cure=f"name a role or an employee number in {where}")
    for first, second in IN_A_ROW:
        if len(alone := {*held[first], *held[second]}) == 1 and held[first] and held[second]:
            says = f"{min(alone)} alone may {first} and {second}, and nobody may do both"
            yield Finding(f"who may {second}", is_good=False, says=says, cure=f"name somebody else in {FILE}, commission.signers")
    for one in objections(company, [*decisions(company, plans), *signed]):
        yield Finding(one.decision.place, is_good=False, says=one.says, cure=one.cure)
