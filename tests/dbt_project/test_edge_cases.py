"""What lies on the edge of a rule comes out on the right side of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.dbt_project.build import rows

D = Decimal


def parts(worked: Path, metric_id: str, scope: str = "L9") -> dict[str, tuple[Decimal, Decimal | None]]:
    """Numerator and denominator of a metric by month, months of which nothing is said left out."""
    found = rows(
        worked,
        f"""
        select period, numerator, denominator from management.kpi
        where metric_id = '{metric_id}' and scope_id = '{scope}' and period_type = 'month' and org_view = 'as_of_event'
            and value is not null and (numerator <> 0 or denominator <> 0) order by period
    """,
    )
    return {period: (numerator, denominator) for period, numerator, denominator in found}


def months(worked: Path, metric_id: str, scope: str = "L9") -> dict[str, int]:
    """A count by month, months without left out."""
    return {period: int(numerator) for period, (numerator, _) in parts(worked, metric_id, scope).items() if numerator}


def test_a_login_is_whose_it_was_on_the_day(worked: Path) -> None:
    """L2 got L1's login in 2024, and L1's own second one is known by the number in the CRM; 7 is not 007."""
    always, last = date(1900, 1, 1), date(9999, 12, 31)
    assert rows(
        worked,
        """
        select crm, user_id, employee_no, effective_from, effective_to from intermediate.int_owners
        where user_id like '%L1%' or user_id in ('FL7', 'FL8') order by all
    """,
    ) == [
        ("fxiaoke", "FL1", "L1", always, date(2024, 1, 1)),
        ("fxiaoke", "FL1", "L2", date(2024, 1, 1), last),
        ("fxiaoke", "FL1b", "L1", always, date(2024, 3, 1)),
        ("fxiaoke", "FL1b", "L1", date(2024, 3, 1), last),
        ("fxiaoke", "FL7", "007", always, last),
        ("zoho", "ZL1", "L1", always, date(2024, 3, 1)),
        ("zoho", "ZL1", "L1", date(2024, 3, 1), last),
    ]
    users = "select user_id, employee_no, rule, is_contradicted from core.dim_crm_users where user_id like 'FL%' order by 1"
    assert rows(worked, users) == [
        ("FL1", "L2", "company_file", True),
        ("FL1b", "L1", "crm_number", False),
        ("FL7", "007", "crm_number", False),
        ("FL8", None, "nobody", False),
    ]


def test_a_visit_is_valid_from_the_very_minute_and_sign(worked: Path) -> None:
    """Too short, too little said, too soon at the same place, nobody's place; another customer or another person is no repeat."""
    found = rows(worked, "select visit_id, visit_date, is_valid from core.fct_visits where visit_id like 'w%' order by 1")
    day = date(2025, 6, 10)
    assert found == [
        ("w01", day, True),
        ("w02", day, False),
        ("w03", day, False),
        ("w04", day, True),
        ("w05", day, False),
        ("w06", day, True),
        ("w07", day, True),
        ("w08", day, False),
        ("w10", date(2025, 6, 30), True),
        ("w12", day, True),
    ]


def test_customers_are_new_lost_and_back_on_the_very_day(worked: Path) -> None:
    assert months(worked, "new_customers") == {
        "2018-01": 1,
        "2018-02": 2,
        "2018-03": 1,
        "2018-05": 1,
        "2018-06": 1,
        "2018-07": 1,
        "2018-10": 2,
        "2025-01": 2,
    }
    assert months(worked, "lost_customers") == {
        "2018-08": 3,
        "2018-10": 1,
        "2018-12": 1,
        "2019-03": 1,
        "2019-04": 1,
        "2019-06": 1,
        "2019-12": 1,
        "2025-06": 1,
    }
    assert months(worked, "won_back_customers") == {"2020-02": 2}
    assert parts(worked, "win_back_rate")["2018-08"] == (D(2), D(3))
    assert months(worked, "reactivated_customers", "D1") == {"2020-02": 1}


def test_what_is_kept_of_two_windows_is_said_from_the_first_whole_pair_on(worked: Path) -> None:
    """To the end of 2018 two windows of 180 days begin with the first order known; a month earlier nothing can be said."""
    names = ("retention_rate", "revenue_retention_net", "revenue_retention_gross")
    kept = {name: parts(worked, name, "company") for name in names}
    assert {name: min(found) for name, found in kept.items()} == dict.fromkeys(kept, "2018-12")
    assert [found["2018-12"] for found in kept.values()] == [(D(2), D(6)), (D(300), D(700)), (D(200), D(700))]


def test_a_cohort_is_judged_on_its_180th_day(worked: Path) -> None:
    """Who came back on the 180th day did; the first customer of 2025 has had its time on the night's own day, the second not."""
    cohorts = parts(worked, "cohort_repurchase_rate")
    assert (cohorts["2018-01"], cohorts["2018-06"], cohorts["2025-01"]) == ((D(1), D(1)), (D(1), D(1)), (D(0), D(1)))
    active = months(
        worked, "active_customers_90", "D1"
    )  # who took everything back is none, nor who bought 90 days before
    assert (active["2018-03"], active["2018-12"]) == (3, 1)


