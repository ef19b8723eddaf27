"""Plans laid out as typed rows for raw_company.plan_terms: every rule of a version, for a set-based engine.

Add a rule as a word of its row's `body` (flat JSON, numbers as exact text); what may stand several times is a kind of row.
What a rule means is `schema`, `component` and `rates`; what it pays is the engines'. The paper stays in the plan file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from commission.plan.component import FILTERED_BY, Cap, Component, Filter
from commission.plan.expression import Both, Comparison, Node, Not, parse_expression
from commission.plan.rates import AttainmentRate, FlatRate, InterpolatedRate
from commission.plan.schema import Champion, Plan

PLAN_TERM_COLUMNS = (
    "plan_id",
    "plan_version",
    "plan_hash",
    "valid_from",
    "valid_to",
    "currency_code",
    "kind",
    "component_id",
    "term_no",
    "part_no",
    "body",
)

Row = dict[str, str | None]
Body = dict[str, object]
ZERO = Decimal(0)
_OPPOSITE = {"<=": ">", ">": "<=", ">=": "<", "<": ">=", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class _Term:
    kind: str
    body: Body
    component_id: str = ""
    term_no: int = 1
    part_no: int = 1


def plan_rows(plans: Iterable[Plan]) -> list[Row]:
    """Every rule as a row of text, ready for the lake; valid_to is the last day, inclusive."""
    return [
        {
            "plan_id": plan.plan,
            "plan_version": str(plan.version),
            "plan_hash": plan.hash,
            "valid_from": plan.valid.start.isoformat(),
            "valid_to": plan.valid.end.isoformat() if plan.valid.end else None,
            "currency_code": plan.currency,
            "kind": term.kind,
            "component_id": term.component_id,
            "term_no": str(term.term_no),
            "part_no": str(term.part_no),
            "body": json.dumps(_said(term.body), ensure_ascii=False, sort_keys=True),
        }
        for plan in plans
        for term in _terms(plan)
    ]


def _said(body: Body) -> dict[str, str]:
    """What is said, as text; a word that is not there says nothing."""
    return {name: _text(value) for name, value in body.items() if value is not None and value != ()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return "|" + "|".join(value) + "|"
    return str(value)


def _terms(plan: Plan) -> Iterator[_Term]:
    yield _Term("plan", _plan(plan))
    for component in plan.components:
        yield from _component_terms(plan, component)
    yield from _gates(plan)
    for number, spiff in enumerate(plan.spiffs, start=1):
        body = {
            "name": spiff.name_zh or spiff.id,
            "event": spiff.event,
            "grain": spiff.grain,
            "per": spiff.per,
            "amount": spiff.amount,
        }
        body |= {"first_day": spiff.start, "last_day": spiff.end, "budget": spiff.budget}
        yield _Term("spiff", body | _filter(spiff.filter), spiff.id, number)
    for number, pool in enumerate(plan.pools, start=1):
        yield _Term("pool", {"name": pool.name_zh or pool.id, "amount": pool.amount, "per": pool.per}, pool.id, number)
    for number, clause in enumerate(plan.penalties, start=1):
        yield _Term("penalty", {"name": clause.clause, "amount": clause.max_amount}, clause.id, number)
    if plan.award is not None:
        for number, kind in enumerate(("monthly_champion", "quarterly_champion", "yearly_champion"), start=1):
            yield from _champion(kind, number, getattr(plan.award, kind))


def _plan(plan: Plan) -> Body:
    draw, recovery = plan.draw, plan.recovery
    body: Body = _cap(plan.cap) | {"floor": plan.floor.amount if plan.floor else None}
    body |= {
        "wage_share": recovery.wage_share,
        "minimum_wage": recovery.minimum_wage,
        "offset_commission": recovery.offset_commission,
        "limit_draws": recovery.limit_draws,
        "backdating_review_days": plan.backdating_review_days,
    }
    if draw is not None:
        body |= {
            "draw_kind": draw.kind,
            "draw_amount": draw.amount,
            "draw_recover_from": draw.recover_from,
            "draw_recover_down_to": draw.amount if draw.recover_down_to is None else draw.recover_down_to,
            "draw_until": draw.until,
            "draw_first_months": draw.first_months,
            "draw_on_leave": draw.on_leave,
        }
    return body


def _component_terms(plan: Plan, component: Component) -> Iterator[_Term]:
    yield _Term("component", _component(plan, component), component.id)
    for number, one in enumerate(component.multipliers, start=1):
        shared: Body = {"on": one.on or "earning"}
        if one.by is None:
            yield _Term("multiplier", shared | {"x": one.x} | _filter(one.when), component.id, number)
            continue
        for part, (above, up_to, x) in enumerate(bands([(band.to, band.x) for band in one.table]), start=1):
            body = shared | {"read_by": one.by, "above": above, "up_to": up_to, "x": x}
            yield _Term("multiplier", body, component.id, number, part)
    for number, overlay in enumerate(component.credit.overlays, start=1):
        body = {"payee": overlay.payee, "role": overlay.role, "share": overlay.share}
        yield _Term("overlay", body | _filter(overlay.when), component.id, number)

    for number, body in enumerate(_rates(component), start=1):
        yield _Term("rate", body, component.id, number)


def _rates(component: Component) -> Iterator[Body]:
    """Every row of the component's table; of a flat rate the one for all first, then bands, then products."""
    rate = component.rate
    if isinstance(rate, FlatRate):
        if rate.by is None:
            yield {"tier_from": ZERO, "rate": rate.rate}
        for above, up_to, value in bands([(band.to, band.rate) for band in rate.table]) if rate.by else ():
            yield {"read_by": rate.by, "tier_from": above, "tier_to": up_to, "rate": value}
        named = {(one.level, one.code): one.rate for one in reversed(rate.products)}
        for (level, code), value in sorted(named.items()):
            yield {"read_by": level, "code": code, "tier_from": ZERO, "rate": value}
    elif isinstance(rate, InterpolatedRate):
        for low, high in zip(rate.table, [*rate.table[1:], None], strict=True):
            body: Body = {"tier_from": low.at, "tier_to": high.at if high else None, "rate": ZERO}
            yield body | {"amount": low.amount, "next_amount": (high or low).amount}
    elif isinstance(rate, AttainmentRate):
        yield from ({"tier_from": step.start, "tier_to": step.end, "rate": step.x} for step in rate.table)
    else:
        yield from ({"tier_from": tier.start, "tier_to": tier.end, "rate": tier.rate} for tier in rate.table)


