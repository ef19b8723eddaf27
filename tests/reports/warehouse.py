"""A small published warehouse with believable numbers, 2025-Q1 to 2026-Q3, for looking at reports without running a night.

Add a table here when a report reads a new one; its columns are those of the published contract.
What the real marts compute is tested in tests/dbt_project; nothing here checks a formula.
"""

import datetime as dt
import hashlib
import random
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb

AS_OF = dt.date(2026, 11, 20)
KNOWN_AT = dt.datetime(2026, 11, 20, 18, 0)  # noqa: DTZ001 - the warehouse keeps UTC without a zone
QUARTERS = [(year, quarter) for year in (2025, 2026) for quarter in (1, 2, 3, 4)][:7]
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"
GIVEN = (
    "伟",
    "秀英",
    "敏",
    "静",
    "磊",
    "军",
    "洋",
    "勇",
    "艳",
    "杰",
    "娟",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "桂英",
    "文博",
    "思远",
)
REGIONS = ("华东", "华南", "华北", "西南", "海外")
DEPARTMENTS = {"D1": ("销售一部", "fxiaoke"), "D2": ("销售二部", "zoho")}
METRICS = (
    ("signed_sales", "M01", "签约额（不含税）", "CNY", "期内确认订单的不含税净额 − 期内退货", "销售运营"),
    ("collections", "M03", "回款额（含税）", "CNY", "期内核销到应收的现金（含税），不含返利抵扣", "财务部"),
    ("orders", "M05", "订单数", "count", "期内确认且未作废的订单数", "销售运营"),
    ("win_rate", "M22", "赢单率（数量）", "ratio", "赢单数 ÷ （赢单数 + 输单数），期内关闭", "销售运营"),
    ("win_rate_amount", "M22", "赢单率（金额）", "ratio", "赢单金额 ÷ （赢单 + 输单金额），期内关闭", "销售运营"),
    ("sales_cycle_days", "M23", "销售周期（天）", "days", "期内赢单商机自创建至赢单的平均天数", "销售运营"),
    ("average_deal", "M24", "平均单值", "CNY", "签约额 ÷ 订单数", "销售运营"),
    ("new_customers", "M19", "新客户数", "count", "首个确认订单落在期内的客户数（两套 CRM 合并后）", "销售运营"),
)
SCHEMA = """
create schema core; create schema management; create schema finance;
create table core.clocks(as_of date, known_at timestamp, company_name varchar, currency_code varchar,
  time_zone varchar);
create table core.dim_departments(department_id varchar, department_name varchar, crm varchar);
create table core.dim_employees(employee_no varchar, name varchar, department_id varchar, department_name varchar,
  manager_no varchar,
  role varchar, region varchar, hire_date date, leave_date date, is_active boolean);
create table core.dim_customers(customer_key varchar, name varchar, crms varchar, merged_from varchar,
  uscc varchar, region varchar,
  industry varchar, owner_employee_no varchar, first_order_date date);
create table core.fct_orders(order_key varchar, crm varchar, order_id varchar, order_no varchar,
  customer_key varchar, employee_no varchar,
  department_id varchar, order_date date);
create table core.fct_payments(payment_key varchar, crm varchar, payment_id varchar, order_key varchar,
  customer_key varchar,
  employee_no varchar, payment_date date, amount_base decimal(18,4));
create table core.quarantine(source varchar, object varchar, key varchar, rule varchar, reason varchar,
  first_seen_at timestamp, last_seen_at timestamp);
create table core.data_trust(source varchar, object varchar, last_pulled_at timestamp, records bigint,
  versions bigint, quarantined bigint,
  failed_checks bigint, hours_behind decimal(18,2), grade varchar);
create table core.table_trust(schema_name varchar, table_name varchar, grade varchar, score decimal(9,6),
  freshness decimal(9,6), coverage decimal(9,6), checks decimal(9,6), hand_share decimal(9,6));
create table management.kpi(metric_id varchar, period_type varchar, period varchar, period_start date,
  scope_type varchar, scope_id varchar,
  scope_name varchar, org_view varchar, numerator decimal(38,6), denominator decimal(38,6), value decimal(38,6),
  target decimal(38,6),
  attainment decimal(38,6), previous decimal(38,6), same_period_last_year decimal(38,6), unit varchar, as_of date);
create table management.sales_bridge(period_type varchar, period varchar, component_no integer, component varchar,
  label_zh varchar, amount decimal(38,6));
create table management.department_bridge(metric_id varchar, period_type varchar, period varchar, org_view varchar,
  component varchar, scope_id varchar, scope_name varchar, value decimal(38,6));
create table management.metrics(metric_id varchar, code varchar, name_zh varchar, unit varchar, formula varchar,
  owner varchar, version varchar);
create table finance.receivables(receivable_key varchar, invoice_no varchar, instalment_no integer, crm varchar,
  order_key varchar,
  customer_key varchar, employee_no varchar, department_id varchar, invoice_date date, due_date date,
  currency_code varchar,
  billed_amount decimal(18,2), applied_amount decimal(18,2), credited_amount decimal(18,2),
  written_off_amount decimal(18,2),
  outstanding_amount decimal(18,2), outstanding_amount_base decimal(18,2), days_past_due integer, bucket varchar);
create table finance.receivables_ageing(customer_key varchar, customer_name varchar, department_id varchar,
  not_due decimal(18,2),
  d1_30 decimal(18,2), d31_60 decimal(18,2), d61_90 decimal(18,2), d91_180 decimal(18,2), d181_365 decimal(18,2),
  d366_plus decimal(18,2),
  outstanding decimal(18,2), overdue decimal(18,2), unapplied decimal(18,2));
create table finance.receivables_ageing_by_department as from finance.receivables_ageing limit 0;
create table finance.commission_earnings(payee_no varchar, plan_id varchar, plan_hash varchar,
  component_id varchar, component_name varchar,
  window_period varchar, month varchar, base_to_date decimal(38,10), base_in_month decimal(38,10),
  earned_to_date decimal(18,2), amount decimal(18,2));
create table finance.commission_credits(event_id varchar, payee_no varchar, component_id varchar, plan_id varchar,
  plan_hash varchar,
  event_date date, month varchar, window_period varchar, order_key varchar, payment_key varchar,
  customer_key varchar, share decimal(18,6),
  base_amount decimal(38,10), role varchar);
create table finance.commission_earning_events(payee_no varchar, plan_hash varchar, component_id varchar, month varchar,
  event_id varchar,
  base_amount decimal(38,10), cumulative_base decimal(38,10), amount decimal(18,2),
  role varchar, rule varchar);
create table finance.commission_lines(entry_id varchar, entry_type varchar, status varchar, payee_no varchar,
  payee_name varchar,
  department_id varchar, plan_id varchar, plan_hash varchar, component_id varchar, component_name varchar,
  origin_period varchar,
  posting_period varchar, amount decimal(18,2), reason varchar, reverses_id varchar, data_as_of date,
  approved_by varchar,
  prev_entry_hash varchar, entry_hash varchar);
create table finance.commission_by_payee_month(payee_no varchar, payee_name varchar, department_id varchar,
  component_id varchar,
  component_name varchar, month varchar, earned decimal(18,2), adjusted decimal(18,2), withheld decimal(18,2),
  recovered decimal(18,2),
  payable decimal(18,2), status varchar);
"""
# Marts that follow from the tables above, with a holdback and a dispute of E004 that the rows above do not have.
DERIVED = """
create table finance.commission_payables as select payee_no, max(payee_name) as payee_name, max(department_id) as department_id,
  month as pay_month, sum(earned)::decimal(18,2) as earned, sum(adjusted)::decimal(18,2) as adjusted,
  sum(withheld)::decimal(18,2) as withheld, sum(recovered)::decimal(18,2) as recovered, sum(payable)::decimal(18,2) as payable,
  case when max(status) = 'draft' then 'draft' else 'closed' end as status
  from finance.commission_by_payee_month group by payee_no, month;
create table core.dim_commission_periods as select posting_period as period, 'closed' as state,
  timestamp '2026-11-01 02:00' as closed_at,
  'E902' as reviewed_by, 'E901' as approved_by, max(entry_hash) as ledger_head
  from finance.commission_lines where status = 'posted' group by posting_period;
create table finance.commission_balances(payee_no varchar, balance_kind varchar, month varchar, opening decimal(18,2),
  added decimal(18,2), released decimal(18,2), closing decimal(18,2));
insert into finance.commission_balances values ('E004', 'holdback', '2026-08', 100, 50, 20, 130),
  ('E004', 'draw', '2026-08', -30, 0, 30, -60);
create table finance.commission_statements as select payee_no, payee_name, pay_month as month, 0::decimal(18,2) as carry_in,
  payable as earned, (case when pay_month = '2026-08' then adjusted else 0 end)::decimal(18,2) as of_earlier_months, payable,
  0::decimal(18,2) as carry_out,
  sum(payable) over (partition by payee_no order by pay_month)::decimal(18,2) as payable_year_to_date,
  case when status = 'draft' then 'draft' else 'posted' end as status from finance.commission_payables;
update finance.commission_statements set carry_in = 70, carry_out = 70 where payee_no = 'E004' and month = '2026-08';
create table finance.commission_restated as select month, payee_no, component_id, component_name, payable as as_reported,
  adjusted as adjusted_earlier_months, 0::decimal(18,2) as adjusted_since, 0::decimal(18,2) as adjustment_pending,
  payable - adjusted as as_restated from finance.commission_by_payee_month where status <> 'draft';
create table finance.commission_accruals as select pay_month as month, sum(earned)::decimal(18,2) as earned,
  0::decimal(18,2) as written_off, sum(payable)::decimal(18,2) as payable,
  sum(payable)::decimal(18,2) as earned_unpaid, 130::decimal(18,2) as withheld,
  0::decimal(18,2) as clawback_receivable, 60::decimal(18,2) as draw_receivable, 1000::decimal(18,2) as capitalised,
  250::decimal(18,2) as amortised, (sum(earned) - 750)::decimal(18,2) as expense, null::decimal(18,2) as contingent_on_cash,
  null::decimal(18,2) as contingent_expected from finance.commission_payables group by pay_month;
create table finance.commission_disputes(dispute_id varchar, payee_no varchar, month varchar, line varchar, claim varchar,
  state varchar, opened_on date, decided_on date, days_open integer, is_triage_late boolean, effect_amount decimal(18,2),
  posted_in varchar);
insert into finance.commission_disputes values
  ('DSP-1', 'E004', '2026-07', 'SO-2607-0041', '=HYPERLINK("http://x","应计给我")', 'open', '2026-09-02', null, 79, true, 0,
  null);
"""
BUCKETS = ("not_due", "d1_30", "d31_60", "d61_90", "d91_180", "d181_365", "d366_plus")
SEASON = {1: Decimal("0.82"), 2: Decimal("1.04"), 3: Decimal("1.00"), 4: Decimal("1.16")}


