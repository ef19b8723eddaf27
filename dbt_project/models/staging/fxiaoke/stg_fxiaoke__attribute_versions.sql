{{ config(materialized='ephemeral') }}

with accounts as (
    {{ all_versions('fxiaoke', 'accounts') }}
),

products as (
    {{ all_versions('fxiaoke', 'products') }}
),

users as (
    {{ all_versions('fxiaoke', 'users', 'raw.modified_at') }}
)

select * from (
    {{ attribute_versions('fxiaoke', 'accounts', {'owner': 'owner_id', 'level': 'account_level'}) }}
) as of_accounts
union all
select * from (
    {{ attribute_versions('fxiaoke', 'products', {'price': 'unit_price'}) }}
) as of_products
union all
select * from (
    {{ attribute_versions('fxiaoke', 'users', {'department': 'department_id', 'manager': 'leader_id'}) }}
) as of_users
