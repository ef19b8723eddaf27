"""Great Expectations on DuckDB: GX 1.24 has no engine for it, and its SQL engine alone fails on 25 of 31 expectations.

What to add here: a metric whose SQL DuckDB spells differently. Delete the file when GX ships DuckDB itself (its PR 12084).
What belongs elsewhere: which rules run on what (`validate.py`). Import this only where a suite runs: GX takes seconds.
"""

from __future__ import annotations

import atexit
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import duckdb
import great_expectations as gx
from duckdb_sqlalchemy import ConnectionWrapper
from great_expectations.compatibility.sqlalchemy import sqlalchemy as sa
from great_expectations.datasource.fluent.interfaces import Batch
from great_expectations.datasource.fluent.sql_datasource import QueryAsset, SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.metrics.map_metric_provider import ColumnMapMetricProvider, column_condition_partial

logging.getLogger("great_expectations").setLevel(logging.ERROR)


@atexit.register
def _forget_the_dialect() -> None:
    """Together with GX the dialect's modules outlive the interpreter, and DuckDB then prints 30 lines of leaks on stderr."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "duckdb_sqlalchemy"]:
        vars(sys.modules[name]).clear()


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """GX's SQL engine, keeping one connection open.

    GX closes the connection before it fetches, for all dialects but a private list (its issue 10738): with DuckDB every
    result is empty by then.
    """

    @contextmanager
    def get_connection(self) -> Iterator[Any]:
        """The one connection of this engine."""
        if not self._connection:
            self._connection = self.engine.connect()
        yield self._connection


class DuckDBDatasource(SQLDatasource):
    """A SQL datasource whose engine is ours; GX finds it by its type and adds `data_sources.add_duckdb`."""

    type: Literal["duckdb"] = "duckdb"  # type: ignore[assignment]
    connection_string: str  # type: ignore[assignment]

    @property
    def execution_engine_type(self) -> type[DuckDBExecutionEngine]:
        """The engine above."""
        return DuckDBExecutionEngine


class _MatchRegex(ColumnMapMetricProvider):
    """GX compiles regular expressions only for the dialects it knows; DuckDB's `~` changed its meaning in 2.0."""

    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex: str, _dialect: Any, **kwargs: Any) -> Any:  # noqa: N805 - GX binds the class
        return sa.func.regexp_matches(column, regex)


class _NotMatchRegex(ColumnMapMetricProvider):
    """The same, the other way round."""

    condition_metric_name = "column_values.not_match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=DuckDBExecutionEngine)
    def _duckdb(cls, column: Any, regex: str, _dialect: Any, **kwargs: Any) -> Any:  # noqa: N805 - GX binds the class
        return sa.not_(sa.func.regexp_matches(column, regex))


class Checker:
    """One GX context over one DuckDB connection, for any number of tables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, relations: dict[str, str]) -> None:
        """`relations`: asset name -> query. All at once, because GX writes its whole configuration anew for every addition."""
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False, "metric_calculations": False}
        # Both engines that GX opens (the datasource's and its execution engine's) share our connection, so there is
        # no second opening of a database file, and no lock that outlives the check.
        self._source = context.data_sources.add_duckdb(  # type: ignore[attr-defined]
            "doors",
            connection_string="duckdb://",
            kwargs={"creator": lambda: ConnectionWrapper(connection.cursor())},
            assets=[QueryAsset(name=name, query=query) for name, query in relations.items()],
        )

    def batch(self, name: str) -> Batch:
        """The rows of one relation as GX sees them."""
        asset = self._source.get_asset(name)
        return asset.get_batch(asset.build_batch_request())

    def close(self) -> None:
        """Let go of both engines."""
        engine = self._source.get_execution_engine()
        if engine._connection:
            engine._connection.close()
            engine._connection = None
        engine.engine.dispose()
        self._source.get_engine().dispose()


@contextmanager
def described_once() -> Iterator[None]:
    """GX describes an expectation anew for every word of it that it looks up, forty times a rule: half of a door's time."""
    anew: property = Expectation.configuration
    kept: dict[int, tuple[Expectation, ExpectationConfiguration]] = {}  # the expectation too, so that its id stays its own

    def once(expectation: Expectation) -> ExpectationConfiguration:
        if id(expectation) not in kept:
            kept[id(expectation)] = (expectation, anew.fget(expectation))
        return kept[id(expectation)][1]

    Expectation.configuration = property(once)
    try:
        yield
    finally:
        Expectation.configuration = anew


def run(batch: Batch, expectations: list[dict[str, Any]], result_format: dict[str, Any], parameters: dict[str, Any]) -> list[Any]:
    """GX's results, in GX's order, for expectations that carry their rule's name in `meta`."""
    suite = gx.ExpectationSuite(name="rules", expectations=expectations)
    with described_once():
        return list(batch.validate(suite, result_format=result_format, expectation_parameters=parameters).results)
