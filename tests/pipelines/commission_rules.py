"""One case for each of many rules of C3, each a payee with a plan of their own, and what every month must earn them, by hand.

What to add here: a rule with its figures.
What belongs elsewhere: the examples and vectors of C10 and C11 (`test_commission_cases.py`).
"""

from __future__ import annotations

from tests.pipelines.commission_company import DECIDED, CommissionCompany

# What left for good, month by month: the lines that say so, and what stands in a balance at the end.
GONE = {
    # 200 and 250 under a cap of 100
    "DRP": ([("2026-01", "WRITE_OFF", "-100.00"), ("2026-04", "WRITE_OFF", "-150.00")], {}),
    # half of the reports in April
    "ZRO": ([("2026-04", "WRITE_OFF", "-250.00")], {}),
    # 200 in three parts, left in February: 66.67, 66.67 and 66.66, of which the second and third are lost
    "LIF": (
        [("2026-01", "HOLDBACK", "-133.33"), ("2026-02", "HOLDBACK_RELEASE", "133.33"), ("2026-02", "WRITE_OFF", "-133.33")],
        {("holdback", "2026-01"): "133.33"},
    ),
    # the same, known only after the quarter was closed: what was paid in February and March is to be given back
    "LIL": (
        [
            *(("2026-01", "HOLDBACK", "-133.33"), ("2026-02", "HOLDBACK_RELEASE", "66.67")),
            *(("2026-03", "HOLDBACK_RELEASE", "66.66"), ("2026-04", "CLAWBACK_RECOVERY", "133.33")),
            *(("2026-04", "HOLDBACK", "-66.66"), ("2026-04", "HOLDBACK_RELEASE", "66.66"), ("2026-04", "WRITE_OFF", "-133.33")),
            *(("2026-05", "CLAWBACK_RECOVERY", "-133.33"), ("2026-05", "WRITE_OFF", "133.33")),  # which nobody asks for any more
        ],
        {
            **{("holdback", "2026-01"): "133.33", ("holdback", "2026-02"): "66.66"},
            ("clawback", "2026-04"): "-133.33",
        },
    ),
    # a milestone that will never come: finance gives the 60 up for lost in April
    "HBL": (
        [("2026-01", "HOLDBACK", "-60.00"), ("2026-04", "HOLDBACK_RELEASE", "60.00"), ("2026-04", "WRITE_OFF", "-60.00")],
        {("holdback", month): "60.00" for month in ("2026-01", "2026-02", "2026-03")},
    ),
}

ATTAINMENT = (
    "id: base, event: signed, accumulate: quarter, rate: {kind: attainment, target_pay: 6000, boundary: lower_inclusive, "
    "table: [{from: 0, to: 1, x: 1}, {from: 1, x: 1.5}], decelerator: {below: 0.8, x: 0.5}}"
)
DECAY = "multipliers: [{name: 逾期, on: earning, by: days_past_due, table: [{to: 30, x: 1.0}, {to: 60, x: 0.8}, {x: 0.5}]}]"
BANDS = "kind: flat, by: discount_rate, table: [{to: 0.10, rate: 0.15}, {rate: 0.075}]"
EARNED = {
    # quota 300 000, pay 6 000: 200 000 are below 80 %, so half; 240 000 are 80 %; 360 000 are 6 000 + 60 000 × 2 % × 1.5
    "ATQ": {"2026-01": "2000.00", "2026-02": "2800.00", "2026-03": "3000.00"},
    # there for 45 of 90 days: quota 150 000, pay 3 000; 180 000 are 3 000 + 30 000 × 2 % × 1.5
    "ATJ": {"2026-03": "3900.00"},
    # 113 000 on 1 April: the instalment due on 31 January is 60 days late, that of 15 March 17
    "LCD": {"2026-04": "900.00"},
    "DCB": {"2026-01": "13.50", "2026-02": "6.75"},
    "RFD": {"2026-01": "100.00", "2026-03": "-20.00"},
    "BIL": {"2026-03": "100.00"},
    "PST": {"2026-02": "100.00"},
    # 550 000 at 1.5 % fall back to 300 000 at 1 %
    "RTA": {"2026-01": "2500.00", "2026-02": "5750.00", "2026-04": "-5250.00"},
    "CNT": {"2026-01": "4503.69", "2026-02": "-1501.23"},
    "MGN": {"2026-01": "40.00", "2026-02": "30.00"},
    "INV": {"2026-01": "1000.00", "2026-02": "-100.00"},
    # 12 000 for a year are 1 000 a month, 5 000 of goods are none; then half of the cash; then half of it comes back
    "MRZ": {"2026-01": "500.00", "2026-02": "250.00"},
    "MRF": {"2026-01": "500.00", "2026-02": "-250.00"},
}

