{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- A border is written once and has two sides.
select region, neighbour, valid_from, valid_to from {{ ref('stg_company__region_neighbours') }}
union all
select neighbour, region, valid_from, valid_to from {{ ref('stg_company__region_neighbours') }}
