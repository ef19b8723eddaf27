"""Both simulators behind one door: started, moved through time, stopped.

What to add here: what starts or stops them, and the credentials they accept.
What belongs elsewhere: what they answer (`zoho`, `fxiaoke`), their switches (`options.py`), their trouble (`faults.py`).
"""

from __future__ import annotations

import asyncio
import gc
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import requests
import uvicorn

from simulators import fxiaoke, zoho
from simulators.control import Simulation
from simulators.credentials import CREDENTIALS
from simulators.middleware import Crm, Door, HttpProtocol
from simulators.options import Options
from simulators.records import BadRecord, Records

__all__ = ["CREDENTIALS", "PortTaken", "RunningSimulators", "serve", "serve_here"]

READY = b"ready\n"

CONTROL_TIMEOUT = 120
STARTING_TIMEOUT = 600


class PortTaken(Exception):
    """Nothing can be served on this port."""


@dataclass(frozen=True, slots=True)
class RunningSimulators:
    """Two simulators that answer on loopback, and what moves them."""

    zoho_url: str
    fxiaoke_url: str

    @property
    def control_url(self) -> str:
        """Where the control endpoint answers (it does on both ports)."""
        return f"{self.zoho_url}/_control"

    def move_to(self, at: datetime) -> None:
        """Show the world as it stands then."""
        self._post("at", {"at": at.isoformat()})

    def options(self, **changes: Any) -> None:
        """Change switches: `options(latency_ms=40, zoho={"credits": 10})`."""
        self._post("options", changes)

    def fault(self, **fault: Any) -> None:
        """Trouble ahead: `fault(kind="reset", path="/Deals", after=2)`."""
        self._post("faults", fault)

    def bad_night(self, **night: Any) -> None:
        """A seeded mix of trouble from now on: `bad_night(seed=7, rate=0.2)`."""
        self._post("faults", {"bad_night": night})

    def put(self, crm: str, name: str, *versions: dict[str, Any]) -> None:
        """Add versions of records."""
        self._post("records", {"crm": crm, "name": name, "versions": list(versions)})

    def reset(self) -> None:
        """The switches of the start, no more trouble, the folder's own schema, counts from zero."""
        self._post("reset", {})

    def status(self) -> dict[str, Any]:
        """The moment shown, the switches, the trouble ahead and what was asked so far."""
        answer: dict[str, Any] = requests.get(self.control_url, timeout=CONTROL_TIMEOUT).json()
        return answer

    def counts(self) -> dict[str, int]:
        """What was asked so far: calls per path, answers per status, faults per kind, refusals."""
        counts: dict[str, int] = self.status()["counts"]
        return counts

    def _post(self, what: str, body: Any) -> None:
        answer = requests.post(f"{self.control_url}/{what}", json=body, timeout=CONTROL_TIMEOUT)
        if answer.status_code != requests.codes.ok:
            raise ValueError(f"the simulators refused {what}: {answer.text[:200]}")


class Start(msgspec.Struct):
    """What the process of the simulators is told."""

    folder: str
    at: datetime
    options: Options
    zoho_fd: int
    fxiaoke_fd: int


@contextmanager
def serve(
    folder: Path | str,
    *,
    at: datetime,
    zoho_port: int = 0,
    fxiaoke_port: int = 0,
    options: Options | dict[str, Any] | None = None,
) -> Iterator[RunningSimulators]:
    """Both simulators over a folder of records, in a process of their own, until the block ends."""
    chosen = options if isinstance(options, Options) else Options().changed(options or {})
    with _listening(zoho_port) as zoho_socket, _listening(fxiaoke_port) as fxiaoke_socket:
        start = Start(str(Path(folder).resolve()), at, chosen, zoho_socket.fileno(), fxiaoke_socket.fileno())
        urls = [f"http://127.0.0.1:{s.getsockname()[1]}" for s in (zoho_socket, fxiaoke_socket)]
        process = subprocess.Popen(
            [sys.executable, "-m", "simulators.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(start.zoho_fd, start.fxiaoke_fd),
            cwd=Path(__file__).parent.parent,
        )
    try:
        _begin(process, start)
        yield RunningSimulators(zoho_url=urls[0], fxiaoke_url=urls[1])
    finally:
        process.kill()
        process.communicate()


def _begin(process: subprocess.Popen[bytes], start: Start) -> None:
    """Tell the process what to serve, and wait until it does."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the simulators' process has no pipes")
    process.stdin.write(msgspec.json.encode(start) + b"\n")
    process.stdin.flush()
    readable, _, _ = select.select([process.stdout], [], [], STARTING_TIMEOUT)
    if not readable or process.stdout.readline() != READY:
        raise RuntimeError(f"the simulators did not start over {start.folder}; their own words stand on standard error")


def serve_here(
    folder: Path | str, ready: Callable[[], None], *, at: datetime, zoho_port: int, fxiaoke_port: int, options: Options
) -> None:
    """Both simulators in this process, until interrupted: what `quarterdeck simulate` runs; `ready` is called once they serve."""
    with _listening(zoho_port) as zoho_socket, _listening(fxiaoke_port) as fxiaoke_socket:
        _run(Simulation(_records(folder), at, options), zoho_socket, fxiaoke_socket, ready)


def _records(folder: Path | str) -> Records:
    """A folder of records, read."""
    if not Path(folder).is_dir():
        raise FileNotFoundError(f"no folder of records at {folder}")
    records = Records(folder)
    records.read_all()
    return records


def _listening(port: int) -> socket.socket:
    """A loopback socket that already takes connections, so that nobody finds the door shut."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=1024)
    except OSError as taken:
        why = os.strerror(taken.errno or 0)
        raise PortTaken(f"port {port} cannot be listened on ({why}): name another, or end who holds it") from taken


def _child() -> None:
    """The process of `serve`: told on standard input what to do, gone when its parent is."""
    start = msgspec.json.decode(sys.stdin.buffer.readline(), type=Start)
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        simulation = Simulation(_records(start.folder), start.at, start.options)
    except (BadRecord, OSError) as wrong:
        sys.exit(str(wrong))
    with socket.socket(fileno=start.zoho_fd) as zoho_socket, socket.socket(fileno=start.fxiaoke_fd) as fxiaoke_socket:
        _run(simulation, zoho_socket, fxiaoke_socket, lambda: os.write(sys.stdout.fileno(), READY))


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(0)


def _run(simulation: Simulation, zoho_socket: socket.socket, fxiaoke_socket: socket.socket, ready: Callable[[], Any]) -> None:
    crms: list[tuple[Crm, socket.socket]] = [(zoho.Zoho(simulation), zoho_socket), (fxiaoke.Fxiaoke(simulation), fxiaoke_socket)]
    servers = [
        (
            uvicorn.Server(
                uvicorn.Config(
                    Door(crm, simulation),
                    http=HttpProtocol,
                    loop="uvloop",
                    log_level="critical",
                    access_log=False,
                    lifespan="off",
                    server_header=False,
                    timeout_keep_alive=75,
                    backlog=1024,
                )
            ),
            listening,
        )
        for crm, listening in crms
    ]

    async def both() -> None:
        gc.freeze()
        ready()
        await asyncio.gather(*(server.serve(sockets=[listening]) for server, listening in servers))

    with asyncio.Runner(loop_factory=servers[0][0].config.get_loop_factory()) as runner:
        runner.run(both())


if __name__ == "__main__":
    _child()
