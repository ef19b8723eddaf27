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
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Generic, TypeVar

from connectors.client import Record, Window

T = TypeVar("T")

AHEAD = 32  # items that wait to be taken: whoever is slower sets the pace, and memory stays flat
MOST_PARTS = 64
WAYS = 8  # parts into which one that is too large is cut at once
DEPTH = 6  # such cuts: of two years, down to minutes
MINUTE = timedelta(minutes=1)
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


def parted(
    window: Window, first: datetime, total: int, count: Callable[[Window], int], *, least: int, threads: int
) -> list[Window]:
    """The window in parts of about the same number of records; a count that is wrong costs balance, never a record."""
    size = max(least, total // MOST_PARTS)
    parts = [(Window(first, window.end), total)]
    for _ in range(DEPTH):
        large = [(part, its) for part, its in parts if its > 2 * size and part.end - _start(part) > 2 * MINUTE]
        cuts = {part: _cut(part, -(-its // (2 * size))) for part, its in large}
        if not cuts:
            break
        asked = [piece for pieces in cuts.values() for piece in pieces[:-1]]  # the last one has what is left
        with ThreadPoolExecutor(threads) as pool:
            counts = dict(zip(asked, pool.map(count, asked), strict=True))
        split: list[tuple[Window, int]] = []
        for part, whole in parts:
            pieces = cuts.get(part, [part])
            sizes = [counts[piece] for piece in pieces[:-1]]
            split += zip(pieces, [*sizes, max(whole - sum(sizes), 0)], strict=True)
        parts = split
    edges, held = [], 0
    for part, its in parts[:-1]:
        held += its
        if held >= size:
            edges.append(part.end)
            held = 0
    if edges and held + parts[-1][1] < size // 2:
        edges.pop()  # too little for a walk of its own
    return [Window(start, end) for start, end in zip([window.start, *edges], [*edges, window.end], strict=True)]


def _cut(part: Window, ways: int) -> list[Window]:
    """A part of more than two minutes in pieces of the same length, a minute at the least."""
    start, pieces = _start(part), max(2, min(ways, WAYS, (part.end - _start(part)) // MINUTE))
    step = (part.end - start) / pieces
    edges = [start, *((start + step * n).replace(microsecond=0) for n in range(1, pieces)), part.end]
    return [Window(begin, end) for begin, end in pairwise(edges)]


def _start(window: Window) -> datetime:
    """Where a part starts; only a whole window may start with the beginning."""
    if window.start is None:
        raise ValueError("a part without a start")
    return window.start


def parts_in_time(
    parts: Sequence[Window], read: Callable[[Window], Iterator[Sequence[Record] | datetime]], threads: int
) -> Iterator[Sequence[Record] | datetime]:
    """Records of all parts, read side by side, and each moment before which none is missing any more."""
    done: set[int] = set()
    first = 0
    for came in side_by_side([lambda part=part: read(part) for part in parts], threads):
        if isinstance(came.item, datetime):
            if came.stream == first:
                yield came.item
        elif came.item is not None:
            yield came.item
        else:
            done.add(came.stream)
            if came.stream == first:
                while first in done:
                    first += 1
                if first < len(parts):
                    yield _start(parts[first])
