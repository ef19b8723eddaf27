"""Numbers as a Chinese reader expects them: 万元, 个百分点, ▲▼, 有利/不利 and "—" for what is not known.

Add a format here when a page needs one; display arithmetic (a delta, a share) happens here only, in Decimal.
What a metric means belongs in the marts; which words surround a number belongs in templates/.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

MISSING = "—"
SUPPRESSED = "…"
NOT_APPLICABLE = "不适用"
MINUS = "\u2212"
SMALLEST_GROUP = 5
STATES = {"posted": "已过账", "draft": "草稿"}


@dataclass(frozen=True, slots=True)
class Unit:
    """How one kind of quantity is divided, rounded and named."""

    name: str
    divisor: Decimal
    places: int
    excel: str

    def text(self, value: Decimal | int | None, *, signed: bool = False) -> str:
        """`value` in this unit, without the unit's name."""
        if value is None:
            return MISSING
        return number(Decimal(value) / self.divisor, self.places, signed=signed)


YUAN = Unit("元", Decimal(1), 2, "#,##0.00")
WAN = Unit("万元", Decimal(10_000), 1, "#,##0.0")
WAN_FINE = Unit("万元", Decimal(10_000), 2, "#,##0.00")
YI = Unit("亿元", Decimal(100_000_000), 2, "#,##0.00")
PERCENT = Unit("%", Decimal("0.01"), 1, "0.0%")
COUNT = Unit("个", Decimal(1), 0, "#,##0")
DAYS = Unit("天", Decimal(1), 1, "#,##0.0")
UNITS = {"money": WAN, "money_fine": WAN_FINE, "ratio": PERCENT, "days": DAYS, "count": COUNT}


@dataclass(frozen=True, slots=True)
class Measure:
    """How a metric of management.kpi is shown: its kind, its tax note and which direction is favourable."""

    metric_id: str
    kind: str
    tax: str = ""
    more_is_better: bool = True
    suffix: str = ""

    @property
    def unit(self) -> Unit:
        """The unit this measure is read in."""
        return UNITS[self.kind]

    @property
    def unit_name(self) -> str:
        """The unit as a row header states it."""
        return (self.suffix or self.unit.name) + (f"·{self.tax}" if self.tax else "")

    def text(self, value: Decimal | None) -> str:
        """`value` with the sign that belongs to its kind, without a money unit."""
        shown = self.unit.text(value)
        return shown + "%" if self.kind == "ratio" and value is not None else shown


MEASURES = {
    measure.metric_id: measure
    for measure in (
        Measure("signed_sales", "money", "不含税"),
        Measure("collections", "money", "含税"),
        Measure("orders", "count", suffix="单"),
        Measure("average_deal", "money_fine", "不含税"),
        Measure("win_rate", "ratio"),
        Measure("win_rate_amount", "ratio"),
        Measure("sales_cycle_days", "days", more_is_better=False),
        Measure("new_customers", "count", suffix="家"),
    )
}


def number(value: Decimal, places: int, *, signed: bool = False) -> str:
    """`value` rounded half away from zero, grouped in threes, with a true minus sign."""
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{abs(rounded):,.{places}f}"
    if rounded < 0:
        return MINUS + text
    return "+" + text if signed and rounded > 0 else text


def money_unit(values: list[Decimal | None]) -> Unit:
    """The one unit a table of these amounts is shown in."""
    largest = max((abs(value) for value in values if value is not None), default=Decimal(0))
    if largest >= 1_000_000_000:
        return YI
    return WAN if largest >= 100_000 else YUAN


def percent(ratio: Decimal | None, *, signed: bool = False) -> str:
    """A ratio as a percentage with one decimal."""
    return MISSING if ratio is None else PERCENT.text(ratio, signed=signed) + "%"


def share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """`part` of `whole`, nothing when the whole is empty."""
    if part is None or not whole:
        return None
    return (part / whole).quantize(Decimal("0.000001"), ROUND_HALF_UP)


def difference(value: Decimal | None, base: Decimal | None) -> Decimal | None:
    """`value` less `base`, nothing when either is missing."""
    return None if value is None or base is None else value - base


@dataclass(frozen=True, slots=True)
class Change:
    """A comparison ready to print: ▲ or ▼ with its size, and whether that helps."""

    text: str
    is_favourable: bool | None = None

    @property
    def verdict(self) -> str:
        """有利, 不利, or nothing when there is no direction."""
        return {True: "有利", False: "不利", None: ""}[self.is_favourable]

    @property
    def full(self) -> str:
        """Size and verdict together, as a sentence uses them."""
        return f"{self.text}（{self.verdict}）" if self.verdict else self.text


def change(value: Decimal | None, base: Decimal | None, measure: Measure) -> Change:
    """How `value` compares with `base`: percentage points for a ratio, growth for everything else."""
    gap = difference(value, base)
    if gap is None or value is None or base is None:
        return Change(MISSING)
    favourable = None if gap == 0 else (gap > 0) == measure.more_is_better
    arrow = "" if gap == 0 else ("▲" if gap > 0 else "▼")
    if measure.kind == "ratio":
        size = PERCENT.text(abs(gap))
        return Change("0.0 pp") if size == "0.0" else Change(f"{arrow}{size} pp", favourable)
    if base <= 0:
        return Change("扭亏" if base < 0 < value else NOT_APPLICABLE, favourable)
    if value < 0:
        return Change("转亏", favourable)
    growth = abs(gap) / base
    if PERCENT.text(growth) == "0.0":
        return Change("0.0%")
    size = ">999%" if growth > Decimal("9.99") else PERCENT.text(growth) + "%"
    return Change(arrow + size, favourable)


def points(gap: Decimal | None) -> str:
    """A difference of two ratios in words: 上升 2.3 个百分点."""
    if gap is None:
        return MISSING
    if gap == 0:
        return "持平"
    return f"{'上升' if gap > 0 else '下降'} {PERCENT.text(abs(gap))} 个百分点"


def quarter_title(quarter: str) -> str:
    """2026-Q3 as 2026年第三季度."""
    return f"{quarter[:4]}年第{'一二三四'[int(quarter[-1]) - 1]}季度"


def quarter_code(quarter: str) -> str:
    """2026-Q3 as 2026Q3."""
    return quarter.replace("-", "")


def month_title(month: str) -> str:
    """2026-09 as 2026年9月."""
    return f"{month[:4]}年{int(month[5:7])}月"


def quarter_months(quarter: str) -> list[str]:
    """The three months of `quarter`, as management.kpi names them."""
    first = int(quarter[-1]) * 3 - 2
    return [f"{quarter[:4]}-{first + n:02d}" for n in range(3)]


def quarter_run(quarter: str, length: int) -> list[str]:
    """`quarter` and the quarters before it, oldest first."""
    place = int(quarter[:4]) * 4 + int(quarter[-1]) - 1
    return [f"{index // 4}-Q{index % 4 + 1}" for index in range(place - length + 1, place + 1)]


def quarter_end(quarter: str) -> dt.date:
    """The last day of `quarter`."""
    year, month = int(quarter[:4]), int(quarter[-1]) * 3
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
