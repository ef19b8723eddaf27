"""Build the dbt project in this process over any lake, and read what came out.

What belongs elsewhere: lakes (`fixtures.py`, `demo.py`), Dagster's way of running dbt (`pipelines/dbt_runner.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from pipelines.dbt_shortcuts import take_shortcuts
from pipelines.held_tests import hold

PROJECT = Path(__file__).parent.parent.parent / "dbt_project"
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
LEAN = ("--quiet", "--no-write-json", "--log-level-file", "none")
PLACES = ("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT))


@cache
def _parsed() -> Manifest:
    """The project, read once a process; a build writes what it compiled into its own copy."""
    take_shortcuts()
    result = dbtRunner().invoke([*LEAN, "parse", *PLACES])
    assert result.success, result.exception
    return result.result


def build_warehouse(home: Path, *more: str) -> Path:
    """Run `dbt build` over `home/lake` and `home/build/inputs`; the finished file. Fails with dbt's own words."""
    warehouse = home / "build" / "warehouse.duckdb"
    warehouse.unlink(missing_ok=True)
    surroundings = {
        "QUARTERDECK_LAKE": str(home / "lake"),
        "QUARTERDECK_BUILD": str(home / "build"),
        "QUARTERDECK_WAREHOUSE": str(warehouse),
        "DBT_TARGET_PATH": str(home / "target"),
        "DBT_LOG_PATH": str(home / "logs"),
        "DO_NOT_TRACK": "1",
    }
    manifest = _parsed().deepcopy()
    if "--select" not in more:
        hold(manifest, lambda _: True)
    with mock.patch.dict(os.environ, surroundings):
        result = dbtRunner(manifest=manifest).invoke([*LEAN, "build", *(more or NO_UNIT_TESTS), *PLACES])
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
            DuckDBConnectionManager._ENV = None
    bad = [f"{one.node.name}: {one.message}" for one in result.result or [] if one.status in ("error", "fail")]
    assert bad == [], bad
    assert result.success, result.exception
    return warehouse


@contextmanager
def reading(warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        yield connection


def rows(warehouse: Path, sql: str) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with reading(warehouse) as connection:
        return connection.execute(sql).fetchall()
