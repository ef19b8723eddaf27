"""What a file and a column are, and the columns that many files share.

What to add here: a kind of check that every file may use.
What belongs elsewhere: the files themselves (`people.py`, `sales.py`, `finance.py`, `commission.py`: by who keeps them).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from connectors.catalogue import CrmObject, Field, FieldType

T = FieldType

Value = str | Decimal | int | bool | date | datetime | None
Row = dict[str, Value]
Known = Mapping[str, frozenset[str]]  # 'departments' or 'employees.employee_no' -> what exists in this folder
Mistake = tuple[str, str]  # column, what was expected there
Misfit = tuple[int, str, str]  # number of the row in the file, column, what was expected there

CRMS = ("fxiaoke", "zoho")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
PERIOD = re.compile(r"\d{4}(-(0[1-9]|1[0-2])|-Q[1-4])?")
CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its type, what it may hold, and the words that explain it in a template."""

    name: str
    type: FieldType = T.TEXT
    label: str = ""  # the Chinese business term, for templates
    note: str = ""
    required: bool = False
    may_be_absent: bool = False  # the header itself may be left out
    choices: tuple[str, ...] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    above: Decimal | None = None  # exclusive
    pattern: re.Pattern[str] | None = None
    exists_in: str | None = None  # a name of `Known`
    personal: bool = False  # never lands in the lake; `Company.people()` has it

    @property
    def field(self) -> Field:
        """The column as a field of a raw table."""
        return Field(self.name, self.name, self.type, self.personal)

    @property
    def expected(self) -> str:
        """What a cell here may hold, in words."""
        kind = {
            T.TEXT: "text", T.ID: "an id", T.JSON: "JSON",
            T.MONEY: "an amount with at most 4 decimals", T.NUMBER: "a number with at most 6 decimals",
            T.INTEGER: "a whole number", T.BOOLEAN: "true or false", T.DATE: "a date like 2026-07-01",
            T.TIMESTAMP: "a moment like 2026-07-01 18:30 (company time) or 2026-07-01T18:30:00+08:00",
        }[self.type]
        bounds = [
            f"{words} {bound.normalize():f}"
            for words, bound in (("at least", self.minimum), ("at most", self.maximum), ("above", self.above))
            if bound is not None
        ]
        if self.choices:
            kind = "one of " + ", ".join(self.choices)
        elif self.pattern is MONTH:
            kind = "a month like 2026-07"
        elif self.pattern is PERIOD:
            kind = "a period: 2026-07, 2026-Q3 or 2026"
        elif self.pattern is CURRENCY:
            kind = "a currency code of three capital letters, like CNY"
        return kind + (f", {' and '.join(bounds)}" if bounds else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyFile:
    """One file of the company folder, `<name>.csv` or `<name>.xlsx`, and the raw table it becomes."""

    name: str
    description: str
    key: tuple[str, ...]  # the natural key; a decision's `valid_from` is added to it
    columns: tuple[Column, ...]
    is_decision: bool = True
    exclusive: tuple[str, ...] = ()  # each value belongs to one key at a time, such as a person's CRM account
    check: Callable[[Row, Known], Iterator[Mistake]] | None = None
    check_all: Callable[[Sequence[Row]], Iterator[Misfit]] | None = None  # what only shows over all rows of the file
    is_pay: bool = False  # what somebody is paid: staging and core tag it, no pack may read it

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The file's own columns, then those that every decision carries."""
        return self.columns + (DECISION if self.is_decision else ())

    @property
    def key_columns(self) -> tuple[str, ...]:
        """What names one row: for decisions the natural key and the day it begins."""
        return self.key + (("valid_from",) if self.is_decision else ())

    @property
    def object(self) -> CrmObject:
        """The file as an object of the catalogue, so that the lake lands it like a CRM's."""
        return CrmObject(
            name=self.name, api_name=self.name, key="key", description=self.description,
            fields=tuple(column.field for column in self.all_columns),
        )


DECISION = (
    Column(name="valid_from", type=T.DATE, label="生效日", note="first day on which this holds", required=True),
    Column(name="valid_to", type=T.DATE, label="失效日", note="last day on which this holds; empty = until further notice"),
    Column(name="reason", label="原因", note="why it was decided", required=True),
    Column(name="approved_by", label="批准人", note="who decided it: employee number or name", required=True),
)


def home_of(known_name: str) -> str:
    """Where a reader looks for what should have existed."""
    homes = {"departments": "company.yaml (departments)", "crms": "company.yaml (crm)", "plans": "plans/*.yaml (plan)",
             "metrics": "the registry of metrics (`quarterdeck metrics`)", "thresholds": "core.dim_thresholds"}
    file, _, column = known_name.partition(".")
    return homes.get(known_name, f"{file} ({column})")


def expected_reference(column: Column) -> str:
    """What a reference should have named, and where to look."""
    return f"one that exists in {home_of(column.exists_in or '')}"


ZERO = Decimal(0)
AMOUNT = Column(name="amount", type=T.MONEY, label="金额", required=True)
CURRENCY_CODE = Column(name="currency_code", label="币种", required=True, pattern=CURRENCY)
BOOKED_AT = Column(name="booked_at", type=T.TIMESTAMP, label="入账时间", note="when finance entered it", required=True)
CRM = Column(name="crm", label="CRM", required=True, choices=CRMS, exists_in="crms")
ORDER_NO = Column(name="order_no", type=T.ID, label="订单号", required=True)
EMPLOYEE_NO = Column(name="employee_no", type=T.ID, label="工号", required=True, exists_in="employees.employee_no")
PRODUCT_CODE = Column(name="product_code", type=T.ID, label="产品编码", required=True, exists_in="products.product_code")
PAY_MONTH = Column(name="month", label="月份", required=True, pattern=MONTH)
REASON = Column(name="reason", label="原因", required=True)
APPROVED_BY = Column(name="approved_by", label="批准人", note="employee number or name", required=True)
TAGS = Column(name="tags", label="标签", note="several with | between them: 赠品|样品", may_be_absent=True)
