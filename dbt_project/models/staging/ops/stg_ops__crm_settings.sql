select
    crm,
    order_amounts,
    cash_source,
    receivables_source
from {{ run_input('crm_settings') }}
