"""One run at a time on one home: who holds it, and a refusal that names them.

What to add here: nothing per job. What belongs elsewhere: which jobs hold a home (`execute.py`, `resources.py`),
and landing one object at a time, which the lake sees to itself (`connectors/lake`).
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

import msgspec

NAME = "run.lock"


class Holder(msgspec.Struct, frozen=True):
    """Who holds a home, as they wrote it down."""

    pid: int
    host: str
    since: str
    what: str


class HomeBusy(Exception):
    """Another run is at work in this home."""

    def __init__(self, root: Path, holder: Holder | None) -> None:
        self.holder = holder
        who = (
            f"{holder.what!r} has been at work in it since {holder.since} (pid {holder.pid} on {holder.host})"
            if holder
            else "another run has just begun to work in it"
        )
        super().__init__(
            f"{root} is busy: {who}. Nothing was begun. Wait for it to end, or end it if it hangs: a run that died holds nothing."
        )


_held: dict[Path, int] = {}  # homes that this process holds, and how often: a job within a command is the same run
_held_lock = Lock()


@contextmanager
def held(root: Path, what: str) -> Iterator[None]:
    """Hold a home until the block ends, or raise `HomeBusy`. The kernel lets go of it when the process dies, however it dies."""
    root.mkdir(parents=True, exist_ok=True)
    place = root.resolve() / NAME
    with _held_lock:
        handle = -1 if place in _held else _taken(place, root, what)
        _held[place] = _held.get(place, 0) + 1
    try:
        yield
    finally:
        with _held_lock:
            _held[place] -= 1
            if not _held[place]:
                del _held[place]
        if handle >= 0:
            os.ftruncate(handle, 0)
            os.close(handle)


def _taken(place: Path, root: Path, what: str) -> int:
    """The locked file, with our name in it."""
    handle = os.open(place, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        busy = HomeBusy(root, _holder(handle))
        os.close(handle)
        raise busy from None
    holder = Holder(os.getpid(), socket.gethostname(), datetime.now(UTC).isoformat(timespec="seconds"), what)
    os.ftruncate(handle, 0)
    os.pwrite(handle, msgspec.json.encode(holder), 0)
    return handle


def _holder(handle: int) -> Holder | None:
    """Who wrote their name into the lock; None in the moment before they did."""
    try:
        return msgspec.json.decode(os.pread(handle, 4096, 0), type=Holder)
    except msgspec.MsgspecError:
        return None
