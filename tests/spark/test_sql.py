"""Every model's SQL as Spark would get it, read without Spark: it parses, calls what Spark has, gathers no table in one place.

What to add here: a further mistake that can be seen in SQL alone.
What belongs elsewhere: what comes out on Spark (`compare.py`), what a figure should be (`tests/dbt_project`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from agate import Table
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.duckdb import DuckDBAdapter
from dbt.cli.main import dbtRunner
from dbt.context.providers import BaseDatabaseWrapper
from sqlglot import ErrorLevel, exp, parse_one
from sqlglot.dialects import Spark
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokens import Token, TokenType

from connectors import fxiaoke, zoho
from tests.dbt_project.build import PROJECT

FUNCTIONS = Path(__file__).parent / "functions.txt"  # `show functions` of pyspark 4.3
GRAMMAR = """
    all and as by case cast decimal distinct else exists extract filter from group having in join not on or over select then
    timestampdiff trim try_cast union using values when where with within
"""
MAY_OPEN = frozenset(GRAMMAR.split()) | frozenset(FUNCTIONS.read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of every model by name, with Spark's macros where this project has them; no engine is asked anything."""

    def nothing_found(*_: Any, **__: Any) -> tuple[AdapterResponse, Table]:
        return AdapterResponse("OK"), Table([], [], [])

    folder = tmp_path_factory.mktemp("spark_sql")
    with (
        mock.patch.object(BaseDatabaseWrapper, "_get_adapter_macro_prefixes", return_value=["spark", "default"]),
        mock.patch.object(DuckDBAdapter, "execute", new=nothing_found),
        mock.patch.dict("os.environ", {"DBT_TARGET_PATH": str(folder), "QUARTERDECK_WAREHOUSE": str(folder / "none.duckdb")}),
    ):
        result = dbtRunner().invoke(
            ["--quiet", "--no-write-json", "--no-populate-cache", "--log-level-file", "none", "compile"]
            + ["--no-inject-ephemeral-ctes", "--select", "resource_type:model"]
            + ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        )
    assert result.success, result.exception
    return {one.node.name: one.node.compiled_code for one in result.result}


def mistakes(sql: str) -> Iterator[str]:
    """What Spark would refuse, or do in one place with all rows of a table."""
    try:
        tokens = Spark().tokenize(sql)
        tree = parse_one(sql, dialect="spark", error_level=ErrorLevel.RAISE)
    except (ParseError, TokenError) as error:
        yield str(error)
        return
    yield from _not_spark(tokens)
    for window in tree.find_all(exp.Window):
        if not window.args.get("partition_by") and window.args.get("order"):
            yield f"all rows in one place: {window.sql('spark')}"
    if any(one.args.get("recursive") for one in tree.find_all(exp.With)):
        yield "a recursive query"


def _not_spark(tokens: list[Token]) -> Iterator[str]:
    for before, token, after in zip([None, *tokens], tokens, [*tokens[1:], None], strict=False):
        word = token.text.lower()
        if token.token_type is TokenType.L_BRACE:
            yield "a struct in braces"
        is_call = after is not None and after.token_type is TokenType.L_PAREN and word.isidentifier()
        if is_call and word not in MAY_OPEN and (before is None or before.text.lower() != "as"):
            yield f"no function of Spark: {word}"


def test_every_model_is_sql_that_spark_understands(compiled: dict[str, str]) -> None:
    found = {name: sorted(set(mistakes(sql))) for name, sql in compiled.items()}
    assert len(found) > 150
    assert {name: said for name, said in found.items() if said} == {}


def test_what_is_added_to_a_record_has_a_name_that_no_record_has(compiled: dict[str, str]) -> None:
    """DuckDB would take the record's own column, Spark neither: so a Zoho user's time zone stood for the company's."""
    versions = parse_one(compiled["stg_zoho__stage_history"], dialect="spark").find(exp.CTE).this
    added = {name for name in versions.named_selects if name != "*"}
    assert added == {"version_no", "first_seen_on", "company_zone"}
    assert added & {name for obj in (*zoho.OBJECTS, *fxiaoke.OBJECTS) for name in obj.raw_schema.names} == set()


@pytest.mark.parametrize(
    "sql",
    [
        "select list_sum(list(x)) from t",
        "select {'a': x} as y from t",
        "select list_filter(xs, lambda x: x > 1) from t",
        "select unnest(xs) from t",
        "select x // 2 from t",
        "select row_number() over (order by x) from t",
        "with recursive a as (select 1 as n union all select n + 1 from a) select n from a",
        "select * exclude (x) from t",
    ],
)
def test_what_only_duckdb_understands_is_noticed(sql: str) -> None:
    assert list(mistakes(sql)) != []
