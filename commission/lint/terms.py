"""Rules about a component's terms and the plan's clauses: measures, caps, multipliers, refunds, gates, prizes, penalties.

Add a rule on what a clause says; who it is said to, and when, is `people`.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from commission.lint.findings import Finding, Settings, acknowledged, finding
from commission.plan import Component, Plan, parse_expression
from commission.plan.component import Filter, Multiplier
from commission.plan.rates import AttainmentRate, FlatRate

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_ACTIVITY = frozenset({"visits"})
_SOURCES = {"gross_margin": "cost_table", "mrr": "subscription_months in products"}  # what a company may leave out
CASH_WITHOUT_ACCEPTANCE = "cash_without_acceptance"  # C7: not only unwise, such a plan does not run


def component_findings(plan: Plan, number: int, component: Component, settings: Settings) -> Iterator[Finding]:
    """Everything unwise in one component's terms."""
    at = ("components", number)
    if component.measure not in settings.measures:
        message = f"{component.id}: no source supplies {component.measure}, which is nothing without it"
        cure = f"fill in {_SOURCES[component.measure]}, or use another measure"
        yield finding(plan, (*at, "measure"), "measure_without_source", message, cure)
    yield from _cap_below_target(plan, at, component)
    yield from _multiplier_order(plan, at, component)
    yield from _refund(plan, at, component)
    if component.holdback is not None and component.holdback.review_after_days is None:
        message = f"{component.id}: if {component.holdback.release} never comes, the money waits for ever unseen"
        yield finding(plan, (*at, "holdback"), "holdback_without_review", message, "add review_after_days", "warning")


def _cap_below_target(plan: Plan, at: tuple[str | int, ...], component: Component) -> Iterator[Finding]:
    """A cap that makes the target pay unreachable."""
    rate, cap = component.rate, component.cap
    if not isinstance(rate, AttainmentRate) or component.accumulate not in _MONTHS:
        return
    for where, one in (((*at, "cap"), cap), (("cap",), plan.cap)):
        if one is None or one.per not in _MONTHS:
            continue
        reachable = one.amount * max(Decimal(1), Decimal(_MONTHS[component.accumulate]) / _MONTHS[one.per])
        if reachable < rate.target_pay:
            target = f"the target pay {rate.target_pay} per {component.accumulate}"
            message = f"{component.id}: cap {one.amount} per {one.per} keeps {reachable} of {target}"
            yield finding(plan, where, "cap_below_target", message, "raise the cap or lower the target pay")


def _multiplier_order(plan: Plan, at: tuple[str | int, ...], component: Component) -> Iterator[Finding]:
    """Under a table, a factor on the credit and one on the earning differ; two factors for one case leave open which is meant."""
    tiered = not isinstance(component.rate, FlatRate)
    for place, one in enumerate(component.multipliers):
        if tiered and one.on is None:
            message = (
                f"{component.id}: {one.name} does not say if it multiplies the credit or the earning; under a table they differ"
            )
            yield finding(plan, (*at, "multipliers", place), "multiplier_order", message, "add on: credit or on: earning")
    for (_, first), (place, second) in combinations(enumerate(component.multipliers), 2):
        if _same_case(first, second):
            message = (
                f"{component.id}: {first.name} and {second.name} may both apply; whether they multiply or one wins is not said"
            )
            yield finding(
                plan,
                (*at, "multipliers", place),
                "multiplier_order",
                message,
                "make their conditions exclude each other, or write one table",
            )


def _same_case(first: Multiplier, second: Multiplier) -> bool:
    if first.name == second.name or (first.by is not None and first.by == second.by):
        return True
    if first.when is None or second.when is None:
        return False
    keys = set(first.when.model_fields_set) & set(second.when.model_fields_set)
    return bool(keys) and overlap(first.when, second.when)


def overlap(first: Filter | None, second: Filter | None) -> bool:
    """True when one event may pass both filters."""
    if first is None or second is None:
        return True
    for name in set(first.model_fields_set) & set(second.model_fields_set) - {"exclude_tags", "discount_above", "discount_up_to"}:
        one, other = getattr(first, name), getattr(second, name)
        if one is not None and other is not None and not set(one) & set(other):
            return False
    return True


def _refund(plan: Plan, at: tuple[str | int, ...], component: Component) -> Iterator[Finding]:
    refund = component.refund
    if refund is not None and refund.window_days is None:
        message = f"{component.id}: how long an earning is at risk is not said"
        yield finding(plan, (*at, "refund"), "clawback_without_window", message, "add window_days")
    mode = refund.mode if refund else "current_credit"
    if component.rate.kind == "retroactive" and mode != "recompute_origin" and not acknowledged(component, "retroactive_refund"):
        message = f"{component.id}: a refund that falls back below a tier does not take back the higher rate"
        yield finding(
            plan,
            (*at, "refund"),
            "retroactive_refund",
            message,
            "use refund: {mode: recompute_origin, window_days: …}",
            "warning",
        )


