"""A plan printed as the formal 提成办法 a sales person signs, with an example the engine itself has worked.

Add the sentence of a new rule in the article it belongs to; a rule that is not printed here cannot be held against anybody.
Statements and explanations of real months are `explain` and the reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from commission import clauses
from commission.engine import Assignment, Event, Facts, Person, Quota, calculate
from commission.engine.periods import bounds, period_of
from commission.plan import Component, Plan
from commission.plan.rates import AttainmentRate, FlatRate, InterpolatedRate, TieredRate
from commission.wording import DATES, EVENTS, FIGURES, MEASURES, RATES, WINDOWS, amount_of, day, money, percent

_LEVELS = {"variant": "规格", "product": "产品", "category": "品类"}


def document(plan: Plan) -> str:
    """The plan as a document in numbered articles."""
    until = day(plan.valid.end) if plan.valid.end else "另行通知时"
    head = [plan.title, f"编号 {plan.plan}  第 {plan.version} 版", ""]
    articles = [
        (
            "总则",
            [f"本办法自{day(plan.valid.start)}起至{until}止执行，币种 {plan.currency}，时区 {plan.timezone}。", *_who(plan)],
        ),
        *((f"{component.name}（{component.id}）", list(_component(plan, component))) for component in plan.components),
        ("发放条件与限额", list(_limits(plan))),
        ("奖励与扣罚", list(_awards(plan))),
        ("预支与追回", list(_debts(plan))),
        ("计算与取整", list(_arithmetic(plan))),
        ("计算示例", list(_example(plan))),
        ("批准与生效", list(_paper(plan))),
    ]
    body = []
    for number, (title, sentences) in enumerate([one for one in articles if one[1]], start=1):
        body += [f"第{_chinese(number)}条  {title}", *(f"  {sentence}" for sentence in sentences), ""]
    return "\n".join([*head, *body]).rstrip() + "\n"


def _chinese(number: int) -> str:
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    return (("" if tens == 1 else digits[tens]) + "十" if tens else "") + (digits[ones] if ones or not tens else "")


def _who(plan: Plan) -> Iterator[str]:
    wanted = plan.eligible
    if wanted is None:
        yield "适用于公司书面指定执行本办法的人员。"
        return
    parts = [
        f"{word}为{'、'.join(values)}"
        for word, values in (("岗位", wanted.role), ("部门", wanted.department), ("区域", wanted.region))
        if values
    ]
    active = "，且在业务发生日在职" if wanted.employment == "active_on_date" else ""
    yield f"适用于公司书面指定执行本办法、{'，'.join(parts) or '不限岗位'}{active}的人员。"


def _component(plan: Plan, component: Component) -> Iterator[str]:
    event, dated_by, measure = EVENTS[component.event], DATES[component.dated_by], MEASURES[component.measure]
    yield f"以{event}为计提事件，按{dated_by}归属期间，以{measure}为计提基数。"
    if component.plan_version_by == "signed_date":
        yield "每笔业务适用签约日有效的版本，以后更换办法也不变。"
    if component.event == "cash_applied":
        bill = "到期日" if component.acceptance_bill == "maturity" else "收票日"
        yield f"只有核销到订单的款项计提；返利抵款不计；预收款在核销时计提一次；承兑汇票按{bill}计。"
    if component.filter is not None:
        yield f"只计：{clauses.filtered(component.filter)}。"
    yield from _credited(component)
    yield from rated(component)
    for multiplier in component.multipliers:
        where = "乘在业绩上（影响档位）" if multiplier.on == "credit" else "乘在提成上（不影响档位）"
        if multiplier.by is not None:
            bands = "；".join(
                f"{f'{amount_of(band.to)}及以下' if band.to is not None else '以上'}乘 {amount_of(band.x)}"
                for band in multiplier.table
            )
            yield f"{multiplier.name}：按{FIGURES[multiplier.by]}分档，{bands}；{where}。"
        elif multiplier.x is not None:
            case = f"{clauses.filtered(multiplier.when)}时" if multiplier.when else "一律"
            yield f"{multiplier.name}：{case}乘 {amount_of(multiplier.x)}；{where}。"
    yield from _guards(component)
    if plan.leaver is not None:
        pending = "由接手人计提" if plan.leaver.pending == "new_owner" else "不再计提"
        yield f"离职后 {plan.leaver.grace_days} 天内到账的仍归本人，此后{pending}。"


def _credited(component: Component) -> Iterator[str]:
    who = "签约时的负责人" if component.credit.primary == "owner_at_signature" else "事件发生时的负责人"
    if component.credit.override is not None:
        levels = component.credit.override.levels
        yield f"业绩为{who}的团队业绩，计给事件发生日其上{f' {levels} 级' if levels else '各级'}主管；本人经手的业绩不重复计。"
        return
    split = "，有分成约定的按约定份额，份额合计为 100%" if component.credit.splits == "split_table" else ""
    yield f"业绩计给{who}{split}。"
    for overlay in component.credit.overlays:
        case = f"{clauses.filtered(overlay.when)}时，" if overlay.when is not None else ""
        yield f"{case}另按 {percent(overlay.share)} 计给{overlay.payee or overlay.role}，不占上述 100%。"


def rated(component: Component) -> Iterator[str]:
    """How its base becomes an amount, table by table."""
    rate = component.rate
    yield f"计提方式：{RATES[rate.kind]}，{WINDOWS[component.accumulate]}。"
    if isinstance(rate, FlatRate):
        if rate.rate is not None:
            yield f"比例 {percent(rate.rate)}。"
        for row in rate.products:
            yield f"{_LEVELS[row.level]} {row.code}：{percent(row.rate)}（越具体越优先）。"
        for band in rate.table:
            limit = f"不高于 {_figure(rate.by, band.to)}" if band.to is not None else "更高"
            yield f"{FIGURES[rate.by or 'discount_rate']}{limit}：{percent(band.rate)}。"
    elif isinstance(rate, InterpolatedRate):
        shown, what = (percent, "达成率") if rate.scale == "attainment" else (amount_of, "累计基数")
        points = "；".join(f"{what} {shown(point.at)} 得 {money(point.amount)}" for point in rate.table)
        yield f"{points}；两点之间按直线计算，范围之外取端点。"
    elif isinstance(rate, AttainmentRate):
        yield f"目标奖金 {money(rate.target_pay)}；基准比例 = 目标奖金 ÷ 目标，两者按在岗时间折算。"
        for step in rate.table:
            yield f"达成率 {_band(step.start, step.end, percent)} 的部分按基准比例的 {amount_of(step.x)} 倍。"
        if rate.decelerator is not None:
            yield f"达成率低于 {percent(rate.decelerator.below)} 时全部按 {amount_of(rate.decelerator.x)} 倍。"
    else:
        yield from _tiers(rate)


def _figure(name: str | None, value: Decimal) -> str:
    return percent(value) if name is not None and name.endswith("_rate") else amount_of(value)


def _tiers(rate: TieredRate) -> Iterator[str]:
    shown = percent if rate.scale == "attainment" else amount_of
    what = "达成率" if rate.scale == "attainment" else "累计基数"
    for number, tier in enumerate(rate.table, start=1):
        part = "的部分" if rate.kind == "marginal" else "时，全部"
        yield f"第 {number} 档：{what} {_band(tier.start, tier.end, shown)} {part}按 {percent(tier.rate)}。"
    yield (
        "恰好等于档位起点的，适用高一档（达到即适用）。"
        if rate.boundary != "upper_inclusive"
        else "恰好等于档位起点的，适用低一档（超过才适用）。"
    )


def _band(start: Decimal, end: Decimal | None, shown: object) -> str:
    assert callable(shown)  # noqa: S101 - a formatter of this module
    return f"{shown(start)} 以上" if end is None else f"{shown(start)} 至 {shown(end)}"


def _guards(component: Component) -> Iterator[str]:
    told = (
        (component.cap, clauses.capped),
        (component.floor, clauses.floored),
        (component.refund, clauses.refunded),
        (component.holdback, clauses.held_back),
        (component.instalments, clauses.paid_in_parts),
    )
    yield from (sentence(clause) for clause, sentence in told if clause is not None)


def _limits(plan: Plan) -> Iterator[str]:
    yield from map(clauses.gated, plan.gates)
    if plan.cap is not None:
        yield f"各项合计{clauses.capped(plan.cap)}"
    if plan.floor is not None:
        yield f"各项合计{clauses.floored(plan.floor)}"


def _awards(plan: Plan) -> Iterator[str]:
    for kind in clauses.CHAMPIONS:
        if plan.award is not None and (champion := getattr(plan.award, kind)) is not None:
            yield clauses.champion(kind, champion)
    yield from map(clauses.spiff, plan.spiffs)
    yield from map(clauses.pool, plan.pools)
    yield from map(clauses.penalty, plan.penalties)


def _debts(plan: Plan) -> Iterator[str]:
    if plan.draw is not None:
        yield clauses.drawn(plan.draw)
    yield clauses.recovered(plan.recovery)


def _arithmetic(plan: Plan) -> Iterator[str]:
    yield "期间内更换办法的，除另有说明外，每笔业务适用发生日有效的版本，前后分别计算。"
    yield f"业务日期比首次录入早 {plan.backdating_review_days} 天以上的，计提并提交复核。"
    yield "计算过程不取整；每人每项每期只四舍五入一次到分，各笔按发生顺序分摊，分摊之和等于总数。"
    if plan.fx is not None:
        which = {"signed_date": "签约日", "event_date": "发生日", "month_average": "当月平均"}[plan.fx.rate]
        lock = "，一经确定不再变动，汇兑差额由公司承担" if plan.fx.lock else ""
        yield f"外币按{which}的 {plan.fx.type} 汇率折算{lock}。"
    if plan.quota is not None:
        how = {"calendar_days_inclusive": "自然日（首尾均计）", "workdays": "工作日", "whole_months": "整月"}[
            plan.quota.proration
        ]
        yield f"目标取自{plan.quota.measure}目标，任职不满一期的按{how}折算。"
    yield "关账后的月份不再改动；此后发现的差异在当期单列调整，并注明归属月份和原因。"


def _example(plan: Plan) -> Iterator[str]:
    """Three events of the first component, worked by the engine, up into the last tier."""
    component = plan.components[0]
    bases = _sample_bases(component)
    start = plan.valid.start
    fields = {name: values[0] for name, values in component.filter.wanted.items()} if component.filter is not None else {}
    owner = "主管" if component.credit.override is not None else "本人"
    events = tuple(
        Event(
            event_id=f"第{number}笔",
            event_type=component.event,
            transaction_id=f"订单{number}",
            event_date=start + timedelta(days=number),
            signed_date=start,
            currency=plan.currency,
            **{component.measure if component.measure != "count" else "amount_ex_tax": base},  # type: ignore[arg-type]
            owner_at_signature="员工",
            owner_at_event="员工",
            **fields,
        )
        for number, base in enumerate(bases, start=1)
    )
    payee = "经理" if owner == "主管" else "员工"
    facts = Facts(
        events=events,
        assignments=(Assignment(payee_no=payee, plan_id=plan.plan, valid_from=start),),
        people=tuple(_people(plan, payee, start)),
        quotas=tuple(_quotas(plan, component, payee, start)),
    )
    done = calculate([plan.model_copy(update={"spiffs": (), "award": None})], facts, f"{start.year:04d}-{start.month:02d}")
    own = [one for one in done.earning_events if one.component_id == component.id and one.payee_no == payee]
    if not own:
        return
    needs = isinstance(component.rate, AttainmentRate) or getattr(component.rate, "scale", "amount") == "attainment"
    target = f"，{WINDOWS[component.accumulate][1:2]}度目标 {money(facts.quotas[0].amount)}" if needs and facts.quotas else ""
    yield f"设{owner}自{day(start)}起有三笔业务{target}，其他条件均为正常（{component.name}）："
    for one in own:
        yield f"{one.event_id}：基数 {money(one.base)}，累计 {money(one.cumulative_base)}，本笔提成 {money(one.amount)}。"
    total = sum((one.amount for one in own), Decimal(0))
    yield f"合计提成 {money(total)}" + (
        f"，占基数 {_share(total, own[-1].cumulative_base)}。" if own[-1].cumulative_base else "。"
    )


def _share(total: Decimal, base: Decimal) -> str:
    return f"{total / base:.2%}"


def _sample_bases(component: Component) -> list[Decimal]:
    rate = component.rate
    if isinstance(rate, TieredRate) and rate.scale == "amount" and rate.table[-1].start:
        top = rate.table[-1].start
    elif isinstance(rate, InterpolatedRate) and rate.scale == "amount":
        top = rate.table[-1].at
    else:
        top = Decimal(10) if component.measure in ("quantity", "count") else Decimal(1_000_000)
    return [top * Decimal("0.4"), top * Decimal("0.5"), top * Decimal("0.3")]


def _people(plan: Plan, payee: str, start: date) -> Iterator[Person]:
    wanted = plan.eligible
    yield Person(
        payee_no=payee,
        valid_from=start,
        role=wanted.role[0] if wanted and wanted.role else None,
        department=wanted.department[0] if wanted and wanted.department else None,
        region=wanted.region[0] if wanted and wanted.region else None,
    )
    if payee != "员工":
        yield Person(payee_no="员工", valid_from=start, manager_no=payee)


def _quotas(plan: Plan, component: Component, payee: str, start: date) -> Iterator[Quota]:
    if plan.quota is not None and component.accumulate in ("month", "quarter", "year"):
        first, last = bounds(period_of(start, component.accumulate, 1), 1)
        yield Quota(payee_no=payee, measure=plan.quota.measure, first_day=first, last_day=last, amount=Decimal(1_000_000))


def _paper(plan: Plan) -> Iterator[str]:
    yield from (f"{approval.role}（{approval.id}）于{day(approval.at)}批准。" for approval in plan.approved_by)
    if plan.accepted_by is not None:
        yield f"执行人员的签收记录见 {plan.accepted_by}；以回款为条件的提成和扣罚条款自本人签收后方有约束力。"
    yield f"本版内容指纹（SHA-256）：{plan.hash}"
