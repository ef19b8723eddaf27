"""Cents and how they are shared: one rounding, telescoping, largest remainder.

Add a way of dividing money here and prove that its parts sum; C4 of the specification is the law.
Everything is Decimal in a context wide enough that only the named roundings round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext

CENT = Decimal("0.01")
_BASE = Decimal("0.0000000001")
_EXACT = Decimal("0.0000000000000001")


def exact() -> AbstractContextManager[Context]:
    """Arithmetic in which no product of amounts, rates and shares is cut."""
    context = Context(prec=76, rounding=ROUND_HALF_UP)
    return localcontext(context)


def cents(amount: Decimal) -> Decimal:
    """四舍五入 to 0.01, away from zero at the half, so that a reversal mirrors its original."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def telescoped(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """`total` cents over ordered weights: each part the rounded running share less what came before."""
    whole = sum(weights, Decimal(0))
    parts: list[Decimal] = []
    running = before = Decimal(0)
    for weight in weights:
        running += weight
        now = cents(total * running / whole)
        parts.append(now - before)
        before = now
    return parts


def fixed(quotient: Decimal) -> Decimal:
    """A quotient to the ten places in which tables carry amounts, so that both engines go on from the same figure."""
    return quotient.quantize(_EXACT, rounding=ROUND_HALF_UP).quantize(_BASE, rounding=ROUND_HALF_UP)


def part_payment_bases(net: Decimal, gross: Decimal, payments: Iterable[Decimal]) -> list[Decimal]:
    """The ex-tax base of each part payment of one invoice; together exactly `net` when the payments are exactly `gross`."""
    bases: list[Decimal] = []
    running = before = Decimal(0)
    with exact():
        for payment in payments:
            running += payment
            now = net if running == gross else (net * running / gross).quantize(_BASE, rounding=ROUND_HALF_UP)
            bases.append(now - before)
            before = now
    return bases


def largest_remainder(total: Decimal, weights: Sequence[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """`total` cents by weight: whole cents down, the rest one by one to the largest remainders, ties by name."""
    whole = sum((weight for _, weight in weights), Decimal(0))
    if not whole:
        return {name: Decimal(0) for name, _ in weights}
    sign = Decimal(-1 if total < 0 else 1)
    units = int(abs(total) / CENT)
    floors = {name: int(units * weight // whole) for name, weight in weights}
    left = units - sum(floors.values())
    by_remainder = sorted(weights, key=lambda one: (-(units * one[1] % whole), one[0]))
    for name, _ in by_remainder[:left]:
        floors[name] += 1
    return {name: sign * CENT * floors[name] for name, _ in weights}


def equal_parts(total: Decimal, parts: int) -> list[Decimal]:
    """`total` in equal cents, the odd ones first."""
    sign = Decimal(-1 if total < 0 else 1)
    each, odd = divmod(int(abs(total) / CENT), parts)
    return [sign * CENT * (each + (1 if number < odd else 0)) for number in range(parts)]