PAID = {
    # of 10 000 a month, 80 % are enough and 79.9999 % are not
    "GTA": {"2026-01": "80.00", "2026-02": "0.00", "2026-03": "180.00"},
    # a quarter's target is asked at its end
    "GTQ": {"2026-01": "0.00", "2026-03": "240.00"},
    # nothing was ever billed, and in March nobody billed or paid anything of theirs: nothing is overdue
    "GTO": {"2026-01": "100.00", "2026-03": "50.00"},
    "GTF": {"2026-01": "100.00", "2026-02": "0.00"},
    # half of 10 000 is what each had to sell
    "GTS": {"2026-01": "50.00"},
    "GTT": {"2026-01": "50.00"},
}


def rules(company: CommissionCompany) -> None:
    """Every case of EARNED, and a person under two plans."""
    on_target(company)
    on_cash(company)
    on_orders(company)
    on_bills_and_costs(company)
    under_two_plans(company)
    on_what_is_lost(company)
    at_gates(company)
    on_subscriptions(company)


def on_target(company: CommissionCompany) -> None:
    for name, amounts in (("ATQ", ("200000", "40000", "120000")), ("ATJ", ("0", "0", "180000"))):
        payee = company.payee(name)
        company.plan(name.lower(), [payee], ATTAINMENT, extra="quota: {source: targets, measure: signed_sales}")
        target = {"metric_id": "signed_sales", "period": "2026-Q1", "amount": "300000", "agreed_on": "2025-12-30"}
        company.say("targets", version=1, scope_type="rep", scope_id=payee, agreed_by=payee, **target, **DECIDED)
        for month, net in enumerate(amounts, start=1):
            if net != "0":
                company.order(f"{name}-{month}", f"2026-{month:02d}-20", net, payee)
    company.rows["employees"][-1]["hire_date"] = "2026-02-15"


def on_cash(company: CommissionCompany) -> None:
    payee = company.payee("LCD", "fxiaoke")
    company.plan("lcd", [payee], f"id: base, event: cash_applied, accumulate: month, rate: {{kind: flat, rate: 0.01}}, {DECAY}")
    company.order("LCD-1", "2026-01-05", "100000", payee)
    for number, due in enumerate(("2026-01-31", "2026-03-15"), start=1):
        bill(company, "LCD", f"{number}", due, "56500", instalment_no=number)
    company.cash("LCD-1", "2026-04-01", "113000")
    payee = company.payee("RFD", "fxiaoke")
    company.plan("rfd", [payee], "id: base, event: cash_applied, accumulate: month, rate: {kind: flat, rate: 0.01}")
    company.order("RFD-1", "2026-01-05", "10000", payee)
    company.cash("RFD-1", "2026-01-20", "11300")
    company.refunded("RFD-1", "2026-03-20", "2260")
    for name, words, day, more in (
        ("BIL", "acceptance_bill: maturity", "2026-01-15", {"maturity_date": "2026-03-15", "method": "acceptance_bill"}),
        ("PST", "date_basis: posting_date", "2026-01-31", {"posting_date": "2026-02-02"}),
    ):
        payee = company.payee(name)
        company.plan(name.lower(), [payee], f"id: base, event: cash_applied, {words}, rate: {{kind: flat, rate: 0.01}}")
        company.order(f"{name}-1", "2026-01-05", "10000", payee)
        company.cash(f"{name}-1", day, "11300")
        company.rows["cash_receipts"][-1] |= more


