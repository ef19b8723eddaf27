"""The demo company's planted truth is reproduced by the marts, month by month, and nothing is left out of either side."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dbt_project.build import reading

KNOWN_AT = "2027-01-01T02:00:00+08:00"


def differences(
    demo: tuple[Path, Path], truth: str, figure: str, metric_id: str, column: str = "value"
) -> list[tuple[object, ...]]:
    """Months and departments in which truth and metric differ; before 2025 fx_rates.csv has no rate to compare at."""
    warehouse, truths = demo
    with reading(warehouse) as connection:
        return connection.execute(f"""
            with truth as (
                select month, department_id, cast({figure} as decimal(38, 4)) as figure
                from read_csv('{truths}/{truth}.csv', all_varchar = true) where known_at = '{KNOWN_AT}'
            ),
            kpi as (
                select period as month, scope_id as department_id, {column} as figure from management.kpi
                where metric_id = '{metric_id}' and period_type = 'month'
                    and scope_type = 'department' and org_view = 'as_of_event'
            )
            select month, department_id, truth.figure, kpi.figure from truth full outer join kpi using (month, department_id)
            where month >= '2025-01'
                and coalesce(truth.figure, 0) <> coalesce(kpi.figure, 0) order by all
        """).fetchall()


@pytest.mark.parametrize(
    ("truth", "figure", "metric_id", "column"),
    [
        ("monthly_sales", "signed_sales", "signed_sales", "value"),
        ("monthly_sales", "orders", "orders", "value"),
        ("monthly_collections", "collections", "collections", "value"),
        ("monthly_outcomes", "won", "win_rate", "numerator"),
        ("monthly_outcomes", "won_amount", "win_rate_amount", "numerator"),
    ],
)
def test_figures_equal_the_truth(demo: tuple[Path, Path], truth: str, figure: str, metric_id: str, column: str) -> None:
    assert differences(demo, truth, figure, metric_id, column) == []


def test_losses_equal_the_truth(demo: tuple[Path, Path]) -> None:
    assert differences(demo, "monthly_outcomes", "cast(won as integer) + cast(lost as integer)", "win_rate", "denominator") == []


def test_customers_are_merged_as_planted(demo: tuple[Path, Path]) -> None:
    warehouse, truths = demo
    with reading(warehouse) as connection:
        wrong = connection.execute(f"""
            with accounts as (
                select customer, crm || ':' || account_id as account, known_by
                from read_csv('{truths}/customers.csv', all_varchar = true) where merged_into is null
            ),
            ours as (select customer_key, unnest(string_split(merged_from, ',')) as account from core.dim_customers),
            joined as (select customer, customer_key, known_by from accounts inner join ours using (account))
            select customer from joined group by customer
            having count(distinct customer_key) > 1
            union all
            select customer_key from joined group by customer_key having count(distinct customer) > 1
        """).fetchall()
    assert wrong == []


def test_what_is_owed_equals_the_truth_but_for_cash_that_was_not_known_yet(demo: tuple[Path, Path]) -> None:
    warehouse, truths = demo
    with reading(warehouse) as connection:
        missing, too_small, total = connection.execute(f"""
            with truth as (
                select
                    crm, invoice_no, cast(instalment_no as integer) as instalment_no,
                    cast(outstanding as decimal(18, 4)) as outstanding
                from read_csv('{truths}/receivables.csv', all_varchar = true) where as_of = '2026-12-31'
            )
            select
                count(*) filter (where ours.outstanding_amount is null),
                count(*) filter (where ours.outstanding_amount < truth.outstanding),
                count(*)
            from truth left join finance.receivables as ours using (crm, invoice_no, instalment_no)
        """).fetchone()
    assert (missing, too_small, total > 50) == (0, 0, True)
