"""Calls keep to a CRM's rate, however late they arrive there.

What to add here: a promise of `Manners` that no CRM is needed for.
What belongs elsewhere: what a CRM allows (`tests/simulators/test_limits.py`), budgets and logins (`test_side_by_side.py`).
"""

from __future__ import annotations

import heapq
from contextlib import ExitStack

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.client import Pace

CALLS, SECONDS = 5, 20.0
TAKES = st.tuples(st.floats(0, 60), st.floats(0, 1))  # seconds that a call is under way, and where in it the CRM counts it


class Clock:
    """Time that passes while somebody sleeps; calls that are answered meanwhile end when they should."""

    def __init__(self) -> None:
        self.now = 0.0
        self.under_way: list[tuple[float, int, ExitStack]] = []

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + seconds
        while self.under_way and self.under_way[0][0] <= until:
            self.now, _, call = heapq.heappop(self.under_way)
            call.close()
        self.now = until


@settings(deadline=None, max_examples=60)
@given(st.lists(TAKES, min_size=CALLS + 1, max_size=40))
def test_no_window_holds_more_calls_than_are_allowed_whenever_they_arrive(calls: list[tuple[float, float]]) -> None:
    clock, arrived = Clock(), []
    pace = Pace(CALLS, SECONDS, monotonic=lambda: clock.now, sleep=clock.sleep)
    for number, (takes, share) in enumerate(calls):
        call = ExitStack()
        call.enter_context(pace.call())
        arrived.append(clock.now + takes * share)
        heapq.heappush(clock.under_way, (clock.now + takes, number, call))
    for first in arrived:
        assert sum(first <= other < first + SECONDS for other in arrived) <= CALLS


def test_calls_that_are_answered_at_once_use_nearly_all_of_the_rate() -> None:
    clock = Clock()
    pace = Pace(100, SECONDS, monotonic=lambda: clock.now, sleep=clock.sleep)
    for _ in range(1001):
        with pace.call():
            clock.now += 0.001
    assert 200 <= clock.now < 200 / 0.99
