-- Every component of every plan uses an event, a measure, a window and a kind of rate that these models compute.
-- A row here: a rule that people agreed on and that would pay nothing without a word.
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'dim_plan_tiers'}}}) }}
select plan_id, plan_version, component_id, event, measure, accumulate, rate_kind
from {{ ref('dim_plan_tiers') }}
where event not in ('signed', 'cash_applied')
    or measure not in ('amount_ex_tax', 'amount_incl_tax')
    or accumulate not in ('transaction', 'month', 'quarter', 'year')
    or rate_kind not in ('flat', 'marginal', 'retroactive')
