"""Amounts of the demo world: whole cents, exchange rates in ten-thousandths, shares that add up.

What to add here: a month's rate, a way to round or to share out.
What belongs elsewhere: which amounts there are (`sales.py`, `cash.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from simulators.world.clock import MONTHS, month_of

# Middle rate of the month's first day, yuan per 100 dollars. 2025 follows the published level, 2026 is invented.
_USD = (
    71879,
    71698,
    71738,
    71793,
    72001,
    71848,
    71534,
    71494,
    71072,
    71089,
    70867,
    70759,
    70288,
    69812,
    69640,
    69574,
    69417,
    69305,
    69188,
    69240,
    69105,
    69022,
    68954,
    68890,
)
USD = dict(zip(MONTHS, _USD, strict=True))


def half_up(numerator: int, denominator: int) -> int:
    """The quotient as a whole number, halves away from zero."""
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    return sign * ((2 * abs(numerator) + abs(denominator)) // (2 * abs(denominator)))


def cents(amount: int) -> Decimal:
    """Cents as a decimal amount with two places."""
    return Decimal(amount).scaleb(-2)


def ten_thousandths(amount: int) -> Decimal:
    """Ten-thousandths as a decimal amount with four places."""
    return Decimal(amount).scaleb(-4)


def rate_on(ordinal: int, currency: str) -> int:
    """Yuan for one unit of the currency on a day, in ten-thousandths: the rate of that month's first day."""
    if currency == "CNY":
        return 10_000
    return USD[min(max(month_of(ordinal), MONTHS[0]), MONTHS[-1])]


def to_base(amount: int, ordinal: int, currency: str) -> int:
    """Cents of a currency as ten-thousandths of a yuan."""
    return half_up(amount * 100 * rate_on(ordinal, currency), 10_000)


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """A total shared out by weight, largest remainder first, so that the shares add up to it."""
    whole = sum(weights)
    if not whole:
        return [total] + [0] * (len(weights) - 1)
    shares = [total * weight // whole for weight in weights]
    rest = total - sum(shares)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for place in by_remainder[:rest]:
        shares[place] += 1
    return shares
