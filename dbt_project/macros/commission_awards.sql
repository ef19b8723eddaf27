{#- Awards of commission in SQL: fixed sums divided, and prizes that go by turns. -#}

{#- `total` cents by integer `weight` of a `whole`: whole cents down, the rest one by one to the largest remainders, ties by number. -#}
{% macro largest_remainder_of(query, keys) -%}
    select
        floors.*,
        cast({{ from_units(
            'base_cents + case when row_number() over (partition by ' ~ keys | join(', ') ~ ' order by remainder desc, payee_no)'
            ~ ' <= total_cents - sum(base_cents) over (partition by ' ~ keys | join(', ') ~ ') then 1 else 0 end', 2
        ) }} as decimal(18, 2)) as part
    from (
        select
            divided.*,
            {{ whole_quotient('(total_cents * weight - (total_cents * weight) % whole)', 'whole') }} as base_cents,
            (total_cents * weight) % whole as remainder
        from (
            select asked.*, {{ units('asked.total', 2) }} as total_cents
            from ({{ query }}) as asked
            where asked.whole <> 0
        ) as divided
    ) as floors
{%- endmacro %}

{#- The day an event counts by, without a plan's word about it. -#}
{% macro basis_of_type(event) -%}
    case {{ event }}.event_type
        when 'signed' then coalesce({{ event }}.order_date, {{ event }}.event_date)
        when 'delivered' then coalesce({{ event }}.delivery_date, {{ event }}.event_date)
        when 'invoiced' then coalesce({{ event }}.invoice_date, {{ event }}.event_date)
        else coalesce({{ event }}.bill_maturity_date, {{ event }}.bank_value_date, {{ event }}.event_date)
    end
{%- endmacro %}

{#- Who wins period after period, when a winner waits `waits` months: a fold over entrants by period and rank. The best group that may
    still win takes the period; equals without a rule to split by win nothing, and wait for nothing. -#}
{% macro first_come_winners(one) %}{{ return(adapter.dispatch('first_come_winners', 'quarterdeck')(one)) }}{% endmacro %}
{% macro duckdb__first_come_winners(one) -%}
    list_reduce(
        list(
            [{'payee_no': {{ one }}.payee_no, 'period': {{ one }}.period, 'month_no': {{ one }}.month_no, 'group_no': {{ one }}.group_no,
              'waits': {{ one }}.waits, 'is_split': {{ one }}.splits_ties}]
            order by {{ one }}.month_no, {{ one }}.group_no, {{ one }}.payee_no
        ),
        lambda won, next: case
            when len(list_filter(won, lambda w: w.payee_no = next[1].payee_no and w.month_no <> next[1].month_no
                and next[1].month_no < w.month_no + next[1].waits
                and (w.is_split or len(list_filter(won, lambda v: v.month_no = w.month_no)) = 1))) > 0 then won
            when len(list_filter(won, lambda w: w.month_no = next[1].month_no and w.group_no < next[1].group_no)) > 0 then won
            else list_concat(won, next)
        end
    )
{%- endmacro %}
{% macro spark__first_come_winners(one) -%}
    aggregate(
        array_sort(collect_list(named_struct(
            'month_no', {{ one }}.month_no, 'group_no', {{ one }}.group_no, 'payee_no', {{ one }}.payee_no, 'period', {{ one }}.period,
            'waits', {{ one }}.waits, 'is_split', {{ one }}.splits_ties
        ))),
        cast(array() as array<struct<month_no: int, group_no: int, payee_no: string, period: string, waits: int, is_split: boolean>>),
        (won, next) -> case
            when exists(won, w -> w.payee_no = next.payee_no and w.month_no <> next.month_no
                and next.month_no < w.month_no + next.waits
                and (w.is_split or size(filter(won, v -> v.month_no = w.month_no)) = 1)) then won
            when exists(won, w -> w.month_no = next.month_no and w.group_no < next.group_no) then won
            else concat(won, array(next))
        end
    )
{%- endmacro %}

{#- A list in the table before it, a row for each of its things. -#}
{% macro unfolded(list, name) %}{{ return(adapter.dispatch('unfolded', 'quarterdeck')(list, name)) }}{% endmacro %}
{% macro duckdb__unfolded(list, name) -%}
    cross join unnest(folded.{{ list }}) as unfolded({{ name }})
{%- endmacro %}
{% macro spark__unfolded(list, name) -%}
    lateral view explode(folded.{{ list }}) unfolded as {{ name }}
{%- endmacro %}
