-- A rule of which more than one decided dispute in twenty is upheld is a bad rule (C6).
select
    coalesce(plan_id, '-') as plan_id,
    coalesce(component_id, '-') as component_id,
    {{ period_name('month', 'opened_on') }} as month,
    cast(count(*) as integer) as disputes,
    cast(sum(case when decided_on is null then 1 else 0 end) as integer) as open_disputes,
    cast(sum(case when decided_on is not null then 1 else 0 end) as integer) as decided,
    cast(sum(case when is_upheld then 1 else 0 end) as integer) as upheld,
    {{ ratio('sum(case when is_upheld then 1 else 0 end)', 'sum(case when decided_on is not null then 1 else 0 end)') }} as upheld_rate,
    cast(sum(days_open) as integer) as days_open_total,
    cast(max(days_open) as integer) as days_open_longest,
    cast(sum(effect_amount) as decimal(18, 2)) as effect_amount
from {{ ref('commission_disputes') }}
group by coalesce(plan_id, '-'), coalesce(component_id, '-'), {{ period_name('month', 'opened_on') }}
