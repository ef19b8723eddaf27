"""What two engines answered, side by side: the reference engine's rows and the SQL engine's tables, as the same keys and cents.

Add a table that both engines fill as one entry of each of the two functions. Which worlds are compared is the tests' choice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from commission.engine import Calculation
from tests.commission_sql.database import Database

Key = tuple[Any, ...]
Answers = dict[str, dict[Key, Decimal]]
PLACES = Decimal("0.00000001")

QUERIES = {
    "credits": """select event_id, payee_no, plan_id, plan_version, component_id, role, month, window_period,
        round(sum(exact_base), 8) from finance.commission_credits group by all""",
    "events": """select event_id, payee_no, plan_id, plan_version, component_id, role_free, month, origin_month, rule, sum(amount)
        from (select *, window_period as role_free from finance.commission_earning_events) group by all""",
    "earnings": """select payee_no, plan_id, plan_version, component_id, window_period, month, sum(amount)
        from finance.commission_earnings group by all""",
    "lines": """select payee_no, plan_id, plan_hash, component_id, posting_period, origin_period, entry_type, reason, sum(amount)
        from intermediate.int_commission_settled group by all""",
}


def by_sql(database: Database) -> Answers:
    """What the models say, without what is nothing."""
    return {name: _summed((row[:-1], row[-1]) for row in database.rows(sql)) for name, sql in QUERIES.items()}


def by_reference(calculations: Iterable[Calculation], through: str = "9999-12") -> Answers:
    """What the reference engine says, in the same keys."""
    found: dict[str, list[tuple[Key, Decimal]]] = defaultdict(list)
    for done in calculations:
        found["credits"] += [
            (
                (one.event_id, one.payee_no, one.plan_id, one.plan_version, one.component_id, one.role, one.month, one.window),
                one.base,
            )
            for one in done.credits
        ]
        found["events"] += [
            (
                (one.event_id, one.payee_no, one.plan_id, one.plan_version, one.component_id, one.window)
                + (one.month, one.origin_month, one.rule),
                one.amount,
            )
            for one in done.earning_events
        ]
        found["earnings"] += [
            ((one.payee_no, one.plan_id, one.plan_version, one.component_id, one.window, one.month), one.amount)
            for one in done.earnings
        ]
        found["lines"] += [
            (
                (one.payee_no, one.plan_id, one.plan_hash, one.component_id, one.posting_period, one.origin_period)
                + (one.entry_type, one.reason),
                one.amount,
            )
            for one in done.lines
        ]
    answers = {name: _summed(found[name]) for name in QUERIES}
    answers["credits"] = {
        key: value for key, base in answers["credits"].items() if (value := base.quantize(PLACES, ROUND_HALF_UP))
    }
    return answers


def differences(one: Answers, other: Answers) -> list[str]:
    """Table, key and both amounts of everything that is not the same, in a stable order."""
    return [
        f"{name} {key}: reference {one[name].get(key)}, SQL {other[name].get(key)}"
        for name in QUERIES
        for key in sorted(one[name].keys() | other[name].keys(), key=str)
        if one[name].get(key) != other[name].get(key)
    ]


def _summed(rows: Iterable[tuple[Key, Decimal]]) -> dict[Key, Decimal]:
    sums: dict[Key, Decimal] = defaultdict(Decimal)
    for key, amount in rows:
        sums[key] += amount
    return {key: amount for key, amount in sums.items() if amount}