def cents(value: Decimal) -> Decimal:
    """`value` at two decimals, half up."""
    return value.quantize(Decimal("0.01"), ROUND_HALF_UP)


def quarter_name(index: int) -> str:
    """The name of the quarter `index` places from 2025-Q1."""
    year, quarter = QUARTERS[index]
    return f"{year}-Q{quarter}"


def people(rng: random.Random) -> list[tuple]:
    """Forty sales people in two departments, as rows of core.dim_employees."""
    rows = []
    for number in range(1, 41):
        department = "D1" if number <= 18 else "D2"
        first = number in {1, 19}
        role = "部门经理" if first else ("资深客户经理" if number % 3 == 0 else "客户经理")
        manager = None if first else ("E001" if department == "D1" else "E019")
        name = SURNAMES[(number * 7) % len(SURNAMES)] + GIVEN[(number * 3) % len(GIVEN)]
        leave = dt.date(2026, 8, 31) if number == 17 else None
        rows.append(
            (
                f"E{number:03d}",
                name,
                department,
                DEPARTMENTS[department][0],
                manager,
                role,
                REGIONS[number % 5],
                dt.date(2022 + number % 4, 1 + rng.randrange(12), 1),
                leave,
                leave is None,
            )
        )
    return rows


def rep_months(rng: random.Random, staff: list[tuple]) -> dict[tuple[str, int, int], dict[str, list[Decimal]]]:
    """Numerator and denominator of every metric by employee, year and month."""
    facts: dict[tuple[str, int, int], dict[str, list[Decimal]]] = {}
    for position, person in enumerate(staff):
        skill = Decimal(rng.randrange(72, 124)) / 100
        size = Decimal(46 if person[2] == "D1" else 22) * 10000
        for index, (year, quarter) in enumerate(QUARTERS):
            for month in range(quarter * 3 - 2, quarter * 3 + 1):
                noise = Decimal(rng.randrange(78, 122)) / 100
                growth = 1 + Decimal(index) * Decimal("0.018") * (1 if person[2] == "D1" else -Decimal("0.4"))
                sales = cents(size * skill * noise * growth * SEASON[quarter])
                orders = Decimal(rng.randrange(3, 8) if person[2] == "D1" else rng.randrange(5, 12))
                closed = orders + rng.randrange(5, 14)
                facts[person[0], year, month] = {
                    "signed_sales": [sales, None],
                    "collections": [cents(sales * Decimal(rng.randrange(88, 118)) / 100), None],
                    "orders": [orders, None],
                    "win_rate": [orders, closed],
                    "win_rate_amount": [sales, cents(sales * closed / orders * Decimal("1.1"))],
                    "sales_cycle_days": [orders * rng.randrange(38, 66), orders],
                    "average_deal": [sales, orders],
                    "new_customers": [Decimal(rng.randrange(0, 3)), None],
                    "target": [
                        cents(
                            size
                            * SEASON[quarter]
                            * (1 + Decimal(index) * Decimal("0.015"))
                            * (Decimal("0.9") + Decimal(position % 5) / 20)
                        ),
                        None,
                    ],
                }
    return facts


