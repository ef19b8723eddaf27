"""Commission as finance signs it: plans as text, a ledger that only grows, and an engine written to be read.

Add here what the commission specification defines and nothing the warehouse needs: inputs are plain values, outputs are plain values.
Reading CRM data, SQL and schedules belong elsewhere; this package imports neither Dagster nor DuckDB.
"""
