{{ config(materialized='ephemeral') }}

with accounts as (
    {{ all_versions('zoho', 'accounts') }}
),

products as (
    {{ all_versions('zoho', 'products') }}
),

users as (
    {{ all_versions('zoho', 'users', 'raw.modified_at') }}
)

select * from (
    {{ attribute_versions('zoho', 'accounts', {'owner': 'owner_id', 'level': 'account_type'}) }}
) as of_accounts
union all
select * from (
    {{ attribute_versions('zoho', 'products', {'price': 'unit_price'}) }}
) as of_products
union all
select * from (
    {{ attribute_versions('zoho', 'users', {'role': 'role_id', 'manager': 'reporting_to_id'}) }}
) as of_users