def test_a_customer_is_new_for_ninety_days_and_one_without_an_order_has_no_score(worked: Path) -> None:
    """At the end of 2018 the 89th day after 3 October is still new, the 90th after the 2nd is not; 边界样例丙 only has a deal."""
    tiers = """
        select name, month, is_new, computed_tier = 'new', r_score is null, segment from management.customer_months
        inner join core.dim_customers using (customer_key)
        where (month = '2018-12-01' and name in ('节律辛局', '节律壬部')) or (month = '2025-06-01' and name = '边界样例丙')
        order by 1
    """
    assert rows(worked, tiers) == [
        ("节律壬部", date(2018, 12, 1), True, True, False, "D1"),
        ("节律辛局", date(2018, 12, 1), False, False, False, "D1"),
        ("边界样例丙", date(2025, 6, 1), False, False, True, "D1"),
    ]


def test_growth_over_less_than_nothing_is_not_said_nor_anything_before_the_first_month(worked: Path) -> None:
    """Over a month that took back more than it sold none has grown; of L9 nothing is said before its first customer came."""
    fallen = """
        select sales.previous < 0, growth.value from management.kpi as growth inner join management.kpi as sales
            on sales.metric_id = 'signed_sales' and (growth.scope_type, growth.scope_id, growth.org_view, growth.period)
                = (sales.scope_type, sales.scope_id, sales.org_view, sales.period)
        where growth.metric_id = 'sales_growth_on_period' and coalesce(sales.previous, 0) <= 0
            and (growth.value is not null or sales.previous < 0)
        group by all
    """
    assert rows(worked, fallen) == [(True, None)]
    first = "select min(period) from management.kpi where scope_id = 'L9' and scope_type = 'rep' and period_type = 'month'"
    assert rows(worked, first) == [("2018-01",)]


def test_a_deal_s_steps_are_its_stages_whatever_else_was_changed(worked: Path) -> None:
    """One step was over a stage; who lost skipped nothing; of a deal first seen qualified nobody knows since when."""
    assert parts(worked, "skipped_stage_rate") == {"2018-04": (D(1), D(4))}
    assert parts(worked, "qualified_cycle_days") == {"2018-04": (D(10), D(1))}
    assert parts(worked, "win_rate") == {"2018-04": (D(2), D(3))}


def test_a_debt_is_as_old_as_its_border_says(worked: Path) -> None:
    found = rows(
        worked,
        """
        select days_past_due, bucket, outstanding_amount, applied_amount, credited_amount from finance.receivables
        where invoice_no like 'GI%' order by 1
    """,
    )
    buckets = ("not_due", "d1_30", "d1_30", "d31_60", "d31_60", "d61_90", "d61_90", "d91_180", "d91_180", "d181_365", "d181_365")
    days = (0, 1, 30, 31, 60, 61, 90, 91, 180, 181, 365)
    assert found == [
        *(
            (day, bucket, D(100 * number) - paid, D(paid), D(0))
            for number, (day, bucket) in enumerate(zip(days, buckets, strict=True), start=1)
            for paid in ({2: 50, 3: 30}.get(number, 0),)
        ),
        (366, "d366_plus", D(1160), D(40), D(0)),
    ]
    # cash of May for an invoice of June waits for it: in May nobody owed less than nothing
    assert "2024-05" not in parts(worked, "receivables_balance", "company")
    # of what June billed June itself paid 20: the cash of May and of July is no cash of June
    assert parts(worked, "collection_rate_current", "company")["2024-06"] == (D(20), D(7800))
    assert rows(worked, "select unapplied, outstanding from finance.receivables_ageing where customer_name = '账龄样例'") == [
        (D(-90), D(7680)),
    ]


def test_only_what_is_paid_and_stands_settles_an_order(worked: Path) -> None:
    """A drawdown brings no money; what is allocated tomorrow or to an order that does not count waits; voided papers are none."""
    assert rows(
        worked,
        """
        select payment_id, is_applied, order_key is not null, amount from core.fct_payments
        where payment_id like 'g%' or payment_id like 'GR%' order by all
    """,
    ) == [
        ("GR1", False, False, D(100)),
        ("GR2", False, False, D(-40)),
        ("GR2", True, False, D(40)),
        ("GR3", False, False, D(30)),
        ("GR4", True, False, D(50)),
        ("GR5", True, False, D(20)),
        ("GR6", True, False, D(10)),
        ("gmp1", False, False, D(113)),
        ("gmp3", True, True, D(113)),
    ]
    assert rows(worked, "select return_id from core.fct_returns where return_id like 'g%' order by 1") == [("gr3r",), ("gr4r",)]
    order = "core.fct_order_lines as lines inner join core.fct_orders using (order_key) where order_no = 'gmo2'"
    lines = f"select lines.net_amount from {order}"
    assert rows(worked, lines) == [(D(50),), (D(50),)]


def test_an_answer_counts_in_the_wave_of_its_own_day_by_what_was_bought_in_the_year_before(worked: Path) -> None:
    """gr1 bought 365 days before it answered, which is no longer the year; an interview is no rate, and tomorrow is not known."""
    found = rows(worked, """
        select wave, sent, answered_in_wave, answers, top_two, share, share_by_revenue from management.satisfaction
        where scope_type = 'company' and channel = 'all' order by wave
    """)
    assert found == [
        ("2019-Q2", 1, 0, 0, 0, None, None),
        ("2019-Q3", 2, 2, 3, 2, D("0.666667"), D(1)),
        ("2025-Q2", 1, 0, 0, 0, None, None),
    ]


@pytest.mark.parametrize("world", ["worked", "demo"])
def test_nothing_is_counted_on_a_day_that_is_still_to_come(world: str, request: pytest.FixtureRequest) -> None:
    built = request.getfixturevalue(world)
    warehouse = built if world == "worked" else built[0]
    to_come = "select metric_id, event_date from intermediate.int_kpi_events cross join core.clocks where event_date > as_of"
    assert rows(warehouse, to_come) == []
