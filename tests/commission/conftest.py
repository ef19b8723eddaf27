"""Plans and facts that several commission tests speak of.

Add a fixture used by two files; numbers asserted by one test stay in that test.
"""

from __future__ import annotations

import pytest

C2 = """\
plan: north-rep-2025            # stable id
version: 3
title: 华北销售代表提成办法 2025
valid: {from: 2025-04-01, to: 2025-12-31}
currency: CNY
approved_by: [{role: sales_director, id: E900, at: 2025-03-20}, {role: finance, id: E905, at: 2025-03-21}]
accepted_by: signatures/north-rep-2025-v3.csv    # employee, date, channel; needed before a penalty clause may bind
eligible: {role: 销售代表, department: 一部, employment: active_on_date}
timezone: Asia/Shanghai
components:
  - id: base
    name_zh: 回款提成
    event: cash_applied           # signed | invoiced | cash_applied | delivered
    date_basis: bank_value_date   # of cash; plan_version_by: event_date | signed_date
    plan_version_by: event_date   # the two give different pay when a plan changes mid-period
    measure: amount_ex_tax        # amount_ex_tax | gross_margin | quantity | mrr | count
    filter: {product_line: [A, B], exclude_tags: [赠品, 样品, 内部]}
    credit: {primary: owner_at_signature, splits: split_table, overlays: []}
    accumulate: quarter           # transaction | month | quarter | year
    rate:
      kind: marginal              # flat | marginal | retroactive | interpolated | attainment
      boundary: lower_inclusive   # "达到即适用"
      table: [{from: 0, to: 500000, rate: 0.010}, {from: 500000, to: 1000000, rate: 0.015}, {from: 1000000, rate: 0.025}]
    multipliers:
      - {name: 逾期回款衰减, on: earning, by: days_past_due, table: [{to: 30, x: 1.0}, {to: 60, x: 0.8}, {to: 90, x: 0.5}, {x: 0}]}
    cap: {amount: 15000, per: month, excess: carry_forward}   # drop | carry_forward | review
    refund: {mode: recompute_origin, window_days: 180}        # A | B | C, see C3
    holdback: {share: 0.30, release: acceptance_signed}
  - id: new_customer
    event: signed
    rate: {kind: flat, rate: 0.03}
    multipliers: [{name: 新签, on: earning, when: {customer_class: new}, x: 1.2}]
gates:
  - {id: overdue, if: "overdue_ratio > 0.20", then: hold, release: "overdue_ratio <= 0.20"}
quota: {source: targets, measure: 回款额, proration: calendar_days_inclusive}
draw: {kind: recoverable, amount: 1000, per: month, recover_from: 2025-07, recover_down_to: 1000, on_leave: settle_with_legal_limit}
award: {monthly_champion: {prize: 2000, rank_by: collected_ex_tax, gates: [overdue<=0.20], ties: [gross_margin, earlier_date, split]}}
rounding: {mode: HALF_UP, places: 2, unit: payee_component_period}
fx: {rate: signed_date, type: SAFE_mid, lock: true}
"""  # noqa: E501 - printed as in the specification


@pytest.fixture
def c2_text() -> str:
    """The plan file printed in C2 of the specification."""
    return C2
