-- A tier holds from the day it was assessed to the day before the next one; what was before the first assessment belongs to the first.
with changes as (
    select *
    from (
        select
            months.*,
            lag(tier) over (partition by customer_key order by month) as before,
            lag(tier_source = 'manual') over (partition by customer_key order by month) as was_manual
        from {{ ref('customer_months') }} as months
    ) as compared
    where before is null or before <> tier or was_manual <> (tier_source = 'manual')
),

spans as (
    select
        changes.*,
        row_number() over (partition by customer_key order by month) as version_no,
        lead(assessed_on) over (partition by customer_key order by month) as next_on
    from changes
)

select
    customer_key,
    cast(version_no as integer) as version_no,
    tier,
    before as tier_before,
    tier_source,
    r_score,
    f_score,
    m_score,
    assessed_on as valid_from,
    {{ days_after('next_on', '-1') }} as valid_to,
    case when version_no = 1 then cast('1900-01-01' as date) else assessed_on end as effective_from,
    coalesce(next_on, cast('9999-12-31' as date)) as effective_to
from spans
