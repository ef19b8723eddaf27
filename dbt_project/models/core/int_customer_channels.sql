{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- A decision about one customer stands above its industry's.
with decisions as (
    select channels.attribute, channels.value, channels.channel
    from {{ ref('stg_company__channel_map') }} as channels
    cross join {{ ref('clocks') }} as clocks
    where {{ holds_on('channels', 'clocks.as_of') }}
),

own as (
    select accounts.customer_key, min(decisions.channel) as channel
    from {{ ref('int_customer_accounts') }} as accounts
    inner join decisions on decisions.attribute = 'account' and accounts.account = decisions.value
    group by accounts.customer_key
)

select
    customers.customer_key,
    coalesce(own.channel, decisions.channel) as channel
from {{ ref('dim_customers') }} as customers
left join own on customers.customer_key = own.customer_key
left join decisions on decisions.attribute = 'industry' and customers.industry = decisions.value
