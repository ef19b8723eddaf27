"""Drawings in IBCS-like notation, as plain SVG: actual solid, last year light, plan outlined; bars from zero; labels at marks.

Add a chart here as a function from numbers and words to SVG text. It draws what it is given and works nothing out.
Written by hand instead of with a chart library because the same bytes must come out every time, hatching and outlined plans
are the notation here, and one drawing serves PDF and HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from html import escape

INK = "#1f2933"
ACTUAL = "#33475b"
LAST_YEAR = "#b8c2cc"
GRID = "#d9dfe5"
MUTED = "#66727f"
GOOD = "#0072b2"
BAD = "#c8740a"
TOTAL = "#7b8794"
# Light to dark: the older the debt, the darker; from ColorBrewer's YlOrBr, safe for the common colour-blindnesses.
AGES = ("#dfe6ec", "#fee8b0", "#fec44f", "#f59a23", "#d9700d", "#a84a04", "#662506")
FONT = "Noto Sans SC, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"


def text_width(text: str, size: float) -> float:
    """About how wide `text` will be: full width for Chinese, about half for Latin."""
    return sum(size if ord(letter) > 0x2E80 else size * 0.56 for letter in text)


@dataclass(slots=True)
class Canvas:
    """A drawing being made, with coordinates rounded so that equal input gives equal bytes."""

    width: float
    height: float
    parts: list[str] = field(default_factory=list)

    def rect(self, x: float, y: float, width: float, height: float, fill: str, *, stroke: str = "none", dash: str = "") -> None:
        """A rectangle; a negative width grows to the left."""
        if width < 0:
            x, width = x + width, -width
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        outline = "" if stroke == "none" else f' stroke="{stroke}" stroke-width="1.4"{extra}'
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.1):.1f}" height="{height:.1f}" fill="{fill}"{outline}/>'
        )

    def line(self, x1: float, y1: float, x2: float, y2: float, *, color: str = GRID, width: float = 1, dash: str = "") -> None:
        """A straight line."""
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" stroke-width="{width}"{extra}/>'
        )

    def dot(self, x: float, y: float, radius: float, fill: str, stroke: str = "none") -> None:
        """A round mark."""
        self.parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}" stroke="{stroke}" stroke-width="1.4"/>'
        )

    def words(self, x: float, y: float, text: str, *, size: float = 13, color: str = INK, anchor: str = "start") -> None:
        """Words on one line."""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{color}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def svg(self, title: str, *, is_stretched: bool = False) -> str:
        """The finished drawing; `title` is what a screen reader says; a stretched one fills whatever frame it gets."""
        fit = ' preserveAspectRatio="none"' if is_stretched else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:.0f} {self.height:.0f}"{fit} '
            f'role="img" font-family="{FONT}">'
            f"<title>{escape(title)}</title>{''.join(self.parts)}</svg>"
        )


def legend(canvas: Canvas, x: float, y: float, marks: Sequence[tuple[str, str, str]]) -> None:
    """Names of the marks in one row: (words, fill, stroke)."""
    for words, fill, stroke in marks:
        canvas.rect(x, y - 10, 16, 11, fill, stroke=stroke)
        canvas.words(x + 22, y, words, size=12, color=MUTED)
        x += 22 + text_width(words, 12) + 22


@dataclass(frozen=True, slots=True)
class Bullet:
    """One measure against its plan and last year, with the words beside it."""

    label: str
    actual: Decimal | None
    target: Decimal | None
    last_year: Decimal | None
    shown: str
    note: str = ""
    note_is_good: bool | None = None


def bullet(item: Bullet, title: str) -> str:
    """A small bar for a card: last year behind, actual in front, plan as a tick."""
    canvas = Canvas(300, 26)
    scale = max((float(value) for value in (item.actual, item.target, item.last_year) if value is not None), default=0.0) or 1.0
    reach = 296 / (scale * 1.04)
    if item.last_year is not None:
        canvas.rect(0, 3, float(item.last_year) * reach, 20, LAST_YEAR)
    if item.actual is not None:
        canvas.rect(0, 8, float(item.actual) * reach, 10, ACTUAL)
    if item.target is not None:
        canvas.rect(float(item.target) * reach - 2, 0, 4, 26, INK)
    canvas.line(0, 0, 0, 26, color=INK, width=1.4)
    return canvas.svg(title, is_stretched=True)


def panels(groups: Sequence[tuple[str, Sequence[Bullet]]], title: str, *, width: float = 1000) -> str:
    """Groups of bars side by side on one scale: last year light, plan outlined, actual solid, words at the end."""
    rows = max(len(bullets) for _, bullets in groups)
    pitch, top = 78.0, 58.0
    canvas = Canvas(width, top + rows * pitch + 6)
    legend(canvas, 0, 14, (("实际", ACTUAL, "none"), ("目标", "#ffffff", INK), ("去年同期", LAST_YEAR, "none")))
    panel = (width - 30 * (len(groups) - 1)) / len(groups)
    names = max(text_width(item.label, 13) for _, bullets in groups for item in bullets) + 14
    tail = max(text_width(f"{item.shown}  {item.note}", 13) for _, bullets in groups for item in bullets) + 18
    largest = (
        max(
            (float(v) for _, bullets in groups for b in bullets for v in (b.actual, b.target, b.last_year) if v is not None),
            default=1.0,
        )
        or 1.0
    )
    reach = (panel - names - tail) / largest
    for place, (heading, bullets) in enumerate(groups):
        left = place * (panel + 30)
        canvas.words(left, 42, heading, size=14)
        for row, item in enumerate(bullets):
            y = top + row * pitch
            canvas.words(left, y + 36, item.label)
            start = left + names
            if item.last_year is not None:
                canvas.rect(start, y + 4, float(item.last_year) * reach, 16, LAST_YEAR)
            if item.target is not None:
                canvas.rect(start, y + 14, float(item.target) * reach, 40, "#ffffff", stroke=INK)
            if item.actual is not None:
                canvas.rect(start, y + 21, float(item.actual) * reach, 26, ACTUAL)
            canvas.line(start, y, start, y + 60, color=INK, width=1.4)
            end = start + max(float(v) for v in (item.actual or 0, item.target or 0, item.last_year or 0)) * reach + 9
            canvas.words(end, y + 39, item.shown)
            canvas.words(
                end + text_width(item.shown, 13) + 8,
                y + 39,
                item.note,
                color={True: GOOD, False: BAD, None: MUTED}[item.note_is_good],
            )
    return canvas.svg(title)


def columns(groups: Sequence[tuple[str, Sequence[Bullet]]], title: str, *, width: float = 1000, height: float = 180) -> str:
    """Small multiples of months on one scale: actual solid over outlined plan, last year as a line mark."""
    canvas = Canvas(width, height)
    legend(canvas, width - 226, 14, (("实际", ACTUAL, "none"), ("目标", "#ffffff", INK)))
    canvas.line(width - 84, 9, width - 66, 9, color=MUTED, width=2.4)
    canvas.words(width - 60, 14, "去年同期", size=12, color=MUTED)
    panel = (width - 26 * (len(groups) - 1)) / len(groups)
    largest = (
        max(
            (float(v) for _, items in groups for b in items for v in (b.actual, b.target, b.last_year) if v is not None),
            default=1.0,
        )
        or 1.0
    )
    floor, reach = height - 24, (height - 24 - 46) / largest
    for place, (heading, items) in enumerate(groups):
        left = place * (panel + 26)
        canvas.words(left, 14, heading, size=14)
        canvas.line(left, floor, left + panel, floor, color=INK, width=1.4)
        step = panel / len(items)
        for index, item in enumerate(items):
            middle, body = left + step * (index + 0.5), step * 0.5
            highest = max(float(v) for v in (item.actual or 0, item.target or 0, item.last_year or 0))
            if item.target is not None:
                canvas.rect(
                    middle - body / 2, floor - float(item.target) * reach, body, float(item.target) * reach, "#ffffff", stroke=INK
                )
            if item.actual is not None:
                canvas.rect(
                    middle - body * 0.32, floor - float(item.actual) * reach, body * 0.64, float(item.actual) * reach, ACTUAL
                )
            if item.last_year is not None:
                level = floor - float(item.last_year) * reach
                canvas.line(middle - body * 0.68, level, middle + body * 0.68, level, color=MUTED, width=2.4)
            canvas.words(middle, floor - highest * reach - 7, f"{item.shown} {item.note}".strip(), size=12, anchor="middle")
            canvas.words(middle, height - 7, item.label, size=12, color=MUTED, anchor="middle")
    return canvas.svg(title)


@dataclass(frozen=True, slots=True)
class Step:
    """One column of a waterfall; a total stands on the floor, a part hangs where the one before ended."""

    label: str
    amount: Decimal
    shown: str
    is_total: bool = False
    is_good: bool | None = None


def waterfall(steps: Sequence[Step], title: str, *, width: float = 1000, height: float = 330) -> str:
    """From the floor at zero, part by part, to a total; totals grey, parts by favourability and by the sign before the number."""
    canvas = Canvas(width, height)
    if any(step.is_good is not None for step in steps):
        legend(canvas, 0, 14, (("合计", TOTAL, "none"), ("▲ 有利", GOOD, "none"), ("▼ 不利", BAD, "none")))
    spans: list[tuple[float, float]] = []
    level = 0.0
    for step in steps:
        start = 0.0 if step.is_total else level
        level = float(step.amount) if step.is_total else level + float(step.amount)
        spans.append((start, level))
    lowest = min(0.0, *(min(span) for span in spans))
    highest = max(0.0, *(max(span) for span in spans))
    floor, ceiling = height - (52 if lowest < 0 else 34), 50.0
    reach = (floor - ceiling) / ((highest - lowest) or 1.0)
    pitch = width / len(steps)
    body = min(pitch * 0.62, 110)
    for index, ((start, end), step) in enumerate(zip(spans, steps, strict=True)):
        middle = pitch * (index + 0.5)
        top, bottom = floor - (max(start, end) - lowest) * reach, floor - (min(start, end) - lowest) * reach
        color = TOTAL if step.is_total else {True: GOOD, False: BAD, None: LAST_YEAR}[step.is_good]
        canvas.rect(middle - body / 2, top, body, max(bottom - top, 1.5), color)
        if index + 1 < len(steps):
            canvas.line(
                middle + body / 2,
                floor - (end - lowest) * reach,
                middle + pitch - body / 2,
                floor - (end - lowest) * reach,
                color=MUTED,
                dash="3 3",
            )
        mark = {True: "▲ ", False: "▼ ", None: ""}[step.is_good]
        falls = end < start
        canvas.words(
            middle,
            bottom + 18 if falls else top - 8,
            f"{mark}{step.shown}",
            anchor="middle",
            size=14,
            color=INK if step.is_good is None else color,
        )
        canvas.words(middle, height - 9, step.label, anchor="middle")
    ground = floor + lowest * reach
    canvas.line(0, ground, width, ground, color=INK, width=1.4)
    return canvas.svg(title)


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle half of a group and its median, or only its size when the group is small."""

    label: str
    low: Decimal | None
    middle: Decimal | None
    high: Decimal | None
    shown: str
    is_total: bool = False


