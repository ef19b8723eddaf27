-- All cash received either reduces a receivable or stands as unapplied.
-- A row here: money that is nowhere.
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'receivables_ageing'}}}) }}
with figures as (
    select
        (select coalesce(sum(amount_base), 0) from {{ ref('fct_payments') }}) as received,
        (select coalesce(sum(applied_amount_base), 0) from {{ ref('receivables') }}) as applied,
        (select coalesce(sum(unapplied), 0) from {{ ref('receivables_ageing') }}) as unapplied
)

select * from figures where received <> applied - unapplied