def kpi_rows(staff: list[tuple], facts: dict) -> list[tuple]:
    """management.kpi for company, departments and reps by month and quarter."""
    scopes = [("company", "company", "公司合计", [row[0] for row in staff])]
    scopes += [("department", key, name, [row[0] for row in staff if row[2] == key]) for key, (name, _) in DEPARTMENTS.items()]
    scopes += [("rep", row[0], row[1], [row[0]]) for row in staff]
    periods = [
        ("quarter", f"{year}-Q{quarter}", dt.date(year, quarter * 3 - 2, 1), [(year, quarter * 3 - 2 + n) for n in range(3)])
        for year, quarter in QUARTERS
    ]
    periods += [
        ("month", f"{year}-{month:02d}", dt.date(year, month, 1), [(year, month)])
        for year, quarter in QUARTERS
        for month in range(quarter * 3 - 2, quarter * 3 + 1)
    ]
    values: dict[tuple, tuple] = {}
    for _, scope_id, _, members in scopes:
        for _, period, _, months in periods:
            for metric_id, *_ in METRICS:
                cells = [facts[who, *when][metric_id] for who in members for when in months]
                numerator = sum((cell[0] for cell in cells), Decimal(0))
                denominator = None if cells[0][1] is None else sum((cell[1] for cell in cells), Decimal(0))
                value = numerator if denominator is None else (numerator / denominator).quantize(Decimal("0.000001"))
                target = None
                if metric_id in {"signed_sales", "collections"}:
                    target = sum((facts[who, *when]["target"][0] for who in members for when in months), Decimal(0))
                    if metric_id == "collections":
                        target = cents(target * Decimal("1.06"))
                values[metric_id, scope_id, period] = (numerator, denominator, value, target)
    rows = []
    for scope_type, scope_id, scope_name, _ in scopes:
        for period_type, period, start, _ in periods:
            for metric_id, _, _, unit, *_ in METRICS:
                numerator, denominator, value, target = values[metric_id, scope_id, period]
                if period_type == "quarter":
                    year, quarter = int(period[:4]), int(period[-1])
                    before = f"{year - 1}-Q4" if quarter == 1 else f"{year}-Q{quarter - 1}"
                    last_year = f"{year - 1}-Q{quarter}"
                else:
                    year, month = int(period[:4]), int(period[5:])
                    before = f"{year - 1}-12" if month == 1 else f"{year}-{month - 1:02d}"
                    last_year = f"{year - 1}-{month:02d}"
                previous = values.get((metric_id, scope_id, before), (None,) * 4)[2]
                same = values.get((metric_id, scope_id, last_year), (None,) * 4)[2]
                attainment = None if not target else (value / target).quantize(Decimal("0.000001"))
                rows.append(
                    (
                        metric_id,
                        period_type,
                        period,
                        start,
                        scope_type,
                        scope_id,
                        scope_name,
                        "as_of_event",
                        numerator,
                        denominator,
                        value,
                        target,
                        attainment,
                        previous,
                        same,
                        unit,
                        AS_OF,
                    )
                )
    return rows


