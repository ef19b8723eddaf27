"""Both engines, asked the same: every worked case, and many generated plans with all rules mixed, to the cent and to the line.

Add a rule to `worlds`; an invariant of C9 as a query over SQL's answers. One mistake at a time is in test_mutations.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from commission.engine import Calculation, calculate
from commission.engine.settling import KEPT_AS
from commission.tables import rows_of
from tests.commission_sql.comparison import by_reference, by_sql, differences
from tests.commission_sql.database import FINANCE, Database
from tests.commission_sql.worked import worked_cases
from tests.commission_sql.worlds import THROUGH, Case, cases, united

SEEDS = (11, 12)
EACH = 600


def built(models: dict[str, str], worlds: list[Case], shuffler: Random | None = None) -> Database:
    """All worlds in one database, through every model."""
    tables = rows_of(united(worlds))
    if shuffler is not None:
        for rows in tables.values():
            shuffler.shuffle(rows)
    database = Database()
    database.fill([plan for world in worlds for plan in world.plans], tables, "2026-12-31")
    database.post([], {})
    database.build(models)
    return database


@pytest.fixture(scope="module", params=SEEDS)
def world(models: dict[str, str], request: pytest.FixtureRequest) -> tuple[list[Calculation], Database]:
    """Generated worlds, by the reference engine and in SQL."""
    worlds = cases(request.param, EACH)
    return [calculate(one.plans, one.facts, THROUGH) for one in worlds], built(models, worlds)


def test_every_line_of_every_generated_plan_is_the_same(world: tuple[list[Calculation], Database]) -> None:
    calculations, database = world
    reference = by_reference(calculations)
    assert differences(reference, by_sql(database)) == []
    assert {key[6] for key in reference["lines"]} >= {
        *("EARN", "CLAWBACK", "CLAWBACK_RECOVERY", "CAP_WITHHELD", "CAP_RELEASE", "HOLD", "HOLD_RELEASE"),
        *("HOLDBACK", "HOLDBACK_RELEASE", "DRAW", "DRAW_RECOVERY", "SPIFF", "AWARD", "PENALTY", "WRITE_OFF"),
    }


# The reference engine tells more kinds apart than a statement shows.
SHOWN_AS = {
    **dict.fromkeys(("cap_withheld", "cap_review"), "cap"),
    **dict.fromkeys(("hold", "order_hold"), "hold"),
    **dict.fromkeys(("holdback", "instalment"), "holdback"),
    **{kind: kind for kind in ("draw", "clawback")},
}
LOST = ("cap_dropped", "gate_forfeited", "instalment_forfeited")  # in no balance: named by the lines that wrote it off


def test_what_is_payable_is_the_ledger_and_the_rest_stands_in_a_balance(
    models: dict[str, str], world: tuple[list[Calculation], Database]
) -> None:
    """C9.2 and C9.3, every month: payables are the lines; what is earned and not paid is what the reference engine keeps."""
    calculations, database = world
    database.build(models, *FINANCE)
    lines = "select payee_no, posting_period, sum(amount) from intermediate.int_commission_settled group by all order by all"
    assert database.rows("select payee_no, pay_month, payable from finance.commission_payables order by all") == database.rows(
        lines
    )
    kept: dict[tuple[str, str, str], Decimal] = {}
    for done in calculations:
        for row in done.balances:
            if row.kind in SHOWN_AS:
                key = (row.payee_no, SHOWN_AS[row.kind], row.month)
                kept[key] = kept.get(key, Decimal(0)) + row.amount
    closing = "select payee_no, balance_kind, month, closing from finance.commission_balances where closing <> 0"
    assert {row[:3]: row[3] for row in database.rows(closing)} == {key: amount for key, amount in kept.items() if amount}
    lost: dict[str, Decimal] = {}
    for done in calculations:
        for row in done.balances:
            if row.kind in LOST and row.month == done.through:
                lost[row.payee_no] = lost.get(row.payee_no, Decimal(0)) + row.amount
    gone = """select payee_no, -sum(amount) from intermediate.int_commission_settled
        where entry_type = 'WRITE_OFF' and reason <> '离职：预支余额核销' group by all having sum(amount) <> 0"""
    assert dict(database.rows(gone)) == {payee: amount for payee, amount in lost.items() if amount}
    assert len(lost) > 50


INVARIANTS = {
    "1 attributed cents are the earning": """
        select payee_no, window_period, month from (
            select payee_no, plan_id, plan_version, component_id, window_period, month, amount from finance.commission_earnings
            union all
            select payee_no, plan_id, plan_version, component_id, window_period, month, -amount
            from finance.commission_earning_events
        ) group by all having sum(amount) <> 0""",
    "3 earned is paid or stands in a balance, which never goes below nothing for draws and debts": """
        select payee_no, plan_id, kind, posting_period from (
            select *, case entry_type when 'CLAWBACK_RECOVERY' then 'debt' else 'draw' end as kind,
                sum(amount) over (partition by payee_no, plan_id, kind order by posting_period) as owed
            from intermediate.int_commission_settled
            where entry_type in ('CLAWBACK_RECOVERY', 'DRAW_RECOVERY') or (entry_type = 'DRAW' and reason = '预支补足')
        ) where owed < 0 and kind = 'debt' or (kind = 'draw' and owed < 0)""",
    "6 owners and shares are the whole event": """
        select credits.event_id, plan_id, plan_version, component_id from finance.commission_credits as credits
        where role in ('primary', 'split') group by all having sum(share) > 1""",
    "10 what a cap lets through is never above it": """
        select earned.payee_no, earned.component_id, earned.posting_period from intermediate.int_commission_guards as earned
        inner join intermediate.int_commission_months as months
            on earned.payee_no = months.payee_no and earned.plan_id = months.plan_id and earned.posting_period = months.month
        inner join intermediate.int_plan_components as components
            on earned.plan_id = components.plan_id and months.plan_version = components.plan_version
            and earned.component_id = components.component_id
        where components.cap_per = 'month' and (
            earned.entry_type in ('EARN', 'CLAWBACK', 'CAP_WITHHELD', 'CAP_RELEASE') or earned.reason like '封顶%不再支付'
        )
        group by all having sum(earned.amount) > max(components.cap_amount)""",
    "10 recovery stays under the legal limit": """
        select lines.payee_no, lines.posting_period from intermediate.int_commission_settled as lines
        inner join core.commission_wages as wages on lines.payee_no = wages.payee_no and lines.posting_period = wages.month
        where lines.entry_type = 'CLAWBACK_RECOVERY' and lines.amount < 0
        group by all having -sum(lines.amount) > greatest(0, 0.334 * max(wages.wages))""",
    "13 each manager sees an event once": """
        select event_id, payee_no from finance.commission_credits
        where role = 'override'
        group by event_id, payee_no, plan_id, plan_version, component_id having count(*) > 1 or sum(share) > 1""",
    "14 unapplied cash earns nothing": """
        select credits.event_id from finance.commission_credits as credits
        inner join core.commission_events as events on credits.event_id = events.event_id
        where events.event_type = 'cash_applied' and not (events.is_applied and events.is_cash)""",
}


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_what_must_hold_of_any_world_holds_in_sql(world: tuple[list[Calculation], Database], invariant: str) -> None:
    _, database = world
    assert database.rows(INVARIANTS[invariant]) == []


# What sends a credit or a window the short way: figures that fit 64 bits, windows in which an event earns what the counter says.
SHORT_WAYS = {
    "commission_credits": ("try_cast(rated.measured as decimal(18, 10))", "cast(null as decimal(18, 10))"),
    "commission_earning_events": ("has_linked = 0 and is_small", "false and is_small"),
}


def test_the_short_way_earns_what_the_long_way_does(models: dict[str, str], world: tuple[list[Calculation], Database]) -> None:
    _, database = world
    database.connection.execute("create or replace schema warehouse.long_way")
    for name, (short, long) in SHORT_WAYS.items():
        assert models[name].count(short) == 1
        sql = models[name].replace(short, long)
        for table in SHORT_WAYS:
            sql = sql.replace(f'"finance"."{table}"', f'"long_way"."{table}"')
        database.connection.execute(sql)
        apart = "select * from {} except all select * from {}"
        both = (f"finance.{name}", f"long_way.{name}")
        assert database.rows(apart.format(*both)) + database.rows(apart.format(*reversed(both))) == []


def test_no_order_of_input_matters(models: dict[str, str]) -> None:
    worlds = cases(21, 60)
    assert by_sql(built(models, worlds)) == by_sql(built(models, worlds, Random(7)))


def test_what_happens_tomorrow_changes_nothing_of_today(models: dict[str, str]) -> None:
    worlds = cases(22, 50, frozenset({"rates", "filters", "multipliers", "credit", "refunds", "caps", "holds", "draws"}))
    whole = built(models, worlds)
    today = Database()
    today.fill([plan for one in worlds for plan in one.plans], rows_of(united(worlds)), "2026-06-30")
    today.post([], {})
    today.build(models)
    then = {key: amount for key, amount in by_sql(whole)["lines"].items() if key[4] <= "2026-06"}
    assert by_sql(today)["lines"] == then


def test_every_worked_case_of_the_reference_engine_is_the_same_in_sql(models: dict[str, str], tmp_path: Path) -> None:
    worked = worked_cases(tmp_path)
    assert len(worked) > 120
    database = built(models, [case for case, _ in worked])
    until = {plan.plan: through for case, through in worked for plan in case.plans}
    reference = by_reference(calculate(case.plans, case.facts, through) for case, through in worked)
    answers = by_sql(database)
    months = {"credits": (2, 6), "events": (2, 6), "earnings": (1, 5), "lines": (1, 4)}
    for name, (plan, month) in months.items():
        answers[name] = {key: amount for key, amount in answers[name].items() if key[month] <= until[key[plan]]}
    assert differences(reference, answers) == []


def test_closes_and_late_facts_restate_to_a_clean_recomputation(models: dict[str, str]) -> None:
    """Quarters are closed on what is known so far and some events come late; what stands by origin is what SQL says of all."""
    worlds = cases(23, 24, frozenset({"rates", "multipliers", "refunds", "caps", "holds", "credit"}))
    facts, posted, closed = united(worlds), [], {}
    plans = [plan for one in worlds for plan in one.plans]
    late = {event.event_id for place, event in enumerate(facts.events) if place % 9 == 0}
    for number in (3, 6, 9, 12):
        month = f"2026-{number:02d}"
        known = [one for one in rows_of(facts)["commission_events"] if number > 6 or one[0] not in late]
        database = Database()
        database.fill(plans, {**rows_of(facts), "commission_events": known}, f"{month}-28")
        database.post(posted, closed)
        database.build(models)
        names = (
            "payee_no",
            "plan_id",
            "plan_hash",
            "component_id",
            "entry_type",
            "origin_period",
            "posting_period",
            "amount",
            "reason",
        )
        drafts = database.rows(f"select {', '.join(names)} from intermediate.int_commission_settled order by all")  # noqa: S608
        posted = [
            *posted,
            *(
                {**dict(zip(names, row, strict=True)), "entry_id": f"L{len(posted) + place:07d}"}
                for place, row in enumerate(drafts)
            ),
        ]
        closed |= {
            f"2026-{one:02d}": datetime(2026, number, 28, tzinfo=UTC).replace(tzinfo=None)
            for one in range(number - 2, number + 1)
        }
    clean = built(models, worlds)
    settling = ("CLAWBACK_RECOVERY", "DRAW", "DRAW_RECOVERY")
    restated: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for entry in posted:
        if entry["entry_type"] not in settling:
            restated[entry["payee_no"], entry["origin_period"], KEPT_AS.get(entry["entry_type"], "")] += entry["amount"]
    should: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for payee, origin, kind, amount in clean.rows(
        "select payee_no, origin_period, entry_type, sum(amount) from intermediate.int_commission_guards group by all"
    ):
        should[payee, origin, KEPT_AS.get(kind, "")] += amount
    assert {key: amount for key, amount in restated.items() if amount} == {key: one for key, one in should.items() if one}
    assert any(entry["entry_type"].startswith("ADJ_") for entry in posted)
