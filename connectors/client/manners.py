"""How a company wants its CRM to be asked: how often, how long, how many calls a day; and the counting that keeps to it.

What to add here: manners that every CRM deserves.
What belongs elsewhere: what a CRM allows (the settings of `zoho`, `fxiaoke`), when to ask again (`asking.py`).
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import msgspec

from connectors.client.exchange import Ask
from connectors.faults import Deferred


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a company wants its CRM to be asked."""

    attempts: int = 6
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    reply_timeout: float = 300.0  # a whole answer, so that one that drips for ever ends
    longest_wait: timedelta = timedelta(minutes=3)
    concurrency: int = 8
    calls: int | None = None  # per `seconds` and interface; None: the CRM does not count them
    seconds: float = 20.0
    calls_per_day: int | None = None
    logins: int | None = 8  # per `logins_seconds`, under the 10 of both CRMs; None: the CRM does not count them
    logins_seconds: float = 600.0
    day_begins: Callable[[float], date] | None = None  # which day a moment counts to; None: UTC


MARGIN = 0.05  # seconds by which a CRM's clock may differ from ours within a window
LOOK = 0.05  # seconds until it is looked again whether one of the calls under way is over


class Pace:
    """Keeps the calls of one interface under its documented rate, however long they take to arrive.

    A CRM counts a call at some moment between our asking and its answer. So a call holds its place from before it is sent until
    `seconds` after its answer: no window of that length, wherever it begins, holds more than `calls`.
    """

    def __init__(
        self, calls: int, seconds: float, *, monotonic: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        """No call yet."""
        self._calls, self._seconds = calls, seconds + MARGIN
        self._monotonic, self._sleep = monotonic, sleep
        self._under_way = 0
        self._over: deque[float] = deque()  # when the last calls were answered, as long as they count
        self._lock = threading.Lock()

    @contextmanager
    def call(self) -> Iterator[None]:
        """One more call, as soon as it is within the rate."""
        while (delay := self._delay()) > 0:
            self._sleep(delay)
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
                self._over.append(self._monotonic())

    def _delay(self) -> float:
        """Seconds until a call may fit; 0 when this call has been counted in."""
        with self._lock:
            now = self._monotonic()
            while self._over and self._over[0] + self._seconds <= now:
                self._over.popleft()
            if self._under_way + len(self._over) < self._calls:
                self._under_way += 1
                return 0.0
            return max(self._over[0] + self._seconds - now, 0.001) if self._over else LOOK


LEASE = 20  # calls that a run takes from the day's at a time: a crash costs at most these, and no limit is ever passed


class Budget:
    """Counts a day's calls, in a file when several runs share the day, and stops at the company's limit.

    Calls are taken from the file before they are made, a few at a time, and what was not used is given back.
    """

    def __init__(self, limit: int | None, *, path: Path | None, today: Callable[[], date]) -> None:
        """`limit` None counts without stopping."""
        self._limit = limit
        self._path = path
        self._today = today
        self._lock = threading.Lock()
        self._day = today()
        self._here = 0  # used today, where no file is shared
        self._left = 0  # taken and not used yet

    @property
    def used(self) -> int:
        """Calls made today, by every run that shares the day."""
        with self._lock, self._shared() as taken:
            return taken - (self._left if self._day == self._today() else 0)

    def allows(self, calls: float) -> bool:
        """Whether so many calls are left today."""
        return self._limit is None or self._limit - self.used >= calls

    def spend(self, source: str, ask: Ask) -> None:
        """Count one call, or say that today's budget is used up."""
        with self._lock:
            if self._day != self._today():
                self._day, self._left = self._today(), 0
            if not self._left:
                self._take(LEASE)
            if not self._left:
                raise Deferred(
                    f"{source} {ask.about}",
                    asked=ask.shown,
                    came=f"today's own budget of {self._limit:,} calls is used up",
                    cure="what is complete is kept; run again tomorrow, or raise calls_per_day",
                )
            self._left -= 1

    def save(self) -> None:
        """Give back what was not used."""
        with self._lock:
            if self._left and self._day == self._today():
                self._take(-self._left)
            self._left = 0

    def _take(self, calls: int) -> None:
        """Take calls from those of the day, as many as are left; a negative number gives them back."""
        with self._shared() as taken:
            granted = calls if self._limit is None else min(calls, max(self._limit - taken, 0))
            self._left += granted
            self._here = taken + granted
            if self._path is not None:
                draft = self._path.with_suffix(".draft")
                draft.write_bytes(msgspec.json.encode({"day": self._day.isoformat(), "used": self._here}))
                draft.replace(self._path)

    @contextmanager
    def _shared(self) -> Iterator[int]:
        """How many calls of today are taken, and nobody else takes any until the block ends."""
        if self._path is None:
            yield self._here if self._day == self._today() else 0
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield self._read()
        finally:
            os.close(handle)

    def _read(self) -> int:
        """Calls of today that are taken; none if the file is of another day, missing or torn."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=dict[str, str | int]) if self._path else {}
        except (FileNotFoundError, msgspec.MsgspecError):
            kept = {}
        return int(kept.get("used", 0)) if kept.get("day") == self._today().isoformat() else 0
