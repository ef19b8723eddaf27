"""What stands in for dbt's own way has dbt's outcome: the same text, the same events for whoever listens."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from dbt.contracts.graph.nodes import InjectedCTE
from dbt.events.types import ArtifactWritten, MainReportVersion
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.logger import LoggerConfig

from pipelines.dbt_runner import told_once
from pipelines.dbt_shortcuts import WhatIsHeard, dbts_own, with_queries

CTES = [InjectedCTE(id=name, sql=f" __dbt__cte__{name} as (\nselect 1 as {name}\n)") for name in ("one", "two")]
QUERIES = (
    "select 1",
    "\n\n  select 1",
    "-- not a query with queries\nselect 1",
    "/* with */ with x as (select 1) select * from x",
    "\n-- a\n-- b\nWITH\n    x as (select 1)\nselect * from x",
    "with recursive x as (select 1) select * from x",
    "with\nrecursive x as (select 1) select * from x",
    "with -- why\n x as (select 1) select * from x",
    "(with x as (select 1) select * from x)",
    "select * from withdrawals where x = 'with y as (select 1)'",
)


@pytest.mark.parametrize("sql", QUERIES)
def test_queries_of_ephemeral_models_are_put_where_dbt_puts_them(sql: str) -> None:
    assert with_queries(sql, CTES) == dbts_own(sql, CTES)
    assert with_queries(sql, []) == sql


@dataclass
class Heard:
    """A manager and what its callback heard."""

    manager: WhatIsHeard = field(default_factory=WhatIsHeard)
    names: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.manager.add_callback(lambda message: self.names.append(message.info.name))

    def after(self, *events: BaseEvent) -> list[str]:
        for event in events:
            self.manager.fire_event(event)
        return self.names


def test_events_for_debugging_are_made_only_where_a_log_keeps_them() -> None:
    told, debugging = MainReportVersion(version="1", log_version=3), ArtifactWritten(artifact_type="x", artifact_path="y")
    assert Heard().after(told, debugging) == ["MainReportVersion"]
    logged = Heard()
    logged.manager.add_logger(LoggerConfig(name="log", level=EventLevel.DEBUG))
    assert logged.after(told, debugging) == ["MainReportVersion", "ArtifactWritten"]


def test_a_failure_is_told_once_and_a_failing_test_keeps_its_name() -> None:
    model = "Runtime Error in model stg_ops__clocks (models/staging/ops/stg_ops__clocks.sql)\n  IO Error: No files found"
    test = ["Failure in test assert_x (tests/assert_x.sql)", "Got 3 results, configured to fail if != 0"]
    said = ["Failure in model stg_ops__clocks (models/staging/ops/stg_ops__clocks.sql)", model, *test, model]
    assert told_once(said) == [model, *test]
