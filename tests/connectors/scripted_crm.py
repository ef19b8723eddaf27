"""What the connector tests share: clocks that only move when somebody waits, and a look at every byte of a folder.

What to add here: what more than one connector test needs.
What belongs elsewhere: a CRM that behaves (the simulators), what is asserted (the tests).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import zstandard

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    """A moment as the raw tables keep it: UTC, without a zone."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


@dataclass
class Time:
    """A clock that stands still until somebody sleeps."""

    now: float = NOW.timestamp()
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Wait without waiting."""
        self.slept.append(round(seconds, 3))
        self.now += seconds

    def __call__(self) -> float:
        """The moment it shows."""
        return self.now

    @property
    def injected(self) -> dict[str, Callable[..., Any]]:
        """What a connection takes in place of the real clocks."""
        return {"sleep": self.sleep, "monotonic": self, "now": self}


def every_byte(folder: Path) -> bytes:
    """Everything in a folder, zstd and Parquet unpacked, for tests of what must not be there."""
    found = b""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        found += path.read_bytes()
        if path.suffix == ".zst":
            found += zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
        if path.suffix == ".parquet":
            found += str(pq.read_table(path).to_pylist()).encode()
    return found
