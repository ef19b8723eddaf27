"""What the demo company decided: people, targets, products, rates, who is paid by which plan, who is whose twin.

What to add here: a decision file of the company folder that the generator can know.
What belongs elsewhere: plans and recipients (written by hand in `company/`), finance's books (`books.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from simulators.world import names
from simulators.world.books import write_csv
from simulators.world.cash import Cash
from simulators.world.clock import FIRST_DAY, LAST_DAY, MONTHS, QUARTERS, day, iso_day, month_of, parse_day, quarter_of_month
from simulators.world.customers import Customer
from simulators.world.fxiaoke import STAGES as FXIAOKE_STAGES
from simulators.world.money import cents, half_up, spread, to_base
from simulators.world.people import REP, Person
from simulators.world.products import LINES, Product
from simulators.world.sales import Sales
from simulators.world.targets import Leaves, leaves
from simulators.world.truth import events_of
from simulators.world.zoho import STAGES as ZOHO_STAGES

DECISION = ("valid_from", "valid_to", "reason", "approved_by")
SALES_HEAD, DEPARTMENT_HEADS = "E900", {"D1": "E100", "D2": "E200"}
SETTINGS = """\
# The demo company. Copy this folder to start your own; every file beside this one may be CSV or XLSX.
# Everything but plans/, distribution.yaml, signatures/ and commentary/ is made by
# `python -m simulators.world --company company/`; a test compares it with what the seed makes.
name: 北辰工业部件有限公司
time_zone: Asia/Shanghai
currency: CNY
fiscal_year_start_month: 1
departments:
  - {id: D0, name: 总部, crm: fxiaoke}
  - {id: D1, name: 一部, crm: fxiaoke}
  - {id: D2, name: 二部, crm: zoho}
crm:
  fxiaoke:
    order_amounts: incl_tax    # 订单金额含税
    limits: {calls: 4000, seconds: 20}   # this tenant bought a database of its own; others have 100
    cash: crm_payments         # 回款 and 回款明细 are kept in the CRM
    receivables: ar_ledger     # invoices and instalments are kept by finance
  zoho:
    order_amounts: ex_tax      # Sub_Total is without VAT
    cash: cash_receipts        # Zoho CRM knows no payments; finance keeps them
    receivables: crm_invoices
    custom_fields:
      accounts:
        uscc: {api_name: USCC, type: text}
commission:
  one_login_may_sign: true     # played by one person at one machine; leave this out, and two people sign from two logins
"""


TIER_POLICY = """\
# 分层政策: what a customer of a tier is to get, and within which limits; what is left out is neither promised nor limited.
- {tier: vip, visit_within_days: 30, max_discount: 0.18, max_credit_days: 90, response_hours: 8,
   callback_within_days: 90,
   valid_from: 2025-01-01, reason: 2025 年客户政策, approved_by: E900}
- {tier: high_value, visit_within_days: 60, max_discount: 0.15, max_credit_days: 60, response_hours: 16,
   callback_within_days: 180,
   valid_from: 2025-01-01, reason: 2025 年客户政策, approved_by: E900}
- {tier: potential, visit_within_days: 60, max_discount: 0.12, max_credit_days: 60, response_hours: 24,
   valid_from: 2025-01-01, reason: 2025 年客户政策, approved_by: E900}
- {tier: standard, max_discount: 0.10, max_credit_days: 45, response_hours: 24,
   valid_from: 2025-01-01, reason: 2025 年客户政策, approved_by: E900}
- {tier: new, visit_within_days: 45, max_discount: 0.10, max_credit_days: 30, response_hours: 16,
   valid_from: 2025-01-01, reason: 2025 年客户政策, approved_by: E900}
