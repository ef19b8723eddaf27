{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- Who else bid for an opportunity: Fxiaoke's 竞争明细, a competitor once a deal; Zoho names none.
with named as (
    select
        lines.opportunity_id,
        coalesce(competitors.competitor_name, lines.competitor_id) as competitor,
        min(lines.line_id) as line_id
    from {{ ref('stg_fxiaoke__competitive_lines') }} as lines
    left join {{ ref('stg_fxiaoke__competitors') }} as competitors on lines.competitor_id = competitors.competitor_id
    where coalesce(lines.life_status, 'normal') in ('normal', 'in_change') and lines.competitor_id is not null
    group by lines.opportunity_id, coalesce(competitors.competitor_name, lines.competitor_id)
)

select
    {{ hash_key("'fxiaoke'", 'line_id') }} as line_key,
    {{ hash_key("'fxiaoke'", 'opportunity_id') }} as opportunity_key,
    competitor,
    row_number() over (partition by opportunity_id order by line_id) as place
from named
