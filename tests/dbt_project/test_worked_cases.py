"""The worked cases come out of the marts to the cent, from raw versions to published tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from hashlib import md5
from pathlib import Path

from tests.dbt_project.build import rows

D = Decimal


def key(crm: str, thing: str) -> str:
    """The key of a thing of one CRM."""
    return md5(f"{crm}:{thing}".encode(), usedforsecurity=False).hexdigest()


def test_four_invoices_age_as_worked_out(worked: Path) -> None:
    assert rows(
        worked,
        """
        select invoice_no, instalment_no, outstanding_amount, days_past_due, bucket from finance.receivables
        where crm = 'zoho' and invoice_no like 'INV_' order by invoice_no, instalment_no
    """,
    ) == [
        ("INV1", 1, D("70000.0000"), 136, "d91_180"),
        ("INV2", 1, D("55000.0000"), 11, "d1_30"),
        ("INV3", 1, D("80000.0000"), -20, "not_due"),
        ("INV4", 1, D("5000.0000"), 61, "d61_90"),
        ("INV4", 2, D("20000.0000"), -31, "not_due"),
    ]
    assert rows(
        worked,
        """
        select not_due, d1_30, d31_60, d61_90, d91_180, d181_365, d366_plus, outstanding, overdue, unapplied
        from finance.receivables_ageing where customer_name = '四张发票公司'
    """,
    ) == [tuple(D(f"{amount}.0000") for amount in (100000, 55000, 0, 5000, 70000, 0, 0, 230000, 130000, -12000))]
    assert round(D(130000) / D(230000) * 100, 2) == D("56.52")


def test_part_payments_earn_what_the_whole_earns(worked: Path) -> None:
    assert rows(
        worked,
        """
        select month, base_in_month, amount from finance.commission_earnings where payee_no = 'E1' order by month
    """,
    ) == [
        ("2025-04", D("33333.3362831858"), D("1066.67")),
        ("2025-05", D("33333.3362831859"), D("1066.66")),
        ("2025-06", D("33333.3274336283"), D("1066.67")),
    ]
    assert rows(
        worked, "select month, earned, adjusted, payable, status from finance.commission_by_payee_month order by month"
    ) == [
        ("2025-04", D("1066.67"), D("0.00"), D("1066.67"), "draft"),
        ("2025-05", D("1066.66"), D("0.00"), D("1066.66"), "draft"),
        ("2025-06", D("1066.67"), D("0.00"), D("1066.67"), "draft"),
    ]


def test_a_rebate_settles_but_is_no_cash(worked: Path) -> None:
    assert rows(
        worked,
        """
        select method, is_cash, is_applied, amount, order_key is null from core.fct_payments
        where payment_id = 'fp9' order by is_applied
    """,
    ) == [
        ("返利抵款", False, False, D("370.0000"), True),
        ("返利抵款", False, True, D("1130.0000"), False),
    ]
    assert rows(
        worked,
        """
        select value from management.kpi
        where metric_id = 'collections' and period = '2025-Q2' and scope_id = 'E1' and org_view = 'as_of_event'
    """,
    ) == [(D("113000.000000"),)]


def test_an_order_counts_once_in_its_last_known_version(worked: Path) -> None:
    assert rows(
        worked,
        """
        select order_no, employee_no, department_id, region, is_counted, currency_code, fx_rate, net_amount,
            freight_amount, net_amount_base
        from core.fct_orders where order_date >= '2025-01-01' and order_no not like 'g%' order by order_no
    """,
    ) == [
        ("BC1", None, "D2", None, True, "USD", D("7.170000"), D("50000.0000"), D("25.0000"), D("358500.0000")),
        ("BC2", None, "D2", None, False, "CNY", D("1.000000"), D("10.0000"), D("0.0000"), D("10.0000")),
        ("BC6", None, "D2", None, False, "CNY", D("1.000000"), D("10.0000"), D("0.0000"), D("10.0000")),
        ("SO1", "E1", "D1", "华东", True, "CNY", D("1.000000"), D("100000.0000"), D("0.0000"), D("100000.0000")),
        ("SO2", "E1", "D1", "华东", True, "CNY", D("1.000000"), D("1000.0000"), D("0.0000"), D("1000.0000")),
        ("SO3", "E2", "D2", "华北", True, "CNY", D("1.000000"), D("2000.0000"), D("0.0000"), D("2000.0000")),
    ]
    assert rows(worked, "select source, object, key, rule, reason from core.quarantine") == [
        ("zoho", "orders", "zo5", "sub_total_not_negative", "Sub_Total is -1"),
    ]


def test_two_accounts_with_one_code_are_one_customer(worked: Path) -> None:
    assert rows(
        worked,
        """
        select customer_key, name, crms, merged_from, uscc, industry, owner_employee_no, first_order_date
        from core.dim_customers where name not like '%样例%' and merged_from not like '%:g%' order by name
    """,
    ) == [
        (key("zoho", "zd3"), "四张发票公司", "zoho", "zoho:zd3", None, None, "E2", None),
        (
            key("fxiaoke", "fa1"),
            "宏达机械有限公司",
            "fxiaoke,zoho",
            "fxiaoke:fa1,zoho:za1",
            "9111000010000000AQ",
            "机械",
            "E1",
            date(2025, 3, 15),
        ),
    ]


def test_phones_that_a_company_keeps_are_looked_at(worked: Path) -> None:
    """宏达 has a landline and a mobile that is one of staff; the other's number is too short."""
    said = """
        select name, has_valid_phone, has_contradictory_phone from core.dim_customers where has_valid_phone is not null order by 1
    """
    assert rows(worked, said) == [("四张发票公司", False, False), ("宏达机械有限公司", True, True)]
    shares = """
        select metric_id, numerator, denominator from management.kpi
        where metric_id like 'customer_phone%' and scope_type = 'company' and period_type = 'month' and org_view = 'current'
            and value is not null order by 1
    """
    assert rows(worked, shares) == [("customer_phone_contradiction", D(1), D(2)), ("customer_phone_validity", D(1), D(2))]


