"""Counting calls: within a span of time, and at the same time.

What to add here: another way in which a CRM counts.
What belongs elsewhere: the numbers (`options.py`) and the refusals (`zoho`, `fxiaoke`).
"""

from __future__ import annotations

from collections import deque


class Window:
    """What was spent within the last `seconds`; the time is the machine's own, handed in."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.spent = seconds, 0
        self._entries: deque[tuple[float, int]] = deque()

    def room(self, now: float, allowed: int, cost: int = 1) -> bool:
        """Whether so much may still be spent."""
        while self._entries and self._entries[0][0] <= now - self.seconds:
            self.spent -= self._entries.popleft()[1]
        return self.spent + cost <= allowed

    def take(self, now: float, allowed: int, cost: int = 1) -> bool:
        """Spend it where there is room; say whether there was."""
        if not self.room(now, allowed, cost):
            return False
        self._entries.append((now, cost))
        self.spent += cost
        return True


class Busy:
    """How many are inside at once, and the most there ever were."""

    def __init__(self) -> None:
        self.now = self.peak = 0

    def enter(self) -> None:
        """One more is inside."""
        self.now += 1
        self.peak = max(self.peak, self.now)

    def leave(self) -> None:
        """One has gone."""
        self.now -= 1
