"""What sales management keeps: targets, products, which customers are one.

What to add here: a file that sales management keeps, as one row of `FILES`.
What belongs elsewhere: what a column may be (`columns.py`), files of other owners (their modules).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from connectors.company.files.columns import (
    CRM,
    CRMS,
    CURRENCY_CODE,
    ORDER_NO,
    PERIOD,
    PRODUCT_CODE,
    TAGS,
    ZERO,
    Column,
    CompanyFile,
    Known,
    Misfit,
    Mistake,
    Row,
    T,
    home_of,
)

# What a target can be shared out over: each is a part of the company's.
SCOPES = ("company", "department", "region", "rep", "product_line", "product", "customer", "channel", "settlement")


def _check_target(row: Row, known: Known) -> Iterator[Mistake]:
    scopes = {
        "department": "departments", "rep": "employees.employee_no", "product_line": "products.product_line",
        "product": "products.product_code", "region": "employees.region",
    }
    scope_type, scope_id = str(row["scope_type"]), row["scope_id"]
    if scope_type != "company" and scope_id is None:
        yield "scope_id", f"which {scope_type} this target is for"
    elif scope_type in scopes and scope_id not in known[scopes[scope_type]]:
        yield "scope_id", f"a {scope_type} that exists in {home_of(scopes[scope_type])}"
    start, end = row["period_start"], row["period_end"]
    if row["period"] is not None and (start is not None or end is not None):
        yield "period", "either period, or period_start and period_end, not both"
    elif row["period"] is None and (start is None or end is None):
        yield "period", "a period, or both period_start and period_end"
    elif isinstance(start, date) and isinstance(end, date) and end <= start:
        yield "period_end", f"a day after period_start {start} (the end itself is not part of the period)"
    if row["amount"] is None and row["quantity"] is None:
        yield "amount", "an amount, or a quantity"


def _check_link(row: Row, known: Known) -> Iterator[Mistake]:
    if (row["crm"], row["account_id"]) == (row["other_crm"], row["other_account_id"]):
        yield "other_account_id", "another customer than account_id"


def _check_links(rows: Sequence[Row]) -> Iterator[Misfit]:
    """What one row calls different, others in force on a day may not call the same, directly or over any number of customers."""
    apart = [(number, row) for number, row in enumerate(rows) if row["decision"] == "different"]
    days = sorted({row["valid_from"] for row in rows if isinstance(row["valid_from"], date)}) if apart else []
    reported: set[int] = set()
    for day in days:
        same = [_linked(row) for row in rows if row["decision"] == "same" and _in_force(row, day)]
        one_customer: dict[tuple[object, object], set[tuple[object, object]]] = {}
        for one, other in same:
            both = one_customer.get(one, {one}) | one_customer.get(other, {other})
            one_customer |= dict.fromkeys(both, both)
        for number, row in apart:
            one, other = _linked(row)
            if number not in reported and _in_force(row, day) and other in one_customer.get(one, ()):
                reported.add(number)
                yield number, "decision", f"same, or no chain of rows that calls these two the same on {day}"


def _linked(row: Row) -> tuple[tuple[object, object], tuple[object, object]]:
    return (row["crm"], row["account_id"]), (row["other_crm"], row["other_account_id"])


def _in_force(row: Row, day: date) -> bool:
    start, end = row["valid_from"], row["valid_to"]
    return isinstance(start, date) and start <= day and (not isinstance(end, date) or day <= end)


def _check_delivery(row: Row, known: Known) -> Iterator[Mistake]:
    if row["quantity"] is not None and row["product_code"] is None:
        yield "product_code", "the product of which this quantity was delivered"
    if row["quantity"] == 0:
        yield "quantity", "a quantity that is not zero (negative: goods that came back)"


def _check_territory(row: Row, known: Known) -> Iterator[Mistake]:
    if (row["employee_no"] is None) == (row["account_id"] is None):
        yield "employee_no", "either a person or, with crm and account_id, a dealer"
    if (row["crm"] is None) != (row["account_id"] is None):
        yield "crm", "the CRM of the dealer, and nothing without one"


FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="targets", key=("version", "metric_id", "scope_type", "scope_id", "period", "period_start", "period_end"),
        check=_check_target,
        description="目标: one row per version, metric, scope and period. A changed mind is a new version.",
        columns=(
            Column(name="version", type=T.INTEGER, label="版本", required=True, minimum=Decimal(1)),
            Column(name="metric_id", label="指标", note="`quarterdeck metrics` lists them", required=True, exists_in="metrics"),
            Column(name="scope_type", label="范围", required=True, choices=SCOPES),
            Column(name="scope_id", type=T.ID, label="范围编号", note="a customer as one of its accounts, zoho:…"),
            Column(name="period", label="期间", note="or leave empty and give start and end", pattern=PERIOD),
            Column(name="period_start", type=T.DATE, label="期初", may_be_absent=True),
            Column(name="period_end", type=T.DATE, label="期末", note="first day after the period", may_be_absent=True),
            Column(name="quantity", type=T.NUMBER, label="数量", minimum=ZERO),
            Column(name="amount", type=T.MONEY, label="金额", note="or the value of a metric that is not money", minimum=ZERO),
            Column(name="agreed_by", label="确认人", note="who took the target on"),
            Column(name="agreed_on", type=T.DATE, label="确认日"),
            Column(name="stretch", type=T.NUMBER, label="加码率", note="by how much its parts may exceed it, 0.05 for 5 %",
                   minimum=ZERO,
                   maximum=Decimal(1), may_be_absent=True),
            Column(name="is_challenge", type=T.BOOLEAN, label="挑战目标", note="outside of what eight quarters say, on purpose",
                   may_be_absent=True),
            Column(name="is_prorated", type=T.BOOLEAN, label="按在职天数折算",
                   note="the amount is for the whole period; a joiner or leaver bears the share of workdays employed",
                   may_be_absent=True),
            Column(name="weight", type=T.NUMBER, label="分配权重", note="how it was shared out: experience, skill, area",
                   minimum=ZERO,
                   may_be_absent=True),
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
            Column(name="category", label="品类", may_be_absent=True),
            Column(name="variant_of", type=T.ID, label="母产品编码", note="the product of which this is a variant",
                   may_be_absent=True),
            TAGS,
            Column(name="subscription_months", type=T.INTEGER, label="订阅月数",
                   note="how many months its price pays for; empty = no subscription, no monthly revenue (mrr)",
                   minimum=Decimal(1), may_be_absent=True),
        ),
    ),
    CompanyFile(
        name="territory", key=("region", "product_line", "employee_no", "crm", "account_id"), check=_check_territory,
        description="授权区域: which person or dealer may sell what in a region.",
        columns=(
            Column(name="region", label="区域", required=True),
            Column(name="product_line", label="产品线", note="empty = all", exists_in="products.product_line"),
            Column(name="employee_no", type=T.ID, label="工号", exists_in="employees.employee_no"),
            replace(CRM, required=False),
            Column(name="account_id", type=T.ID, label="经销商客户 id"),
        ),
    ),
    CompanyFile(
        name="customer_links", key=("crm", "account_id", "other_crm", "other_account_id"), check=_check_link,
        check_all=_check_links,
        description="客户归并: people's decisions on which customers are one.",
        columns=(
            CRM,
            Column(name="account_id", type=T.ID, label="客户 id", required=True),
            Column(name="other_crm", label="另一 CRM", required=True, choices=CRMS, exists_in="crms"),
            Column(name="other_account_id", type=T.ID, label="另一客户 id", required=True),
            Column(name="decision", label="决定", required=True, choices=("same", "different")),
        ),
    ),
    CompanyFile(
        name="deliveries", key=("delivery_id",), is_decision=False, check=_check_delivery,
        description="交货: what of an order was delivered when; no product: all of it, no quantity: all of the product.",
        columns=(
            Column(name="delivery_id", type=T.ID, label="交货单行号", required=True),
            CRM,
            ORDER_NO,
            replace(PRODUCT_CODE, required=False),
            Column(name="quantity", type=T.NUMBER, label="数量"),
            Column(name="delivery_date", type=T.DATE, label="交货日", required=True),
        ),
    ),
    CompanyFile(
        name="customer_classes", key=("crm", "account_id"),
        description="客户分类: class, tier and tags of a customer where the CRM has none, its group, the terms agreed with it.",
        columns=(
            CRM,
            Column(name="account_id", type=T.ID, label="客户 id", required=True),
            Column(name="customer_class", label="客户类别", note="new, renew, reactivated or the plan's own word"),
            Column(name="customer_tier", label="客户等级"),
            TAGS,
            Column(name="group_id", type=T.ID, label="集团编号", note="customers of one group count as one active customer",
                   may_be_absent=True),
            Column(name="settlement", label="约定结算方式", note="by contract", may_be_absent=True,
                   choices=("prepay", "cod", "credit", "instalment", "acceptance_bill")),
            Column(name="credit_days", type=T.INTEGER, label="约定账期", note="days from the invoice; empty = none", minimum=ZERO,
                   may_be_absent=True),
        ),
    ),
    CompanyFile(
        name="price_floor", key=("product_code",),
        description="底价: the price against which a discount is measured; without one it is the list price.",
        columns=(
            PRODUCT_CODE,
            Column(name="floor_price", type=T.MONEY, label="底价", required=True, above=ZERO),
            CURRENCY_CODE,
        ),
    ),
)