def bridge_rows(kpis: list[tuple]) -> list[tuple]:
    """target -> actual of the company, one row a component, summing exactly."""
    rows = []
    for row in kpis:
        if row[0] == "signed_sales" and row[1] == "quarter" and row[4] == "company":
            gap = row[10] - row[11]
            parts = {
                "volume": gap + 2150000,
                "price": Decimal(-1260000),
                "mix": Decimal(430000),
                "returns": Decimal(-984000),
                "fx": Decimal(152000),
            }
            parts["other"] = gap - sum(parts.values())
            amounts = {"target": row[11], **parts, "actual": row[10]}
            labels = {
                "target": "目标",
                "volume": "销量",
                "price": "价格",
                "mix": "结构",
                "returns": "退货",
                "fx": "汇率",
                "other": "其他",
                "actual": "实际",
            }
            rows += [
                ("quarter", row[2], number, name, labels[name], amount)
                for number, (name, amount) in enumerate(amounts.items(), 1)
            ]
    return rows


def customers(rng: random.Random) -> list[tuple]:
    """Customers of both departments with invented names."""
    places, trades = (
        ("苏州", "东莞", "无锡", "青岛", "成都", "宁波", "佛山", "天津"),
        ("精密机械", "轴承", "液压", "自动化", "传动设备", "模具"),
    )
    rows = []
    for number in range(1, 121):
        region = REGIONS[number % 5]
        name = (
            f"Kestrel Components {number:02d} GmbH"
            if region == "海外"
            else f"{places[number % 8]}{SURNAMES[number % 30]}氏{trades[number % 6]}有限公司"
        )
        if number == 7:
            name = "=合众传动设备（昆山）有限公司"
        rows.append(
            (
                hashlib.sha256(f"c{number}".encode()).hexdigest()[:32],
                name,
                "fxiaoke" if number <= 50 else "zoho",
                f"x:{number}",
                None,
                region,
                "制造业",
                f"E{1 + number % 40:03d}",
                dt.date(2025, 1 + rng.randrange(12), 3),
            )
        )
    return rows


