"""`company.yaml`: who the company is, its clock and calendar, its departments, and what each CRM means there.

What to add here: a setting that belongs to the company as a whole.
What belongs elsewhere: secrets and hosts (environment), anything with an effective date (a file of `files`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from connectors import fxiaoke, zoho
from connectors.catalogue import CUSTOM_OBJECTS, CrmObject, FieldType
from connectors.company.cells import BadCell

FILE = "company.yaml"
CrmName = Literal["fxiaoke", "zoho"]
CATALOGUES: Mapping[str, tuple[CrmObject, ...]] = {"fxiaoke": fxiaoke.OBJECTS, "zoho": zoho.OBJECTS}


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("a time zone like Asia/Shanghai")
    return name


# YAML reads `id: 12` as a number; ids are text everywhere else, so they become text here.
Text = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]


class Part(BaseModel):
    """A part of the settings: unknown keys are mistakes, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Department(Part):
    """A department and the CRM it lives in."""

    id: Text
    name: Text
    crm: CrmName


class CustomField(Part):
    """A field that only this company's CRM has."""

    api_name: str
    type: FieldType = FieldType.TEXT
    personal: bool = False


class CustomObject(Part):
    """An object that only this company's CRM has."""

    api_name: str
    fields: Mapping[str, CustomField] = {}  # named and typed by the company; all others as the CRM describes them
    read_whole: bool = False  # every night all of it: for an object without a time of change


class ObjectChoice(Part):
    """Which objects of the catalogue are read: all, those included, or all but those excluded."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class CrmSettings(Part):
    """What a CRM's numbers mean at this company."""

    order_amounts: Literal["incl_tax", "ex_tax"]
    cash: Literal["crm_payments", "cash_receipts"]
    receivables: Literal["crm_invoices", "ar_ledger"]
    custom_fields: Mapping[str, Mapping[str, CustomField]] = {}
    personal_fields: tuple[str, ...] = ()  # 'accounts.phone': personal fields the company wants in its lake
    limits: Mapping[str, int] = {}
    vanishing_limit: Annotated[float, Field(ge=0, le=1)] = 0.2  # share of an object that may vanish at once and be believed
    objects: ObjectChoice = ObjectChoice()
    custom_objects: Mapping[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")], CustomObject] = {}

    def left_out(self, catalogue: Iterable[CrmObject]) -> frozenset[str]:
        """Objects of a catalogue that the company does not want read, by our name."""
        names = {obj.name for obj in catalogue}
        chosen = names & set(self.objects.include) if self.objects.include else names
        return frozenset(names - (chosen - set(self.objects.exclude)))


# A decimal of YAML comes as a float; its shortest text is what was written.
Money = Annotated[Decimal, BeforeValidator(lambda value: str(value) if isinstance(value, float | int) else value), Field(ge=0)]


class Signers(Part):
    """Who may do what with pay: each word is an employee number or a role of `employees`; nobody else may."""

    prepare: tuple[Text, ...] = ("销售运营", "提成会计")  # writes plans (`author`)
    review: tuple[Text, ...] = ("销售运营",)  # a month's lines
    approve: tuple[Text, ...] = ("财务负责人",)  # a month's lines
    decide: tuple[Text, ...] = ("总经理", "销售总监", "财务负责人")  # plans, adjustments, disputes, waivers, penalties
    pay: tuple[Text, ...] = ("提成会计", "出纳")
    logins: Mapping[str, Text] = {}  # once there is one, each login signs as its own employee number only


class CommissionSettings(Part):
    """How commission months are closed and booked; left out, each is on the careful side."""

    signers: Signers = Signers()

    close_needs_payment: bool = True  # a month closes only when every closed one before it is paid
    adjustment_batch_below: Money = Decimal("1.00")  # per payee and month of origin: smaller ones are gathered
    adjustment_approval_above: Money = Decimal("10000.00")  # per payee and month of origin: larger ones need their own approval
    one_login_may_sign: bool = False  # of a company so small that who reviews and who approves share a machine's login
    cash_needs_acceptance: bool = True  # a plan that pays on collection and names no accepted_by does not run
    worsening_needs_acceptance: bool = True  # a version valid before people accepted it that may pay them less does not run
    oldest_origin_months: Annotated[int, Field(ge=1)] = 24  # older months are adjusted only with finance's override
    accounts: Mapping[str, Text] = {}  # of the journal, by what they are for; see docs/operate.md


class Settings(Part):
    """`company.yaml`."""

    name: Text
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "CNY"
    fiscal_year_start_month: Annotated[int, Field(ge=1, le=12)] = 1
    departments: tuple[Department, ...]
    crm: Mapping[CrmName, CrmSettings]
    commission: CommissionSettings = CommissionSettings()
    encodings: Mapping[str, Literal["utf-8", "gb18030", "gbk"]] = {}  # CSV files that are not UTF-8, by file name

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.time_zone)


