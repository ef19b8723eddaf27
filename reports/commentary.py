"""What people say about a quarter: the owner's 原因, 影响, 措施 for a number, and the decisions asked of management.

The file is company/commentary/<quarter>.md; another kind of comment is another heading here.
Generated sentences state facts only and stand in templates/sentences.yaml; causes are human.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from reports.facts import ReportError
from reports.words import Writer

LONGEST_POINT = 80
EMPTY_WORDS = ("大幅", "显著")
DECISIONS = "## 决策"
NOTE_HEADING = re.compile(r"^## (?P<metric>[a-z_]+) @ (?P<scope>\S+)$")
POINT = re.compile(r"^(?P<name>原因|影响|措施|责任人|日期)[:\uff1a]\s*(?P<text>.+)$")


@dataclass(slots=True)
class Commentary:
    """The comments people filed, by metric and scope, and the decisions they ask for."""

    notes: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    decisions: list[str] = field(default_factory=list)


def read_commentary(folder: Path, quarter: str, writer: Writer) -> Commentary:
    """The comments in <folder>/commentary/<quarter>.md with their numbers filled in; empty when nobody filed any."""
    path = folder / "commentary" / f"{quarter}.md"
    found, faults = Commentary(), []
    note: dict[str, str] | None = None
    is_decision = False
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for place, line in enumerate(lines, 1):
        where = f"commentary/{path.name} line {place}"
        if line.startswith("## "):
            heading, is_decision = NOTE_HEADING.match(line), line.strip() == DECISIONS
            note = found.notes.setdefault((heading["metric"], heading["scope"]), {}) if heading else None
            if note is None and not is_decision:
                faults.append(f"{where}: a heading is '## <metric_id> @ <scope>' or '{DECISIONS}', found {line!r}")
        elif line.startswith("- "):
            faults += take(line[2:], where, found.decisions if is_decision else note, writer)
    if faults:
        raise ReportError("\n".join(faults))
    return found


def take(source: str, where: str, place: list[str] | dict[str, str] | None, writer: Writer) -> list[str]:
    """Put one point where it belongs, its numbers filled in; what is wrong with it otherwise."""
    writer.is_strict = True
    try:
        words = writer.fill(source, where)
    except ReportError as fault:
        return [str(fault) if str(fault).startswith(where) else f"{where}: {fault}"]
    finally:
        writer.is_strict = False
    point = POINT.match(words)
    if isinstance(place, list):
        place.append(words)
    elif place is not None and point:
        place[point["name"]] = point["text"]
    else:
        return [f"{where}: a point starts with 原因, 影响, 措施, 责任人 or 日期 under its heading, found {source!r}"]
    return [f"{where}: {problem}" for problem in lint(words)]


def lint(words: str) -> list[str]:
    """What is wrong with one point: too long, or a strong word instead of a number."""
    problems = [
        f"{word!r} says nothing without a number; quote one with q('…')"
        for word in EMPTY_WORDS
        if word in words and not re.search(r"\d", words)
    ]
    if len(words) > LONGEST_POINT:
        problems.append(f"{len(words)} characters, at most {LONGEST_POINT} a point")
    return problems