"""


def write_decisions(
    folder: Path,
    people: list[Person],
    products: tuple[Product, ...],
    customers: list[Customer],
    sales: Sales,
    cash: Cash,
) -> None:
    """All decision files of the company folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "company.yaml").write_text(SETTINGS, encoding="utf-8")
    write_csv(
        folder / "employees.csv",
        (
            "employee_no",
            "name",
            "department_id",
            "manager_no",
            "role",
            "region",
            "hire_date",
            "leave_date",
            "fxiaoke_user_id",
            "zoho_user_id",
            "email",
            *DECISION,
        ),
        _employees(people),
    )
    write_csv(
        folder / "products.csv",
        ("product_code", "name", "product_line", "unit", "list_price", "fxiaoke_product_id", "zoho_product_id", *DECISION),
        (
            (p.code, p.name, p.line, p.unit, f"{p.price}.00", p.fxiaoke_id, p.zoho_id, "2024-01-02", "", "产品目录", SALES_HEAD)
            for p in products
        ),
    )
    write_csv(
        folder / "tax_rates.csv", ("tax_code", "rate", *DECISION), [("vat", "0.13", "2019-04-01", "", "增值税税率 13%", "E901")]
    )
    write_csv(folder / "fx_rates.csv", ("rate_type", "currency_code", "rate_date", "rate", "is_locked"), _rates())
    write_csv(folder / "plan_assignments.csv", ("employee_no", "plan_id", *DECISION), _assignments(people))
    write_csv(
        folder / "customer_links.csv",
        ("crm", "account_id", "other_crm", "other_account_id", "decision", *DECISION),
        _links(customers),
    )
    found = leaves(people, events_of(sales, cash, people))
    write_csv(
        folder / "targets.csv",
        ("version", "metric_id", "scope_type", "scope_id", "period", "quantity", "amount", "agreed_by", "agreed_on", *DECISION),
        (*_targets(found, people, sales), *_satisfaction_targets()),
    )
    write_csv(folder / "channel_map.csv", ("attribute", "value", "channel", *DECISION), _channels())
    write_csv(
        folder / "customer_classes.csv",
        ("crm", "account_id", "customer_class", "customer_tier", "tags", "settlement", "credit_days", *DECISION),
        _terms(customers),
    )
    (folder / "tier_policy.yaml").write_text(TIER_POLICY, encoding="utf-8")
    (folder / "stage_gates.yaml").write_text("".join(_gates()), encoding="utf-8")
    write_csv(folder / "cost_table.csv", ("product_code", "unit_cost", "currency_code", *DECISION), _costs(products))
    write_csv(folder / "price_floor.csv", ("product_code", "floor_price", "currency_code", *DECISION), _floors(products))
    write_csv(folder / "budget.csv", ("cost_type", "department_id", "period", "amount", *DECISION), _budget())


def _employees(people: list[Person]) -> Iterator[tuple[str, ...]]:
    for person in people:
        for stint in person.stints:
            is_last = stint is person.stints[-1]
            yield (
                person.no,
                person.name,
                stint.department,
                stint.manager,
                stint.role,
                stint.region,
                iso_day(person.hired),
                iso_day(person.left) if is_last and person.left is not None else "",
                person.fxiaoke_id,
                person.zoho_id,
                person.email,
                iso_day(stint.first),
                "" if stint.last is None else iso_day(stint.last),
                stint.reason,
                SALES_HEAD if stint.department != "D0" else "总经理",
            )


def _rates() -> Iterator[tuple[str, ...]]:
    yield ("budget", "USD", "2025-01-01", "7.1500", "true")
    yield ("budget", "USD", "2026-01-01", "7.0000", "true")
    for month in MONTHS:
        rate = to_base(100, parse_day(f"{month}-01"), "USD")
        yield ("SAFE_mid", "USD", f"{month}-01", f"{rate // 10_000}.{rate % 10_000:04}", "true")


def _assignments(people: list[Person]) -> Iterator[tuple[str, ...]]:
    """Who is paid by which plan in 2026, neighbouring stints under one plan as one."""
    start = day(2026, 1, 1)
    for person in people:
        spans: list[tuple[str, int, int | None]] = []
        for stint in person.stints:
            if stint.role != REP or (stint.last is not None and stint.last < start):
                continue
            plan = (
                "key-accounts-2026"
                if stint.department == "D1"
                else "foreign-accounts-2026"
                if stint.region == "海外"
                else "small-accounts-2026"
            )
            first = max(stint.first, start)
            if spans and spans[-1][0] == plan and spans[-1][2] == first - 1:
                spans[-1] = (plan, spans[-1][1], stint.last)
            else:
                spans.append((plan, first, stint.last))
        for plan, first, last in spans:
            yield (person.no, plan, iso_day(first), "" if last is None else iso_day(last), "2026 年度提成办法", SALES_HEAD)