def spreads(items: Sequence[Spread], title: str, *, width: float = 1000) -> str:
    """Rows of P25–P75 bars with the median as a tick, against a line at 100 %."""
    pitch, top = 38.0, 62.0
    canvas = Canvas(width, top + pitch * len(items) + 8)
    names = max(text_width(item.label, 13) for item in items) + 20
    tail = max(text_width(item.shown, 12) for item in items) + 22
    edges = [float(value) for item in items for value in (item.low, item.high) if value is not None]
    low, high = min([*edges, 1.0]) - 0.06, max([*edges, 1.0]) + 0.06
    reach = (width - names - tail) / (high - low)

    def x_of(value: float) -> float:
        return names + (value - low) * reach

    canvas.rect(names, 4, 30, 11, ACTUAL)
    canvas.words(names + 36, 14, "中间一半的人（P25–P75）", size=12, color=MUTED)
    canvas.rect(names + 204, 2, 4, 15, INK)
    canvas.words(names + 214, 14, "中位数", size=12, color=MUTED)
    bottom = top + pitch * len(items)
    for tenth in range(int(low * 10) + 1, int(high * 10) + 1):
        x = x_of(tenth / 10)
        is_goal = tenth == 10
        canvas.line(
            x, top - 12, x, bottom, color=INK if is_goal else GRID, width=1.6 if is_goal else 1, dash="" if is_goal else "2 3"
        )
        canvas.words(
            x,
            top - 18,
            f"{tenth * 10}%" + (" 目标" if is_goal else ""),
            size=12,
            color=INK if is_goal else MUTED,
            anchor="middle",
        )
    for row, item in enumerate(items):
        y = top + row * pitch
        canvas.words(0, y + 22, item.label, color=INK if item.is_total else MUTED)
        if item.low is not None and item.high is not None and item.middle is not None:
            canvas.rect(
                x_of(float(item.low)),
                y + 8,
                (float(item.high) - float(item.low)) * reach,
                18,
                ACTUAL if item.is_total else LAST_YEAR,
            )
            canvas.rect(x_of(float(item.middle)) - 2, y + 2, 4, 30, "#ffffff" if item.is_total else INK, stroke=INK)
        canvas.words(width, y + 22, item.shown, size=12, anchor="end", color=INK if item.is_total else MUTED)
    return canvas.svg(title)


