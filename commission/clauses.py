"""Each clause of a plan as the sentence people sign, and the clause that a ledger line without events follows from.

Add the sentence of a new clause here, and to `followed` the lines it makes; articles and their order are `document`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from commission.engine.settling import FORGIVEN
from commission.plan import Component, Plan, parse_expression
from commission.plan.component import Cap, Filter, Floor, Holdback, Instalments, Refund
from commission.plan.schema import Champion, Draw, Gate, PenaltyClause, Pool, Recovery, Spiff
from commission.wording import EVENTS, FIGURES, FILTERS, VALUES, money, percent

PER = {"event": "每笔", "month": "每月", "quarter": "每季", "year": "每年"}
CHAMPIONS = {"monthly_champion": "月度", "quarterly_champion": "季度", "yearly_champion": "年度"}
_EXCESS = {"drop": "超出部分不再支付", "carry_forward": "超出部分记入暂扣余额，以后有空间时释放", "review": "超出部分待财务审核"}
_REFUND = {
    "recompute_origin": "按该笔业务从未发生重新计算原期间，差额在当期冲回",
    "original_attribution": "按该笔业务当初所得提成冲回",
    "current_credit": "作为当期负业绩处理",
}


def filtered(wanted: Filter) -> str:
    """Which events count, key by key."""
    said = []
    for name in sorted(wanted.model_fields_set):
        value = getattr(wanted, name)
        shown = "、".join(VALUES.get(one, one) for one in value) if isinstance(value, tuple) else percent(value)
        said.append(f"{FILTERS[name]} {shown}")
    return "；".join(said)


def capped(cap: Cap) -> str:
    """A cap, of a component or of all together."""
    excess = "drop" if cap.per == "event" and cap.excess == "carry_forward" else cap.excess  # one event has no later room
    return f"{PER[cap.per]}封顶 {money(cap.amount)}，{_EXCESS[excess]}。"


def floored(floor: Floor) -> str:
    """A floor."""
    return f"每月保底 {money(floor.amount)}。"


def refunded(refund: Refund) -> str:
    """What a refund takes back, and how long."""
    within = f"{refund.window_days} 天内" if refund.window_days is not None else ""
    share = {"full": "", "prorated": "，冲回比例随天数递减", "half_after_half": "，过半后冲回一半"}[refund.share]
    return f"{within}发生退款、退货、红字发票的，{_REFUND[refund.mode]}{share}。"


def held_back(holdback: Holdback) -> str:
    """The share that waits for a milestone."""
    late = f"；{holdback.review_after_days} 天仍未达成的提交复核" if holdback.review_after_days is not None else ""
    return f"留存 {percent(holdback.share)}，待 {holdback.release} 达成后发放{late}。"


def paid_in_parts(instalments: Instalments) -> str:
    """Equal parts."""
    leave = "离职时一次付清" if instalments.on_leave == "pay_rest" else "离职时未到期部分不再支付"
    return f"分 {instalments.parts} 期按月支付，零头在前；{leave}。"


def gated(gate: Gate) -> str:
    """When the month is not paid, or less."""
    words = {"zero": "当月不予支付", "hold": "当月暂停支付"}
    then = words.get(gate.then) or f"当月按 {percent(gate.x or Decimal(0))} 支付"
    release = f"，{parse_expression(gate.release).in_chinese()}时恢复" if gate.release else ""
    waived = f"；{gate.waived_by}可书面豁免" if gate.waived_by else ""
    unknown = "先暂停，不视为达标" if gate.then == "hold" else "同样处理，数据补齐后重新计算"
    part = f"（只及{'、'.join(gate.components)}）" if gate.components else ""
    return f"{parse_expression(gate.condition).in_chinese()}时{then}{part}{release}{waived}。缺少数据时{unknown}。"


def champion(kind: str, prize: Champion) -> str:
    """A ranked prize."""
    gates = f"；须满足{'、'.join(parse_expression(gate).in_chinese() for gate in prize.gates)}" if prize.gates else ""
    tie = {"earlier_date": "先达成者优先", "split": "平分"}
    ties = f"；并列时依次比较：{'、'.join(tie.get(one) or FIGURES[one] for one in prize.ties)}" if prize.ties else ""
    again = f"；得奖后 {prize.repeat_after_months} 个月内不再得奖" if prize.repeat_after_months is not None else ""
    won = "、".join(CHAMPIONS[one] for one in prize.exclude_winners_of)
    others = f"；本期已得{won}冠军奖的除外" if won else ""
    return f"{CHAMPIONS[kind]}销售冠军奖 {money(prize.prize)}，按{FIGURES[prize.rank_by]}排名{gates}{ties}{again}{others}。"


def spiff(one: Spiff) -> str:
    """A dated prize per unit or deal."""
    budget = f"，总额 {money(one.budget)}，先到先得" if one.budget is not None else ""
    each = f"每{'件' if one.per == 'unit' else '单'} {money(one.amount)}"
    only = f"，只计{filtered(one.filter)}" if one.filter is not None else ""
    return f"{one.name_zh or one.id}：{one.start} 至 {one.end}，以{EVENTS[one.event]}计{only}，{each}{budget}；退货收回。"


def pool(one: Pool) -> str:
    """A sum that members share."""
    return f"{one.name_zh or one.id}：{PER[one.per]} {money(one.amount)}，按份额与在岗天数分配，零头按最大余数。"


def penalty(clause: PenaltyClause) -> str:
    """What may be deducted on paper."""
    return f"扣罚：{clause.clause}，每次不超过 {money(clause.max_amount)}；须有证据和批准，且本人已签收本办法，不自动扣。"


def drawn(draw: Draw) -> str:
    """A draw that is repaid, or a guarantee."""
    end = f"，至 {draw.until} 止" if draw.until else ""
    end += f"，限入职后 {draw.first_months} 个月" if draw.first_months else ""
    if draw.kind == "recoverable":
        start = f"自 {draw.recover_from} 起" if draw.recover_from else ""
        down = draw.amount if draw.recover_down_to is None else draw.recover_down_to
        leave = "不再收回" if draw.on_leave == "write_off" else "转入待追回余额，在法定扣款上限内追回"
        said = f"当月应付不足 {money(draw.amount)} 的先行补足（预支）{end}；{start}从超过 {money(down)} 的部分收回"
        return f"{said}；离职时未收回的{leave}。"
    return f"当月应付不足 {money(draw.amount)} 的补足到该数，不需归还{end}。"


def recovered(clause: Recovery) -> str:
    """How what is owed is taken back within the law."""
    offset = "先抵减当月提成，不足部分" if clause.offset_commission else "不抵减当月提成，"
    floor = f"（工资表没有写明的按 {money(clause.minimum_wage)}）" if clause.minimum_wage else ""
    draws = "；预支的收回也在此限内" if clause.limit_draws else ""
    most = f"每月不超过当月工资的 {percent(clause.wage_share)}，且扣后不低于当地最低工资{floor}；其余结转{draws}。"
    return f"应追回的款项{offset}逐月追回，{most}"


def followed(plan: Plan, line: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Of a line that no event moved, each clause of its plan that it may follow from: the place in the file, and the sentence."""
    kind, component_id, reason = line["entry_type"], line.get("component_id"), str(line.get("reason") or "")
    gates = [(place, gate) for place, gate in enumerate(plan.gates) if reason.startswith(gate.id)]
    if plan.draw is not None and (kind in ("DRAW", "DRAW_RECOVERY") or reason == FORGIVEN):
        yield ("draw",), drawn(plan.draw)
    elif kind == "CLAWBACK_RECOVERY":
        yield ("recovery",), recovered(plan.recovery)
    elif kind in ("HOLD", "HOLD_RELEASE") or (kind == "WRITE_OFF" and gates):
        yield from ((("gates", place), gated(gate)) for place, gate in gates)
    elif kind in ("SPIFF", "AWARD", "PENALTY"):
        yield from _prizes(plan, str(component_id))
    else:
        yield from _limits(plan, line)


