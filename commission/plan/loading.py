"""A folder of plan files as plans, or everything that is wrong with them at once: file, line, cure.

Add the cure of a new kind of mistake to CURES; add a file that stands beside the plans as a loader of its own.
Whether a well-formed plan is a wise one is asked of `commission.lint`.
"""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path as File
from typing import Any

from pydantic import ValidationError

from commission.plan import component, rates, schema, values
from commission.plan.reader import Document, Path, Unreadable, read_yaml
from commission.plan.schema import Plan

CURES = {
    "extra_forbidden": "remove the key, or correct its spelling",
    "missing": "add the key",
    "literal_error": "use one of the words named in the message",
    "union_tag_invalid": "use kind: flat, marginal, retroactive, interpolated or attainment",
    "union_tag_not_found": "add kind: flat, marginal, retroactive, interpolated or attainment",
    "string_type": "write text; put numbers that are names in quotes",
    "is_instance_of": "write a plain decimal without quotes, such as 0.015",
    "decimal_type": "write a plain decimal without quotes, such as 0.015",
    "date_type": "write a date without quotes, such as 2026-01-31",
    "tuple_type": "write a list: [ … ] or lines that begin with -",
    "int_type": "write a whole number",
    "bool_type": "write true or false",
    "decimal_max_places": "round it to what is computed with",
    "decimal_whole_digits": "write a smaller number",
    "string_pattern_mismatch": "follow the pattern named in the message",
}

_MODELS = {
    model.__name__: model
    for module in (component, rates, schema)
    for model in vars(module).values()
    if isinstance(model, type) and issubclass(model, values.Part)
}
_KEYS = sorted({field.alias or name for model in _MODELS.values() for name, field in model.model_fields.items()})


@dataclass(frozen=True, slots=True, order=True)
class PlanError:
    """One mistake: where it stands, what it is, how to mend it."""

    file: str
    line: int
    message: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}. Cure: {self.cure}."


class PlanErrors(ValueError):
    """Everything that is wrong in the plan folder; nothing was loaded."""

    def __init__(self, errors: list[PlanError]) -> None:
        self.errors = sorted(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


@dataclass(frozen=True, slots=True, order=True)
class Signature:
    """One employee's acceptance of one plan version."""

    employee_no: str
    accepted_on: date
    channel: str


def load_plans(folder: File | str) -> list[Plan]:
    """Every plan version under `folder`, ordered by plan and version, or PlanErrors with all mistakes of all files."""
    found, errors = read_plans(File(folder))
    if errors:
        raise PlanErrors(errors)
    return found


def read_plans(folder: File) -> tuple[list[Plan], list[PlanError]]:
    """The plan versions that can be read, ordered by plan and version, and all mistakes of all files."""
    found: list[Plan] = []
    errors: list[PlanError] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            errors.append(PlanError(file.name, 1, f"not UTF-8 at byte {error.start}", "save the file as UTF-8"))
            continue
        try:
            found.append(load_plan_text(text, file.name))
        except PlanErrors as fault:
            errors.extend(fault.errors)
    return sorted(found, key=lambda plan: (plan.plan, plan.version)), [*errors, *_doubled(found)]


@lru_cache(maxsize=256)
def load_plan_text(text: str, file: str = "plan.yaml") -> Plan:
    """The plan written in `text`, read once, since a plan cannot be changed; or PlanErrors with all its mistakes."""
    errors: list[PlanError] = []
    try:
        document = read_yaml(text)
    except Unreadable as error:
        errors = [PlanError(file, fault.line, fault.message, fault.cure) for fault in error.faults]
        if error.document is None:
            raise PlanErrors(errors) from error
        document = error.document
    unread = {error.line for error in errors}
    try:
        plan = Plan.model_validate(document.value).read_from(file, document)
    except ValidationError as error:
        told = [_explained(file, document, fault) for fault in _own(error.errors())]
        raise PlanErrors([*errors, *(one for one in told if one.line not in unread)]) from error
    if errors:
        raise PlanErrors(errors)
    return plan


def load_signatures(file: File) -> list[Signature]:
    """Who accepted the plan version, when and through what; PlanErrors names every bad line."""
    rows, errors = read_signatures(file)
    if errors:
        raise PlanErrors(errors)
    return rows


def read_signatures(file: File) -> tuple[list[Signature], list[PlanError]]:
    """The signatures that can be read, and every bad line."""
    rows: list[Signature] = []
    errors: list[PlanError] = []
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if reader.fieldnames != ["employee", "date", "channel"]:
            return [], [PlanError(file.name, 1, f"columns are {reader.fieldnames}", "use employee,date,channel")]
        for row in reader:
            try:
                rows.append(Signature(row["employee"], date.fromisoformat(row["date"]), row["channel"]))
            except (ValueError, TypeError):
                errors.append(
                    PlanError(file.name, reader.line_num, f"date {row['date']!r} is not a date", "write dates as 2026-01-31")
                )
    return sorted(rows), errors


def _doubled(plans: list[Plan]) -> list[PlanError]:
    first: dict[tuple[str, int], Plan] = {}
    errors = []
    for plan in plans:
        earlier = first.setdefault((plan.plan, plan.version), plan)
        if earlier is not plan:
            message = f"plan {plan.plan} version {plan.version} also stands in {earlier.file}"
            errors.append(PlanError(plan.file, plan.line("version"), message, "give the newer file the next version number"))
    return errors


def _own(faults: list[Any]) -> list[Any]:
    """The faults themselves: a list is also called too short when its items are at fault, which helps nobody."""
    return [
        fault
        for fault in faults
        if not (fault["type"] == "too_short" and any(_inside(other["loc"], fault["loc"]) for other in faults))
    ]


def _inside(inner: tuple[str | int, ...], outer: tuple[str | int, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _explained(file: str, document: Document, fault: Any) -> PlanError:
    path = _path_in(document, fault["loc"], names_what_is_not_there=fault["type"] == "missing")
    shown = ".".join(str(part) for part in path) or "plan"
    message = f"{shown}: {_said(fault)}"
    return PlanError(file, document.line(path), message, _cure(fault, path))


def _said(fault: Any) -> str:
    kind, given = fault["type"], fault.get("input")
    if kind == "extra_forbidden":
        return "unknown key"
    if kind == "missing":
        return "missing"
    text = fault["msg"].removeprefix("Value error, ")
    return text if isinstance(given, (dict, tuple)) or given is None else f"{text}, found {str(given)[:60]!r}"


def _cure(fault: Any, path: Path) -> str:
    kind = fault["type"]
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(path[-1]), _KEYS, n=1)
        return f"did you mean {near[0]!r}? otherwise remove the key" if near else CURES[kind]
    if kind == "missing":
        return f"add {path[-1]!r}"
    return CURES.get(kind, "write what the message asks for")


def _path_in(document: Document, loc: tuple[str | int, ...], *, names_what_is_not_there: bool) -> Path:
    """The error's place in the file: pydantic's own words (union tags) are not keys of it."""
    path: Path = ()
    for number, part in enumerate(loc):
        if (*path, part) in document.lines or (names_what_is_not_there and number == len(loc) - 1):
            path = (*path, part)
    return path
