"""One payee's month from where it lies: ledger, published warehouse, company folder and lake, gathered to be explained.

What to add here: a place a figure comes from. What belongs elsewhere: how it is told (`commission/explain.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from commission.explain import Account, keys_in
from commission.ledger import Ledger, PeriodStatus
from commission.plan import Plan, PlanErrors, load_plan_text, load_plans
from pipelines.ledger import events_of, rows_of
from pipelines.resources import Home
from reports.facts import ReportError

EXACT = (
    *("amount", "base_amount", "cumulative_base", "earned_to_date", "exact_base", "counted_base"),
    *("share", "measured", "fx_rate", "factor", "earning_factor", "rate"),
)
# Whose ids an event's key may be made of: the CRM in the key, and where its records lie in the lake.
RECORDS = (
    ("fxiaoke", "fxiaoke", "orders"),
    ("fxiaoke", "fxiaoke", "payment_lines"),
    ("fxiaoke", "fxiaoke", "payments"),
    ("fxiaoke", "fxiaoke", "refunds"),
    ("fxiaoke", "fxiaoke", "returns"),
    ("zoho", "zoho", "orders"),
    ("zoho", "zoho", "invoices"),
    ("zoho", "company", "cash_allocations"),
    ("fxiaoke", "company", "cash_allocations"),
    ("zoho", "company", "cash_receipts"),
    ("fxiaoke", "company", "cash_receipts"),
    ("zoho", "company", "ar_ledger"),
    ("fxiaoke", "company", "ar_ledger"),
)


@dataclass(frozen=True, slots=True)
class RawRecord:
    """Where the newest known version of a record lies in the lake."""

    source: str
    object: str
    key: str
    file: str  # under the lake
    page: str
    pull_id: str
    run_id: str

    def __str__(self) -> str:
        came = f"拉取 {self.pull_id}，运行 {self.run_id}，原文 {self.page}"
        return f"原始记录：{self.source} {self.object} {self.key}，{self.file}（{came}）"


def account_of(home: Home, payee_no: str, month: str) -> tuple[Account, dict[str, list[RawRecord]]]:
    """What a payee's month is explained from, and where each of its events lies; ReportError for an unknown number."""
    ledger = Ledger(home.ledger)
    closings = ledger.closings()
    with duckdb.connect(str(home.published), read_only=True) as connection:
        if not connection.execute("select 1 from core.dim_employees where employee_no = ?", [payee_no]).fetchone():
            raise ReportError(f"nobody has the employee number {payee_no}; core.dim_employees lists everybody")
        now = events_of(connection, payee_no)
        lines = rows_of(
            connection.execute(
                """select * from finance.commission_lines where payee_no = ? and posting_period = ?
                order by origin_period desc, component_id, entry_type, entry_id""",
                [payee_no, month],
            )
        )
        balances = rows_of(
            connection.execute(
                "select * from finance.commission_balances where payee_no = ? and month = ? order by balance_kind",
                [payee_no, month],
            )
        )
        if month in closings:
            posted = [e.row() for e in ledger.entries() if (e.payee_no, e.posting_period) == (payee_no, month)]
            lines, now = posted, _kept(ledger, closings[month], payee_no)
        adjusted = {line["origin_period"] for line in lines if line["origin_period"] < month}
        before = [row for origin in sorted(adjusted) for row in _last_kept(ledger, closings, origin, month, payee_no)]
        wanted = [
            row for row in [*now, *before] if row["month"] == month or (row.get("origin_month") or row["month"]) in adjusted
        ]
        wanted += _named(connection, lines)
        hashes = {str(row["plan_hash"]) for row in [*lines, *now, *before] if row.get("plan_hash")}
        plans = _plans(home, ledger, hashes)
        facts = _facts(connection, wanted)
        for event, target in _targets(connection, payee_no, wanted, plans).items():
            facts.setdefault(event, []).append(target)
    records = _records(home, {key for row in wanted for key in _keys(row)})
    found = {row["event_id"]: [r for key in _keys(row) for r in records.get(key, [])] for row in wanted}
    account = Account(
        payee_no=payee_no,
        month=month,
        is_closed=month in closings,
        lines=lines,
        events=now,
        before=before,
        plans=plans,
        origins={event: [*facts.get(event, []), *map(str, places)] for event, places in found.items()},
        steps=ledger.steps(),
        balances=balances,
    )
    return account, found


