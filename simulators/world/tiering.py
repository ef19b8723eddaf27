"""What is true of customers: RFM, tiers, cohorts, service; worked out from what happened and never from the records.

What to add here: a truth about single customers, as a CSV beside the others.
What belongs elsewhere: how the company works as a whole (`outcomes.py`), what was noted (`customer_work.py`).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from simulators.world.books import month_end, write_csv
from simulators.world.clock import DAY, LAST_DAY, MONTHS, moment, month_of
from simulators.world.customer_work import Raised, Served, Strategic
from simulators.world.customers import Customer
from simulators.world.money import to_base
from simulators.world.planted import Merge
from simulators.world.sales import Sales
from simulators.world.truth import Event, known

AT = moment(LAST_DAY + 1, 2)  # the night after the last day
WINDOW, NEW, HOLDS, REPEAT = 365, 90, 2, 180
VIP, HIGH, POTENTIAL = (3, 4, 5), (1, 3, 4), 5  # least scores of R, F and M; of the potential


@dataclass(slots=True)
class Dealings:
    """All that counts of one customer, by day."""

    accounts: list[Customer] = field(default_factory=list)
    orders: list[tuple[int, str, str]] = field(default_factory=list)  # day, what decides among one day's orders, department
    signed: list[tuple[int, int]] = field(default_factory=list)
    cash: list[tuple[int, int]] = field(default_factory=list)
    chances: list[tuple[int, int, int]] = field(default_factory=list)  # created, closed (or never), amount
    decided: list[Strategic] = field(default_factory=list)

    @property
    def since(self) -> int:
        """The day from which anybody speaks of it."""
        return min([d for d, *_ in self.orders] + [d for d, *_ in self.chances] + [one.first for one in self.decided])


def write_tiering(
    folder: Path, events: Iterable[Event], sales: Sales, customers: list[Customer], merges: list[Merge],
    strategic: list[Strategic], served: list[Served], raised: list[Raised],
) -> None:
    """All of these truths, as known the night after the last day."""
    dealings = _dealings(known(events, AT, LAST_DAY), sales, customers, strategic)
    gone = {merge.loser.account_id for merge in merges}
    write_csv(
        folder / "tiers.csv",
        ("month", "crm", "account_id", "r_score", "f_score", "m_score", "computed_tier", "tier"),
        (
            (month, account.crm, account.account_id, *facts)
            for who, month, *facts in _tiers(dealings)
            for account in dealings[who].accounts
            if account.account_id not in gone
        ),
    )
    write_csv(folder / "cohorts.csv", ("month", "customers", "repeated"), _cohorts(dealings))
    write_csv(folder / "service.csv", ("month", "due", "done", "complaints", "answered", "median_minutes"), _service(served))
    write_csv(folder / "feedback.csv", ("month", "raised", "accepted", "fixed", "told"), _feedback(raised))


def _dealings(
    events: Iterable[Event], sales: Sales, customers: list[Customer], strategic: list[Strategic]
) -> dict[str, Dealings]:
    found: dict[str, Dealings] = defaultdict(Dealings)
    by_account = {customer.account_id: customer for customer in customers}

    def of(customer: Customer) -> Dealings:
        return found[f"C{customer.entity:05}"]

    for customer in customers:
        of(customer).accounts.append(customer)
    for event in events:
        one = of(by_account[event.account_id])
        if event.kind == "order":
            key = hashlib.md5(f"{event.crm}:{event.id}".encode(), usedforsecurity=False).hexdigest()
            one.orders.append((event.day, key, event.department))
        if event.kind in ("order", "return"):
            one.signed.append((event.day, event.amount))
        if event.kind == "collection":
            one.cash.append((event.day, event.amount))
    for chance in sales.opportunities:
        if chance.stages[0].at >= AT:
            continue
        last = chance.stages[-1]
        is_closed = chance.outcome != "open" and last.at < AT
        closed = last.at // DAY if is_closed else LAST_DAY + 1
        amount = to_base(last.amount, min(closed, LAST_DAY), chance.currency)
        of(chance.customer).chances.append((chance.stages[0].at // DAY, closed, amount))
    for decision in strategic:
        of(decision.customer).decided.append(decision)
    return {who: one for who, one in found.items() if one.orders or one.chances or one.decided}


def _segment(one: Dealings, on: int) -> str:
    """The department of the newest order, or of the first one to come; who never orders stands with those who look after it."""
    if not one.orders:
        return min(account.department for account in one.accounts)
    days = [order[0] for order in one.orders]
    decisive = max((day for day in days if day <= on), default=min(days))
    return min((key, department) for day, key, department in one.orders if day == decisive)[1]


def _quintiles(values: dict[str, int]) -> dict[str, int]:
    """One to five by how many are smaller; equals are alike."""
    ordered = sorted(values.values())
    return {who: 1 + 5 * bisect_left(ordered, value) // len(ordered) for who, value in values.items()}


def _tiers(dealings: dict[str, Dealings]) -> Iterator[tuple[object, ...]]:
    computed: dict[str, list[str]] = defaultdict(list)
    held: dict[str, str] = {}
    start = min(day for one in dealings.values() for day, *_ in one.orders)
    for month in _months(start):
        end = min(month_end(month) // DAY, LAST_DAY)
        there = {who: one for who, one in dealings.items() if one.since <= end}
        scores = _scores(there, end)
        for who, one in sorted(there.items()):
            tier = _computed(one, end, *scores[who])
            past = computed[who]
            run = past[-(HOLDS - 1):]
            if not past or tier == "new" or past[-1] == "new" or (len(run) == HOLDS - 1 and set(run) == {tier}):
                held[who] = tier
            past.append(tier)
            manual = [d for d in one.decided if d.tier and d.first <= end <= d.last]
            marks = ("" if score is None else score for score in scores[who][0] or (None, None, None))
            yield who, month, *marks, tier, manual[0].tier if manual else held[who]


def _computed(one: Dealings, end: int, scores: tuple[int, int, int] | None, potential: int, is_promising: bool) -> str:
    """What the figures of a month's end alone say."""
    first = min((day for day, *_ in one.orders), default=end + 1)
    if 0 <= end - first < NEW:
        return "new"
    for tier, least in (("vip", VIP), ("high_value", HIGH)):
        if scores and all(score >= limit for score, limit in zip(scores, least, strict=True)):
            return tier
    return "potential" if is_promising and potential >= POTENTIAL else "standard"