def bands(table: Sequence[tuple[Decimal | None, Decimal]]) -> Iterator[tuple[Decimal | None, Decimal | None, Decimal]]:
    """Bands that share no figure: above, up to and including, value; the first that fits wins, above all it is nothing."""
    above: Decimal | None = None
    for up_to, value in table:
        if above is None or up_to is None or up_to > above:
            yield above, up_to, value
        if up_to is None:
            return
        above = up_to if above is None else max(above, up_to)
    yield above, None, ZERO


def _component(plan: Plan, component: Component) -> Body:
    rate, refund, credit = component.rate, component.refund, component.credit
    override = credit.override
    body: Body = {
        "name": component.name,
        "event": component.event,
        "grain": component.grain,
        "date_basis": component.dated_by,
        "acceptance_bill": component.acceptance_bill,
        "plan_version_by": component.plan_version_by,
        "measure": component.measure,
        "primary_owner": credit.primary,
        "splits": credit.splits,
        "override_levels": None if override is None else 0 if override.levels is None else override.levels,
        "accumulate": component.accumulate or "plan",
        "rate_kind": rate.kind,
        "boundary": getattr(rate, "boundary", None) or "lower_inclusive",
        "scale": getattr(rate, "scale", "amount"),
        "multipliers": len(component.multipliers),
    }
    if isinstance(rate, FlatRate):
        body |= {"flat_rate": rate.rate, "flat_by": rate.by, "product_rates": len(rate.products)}
    if isinstance(rate, AttainmentRate):
        slow = rate.decelerator
        body |= {"target_pay": rate.target_pay, "slow_below": slow and slow.below, "slow_x": slow and slow.x}
    if refund is not None:
        body |= {"refund_mode": refund.mode, "refund_days": refund.window_days, "refund_share": refund.share}
    return body | _filter(component.filter) | _guards(component) | _people_of(plan)


