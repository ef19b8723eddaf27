"""What a suite found last time, kept while neither its rules nor its table's files change: most tables do not, most nights.

What to add here: what else a verdict depends on.
What belongs elsewhere: asking (`validate.py`), which files a table has (`doors.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import msgspec

from expectations.suites import Suite
from expectations.validate import Failing, Result, Validation


class _Found(msgspec.Struct, frozen=True):
    """One rule's result, by the rule's name."""

    rule: str
    is_passed: bool
    failed_count: int
    observed: str | None
    failing: list[tuple[str, str | None, str | None, datetime | None]]


class _Verdict(msgspec.Struct, frozen=True):
    """What was found on a table that looked like this."""

    fingerprint: str
    checked_count: int
    found: list[_Found]


class Verdicts:
    """A folder with the last verdict on each table."""

    def __init__(self, folder: Path) -> None:
        """Made when the first verdict is kept."""
        self._folder = folder

    def of(self, suite: Suite, fingerprint: str) -> Validation | None:
        """What the suite would find on a table that looks like this, if it was asked before."""
        try:
            verdict = msgspec.json.decode((self._folder / f"{suite.name}.json").read_bytes(), type=_Verdict)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None
        if verdict.fingerprint != fingerprint:
            return None
        rules = {rule.name: rule for rule in suite.rules}
        return Validation(
            suite,
            verdict.checked_count,
            tuple(
                Result(
                    rules[one.rule], one.is_passed, verdict.checked_count, one.failed_count, one.observed,
                    tuple(Failing(*row) for row in one.failing),
                )
                for one in verdict.found
            ),
        )

    def keep(self, validation: Validation, fingerprint: str) -> None:
        """Remember it, unless a rule could not even be asked: that is asked again."""
        if any(result.error for result in validation.results):
            return
        found = [
            _Found(
                one.rule.name, one.is_passed, one.failed_count, one.observed,
                [(row.key, row.record_hash, row.value, row.first_seen_at) for row in one.failing],
            )
            for one in validation.results
        ]
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{validation.suite.name}.json"
        path.with_suffix(".part").write_bytes(msgspec.json.encode(_Verdict(fingerprint, validation.checked_count, found)))
        path.with_suffix(".part").replace(path)


def fingerprint(suite: Suite, files: Iterable[object]) -> str:
    """What a verdict hangs on: the rules as they stand, and the table's files."""
    return hashlib.sha256(repr((suite, sorted(map(repr, files)))).encode()).hexdigest()
