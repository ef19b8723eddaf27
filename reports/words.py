"""Generated sentences and people's comments: both may only quote numbers through `q`, so no number can drift from its query.

A sentence is added to templates/sentences.yaml, a comment to company/commentary/<quarter>.md.
How a number is rounded is decided in format.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import yaml
from jinja2 import Environment, StrictUndefined, TemplateError

from reports import format as fmt
from reports.facts import Facts, ReportError, Value

SENTENCES = Path(__file__).parent / "templates" / "sentences.yaml"
LONGEST_POINT = 80
EMPTY_WORDS = ("大幅", "显著")
NOTE_HEADING = re.compile(r"^## (?P<metric>[a-z_]+) @ (?P<scope>\S+)$")
POINT = re.compile(r"^- (?P<name>原因|影响|措施|责任人|日期)[::]\s*(?P<text>.+)$")
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


class Writer:
    """Fills sentences with bound numbers of one set of facts."""

    def __init__(self, facts: Facts, context: Mapping[str, object] | None = None) -> None:
        """A writer over `facts`; `context` holds the loose words a sentence may use."""
        self.facts = facts
        self.sentences = yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))
        # Plain text, not markup: both writers escape what they print.
        self.environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701
        self.environment.globals.update(
            q=self.quote, move=self.move, shift=self.shift, part=self.part, gap=self.gap, reached=self.reached, **(context or {})
        )

    def number(self, binding: str) -> Decimal | None:
        """The number a binding stands for."""
        return as_decimal(self.facts.value(binding))

    def quote(self, binding: str, form: str = "wan") -> str:
        """A bound value in one of the named formats."""
        if form not in FORMATS:
            raise ReportError(f"no format {form!r}; there are: {', '.join(FORMATS)}")
        value = self.facts.value(binding)
        return FORMATS[form](value if form == "text" else as_decimal(value))

    def change(self, base: str, against: str) -> fmt.Change:
        """How a metric of kpi compares with its earlier self."""
        measure = fmt.MEASURES[base.rsplit(".", 1)[1]]
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


@dataclass(slots=True)
class Note:
    """What the owner of a number says about it: cause, effect, measure, who and by when."""

    metric_id: str
    scope: str
    parts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Commentary:
    """The comments and decisions people filed for one quarter."""

    notes: dict[tuple[str, str], Note] = field(default_factory=dict)
    decisions: list[str] = field(default_factory=list)


def read_commentary(folder: Path, quarter: str, writer: Writer) -> Commentary:
    """The comments in <folder>/commentary/<quarter>.md with their numbers filled in; empty when nobody filed any."""
    path = folder / "commentary" / f"{quarter}.md"
    found = Commentary()
    if not path.is_file():
        return found
    note: Note | None = None
    faults: list[str] = []
    in_decisions = False
    for place, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"commentary/{path.name} line {place}"
        if line.startswith("## "):
            heading = NOTE_HEADING.match(line)
            in_decisions = line.strip() == "## 决策"
            note = Note(heading["metric"], heading["scope"]) if heading else None
            if note:
                found.notes[note.metric_id, note.scope] = note
            elif not in_decisions:
                faults.append(f"{where}: a heading is '## <metric_id> @ <scope>' or '## 决策', found {line!r}")
            continue
        if not line.startswith("- "):
            continue
        try:
            words = writer.fill(line[2:], where)
        except ReportError as fault:
            faults.append(str(fault) if str(fault).startswith(where) else f"{where}: {fault}")
            continue
        faults += [f"{where}: {problem}" for problem in lint(words)]
        if in_decisions:
            found.decisions.append(words)
        elif note is not None and (point := POINT.match("- " + words)):
            note.parts[point["name"]] = point["text"]
        else:
            faults.append(f"{where}: a point starts with 原因, 影响, 措施, 责任人 or 日期, found {line!r}")
    if faults:
        raise ReportError("\n".join(faults))
    return found


def lint(words: str) -> list[str]:
    """What is wrong with one point: too long, or a strong word instead of a number."""
    problems = [f"{word!r} says nothing without a number; quote one with q('…')" for word in EMPTY_WORDS if word in words and not re.search(r"\d", words)]
    if len(words) > LONGEST_POINT:
        problems.append(f"{len(words)} characters, at most {LONGEST_POINT} a point")
    return problems
