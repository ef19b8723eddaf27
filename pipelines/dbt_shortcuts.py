"""Two places where dbt's own way costs a night seconds and a shorter one has the same outcome.

What to add here: a third, with a test that compares it with dbt's own. What belongs elsewhere: running dbt (`dbt_runner.py`).
dbt is pinned; both names are looked up when they are replaced, so a version that moves them fails here and not silently.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import dbt.compilation
from dbt.contracts.graph.nodes import InjectedCTE
from dbt_common.events import event_manager_client
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager

BLANKS, COMMENTS = re.compile(r"\s*"), re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
WITH = re.compile(r"with(?:\s+recursive)?\b\s*", re.IGNORECASE)
dbts_own = dbt.compilation.inject_ctes_into_sql


def with_queries(sql: str, ctes: Sequence[InjectedCTE]) -> str:
    """A query with those of ephemeral models before its own; dbt takes all of it apart to find where (0.03 s a model)."""
    if not ctes:
        return sql
    told = ", ".join(cte.sql for cte in ctes)
    if own := WITH.match(sql, COMMENTS.match(sql).end()):
        return f"{sql[: own.end()]}{told}, {sql[own.end() :]}"
    start = BLANKS.match(sql).end()
    return f"{sql[:start]}with{told} {sql[start:]}"


class WhatIsHeard(EventManager):
    """dbt's events without those that nobody hears: it makes 8,000 a night for a log file that a night does not write."""

    def fire_event(self, e: BaseEvent, level: EventLevel | None = None, *more: Any, **other: Any) -> None:
        """Pass an event on, unless it is for debugging and nothing but our callback listens."""
        is_written = any(logger.level == EventLevel.DEBUG for logger in self.loggers)
        if is_written or (level or e.level_tag()) != EventLevel.DEBUG or other.get("force_warn_or_error_handling"):
            super().fire_event(e, level, *more, **other)


def take_shortcuts() -> None:
    """Put both in place, for as long as this process lives."""
    dbt.compilation.inject_ctes_into_sql = with_queries
    if not isinstance(event_manager_client.get_event_manager(), WhatIsHeard):
        event_manager_client.ctx_set_event_manager(WhatIsHeard())
