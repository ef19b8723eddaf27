{{ config(materialized='ephemeral', contract={'enforced': false}) }}

select year, festival_on from {{ ref('spring_festivals') }}
