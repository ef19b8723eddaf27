"""A process that plays nights in children which die at the n-th thing they do to the world; told what on standard input.

What to add here: another thing in the middle of which a pull may die.
What belongs elsewhere: what must be true afterwards (`test_side_by_side.py`).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from connectors.landing import Manifest
from tests.connectors.play import Play

SURVIVED, FAILED = 0, 3


class Moments:
    """Counts what a pull does, and kills the process at one of them."""

    def __init__(self, last: int) -> None:
        self.left = last

    def within(self, doing: Callable[..., Any]) -> Callable[..., Any]:
        """The same, with two moments to die at: before it and after it."""

        def counted(*args: Any, **more: Any) -> Any:
            self.pass_one()
            done = doing(*args, **more)
            self.pass_one()
            return done

        return counted

    def pass_one(self) -> None:
        """Die, if this is the moment."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def night(crm: str, folder: Path, begun: Path, number: int, last: int) -> int:
    """One night in this process; how it ended."""
    moments = Moments(last)
    os.fsync = moments.within(os.fsync)  # type: ignore[assignment]
    Path.replace = moments.within(Path.replace)  # type: ignore[method-assign]
    requests.Session.send = moments.within(requests.Session.send)  # type: ignore[method-assign]
    play = Play(crm, folder, begun=begun)
    return SURVIVED if isinstance(play.night(number), Manifest) else FAILED


def main() -> None:
    """A line a night: CRM, folder, folder of the records, number, moment to die at (0: none); answers with how it ended."""
    for line in sys.stdin:
        crm, folder, begun, number, last = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            os._exit(night(crm, Path(folder), Path(begun), int(number), int(last)))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 the answer


if __name__ == "__main__":
    main()
