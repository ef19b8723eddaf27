"""Run suites: the door in on the lake's current versions, the door out on a warehouse that wants to be published.

What to add here: what a result must tell its reader.
What belongs elsewhere: rules (YAML), how GX speaks to DuckDB (`engine.py`), what a failure leads to (`pipelines/checks.py`).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from expectations.suites import Rule, Suite

if TYPE_CHECKING:
    from expectations.engine import Checker

SQL_RULE = "unexpected_rows_expectation"
SHOWN_ROWS = 1000  # failing rows that to_json_dict carries; `failing` itself is complete

QUARANTINE_SCHEMA = pa.schema([
    ("source", pa.string()), ("object", pa.string()), ("key", pa.string()), ("record_hash", pa.string()), ("rule", pa.string()),
    ("reason", pa.string()), ("first_seen_at", pa.timestamp("us")), ("last_seen_at", pa.timestamp("us")),
])
VALIDATIONS_SCHEMA = pa.schema([
    ("suite", pa.string()), ("source", pa.string()), ("object", pa.string()), ("rule", pa.string()), ("kind", pa.string()),
    ("severity", pa.string()), ("is_passed", pa.bool_()), ("checked_count", pa.int64()), ("failed_count", pa.int64()),
    ("observed", pa.string()), ("notes", pa.string()),
])


@dataclass(frozen=True, slots=True)
class Failing:
    """One row that breaks a rule."""

    key: str
    record_hash: str | None = None
    value: str | None = None  # what stands where something else should
    first_seen_at: datetime | None = None  # when this version of the row first came in; UTC, without a zone


@dataclass(frozen=True, slots=True)
class Result:
    """What one rule found."""

    rule: Rule
    is_passed: bool
    checked_count: int
    failed_count: int
    observed: str | None = None  # of a table rule: what was found instead
    failing: tuple[Failing, ...] = ()
    error: str | None = None  # the rule could not be asked: that is a failure too


@dataclass(frozen=True, slots=True)
class Validation:
    """What a suite found on one table, at one moment of knowledge."""

    suite: Suite
    checked_count: int
    results: tuple[Result, ...] = field(default=())

    @property
    def stops(self) -> tuple[Result, ...]:
        """Failures for which the run must stop: blocking rules, and rules that could not even be asked."""
        return tuple(r for r in self.results if not r.is_passed and (r.rule.is_blocking or r.error))

    @property
    def is_passed(self) -> bool:
        """Whether every rule holds."""
        return all(result.is_passed for result in self.results)

    def to_json_dict(self) -> dict[str, Any]:
        """The validation in types that JSON has."""
        return {
            "suite": self.suite.name,
            "checked_count": self.checked_count,
            "is_passed": self.is_passed,
            "results": [
                {
                    "rule": r.rule.name, "kind": r.rule.kind.value, "severity": r.rule.severity.value, "notes": r.rule.notes,
                    "is_passed": r.is_passed, "checked_count": r.checked_count, "failed_count": r.failed_count,
                    "observed": r.observed, "error": r.error,
                    "failing": [{name: _text(value) for name, value in asdict(row).items()} for row in r.failing[:SHOWN_ROWS]],
                }
                for r in self.results
            ],
        }


def validate(
    suite: Suite,
    connection: duckdb.DuckDBPyConnection,
    relation: str | None = None,
    parameters: Mapping[str, Any] | None = None,
) -> Validation:
    """One suite on one table (or view, or query in brackets) of an open DuckDB connection."""
    return validate_all([(suite, relation or suite.name)], connection, parameters)[0]


def validate_all(
    pairs: Sequence[tuple[Suite, str]],
    connection: duckdb.DuckDBPyConnection,
    parameters: Mapping[str, Any] | None = None,
) -> list[Validation]:
    """Suites with the relation each speaks of; one GX context for all, because setting one up costs as much as a suite."""
    # GX reads this once, when it is imported; without it every validation would call home.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    from expectations.engine import Checker

    given = dict(parameters or {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GX's own deprecations: nothing a reader of a nightly run can do about them
        checker = Checker(connection, {suite.name: f"select * from {relation}" for suite, relation in pairs})
        try:
            return [_validate(checker, suite, relation, connection, given) for suite, relation in pairs]
        finally:
            checker.close()


def _validate(
    checker: Checker, suite: Suite, relation: str, connection: duckdb.DuckDBPyConnection, parameters: dict[str, Any]
) -> Validation:
    """Ask every rule for a yes or no first; only a no is asked again for its rows, which is what takes time."""
    from expectations.engine import run

    described = connection.execute(f"describe select * from {relation}").fetchall()
    columns = {row[0] for row in described}
    count = _count(connection, relation)
    askable = [rule for rule in suite.rules if columns.issuperset(rule.columns)]
    results = {
        rule.name: Result(rule, is_passed=False, checked_count=count, failed_count=1,
                          error="column is missing: " + ", ".join(sorted(set(rule.columns) - columns)))
        for rule in suite.rules if rule not in askable
    }
    batch = checker.batch(suite.name)
    by_name = {rule.name: rule for rule in askable}
    failed: list[Rule] = []
    for outcome in run(batch, [_expectation(rule) for rule in askable], {"result_format": "BOOLEAN_ONLY"}, parameters):
        rule = by_name[outcome.expectation_config.meta["rule"]]
        if outcome.success:
            results[rule.name] = Result(rule, is_passed=True, checked_count=count, failed_count=0)
        elif (fault := _fault(outcome)) is not None:
            results[rule.name] = Result(rule, is_passed=False, checked_count=count, failed_count=1, error=fault)
        else:
            failed.append(rule)
    if failed:
        key = [name for name in suite.key if name in columns]
        # Even a COMPLETE result names no more rows than the "partial" count.
        complete = {"result_format": "COMPLETE", "unexpected_index_column_names": key, "partial_unexpected_count": max(count, 1)}
        for outcome in run(batch, [_expectation(rule) for rule in failed], complete, parameters):
            rule = by_name[outcome.expectation_config.meta["rule"]]
            found = _rows_of_sql(rule, relation, suite, connection) if rule.type == SQL_RULE else _rows(outcome, rule, suite)
            observed = None if found else _observed(outcome.result)
            # A rule about the table as a whole has no rows to name: it counts as one failure, the table's.
            failed_count = len(found) or int(outcome.result.get("unexpected_count") or 1)
            results[rule.name] = Result(rule, False, count, failed_count, observed, tuple(found))
    return Validation(suite, count, tuple(results[rule.name] for rule in suite.rules))


def _expectation(rule: Rule) -> dict[str, Any]:
    """The rule as GX wants it."""
    return {"type": rule.type, "kwargs": dict(rule.kwargs), "severity": rule.severity.value, "meta": {"rule": rule.name}}


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    found = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(found[0]) if found else 0


def _fault(outcome: Any) -> str | None:
    """What GX says went wrong while asking, if anything did."""
    info = outcome.exception_info or {}
    for part in (info, *(value for value in info.values() if isinstance(value, dict))):
        if part.get("raised_exception"):
            return str(part.get("exception_message"))[:400]
    return None


def _rows(outcome: Any, rule: Rule, suite: Suite) -> list[Failing]:
    """The failing rows of a column rule, complete, in the order of their keys."""
    found = outcome.result.get("unexpected_index_list") or []
    values = [name for name in rule.columns if name not in suite.key]
    return sorted((_failing(row, suite, values) for row in found), key=lambda row: (row.key, row.record_hash or ""))


def _rows_of_sql(rule: Rule, relation: str, suite: Suite, connection: duckdb.DuckDBPyConnection) -> list[Failing]:
    """The failing rows of a SQL rule, complete; GX itself stops at 200."""
    query = str(rule.kwargs["unexpected_rows_query"]).format(batch=f"(select * from {relation})")
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    values = [name for name in names if name not in suite.key]
    return sorted((_failing(row, suite, values) for row in rows), key=lambda row: (row.key, row.record_hash or ""))


def _failing(row: Mapping[str, Any], suite: Suite, values: Sequence[str]) -> Failing:
    named = [name for name in suite.key if name not in ("record_hash", "pulled_at")]
    seen = row.get("pulled_at")
    return Failing(
        key="|".join(_text(row.get(name)) or "" for name in named),
        record_hash=_text(row.get("record_hash")),
        value=", ".join(f"{name} = {_text(row[name]) or 'empty'}" for name in values if name in row) or None,
        first_seen_at=datetime.fromisoformat(seen) if isinstance(seen, str) else seen,
    )


def _observed(result: Mapping[str, Any]) -> str | None:
    """What a table rule found, in a few words."""
    mismatched = (result.get("details") or {}).get("mismatched") or {}
    if words := [f"{name}: {', '.join(map(str, columns))}" for name, columns in sorted(mismatched.items()) if columns]:
        return "; ".join(words)
    value = result.get("observed_value")
    return ", ".join(map(str, value)) if isinstance(value, list) else _text(value)


def _text(value: Any) -> str | None:
    """A value as people and JSON read it."""
    if value is None:
        return None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def not_asked(suite: Suite, why: str) -> Validation:
    """A suite whose table nobody fills: it holds, and says why nothing was looked at."""
    return Validation(suite, 0, tuple(Result(rule, True, checked_count=0, failed_count=0, observed=why) for rule in suite.rules))


def quarantine_rows(validations: Iterable[Validation], known_at: datetime) -> list[dict[str, Any]]:
    """One row per version and rule broken: what staging leaves out, and a person can look up. See QUARANTINE_SCHEMA."""
    return [
        {
            "source": validation.suite.source, "object": validation.suite.table, "key": row.key, "record_hash": row.record_hash,
            "rule": result.rule.name,
            "reason": result.rule.notes + (f" ({row.value})" if row.value else ""),
            "first_seen_at": row.first_seen_at, "last_seen_at": naive_utc(known_at),
        }
        for validation in validations
        for result in validation.results if result.rule.quarantines
        for row in result.failing
    ]


def validation_rows(validations: Iterable[Validation]) -> list[dict[str, Any]]:
    """One row per rule that ran. See VALIDATIONS_SCHEMA."""
    return [
        {
            "suite": validation.suite.name, "source": validation.suite.source, "object": validation.suite.table,
            "rule": result.rule.name, "kind": result.rule.kind.value, "severity": result.rule.severity.value,
            "is_passed": result.is_passed, "checked_count": result.checked_count, "failed_count": result.failed_count,
            "observed": result.error or result.observed, "notes": result.rule.notes,
        }
        for validation in validations for result in validation.results
    ]


def naive_utc(moment: datetime) -> datetime:
    """A moment as the lake and the warehouse keep it: UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
