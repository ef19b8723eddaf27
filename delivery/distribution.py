"""Who receives what: company/distribution.yaml, deny by default, and only people employed on the day.

A permission is a line in that file with role, scope, dates, reason and approver; never a name in code.
Who is employed is told by the caller; what a scope means for the rows of a report is decided in reports/.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

Word = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
EVERYONE = "*"
OWN = "self"


class DistributionError(Exception):
    """A list that cannot be used or a recipient who may not receive, every case at once."""


class Permission(BaseModel):
    """One line of the list: who may have which report, in which scope, by which channel, from when to when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    employee_no: Word
    role: Word
    report: Literal["quarterly_management_pack", "quarterly_department_pack", "commission_statement", "commission_workbook"]
    scope: Word
    channel: Literal["email"]
    valid_from: dt.date
    valid_to: dt.date | None
    reason: Word
    approved_by: Word

    def holds(self, on: dt.date) -> bool:
        """Whether this line is in force on a day; both ends count."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Employee:
    """What delivery needs of a person on one day."""

    employee_no: str
    name: str
    address: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person who may receive one report, with the address that is used."""

    employee_no: str
    name: str
    address: str
    role: str
    scope: str


def load_permissions(folder: Path) -> tuple[Permission, ...]:
    """Every line of <folder>/distribution.yaml, or all that is wrong with it."""
    path = folder / "distribution.yaml"
    if not path.is_file():
        raise DistributionError(f"{path.name} is missing from the company folder; without it nobody may receive anything")
    try:
        listed = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    except yaml.YAMLError as fault:
        raise DistributionError(f"{path.name}: {fault}") from fault
    lines = listed.get("recipients") if isinstance(listed, Mapping) else None
    if not isinstance(lines, list):
        raise DistributionError(f"{path.name}: expected a list under 'recipients'")
    permissions, faults = [], []
    for place, line in enumerate(lines, 1):
        try:
            permissions.append(Permission.model_validate(line))
        except ValidationError as fault:
            faults += [
                f"{path.name} recipient {place}, {'.'.join(map(str, e['loc']))}: {e['msg']}, found {e['input']!r}"
                for e in fault.errors()
            ]
    if faults:
        raise DistributionError("\n".join(faults))
    return tuple(permissions)


def doubtful_recipients(
    folder: Path, *, departments: Collection[str], staff: Mapping[str, Employee], on: dt.date
) -> list[tuple[str, str]]:
    """Every line that reaches nobody or stops a send: where it stands, and which scope or person the company does not have."""
    try:
        lines = load_permissions(folder)
    except DistributionError as fault:
        return [("distribution.yaml", line) for line in str(fault).splitlines()]
    found = []
    for number, line in zip(_lines(folder), lines, strict=True):
        where = f"distribution.yaml line {number}"
        if (scopes := _scopes(line.report, departments)) and line.scope not in scopes:
            says = f"scope {line.scope!r} of {line.report} for {line.employee_no} is none of {', '.join(sorted(scopes))}"
            found.append((where, f"{says}: nothing is sent"))
        person = staff.get(line.employee_no)
        if line.employee_no != EVERYONE and line.holds(on) and (person is None or not person.is_active):
            found.append((where, f"{line.employee_no} is not an active employee on {on}, which stops {line.report}"))
    return found


def _lines(folder: Path) -> list[int]:
    """On which line each entry of the list begins."""
    tree = yaml.compose((folder / "distribution.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return [entry.start_mark.line + 1 for key, value in tree.value if key.value == "recipients" for entry in value.value]


def _scopes(report: str, departments: Collection[str]) -> frozenset[str]:
    """What a report is made for; a statement is made for whoever is paid, so any number is right."""
    whole = {"quarterly_management_pack", "commission_workbook"}
    wanted = {"company"} if report in whole else {*departments} if report == "quarterly_department_pack" else set()
    return frozenset(wanted | {EVERYONE} if wanted else ())


def recipients(folder: Path, report: str, scope: str, *, staff: Mapping[str, Employee], on: dt.date) -> list[Recipient]:
    """Who may receive `report` for `scope` on a day; the send stops when any of them is not an active employee with an address.

    `staff` is everybody whom the company knows on that day, by number. A scope is 'company', a department's id, or for a personal
    report the number of the person it is about ('self' in the file).
    """
    allowed: list[Recipient] = []
    faults: list[str] = []
    for line in load_permissions(folder):
        if line.report != report or not line.holds(on):
            continue
        number = line.employee_no
        if line.scope == OWN:
            if number not in {EVERYONE, scope}:
                continue
            number = scope
        elif line.scope not in {scope, EVERYONE}:
            continue
        person = staff.get(number)
        if person is None or not person.is_active:
            faults.append(
                f"{report} {scope}: {number} ({line.role}) is not an active employee on {on}; "
                "end the line in distribution.yaml or correct the employees file"
            )
        elif not person.address:
            faults.append(f"{report} {scope}: {number} ({line.role}) has no e-mail address in the employees file")
        else:
            allowed.append(Recipient(number, person.name, person.address, line.role, line.scope))
    if faults:
        raise DistributionError("\n".join(faults))
    return list({person.employee_no: person for person in allowed}.values())
