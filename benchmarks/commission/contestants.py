"""Who calculates: the compiled models, one plain query, pandas, and the reference engine on a slice.

A contestant gets the folder of a built world and leaves what it found by payee, component and window in a table of `others`
in the same file, so that all can be compared. What to add here: another way to calculate the same. The world is `world.py`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import pandas as pd

from benchmarks.commission.world import NIGHTLY, TEAM, connect, plan
from commission.engine import calculate
from commission.tables import TABLES, facts_of

SLICE_OF_TEAMS = 4


class Took(msgspec.Struct):
    """What one contestant took; `parts` are seconds by model."""

    events: int
    seconds: float
    parts: dict[str, float] = {}
    mib: float = 0.0
    cpu: float = 0.0


def _models(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, float]:
    models, parts = json.loads((folder / "models.json").read_text(encoding="utf-8")), {}
    for name in NIGHTLY:
        started = time.perf_counter()
        connection.execute(models[name].replace("create table", "create or replace table", 1))
        parts[name] = time.perf_counter() - started
    return parts


def _events(connection: duckdb.DuckDBPyConnection) -> int:
    ((events,),) = connection.execute("select count(*) from core.commission_events").fetchall()
    return int(events)


def ours(folder: Path) -> Took:
    """All models of the night, over everything but the last day."""
    connection = connect(folder / "world.duckdb")
    events, started = _events(connection), time.perf_counter()
    parts = _models(connection, folder)
    return Took(events, time.perf_counter() - started, parts)


def ours_next_night(folder: Path) -> Took:
    """What the next night computes, when the last day's events have come: all of it again, since models are tables."""
    connection = connect(folder / "world.duckdb")
    connection.execute("insert into core.commission_events select * from others.last_day")
    events, started = _events(connection), time.perf_counter()
    parts = _models(connection, folder)
    return Took(events, time.perf_counter() - started, parts)


YARDSTICK = """
create or replace table others.yardstick as
with shares as (
    select events.transaction_id, events.event_id, events.event_date,
        coalesce(splits.payee_no, events.owner_at_signature) as payee_no,
        cast(coalesce(splits.share, 1) as decimal(5, 4)) as share, coalesce(splits.is_overlay, false) as is_overlay,
        cast(events.amount_ex_tax as decimal(18, 2)) * cast(coalesce(rates.rate, 1) as decimal(9, 4)) as amount
    from core.commission_events as events
    left join core.commission_splits as splits on events.transaction_id = splits.transaction_id and not splits.is_overlay
    left join core.commission_fx_rates as rates on events.currency = rates.currency and events.event_date = rates.rate_date
    union all
    select events.transaction_id, events.event_id, events.event_date, splits.payee_no, cast(splits.share as decimal(5, 4)), true,
        cast(events.amount_ex_tax as decimal(18, 2)) * cast(coalesce(rates.rate, 1) as decimal(9, 4))
    from core.commission_events as events
    inner join core.commission_splits as splits on events.transaction_id = splits.transaction_id and splits.is_overlay
    left join core.commission_fx_rates as rates on events.currency = rates.currency and events.event_date = rates.rate_date
),
credits as (
    select payee_no, 'base' as component_id, event_date, amount * share as base from shares
    union all
    select people.manager_no, 'override', event_date, amount * share
    from shares
    inner join core.commission_people as people
        on shares.payee_no = people.payee_no
        and event_date between people.valid_from and coalesce(people.valid_to, date '9999-12-31')
    where people.manager_no is not null and not shares.is_overlay
)
select credits.payee_no, component_id, year(event_date) || '-Q' || quarter(event_date) as window_period, sum(base) as base
from credits
inner join core.commission_assignments as assigned
    on credits.payee_no = assigned.payee_no
    and event_date between assigned.valid_from and coalesce(assigned.valid_to, date '9999-12-31')
group by all
"""


def yardstick(folder: Path) -> Took:
    """One query: events to splits, people, assignments and rates, aggregated once. It rates nothing."""
    connection = connect(folder / "world.duckdb")
    started = time.perf_counter()
    connection.execute(YARDSTICK)
    return Took(_events(connection), time.perf_counter() - started)