def _links(customers: list[Customer]) -> Iterator[tuple[str, ...]]:
    """People's decisions on twins that no code gives away, and on namesakes that are somebody else."""
    originals = {customer.entity: customer for customer in customers if customer.crm == "fxiaoke"}
    by_name = {customer.name: customer for customer in customers if customer.crm == "fxiaoke"}
    for customer in customers:
        if customer.link == "link":
            yield (
                "fxiaoke",
                originals[customer.entity].account_id,
                "zoho",
                customer.account_id,
                "same",
                "2026-01-15",
                "",
                "核对营业执照,同一客户",
                "E902",
            )
        elif customer.link == "different" and customer.index % 2 == 0:
            parent = by_name[customer.name.rsplit(customer.city, 1)[0]]
            yield (
                "fxiaoke",
                parent.account_id,
                "zoho",
                customer.account_id,
                "different",
                "2026-01-15",
                "",
                "分公司,独立纳税主体",
                "E902",
            )


def _targets(found: dict[str, Leaves], people: list[Person], sales: Sales) -> Iterator[tuple[object, ...]]:
    hired = {person.no: person.hired for person in people}
    for metric, by_leaf in found.items():
        totals: dict[tuple[str, str, str], int] = defaultdict(int)
        for (department, no, month), amount in by_leaf.items():
            for period in (month, quarter_of_month(month), month[:4]):
                for scope in (("company", "company"), ("department", department), ("rep", no)):
                    totals[(*scope, period)] += amount
        order = {"company": 0, "department": 1, "rep": 2}
        for (scope_type, scope_id, period), amount in sorted(totals.items(), key=lambda item: (order[item[0][0]], item[0][1:])):
            agreed = max(_agreed_on(period), hired.get(scope_id, 0))
            who = SALES_HEAD if scope_type == "company" else DEPARTMENT_HEADS.get(scope_id, scope_id)
            money = metric != "new_customers"
            yield (
                1,
                metric,
                scope_type,
                "" if scope_type == "company" else scope_id,
                period,
                "" if money else amount,
                cents(amount * 100) if money else amount,
                who,
                iso_day(agreed),
                iso_day(agreed),
                "",
                f"{period[:4]} 年度目标",
                "总经理" if scope_type == "company" else SALES_HEAD,
            )
        if metric == "signed_sales":
            yield from _product_lines(totals, sales)


def _satisfaction_targets() -> Iterator[tuple[object, ...]]:
    """季度客户满意度 of at least 90 %, for the company and for both departments."""
    for quarter in QUARTERS:
        agreed = iso_day(_agreed_on(quarter))
        for scope_type, scope_id in (("company", ""), ("department", "D1"), ("department", "D2")):
            who = DEPARTMENT_HEADS.get(scope_id, SALES_HEAD)
            reason = "季度满意度不低于 90%"
            yield (1, "csat", scope_type, scope_id, quarter, "", "0.90", who, agreed, agreed, "", reason, "总经理")


def _channels() -> Iterator[tuple[str, ...]]:
    """Traders sell on, everybody else uses what he buys."""
    traders = ("经销", "Distribution")
    for industry in sorted({industry for _, industry in (*names.TRADE, *names.SMALL_TRADE)} | {"Distribution"}):
        channel = "distributor" if industry in traders else "direct"
        yield ("industry", industry, channel, "2024-01-02", "", "渠道划分", SALES_HEAD)
    for crm, sources in (("fxiaoke", names.LEAD_SOURCES), ("zoho", names.ZOHO_LEAD_SOURCES)):
        for paid in (sources[0], sources[4]):
            yield ("lead_source", f"{crm}:{paid}", "paid", "2024-01-02", "", "付费获客渠道", SALES_HEAD)


def _terms(customers: list[Customer]) -> Iterator[tuple[object, ...]]:
    """The largest customers of each CRM have a framework agreement that says how they pay."""
    for crm in ("fxiaoke", "zoho"):
        largest = sorted((one for one in customers if one.crm == crm), key=lambda one: (-one.weight, one.account_id))[:20]
        for one in largest:
            yield (crm, one.account_id, "", "", "", "credit", one.terms, "2024-01-02", "", "年度框架协议", "E901")


