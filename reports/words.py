"""Sentences whose numbers are quoted through `q`, so that no number can drift from its query.

A sentence is added to templates/sentences.yaml; what people write about a quarter is read by commentary.py.
How a number is rounded is decided in format.py.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined, TemplateError

from reports import format as fmt
from reports.facts import Facts, ReportError, Value

SENTENCES = Path(__file__).parent / "templates" / "sentences.yaml"
FORMATS = {
    "wan": lambda value: fmt.WAN.text(value),
    "wan_signed": lambda value: fmt.WAN.text(value, signed=True),
    "yuan": lambda value: fmt.YUAN.text(value),
    "percent": fmt.percent,
    "count": lambda value: fmt.COUNT.text(value),
    "days": lambda value: fmt.DAYS.text(value),
    "text": lambda value: fmt.MISSING if value is None else str(value),
}


def as_decimal(value: Value) -> Decimal | None:
    """A number of a query as a Decimal."""
    return None if value is None else Decimal(str(value))


@cache
def _sentences() -> Mapping[str, Any]:
    return yaml.load(SENTENCES.read_text(encoding="utf-8"), yaml.CSafeLoader)


class Writer:
    """Fills sentences with bound numbers of one set of facts."""

    def __init__(self, facts: Facts, context: Mapping[str, object] | None = None) -> None:
        """A writer over `facts`; `context` holds the loose words a sentence may use."""
        self.facts = facts
        self.is_strict = False
        self.sentences = _sentences()
        # Plain text, not markup: both writers escape what they print.
        self.environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701
        self.environment.globals.update(
            q=self.quote, move=self.move, shift=self.shift, part=self.part, gap=self.gap, reached=self.reached, **(context or {})
        )

    def value(self, binding: str) -> Value:
        """The value a binding stands for; in people's comments a binding that leads nowhere is a mistake, not a dash."""
        if self.is_strict and not self.facts.row(binding):
            raise ReportError(f"{binding!r} names no row of this quarter")
        return self.facts.value(binding)

    def number(self, binding: str) -> Decimal | None:
        """The number a binding stands for."""
        return as_decimal(self.value(binding))

    def quote(self, binding: str, form: str = "wan") -> str:
        """A bound value in one of the named formats."""
        if form not in FORMATS:
            raise ReportError(f"no format {form!r}; there are: {', '.join(FORMATS)}")
        value = self.value(binding)
        return FORMATS[form](value if form == "text" else as_decimal(value))

    def change(self, base: str, against: str) -> fmt.Change:
        """How a metric of kpi compares with its earlier self."""
        metric_id = base.rsplit(".", 1)[-1]
        if metric_id not in fmt.MEASURES:
            raise ReportError(f"no metric {metric_id!r}; there are: {', '.join(fmt.MEASURES)}")
        measure = fmt.MEASURES[metric_id]
        return fmt.change(self.number(f"{base}.value"), self.number(f"{base}.{against}"), measure)

    def move(self, base: str, against: str) -> str:
        """▲▼ with 有利 or 不利."""
        return self.change(base, against).full

    def shift(self, base: str, against: str) -> str:
        """A difference of ratios in words."""
        return fmt.points(fmt.difference(self.number(f"{base}.value"), self.number(f"{base}.{against}")))

    def part(self, binding: str, whole: str) -> str:
        """One bound value as a percentage of another."""
        return fmt.percent(fmt.share(self.number(binding), self.number(whole)))

    def gap(self, binding: str, base: str) -> str:
        """One bound amount less another, signed, in 万元."""
        return fmt.WAN.text(fmt.difference(self.number(binding), self.number(base)), signed=True)

    def reached(self, binding: str) -> str:
        """Whether a target was met, in words."""
        value = self.number(binding)
        if value is None:
            return "未设目标"
        return f"完成目标 {fmt.percent(value)}" + ("" if value >= 1 else "，未达成")

    def fill(self, source: str, where: str, **words: object) -> str:
        """One sentence with its numbers in place."""
        try:
            return self.environment.from_string(source).render(**words).strip()
        except TemplateError as fault:
            raise ReportError(f"{where}: {fault}") from fault

    def sentence(self, page: str, part: str = "title", **words: object) -> str:
        """The sentence of templates/sentences.yaml for `page`."""
        return self.fill(self.sentences[page][part], f"reports/templates/sentences.yaml {page}.{part}", **words)

    def points(self, page: str, part: str, **words: object) -> tuple[str, ...]:
        """A list of sentences of templates/sentences.yaml."""
        return tuple(
            self.fill(source, f"reports/templates/sentences.yaml {page}.{part}[{index}]", **words)
            for index, source in enumerate(self.sentences[page][part])
        )