def _earned(cumulative: pd.Series, base: pd.Series) -> pd.Series:
    """Marginal tiers in whole numbers: a base in 1e-5, a rate in 1e-3, so a cent is 1e6 of the product; half a cent goes up."""
    unit = 100_000
    worth = np.where(
        base,
        cumulative * 10 + (cumulative - 100_000 * unit).clip(0) * 5 + (cumulative - 300_000 * unit).clip(0) * 10,
        cumulative * 2 + (cumulative - 1_000_000 * unit).clip(0),
    )
    return pd.Series((worth + 500_000) // 1_000_000, index=cumulative.index)


def with_pandas(folder: Path) -> Took:
    """The same rules and no others, each event attributed, in integers."""
    connection = connect(folder / "world.duckdb")
    events = connection.execute(
        "select event_id, transaction_id, event_date, currency, cast(amount_ex_tax * 100 as bigint) as cents, owner_at_signature "
        "from core.commission_events"
    ).df()
    splits = connection.execute(
        "select transaction_id, payee_no, cast(share * 10 as bigint) as tenths, is_overlay from core.commission_splits"
    ).df()
    rates = connection.execute(
        "select currency, rate_date as event_date, cast(rate * 100 as bigint) as rate from core.commission_fx_rates"
    ).df()
    people = connection.execute("select payee_no, manager_no from core.commission_people where manager_no is not null").df()
    started = time.perf_counter()
    events = events.merge(rates, how="left", on=["currency", "event_date"])
    events["amount"] = events.cents * events.rate.fillna(100).astype("int64")
    shared = events.merge(splits[~splits.is_overlay], how="left", on="transaction_id")
    shared["payee_no"] = shared.payee_no.fillna(shared.owner_at_signature)
    shared["base"] = shared.amount * shared.tenths.fillna(10).astype("int64")
    shared["role"] = "primary"
    overlaid = events.merge(splits[splits.is_overlay], on="transaction_id")
    overlaid = overlaid.assign(base=overlaid.amount * overlaid.tenths, role="overlay")
    above = shared.merge(people, on="payee_no").groupby(["event_id", "event_date", "manager_no"], as_index=False).base.sum()
    above = above.rename(columns={"manager_no": "payee_no"}).assign(component_id="override", role="override")
    own = pd.concat([shared, overlaid]).assign(component_id="base")
    names = ["payee_no", "component_id", "event_date", "event_id", "role", "base"]
    credits = pd.concat([own[names], above[names]], ignore_index=True)
    quarter = (credits.event_date.dt.month - 1) // 3 + 1
    credits["window_period"] = credits.event_date.dt.year.astype(str) + "-Q" + quarter.astype(str)
    credits["month"] = credits.event_date.dt.strftime("%Y-%m")
    chain = ["payee_no", "component_id", "window_period"]
    credits = credits.sort_values([*chain, "event_date", "event_id", "role"])
    to_date = _earned(credits.groupby(chain).base.cumsum(), credits.component_id == "base")
    before = to_date.groupby([credits[name] for name in chain]).shift(fill_value=0)
    credits["cents"] = to_date - before
    months = credits.groupby([*chain, "month"], as_index=False).cents.sum()
    took = Took(len(events), time.perf_counter() - started)
    connection.register("months", months)
    connection.execute(
        "create or replace table others.pandas as select payee_no, component_id, window_period, month, "
        "cast(cents / 100 as decimal(18, 2)) as amount from months"
    )
    return took


def reference(folder: Path) -> Took:
    """The reference engine on some teams; reading the facts out of the tables is not counted."""
    connection = connect(folder / "world.duckdb")
    connection.execute("create temp table told as select payee_no from core.commission_people "
                       f"where cast(substr(payee_no, 2) as integer) < {SLICE_OF_TEAMS * TEAM}")  # fmt: skip
    asked = {
        "commission_events": "owner_at_signature in (from told)",
        "commission_splits": "payee_no in (from told)",
        "commission_people": "payee_no in (from told)",
        "commission_assignments": "payee_no in (from told)",
    }
    tables = {
        name: connection.execute(
            f"select {', '.join(column.name for column in columns)} from core.{name} where {asked.get(name, 'true')}"
        ).fetchall()
        for name, columns in TABLES.items()
    }
    facts, plans = facts_of(tables), [plan()]
    started = time.perf_counter()
    done = calculate(plans, facts, "2026-12")
    took = Took(len(facts.events), time.perf_counter() - started)
    connection.execute("create or replace table others.reference (payee_no text, component_id text, window_period text, "
                       "month text, amount decimal(18, 2))")  # fmt: skip
    rows = [[one.payee_no, one.component_id, one.window, one.month, one.amount] for one in done.earnings]
    connection.executemany("insert into others.reference values (?, ?, ?, ?, ?)", rows)
    return took


CONTESTANTS: dict[str, Callable[[Path], Took]] = {
    "ours": ours,
    "ours, next night": ours_next_night,
    "yardstick": yardstick,
    "pandas": with_pandas,
    "reference engine": reference,
}
MONTHS = ("select payee_no, component_id, window_period, month, sum(amount) as amount from {} group by all "
          "having sum(amount) <> 0")  # fmt: skip
TELLS = {
    "pandas": (MONTHS.format("finance.commission_earnings"), MONTHS.format("others.pandas")),
    "reference engine": (
        MONTHS.format("(from finance.commission_earnings where payee_no in (select payee_no from others.reference))"),
        MONTHS.format("others.reference"),
    ),
    "yardstick": (
        "select payee_no, component_id, window_period, cast(sum(base_amount) as decimal(38, 6)) as base "
        "from finance.commission_credits group by all",
        "select payee_no, component_id, window_period, cast(base as decimal(38, 6)) as base from others.yardstick",
    ),
}


def disagreements(folder: Path, name: str) -> tuple[int, int]:
    """How many rows a contestant and ours do not share, and how many ours has."""
    ours_said, other_said = TELLS[name]
    connection = connect(folder / "world.duckdb")
    ((apart,),) = connection.execute(
        f"select count(*) from ((({ours_said}) except ({other_said})) union all (({other_said}) except ({ours_said})))"
    ).fetchall()
    ((whole,),) = connection.execute(f"select count(*) from ({ours_said})").fetchall()
    return int(apart), int(whole)