def ageing_rows(rng: random.Random, clients: list[tuple]) -> tuple[list[tuple], list[tuple]]:
    """finance.receivables and finance.receivables_ageing for the same customers."""
    weights = {"not_due": 100, "d1_30": 46, "d31_60": 22, "d61_90": 12, "d91_180": 12, "d181_365": 8, "d366_plus": 4}
    days = {"not_due": -12, "d1_30": 14, "d31_60": 45, "d61_90": 77, "d91_180": 131, "d181_365": 240, "d366_plus": 410}
    items, ageing = [], []
    for number, client in enumerate(clients):
        department = "D1" if client[2] == "fxiaoke" else "D2"
        amounts = dict.fromkeys(BUCKETS, Decimal("0.00"))
        for bucket in BUCKETS:
            if rng.randrange(100) < weights[bucket]:
                amounts[bucket] = cents(
                    Decimal(rng.randrange(20000, 460000)) * (2 if department == "D1" else 1) / (1 if bucket == "not_due" else 4)
                    + Decimal("0.37")
                )
                due = AS_OF - dt.timedelta(days=days[bucket])
                items.append(
                    (
                        f"r{number}{bucket}",
                        f"INV{number:04d}{BUCKETS.index(bucket)}",
                        1,
                        client[2],
                        f"o{number}",
                        client[0],
                        client[7],
                        department,
                        due - dt.timedelta(days=60),
                        due,
                        "CNY",
                        amounts[bucket],
                        0,
                        0,
                        0,
                        amounts[bucket],
                        amounts[bucket],
                        days[bucket],
                        bucket,
                    )
                )
        outstanding = sum(amounts.values())
        ageing.append(
            (
                client[0],
                client[1],
                department,
                *amounts.values(),
                outstanding,
                outstanding - amounts["not_due"],
                cents(Decimal(rng.randrange(0, 40000))) if number % 9 == 0 else Decimal("0.00"),
            )
        )
    return items, ageing


def tiered(amount: Decimal) -> Decimal:
    """Commission on a quarter's cash: 1.2 % to a million, 1.8 % above."""
    above = max(amount - 1_000_000, Decimal(0))
    return cents((amount - above) * Decimal("0.012") + above * Decimal("0.018"))


