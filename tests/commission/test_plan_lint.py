"""What a valid plan should not say is found, with its line, and what is fine is left alone.

Add a case as one replacement in the specification's own plan, or as two plans that meet.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from commission.engine import Assignment
from commission.lint import Finding, Settings, company_settings, has_errors, lint
from commission.plan import Plan, PlanErrors, Signature, load_plan_text, load_plans
from tests.commission.commission_cases import flat, plan_of, rated

COMPANY = Path(__file__).parents[2] / "company"
REFUND = "refund: {{mode: {}, window_days: 9}}"
TABLE = "[{from: 0, to: 500000, rate: 0.010}, {from: 500000, to: 1000000, rate: 0.015}, {from: 1000000, rate: 0.025}]"


def found(text: str) -> list[tuple[int, str]]:
    findings = lint([load_plan_text(text, "c2.yaml")])
    assert all(one.file == "c2.yaml" and one.message and one.cure for one in findings)
    return [(one.line, one.rule) for one in findings if one.rule != "holdback_without_review"]


def test_the_plan_of_the_specification_has_no_error(c2_text: str) -> None:
    findings = lint([load_plan_text(c2_text, "c2.yaml")])
    assert [(one.line, one.rule, one.severity) for one in findings] == [(28, "holdback_without_review", "warning")]
    assert not has_errors(findings)


@pytest.mark.parametrize(
    ("written", "instead", "line", "rule"),
    [
        ("{from: 500000, to: 1000000, rate: 0.015}", "{from: 600000, to: 1000000, rate: 0.015}", 23, "table_gap"),
        ("{from: 500000, to: 1000000, rate: 0.015}", "{from: 400000, to: 1000000, rate: 0.015}", 23, "table_overlap"),
        ("{from: 0, to: 500000", "{from: 1, to: 500000", 23, "table_first_from"),
        ("{from: 1000000, rate: 0.025}", "{from: 1000000, to: 2000000, rate: 0.025}", 23, "table_top"),
        ("    cap: {amount: 15000", "    # cap: {amount: 15000", 23, "unbounded_top"),
        ("      boundary: lower_inclusive", "      # boundary", 20, "no_boundary_rule"),
        ("mode: recompute_origin, window_days: 180", "mode: recompute_origin", 27, "clawback_without_window"),
        ("measure: amount_ex_tax", "measure: gross_margin", 16, "measure_without_source"),
        ("on: earning, by: days_past_due", "by: days_past_due", 25, "multiplier_order"),
        (", {x: 0}]}", "]}", 25, "table_gap"),
        ("ties: [gross_margin, earlier_date, split]", "ties: [gross_margin, earlier_date]", 37, "champion_without_tie_rule"),
        ("rank_by: collected_ex_tax", "rank_by: visits", 37, "raw_visit_counts"),
        ('"overdue_ratio > 0.20"', '"visits < 20"', 34, "raw_visit_counts"),
        ("accepted_by: sign", "# accepted_by: sign", 11, "cash_without_acceptance"),
        ("id: E905, at", "id: E900, at", 6, "one_approver"),
        ("recover_from: 2025-07, ", "", 36, "draw_without_recovery"),
        (
            "rate: {kind: flat, rate: 0.03}",
            "rate: {kind: flat, rate: 0.03, products: [{product: P, rate: 1}, {product: P, rate: 0}]}",
            31,
            "product_rate_twice",
        ),
    ],
)
def test_one_unwise_word_is_found_on_its_line(c2_text: str, written: str, instead: str, line: int, rule: str) -> None:
    assert written in c2_text
    assert (line, rule) in found(c2_text.replace(written, instead))


def test_a_cliff_is_measured_and_may_be_meant() -> None:
    plan = plan_of(rated("retroactive", more="refund: {mode: recompute_origin, window_days: 90}, cap: {amount: 1, per: month}"))
    assert [(one.rule, one.message) for one in lint([plan]) if one.rule == "cliff"] == [
        ("cliff", "at 1000000 one yuan more pays 10000 more, 67% of what was earned"),
        ("cliff", "at 500000 one yuan more pays 2500 more, 50% of what was earned"),
    ]
    meant = plan_of(rated("retroactive", more="acknowledge: {cliff: 总监同意}, cap: {amount: 1, per: month}"))
    assert "cliff" not in {one.rule for one in lint([meant])}


def test_a_table_that_pays_less_for_more_is_an_error() -> None:
    falling = "[{from: 0, to: 500000, rate: 0.02}, {from: 500000, rate: 0.01}]"
    assert ("not_monotone", "error") in {(one.rule, one.severity) for one in lint([plan_of(rated("retroactive", table=falling))])}


def test_a_cap_below_the_target_pay() -> None:
    steps = "[{from: 0, to: 1, x: 1}, {from: 1, x: 1.5}]"
    component = (
        "id: base, event: signed, accumulate: quarter, cap: {{amount: {1}, per: month}}, "
        "rate: {{kind: attainment, target_pay: 9000, boundary: lower_inclusive, table: {0}}}"
    )
    quota = "quota: {source: targets, measure: 签约额}"
    assert "cap_below_target" in {one.rule for one in lint([plan_of(component.format(steps, 2999), extra=quota)])}
    assert "cap_below_target" not in {one.rule for one in lint([plan_of(component.format(steps, 3000), extra=quota)])}


def test_a_plan_counts_in_the_zone_and_currency_of_its_company() -> None:
    plan = plan_of(flat("0.01"), extra="timezone: Asia/Urumqi\nfx: {rate: signed_date, type: SAFE_mid, lock: false}")
    company = Settings(time_zone="Asia/Shanghai", currency="USD")
    rules = {one.rule for one in lint([plan], company)} - {one.rule for one in lint([plan_of(flat("0.01"))])}
    assert rules == {"other_time_zone", "other_currency", "fx_not_locked"}
    with pytest.raises(PlanErrors, match="no time zone of that name"):
        plan_of(flat("0.01"), extra="timezone: Beijing")


def test_two_factors_for_one_case_are_ambiguous() -> None:
    one = "{name: 新签, on: earning, when: {customer_class: new}, x: 1.2}"
    also = "{name: 新客, on: earning, when: {customer_class: [new, renew]}, x: 1.1}"
    other = "{name: 续签, on: earning, when: {customer_class: renew}, x: 0.9}"
    assert "multiplier_order" in {row.rule for row in lint([plan_of(flat("0.01", f"multipliers: [{one}, {also}]"))])}
    assert "multiplier_order" not in {row.rule for row in lint([plan_of(flat("0.01", f"multipliers: [{one}, {other}]"))])}


def test_a_penalty_binds_nobody_without_signatures() -> None:
    plan = plan_of(flat("0.01"), extra="penalties: [{id: late, clause: 逾期未报, max_amount: 200}]")
    unsigned = plan.model_copy(update={"accepted_by": None})
    assert "penalty_without_acceptance" in {one.rule for one in lint([unsigned])}
    assert "penalty_without_acceptance" not in {one.rule for one in lint([plan])}


def meeting(second_assigned_to: str) -> list[Finding]:
    first = plan_of(flat("0.01"))
    second = first.model_copy(update={"plan": "q"})
    assigned = [
        Assignment(payee_no=payee, plan_id=plan, valid_from=date(2026, 1, 1))
        for payee, plan in (("A", "p"), (second_assigned_to, "q"))
    ]
    return [one for one in lint([first, second], Settings(assignments=assigned)) if one.rule == "double_pay"]


def test_two_plans_that_pay_one_person_for_one_event() -> None:
    assert [one.message for one in meeting("A")] == ["A would be paid for one signed by p/base and q/base"]
    assert meeting("B") == []


def test_versions_may_not_overlap() -> None:
    first = plan_of(flat("0.01"))
    second = plan_of(flat("0.02"), version=2, valid="{from: 2026-07-01}")
    after = plan_of(flat("0.02"), version=2, valid="{from: 2027-01-01}")
    assert "versions_overlap" in {one.rule for one in lint([first, second])}
    assert "versions_overlap" not in {one.rule for one in lint([first, after])}


def test_a_clause_that_is_gone_leaves_what_it_kept_waiting() -> None:
    keeps = "cap: {amount: 9, per: month}, holdback: {share: 0.3, release: accepted, review_after_days: 9}"
    gates = "gates: [{id: g, if: 'overdue_ratio > 0.2', then: hold}, {id: z, if: 'overdue_ratio > 0.9', then: zero}]"
    old = plan_of(flat("0.01", keeps), extra=f"{gates}\ncap: {{amount: 99, per: quarter}}", **OLD)
    said = [one.message for one in lint([old, plan_of(flat("0.01"), **NEW)]) if one.rule == "left_waiting"]
    assert [one.partition(" is gone")[0] for one in said] == [
        *("the cap of all together", "the gate g", "the cap of base", "the holdback of base"),
    ]
    same = plan_of(flat("0.01", keeps), extra=f"{gates}\ncap: {{amount: 99, per: quarter}}", **NEW)
    assert not [one for one in lint([old, same]) if one.rule == "left_waiting"]


def test_days_between_two_assignments_are_told() -> None:
    rows = (
        ("A", "p", date(2026, 1, 1), date(2026, 2, 9)),
        ("A", "p", date(2026, 2, 20), None),
        ("B", "p", date(2026, 1, 1), date(2026, 2, 9)),
        ("B", "q", date(2026, 2, 10), None),
        ("B", "p", date(2026, 5, 1), None),
        ("C", "q", date(2026, 1, 1), date(2026, 1, 31)),
        ("C", "p", date(2026, 2, 2), None),
    )
    assigned = [Assignment(payee_no=who, plan_id=plan, valid_from=start, valid_to=end) for who, plan, start, end in rows]
    found = [one for one in lint([plan_of(flat("0.01"))], Settings(assignments=assigned)) if one.rule == "assignment_gap"]
    assert [(one.severity, one.message) for one in found] == [
        (
            "warning",
            "under no plan, then under this one: A from 2026-02-10 to 2026-02-19, C from 2026-02-01 to 2026-02-01",
        )
    ]


def late(old: Plan, new: Plan, assigned: Sequence[Assignment], **signed: date) -> list[str]:
    """What is said of a version that reaches back, for people under the plan from these days and signatures of these days."""
    signatures = {"signatures/p.csv": [Signature(who, on, "纸面") for who, on in signed.items()]}
    found = lint([old, new], Settings(signatures=signatures, assignments=assigned))
    return [one.message for one in found if one.rule == "retroactive_worsening"]


OLD = {"valid": "{from: 2026-01-01, to: 2026-03-31}"}
NEW = {"version": 2, "valid": "{from: 2026-04-01}"}


def under(*payees: str, since: date = date(2026, 1, 1)) -> list[Assignment]:
    return [Assignment(payee_no=payee, plan_id="p", valid_from=since) for payee in payees]


def test_only_who_was_under_the_old_terms_can_be_made_worse_by_the_new() -> None:
    old, new = plan_of(rated(), **OLD), plan_of(rated(table=TABLE.replace("0.010", "0.009")), **NEW)
    before, after = date(2026, 4, 1), date(2026, 4, 2)
    assert late(old, new, under("A"), A=before) == []
    assert late(old, new, [*under("A"), *under("B", since=before)], A=before, B=after) == []
    assert late(old, new, under("A", "B", "C"), A=before, B=after) == [
        "valid from 2026-04-01, B accepted on 2026-04-02, C has not accepted: base may pay less than version 1"
    ]


@pytest.mark.parametrize(
    ("more", "worse"),
    [
        ("gates: [{id: late, if: 'overdue_ratio > 0.2', then: zero}]\n", ["gates is not what version 1 says"]),
        ("cap: {amount: 100, per: month, excess: drop}\n", ["cap is not what version 1 says"]),
        ("floor: {amount: 100, per: month}\n", []),
    ],
)
def test_what_stands_around_the_components_is_made_no_worse_either(more: str, worse: list[str]) -> None:
    plain, other = plan_of(rated(), **OLD), plan_of(rated(), extra=more, **NEW)
    said = late(plain, other, under("A"), A=date(2026, 4, 2))
    assert said == [f"valid from 2026-04-01, A accepted on 2026-04-02: {one}" for one in worse]
    if worse:  # and the other way round it is no loss
        plain, other = plan_of(rated(), **NEW), plan_of(rated(), extra=more, **OLD)
        assert late(other, plain, under("A"), A=date(2026, 4, 2)) == []


def renamed(plan: Plan) -> Plan:
    """The same under next quarter's name and paper."""
    return plan.model_copy(update={"plan": "q", "version": 1, "accepted_by": "signatures/q.csv"})


