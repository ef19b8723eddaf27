"""Small worlds on the edge of a rule: the last day, the day after, the rule that must not act.

Add the edge that a mistake in `mutations` slipped through; what must come out, the reference engine says.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from commission.engine import Absence, Acceptance, Assignment, Facts, Figure, Handover, Penalty, Person, Quota, Split, Wage
from commission.plan import Plan
from tests.commission.commission_cases import cash, day, facts_of, flat, order, plan_of, rated
from tests.commission_sql.worlds.told import WORKDAYS

TWO = "[{from: 0, to: 1000, rate: 0.01}, {from: 1000, rate: 0.02}]"
LEFT = (Person(payee_no="A", valid_from=date(2025, 1, 1), leave_date=day("01-31")),)
HANDED = (Handover(leaver_no="A", successor_no="B"), Handover(leaver_no="A", successor_no="C", transaction_id="O1"))
ABOVE = tuple(f"M{level:02d}" for level in range(20))
CHAIN = tuple(
    Person(payee_no=below, manager_no=above, valid_from=date(2025, 1, 1))
    for below, above in zip(("A", *ABOVE[:-1]), ABOVE, strict=True)
)
TARGETS = (
    "id: base, event: signed, accumulate: quarter, "
    "rate: {kind: attainment, target_pay: 9000, boundary: lower_inclusive, table: [{from: 0, to: 0.3, x: 1}, {from: 0.3, x: 2}]}"
)


def edges() -> list[tuple[list[Plan], Facts]]:
    """Each with the plans it is about."""
    return [*(([plan], facts) for plan, facts in of_one_plan()), *of_more_plans()]


def of_more_plans() -> list[tuple[list[Plan], Facts]]:
    """A plan that changes while a prize goes on and a winner waits; debts of one person under two plans, one begun later."""
    prize = "spiffs: [{{id: spf, event: signed, per: deal, amount: 100, from: 2026-01-01, to: 2026-12-31, budget: {}}}]"
    award = "award: {monthly_champion: {prize: 9, rank_by: signed_ex_tax, ties: [split], repeat_after_months: 1}}"
    old, new = (
        plan_of(flat("0"), version=number, valid=f"{{from: {first}, to: {last}}}", extra=f"{prize.format(money)}\n{award}")
        for number, first, last, money in ((1, "2026-01-01", "2026-02-14", 250), (2, "2026-02-15", "2026-12-31", 300))
    )
    deals = [order(f"T{number}", on, "10") for number, on in enumerate(("01-10", "02-10", "02-20", "03-01", "03-10"))]
    back = order("R1", "03-05", "-4", transaction_id="T0", original_event_id="T0")
    best = tuple(
        Figure(payee_no=payee, period=period, name="signed_ex_tax", value=Decimal(value))
        for period in ("2026-01", "2026-02")
        for payee, value in (("A", 9), ("B", 8))
    )
    owing = [
        plan_of(flat("0"), extra=f"penalties: [{{id: {name}, clause: 逾期, max_amount: 800}}]\nrecovery: {{wage_share: {share}}}")
        for name, share in (("late", "0.20"), ("slow", "0.10"))
    ]
    owing[1] = owing[1].model_copy(update={"plan": "q"})
    fines = tuple(
        Penalty(payee_no="A", month=month, clause_id=name, amount=Decimal(900), evidence="e.pdf", approved_by="E900")
        for month, name in (("2026-01", "late"), ("2026-02", "slow"))
    )
    told = {
        "penalties": fines,
        "acceptances": tuple(Acceptance(payee_no="A", plan_id=name, version=1, accepted_on=day("01-01")) for name in "pq"),
        "assignments": tuple(
            Assignment(payee_no="A", plan_id=name, valid_from=day(on)) for name, on in (("p", "01-01"), ("q", "02-01"))
        ),
        "wages": tuple(Wage(payee_no="A", month=f"2026-{month:02d}", wages=Decimal(3000)) for month in range(1, 9)),
    }
    return [([old, new], facts_of([*deals, back], "AB", figures=best)), (owing, facts_of([], **told))]


def of_one_plan() -> list[tuple[Plan, Facts]]:
    """Each with the plan it is about."""
    cash_plan = flat("0.01", event="cash_applied")
    paid = [cash("C1", "02-28", "1000"), cash("C2", "03-01", "1000"), cash("C3", "02-28", "700", "O2")]
    ends = (Split(transaction_id="O1", payee_no="B", share=Decimal(1), valid_from=day("02-01"), valid_to=day("02-28")),)
    leavers = [f"leaver: {{grace_days: 10, pending: {pending}}}" for pending in ("forfeit", "new_owner")]
    turned = (
        Handover(leaver_no="A", successor_no="B", valid_from=day("02-15"), valid_to=day("02-28")),
        Handover(leaver_no="A", successor_no="C", valid_from=day("02-20")),
    )
    later = [cash(f"C{on}", on, "1000", "O3") for on in ("02-10", "02-11", "02-19", "02-20")]
    window = "refund: {mode: recompute_origin, window_days: 50, share: SHARE}"
    sold = [order("T1", "01-10", "900"), order("R1", "03-02", "-500", original_event_id="T1"), order("T2", "03-20", "900")]
    quota = (Quota(payee_no="A", measure="签约额", first_day=day("01-01"), last_day=day("03-31"), amount=Decimal(3000)),)
    away = (Absence(payee_no="A", first_day=day("01-01"), last_day=day("01-09")),)
    joined = (Person(payee_no="A", valid_from=date(2025, 1, 1), hire_date=day("02-20")),)
    parts = [cash("C1", "01-10", "50.30"), cash("C2", "02-10", "50.10"), cash("C3", "03-10", "50.10")]  # 0.003 is carried
    owed = [order("R1", "02-10", "-100000"), order("T1", "04-10", "5000")]
    wages = (Wage(payee_no="A", month="2026-03", wages=Decimal("3333.33")),)
    return [
        (plan_of(cash_plan), facts_of(paid, "AB", splits=ends)),
        *((plan_of(cash_plan, extra=words), facts_of(paid, "ABC", people=LEFT, handovers=HANDED)) for words in leavers),
        *((plan_of(rated(table=TWO, more=window.replace("SHARE", share))), facts_of(sold)) for share in ("full", "prorated")),
        *(
            (plan_of(rated(table=TWO, more=window.replace("50", "99").replace("SHARE", share))), facts_of(sold))
            for share in ("full", "half_after_half")
        ),
        (
            plan_of(TARGETS, extra="quota: {source: targets, measure: 签约额}"),
            facts_of([order("T1", "03-10", "1000")], quotas=quota, absences=away),
        ),
        *((plan_of(cash_plan, extra=words), facts_of(later, "ABC", people=LEFT, handovers=turned)) for words in leavers),
        *(
            (
                plan_of(TARGETS, extra=f"quota: {{source: targets, measure: 签约额, proration: {proration}}}"),
                facts_of([order("T1", "03-10", "1000")], quotas=quota, people=joined, workdays=WORKDAYS),
            )
            for proration in ("workdays", "whole_months")
        ),
        (
            plan_of(flat("0.01", "credit: {override: {levels: null}}")),
            facts_of([order("T1", "01-10", "1000")], ("A", *ABOVE), people=CHAIN),
        ),
        (plan_of(flat("0.01")), facts_of(owed, wages=wages)),
        (plan_of(flat("0.01", "accumulate: month", event="cash_applied")), facts_of(parts)),
        *(
            (plan_of(rated("retroactive", table=TWO, boundary=boundary)), facts_of([order("T1", "01-10", "1000")]))
            for boundary in ("lower_inclusive", "upper_inclusive")
        ),
    ]
