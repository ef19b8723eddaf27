"""Dagster's event log of an embedded home: its own SQLite file, written over connections that stay open.

What belongs elsewhere: Postgres for a company that runs many workers is a setting (`docs/operate.md`), not code.
Dagster's class makes an engine and a connection for every event, 3,300 of them a night: a quarter of the night's time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from sqlalchemy import Connection, Engine, create_engine, event, inspect


class EventLog(ConsolidatedSqliteEventLogStorage):
    """The same file and the same tables; `dagster.yaml` names this class."""

    @cached_property
    def _tables(self) -> set[str]:
        return set()

    @cached_property
    def _engine(self) -> Engine:
        engine = create_engine(self._conn_string, connect_args={"timeout": 30})

        @event.listens_for(engine, "connect")
        def _(connection: object, _: object) -> None:
            # In WAL mode SQLite survives a crash of the process without a sync per commit.
            connection.execute("pragma synchronous = normal")  # type: ignore[attr-defined]

        return engine

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection

    def has_table(self, table_name: str) -> bool:
        """Whether the file has a table; one that it once had, it keeps."""
        if table_name not in self._tables:
            self._tables.update(inspect(self._engine).get_table_names())
        return table_name in self._tables

    def dispose(self) -> None:
        """Let go of the file."""
        super().dispose()
        self._engine.dispose()
