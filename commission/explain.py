"""Why one payee's month is what it is: line, event, credit, clause, rate, rounding, approval and the raw record, to the cent.

Add a step where the calculation has one, in its order; every figure is one that the marts, the ledger or the plan holds.
Gathering the rows is the caller's (`pipelines/explaining.py`); how a page looks is the statement's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from commission.clauses import followed
from commission.document import rated
from commission.engine.rating import earned, tier_reached
from commission.engine.settling import FORGIVEN, KEPT_AS
from commission.ledger import PeriodStatus
from commission.plan import Component, Plan
from commission.plan.rates import FlatRate, InterpolatedRate
from commission.wording import (
    BALANCES,
    DATES,
    ENTRIES,
    EVENTS,
    MEASURES,
    RATES,
    ROLES,
    STEPS,
    WINDOWS,
    amount_of,
    day,
    exact,
    money,
    percent,
)

ZERO = Decimal(0)
COUNTED = {"quantity": "件", "count": "单"}
SETTLING = ("DRAW", "DRAW_RECOVERY", "CLAWBACK_RECOVERY")
KEYS = re.compile(r"[0-9a-f]{32}(?::[0-9a-zA-Z:]+)?")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything one payee's month is explained from, as plain rows: lines posted or proposed, and the events behind them."""

    payee_no: str
    month: str
    is_closed: bool
    lines: Sequence[Row]
    events: Sequence[Row]  # of the month, and of every month that a line adjusts as it stands with this month's lines
    before: Sequence[Row] = ()  # of every month that a line adjusts, as it stood before
    plans: Mapping[str, Plan] = field(default_factory=dict)  # by hash
    origins: Mapping[str, Sequence[str]] = field(default_factory=dict)  # of an event: its order, its customer, its raw records
    steps: Sequence[PeriodStatus] = ()
    balances: Sequence[Row] = ()


def explanation(account: Account) -> dict[str, Any]:
    """The whole derivation as plain data; `total` is the sum of the lines, a line that of its events and what no event moved."""
    lines = [_line(account, line) for line in account.lines]
    hashes = sorted({_text(line, "plan_hash") for line in account.lines} - {""})
    return {
        "payee_no": account.payee_no,
        "month": account.month,
        "is_closed": account.is_closed,
        "plans": [_plan(account.plans[key]) for key in hashes if key in account.plans],
        "plans_not_found": [key for key in hashes if key not in account.plans],
        "lines": lines,
        "total": sum((line["amount"] for line in lines), ZERO),
        "balances": [{**row, "name": BALANCES.get(row["balance_kind"], row["balance_kind"])} for row in account.balances],
        "steps": [
            {
                "step": STEPS[one.state],
                "by": one.by,
                "login": one.frozen.get("login"),
                "at": one.at.isoformat(timespec="minutes"),
                "ledger_head": one.ledger_head,
            }
            for one in account.steps
            if one.period == account.month
        ],
    }


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "plan_id": plan.plan,
        "version": plan.version,
        "title": plan.title,
        "hash": plan.hash,
        "file": plan.file,
        "valid": f"{day(plan.valid.start)}至{day(plan.valid.end) if plan.valid.end else '另行通知'}",
        "approved_by": [f"{one.role} {one.id}（{one.at}）" for one in plan.approved_by],
    }


def _line(account: Account, line: Row) -> dict[str, Any]:
    """One ledger line with the events that moved its cents: all of the month's own, or those that an adjustment changed."""
    is_adjustment = line["entry_type"].startswith("ADJ_") and not line.get("decision_id")
    mine = [row for row in account.events if _belongs(row, line)]
    if line["entry_type"] in ("EARN", "CLAWBACK"):
        events = [_event(account, row, row["amount"]) for row in mine if row["month"] == line["posting_period"]]
    elif is_adjustment:
        events = list(_changes(account, mine, [row for row in account.before if _belongs(row, line)]))
    else:
        events = []
    moved = sum((event["cents"] for event in events), ZERO)
    rest = line["amount"] - moved if events else ZERO
    kept = (
        "entry_id",
        "entry_type",
        "component_id",
        "component_name",
        "plan_id",
        "plan_hash",
        "origin_period",
        "posting_period",
        "reason",
        "decision_id",
        "evidence",
        "approved_by",
        "code_hash",
        "data_as_of",
        "entry_hash",
    )
    return {
        **{name: line.get(name) for name in kept},
        "name": ENTRIES[line["entry_type"]],
        "amount": line["amount"],
        "events": events,
        "without_event": rest,
        "steps": list(_followed(account, line)) if rest or not events else [],
    }


