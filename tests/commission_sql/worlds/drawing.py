"""How a world draws its chances, days and numbers from one seeded stream.

Add a way of drawing that both plans and facts use.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

D = Decimal
FIRST = date(2026, 1, 1)


class Drawing:
    """Draws one case from a seeded stream."""

    def __init__(self, number: int, random: Random, parts: frozenset[str]) -> None:
        self.number, self.random, self.parts = number, random, parts
        self.payees = tuple(f"{letter}{number}" for letter in "ABCM")
        self.currency = f"U{number}"

    def one(self, *choices: Any) -> Any:
        """One of these."""
        return self.random.choice(choices)

    def chance(self, percent: int) -> bool:
        """True so often."""
        return self.random.randrange(100) < percent

    def has(self, part: str, percent: int) -> bool:
        """True so often, when the part is wanted."""
        return part in self.parts and self.chance(percent)

    def day(self, first: int = 0, last: int = 300) -> date:
        """A day of 2026, sometimes the first or last of a month."""
        day = FIRST + timedelta(days=self.random.randint(first, last))
        return self.one(
            day, day, day, day.replace(day=1), (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        )

    def decimal(self, low: int, high: int, places: int) -> Decimal:
        """A number with that many places."""
        return D(self.random.randint(low * 10**places, high * 10**places)) / 10**places