def _budget() -> Iterator[tuple[str, ...]]:
    """What each department may spend in a quarter, by type of cost."""
    amounts = {
        "D1": {"travel": 320_000, "salary": 800_000, "marketing": 260_000, "entertainment": 66_000},
        "D2": {"travel": 300_000, "salary": 750_000, "marketing": 140_000, "entertainment": 34_000},
    }
    for quarter in QUARTERS:
        for department, by_type in amounts.items():
            for cost_type, amount in by_type.items():
                agreed = iso_day(_agreed_on(quarter))
                yield (cost_type, department, quarter, f"{amount}.00", agreed, "", f"{quarter[:4]} 年度预算", "E901")


def unit_cost(product: Product, year: int) -> int:
    """What a unit costs in a year, in cents: a share of the list price by product, three per cent more in the second year."""
    return half_up(product.price * (58 + product.index % 9) * (100 if year == 2025 else 103), 100)


def _costs(products: tuple[Product, ...]) -> Iterator[tuple[str, ...]]:
    for product in products:
        for year, ends in ((2025, "2025-12-31"), (2026, "")):
            # the first row speaks of deliveries before the story too
            begins = "2024-01-02" if year == 2025 else "2026-01-01"
            yield product.code, cents(unit_cost(product, year)), "CNY", begins, ends, f"{year} 年标准成本", "E901"


def floor_price(product: Product) -> int:
    """The least price, in cents: 88 per cent of the list price."""
    return product.price * 88


def _floors(products: tuple[Product, ...]) -> Iterator[tuple[str, ...]]:
    for product in products:
        yield product.code, cents(floor_price(product)), "CNY", "2024-01-02", "", "最低限价", SALES_HEAD


def _gates() -> Iterator[str]:
    """Which proofs each open stage asks for before it is left, by the stage's name in each CRM."""
    yield "# 阶段门: what must be there before a deal leaves a stage.\n"
    wanted = {1: ("amount",), 2: ("amount", "visit"), 3: ("amount", "quote"), 4: ("amount", "close_date")}
    for crm, stages in (("fxiaoke", FXIAOKE_STAGES), ("zoho", ZOHO_STAGES)):
        for stage, gates in wanted.items():
            for gate in gates:
                yield (
                    f"- {{crm: {crm}, stage: {stages[stage][0]}, gate: {gate},\n"
                    f"   valid_from: 2025-01-01, reason: 销售流程, approved_by: {SALES_HEAD}}}\n"
                )


def _agreed_on(period: str) -> int:
    """Targets of a year are agreed shortly before it begins."""
    return day(int(period[:4]) - 1, 12, 22)


def _product_lines(totals: dict[tuple[str, str, str], int], sales: Sales) -> Iterator[tuple[object, ...]]:
    """Per quarter and product line: an amount (they add up to the company's) and the quantity it stands for."""
    amounts: dict[tuple[str, str], int] = defaultdict(int)
    pieces: dict[tuple[str, str], int] = defaultdict(int)
    for order in sales.orders:
        if order.gone_at is not None or not FIRST_DAY <= order.day <= LAST_DAY:
            continue
        for line in order.lines:
            key = (quarter_of_month(month_of(order.day)), line.product.line)
            net = half_up(line.total * 100, 113) if order.customer.crm == "fxiaoke" else line.total - line.discount
            amounts[key] += half_up(to_base(net, order.day, order.currency), 100)
            pieces[key] += line.quantity
    for quarter in QUARTERS:
        actual = [amounts[quarter, line] for line in LINES]
        plan = [half_up(share * weight, 100) for share, weight in zip(actual, (103, 96, 100), strict=True)]
        for place, (line, thousands) in enumerate(
            zip(LINES, spread(totals["company", "company", quarter] // 1000, plan), strict=True)
        ):
            price = half_up(actual[place] * (102, 99, 101)[place], max(pieces[quarter, line], 1))  # cents of a yuan, times 100
            quantity = half_up(thousands * 1000 * 100 * 100, max(price, 1))
            agreed = iso_day(_agreed_on(quarter))
            yield (
                1,
                "signed_sales",
                "product_line",
                line,
                quarter,
                quantity,
                cents(thousands * 100_000),
                SALES_HEAD,
                agreed,
                agreed,
                "",
                f"{quarter[:4]} 年度产品线目标",
                SALES_HEAD,
            )