def _named(connection: duckdb.DuckDBPyConnection, lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Orders and events that lines without events name, a SPIFF's sale or an order on hold, as rows to find their records by."""
    named = sorted({key for line in lines for key in keys_in(line)})
    told = "select event_id, min(transaction_id) from core.commission_events where list_contains(?, event_id) group by event_id"
    events = dict(connection.execute(told, [named]).fetchall())
    return [{"event_id": key, "order_key": events.get(key) or key, "month": ""} for key in named]


def _kept(ledger: Ledger, closing: PeriodStatus, payee_no: str) -> list[dict[str, Any]]:
    """What a close kept of one payee, amounts exact."""
    return [_exact(row) for row in ledger.frozen(closing.period, closing) if row["payee_no"] == payee_no]


def _last_kept(
    ledger: Ledger, closings: Mapping[str, PeriodStatus], origin: str, before: str, payee_no: str
) -> list[dict[str, Any]]:
    """A closed month as the newest close before `before` kept it, by plan and component."""
    newest: dict[tuple[str, str], tuple[str, list[dict[str, Any]]]] = {}
    for period in sorted(one for one in closings if origin <= one < before):
        rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in _kept(ledger, closings[period], payee_no):
            if (row.get("origin_month") or row["month"]) == origin:
                rows.setdefault((row["plan_id"], row["component_id"]), []).append(row)
        newest |= {key: (period, found) for key, found in rows.items()}
    return [row for _, rows in newest.values() for row in rows]


def _exact(row: dict[str, Any]) -> dict[str, Any]:
    return {name: Decimal(value) if name in EXACT and isinstance(value, str) else value for name, value in row.items()}


def _plans(home: Home, ledger: Ledger, hashes: Iterable[str]) -> dict[str, Plan]:
    """The plans of these hashes as the company folder has them now, and those that it changed since as their months kept them."""
    folder = home.company_folder / "plans"
    found = {plan.hash: plan for plan in load_plans(folder)} if folder.is_dir() else {}
    for name, text in ledger.plans(set(hashes) - set(found)).items():
        with suppress(PlanErrors):  # written when more was allowed than now: the explanation says that it lacks the clauses
            plan = load_plan_text(text, name)
            found[plan.hash] = plan
    return found


def _keys(row: dict[str, Any]) -> list[str]:
    """The keys of the records behind an event: its own, without the mark of a line, its payment's and its order's."""
    keys = [str(row["event_id"]).partition(":")[0], *(str(row[name]) for name in ("payment_key", "order_key") if row.get(name))]
    return list(dict.fromkeys(keys))


def _facts(connection: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """Of each event its payment and its order, both with tax and without, its customer and rate of exchange, in words."""
    orders = sorted({str(row["order_key"]) for row in rows if row.get("order_key")})
    known = {
        row["order_key"]: row
        for row in rows_of(
            connection.execute(
                """select orders.order_key, order_no, crm, order_date, currency_code, fx_rate, net_amount, gross_amount,
                    customers.name
                from core.fct_orders as orders
                left join core.dim_customers as customers on orders.customer_key = customers.customer_key
                where list_contains(?, orders.order_key)""",
                [orders],
            )
        )
    }
    wanted = sorted({str(row["payment_key"]) for row in rows if row.get("payment_key")})
    asked = "select payment_key, amount, currency_code, payment_date from core.fct_payments where list_contains(?, payment_key)"
    paid = {
        key: f"回款 {amount:,.2f} {currency}（含税，{day}）"
        for key, amount, currency, day in connection.execute(asked, [wanted]).fetchall()
    }
    found: dict[str, list[str]] = {}
    for row in rows:
        if (order := known.get(row.get("order_key"))) is not None:
            foreign = f"，{order['currency_code']} 汇率 {order['fx_rate'].normalize():f}" if order["fx_rate"] != 1 else ""
            worth = f"含税 {order['gross_amount']:,.2f}、不含税 {order['net_amount']:,.2f}"
            found[row["event_id"]] = [
                f"订单 {order['order_no']}（{order['crm']}，{order['order_date']}，{worth}{foreign}），客户 {order['name']}"
            ]
        if (payment := paid.get(row.get("payment_key"))) is not None:
            found.setdefault(row["event_id"], []).append(payment)
    return found


def _targets(
    connection: duckdb.DuckDBPyConnection, payee_no: str, rows: Sequence[dict[str, Any]], plans: Mapping[str, Plan]
) -> dict[str, str]:
    """Of each event whose rate is read by attainment, the target it is held against."""
    asked = "select measure, first_day, last_day, amount from core.commission_quotas where payee_no = ?"
    quotas = sorted(connection.execute(asked, [payee_no]).fetchall(), key=lambda one: one[2] - one[1])
    found: dict[str, str] = {}
    for row in rows:
        plan = plans.get(str(row.get("plan_hash")))
        part = next((one for one in plan.components if one.id == row["component_id"]), None) if plan else None
        if plan is None or plan.quota is None or part is None or getattr(part.rate, "scale", "attainment") == "amount":
            continue
        for measure, first, last, amount in quotas:
            if measure == plan.quota.measure and first <= _day(row["event_date"]) <= last and part.rate.kind != "flat":
                found[row["event_id"]] = f"目标 {first} 至 {last}：{amount:,.2f}（任职不满一期的，按办法折算）"
                break
    return found


def _day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _records(home: Home, keys: Iterable[str]) -> dict[str, list[RawRecord]]:
    """The newest version in the lake of every record that one of these keys is the key of."""
    wanted, found = sorted(keys), {}
    lake = Path(home.dbt_environment(home.build)["QUARTERDECK_LAKE"])
    with duckdb.connect() as connection:
        for crm, source, name in RECORDS:
            folder = lake / f"raw_{source}" / name
            if not list(folder.glob("*.parquet")):
                continue
            rows = connection.execute(
                f"""select md5('{crm}:' || key), key, run_id, filename
                from read_parquet('{folder}/*.parquet', union_by_name = true, filename = true)
                where list_contains(?, md5('{crm}:' || key))
                qualify row_number() over (partition by key order by pulled_at desc, modified_at desc nulls last) = 1""",
                [wanted],
            ).fetchall()
            for key, record, run, file in rows:
                pull = Path(file).stem
                place = f"raw_{source}/{name}/{pull}.parquet"
                found.setdefault(key, []).append(
                    RawRecord(source, name, record, place, f"pages/{source}/{name}/{pull}.ndjson.zst", pull, run)
                )
    return found