def plan_findings(plan: Plan, settings: Settings) -> Iterator[Finding]:
    """Everything unwise in the plan's own clauses."""
    yield from _elsewhere(plan, settings)
    if plan.accepted_by is None:
        cash = [number for number, component in enumerate(plan.components) if component.event == "cash_applied"]
        for number in cash[:1]:
            message = "pay that depends on collection must have been agreed with the employee"
            yield finding(plan, ("components", number), CASH_WITHOUT_ACCEPTANCE, message, "add accepted_by: signatures/….csv")
        if plan.penalties:
            message = "a penalty binds nobody who has not signed"
            yield finding(plan, ("penalties",), "penalty_without_acceptance", message, "add accepted_by: signatures/….csv")
    yield from _raw_visits(plan)
    yield from _champions(plan)
    for number, spiff in enumerate(plan.spiffs):
        if spiff.budget is None:
            message = f"{spiff.id}: nothing limits what is paid"
            yield finding(plan, ("spiffs", number), "spiff_without_budget", message, "add budget", "warning")
        if spiff.end < spiff.start:
            yield finding(
                plan, ("spiffs", number), "spiff_window", f"{spiff.id}: ends before it begins", "put from and to in order"
            )
    if plan.draw is not None and plan.draw.kind == "recoverable" and plan.draw.recover_from is None:
        message = "from when the draw is repaid is not said; it is repaid from the first month on"
        yield finding(plan, ("draw",), "draw_without_recovery", message, "add recover_from", "warning")
    yield from _signatories(plan)


def _elsewhere(plan: Plan, settings: Settings) -> Iterator[Finding]:
    """Days end and sums are kept where the company says; a plan that says otherwise would be paid by other days and rates."""
    if settings.time_zone is not None and plan.timezone != settings.time_zone:
        message = f"days end by {settings.time_zone}, as company.yaml says, not by {plan.timezone}"
        yield finding(plan, ("timezone",), "other_time_zone", message, f"write {settings.time_zone}, or leave it out")
    if settings.currency is not None and plan.currency != settings.currency:
        message = f"pay, rates of exchange and the ledger are kept in {settings.currency}, not in {plan.currency}"
        yield finding(plan, ("currency",), "other_currency", message, f"write {settings.currency}")
    if plan.fx is not None and not plan.fx.lock and plan.fx.rate == "signed_date":
        message = "the rate of the signature is locked by being that day's"
        yield finding(plan, ("fx",), "fx_not_locked", message, "write lock: true, or rate: event_date for each event's own rate")


def _raw_visits(plan: Plan) -> Iterator[Finding]:
    """Paying for a count of visits buys visits, not sales."""
    cure = "use valid_visits, or a result"
    for number, gate in enumerate(plan.gates):
        for key, text in (("if", gate.condition), ("release", gate.release)):
            if text is not None and parse_expression(text).names() & _ACTIVITY:
                yield finding(plan, ("gates", number, key), "raw_visit_counts", f"gate {gate.id} counts raw visits", cure)
    for kind in ("monthly_champion", "quarterly_champion", "yearly_champion"):
        champion = getattr(plan.award, kind) if plan.award else None
        if champion is not None and champion.rank_by in _ACTIVITY:
            yield finding(plan, ("award", kind, "rank_by"), "raw_visit_counts", f"{kind} is ranked by raw visits", cure)
    if plan.quota is not None and plan.quota.measure in ("visits", "拜访次数", "拜访量"):
        yield finding(plan, ("quota", "measure"), "raw_visit_counts", "the quota counts raw visits", cure)


def _champions(plan: Plan) -> Iterator[Finding]:
    for kind in ("monthly_champion", "quarterly_champion", "yearly_champion"):
        champion = getattr(plan.award, kind) if plan.award else None
        if champion is not None and "split" not in champion.ties:
            message = f"{kind}: when all else is equal, who wins is not said"
            yield finding(plan, ("award", kind), "champion_without_tie_rule", message, "end `ties` with split")


def _signatories(plan: Plan) -> Iterator[Finding]:
    approvers = {approval.id for approval in plan.approved_by}
    if plan.author is not None and plan.author in approvers:
        yield finding(
            plan,
            ("approved_by",),
            "author_approves",
            f"{plan.author} wrote the plan and approves it",
            "let somebody else approve",
        )
    if len(approvers) < 2:
        message = "one person alone approves what everybody is paid by"
        yield finding(plan, ("approved_by",), "one_approver", message, "add a second approver", "warning")