def late_by_name(
    old: Plan, new: Plan, accepted: date = date(2026, 4, 2), first: date = date(2026, 4, 1), keeps: bool = False
) -> list[str]:
    """What is said of a plan of another name for somebody whose assignment passes from one to the other."""
    until = None if keeps else date(2026, 3, 31)
    spans = (("p", date(2026, 1, 1), until), ("q", first, None))
    assigned = [Assignment(payee_no="A", plan_id=plan, valid_from=start, valid_to=end) for plan, start, end in spans]
    signatures = {"signatures/q.csv": [Signature("A", accepted, "纸面")]}
    found = lint([old, renamed(new)], Settings(signatures=signatures, assignments=assigned))
    return [one.message for one in found if one.rule == "retroactive_worsening"]


ONE, TWO = "id: one, event: signed, rate: {kind: flat, rate: 0.01}", "id: two, event: signed, rate: {kind: flat, rate: 0.02}"


def test_a_new_name_makes_terms_no_better() -> None:
    old, less = plan_of(rated(), **OLD), plan_of(rated(table=TABLE.replace("0.010", "0.009")), **NEW)
    said = ["valid from 2026-04-01, A accepted on 2026-04-02: base may pay less than p version 1"]
    assert late_by_name(old, less) == said
    assert late_by_name(old, less, accepted=date(2026, 4, 1)) == []
    assert late_by_name(old, plan_of(rated(), **NEW)) == []
    assert late_by_name(plan_of(rated()), less, keeps=True) == []  # beside the old one, not in its place
    after_a_pause = late_by_name(old, less, accepted=date(2026, 5, 2), first=date(2026, 5, 1))
    assert after_a_pause == ["valid from 2026-05-01, A accepted on 2026-05-02: base may pay less than p version 1"]


