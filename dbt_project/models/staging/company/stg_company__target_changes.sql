{{ config(materialized='ephemeral') }}

-- A version of a target is agreed once. What was written again under the same version shows in the log of its rows.
select
    raw.key as target_id,
    cast(count(distinct coalesce(raw.amount, raw.quantity)) as integer) as amounts,
    min(coalesce(raw.amount, raw.quantity)) as smallest,
    max(coalesce(raw.amount, raw.quantity)) as largest
from {{ raw('company', 'targets') }} as raw
inner join {{ ref('stg_ops__clocks') }} as clocks on raw.pulled_at <= clocks.known_at
where not raw.is_deleted
group by raw.key
having count(distinct coalesce(raw.amount, raw.quantity)) > 1
