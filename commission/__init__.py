"""Commission as finance signs it: plans as text, a ledger that only grows, and an engine written to be read.

Add here what the commission specification defines and nothing the warehouse needs: plain values come in, plain values go out.
Reading CRM data, SQL and schedules belong elsewhere; this package imports neither Dagster nor DuckDB.
"""