@dataclass(frozen=True, slots=True)
class Ranked:
    """One person's bar in a department's own pack."""

    label: str
    value: Decimal | None
    shown: str
    is_dim: bool = False


def ranking(items: Sequence[Ranked], title: str, *, width: float = 480) -> str:
    """Dots on a line from zero, best first, against a line at 100 %."""
    pitch, top = 20.0, 34.0
    canvas = Canvas(width, top + pitch * len(items) + 8)
    names = max(text_width(item.label, 12) for item in items) + 12
    reach = (width - names - 66) / max([float(item.value) for item in items if item.value is not None] + [1.1])
    goal = names + reach
    canvas.line(goal, top - 8, goal, top + pitch * len(items), color=INK, width=1.4)
    canvas.words(goal, top - 14, "100% 目标", size=12, anchor="middle")
    canvas.line(names, top - 8, names, top + pitch * len(items), color=INK, width=1.4)
    for row, item in enumerate(items):
        y = top + row * pitch + 10
        canvas.words(0, y + 4, item.label, size=12, color=MUTED if item.is_dim else INK)
        if item.value is None:
            canvas.words(names + 8, y + 4, item.shown, size=12, color=MUTED)
            continue
        x = names + float(item.value) * reach
        canvas.line(names, y, x, y, color=LAST_YEAR, width=3)
        canvas.dot(x, y, 5.5, ACTUAL if item.value >= 1 else "#ffffff", ACTUAL)
        canvas.words(max(x, goal if x > goal - 44 and x < goal else x) + 10, y + 4, item.shown, size=12)
    return canvas.svg(title)


