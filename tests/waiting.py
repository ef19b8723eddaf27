"""Time that passes only where somebody waits: nothing sleeps, and what counts the seconds finds them gone.

What belongs elsewhere: the moment a simulated CRM believes it is (`$at` of the simulators).
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class NoWaiting:
    """A clock of seconds: `sleep` moves it on at once. For whatever is passed `sleep` and `monotonic`."""

    def __init__(self) -> None:
        """The clock begins at nought."""
        self._now = 0.0
        self._lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        """Be as many seconds later."""
        with self._lock:
            self._now += seconds

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._now

    @property
    def passed(self) -> dict[str, Callable[..., object]]:
        """What a connection is given."""
        return {"sleep": self.sleep, "monotonic": self.monotonic}
