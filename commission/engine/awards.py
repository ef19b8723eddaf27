"""Step 12: SPIFFs until the budget is spent, champions with their gates and ties, pools by share and days, penalties on paper.

Add an award as one function from plan and facts to lines; who ranked where is never more than a line of the winner's.
Commission on a base is `earning`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from commission.engine.facts import Event, Facts, Figure
from commission.engine.money import cents, largest_remainder
from commission.engine.periods import bounds, month_of, next_month
from commission.engine.results import Note
from commission.engine.selecting import basis_date, earns, matches, sort_key
from commission.ledger import Draft
from commission.plan import Component, MissingValue, Plan, parse_expression
from commission.plan.schema import Champion, Spiff

ZERO = Decimal(0)
Winners = dict[tuple[str, str], list[tuple[str, str]]]  # by plan and prize: the month of the award and who won


def award_lines(plans: Sequence[Plan], facts: Facts, through: str) -> tuple[list[Draft], list[Note]]:
    """Every prize, pool share and penalty up to the month `through`."""
    notes: list[Note] = []
    lines: list[Draft] = []
    for versions in _prizes(plans):
        lines += _spiff(versions, facts, notes)
    winners: Winners = defaultdict(list)
    for plan in plans:
        lines += _champions(plan, plans, facts, winners, notes)
        lines += _pools(plan, plans, facts)
        lines += _penalties(plan, facts, notes)
    return [line for line in lines if line.posting_period <= through and line.amount], notes


def _line(
    plan: Plan, kind: str, component_id: str, name: str, payee: str, month: str, amount: Decimal, reason: str, **more: str | None
) -> Draft:
    return Draft(
        entry_type=kind,
        payee_no=payee,
        component_id=component_id,
        component_name=name,
        plan_id=plan.plan,
        plan_hash=plan.hash,
        origin_period=more.pop("origin", None) or month,
        posting_period=month,
        amount=amount,
        reason=reason,
        **more,
    )


def _prizes(plans: Sequence[Plan]) -> list[list[tuple[Plan, Spiff]]]:
    """Each SPIFF with the versions that carry it: the same id from the same day is one prize with one budget."""
    found: dict[tuple[str, str, date], list[tuple[Plan, Spiff]]] = defaultdict(list)
    for plan in plans:
        for spiff in plan.spiffs:
            found[plan.plan, spiff.id, spiff.start].append((plan, spiff))
    return list(found.values())


def _spiff(versions: Sequence[tuple[Plan, Spiff]], facts: Facts, notes: list[Note]) -> Iterator[Draft]:
    """First come in event order; a return gives back what its sale got, to the payee's cost and to the budget's good."""
    originals = {event.event_id: event for event in facts.events}
    given: dict[str, tuple[Plan, dict[str, Decimal]]] = {}
    taken: dict[str, Decimal] = defaultdict(lambda: ZERO)
    spent = ZERO
    for event, plan, spiff in _prized(versions, facts):
        day = basis_date(_component(spiff), event)
        original = originals.get(event.original_event_id or "")
        if original is not None and original is not event:
            payer, got = given.get(original.event_id, (plan, {}))
            back = _given_back(event, original, spiff, got, taken) if payer is plan else {}
            parts = {payee: -amount for payee, amount in back.items()}
        elif plan.valid.covers(day) and _wins(event, spiff, day):
            due = spiff.amount * _count(event, spiff)
            room = due if spiff.budget is None else min(due, spiff.budget - spent)
            if room < due:
                notes.append(
                    Note(
                        rule="spiff_budget",
                        subject=event.event_id,
                        message=f"{spiff.id}: {due - room} not paid, the budget is spent",
                    )
                )
            parts = largest_remainder(cents(room), _shares(plan, facts, event, day))
            given[event.event_id] = (plan, parts)
        else:
            continue
        spent += sum(parts.values(), ZERO)
        origin = month_of(basis_date(_component(spiff), original)) if original else month_of(day)
        for payee, amount in sorted(parts.items()):
            yield _line(
                plan,
                "SPIFF",
                spiff.id,
                spiff.name_zh or spiff.id,
                payee,
                month_of(day),
                amount,
                f"单品奖 {event.event_id}",
                origin=origin,
            )


def _component(spiff: Spiff) -> Component:
    """What dates a prize's events: the plain date basis of their kind."""
    return Component.model_validate({"id": spiff.id, "event": spiff.event, "rate": {"kind": "flat", "rate": 0}})


def _prized(versions: Sequence[tuple[Plan, Spiff]], facts: Facts) -> list[tuple[Event, Plan, Spiff]]:
    """Every event that each version reads, in the order of the days it counts on."""
    found = [
        (basis_date(component, event), sort_key(event), plan.version, event, plan, spiff)
        for plan, spiff in versions
        for component in [_component(spiff)]
        for event in facts.events
        if event.event_type == spiff.event and event.is_read_at(spiff.grain) and earns(event, [])
    ]
    found.sort(key=lambda one: one[:3])
    return [one[3:] for one in found]