def test_components_of_another_name_answer_for_one_each() -> None:
    both, more = plan_of(ONE, TWO, **OLD), plan_of(TWO.replace("two", "x"), TWO.replace("two", "y"), **NEW)
    assert late_by_name(both, more) == []
    assert late_by_name(both, plan_of(TWO.replace("two", "x"), **NEW)) == [
        "valid from 2026-04-01, A accepted on 2026-04-02: two of p version 1 is gone"
    ]


def test_a_prize_that_was_over_is_nobody_s_loss() -> None:
    prize = "spiffs: [{{id: s, event: signed, per: deal, amount: 9, budget: 90, from: 2026-01-01, to: {}}}]\n"
    over, running = (plan_of(ONE, extra=prize.format(day), **OLD) for day in ("2026-03-31", "2026-04-30"))
    assert late_by_name(over, plan_of(ONE, **NEW)) == []
    assert late_by_name(running, plan_of(ONE, **NEW)) == [
        "valid from 2026-04-01, A accepted on 2026-04-02: spiffs is not what p version 1 says"
    ]


@pytest.mark.parametrize(("rate", "is_worse"), [("0.009", True), ("0.010", False), ("0.011", False)])
def test_terms_are_not_made_worse_after_the_fact(rate: str, is_worse: bool) -> None:
    old = plan_of(rated(), valid="{from: 2026-01-01, to: 2026-03-31}")
    new = plan_of(rated(table=TABLE.replace("0.010", rate)), version=2, valid="{from: 2026-04-01}")
    signed = {"signatures/p.csv": [Signature("A", date(2026, 5, 1), "纸面")]}
    rules = {one.rule for one in lint([old, new], Settings(signatures=signed))}
    assert ("retroactive_worsening" in rules) is is_worse


