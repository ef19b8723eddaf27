"""Why one payee's month is what it is, in Chinese: event, credit, clause, rate, rounding, amount, approval.

Add a step where the calculation has one, in its order; every figure printed is one the engine or the ledger holds.
How a page looks is the statement's business; this is plain text that finance can check with a calculator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from commission.engine.calculation import Calculation
from commission.engine.facts import Event
from commission.engine.rating import flat_rate
from commission.engine.results import Credit, EarningEvent
from commission.ledger import Draft, Entry, PeriodStatus
from commission.plan import Component, Plan
from commission.plan.rates import FlatRate, TieredRate
from commission.wording import DATES, ENTRIES, EVENTS, MEASURES, RATES, ROLES, WINDOWS, day, money, percent

ZERO = Decimal(0)


def explain(
    payee_no: str,
    month: str,
    done: Calculation,
    entries: Sequence[Entry] = (),
    steps: Sequence[PeriodStatus] = (),
    sources: Mapping[str, str] | None = None,
) -> str:
    """The whole derivation of one payee's month; `sources` says where the raw record of an event lies."""
    lines = [f"提成说明  员工 {payee_no}  月份 {month}", ""]
    rows = [one for one in done.earning_events if (one.payee_no, one.month) == (payee_no, month)]
    events = {event.event_id: event for event in done.facts.events}
    plans = {(plan.plan, plan.version): plan for plan in done.plans}
    lines += _plans(sorted({(one.plan_id, one.plan_version) for one in rows}), plans)
    lines += _events(rows, done, events, plans, sources or {})
    lines += _earnings(payee_no, month, done, plans)
    lines += _ledger(payee_no, month, done, entries)
    lines += _balances(payee_no, month, done)
    lines += _signed(month, steps)
    ids = {one.event_id for one in rows} | {payee_no, f"{payee_no} {month}"}
    notes = [f"  {note.rule}  {note.subject}  {note.message}" for note in done.notes if note.subject in ids]
    lines += ["提示", *notes, ""] if notes else []
    return "\n".join(lines).rstrip() + "\n"


def _plans(used: Iterable[tuple[str, int]], plans: Mapping[tuple[str, int], Plan]) -> Iterator[str]:
    yield "一、适用办法"
    for key in used:
        plan = plans[key]
        until = day(plan.valid.end) if plan.valid.end else "另行通知"
        yield f"  《{plan.title}》第 {plan.version} 版  {day(plan.valid.start)}至{until}  指纹 {plan.hash}"
        yield "  批准：" + "；".join(f"{one.role} {one.id}（{one.at}）" for one in plan.approved_by)
    yield ""


def _events(
    rows: Sequence[EarningEvent],
    done: Calculation,
    events: Mapping[str, Event],
    plans: Mapping[tuple[str, int], Plan],
    sources: Mapping[str, str],
) -> Iterator[str]:
    yield "二、逐笔计算（按发生时间）"
    if not rows:
        yield "  本月没有计入提成的事件。"
    credits = {(row.event_id, row.payee_no, row.plan_id, row.component_id): row for row in done.credits}
    for number, one in enumerate(rows, start=1):
        plan = plans[one.plan_id, one.plan_version]
        component = plan.component(one.component_id)
        credit = credits[one.event_id, one.payee_no, one.plan_id, one.component_id]
        event = events[one.event_id]
        dated = f"{DATES[component.dated_by]} {credit.event_date}"
        yield f"  {number}. 事件 {one.event_id}：{EVENTS[component.event]}，订单 {one.transaction_id}，{dated}"
        if one.event_id in sources:
            yield f"     原始记录：{sources[one.event_id]}"
        yield f"     归属：{ROLES[credit.role]}，份额 {percent(credit.share)}（依据：{credit.path}）"
        yield f"     计提基数：{_base(component, credit, plan)}"
        counted = f"{RATES[component.rate.kind]}，{WINDOWS[component.accumulate]}（{one.window}）"
        yield f"     条款：第 {_article(plan, component)} 条「{component.name}」，{counted}"
        yield from (f"     {text}" for text in _rate(component, event, one, events))
        yield f"     累计精确值 {one.exact.normalize():f}，四舍五入到分后与上一笔之差：{money(one.amount)}"
    yield ""


def _article(plan: Plan, component: Component) -> int:
    return [part.id for part in plan.components].index(component.id) + 2


def _base(component: Component, credit: Credit, plan: Plan) -> str:
    parts = [f"{MEASURES[component.measure]} {money(credit.measured)}"]
    if credit.fx_date is not None:
        parts.append(f"汇率 {credit.fx_rate.normalize():f}（{plan.fx.type if plan.fx else '汇率'}，{credit.fx_date}）")
    if credit.share != 1:
        parts.append(f"份额 {percent(credit.share)}")
    if credit.factor != 1:
        parts.append(f"业绩系数 {credit.factor.normalize():f}")
    return f"{' × '.join(parts)} = {money(credit.base)}"


