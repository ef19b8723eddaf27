"""What changed or went while a window was read: all the parts of one pull look together, and each look goes on from the last.

What to add here: nothing per CRM; this file only says when a look is due and from which moment on it has to look.
What belongs elsewhere: how a source is asked for what changed (`zoho`, `fxiaoke`), what a count proves (there too).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]  # hashes of ids
LATE = timedelta(minutes=1)  # how late a list may show a change, at the least


@dataclass(frozen=True, slots=True)
class Look:
    """What a source shows as changed or gone since some moment."""

    ids: Ids
    newest: datetime | None  # the last of these changes


class Moved:
    """Which records changed or went since a window closed, as the parts of its pull ask again and again."""

    def __init__(self, closed: datetime, look: Callable[[datetime], Look | None], settle: timedelta) -> None:
        """`look` asks for all that changed since a moment (None: it cannot say); `settle` is how late it may show a change."""
        self.closed = closed
        self._look = look
        self._late = max(settle, LATE)
        self._ids: Ids = np.empty(0, np.int64)
        self._since = closed
        self._begun = self._done = 0
        self._looking = threading.Lock()

    def left_of(self, ours: Ids) -> int | None:
        """How many of our records did not move, by a look that begins no earlier than now; None if nothing can tell."""
        needed = self._begun + 1  # what is under way now may have begun before the caller counted
        with self._looking:
            if self._done < needed:
                self._begun += 1
                look = self._look(self._since)
                if look is None:
                    return None
                self._ids = np.union1d(self._ids, look.ids)
                if look.newest is not None:
                    self._since = max(self._since, look.newest - self._late)
                self._done = self._begun
        return len(np.setdiff1d(ours, self._ids))