def _months(start: int) -> list[str]:
    """From the month of the first order to the last of the story."""
    year, number = int(month_of(start)[:4]), int(month_of(start)[5:])
    found = []
    while (month := f"{year}-{number:02}") <= MONTHS[-1]:
        found.append(month)
        year, number = year + number // 12, number % 12 + 1
    return found


def _scores(there: dict[str, Dealings], end: int) -> dict[str, tuple[tuple[int, int, int] | None, int, bool]]:
    """R, F and M of who bought in the window, the score of the potential, and whether there is any."""
    def inside(day: int) -> bool:
        return end - WINDOW < day <= end

    segments: dict[str, list[str]] = defaultdict(list)
    for who, one in there.items():
        segments[_segment(one, end)].append(who)
    found = {}
    for members in segments.values():
        days = {who: [d for d, *_ in there[who].orders if inside(d)] for who in members}
        buyers = [who for who in members if days[who]]
        potential = {who: _potential(there[who], end, inside) for who in members}
        promise = _quintiles(potential)
        r = _quintiles({who: max(days[who]) for who in buyers})
        f = _quintiles({who: len(set(days[who])) for who in buyers})
        m = _quintiles({who: sum(amount for d, amount in there[who].cash if inside(d)) for who in buyers})
        for who in members:
            found[who] = ((r[who], f[who], m[who]) if who in r else None, promise[who], potential[who] > 0)
    return found


def _potential(one: Dealings, end: int, inside: Callable[[int], bool]) -> int:
    """Open pipeline, and what of the customer's purchases is not ours."""
    pipeline = sum(amount for created, closed, amount in one.chances if created <= end < closed)
    wallets = [decision.wallet * 100 for decision in one.decided if decision.first <= end <= decision.last]
    return pipeline + (max(wallets[0] - sum(amount for day, amount in one.signed if inside(day)), 0) if wallets else 0)


def _cohorts(dealings: dict[str, Dealings]) -> Iterator[tuple[object, ...]]:
    """By month of the first order: customers that have had their time, and those that bought on another day within it."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for one in dealings.values():
        days = sorted({day for day, *_ in one.orders})
        if days and LAST_DAY - days[0] >= REPEAT:
            counts[month_of(days[0])][0] += 1
            counts[month_of(days[0])][1] += len(days) > 1 and days[1] - days[0] <= REPEAT
    return ((month, *count) for month, count in sorted(counts.items()))


def _service(served: list[Served]) -> Iterator[tuple[object, ...]]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    minutes: dict[str, list[int]] = defaultdict(list)
    for one in served:
        if one.booked > AT:
            continue
        if one.due is not None and one.due <= LAST_DAY:
            counts[month_of(one.due)][0] += 1
            counts[month_of(one.due)][1] += one.resolved is not None and one.resolved // DAY <= one.due
        counts[month_of(one.opened // DAY)][2] += one.kind == "complaint"
        if one.kind != "callback" and one.responded is not None:
            minutes[month_of(one.opened // DAY)].append((one.responded - one.opened) // 60)
    for month in sorted({*counts, *minutes}):
        found = minutes[month]
        yield month, *counts[month], len(found), f"{median(found):.1f}" if found else ""


def _feedback(raised: list[Raised]) -> Iterator[tuple[object, ...]]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in raised:
        if one.booked <= AT and one.days[0] is not None:
            count = counts[month_of(one.days[0])]
            for place, on in enumerate(one.days):
                count[place] += on is not None and on <= LAST_DAY
    return ((month, *count) for month, count in sorted(counts.items()))