def test_every_sale_is_somebodys_and_parts_make_the_whole(worked: Path) -> None:
    assert rows(
        worked,
        """
        select org_view, scope_type, scope_id, value, target, attainment from management.kpi
        where metric_id = 'signed_sales' and period = '2025' and org_view = 'as_of_event'
                and scope_type in ('company', 'department', 'product_line', 'rep') and value <> 0
            order by scope_type, scope_id
    """,
    ) == [
        ("as_of_event", "company", "company", D("451500.000000"), D("200000.000000"), D("2.257500")),
        ("as_of_event", "department", "D1", D("91000.000000"), D("200000.000000"), D("0.455000")),
        ("as_of_event", "department", "D2", D("360500.000000"), None, None),
        ("as_of_event", "product_line", "unassigned", D("3000.000000"), None, None),
        ("as_of_event", "product_line", "密封", D("36000.000000"), None, None),
        ("as_of_event", "product_line", "液压", D("412500.000000"), None, None),
        ("as_of_event", "rep", "E1", D("91000.000000"), D("200000.000000"), D("0.455000")),
        ("as_of_event", "rep", "E2", D("2000.000000"), None, None),
        ("as_of_event", "rep", "unassigned", D("358500.000000"), None, None),
    ]


def test_rates_keep_their_parts_and_are_empty_where_nothing_happened(worked: Path) -> None:
    assert rows(
        worked,
        """
        select metric_id, period, numerator, denominator, value, previous from management.kpi
        where scope_type = 'company' and org_view = 'as_of_event' and period in ('2025-04', '2025-06')
            and metric_id in ('win_rate', 'win_rate_amount', 'sales_cycle_days', 'average_deal', 'new_customers', 'orders')
        order by metric_id, period
    """,
    ) == [
        ("average_deal", "2025-04", D("101000.000000"), D("2.000000"), D("50500.000000"), D("358500.000000")),
        ("average_deal", "2025-06", D("-10000.000000"), D("0.000000"), None, D("2000.000000")),
        ("new_customers", "2025-04", D("0.000000"), None, D("0.000000"), D("1.000000")),
        ("new_customers", "2025-06", D("0.000000"), None, D("0.000000"), D("0.000000")),
        ("orders", "2025-04", D("2.000000"), None, D("2.000000"), D("1.000000")),
        ("orders", "2025-06", D("0.000000"), None, D("0.000000"), D("1.000000")),
        ("sales_cycle_days", "2025-04", D("26.000000"), D("2.000000"), D("13.000000"), None),
        ("sales_cycle_days", "2025-06", D("0.000000"), D("0.000000"), None, None),
        ("win_rate", "2025-04", D("2.000000"), D("2.000000"), D("1.000000"), None),
        ("win_rate", "2025-06", D("0.000000"), D("0.000000"), None, D("0.000000")),
        ("win_rate_amount", "2025-04", D("400.000000"), D("400.000000"), D("1.000000"), None),
        ("win_rate_amount", "2025-06", D("0.000000"), D("0.000000"), None, D("0.000000")),
    ]
    assert rows(
        worked,
        "select opportunity_id, status, closed_date, cycle_days, probability from core.fct_opportunities "
        "where opportunity_id between 'c1' and 'c8' order by 1",
    ) == [
        ("c1", "won", date(2025, 4, 11), 10, D("0.600000")),
        ("c2", "won", date(2025, 4, 17), 16, D("0.600000")),
        ("c3", "lost", date(2025, 5, 1), None, D("0.600000")),
        ("c4", "open", None, None, D("0.600000")),
    ]


