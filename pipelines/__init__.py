"""Dagster and nothing but: assets in the order data flows, checks, jobs, schedules, and the command line over them.

What to add here: one Dagster noun per file. What belongs elsewhere: everything that would still be true without Dagster.
The only package that imports the others.
"""
