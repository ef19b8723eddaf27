"""Talk to one CRM each, with `requests`, and keep every page that arrives.

What to add here: a CRM object is one row in that CRM's `OBJECTS`; a CRM is one dialect file.
What belongs elsewhere: what the fields mean (dbt staging), when pulls run (pipelines).
This package imports nothing of ours.
"""