def _followed(account: Account, line: Row) -> Iterator[str]:
    """What a line follows from that no event moved: the clause, the decision, the month's other lines, the order it names."""
    plan = account.plans.get(_text(line, "plan_hash"))
    changes = line["origin_period"] < line["posting_period"] and line["entry_type"] in KEPT_AS
    for at, sentence in followed(plan, line) if plan is not None and not line.get("decision_id") and not changes else ():
        yield f"条款：《{plan.title}》第 {plan.version} 版（{plan.file} 第 {plan.line(*at)} 行）：{sentence}"
    if _settles(line):
        rest = [one for one in account.lines if one["plan_id"] == line["plan_id"] and not _settles(one)]
        yield f"本月该办法其他各行合计 {money(sum((one['amount'] for one in rest), ZERO))}"
    if line.get("decision_id"):
        yield f"依据：决定 {line['decision_id']}，{line.get('reason') or ''}"
    for key in keys_in(line):
        yield from account.origins.get(key, ())
    if line["entry_type"].startswith("ADJ_") or changes:
        yield f"依据：{line['origin_period']} 关账后重算（{line.get('reason') or '无说明'}），与已过账之差"


def _settles(line: Row) -> bool:
    return line["entry_type"] in SETTLING or line.get("reason") == FORGIVEN


def keys_in(line: Row) -> list[str]:
    """Keys of orders and events that a line's reason names."""
    return KEYS.findall(_text(line, "reason"))


def _belongs(row: Row, line: Row) -> bool:
    origin = row.get("origin_month") or row["month"]
    same_plan = line["entry_type"].startswith("ADJ_") or _text(row, "plan_hash") == _text(line, "plan_hash")
    return same_plan and (row["plan_id"], row["component_id"], origin) == (
        line["plan_id"],
        line["component_id"],
        line["origin_period"],
    )


