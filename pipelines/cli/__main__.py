"""`python -m pipelines.cli` is the `quarterdeck` command."""

from pipelines.cli import entry

entry()
