-- Every rule of every plan is of a kind, a size and a precision that these models compute.
-- A row here: a rule that people agreed on and that would pay something else, or nothing, without a word.
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'dim_plan_tiers'}}}) }}
with components as (
    select plan_id, plan_version, component_id, concat_ws(' ', event, measure, accumulate, rate_kind, scale, date_basis) as said
    from {{ ref('int_plan_components') }}
    where event not in ('signed', 'invoiced', 'cash_applied', 'delivered')
        or measure not in ('amount_ex_tax', 'amount_incl_tax', 'gross_margin', 'quantity', 'mrr', 'count')
        or accumulate not in ('plan', 'transaction', 'month', 'quarter', 'year')
        or rate_kind not in ('flat', 'marginal', 'retroactive', 'interpolated', 'attainment')
        or scale not in ('amount', 'attainment')
        or date_basis not in ('order_date', 'delivery_date', 'invoice_date', 'bank_value_date', 'posting_date')
        or coalesce(refund_mode, 'current_credit') not in ('recompute_origin', 'original_attribution', 'current_credit')
),

kinds as (
    select plan_id, plan_version, component_id, kind as said
    from {{ ref('stg_company__plan_terms') }}
    where kind not in (
        'plan', 'component', 'rate', 'multiplier', 'overlay', 'gate', 'gate_open', 'gate_release', 'spiff', 'pool', 'penalty', 'champion'
    ) and kind not like 'champion_gate_%'
),

-- Tables that the models read from zero up, without a gap.
gaps as (
    select plan_id, plan_version, component_id, 'table with a gap, an overlap or a start above zero' as said
    from (
        select
            tiers.*,
            lag(tier_to) over (partition by plan_id, plan_version, component_id order by tier_no) as before_it
        from {{ ref('dim_plan_tiers') }} as tiers
        where rate_kind <> 'flat'
    ) as neighbours
    where (tier_no = 1 and tier_from <> 0 and rate_kind <> 'interpolated') or (tier_no > 1 and before_it is distinct from tier_from)
),

-- More decimals than a column of the models holds.
too_fine as (
    select plan_id, plan_version, component_id, 'more decimals than are computed' as said
    from (
        {%- for kind, word, places in [
            ('rate', 'rate', 6), ('rate', 'tier_from', 4), ('rate', 'tier_to', 4), ('rate', 'amount', 4), ('multiplier', 'x', 8),
            ('overlay', 'share', 6), ('gate', 'x', 8), ('component', 'cap_amount', 2), ('component', 'floor', 2), ('component', 'target_pay', 2),
            ('component', 'holdback_share', 6), ('plan', 'cap_amount', 2), ('plan', 'floor', 2), ('plan', 'draw_amount', 2),
            ('plan', 'minimum_wage', 2), ('plan', 'wage_share', 6), ('spiff', 'amount', 2), ('spiff', 'budget', 2),
        ] %}
        select plan_id, plan_version, component_id
        from {{ ref('stg_company__plan_terms') }}
        where kind = '{{ kind }}'
            and {{ said(word, 'decimal(28, 12)') }} <> round({{ said(word, 'decimal(28, 12)') }}, {{ places }})
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as words
),

people as (
    select payee_no, manager_no, valid_from, coalesce(valid_to, cast('9999-12-31' as date)) as valid_to
    from {{ ref('commission_people') }}
),

{{ manager_chains('people') }},

-- Managers whom an override reaches and no credit would.
too_deep as (
    select distinct
        components.plan_id, components.plan_version, components.component_id,
        'more than 32 managers above ' || managers.payee_no || ', the next is ' || people.manager_no as said
    from managers
    inner join people
        on managers.manager_no = people.payee_no
        and managers.valid_from <= people.valid_to
        and people.valid_from <= managers.valid_to
        and instr(managers.path, '|' || people.manager_no || '|') = 0
    cross join {{ ref('int_plan_components') }} as components
    where managers.level = 32 and (components.override_levels = 0 or components.override_levels > 32)
),

gates as (
    select plan_id, max(plan_version) as plan_version, 'gates' as component_id, 'more than five gates' as said
    from {{ ref('int_plan_rules') }}
    where kind = 'gate'
    group by plan_id
    having count(distinct component_id) > 5
)

select * from components
union all
select * from kinds
union all
select * from gaps
union all
select * from too_fine
union all
select * from too_deep
union all
select * from gates