def _guards(component: Component) -> Body:
    body = _cap(component.cap) | {"floor": component.floor.amount if component.floor else None}
    if component.holdback is not None:
        body |= {"holdback_share": component.holdback.share, "holdback_release": component.holdback.release}
    if component.instalments is not None:
        body |= {"instalments": component.instalments.parts, "instalments_on_leave": component.instalments.on_leave}
    return body


def _people_of(plan: Plan) -> Body:
    body: Body = {}
    if plan.eligible is not None:
        who = plan.eligible
        body |= {"eligible_employment": who.employment, "eligible_role": who.role}
        body |= {"eligible_department": who.department, "eligible_region": who.region}
    if plan.leaver is not None:
        body |= {"leaver_grace_days": plan.leaver.grace_days, "leaver_pending": plan.leaver.pending}
    if plan.quota is not None:
        body |= {"quota_measure": plan.quota.measure, "quota_proration": plan.quota.proration}
    fx = plan.fx
    return body | {"fx_rate": fx.rate if fx else "signed_date", "fx_type": fx.type if fx else None}


def _cap(cap: Cap | None) -> Body:
    return {"cap_amount": cap.amount, "cap_per": cap.per, "cap_excess": cap.excess} if cap else {}


def _filter(wanted: Filter | None) -> Body:
    if wanted is None:
        return {}
    listed: Body = {f"only_{name}": getattr(wanted, name) for name in (*FILTERED_BY, "exclude_tags")}
    return listed | {"discount_above": wanted.discount_above, "discount_up_to": wanted.discount_up_to}


def _gates(plan: Plan) -> Iterator[_Term]:
    for number, gate in enumerate(plan.gates, start=1):
        condition = parse_expression(gate.condition)
        body: Body = {"then": gate.then, "x": gate.x, "components": gate.components, "reason": condition.in_chinese()}
        yield _Term("gate", body | {"has_release": gate.release is not None, "waived_by": gate.waived_by}, gate.id, number)
        # open only where a way to "no" is known whole: an unknown figure keeps it shut
        yield from _literals("gate_open", gate.id, condition.root, wanted=False)
        if gate.release is not None:
            yield from _literals("gate_release", gate.id, parse_expression(gate.release).root, wanted=True)


def _champion(kind: str, number: int, champion: Champion | None) -> Iterator[_Term]:
    if champion is None:
        return
    body: Body = {"prize": champion.prize, "rank_by": champion.rank_by, "repeat_after_months": champion.repeat_after_months}
    ties = [tie for tie in champion.ties if tie != "split"]
    body |= {f"tie_{place}": tie for place, tie in enumerate(dict.fromkeys(ties), start=1)}
    body |= {"splits_ties": "split" in champion.ties, "exclude_winners_of": tuple(sorted(champion.exclude_winners_of))}
    yield _Term("champion", body | {"gates": len(champion.gates)}, kind, number)
    for place, gate in enumerate(champion.gates, start=1):
        yield from _literals(f"champion_gate_{place}", kind, parse_expression(gate).root, wanted=True)


def _literals(kind: str, name: str, root: Node, *, wanted: bool) -> Iterator[_Term]:
    """The sentence as ways to `wanted`: each way a list of comparisons, asked in the order in which the sentence asks."""
    ways = [way for way, outcome in _ways(root) if outcome is wanted]
    for path, way in enumerate(ways, start=1):
        for place, one in enumerate(way, start=1):
            body: Body = {"sign": one.sign, "literals": len(way)}
            for side, value in (("left", one.left), ("right", one.right)):
                body[f"{side}_name" if isinstance(value, str) else f"{side}_value"] = value
            yield _Term(kind, body, name, path, place)


def _ways(node: Node) -> list[tuple[list[Comparison], bool]]:
    if isinstance(node, Comparison):
        return [([node], True), ([replace(node, sign=_OPPOSITE[node.sign])], False)]
    if isinstance(node, Not):
        return [(way, not outcome) for way, outcome in _ways(node.inner)]
    assert isinstance(node, Both)  # noqa: S101 - the third and last kind of node
    found: list[tuple[list[Comparison], bool]] = []
    for way, outcome in _ways(node.left):
        if outcome == (node.word == "or"):
            found.append((way, outcome))
        else:
            found += [(way + more, end) for more, end in _ways(node.right)]
    return found