def _rate(component: Component, event: Event, one: EarningEvent, events: Mapping[str, Event]) -> Iterator[str]:
    """Which rate applied to which part of the base."""
    if one.rule == "undo":
        undone = f"退款冲回原事件 {event.original_event_id}（{one.origin_month}）"
        yield f"{undone}：按该笔从未发生重算，累计基数变为 {money(one.cumulative_base)}"
        return
    if one.rule == "return":
        yield f"退款冲回原事件 {event.original_event_id}（{one.origin_month}）：按该笔当初所得比例退回，累计基数不变"
        return
    rate = component.rate
    if isinstance(rate, FlatRate):
        original = events.get(event.original_event_id or "", event)
        yield f"比例：{money(one.base)} × {percent(flat_rate(rate, original))}"
        return
    before = one.cumulative_base - one.base
    yield f"累计基数：{money(before)} → {money(one.cumulative_base)}"
    if isinstance(rate, TieredRate) and rate.kind == "marginal" and rate.scale == "amount" and one.base > 0:
        for tier in rate.table:
            top = one.cumulative_base if tier.end is None else min(one.cumulative_base, tier.end)
            inside = top - max(before, tier.start)
            if inside > 0:
                yield f"  其中 {money(inside)} × {percent(tier.rate)} = {(inside * tier.rate).normalize():f}"


def _earnings(payee_no: str, month: str, done: Calculation, plans: Mapping[tuple[str, int], Plan]) -> Iterator[str]:
    yield "三、本月计提"
    total = ZERO
    for row in done.earnings:
        if (row.payee_no, row.month) == (payee_no, month):
            total += row.amount
            yield (
                f"  「{row.component_name}」{row.window}："
                f"本月基数 {money(row.base_in_month)}，累计基数 {money(row.base_to_date)}，"
                f"累计应得 {money(row.earned_to_date)}，本月 {money(row.amount)}"
            )
    yield f"  合计 {money(total)}"
    yield ""


def _ledger(payee_no: str, month: str, done: Calculation, entries: Sequence[Entry]) -> Iterator[str]:
    own = [entry for entry in entries if (entry.payee_no, entry.posting_period) == (payee_no, month)]
    drafts = [line for line in done.lines if (line.payee_no, line.posting_period) == (payee_no, month)]
    if own:
        yield "四、台账（已入账）"
        for entry in own:
            yield f"  {entry.entry_id}  {_line(entry)}  批准 {entry.approved_by}  哈希 {entry.entry_hash[:16]}"
    else:
        yield "四、台账（草稿，尚未关账）"
        yield from (f"  {_line(line)}" for line in drafts)
    total = sum((line.amount for line in (own or drafts)), ZERO)
    yield f"  本月应付（税前）合计 {money(total)}"
    yield ""


def _line(line: Draft | Entry) -> str:
    origin = "" if line.origin_period == line.posting_period else f"（归属 {line.origin_period}）"
    name = f"「{line.component_name}」" if line.component_name else ""
    reason = f"：{line.reason}" if line.reason else ""
    return f"{ENTRIES[line.entry_type]}{origin}{name}{reason}  {money(line.amount)}"


_BALANCES = {
    "cap_withheld": "封顶暂扣，以后释放",
    "cap_dropped": "超过封顶，不再支付",
    "cap_review": "超过封顶，待审核",
    "hold": "未达条件，暂停支付",
    "gate_forfeited": "未达条件，不予支付",
    "order_hold": "订单暂停",
    "holdback": "留存，待里程碑",
    "instalment": "分期未到期",
    "instalment_forfeited": "离职放弃的分期",
    "draw": "预支待还",
    "draw_forgiven": "保障补足（不需归还）",
    "clawback": "待追回",
}


def _balances(payee_no: str, month: str, done: Calculation) -> Iterator[str]:
    rows = [row for row in done.balances if (row.payee_no, row.month) == (payee_no, month)]
    if rows:
        yield "五、月末余额"
        yield from (f"  {_BALANCES[row.kind]}  {money(row.amount)}" for row in rows)
        yield ""


_STATES = {"calculated": "计算", "reviewed": "复核", "approved": "批准", "closed": "关账", "paid": "支付"}


def _signed(month: str, steps: Sequence[PeriodStatus]) -> Iterator[str]:
    own = [step for step in steps if step.period == month]
    if own:
        yield "六、经手"
        yield from (
            f"  {_STATES[step.state]}  {step.by}  {step.at.isoformat(timespec='minutes')}  台账头 {step.ledger_head[:16]}"
            for step in own
        )
        yield ""