def _changes(account: Account, now: Sequence[Row], before: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Events whose cents are no longer what they were: new, gone or other."""
    old, new = _summed(before), _summed(now)
    for key in sorted(old.keys() | new.keys()):
        was, row = old.get(key), new.get(key)
        change = (row["amount"] if row else ZERO) - (was["amount"] if was else ZERO)
        if change:
            found = _event(account, row or was or {}, change)
            yield {**found, "was": was["amount"] if was else None, "is": row["amount"] if row else None}


def _summed(rows: Sequence[Row]) -> dict[tuple[str, str], dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row["event_id"], row.get("role") or "")
        found[key] = {**row, "amount": row["amount"] + (found[key]["amount"] if key in found else ZERO)}
    return found


def _event(account: Account, row: Row, cents: Decimal) -> dict[str, Any]:
    plan = account.plans.get(_text(row, "plan_hash"))
    component = next((part for part in plan.components if part.id == row["component_id"]), None) if plan else None
    return {
        "event_id": row["event_id"],
        "event_date": str(row["event_date"]),
        "cents": cents,
        "origins": list(account.origins.get(row["event_id"], ())),
        "steps": [*_credit(component, row), *(_clause(plan, component, row) if plan and component else ()), *_rounding(row)],
    }


def _credit(component: Component | None, row: Row) -> Iterator[str]:
    """Who it is credited to, in which share, and how the base came about."""
    role = ROLES.get(row.get("role") or "primary", str(row.get("role")))
    why = f"（依据：{row['path']}）" if row.get("path") else ""
    share, measured, rate = row.get("share"), row.get("measured"), row.get("fx_rate")
    yield f"归属：{role}，份额 {percent(share) if share is not None else '—'}{why}"
    parts = [f"{MEASURES[component.measure] if component else '基数'} {money(measured)}"] if measured is not None else []
    if measured is not None and rate is not None and rate != 1:
        parts.append(f"汇率 {rate.normalize():f}（{row.get('fx_date')}）")
    if measured is not None and share is not None and share != 1:
        parts.append(f"份额 {percent(share)}")
    if (factor := row.get("factor")) is not None and factor != 1:
        parts.append(f"业绩系数 {factor.normalize():f}")
    counted, exact = row.get("counted_base"), row.get("exact_base")
    if exact and counted is not None and counted != exact:
        parts.append(f"仍可追回的部分 {percent((counted / exact).quantize(Decimal('0.0001')))}")
    base = row["base_amount"] if counted is None or row.get("rule") != "return" else counted  # a return leaves the counter alone
    yield f"计提基数：{' × '.join([*parts]) + ' = ' if parts else ''}{money(base)}"


def _clause(plan: Plan, component: Component, row: Row) -> Iterator[str]:
    number = [part.id for part in plan.components].index(component.id)
    window = row.get("window_period")
    counted = f"{RATES[component.rate.kind]}，{WINDOWS[component.accumulate]}（{window}）"
    place = f"{plan.file} 第 {plan.line('components', number)} 行"
    dated = f"{EVENTS[component.event]}，{DATES[component.dated_by]}"
    yield f"条款：《{plan.title}》第 {plan.version} 版第 {number + 2} 条「{component.name}」（{place}）：{dated}，{counted}"
    yield from _rate(component, row)


def _rate(component: Component, row: Row) -> Iterator[str]:
    """Which rate applied to which part of the base."""
    if row.get("rule") in ("undo", "return"):
        how = "按该笔从未发生重算" if row["rule"] == "undo" else "按该笔当初所得比例退回"
        yield f"退款冲回（{row.get('origin_month')}）：{how}，累计基数 {money(row['cumulative_base'])}"
        return
    rate = component.rate
    if isinstance(rate, FlatRate):
        applied = row.get("rate") if row.get("rate") is not None else rate.rate
        base = row["base_amount"]
        if applied is not None and component.measure in COUNTED:
            yield f"比例：{amount_of(base)} × 每{COUNTED[component.measure]} {money(applied)}"
        elif applied is not None:
            yield f"比例：{exact(base)} × {percent(applied)}"
        yield from _multiplied(component, row)
        if component.event == "cash_applied" and component.accumulate in ("month", "quarter", "year"):
            yield "分次回款：同一订单在以前窗口取整留下的尾差，并入它在本窗口的第一笔"
        return
    before = row["cumulative_base"] - row["base_amount"]
    yield f"累计基数：{money(before)} → {money(row['cumulative_base'])}"
    if getattr(rate, "scale", "attainment") == "amount":
        yield from _tables(rate, before, row["cumulative_base"])
    else:
        yield from (f"  {sentence}" for sentence in rated(component))  # read by attainment; what was attained stands in the quota
    yield from _multiplied(component, row)


def _tables(rate: Any, before: Decimal, after: Decimal) -> Iterator[str]:
    """Which rows of a table this step of the base was read by."""
    if isinstance(rate, InterpolatedRate):
        yield f"  内插：{exact(before)} 得 {exact(earned(rate, before))}，{exact(after)} 得 {exact(earned(rate, after))}"
    elif rate.kind == "retroactive":
        reached = tier_reached(rate, after).rate
        yield f"  达到的比例：全部 {exact(after)} × {percent(reached)} = {exact(after * reached)}"
    elif before < after:
        for tier in rate.table:
            inside = (after if tier.end is None else min(after, tier.end)) - max(before, tier.start)
            if inside > 0:
                yield f"  其中 {exact(inside)} × {percent(tier.rate)} = {exact(inside * tier.rate)}"


def _multiplied(component: Component, row: Row) -> Iterator[str]:
    """The factor on what the event earned, which is none of its base."""
    names = "、".join(one.name for one in component.multipliers if one.on != "credit")
    if (factor := row.get("earning_factor")) is not None and factor != 1:
        yield f"提成系数（{names}）：本笔提成 × {amount_of(factor)}"


def _rounding(row: Row) -> Iterator[str]:
    exact = row.get("earned_to_date")
    if row.get("rule") == "return":
        yield f"当初所得按退回基数占当初基数的比例，四舍五入到分后与已退之差：{money(row['amount'])}"
    elif exact is not None:
        yield f"累计精确值 {exact.normalize():f}，四舍五入到分后与上一笔之差：{money(row['amount'])}"


def _text(row: Row, name: str) -> str:
    return str(row.get(name) or "")


def in_words(told: Mapping[str, Any]) -> str:
    """The derivation as finance and the payee read it."""
    return "\n".join(_words(told)).rstrip() + "\n"


def _words(told: Mapping[str, Any]) -> Iterator[str]:
    yield f"提成说明  员工 {told['payee_no']}  月份 {told['month']}  {'已关账' if told['is_closed'] else '草稿，尚未关账'}"
    yield ""
    yield "一、适用办法"
    for plan in told["plans"]:
        yield f"  《{plan['title']}》第 {plan['version']} 版  {plan['valid']}  {plan['file']}  指纹 {plan['hash']}"
        yield "  批准：" + "；".join(plan["approved_by"])
    yield from (f"  指纹 {one}：公司文件夹和关账留存里都没有能读的原文，以下缺条款" for one in told["plans_not_found"])
    yield ""
    yield "二、逐行逐笔"
    if not told["lines"]:
        yield "  本月没有提成。"
    for number, line in enumerate(told["lines"], start=1):
        yield from _line_words(number, line)
    yield ""
    yield f"三、本月应付（税前）合计 {money(told['total'])}"
    yield ""
    if told["balances"]:
        yield "四、结转余额"
        for row in told["balances"]:
            moves = (("转入", "opening"), ("增加", "added"), ("减少", "released"), ("转出", "closing"))
            yield "  ".join([f"  {row['name']}", *(f"{word} {money(row[name])}" for word, name in moves)])
        yield ""
    if told["steps"]:
        yield f"{'五' if told['balances'] else '四'}、经手"
        for one in told["steps"]:
            by = f"{one['by']}（登录名 {one['login']}）" if one["login"] else one["by"]
            yield f"  {one['step']}  {by}  {one['at']}  台账头 {one['ledger_head'][:16]}"


def _line_words(number: int, line: Mapping[str, Any]) -> Iterator[str]:
    origin = "" if line["origin_period"] == line["posting_period"] else f"（归属 {line['origin_period']}）"
    name = f"「{line['component_name']}」" if line["component_name"] else ""
    reason = f"：{line['reason']}" if line["reason"] else ""
    yield f"  {number}. {line['name']}{origin}{name}{reason}  {money(line['amount'])}"
    yield from (f"     {step}" for step in line["steps"])
    if line["entry_hash"]:
        yield f"     分录 {line['entry_id']}  批准 {line['approved_by']}  哈希 {line['entry_hash'][:16]}"
    if line["decision_id"]:
        yield f"     决定 {line['decision_id']}  批准 {line['approved_by']}  凭证 {line['evidence'] or '—'}"
    for event in line["events"]:
        change = f"（原 {_cents(event['was'])}，现 {_cents(event['is'])}）" if "was" in event else ""
        yield f"     · {event['event_date']}  事件 {event['event_id']}  {money(event['cents'])}{change}"
        yield from (f"         {origin}" for origin in event["origins"])
        yield from (f"         {step}" for step in event["steps"])
    if line["without_event"]:
        yield f"     · 不由单笔事件产生（保底、取整归并）  {money(line['without_event'])}"


def _cents(amount: Decimal | None) -> str:
    return "无" if amount is None else money(amount)