def commission_rows(staff: list[tuple], facts: dict, clients: list[tuple]) -> dict[str, list[tuple]]:
    """The finance.commission_* tables, posted up to 2026-08 and draft in 2026-09, telescoping to the cent."""
    tables: dict[str, list[tuple]] = {
        name: [] for name in ("earnings", "credits", "earning_events", "lines", "by_payee_month", "orders", "payments")
    }
    plan_hash, head = hashlib.sha256(b"plan").hexdigest(), "0" * 64
    for who, name, department, *_ in staff:
        to_date = earned_before = Decimal(0)
        for month in range(1, 10):
            if month in {4, 7}:
                to_date = earned_before = Decimal(0)
            label, base = f"2026-{month:02d}", cents(facts[who, 2026, month]["collections"][0] / Decimal("1.13"))
            shares, cumulative, spent = [Decimal("0.42"), Decimal("0.31"), Decimal("0.27")], to_date, Decimal(0)
            for number, share in enumerate(shares, 1):
                part = cents(base * share) if number < 3 else base - spent
                spent += part
                cumulative += part
                client, event = clients[(int(who[1:]) * 3 + number + month) % 120], f"{who}-{label}-{number}"
                day = dt.date(2026, month, 4 + number * 7)
                tables["orders"].append(
                    (
                        f"O{event}",
                        client[2],
                        f"SO{event}",
                        f"SO-{label[2:4]}{label[5:]}-{who[1:]}{number}",
                        client[0],
                        who,
                        department,
                        day - dt.timedelta(days=40),
                    )
                )
                tables["payments"].append(
                    (f"P{event}", client[2], f"PAY{event}", f"O{event}", client[0], who, day, cents(part * Decimal("1.13")))
                )
                tables["credits"].append(
                    (
                        event,
                        who,
                        "cash",
                        "core-2026",
                        plan_hash,
                        day,
                        label,
                        f"2026-Q{(month + 2) // 3}",
                        f"O{event}",
                        f"P{event}",
                        client[0],
                        Decimal(1),
                        part,
                        "primary",
                    )
                )
                moved = tiered(cumulative) - tiered(cumulative - part)
                tables["earning_events"].append((who, plan_hash, "cash", label, event, part, cumulative, moved, "primary", "add"))
            to_date += base
            earned = tiered(to_date)
            amount, earned_before = earned - earned_before, earned
            tables["earnings"].append(
                (
                    who,
                    "core-2026",
                    plan_hash,
                    "cash",
                    "回款提成",
                    f"2026-Q{(month + 2) // 3}",
                    label,
                    to_date,
                    base,
                    earned,
                    amount,
                )
            )
            status = "draft" if month == 9 else "posted"
            adjusted = Decimal("-312.40") if (month, who) in {(8, "E004"), (9, "E022")} else Decimal("0.00")
            kinds = [("EARN", label, amount, "回款核销")] + (
                [("ADJ_DATA", "2026-07", adjusted, "退款冲回：原回款 2026-07")] if adjusted else []
            )
            for kind, origin, value, reason in kinds:
                entry_hash = hashlib.sha256(f"{head}{who}{label}{kind}".encode()).hexdigest() if status == "posted" else None
                tables["lines"].append(
                    (
                        f"{who}-{label}-{kind}",
                        kind,
                        status,
                        who,
                        name,
                        department,
                        "core-2026",
                        plan_hash,
                        "cash",
                        "回款提成",
                        origin,
                        label,
                        value,
                        reason,
                        None,
                        AS_OF,
                        "finance.lead" if status == "posted" else None,
                        head if entry_hash else None,
                        entry_hash,
                    )
                )
                head = entry_hash or head
            tables["by_payee_month"].append(
                (
                    who,
                    name,
                    department,
                    "cash",
                    "回款提成",
                    label,
                    amount,
                    adjusted,
                    Decimal("0.00"),
                    Decimal("0.00"),
                    amount + adjusted,
                    status,
                )
            )
    return tables


def literal(value: object) -> str:
    """`value` as SQL text; executemany takes a hundred times as long."""
    if value is None or isinstance(value, bool):
        return str(value or "null") if value is not False else "false"
    return str(value) if isinstance(value, int | Decimal) else "'" + str(value).replace("'", "''") + "'"


