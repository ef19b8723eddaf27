"""What HR, finance and marketing keep for the metrics: attendance, expenses, training, ratings, reports, surveys, the market.

What to add here: a file of theirs that the generator can fill believably, with its rows in the order in which they were booked.
What belongs elsewhere: receivables and cash (`books.py`), what people decide (`decisions.py`), what is true (`outcomes.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeAlias

from simulators.world.activity import Visit
from simulators.world.books import month_end, write_csv
from simulators.world.clock import (
    DAY,
    MONTHS,
    QUARTERS,
    is_workday,
    iso,
    iso_day,
    moment,
    month_of,
    next_workday,
    parse_day,
    quarter_of_month,
)
from simulators.world.customers import Customer
from simulators.world.money import cents, half_up
from simulators.world.people import REP, Person
from simulators.world.products import LINES, Product
from simulators.world.sales import Sales

Booked: TypeAlias = tuple[int, tuple[object, ...]]  # when it was booked, the row without `booked_at`

FILES: dict[str, tuple[str, ...]] = {
    "attendance": ("employee_no", "period_start", "period_end", "attended_days", "leave_days", "training_days"),
    "expense_ledger": (
        "entry_id", "expense_date", "department_id", "employee_no", "cost_type", "status", "amount", "currency_code", "note",
    ),
    "training": ("course_id", "course", "employee_no", "planned_on", "is_attended", "hours", "pre_score", "post_score"),
    "appraisal": ("period", "employee_no", "rater_no", "trait", "rating"),
    "report_register": ("report_type", "employee_no", "due_on", "submitted_on", "is_empty", "similarity"),
    "survey_responses": (
        "response_id", "method", "channel", "crm", "account_id", "sent_on", "answered_on", "score", "comment",
    ),
    "market_size": ("region", "product_line", "period", "price_level", "amount", "source", "grade", "is_estimate"),
    "competitor_price": (
        "observation_id", "competitor", "product_code", "price_level", "price", "currency_code", "place", "observed_on",
        "employee_no", "confirmed_by", "used_in",
    ),
}
CONTENT_SHARE = {"fxiaoke": (96, 95, 97, 94, 92, 95, 90, 93), "zoho": (90, 88, 91, 86, 84, 89, 80, 87)}  # per cent, by quarter
COMPETITORS = ("北方轴承", "江南液压", "Nordlager")
COURSES = ("产品选型", "商务谈判", "回款管理")
ADVANCED = ("2025-06", "2026-05")  # a course for half of the sellers at a time, so that they can be compared with the others
TRAITS = ("cooperation", "enthusiasm", "loyalty", "discipline", "market_planning", "progress")


@dataclass(frozen=True, slots=True)
class Asked:
    """A customer asked how content it is, and what came of it."""

    id: str
    customer: Customer
    quarter: str
    sent: int
    answered: int | None
    score: int | None
    channel: str


def quarter_end(quarter: str) -> int:
    """The last day of a quarter."""
    return month_end(f"{quarter[:4]}-{int(quarter[-1]) * 3:02}") // DAY


def make_surveys(seed: int, customers: list[Customer]) -> list[Asked]:
    """One wave a quarter among the customers that buy; a few answer when the wave is over."""
    rng = Random(f"{seed}:surveys")
    asked: list[Asked] = []
    for place, quarter in enumerate(QUARTERS):
        end = quarter_end(quarter)
        sent = next_workday(end - 45)
        for customer in customers:
            if not customer.first_order <= sent <= customer.last_order or rng.random() > 0.3:
                continue
            answers = rng.random() < 0.55
            late = rng.random() < 0.06
            answered = (end + 3 + rng.randrange(8) if late else sent + 1 + rng.randrange(20)) if answers else None
            content = rng.randrange(100) < CONTENT_SHARE[customer.crm][place]
            score = rng.choice((4, 5, 5)) if content else rng.choice((1, 2, 3, 3))
            asked.append(
                Asked(
                    f"S{len(asked) + 1:05}", customer, quarter, sent, answered, score if answers else None,
                    rng.choice(("wechat", "mail")),
                )
            )
    return asked


def write_performance(
    folder: Path, seed: int, people: list[Person], products: tuple[Product, ...], sales: Sales, visits: list[Visit],
    asked: list[Asked], moved: dict[str, Customer],
) -> None:
    """All of these files with everything that will ever be booked."""
    seats = list(seats_of(people))
    made: dict[str, Callable[[], Iterator[Booked]]] = {
        "attendance": lambda: _attendance(Random(f"{seed}:attendance"), seats),
        "expense_ledger": lambda: _expenses(Random(f"{seed}:expenses"), seats, visits),
        "training": lambda: _training(Random(f"{seed}:training"), seats),
        "appraisal": lambda: _appraisals(Random(f"{seed}:appraisal"), seats),
        "report_register": lambda: _reports(Random(f"{seed}:reports"), seats),
        "survey_responses": lambda: _answers(asked, moved),
        "market_size": lambda: _market(Random(f"{seed}:market"), sales),
        "competitor_price": lambda: _observations(Random(f"{seed}:competitors"), seats, products),
    }
    for name, rows in made.items():
        ordered = sorted(rows(), key=lambda booked: booked[0])
        write_csv(folder / f"{name}.csv", (*FILES[name], "booked_at"), ((*row, iso(at)) for at, row in ordered))


def seats_of(people: list[Person]) -> Iterator[tuple[str, Person, str, list[int]]]:
    """Month, seller, department, and the workdays on which the seller sat there."""
    for month in MONTHS:
        last = month_end(month) // DAY
        days = [day for day in range(parse_day(f"{month}-01"), last + 1) if is_workday(day)]
        for person in people:
            held: dict[str, list[int]] = defaultdict(list)
            for day in days:
                stint = person.stint_on(day)
                if stint is not None and stint.role == REP and (person.left is None or day <= person.left):
                    held[stint.department].append(day)
            for department, workdays in held.items():
                yield month, person, department, workdays


def _attendance(rng: Random, seats: list[tuple[str, Person, str, list[int]]]) -> Iterator[Booked]:
    for month, person, _, workdays in seats:
        leave = min(rng.choice((0, 0, 0, 1, 1, 2)), len(workdays))
        training = min(1 if month[5:] in ("03", "09") else 0, len(workdays) - leave)
        row = (person.no, iso_day(workdays[0]), iso_day(workdays[-1]), len(workdays) - leave - training, leave, training)
        yield month_end(month) - 6 * 3600, row


def _expenses(rng: Random, seats: list[tuple[str, Person, str, list[int]]], visits: list[Visit]) -> Iterator[Booked]:
    """Travel by the visits of the month, pay by the seat; marketing and entertainment of the department as a whole."""
    trips: dict[tuple[str, str], int] = defaultdict(int)
    for visit in visits:
        trips[visit.owner, month_of(visit.started // DAY)] += 1
    place = 0
    for month in MONTHS:
        at, day = month_end(month) - 5 * 3600, iso_day(month_end(month) // DAY)
        rows: list[tuple[str, str, str, int]] = []
        for seat_month, person, department, workdays in seats:
            if seat_month == month:
                rows.append((department, person.no, "travel", trips[person.no, month] * rng.randrange(9_000, 16_000)))
                rows.append((department, person.no, "salary", len(workdays) * 52_000))
        for department, least in (("D1", 6_000_000), ("D2", 3_000_000)):
            rows.append((department, "", "marketing", rng.randrange(least, 2 * least)))
            rows.append((department, "", "entertainment", rng.randrange(least // 4, least // 2)))
        for department, no, kind, amount in rows:
            if amount:
                place += 1
                yield at, (f"X{place:06}", day, department, no, kind, "spent", cents(amount), "CNY", "")


def _training(rng: Random, seats: list[tuple[str, Person, str, list[int]]]) -> Iterator[Booked]:
    for month, person, _, workdays in seats:
        if month[5:] in ("03", "09"):
            course = COURSES[(int(month[:4]) + int(month[5:])) % len(COURSES)]
            is_there = rng.random() < 0.9
            before = rng.randrange(50, 80)
            scores = (before, min(before + rng.randrange(25), 100)) if is_there else ("", "")
            row = (f"T{month}", course, person.no, iso_day(workdays[-1]), "true" if is_there else "false", 6, *scores)
            yield month_end(month) - 4 * 3600, row
    for month, no, day, is_there in advanced_course(seats):
        row = (f"A{month}", "大客户管理", no, iso_day(day), "true" if is_there else "false", 12, "", "")
        yield month_end(month) - 4 * 3600, row


def advanced_course(seats: Iterable[tuple[str, Person, str, list[int]]]) -> Iterator[tuple[str, str, int, bool]]:
    """Month, seller, day, and whether the seller came to the course that is open to half of them at a time."""
    dice = Random("advanced")  # its own, so that nothing else of the world moves
    for month, person, _, workdays in seats:
        if month in ADVANCED:
            yield month, person.no, workdays[-1], dice.random() < 0.5


def _appraisals(rng: Random, seats: list[tuple[str, Person, str, list[int]]]) -> Iterator[Booked]:
    """Half-yearly, by two colleagues in the same department; a rating beside the first of a department has one only."""
    by_month: dict[tuple[str, str], list[Person]] = defaultdict(list)
    for month, person, department, _ in seats:
        by_month[month, department].append(person)
    for (month, _), colleagues in by_month.items():
        if month[5:] not in ("06", "12") or len(colleagues) < 3:
            continue
        for place, person in enumerate(colleagues[:10]):
            raters = [colleagues[(place + step) % len(colleagues)] for step in (1, 2)]
            for rater in raters:
                for trait in TRAITS:
                    rating = rng.choices((2, 3, 4, 5), (5, 30, 45, 20))[0]
                    yield month_end(month) - 3 * 3600, (quarter_of_month(month), person.no, rater.no, trait, rating)


def _reports(rng: Random, seats: list[tuple[str, Person, str, list[int]]]) -> Iterator[Booked]:
    for _, person, _, workdays in seats:
        due = workdays[-1]
        dice = rng.random()
        submitted = "" if dice > 0.96 else iso_day(due + 2) if dice > 0.88 else iso_day(due)
        alike = f"0.{95 if rng.random() < 0.04 else rng.randrange(20, 80)}"
        yield moment(due + 3, 9), ("monthly_summary", person.no, iso_day(due), submitted, "false", alike if submitted else "")


def _answers(asked: list[Asked], moved: dict[str, Customer]) -> Iterator[Booked]:
    """A wave is handed over when it is over; who answers later is handed over then."""
    for one in asked:
        over = quarter_end(one.quarter)
        at = moment(max(over, one.answered or 0), 17)
        account = moved.get(one.customer.account_id, one.customer)
        yield at, (
            one.id, "questionnaire", one.channel, one.customer.crm, account.account_id, iso_day(one.sent),
            "" if one.answered is None else iso_day(one.answered), "" if one.score is None else one.score, "",
        )


def _market(rng: Random, sales: Sales) -> Iterator[Booked]:
    """What we sold, and a share of the market that somebody estimated from it."""
    own: dict[tuple[str, str, str], int] = defaultdict(int)
    for order in sales.orders:
        for line in order.lines if order.gone_at is None and order.currency == "CNY" else ():
            net = half_up(line.total * 100, 113) if order.customer.crm == "fxiaoke" else line.total - line.discount
            own[quarter_of_month(month_of(order.day)), order.customer.region, line.product.line] += net
    for (quarter, region, line), amount in sorted(own.items()):
        if quarter in QUARTERS and line in LINES and amount > 0:
            size = cents(half_up(amount * 1000, rng.randrange(60, 140)))
            row = (region, line, quarter, "factory", size, "行业协会估算", rng.choice("AB"), "true")
            yield moment(quarter_end(quarter) + 20, 10), row


def _observations(
    rng: Random, seats: list[tuple[str, Person, str, list[int]]], products: tuple[Product, ...]
) -> Iterator[Booked]:
    place = 0
    for month, person, _, workdays in seats:
        if rng.random() < 0.2:
            place += 1
            product, day = rng.choice(products), rng.choice(workdays)
            price = cents(half_up(product.price * rng.randrange(88, 108) * 100, 100))
            level = rng.choice(("factory", "factory", "wholesale"))
            yield moment(day, 18), (
                f"C{place:05}", rng.choice(COMPETITORS), product.code, level, price, "CNY", person.stints[-1].region,
                iso_day(day),
                person.no, "E900" if rng.random() < 0.8 else "", month if rng.random() < 0.1 else "",
            )