def _wins(event: Event, spiff: Spiff, day: date) -> bool:
    return spiff.start <= day <= spiff.end and matches(spiff.filter, event) and _count(event, spiff) > 0


def _count(event: Event, spiff: Spiff) -> Decimal:
    return event.quantity if spiff.per == "unit" else Decimal(1 if event.amount_ex_tax > 0 else 0)


def _given_back(
    event: Event, original: Event, spiff: Spiff, given: dict[str, Decimal], taken: dict[str, Decimal]
) -> dict[str, Decimal]:
    """The returned part of what the sale got, running total first, so that a whole return takes back the whole."""
    whole = original.quantity if spiff.per == "unit" else original.amount_ex_tax
    back = event.quantity if spiff.per == "unit" else event.amount_ex_tax
    if not whole or not given:
        return {}
    before = taken[original.event_id]
    now = taken[original.event_id] = min(abs(whole), before + abs(back))
    return {payee: cents(amount * now / abs(whole)) - cents(amount * before / abs(whole)) for payee, amount in given.items()}


def _shares(plan: Plan, facts: Facts, event: Event, day: date) -> list[tuple[str, Decimal]]:
    """Who is credited with the event, as for commission: splits, else the owner, if under the plan."""
    splits = [
        (one.payee_no, one.share)
        for one in facts.splits
        if one.transaction_id == event.transaction_id
        and not one.is_overlay
        and (one.valid_from is None or one.valid_from <= day)
        and (one.valid_to is None or day <= one.valid_to)
    ]
    holders = splits or ([(event.owner_at_signature, Decimal(1))] if event.owner_at_signature else [])
    under = {
        one.payee_no
        for one in facts.assignments
        if one.plan_id == plan.plan and one.valid_from <= day and (one.valid_to is None or day <= one.valid_to)
    }
    shares: dict[str, Decimal] = {}
    for payee, share in holders:
        if payee in under:
            shares[payee] = shares.get(payee, ZERO) + share
    return list(shares.items())


def _awards_in(plan: Plan, plans: Sequence[Plan], first: date, last: date) -> bool:
    """True of the version that awards a period: in force on its last day or, where the plan ends inside, on its first."""
    for day in (last, first):
        versions = [one for one in plans if one.plan == plan.plan and one.valid.covers(day)]
        if versions:
            return plan is max(versions, key=lambda one: one.version)
    return False


def _champions(plan: Plan, plans: Sequence[Plan], facts: Facts, winners: Winners, notes: list[Note]) -> Iterator[Draft]:
    """Prizes of the periods that this version awards; who won under an earlier one still waits."""
    if plan.award is None:
        return
    for kind, title, length in (
        ("monthly_champion", "月度销售冠军", "month"),
        ("quarterly_champion", "季度销售冠军", "quarter"),
        ("yearly_champion", "年度销售冠军", "year"),
    ):
        champion: Champion | None = getattr(plan.award, kind)
        if champion is None:
            continue
        for period in sorted({one.period for one in facts.figures if _length(one.period) == length}):
            first, last = bounds(period, facts.fiscal_year_start_month)
            if not _awards_in(plan, plans, first, last):
                continue
            month = month_of(last)
            for payee, amount in _winners(plan, champion, facts, period, month, winners, kind, notes):
                winners[plan.plan, kind].append((month, payee))
                yield _line(plan, "AWARD", kind, title, payee, month, amount, f"{period} {title}")


def _length(period: str) -> str:
    return "quarter" if "-Q" in period else "month" if "-" in period else "year"


def _winners(
    plan: Plan,
    champion: Champion,
    facts: Facts,
    period: str,
    month: str,
    winners: Winners,
    kind: str,
    notes: list[Note],
) -> list[tuple[str, Decimal]]:
    """The best of those the gates let in; equal ones by the tie rule, the prize split when it says so."""
    figures: dict[str, dict[str, Figure]] = defaultdict(dict)
    under = _assigned_in(plan, facts, period)
    for one in facts.figures:
        if one.period == period and one.payee_no in under:
            figures[one.payee_no][one.name] = one
    barred = _barred(plan, champion, winners, kind, month, facts, period)
    field = [
        payee
        for payee, own in figures.items()
        if champion.rank_by in own and payee not in barred and _passes(champion, payee, own, notes, period)
    ]
    if not field:
        return []
    best = max(figures[payee][champion.rank_by].value for payee in field)
    equal = [payee for payee in field if figures[payee][champion.rank_by].value == best]
    for tie in champion.ties:
        if len(equal) > 1 and tie != "split":
            equal = _broken(equal, tie, champion, figures)
    if len(equal) > 1 and "split" not in champion.ties:
        notes.append(
            Note(
                rule="champion_tie",
                subject=period,
                message=f"{', '.join(sorted(equal))} are equal and no rule breaks the tie; nobody is paid",
            )
        )
        return []
    return sorted(largest_remainder(cents(champion.prize), [(payee, Decimal(1)) for payee in equal]).items())


