"""Figures that other people printed for AdventureWorks, to compare ours with.

What to add here: a figure somebody else published for this set, or the exact value behind one that was printed rounded.
What belongs elsewhere: figures of ours that nobody else has confirmed, what is odd about the set (`quirks.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

ORDERS = 31_465
ORDERS_OF_SALES_PEOPLE = 3_806
ORDERS_OF_OTHERS_THAN_THE_OWNER = 1_563  # of those: the store's owner today is somebody else
ORDER_LINES = 121_317
SALES_PEOPLE = 17
QUOTAS = 163
FIRST_ORDER_DATE = "2011-05-31"
LAST_ORDER_DATE = "2014-06-30"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """The four amounts of an order, added up over some orders: without tax and freight, tax, freight, all together."""

    sub_total: Decimal
    tax: Decimal
    freight: Decimal
    total_due: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Attainment:
    """Sales against quota: what was sold, what was asked for, what is missing (negative: missed)."""

    actual: Decimal
    quota: Decimal
    gap: Decimal


ALL_ORDERS = Amounts(
    sub_total=Decimal("109846381.4039"),
    tax=Decimal("10186974.4602"),
    freight=Decimal("3183430.2518"),
    total_due=Decimal("123216786.1159"),
)
TOTAL_DUE_OF_275 = Decimal("10475367.0751")
# A year's quota is that of the quota dates within the year: the one of 2011-12-01 counts whole, though it runs to 2012-02-28.
TOTAL_DUE_OF_274_IN_2011 = Attainment(actual=Decimal("32567.9155"), quota=Decimal(126_000), gap=Decimal("-93432.0845"))
SUB_TOTAL_OF_274_IN_2011 = Attainment(actual=Decimal("28926.2465"), quota=Decimal(126_000), gap=Decimal("-97073.7535"))
# The same as printed, rounded to the cent.
SUB_TOTAL_OF_274_IN_2011_PRINTED = Attainment(actual=Decimal("28926.25"), quota=Decimal(126_000), gap=Decimal("-97073.75"))