def test_a_visit_is_valid_only_when_it_was_one(worked: Path) -> None:
    visits = "select visit_id, visit_date, duration_minutes, is_valid from core.fct_visits where visit_id like 'v%' order by 1"
    assert rows(worked, visits) == [
        ("v1", date(2025, 6, 10), 30, True),
        ("v2", date(2025, 6, 10), 30, True),  # 20 minutes after the first: this company's own threshold is 15
        ("v3", date(2025, 6, 11), 5, False),
        ("v4", date(2025, 6, 12), 30, False),
        ("v5", date(2025, 6, 13), None, False),
    ]


def test_words_of_a_companys_own_mean_what_it_and_its_crm_say(worked: Path) -> None:
    assert rows(
        worked,
        """
        select opportunity_id, stage, status, closed_date from core.fct_opportunities
        where opportunity_id in ('w9', 'z1', 'z2', 'z3', 'z4', 'z5') order by opportunity_id
    """,
    ) == [
        ("w9", "合同评审", "open", None),
        ("z1", "Anfrage", "open", None),
        ("z2", "Angebot", "open", None),
        ("z3", "Auftrag", "won", date(2024, 3, 5)),
        ("z4", "Abgesagt", "lost", date(2024, 3, 5)),
    ]
    assert rows(
        worked,
        """
        select crm, stage, ends_as, stage_no, is_qualified, is_decided, category, said_by from core.dim_stages
        where object = 'opportunities' and said_by <> 'default' order by crm, stage
    """,
    ) == [
        ("fxiaoke", "合同评审", "open", 4, True, True, "commit", "company"),
        ("zoho", "Abgesagt", "lost", None, False, True, None, "crm"),
        ("zoho", "Anfrage", "open", 1, True, True, "pipeline", "company"),
        ("zoho", "Angebot", "open", 2, True, True, "best_case", "crm"),
        ("zoho", "Auftrag", "won", 3, False, True, None, "crm"),
        ("zoho", "Doppelt", "void", None, False, True, None, "company"),
    ]
    assert rows(
        worked,
        """
        select distinct stage, stage_no, is_qualified, category, status from core.opportunity_history
        where opportunity_key in (select opportunity_key from core.fct_opportunities where opportunity_id in ('w9', 'z2', 'z3'))
            and known_to is null
        order by stage
    """,
    ) == [
        ("Angebot", 2, True, "best_case", "open"),
        ("Auftrag", 3, False, None, "won"),
        ("合同评审", 4, True, "commit", "open"),
    ]
    assert rows(
        worked,
        """
        select threshold_id, value, default_value, is_own from core.dim_thresholds
        where threshold_id in ('visit_repeat_minutes', 'visit_min_minutes') order by 1
    """,
    ) == [
        ("visit_min_minutes", D("10.000000"), D("10.000000"), False),
        ("visit_repeat_minutes", D("15.000000"), D("30.000000"), True),
    ]


def test_a_visit_is_near_where_both_places_are_known(worked: Path) -> None:
    """410 m, 2.1 km, no place of the check-in, and one that is empty."""
    asked = "select visit_id, is_near, is_valid from core.fct_visits where visit_id like 'g%' order by 1"
    assert rows(worked, asked) == [("g1", True, True), ("g2", False, False), ("g3", None, True), ("g4", None, True)]


def test_words_of_which_nobody_said_anything_are_named(worked: Path) -> None:
    assert rows(worked, "select crm, company_file, object, word, records from core.undecided_words order by all") == [
        ("fxiaoke", "stages", "opportunities", "2", 1),  # c4, which wins later
    ]


def test_a_person_who_moved_counts_by_view(worked: Path) -> None:
    assert rows(
        worked,
        """
        select employee_no, department_id, department_name, region, is_active from core.dim_employees
        where employee_no in ('E1', 'E2') order by employee_no
    """,
    ) == [("E1", "D1", "一部", "华东", True), ("E2", "D2", "二部", "华北", True)]
    assert rows(
        worked,
        """
        select employee_no, version_no, effective_from, effective_to
        from core.dim_employee_history where employee_no = 'E2' order by version_no
    """,
    ) == [
        ("E2", 1, date(1900, 1, 1), date(2025, 5, 1)),
        ("E2", 2, date(2025, 5, 1), date(9999, 12, 31)),
    ]
