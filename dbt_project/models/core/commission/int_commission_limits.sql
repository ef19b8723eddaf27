{{ config(schema='intermediate', contract={'enforced': false}) }}

-- What people decided about accruing commission, side by side.
select
    max(case when threshold_id = 'commission_expedient_months' then value end) as expedient_months,
    max(case when threshold_id = 'loss_rate_not_due' then value end) as not_due,
    max(case when threshold_id = 'loss_rate_d1_30' then value end) as d1_30,
    max(case when threshold_id = 'loss_rate_d31_60' then value end) as d31_60,
    max(case when threshold_id = 'loss_rate_d61_90' then value end) as d61_90,
    max(case when threshold_id = 'loss_rate_d91_180' then value end) as d91_180,
    max(case when threshold_id = 'loss_rate_d181_365' then value end) as d181_365,
    max(case when threshold_id = 'loss_rate_d366_plus' then value end) as d366_plus
from {{ ref('dim_thresholds') }}
