{{ config(schema='intermediate', contract={'enforced': false}) }}

-- What lessens a receivable without cash; a reduction that names no known instalment lessens the invoice as a whole.
select
    entries.crm,
    entries.invoice_no,
    instalments.instalment_no,
    cast(sum(case when entries.entry_type = 'credit_note' then entries.amount else 0 end) as decimal(18, 4)) as credited_amount,
    cast(sum(case when entries.entry_type = 'write_off' then entries.amount else 0 end) as decimal(18, 4)) as written_off_amount
from {{ ref('stg_company__ar_ledger') }} as entries
cross join {{ ref('clocks') }} as clocks
left join {{ ref('int_instalments') }} as instalments
    on entries.crm = instalments.crm
    and entries.invoice_no = instalments.invoice_no
    and entries.instalment_no = instalments.instalment_no
where entries.entry_type in ('credit_note', 'write_off') and entries.entry_date <= clocks.as_of
group by entries.crm, entries.invoice_no, instalments.instalment_no
