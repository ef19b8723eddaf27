"""What must be true at the two doors: of every raw table before it is modelled, of every published table before it is read.

What to add here: a suite is one YAML file, `<schema>/<table>.yaml`; a rule is one entry with its severity, kind and notes.
What belongs elsewhere: keys, references and accounting identities (dbt tests), when doors open and close (`pipelines/checks.py`).
This package imports nothing of ours.
"""