def test_who_has_not_signed_is_named() -> None:
    assigned = [Assignment(payee_no=payee, plan_id="p", valid_from=date(2026, 1, 1)) for payee in "AB"]
    signed = {"signatures/p.csv": [Signature("A", date(2025, 12, 1), "纸面")]}
    findings = lint([plan_of(flat("0.01"))], Settings(assignments=assigned, signatures=signed))
    assert [one.message for one in findings if one.rule == "unsigned"] == ["B are under the plan and have not signed it"]


def test_the_demo_companys_plans_are_clean_and_signed_by_everybody_under_them() -> None:
    plans = load_plans(COMPANY / "plans")
    with (COMPANY / "plan_assignments.csv").open(encoding="utf-8-sig", newline="") as rows:
        assigned = [
            Assignment(
                payee_no=row["employee_no"],
                plan_id=row["plan_id"],
                valid_from=date.fromisoformat(row["valid_from"]),
                valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
            )
            for row in csv.DictReader(rows)
        ]
    assert [str(one) for one in lint(plans, company_settings(plans, COMPANY, assigned))] == []
    gone = [plan.model_copy(update={"accepted_by": "signatures/gone.csv"}) for plan in plans[:1]]
    assert [one.rule for one in lint(gone, company_settings(gone, COMPANY))] == ["acceptance_missing"]


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("plan_version_by: event_date", "plan_version_by: signed_date", ["turn_of_versions"]),
        (REFUND.format("recompute_origin"), REFUND.format("current_credit"), ["turn_of_versions"]),
        (REFUND.format("recompute_origin"), REFUND.format("original_attribution"), []),
        ("plan_version_by: event_date", "", []),
    ],
)
def test_a_version_shares_out_events_as_the_one_before(old: str, new: str, rules: list[str]) -> None:
    """Else money at the turn is paid, or taken back, by both versions or by neither."""
    plans = [
        plan_of(flat("0.01", words), version=number, valid=valid)
        for number, valid, words in ((1, "{from: 2026-01-01, to: 2026-03-31}", old), (2, "{from: 2026-04-01}", new))
    ]
    findings = [one for one in lint(plans) if one.rule == "turn_of_versions"]
    assert [one.rule for one in findings] == rules
    assert all("version 1" in one.message and one.severity == "error" for one in findings)