def _assigned_in(plan: Plan, facts: Facts, period: str) -> set[str]:
    first, last = bounds(period, facts.fiscal_year_start_month)
    return {
        one.payee_no
        for one in facts.assignments
        if one.plan_id == plan.plan and one.valid_from <= last and (one.valid_to is None or one.valid_to >= first)
    }


def _barred(
    plan: Plan, champion: Champion, winners: Winners, kind: str, month: str, facts: Facts, period: str
) -> set[str]:
    """Winners still inside the waiting time, and winners of the prizes this one excludes."""
    first, _ = bounds(period, facts.fiscal_year_start_month)
    barred = {
        payee
        for won, payee in winners[plan.plan, kind]
        if champion.repeat_after_months is not None and month < next_month(won, champion.repeat_after_months + 1)
    }
    for other in champion.exclude_winners_of:
        barred |= {payee for won, payee in winners[plan.plan, other] if month_of(first) <= won <= month}
    return barred


def _passes(champion: Champion, payee: str, own: dict[str, Figure], notes: list[Note], period: str) -> bool:
    values = {name: figure.value for name, figure in own.items()}
    try:
        return all(parse_expression(gate).holds(values) for gate in champion.gates)
    except MissingValue as missing:
        notes.append(Note(rule="champion_figure_missing", subject=f"{payee} {period}", message=f"{missing} unknown; not ranked"))
        return False


def _broken(equal: Sequence[str], tie: str, champion: Champion, figures: dict[str, dict[str, Figure]]) -> list[str]:
    if tie == "earlier_date":
        dates = {payee: figures[payee][champion.rank_by].reached_on for payee in equal}
        known = [day for day in dates.values() if day is not None]
        return [payee for payee in equal if dates[payee] == min(known)] if known else list(equal)
    values = {payee: figures[payee][tie].value if tie in figures[payee] else None for payee in equal}
    known_values = [value for value in values.values() if value is not None]
    return [payee for payee in equal if values[payee] == max(known_values)] if known_values else list(equal)


def _pools(plan: Plan, plans: Sequence[Plan], facts: Facts) -> Iterator[Draft]:
    """Share times days of each member; a member of no days gets nothing, odd cents go by the largest remainder."""
    for pool in plan.pools:
        periods = sorted({one.period for one in facts.pool_members if one.pool_id == pool.id})
        for period in periods:
            first, last = bounds(period, facts.fiscal_year_start_month)
            if _length(period) != pool.per or not _awards_in(plan, plans, first, last):
                continue
            weights: dict[str, Decimal] = defaultdict(lambda: ZERO)
            for one in facts.pool_members:
                if (one.pool_id, one.period) == (pool.id, period):
                    weights[one.payee_no] += one.share * one.days
            for payee, amount in largest_remainder(cents(pool.amount), sorted(weights.items())).items():
                yield _line(plan, "AWARD", pool.id, pool.name_zh or pool.id, payee, month_of(last), amount, f"{period} 奖金池")


def _penalties(plan: Plan, facts: Facts, notes: list[Note]) -> Iterator[Draft]:
    """Only under a clause of a plan the payee accepted, with evidence and another's approval; never more than the clause says."""
    clauses = {clause.id: clause for clause in plan.penalties}
    for one in facts.penalties:
        clause = clauses.get(one.clause_id)
        if clause is None or not plan.valid.covers(bounds(one.month, 1)[1]):
            continue
        accepted = any(
            (row.payee_no, row.plan_id, row.version) == (one.payee_no, plan.plan, plan.version) for row in facts.acceptances
        )
        missing = [
            word
            for word, is_there in (
                ("signature of the payee", accepted),
                ("evidence", bool(one.evidence)),
                ("approver", bool(one.approved_by) and one.approved_by != one.payee_no),
            )
            if not is_there
        ]
        if missing:
            message = f"{clause.id}: not deducted, missing {', '.join(missing)}"
            notes.append(Note(rule="penalty_without_paper", subject=f"{one.payee_no} {one.month}", message=message))
            continue
        amount = min(one.amount, clause.max_amount)
        yield _line(
            plan,
            "PENALTY",
            clause.id,
            clause.clause,
            one.payee_no,
            one.month,
            -cents(amount),
            clause.clause,
            evidence=one.evidence,
        )