def make_warehouse(path: Path, seed: int = 7) -> Path:
    """A published DuckDB at `path`; the same seed gives the same rows."""
    rng = random.Random(seed)
    staff = people(rng)
    facts = rep_months(rng, staff)
    kpis, clients = kpi_rows(staff, facts), customers(rng)
    items, ageing = ageing_rows(rng, clients)
    commission = commission_rows(staff, facts, clients)
    pulled = KNOWN_AT - dt.timedelta(minutes=4)
    trust = [
        ("fxiaoke", "orders", pulled, 4120, 4788, 3, 0, Decimal("0.07"), "A"),
        ("fxiaoke", "opportunities", pulled, 6120, 15233, 0, 0, Decimal("0.07"), "A"),
        ("fxiaoke", "payments", pulled, 5011, 5102, 0, 0, Decimal("0.07"), "A"),
        ("fxiaoke", "visits", pulled - dt.timedelta(hours=31), 22110, 22110, 41, 1, Decimal("31.07"), "C"),
        ("zoho", "accounts", pulled, 1044, 1391, 0, 0, Decimal("0.07"), "A"),
        ("zoho", "orders", pulled, 3872, 4015, 5, 0, Decimal("0.07"), "B"),
        ("zoho", "invoices", pulled, 3410, 5120, 0, 0, Decimal("0.07"), "A"),
        ("company", "targets", pulled, 924, 924, 0, 0, Decimal("0.07"), "A"),
        ("company", "wages", pulled, 0, 0, 0, 0, Decimal("0.07"), "A"),
        ("company", "org", pulled, 0, 0, 0, 0, Decimal("0.07"), "A"),
        ("company", "disputes", pulled, 0, 12, 0, 0, Decimal("0.07"), "A"),
    ]
    quarantine = [
        (
            "fxiaoke",
            "orders",
            f"k{n}",
            "order_amount_is_positive",
            "订单金额为负且不是退货",
            pulled - dt.timedelta(days=n),
            pulled,
        )
        for n in range(3)
    ]
    quarantine += [
        ("fxiaoke", "visits", f"v{n}", "checkout_after_checkin", "签退早于签到", pulled - dt.timedelta(days=n), pulled)
        for n in range(41)
    ]
    quarantine += [
        ("zoho", "orders", f"z{n}", "account_is_known", "客户编号在 Accounts 中不存在", pulled - dt.timedelta(days=n), pulled)
        for n in range(5)
    ]
    tables = {
        "core.clocks": [(AS_OF, KNOWN_AT, "恒拓传动工业有限公司", "CNY", "Asia/Shanghai")],
        "core.dim_departments": [(key, name, crm) for key, (name, crm) in DEPARTMENTS.items()],
        "core.dim_employees": staff,
        "core.dim_customers": clients,
        "core.quarantine": quarantine,
        "core.data_trust": trust,
        "core.table_trust": [
            ("management", "kpi", "A", Decimal("0.981000"), *map(Decimal, ("1", "0.999", "1", "0.18"))),
            ("finance", "receivables", "C", Decimal("0.740000"), *map(Decimal, ("0.8", "0.999", "1", "0.74"))),
        ],
        "core.fct_orders": commission["orders"],
        "core.fct_payments": commission["payments"],
        "management.kpi": kpis,
        "management.sales_bridge": bridge_rows(kpis),
        "management.department_bridge": [
            (metric_id, "quarter", "2026-Q3", "as_of_event", "shared", "shared", "跨部门重复", Decimal(value))
            for metric_id, value in (("signed_sales", "-123000"), ("collections", "0"))
        ],
        "management.metrics": [
            (metric, code, name, unit, formula, owner, "1") for metric, code, name, unit, formula, owner in METRICS
        ],
        "finance.receivables": items,
        "finance.receivables_ageing": ageing,
        "finance.receivables_ageing_by_department": ageing,
        **{
            f"finance.commission_{name}": commission[name]
            for name in ("earnings", "credits", "earning_events", "lines", "by_payee_month")
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as database:
        database.execute(SCHEMA)
        for table, rows in tables.items():
            values = ",".join("(" + ",".join(literal(value) for value in row) + ")" for row in rows)
            database.execute(f"insert into {table} values {values}")
        database.execute(DERIVED)
    return path
