-- No instalment takes more than was billed, and no order pays out more than its net amount once it is paid in full.
-- A row here: cash that was applied twice.
-- Ask: team:finance
{{ config(meta={'dagster': {'ref': {'name': 'receivables'}}}) }}
select receivable_key, billed_amount, applied_amount
from {{ ref('receivables') }}
where billed_amount > 0 and applied_amount + credited_amount + written_off_amount > billed_amount