def on_orders(company: CommissionCompany) -> None:
    company.product("DCP")
    company.say("price_floor", product_code="DCP", floor_price="100", currency_code="CNY", **DECIDED)
    payee = company.payee("DCB")
    company.plan("dcb", [payee], f"id: base, event: signed, accumulate: month, rate: {{{BANDS}}}")
    for month, net in (("01", "90"), ("02", "89.99")):
        company.order(f"DCB-{month}", f"2026-{month}-10", net, payee, lines=[("DCP", net)])
    payee = company.payee("RTA", "fxiaoke")
    steps = "[{from: 0, to: 500000, rate: 0.01}, {from: 500000, rate: 0.015}]"
    table = f"{{kind: retroactive, boundary: lower_inclusive, table: {steps}}}"
    back = "refund: {mode: recompute_origin, window_days: 180}"
    company.plan("rta", [payee], f"id: base, event: signed, accumulate: quarter, rate: {table}, {back}")
    company.order("RTA-1", "2026-01-10", "250000", payee)
    company.order("RTA-2", "2026-02-10", "300000", payee)
    company.returned("RTA-1", "2026-04-10", "250000")
    payee = company.payee("CNT", "fxiaoke")
    company.plan("cnt", [payee], "id: base, event: signed, measure: count, accumulate: month, rate: {kind: flat, rate: 1501.23}")
    for number in ("1", "2", "3"):
        company.order(f"CNT-{number}", f"2026-01-1{number}", "100", payee)
    company.returned("CNT-1", "2026-02-10", "100")
    company.returned("CNT-2", "2026-02-10", "40")


def on_bills_and_costs(company: CommissionCompany) -> None:
    company.product("MGP")
    for first, last, cost in (("2026-01-01", "2026-01-31", "600"), ("2026-02-01", None, "700")):
        decided = {"valid_from": first, "valid_to": last, "reason": "成本", "approved_by": "E901"}
        company.say("cost_table", product_code="MGP", unit_cost=cost, currency_code="CNY", **decided)
    payee = company.payee("MGN")
    margin = "id: base, event: delivered, measure: gross_margin, accumulate: month, rate: {kind: flat, rate: 0.1}"
    company.plan("mgn", [payee], margin)
    for number, day in (("1", "2026-01-31"), ("2", "2026-02-01")):
        company.order(f"MGN-{number}", "2026-01-05", "1000", payee, lines=[("MGP", "1000")])
        company.say("deliveries", delivery_id=f"MGN{number}", crm="zoho", order_no=f"MGN-{number}", delivery_date=day)
    payee = company.payee("INV", "fxiaoke")
    company.plan("inv", [payee], "id: base, event: invoiced, accumulate: month, rate: {kind: flat, rate: 0.01}")
    company.order("INV-1", "2026-01-05", "100000", payee)
    bill(company, "INV", "1", "2026-02-15", "113000", instalment_no=1)
    red = {"entry_type": "credit_note", "entry_date": "2026-02-20", "booked_at": "2026-02-20T10:00:00+08:00", "reason": "红字"}
    bill(company, "INV", "2", None, "11300", **red)


def bill(company: CommissionCompany, payee: str, number: str, due: str | None, amount: str, **more: object) -> None:
    """A line of the ledger of receivables, billed on 10 January unless it says otherwise."""
    day = {"invoice_date": "2026-01-10", "entry_date": "2026-01-10", "booked_at": "2026-01-10T10:00:00+08:00"}
    order = {"crm": "fxiaoke", "order_no": f"{payee}-1", "account_id": f"65bb{payee:0>20}", "invoice_no": f"I{payee}"}
    said = {"entry_id": f"I{payee}-{number}", "entry_type": "invoice", "due_date": due, "amount": amount, "currency_code": "CNY"}
    company.say("ar_ledger", **{**day, **order, **said, **more})


def at_gates(company: CommissionCompany) -> None:
    for name, gate, nets in (
        ("GTA", "attainment < 0.8", ("8000", "7999.99", "10000")),
        ("GTQ", "attainment < 0.8", ("12000", "0", "12000")),
        ("GTO", "overdue_ratio > 0.20", ("10000", "0", "5000")),
        ("GTF", "report_rate < 0.9", ("10000", "10000", "0")),
        ("GTS", "attainment != 1", ("10000", "0", "0")),
        ("GTT", "attainment != 1", ("0", "0", "0")),
    ):
        payee = company.payee(name)
        quota = "quota: {source: targets, measure: signed_sales}"
        flat = "id: base, event: signed, accumulate: month, rate: {kind: flat, rate: 0.01}"
        company.plan(name.lower(), [payee], flat, extra=f'gates: [{{id: gate, if: "{gate}", then: hold}}]\n{quota}')
        for month, net in enumerate(nets, start=1):
            if net != "0":
                company.order(f"{name}-{month}", f"2026-{month:02d}-20", net, payee)
    agreed = [("GTQ", "2026-Q1", "30000"), *((payee, "2026-01", "5000") for payee in ("GTS", "GTT"))]
    for payee in ("GTS", "GTT"):
        deal = {"crm": "zoho", "order_no": "GTS-1", "share": "0.5", "decided_on": "2026-01-02"}
        company.say("deal_splits", employee_no=payee, **deal, **DECIDED)
    for payee, period, amount in (*(("GTA", f"2026-{month:02d}", "10000") for month in (1, 2, 3)), *agreed):
        target = {"metric_id": "signed_sales", "period": period, "amount": amount, "agreed_on": "2025-12-30"}
        company.say("targets", version=1, scope_type="rep", scope_id=payee, agreed_by=payee, **target, **DECIDED)
    for number in range(10):
        for month, late in (("2026-01", 1), ("2026-02", 2)):
            day = {"due_on": f"{month}-{number + 1:02d}", "submitted_on": f"{month}-{20 if number < late else 1}"}
            booked = f"{month}-20T10:00:00+08:00"
            company.say("report_register", report_type="daily_report", employee_no="GTF", booked_at=booked, **day)


