"""The files a company keeps for us: their columns, what a cell may hold, what a row must agree with.

What to add here: a file is one row of `FILES`, a column one `Column`; templates, checks and raw tables follow from it.
What belongs elsewhere: how CSV and XLSX are read (`cells.py`), `company.yaml` (`settings.py`), plans (`commission/plan.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from connectors.catalogue import CrmObject, Field, FieldType

T = FieldType

Value = str | Decimal | int | bool | date | datetime | None
Row = dict[str, Value]
Known = Mapping[str, frozenset[str]]  # 'departments' or 'employees.employee_no' -> what exists in this folder
Mistake = tuple[str, str]  # column, what was expected there

# A target for a metric that nobody computes would lie unused without a word, so the list is closed.
METRIC_IDS = (
    "signed_sales", "collections", "orders", "win_rate", "win_rate_amount", "sales_cycle_days", "average_deal", "new_customers",
)
CRMS = ("fxiaoke", "zoho")
# A rebate and a prepaid drawdown settle an invoice without new cash: core decides what counts, by these words.
METHODS = ("wire", "acceptance_bill", "cheque", "cash", "card", "prepaid_drawdown", "rebate", "refund", "other")
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


def _check_employee(row: Row, known: Known) -> Iterator[Mistake]:
    hired, left = row["hire_date"], row["leave_date"]
    if isinstance(hired, date) and isinstance(left, date) and left < hired:
        yield "leave_date", f"a day on or after hire_date {hired}"
    if row["manager_no"] is not None and row["manager_no"] == row["employee_no"]:
        yield "manager_no", "somebody else's employee_no"


def _check_target(row: Row, known: Known) -> Iterator[Mistake]:
    scopes = {"department": "departments", "rep": "employees.employee_no", "product_line": "products.product_line"}
    scope_type, scope_id = str(row["scope_type"]), row["scope_id"]
    if scope_type in scopes and scope_id is None:
        yield "scope_id", f"which {scope_type} this target is for"
    elif scope_type in scopes and scope_id not in known[scopes[scope_type]]:
        yield "scope_id", f"a {scope_type} that exists in {_home(scopes[scope_type])}"
    start, end = row["period_start"], row["period_end"]
    if row["period"] is not None and (start is not None or end is not None):
        yield "period", "either period, or period_start and period_end, not both"
    elif row["period"] is None and (start is None or end is None):
        yield "period", "a period, or both period_start and period_end"
    elif isinstance(start, date) and isinstance(end, date) and end <= start:
        yield "period_end", f"a day after period_start {start} (the end itself is not part of the period)"
    if row["amount"] is None and row["quantity"] is None:
        yield "amount", "an amount, or a quantity"


def _check_ar_entry(row: Row, known: Known) -> Iterator[Mistake]:
    if row["entry_type"] == "invoice":
        for column in ("invoice_date", "due_date"):
            if row[column] is None:
                yield column, "a date, because this entry is an invoice"
        invoiced, due = row["invoice_date"], row["due_date"]
        if isinstance(invoiced, date) and isinstance(due, date) and due < invoiced:
            yield "due_date", f"a day on or after invoice_date {invoiced}"
    elif row["entry_type"] and row["crm"] in known["crms with ar_ledger"] and row["invoice_no"] not in known["invoices"]:
        yield "invoice_no", "an invoice of this ledger that the entry reduces"


def _check_amount_not_zero(row: Row, known: Known) -> Iterator[Mistake]:
    if row["amount"] == 0:
        yield "amount", "an amount that is not zero"


def _check_link(row: Row, known: Known) -> Iterator[Mistake]:
    if (row["crm"], row["account_id"]) == (row["other_crm"], row["other_account_id"]):
        yield "other_account_id", "another customer than account_id"


def _home(known_name: str) -> str:
    """Where a reader looks for what should have existed."""
    homes = {"departments": "company.yaml (departments)", "crms": "company.yaml (crm)", "plans": "plans/*.yaml (plan)"}
    file, _, column = known_name.partition(".")
    return homes.get(known_name, f"{file} ({column})")


def expected_reference(column: Column) -> str:
    """What a reference should have named, and where to look."""
    return f"one that exists in {_home(column.exists_in or '')}"


ZERO = Decimal(0)
AMOUNT = Column(name="amount", type=T.MONEY, label="金额", required=True)
CURRENCY_CODE = Column(name="currency_code", label="币种", required=True, pattern=CURRENCY)
BOOKED_AT = Column(name="booked_at", type=T.TIMESTAMP, label="入账时间", note="when finance entered it", required=True)
CRM = Column(name="crm", label="CRM", required=True, choices=CRMS, exists_in="crms")

FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="employees", key=("employee_no",), exclusive=("fxiaoke_user_id", "zoho_user_id"), check=_check_employee,
        description="员工: one row per person and validity; a move is a new row.",
        columns=(
            Column(name="employee_no", type=T.ID, label="工号", required=True),
            Column(name="name", label="姓名", required=True),
            Column(name="department_id", type=T.ID, label="部门", required=True, exists_in="departments"),
            Column(name="manager_no", type=T.ID, label="上级工号", exists_in="employees.employee_no"),
            Column(name="role", label="岗位", required=True),
            Column(name="region", label="区域"),
            Column(name="hire_date", type=T.DATE, label="入职日", required=True),
            Column(name="leave_date", type=T.DATE, label="离职日", note="last day of employment"),
            Column(name="fxiaoke_user_id", type=T.ID, label="纷享用户", note="openUserId, FSUID_…", may_be_absent=True),
            Column(name="zoho_user_id", type=T.ID, label="Zoho 用户", note="18 digits: format the column as text in Excel",
                   may_be_absent=True),
            Column(name="email", label="邮箱", note="for sending; never lands in the lake", may_be_absent=True, personal=True,
                   pattern=re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")),
        ),
    ),
    CompanyFile(
        name="targets", key=("version", "metric_id", "scope_type", "scope_id", "period", "period_start", "period_end"),
        check=_check_target,
        description="目标: one row per version, metric, scope and period. A changed mind is a new version.",
        columns=(
            Column(name="version", type=T.INTEGER, label="版本", required=True, minimum=Decimal(1)),
            Column(name="metric_id", label="指标", required=True, choices=METRIC_IDS),
            Column(name="scope_type", label="范围", required=True, choices=("company", "department", "rep", "product_line")),
            Column(name="scope_id", type=T.ID, label="范围编号", note="empty or anything for company"),
            Column(name="period", label="期间", note="or leave empty and give start and end", pattern=PERIOD),
            Column(name="period_start", type=T.DATE, label="期初", may_be_absent=True),
            Column(name="period_end", type=T.DATE, label="期末", note="first day after the period", may_be_absent=True),
            Column(name="quantity", type=T.NUMBER, label="数量", minimum=ZERO),
            Column(name="amount", type=T.MONEY, label="金额", note="or the value of a metric that is not money", minimum=ZERO),
            Column(name="agreed_by", label="确认人", note="who took the target on"),
            Column(name="agreed_on", type=T.DATE, label="确认日"),
        ),
    ),
    CompanyFile(
        name="products", key=("product_code",), exclusive=("fxiaoke_product_id", "zoho_product_id"),
        description="产品: what is sold, its line, and its id in each CRM.",
        columns=(
            Column(name="product_code", type=T.ID, label="产品编码", required=True),
            Column(name="name", label="名称", required=True),
            Column(name="product_line", label="产品线", required=True),
            Column(name="unit", label="单位"),
            Column(name="list_price", type=T.MONEY, label="目录价", minimum=ZERO),
            Column(name="fxiaoke_product_id", type=T.ID, label="纷享产品 id", may_be_absent=True),
            Column(name="zoho_product_id", type=T.ID, label="Zoho 产品 id", may_be_absent=True),
        ),
    ),
    CompanyFile(
        name="tax_rates", key=("tax_code",),
        description="税率: what turns an amount with VAT into one without.",
        columns=(
            Column(name="tax_code", label="税码", required=True),
            Column(name="rate", type=T.NUMBER, label="税率", note="0.13 or 13%", required=True, minimum=ZERO, maximum=Decimal(1)),
        ),
    ),
    CompanyFile(
        name="fx_rates", key=("rate_type", "currency_code", "rate_date"), is_decision=False,
        description="汇率: base currency per one unit of the foreign one.",
        columns=(
            Column(name="rate_type", label="汇率类型", required=True),
            CURRENCY_CODE,
            Column(name="rate_date", type=T.DATE, label="日期", required=True),
            Column(name="rate", type=T.NUMBER, label="汇率", required=True, above=ZERO),
            Column(name="is_locked", type=T.BOOLEAN, label="已锁定", required=True),
        ),
    ),
    CompanyFile(
        name="ar_ledger", key=("entry_id",), is_decision=False, check=_check_ar_entry,
        description="应收台账: invoices by instalment, and what reduces them. Amounts include VAT and are positive.",
        columns=(
            Column(name="entry_id", type=T.ID, label="分录号", required=True),
            Column(name="entry_type", label="类型", required=True, choices=("invoice", "credit_note", "write_off")),
            Column(name="invoice_no", type=T.ID, label="发票号", required=True),
            Column(name="instalment_no", type=T.INTEGER, label="分期号", minimum=Decimal(1)),
            CRM,
            Column(name="order_no", type=T.ID, label="订单号"),
            Column(name="account_id", type=T.ID, label="客户 id", required=True),
            Column(name="invoice_date", type=T.DATE, label="开票日"),
            Column(name="due_date", type=T.DATE, label="到期日"),
            Column(name="entry_date", type=T.DATE, label="分录日", required=True),
            Column(name="amount", type=T.MONEY, label="金额 (含税)", required=True, above=ZERO),
            CURRENCY_CODE,
            Column(name="reason", label="原因"),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="cash_receipts", key=("receipt_id",), is_decision=False, check=_check_amount_not_zero,
        description="收款: money on the bank account; refunds and bounced notes are negative.",
        columns=(
            Column(name="receipt_id", type=T.ID, label="收款号", required=True),
            CRM,
            Column(name="account_id", type=T.ID, label="客户 id", required=True),
            Column(name="bank_value_date", type=T.DATE, label="银行起息日", required=True),
            Column(name="posting_date", type=T.DATE, label="记账日", required=True),
            AMOUNT,
            CURRENCY_CODE,
            Column(name="method", label="方式", required=True, choices=METHODS),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="cash_allocations", key=("allocation_id",), is_decision=False, check=_check_amount_not_zero,
        description="核销: which invoice or order a receipt settles.",
        columns=(
            Column(name="allocation_id", type=T.ID, label="核销号", required=True),
            Column(name="receipt_id", type=T.ID, label="收款号", required=True, exists_in="cash_receipts.receipt_id"),
            Column(name="invoice_no", type=T.ID, label="发票号"),
            Column(name="order_no", type=T.ID, label="订单号"),
            AMOUNT,
            Column(name="allocated_on", type=T.DATE, label="核销日", required=True),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="plan_assignments", key=("employee_no", "plan_id"),
        description="提成办法适用: who is paid by which plan, and when.",
        columns=(
            Column(name="employee_no", type=T.ID, label="工号", required=True, exists_in="employees.employee_no"),
            Column(name="plan_id", type=T.ID, label="办法", required=True, exists_in="plans"),
        ),
    ),
    CompanyFile(
        name="customer_links", key=("crm", "account_id", "other_crm", "other_account_id"), check=_check_link,
        description="客户归并: people's decisions on which customers are one.",
        columns=(
            CRM,
            Column(name="account_id", type=T.ID, label="客户 id", required=True),
            Column(name="other_crm", label="另一 CRM", required=True, choices=CRMS, exists_in="crms"),
            Column(name="other_account_id", type=T.ID, label="另一客户 id", required=True),
            Column(name="decision", label="决定", required=True, choices=("same", "different")),
        ),
    ),
)

# Made by commission/plan.py from plans/*.yaml: one row per tier, so that SQL sees what a plan pays.
PLAN_TIERS = CrmObject(
    name="plan_tiers", api_name="plan_tiers", key="key",
    description="提成办法: one row per tier of a plan's component.",
    fields=(
        Field("plan_id", "plan_id", T.ID),
        Field("plan_version", "plan_version", T.INTEGER),
        Field("plan_hash", "plan_hash"),
        Field("title", "title"),
        Field("valid_from", "valid_from", T.DATE),
        Field("valid_to", "valid_to", T.DATE),
        Field("currency_code", "currency_code"),
        Field("component_id", "component_id", T.ID),
        Field("component_name", "component_name"),
        Field("event", "event"),
        Field("date_basis", "date_basis"),
        Field("measure", "measure"),
        Field("accumulate", "accumulate"),
        Field("rate_kind", "rate_kind"),
        Field("boundary", "boundary"),
        Field("tier_no", "tier_no", T.INTEGER),
        Field("tier_from", "tier_from", T.MONEY),
        Field("tier_to", "tier_to", T.MONEY),
        Field("rate", "rate", T.NUMBER),
    ),
)
PLAN_TIERS_KEY = ("plan_id", "plan_version", "component_id", "tier_no")

OBJECTS: tuple[CrmObject, ...] = (*(file.object for file in FILES), PLAN_TIERS)
