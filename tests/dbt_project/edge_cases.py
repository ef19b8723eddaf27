"""Records on the edge of a rule, beside the worked cases and apart from their people and customers.

What to add here: a record that a rule just takes or just leaves out.
What belongs elsewhere: cases whose figures are worked out (`worked_cases.py`), what must come out (`test_edge_cases.py`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.dbt_project.fixtures import Lake

D = Decimal
on = date.fromisoformat
at = datetime.fromisoformat  # UTC without a zone
PERSON = {"department_id": "D1", "role": "销售代表", "region": "华东", "hire_date": on("2020-01-01")}


def edge_cases(lake: Lake) -> None:
    """All of them."""
    _logins(lake)
    _visits(lake)
    _rhythms(lake)
    _stages(lake)
    _debts(lake)
    _cash(lake)
    _surveys(lake)


def _logins(lake: Lake) -> None:
    """A login that a successor got, a second login under one number, a number with zeros before it."""
    for key, name, login, since in (
        ("L1", "戊", {"fxiaoke_user_id": "FL1"}, "2020-01-01"),
        ("L1", "戊", {"zoho_user_id": "ZL1"}, "2024-03-01"),
        ("L2", "己", {"fxiaoke_user_id": "FL1"}, "2024-01-01"),
        ("007", "庚", {}, "2020-01-01"),
    ):
        lake.decide("employees", f"{key}|{since}", employee_no=key, name=name, valid_from=on(since), **login, **PERSON)
    for user, number in (("FL1", "L1"), ("FL1b", "L1"), ("FL7", "007"), ("FL8", "7")):
        lake.add("fxiaoke", "users", user, full_name=f"{user} as the CRM writes it", employee_no=number)


def _visits(lake: Lake) -> None:
    """Ten minutes, twenty signs, the quarter of an hour of this company: just enough and just not; and whose place it was."""
    for key, name in (("ge1", "边界样例甲"), ("ge2", "边界样例乙")):
        lake.add("fxiaoke", "accounts", key, account_name=name, owner_id="FL1", life_status="normal")
    twenty = "甲" * 20
    start = at("2025-06-10 01:00")
    for key, minutes_on, stay, more in (
        ("w01", 0, timedelta(minutes=10), {}),
        ("w02", 15, timedelta(minutes=9, seconds=59), {}),
        ("w03", 60, timedelta(minutes=10), {"record_text": twenty[1:]}),
        ("w04", 75, timedelta(minutes=10), {}),
        ("w05", 89, timedelta(minutes=10), {}),
        ("w06", 91, timedelta(minutes=10), {"account_id": "ge2"}),
        ("w07", 93, timedelta(minutes=10), {"owner_id": "FL1b"}),
        ("w08", 200, timedelta(minutes=10), {"account_id": None}),
        ("w09", 300, timedelta(minutes=10), {"life_status": "invalid"}),
        ("w10", 20 * 24 * 60 + 14 * 60 + 59, timedelta(minutes=10), {}),  # 23:59 of the last day in Shanghai
        ("w11", 20 * 24 * 60 + 15 * 60, timedelta(minutes=10), {}),
    ):
        begun = start + timedelta(minutes=minutes_on)
        words = {"owner_id": "FL1", "account_id": "ge1", "life_status": "normal", "record_text": twenty, **more}
        lake.add("fxiaoke", "visits", key, checked_in_at=begun, checked_out_at=begun + stay, **words)
    lake.add("zoho", "accounts", "gze1", account_name="边界样例丙", owner_id="ZL1")
    deal = {"account_id": "gze1", "owner_id": "ZL1", "stage": "Qualification", "created_at": at("2025-06-01 01:00")}
    lake.add("zoho", "opportunities", "gzd1", **deal)
    lake.add(
        "zoho",
        "visits",
        "w12",
        owner_id="ZL1",
        related_module="Deals",
        related_id="gzd1",
        record_text=twenty,
        checked_in_at=start,
        ended_at=start + timedelta(minutes=10),
    )


def _rhythms(lake: Lake) -> None:
    """Customers of L9 in 2018 who come, stay, go and come back on the very days on which that is decided."""
    lake.decide("tax_rates", "vat|2018", tax_code="vat", rate=D("0.13"), valid_from=on("2018-01-01"), valid_to=on("2019-03-31"))
    lake.decide("employees", "L9|2020", employee_no="L9", name="壬", fxiaoke_user_id="FL9", valid_from=on("2020-01-01"), **PERSON)
    for key, name, orders, returns in (
        ("gr1", "节律甲厂", (("2018-01-06", "113"), ("2018-07-05", "113")), ()),  # on the 180th day: kept, never lost, repeated
        ("gr2", "节律乙店", (("2018-07-04", "113"),), ()),
        ("gr3", "节律丙坊", (("2018-03-01", "113"),), (("2018-03-20", "113"),)),  # nothing was left of it
        ("gr4", "节律丁行", (("2018-05-01", "226"),), (("2018-08-01", "113"),)),  # gave back more than it bought since
        ("gr5", "节律戊站", (("2018-06-01", "113"), ("2018-09-01", "226")), ()),
        ("gr6", "节律己院", (("2018-02-10", "113"), ("2020-02-10", "113")), ()),  # back after 24 months to the day
        ("gr7", "节律庚所", (("2018-02-10", "113"), ("2020-02-11", "113")), ()),
        ("gr8", "节律辛局", (("2018-10-02", "113"),), ()),
        ("gr9", "节律壬部", (("2018-10-03", "113"),), ()),
        ("gr10", "节律癸处", (("2025-01-01", "0"),), ()),  # 180 days before the night's day
        ("gr11", "节律子社", (("2025-01-02", "0"),), ()),
    ):
        whose = {"account_id": key, "owner_id": "FL9", "life_status": "normal"}
        lake.add("fxiaoke", "accounts", key, account_name=name, owner_id="FL9", life_status="normal")
        for number, (day, amount) in enumerate(orders):
            order = f"{key}o{number}"
            lake.add("fxiaoke", "orders", order, order_no=order, order_date=on(day), order_amount=D(amount), **whose)
        for day, amount in returns:
            lake.add("fxiaoke", "returns", f"{key}r", order_id=f"{key}o0", return_amount=D(amount), return_date=on(day), **whose)


def _stages(lake: Lake) -> None:
    """Deals of 2018: one that skips a stage after its amount was changed, one lost from its first, one first seen qualified."""
    for key, account, created, steps in (
        (
            "gs1",
            "gr1",
            "2018-04-01",
            (
                ("04-01", "初步接洽", "1", 5),
                ("04-03", "初步接洽", "1", 8),
                ("04-09", "方案报价", "1", 8),
                ("04-14", "商务谈判", "1", 8),
                ("04-19", "赢单", "2", 8),
            ),
        ),
        ("gs2", "gr2", "2018-04-01", (("04-01", "初步接洽", "1", 5), ("04-04", "输单", "3", 5))),
        ("gs3", "gr3", "2018-04-01", (("04-05", "商务谈判", "1", 5), ("04-15", "赢单", "2", 5))),
    ):
        for day, stage, status, amount in steps:
            lake.add(
                "fxiaoke",
                "opportunities",
                key,
                account_id=account,
                owner_id="FL9",
                life_status="normal",
                stage=stage,
                stage_name=stage,
                sales_status=status,
                amount=D(amount),
                created_at=at(f"{created} 02:00"),
                stage_changed_at=at(f"2018-{day} 02:00"),
                modified_at=at(f"2018-{day} 02:00"),
            )
    lake.add(
        "fxiaoke",
        "opportunities",
        "gs4",
        account_id="gr1",
        owner_id="FL9",
        life_status="invalid",
        stage="2",
        sales_status="2",
        amount=D(9),
        created_at=at("2018-04-01 02:00"),
        stage_changed_at=at("2018-04-08 02:00"),
    )


def _debts(lake: Lake) -> None:
    """An invoice due on each side of each border between ages, and a credit note of the day after tomorrow."""
    lake.add("zoho", "accounts", "gm1", account_name="账龄样例", owner_id="ZL1")
    entry = {"crm": "zoho", "account_id": "gm1", "currency_code": "CNY"}
    for number, days in enumerate((0, 1, 30, 31, 60, 61, 90, 91, 180, 181, 365, 366), start=1):
        billed = {"invoice_date": on("2024-06-01"), "entry_date": on("2024-06-01"), "due_date": lake.as_of - timedelta(days=days)}
        invoice = f"GI{number:02}"
        lake.decide(
            "ar_ledger",
            invoice,
            entry_id=invoice,
            entry_type="invoice",
            invoice_no=invoice,
            instalment_no=1,
            amount=D(100 * number),
            **billed,
            **entry,
        )
    lake.decide(
        "ar_ledger",
        "GC",
        entry_id="GC",
        entry_type="credit_note",
        invoice_no="GI01",
        amount=D(9),
        entry_date=lake.as_of + timedelta(days=2),
        **entry,
    )


def _cash(lake: Lake) -> None:
    """A prepayment and what is drawn on it, cash allocated after the night, on an order that does not count, on voided paper."""
    for receipt, day, amount, method, allocated in (
        ("GR1", "2025-05-01", 100, "wire", None),
        ("GR2", "2025-05-10", 40, "prepaid_drawdown", "2025-05-10"),
        ("GR3", "2025-06-20", 30, "wire", "2025-07-05"),
        ("GR4", "2024-05-15", 50, "wire", "2024-05-15"),
        ("GR5", "2024-06-20", 20, "wire", "2024-06-20"),
        ("GR6", "2024-07-10", 10, "wire", "2024-07-10"),
    ):
        lake.decide(
            "cash_receipts",
            receipt,
            receipt_id=receipt,
            crm="zoho",
            account_id="gm1",
            bank_value_date=on(day),
            posting_date=on(day),
            amount=D(amount),
            currency_code="CNY",
            method=method,
        )
        if allocated:
            lake.decide(
                "cash_allocations",
                f"{receipt}A",
                allocation_id=f"{receipt}A",
                receipt_id=receipt,
                invoice_no={"GR4": "GI02", "GR5": "GI03", "GR6": "GI03"}.get(receipt, "GI12"),
                amount=D(amount),
                allocated_on=on(allocated),
            )
    lake.add("fxiaoke", "accounts", "gm2", account_name="回款样例", owner_id="FL1", life_status="normal")
    whose = {"account_id": "gm2", "owner_id": "FL1"}
    for order, status in (("gmo1", "under_review"), ("gmo2", "normal")):
        lake.add(
            "fxiaoke",
            "orders",
            order,
            order_no=order,
            order_date=on("2019-11-01"),
            order_amount=D(113),
            life_status=status,
            **whose,
        )
    for payment, order, status in (("gmp1", "gmo1", "normal"), ("gmp2", "gmo2", "invalid"), ("gmp3", "gmo2", "normal")):
        paid = {"payment_amount": D(113), "payment_date": on("2019-11-05")}
        lake.add("fxiaoke", "payments", payment, payment_term="4", life_status=status, **paid, **whose)
        lake.add("fxiaoke", "payment_lines", f"{payment}l", payment_id=payment, order_id=order, life_status="normal", **paid)
    for line, amount, status in (("gml1", "56.5", "normal"), ("gml2", "56.5", "in_change"), ("gml3", "113", "invalid")):
        lake.add(
            "fxiaoke",
            "order_lines",
            line,
            order_id="gmo2",
            product_id="fp1",
            quantity=D(1),
            list_price=D(60),
            subtotal=D(amount),
            life_status=status,
        )
    lake.add(
        "fxiaoke",
        "returns",
        "gmr",
        order_id="gmo2",
        return_amount=D(113),
        return_date=on("2019-12-01"),
        life_status="invalid",
        **whose,
    )


def _surveys(lake: Lake) -> None:
    """Answers of the first day after their wave, of an interview, of days to come; a purchase of just a year before."""
    for account, method, sent, answered, score in (
        ("gr2", "questionnaire", "2019-06-20", "2019-07-01", 4),
        ("gr5", "questionnaire", "2019-07-01", "2019-07-01", 5),
        ("gr1", "questionnaire", "2019-07-01", "2019-07-05", 1),
        ("gr4", "interview", "2019-07-01", "2019-07-02", 1),
        ("gr3", "questionnaire", "2025-06-20", "2025-07-02", 5),
        ("gr3", "questionnaire", "2025-07-01", "2025-07-02", 5),
    ):
        key = f"{account}{sent}"
        lake.decide(
            "survey_responses",
            key,
            response_id=key,
            method=method,
            channel="mail",
            crm="fxiaoke",
            account_id=account,
            sent_on=on(sent),
            answered_on=on(answered),
            score=score,
        )