def stacked(
    rows: Sequence[tuple[str, Sequence[Decimal], Sequence[str], str]], names: Sequence[str], title: str, *, width: float = 1000
) -> str:
    """Bars cut by age of debt on one scale, oldest darkest, each part labelled where it fits."""
    pitch, top = 56.0, 40.0
    canvas = Canvas(width, top + pitch * len(rows) + 4)
    x = 0.0
    for name, fill in zip(names, AGES, strict=True):
        canvas.rect(x, 4, 16, 12, fill, stroke=TOTAL)
        canvas.words(x + 22, 15, name, size=12, color=MUTED)
        x += 22 + text_width(name, 12) + 22
    left = max(text_width(label, 13) for label, *_ in rows) + 14
    tail = max(text_width(total, 13) for *_, total in rows) + 16
    largest = max((sum(float(part) for part in parts) for _, parts, _, _ in rows), default=1.0) or 1.0
    reach = (width - left - tail) / largest
    for index, (label, parts, shown, total) in enumerate(rows):
        y, x = top + index * pitch, left
        canvas.words(0, y + 27, label)
        for number, (part, words, fill) in enumerate(zip(parts, shown, AGES, strict=True)):
            extent = max(float(part), 0.0) * reach
            if extent > 0:
                canvas.rect(x, y + 6, extent, 32, fill, stroke="#ffffff")
            if extent > text_width(words, 12) + 8:
                canvas.words(x + extent / 2, y + 26, words, size=12, anchor="middle", color="#ffffff" if number >= 4 else INK)
            x += extent
        canvas.line(left, y, left, y + 44, color=INK, width=1.4)
        canvas.words(x + 9, y + 27, total)
    return canvas.svg(title)