def read_settings(folder: Path) -> tuple[Settings | None, list[BadCell]]:
    """The settings, or every mistake in `company.yaml` with its line."""
    try:
        text = (folder / FILE).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None, [BadCell(FILE, None, None, None, None, f"this file in {folder} (`quarterdeck init` writes one)")]
    except UnicodeDecodeError as fault:
        return None, [BadCell(FILE, None, None, None, None, f"text in UTF-8, but byte {fault.start + 1} is not")]
    settings, mistakes = _settings_in(text)
    return settings, [*mistakes]


@lru_cache(maxsize=4)  # a night asks eighty times, and a parser that knows lines takes 10 ms
def _settings_in(text: str) -> tuple[Settings | None, Sequence[BadCell]]:
    try:
        tree = YAML().load(text)
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else None
        return None, [BadCell(FILE, None, line, None, None, f"YAML ({fault.problem})")]
    except YAMLError as fault:
        return None, [BadCell(FILE, None, None, None, None, f"YAML ({fault})")]
    try:
        settings = Settings.model_validate(_bare(tree))
    except ValidationError as faults:
        return None, [_bad(tree, fault["loc"], fault["input"], fault["msg"], fault["type"]) for fault in faults.errors()]
    return settings, _mistakes(settings, tree)


def _mistakes(settings: Settings, tree: Any) -> list[BadCell]:
    """What is well written and still cannot be: a department in a CRM nobody set up, an id given twice."""
    ids = [department.id for department in settings.departments]
    bad = [
        _bad(tree, (name,), "nothing", "at least one", "")
        for name, held in (("departments", settings.departments), ("crm", settings.crm)) if not held
    ]
    for number, department in enumerate(settings.departments):
        if department.crm not in settings.crm:
            expected = "a CRM that has its settings under crm: (" + ", ".join(settings.crm) + ")"
            bad.append(_bad(tree, ("departments", number, "crm"), department.crm, expected, ""))
        if department.id in ids[:number]:
            bad.append(_bad(tree, ("departments", number, "id"), department.id, "an id no other department has", ""))
    return [*bad, *(_bad(tree, *mistake, "") for crm, held in settings.crm.items() for mistake in _wrong_objects(crm, held))]


Mistake = tuple[tuple[str, ...], str, str]  # where it stands, what was said, what to say


def _wrong_objects(crm: str, settings: CrmSettings) -> Iterator[Mistake]:
    """Objects that are named and not there, in every setting that names some."""
    catalogue = {obj.name for obj in CATALOGUES[crm]}
    read = catalogue | set(settings.custom_objects)
    named = [
        *((("objects", "include"), name, name, catalogue) for name in settings.objects.include),
        *((("objects", "exclude"), name, name, catalogue) for name in settings.objects.exclude),
        *((("custom_fields", name), name, name, read) for name in settings.custom_fields),
        *((("personal_fields",), field, field.split(".", 1)[0], read) for field in settings.personal_fields),
    ]
    for place, said, name, known in named:
        if name not in known:
            yield ("crm", crm, *place), said, f"one of {', '.join(sorted(known))}"
    yield from _wrong_custom_objects(crm, settings)


def _wrong_custom_objects(crm: str, settings: CrmSettings) -> Iterator[Mistake]:
    """Custom objects that the catalogue has already, or that are named twice."""
    api_names = {obj.name: obj.api_name for obj in CATALOGUES[crm]}
    read = set(api_names.values())
    for name, custom in settings.custom_objects.items():
        place = ("crm", crm, "custom_objects", name)
        if name in api_names or name == CUSTOM_OBJECTS:
            yield place, name, "a name that is not taken"
        if custom.api_name in read:
            yield (*place, "api_name"), custom.api_name, "an object that is not read already"
        read.add(custom.api_name)


def line_of(folder: Path, *location: int | str) -> int:
    """The line of that setting in `company.yaml`, or of the nearest key around the place where it would stand."""
    return _line(YAML().load((folder / FILE).read_text(encoding="utf-8-sig")), location) or 1


def _line(tree: Any, location: tuple[int | str, ...]) -> int | None:
    line, node = None, tree
    for part in location:
        try:
            mark = node.lc.item(part) if isinstance(part, int) else node.lc.key(part)
            line, node = mark[0] + 1, node[part]
        except (AttributeError, KeyError, IndexError, TypeError):
            break
    return line


def _bad(tree: Any, location: tuple[int | str, ...], value: object, message: str, kind: str) -> BadCell:
    """A mistake with the line of the nearest key that exists in the file."""
    line = _line(tree, location)
    path = ".".join(str(part + 1) if isinstance(part, int) else part for part in location)
    expected = {"missing": "this setting", "extra_forbidden": "no such setting (is it misspelt?)"}.get(
        kind,
        message.removeprefix("Value error, ")
        .removeprefix("Input should be ")
        .replace("String should match pattern", "text that matches"),
    )
    found = None if kind == "missing" else str(value)
    return BadCell(FILE, None, line, path, found, expected)


def _bare(node: Any) -> Any:
    """The tree without its line numbers, as plain dictionaries and lists."""
    if isinstance(node, dict):
        return {key: _bare(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_bare(value) for value in node]
    return node
