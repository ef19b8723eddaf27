"""Generated plans and facts over the whole rule vocabulary; every case has names of its own, so that many share one database.

Add a rule to `plans`, the facts that make it act to `told`. What must come out, the reference engine says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from random import Random
from typing import Any

from commission.engine import Facts
from commission.plan import Plan
from tests.commission_sql.worlds.drawing import FIRST
from tests.commission_sql.worlds.told import WORKDAYS, Told

THROUGH = "2026-12"


@dataclass(frozen=True, slots=True)
class Case:
    """One world: versions of one plan, and the facts about its people."""

    number: int
    plans: tuple[Plan, ...]
    facts: Facts


class World(Told):
    """One case."""

    def case(self) -> Case:
        """The whole world."""
        components = [self.component(number) for number in range(self.random.randint(1, 2))]
        if "versions" in self.parts and self.chance(40):
            turn = self.day(60, 200)
            newer = [self.component(0), *components[1:]]
            plans = (
                self.plan(1, FIRST - timedelta(days=200), turn - timedelta(days=1), components),
                self.plan(2, turn, None, newer),
            )
        else:
            plans = (self.plan(1, FIRST - timedelta(days=200), None, components),)
        kinds = [part["event"] for part in components] + ["signed", "cash_applied"]
        return Case(self.number, plans, self.facts(self.events(kinds)))


ALL_PARTS = frozenset(
    {
        "rates",
        "filters",
        "dates",
        "multipliers",
        "credit",
        "refunds",
        "people",
        "versions",
        "caps",
        "holds",
        "gates",
        "draws",
        "awards",
    }
)


def cases(seed: int, count: int, parts: frozenset[str] = ALL_PARTS) -> list[Case]:
    """That many worlds; some know few rules, so that each rule is also seen alone."""
    random = Random(seed)
    found = []
    for number in range(count):
        some = parts if number % 3 == 0 else frozenset(part for part in sorted(parts) if random.random() < 0.5)
        found.append(World(number, random, some).case())
    return found


def united(worlds: Sequence[Case]) -> Facts:
    """All facts of all worlds as one company's."""
    joined: dict[str, Any] = {}
    for name in (field.name for field in fields(Facts)):
        first = getattr(worlds[0].facts, name)
        if isinstance(first, tuple):
            joined[name] = tuple(one for world in worlds for one in getattr(world.facts, name))
    return Facts(**joined, workdays=WORKDAYS)
