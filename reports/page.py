"""What a report is made of before it becomes PDF, XLSX or HTML: pages of cards, charts, tables and notes.

Add a block type here only together with its drawing in all three writers.
Which blocks stand on which page is decided in pages.py; how they look, in templates/.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from reports.facts import Clocks
from reports.format import MISSING, Change, Measure, Unit, percent

Raw = Decimal | int | str | dt.date | dt.datetime | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One table cell: what is printed, and the exact value a spreadsheet keeps."""

    shown: str
    value: Raw = None
    excel: str = ""
    tone: str = ""
    bar: Decimal | None = None

    @property
    def bar_share(self) -> Decimal | None:
        """How much of its frame the bar fills; the frame ends at 150 %."""
        return (
            None if self.bar is None else min(max(self.bar, Decimal(0)) / Decimal("1.5"), Decimal(1)).quantize(Decimal("0.001"))
        )


@dataclass(frozen=True, slots=True)
class Column:
    """One table column; `width` is its share of the page."""

    title: str
    align: str = "right"
    width: str = "1fr"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with one unit, stated in its caption; `emphasis` names the rows printed as totals."""

    sheet: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    emphasis: frozenset[int] = frozenset()
    compact: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its words for screen readers and the numbers it was drawn from."""

    sheet: str
    caption: str
    svg: str
    alt: str
    data: tuple[tuple[Raw, ...], ...]
    width: str = "100%"


@dataclass(frozen=True, slots=True)
class Card:
    """One headline number with its comparisons and a bullet bar."""

    label: str
    value: str
    unit: str
    lines: tuple[str, ...]
    svg: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """Headline numbers side by side."""

    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Notes:
    """Short points under one heading."""

    heading: str
    points: tuple[str, ...]
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """Blocks set next to each other, with the share of the width each gets."""

    columns: tuple[tuple["Block", ...], ...]
    widths: tuple[str, ...]


Block = Table | Chart | Cards | Notes | Beside


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its conclusion as title, its topic, unit, sources and blocks."""

    number: str
    topic: str
    title: str
    unit: str
    sources: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report with the facts its cover, margins and properties repeat."""

    report_id: str
    kind: str
    title: str
    subtitle: str
    clocks: Clocks
    version: int
    status: str
    secrecy: str
    recipient: str
    cover: tuple[tuple[str, str], ...]
    pages: tuple[Page, ...]


def heads(*words: str) -> tuple[Column, ...]:
    """Columns from words such as '姓名<1.1': title, '<' left or '>' right, and the share of the width."""
    columns = []
    for word in words:
        mark = "<" if "<" in word else ">"
        title, _, width = word.partition(mark)
        columns.append(Column(title, "left" if mark == "<" else "right", f"{width or 1}fr"))
    return tuple(columns)


def text(value: object, tone: str = "") -> Cell:
    """A cell of words."""
    shown = MISSING if value is None or value == "" else str(value)
    return Cell(shown, None if value is None else str(value), tone=tone)


def amount(value: Decimal | None, unit: Unit, *, signed: bool = False) -> Cell:
    """A cell of money in `unit`; the spreadsheet keeps it in the same unit, unrounded."""
    return Cell(unit.text(value, signed=signed), None if value is None else value / unit.divisor, unit.excel)


def count(value: int | Decimal | None) -> Cell:
    """A cell that counts things."""
    return Cell(MISSING if value is None else f"{value:,.0f}", value, "#,##0")


def ratio(value: Decimal | None, *, bar: bool = False) -> Cell:
    """A cell with a percentage, on request with a bar in it."""
    return Cell(percent(value), value, "0.0%", bar=value if bar else None)


def measured(value: Decimal | None, measure: Measure) -> Cell:
    """A cell with a metric's value in the metric's own unit."""
    if measure.kind == "ratio":
        return Cell(measure.text(value), value, "0.0%")
    return Cell(measure.text(value), None if value is None else value / measure.unit.divisor, measure.unit.excel)


def compared(move: Change) -> Cell:
    """A cell with ▲▼ and 有利/不利."""
    tone = {True: "good", False: "bad", None: ""}[move.is_favourable]
    return Cell(f"{move.text} {move.verdict}".strip(), move.text, tone=tone)


def tables_of(blocks: tuple[Block, ...]) -> list[Table | Chart]:
    """Every table and chart among `blocks`, in reading order."""
    found: list[Table | Chart] = []
    for block in blocks:
        if isinstance(block, Beside):
            for column in block.columns:
                found += tables_of(column)
        elif isinstance(block, Table | Chart):
            found.append(block)
    return found