def under_two_plans(company: CommissionCompany) -> None:
    """Fines under both, wages of 3 000: the milder plan would take 600 a month, the stricter 300, so 300 it is."""
    payee = company.payee("TWO")
    flat = "id: base, event: {}, accumulate: month, rate: {{kind: flat, rate: 0}}"
    fine = "penalties: [{{id: {}, clause: 逾期, max_amount: {}}}]"
    first, second = fine.format("late", 800), fine.format("slow", 300)
    company.plan("twoa", [payee], flat.format("signed"), extra=first)
    company.plan("twob", [payee], flat.format("delivered"), extra=f"{second}\nrecovery: {{wage_share: 0.10}}")
    for month, clause in (("2026-01", "late"), ("2026-02", "slow")):
        paper = {"evidence": "e.pdf", "approved_by": "E901"}
        company.say("penalties", employee_no=payee, month=month, clause_id=clause, amount="900", **paper)
    for month in range(1, 7):
        company.say("wages", employee_no=payee, month=f"2026-{month:02d}", wages="3000")


def on_what_is_lost(company: CommissionCompany) -> None:
    """A cap that drops, a gate that zeroes, and instalments that a leaver loses."""
    zero = 'gates: [{id: reports, if: "report_rate < 1", then: zero}]'
    for name, more, extra in (
        ("DRP", "cap: {amount: 100, per: month, excess: drop}", ""),
        ("ZRO", "refund: {mode: current_credit}", zero),
        ("HBL", "holdback: {share: 0.3, release: accepted}", ""),
        ("LIL", "instalments: {parts: 3, on_leave: forfeit}", ""),
        ("LIF", "instalments: {parts: 3, on_leave: forfeit}", ""),
    ):
        payee = company.payee(name)
        component = f"id: base, event: signed, accumulate: month, rate: {{kind: flat, rate: 0.01}}, {more}"
        company.plan(name.lower(), [payee], component, extra=extra)
        for month, net in (("01", "20000"), *((("04", "25000"),) if name in ("DRP", "ZRO") else ())):
            company.order(f"{name}-{month}", f"2026-{month}-10", net, payee)
    company.rows["employees"][-1]["leave_date"] = "2026-02-10"
    for payee, month, balance, amount in (("HBL", "2026-04", "holdback", "-60"), ("LIL", "2026-05", "clawback", "133.33")):
        said = {"adjustment_id": payee, "entry_type": "WRITE_OFF", "employee_no": payee, "plan_id": payee.lower()}
        of = {"origin_month": "2026-01", "posting_month": month, "balance": balance, "amount": amount}
        company.say("adjustments", **said, **of, component_id="base", reason="无望", approved_by="E901")
    for month, rate in (("2026-01", "1"), ("2026-04", "0.5")):
        company.say("payee_figures", employee_no="ZRO", period=month, name="report_rate", value=rate)


def on_subscriptions(company: CommissionCompany) -> None:
    """Half of the monthly revenue that is signed, and half of what is collected of it."""
    company.product("SUB", subscription_months=12)
    earns = "accumulate: month, measure: mrr, rate: {kind: flat, rate: 0.5}"
    for name, crm, events in (("MRZ", "zoho", ("signed", "cash_applied")), ("MRF", "fxiaoke", ("signed",))):
        payee = company.payee(name, crm)
        company.plan(name.lower(), [payee], *(f"id: {event}, event: {event}, {earns}" for event in events))
        company.order(f"{name}-1", "2026-01-05", "17000", payee, lines=[("SUB", "12000"), ("STD", "5000")])
    company.cash("MRZ-1", "2026-02-10", "9605")
    company.returned("MRF-1", "2026-02-10", "8500")