def _prizes(plan: Plan, name: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
    lists: tuple[tuple[str, Sequence[Any], Callable[[Any], str]], ...] = (
        ("spiffs", plan.spiffs, spiff),
        ("pools", plan.pools, pool),
        ("penalties", plan.penalties, penalty),
    )
    for key, ones, sentence in lists:
        yield from (((key, place), sentence(one)) for place, one in enumerate(ones) if one.id == name)
    if name in CHAMPIONS and plan.award is not None:
        yield ("award", name), champion(name, getattr(plan.award, name))


def _limits(plan: Plan, line: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Caps, floors and what is kept back, of the line's component or of all together."""
    reason = str(line.get("reason") or "")
    wanted: dict[str, tuple[tuple[str, Callable[[Any], str]], ...]] = {
        "CAP_WITHHELD": (("cap", capped),),
        "CAP_RELEASE": (("cap", capped),),
        "HOLDBACK": (("holdback", held_back), ("instalments", paid_in_parts)),
        "HOLDBACK_RELEASE": (("holdback", held_back), ("instalments", paid_in_parts)),
        "WRITE_OFF": (("instalments", paid_in_parts),) if reason.startswith("离职") else (("cap", capped),),
        "EARN": (("floor", floored),),
    }
    places: list[tuple[tuple[str | int, ...], Plan | Component]] = [((), plan)]
    if line.get("component_id"):
        places = [
            (("components", number), part) for number, part in enumerate(plan.components) if part.id == line["component_id"]
        ]
    for at, holder in places:
        for name, sentence in wanted.get(line["entry_type"], ()):
            if (clause := getattr(holder, name, None)) is not None:
                yield (*at, name), sentence(clause)
