{#- Exact money. DuckDB divides decimals as floating point and Spark rounds quotients to the scale it likes, so every share,
    ratio and VAT split is done in whole units with truncating integer division and rounded half away from zero (spec C4). -#}

{#- The type that holds whole units on this engine. -#}
{% macro units_type() %}{{ return(adapter.dispatch('units_type', 'quarterdeck')()) }}{% endmacro %}
{% macro duckdb__units_type() %}{{ return('hugeint') }}{% endmacro %}
{% macro spark__units_type() %}{{ return('decimal(38, 0)') }}{% endmacro %}

{#- An amount as whole units of 10^-places. -#}
{% macro units(amount, places=4) -%}
    cast(cast({{ amount }} as decimal({{ 24 + places }}, {{ places }})) * {{ 10 ** places }} as {{ units_type() }})
{%- endmacro %}

{#- Whole units of 10^-places as an amount. Spark keeps all decimals of a product only while both widths add up to less than 38. -#}
{% macro from_units(units, places=4) -%}
    cast(cast({{ units }} as decimal({{ 37 - places }}, 0)) * {{ '0.' ~ '0' * (places - 1) ~ '1' }} as decimal(38, {{ places }}))
{%- endmacro %}

{#- Integer division that drops the remainder; null where the divisor is zero. -#}
{% macro whole_quotient(dividend, divisor) %}{{ return(adapter.dispatch('whole_quotient', 'quarterdeck')(dividend, divisor)) }}{% endmacro %}
{% macro duckdb__whole_quotient(dividend, divisor) -%}
    (({{ dividend }}) // nullif({{ divisor }}, 0))
{%- endmacro %}
{#- The division is exact because the remainder is taken off first; `div` would return a bigint and overflow. -#}
{% macro spark__whole_quotient(dividend, divisor) -%}
    cast((({{ dividend }}) - ({{ dividend }}) % nullif({{ divisor }}, 0)) / nullif({{ divisor }}, 0) as decimal(38, 0))
{%- endmacro %}

{#- Quotient of whole units, rounded half away from zero. -#}
{% macro rounded_quotient(dividend, divisor) -%}
    (
        case when ({{ dividend }} < 0) = ({{ divisor }} < 0) then 1 else -1 end
        * {{ whole_quotient('2 * abs(' ~ dividend ~ ') + abs(' ~ divisor ~ ')', '2 * abs(' ~ divisor ~ ')') }}
    )
{%- endmacro %}

{#- amount x numerator / denominator, exact, rounded once to `places`; null where the denominator is zero. -#}
{% macro share_of(amount, numerator, denominator, places=4, scale=4) -%}
    {%- set amount_units = '(' ~ units(amount, 4) ~ ' * ' ~ units(numerator, scale) ~ ' * ' ~ (10 ** (places - 4) if places > 4 else 1) ~ ')' -%}
    {%- set divisor_units = '(' ~ units(denominator, scale) ~ ' * ' ~ (10 ** (4 - places) if places < 4 else 1) ~ ')' -%}
    {{ from_units(rounded_quotient(amount_units, divisor_units), places) }}
{%- endmacro %}

{#- The only division of the project that readers see: numerator / denominator with six places, null where there is nothing to divide by. -#}
{% macro ratio(numerator, denominator) -%}
    {{ from_units(rounded_quotient('(' ~ units(numerator, 6) ~ ' * 1000000)', units(denominator, 6)), 6) }}
{%- endmacro %}

{#- An amount of a foreign currency in base currency, rounded once. Widths are chosen so that Spark keeps every decimal. -#}
{% macro in_base(amount, rate) -%}
    cast(round(cast({{ amount }} as decimal(20, 4)) * cast({{ rate }} as decimal(12, 6)), 4) as decimal(18, 4))
{%- endmacro %}

{#- The unit that a part gets from what is left over: one each for the largest remainders, with the sign of what is missing. -#}
{% macro remainder_unit(missing, place) -%}
    case when {{ place }} <= abs({{ missing }}) then case when {{ missing }} < 0 then -1 else 1 end else 0 end
{%- endmacro %}

{#- How much of one stretch of money lies inside another: what FIFO gives to an instalment. -#}
{% macro overlap(from_one, to_one, from_other, to_other) -%}
    greatest(0, least({{ to_one }}, {{ to_other }}) - greatest({{ from_one }}, {{ from_other }}))
{%- endmacro %}