def test_draws_of_two_plans_that_keep_to_one_limit_are_found() -> None:
    draw = "draw: {kind: recoverable, amount: 1000}\nrecovery: {limit_draws: true}"
    first = plan_of(flat("0.01"), extra=draw)
    under = [Assignment(payee_no="A", plan_id=name, valid_from=date(2026, 1, 1)) for name in "pq"]
    for extra, people, severities in ((draw, under, ["error"]), (draw, under[:1], []), ("", under, [])):
        plans = [first, plan_of(flat("0.01", event="delivered"), extra=extra).model_copy(update={"plan": "q"})]
        found = [one.severity for one in lint(plans, Settings(assignments=people)) if one.rule == "limit_by_plan"]
        assert found == severities


@pytest.mark.parametrize(("was", "becomes", "found"), [("250", "200", 1), ("250", "300", 0), (None, "300", 1), ("250", None, 0)])
def test_the_budget_of_a_prize_that_goes_on_does_not_fall(was: str | None, becomes: str | None, found: int) -> None:
    spiff = "spiffs: [{{id: spf, event: signed, per: deal, amount: 100, from: 2026-01-01, to: 2026-12-31{}}}]"
    old, new = (
        plan_of(flat("0"), version=number, valid=valid, extra=spiff.format(f", budget: {budget}" if budget else ""))
        for number, valid, budget in (
            (1, "{from: 2026-01-01, to: 2026-03-31}", was),
            (2, "{from: 2026-04-01}", becomes),
        )
    )
    assert len([one for one in lint([old, new]) if one.rule == "turn_of_versions"]) == found


def test_a_component_that_turns_from_signing_to_cash_is_found() -> None:
    old = plan_of(flat("0.01"), valid="{from: 2026-01-01, to: 2026-03-31}")
    new = plan_of(flat("0.01", event="cash_applied"), version=2, valid="{from: 2026-04-01}")
    assert "turn_of_versions" in [one.rule for one in lint([old, new])]
