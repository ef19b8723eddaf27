"""Several streams read side by side, a little ahead of whoever takes from them.

What to add here: nothing per CRM.
What belongs elsewhere: how many streams a CRM bears (`Manners`), what they ask (`zoho`, `fxiaoke`).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

AHEAD = 8  # items that wait to be taken: whoever is slower sets the pace, and memory stays flat
LOOK = 0.1  # seconds between two looks whether anyone still wants to know


@dataclass(frozen=True, slots=True)
class Came(Generic[T]):
    """One item of one stream, or (None) the news that the stream is over."""

    stream: int
    item: T | None


def side_by_side(streams: Sequence[Callable[[], Iterator[T]]], threads: int) -> Iterator[Came[T]]:
    """Items of all streams as they come, earlier streams begun first; the first fault ends them all."""
    came: queue.Queue[Came[T]] = queue.Queue(AHEAD)
    is_over = threading.Event()

    def put(what: Came[T]) -> bool:
        """Whether it was taken in; False when nobody wants it any more."""
        while not is_over.is_set():
            try:
                came.put(what, timeout=LOOK)
            except queue.Full:
                continue
            return True
        return False

    def run(number: int, stream: Callable[[], Iterator[T]]) -> None:
        """Read one stream to its end."""
        try:
            for item in () if is_over.is_set() else stream():
                if not put(Came(number, item)):
                    return
        finally:
            put(Came(number, None))

    with ThreadPoolExecutor(max(1, min(threads, len(streams))), thread_name_prefix="walk") as pool:
        running = [pool.submit(run, number, stream) for number, stream in enumerate(streams)]
        left = len(running)
        try:
            while left:
                what = came.get()
                if what.item is None:
                    running[what.stream].result()  # raises what ended it, if it did not end well
                    left -= 1
                yield what
        finally:
            is_over.set()
