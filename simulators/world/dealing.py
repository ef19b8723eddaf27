"""What is true of deals: the funnel from lead to order, stages, forecasts, prices; from what happened, never from records.

What to add here: a truth about leads, opportunities or prices, as a CSV beside the others.
What belongs elsewhere: customers (`tiering.py`), how the company works as a whole (`outcomes.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median

from simulators.world.activity import Lead
from simulators.world.books import write_csv
from simulators.world.clock import DAY, LAST_DAY, QUARTERS, day, moment, month_of
from simulators.world.decisions import floor_price, unit_cost
from simulators.world.money import spread, ten_thousandths, to_base
from simulators.world.performance import quarter_end
from simulators.world.sales import OPEN_STAGES, WON, Opportunity, Sales, Stage
from simulators.world.truth import Event, known
from simulators.world.zoho import STAGES

AT = moment(LAST_DAY + 1, 2)  # the night after the last day
QUALIFIED = 2  # the first stage that is
CATEGORY = {1: "pipeline", 2: "pipeline", 3: "best_case", 4: "commit"}


def write_dealing(folder: Path, events: Iterable[Event], sales: Sales, leads: list[Lead]) -> None:
    """All of these truths, as known the night after the last day; stages of Zoho alone, which remembers them."""
    remembered = [chance for chance in sales.opportunities if chance.customer.crm == "zoho" and chance.stages[0].at < AT]
    write_csv(folder / "funnel.csv", ("month", "leads", "qualified", "opportunities", "won"), _funnel(leads))
    write_csv(folder / "qualified_cycles.csv", ("month", "won", "days", "median_days"), _cycles(remembered))
    write_csv(folder / "stage_moves.csv", ("month", "moves", "skipped"), _moves(remembered))
    write_csv(
        folder / "forecasts.csv",
        (
            "period", "snapshot", "won_to_date", "commit", "best_case", "pipeline", "weighted", "open_deals", "slipped_deals",
            "actual",
        ),
        _forecasts(remembered),
    )
    write_csv(
        folder / "prices.csv", ("month", "department_id", "gross_profit", "lines", "below_floor"),
        _prices(known(events, AT, LAST_DAY), sales),
    )


def _funnel(leads: list[Lead]) -> Iterator[tuple[object, ...]]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for lead in leads:
        if lead.at >= AT:
            continue
        is_touched = lead.state != "new" and lead.touched // DAY <= LAST_DAY
        chance = lead.opportunity if is_touched else None
        count = counts[month_of(lead.at // DAY)]
        count[0] += 1
        count[1] += is_touched and lead.state in ("contacted", "converted")
        count[2] += chance is not None
        count[3] += chance is not None and chance.stages[-1].stage == WON and chance.stages[-1].at < AT
    return ((month, *count) for month, count in sorted(counts.items()))


def _steps(chance: Opportunity) -> list[Stage]:
    """The stages it stood in at the end of a day, each once."""
    found: list[Stage] = []
    for stage in chance.stages:
        if stage.at >= AT:
            break
        if found and found[-1].at // DAY == stage.at // DAY:
            found.pop()
        if not found or found[-1].stage != stage.stage:
            found.append(stage)
    return found


def _cycles(chances: list[Opportunity]) -> Iterator[tuple[object, ...]]:
    days: dict[str, list[int]] = defaultdict(list)
    for chance in chances:
        steps = _steps(chance)
        entries = [step.at // DAY for step in steps if QUALIFIED <= step.stage <= OPEN_STAGES]
        if steps[-1].stage == WON and entries:
            closed = steps[-1].at // DAY
            days[month_of(closed)].append(closed - entries[0])
    return ((month, len(found), sum(found), f"{median(found):.1f}") for month, found in sorted(days.items()))


def _moves(chances: list[Opportunity]) -> Iterator[tuple[object, ...]]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for chance in chances:
        steps = _steps(chance)
        for before, after in zip(steps, steps[1:], strict=False):
            if before.stage <= OPEN_STAGES and after.stage <= WON:
                count = counts[month_of(after.at // DAY)]
                count[0] += 1
                count[1] += after.stage - before.stage > 1
    return ((month, *count) for month, count in sorted(counts.items()))


def _state(chance: Opportunity, on: int) -> Stage | None:
    """How it stood when a day ended."""
    states = [stage for stage in chance.stages if stage.at // DAY <= on and stage.at < AT]
    return states[-1] if states else None


def _forecasts(chances: list[Opportunity]) -> Iterator[tuple[object, ...]]:
    for quarter in QUARTERS:
        first, last = day(int(quarter[:4]), int(quarter[-1]) * 3 - 2, 1), quarter_end(quarter)
        for days_left in (90, 60, 30, 0):
            on = last - days_left
            amounts: dict[str, int] = defaultdict(int)
            deals = slipped = 0
            for chance in chances:
                end = chance.stages[-1]
                closed = end.at // DAY
                if end.stage == WON and end.at < AT and first <= closed <= last:
                    amounts["actual"] += to_base(end.amount, closed, chance.currency)
                    amounts["won"] += to_base(end.amount, closed, chance.currency) if closed <= on else 0
                state = _state(chance, on)
                if state is None or state.stage > OPEN_STAGES or not first <= state.close_day <= last:
                    continue
                amount = to_base(state.amount, on, chance.currency)
                amounts[CATEGORY[state.stage]] += amount
                amounts["weighted"] += amount * STAGES[state.stage][1]
                deals += 1
                later = _state(chance, last)
                slipped += later is not None and later.stage <= OPEN_STAGES
            shown = (ten_thousandths(amounts[kind]) for kind in ("won", "commit", "best_case", "pipeline"))
            weighted = f"{amounts['weighted'] // 10**6}.{amounts['weighted'] % 10**6:06}"
            if deals or amounts["won"]:
                yield quarter, f"T-{days_left}", *shown, weighted, deals, slipped, ten_thousandths(amounts["actual"])


def _prices(events: Iterable[Event], sales: Sales) -> Iterator[tuple[object, ...]]:
    """Margin over standard cost, and lines that bring less than the floor price asks."""
    orders = {order.id: order for order in sales.orders}
    margins: dict[tuple[str, str], int] = defaultdict(int)
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for event in events:
        if event.kind != "order":
            continue
        order, key = orders[event.id], (month_of(event.day), event.department)
        year = int(month_of(event.day)[:4])
        weights = [line.total - line.discount for line in order.lines]
        for line, net in zip(order.lines, spread(event.amount, weights), strict=True):
            margins[key] += net - line.quantity * unit_cost(line.product, max(year, 2025)) * 100
            counts[key][0] += 1
            counts[key][1] += net < line.quantity * floor_price(line.product) * 100
    return ((*key, ten_thousandths(margins[key]), *count) for key, count in sorted(counts.items()))


