"""Many threads and two processes at once, and processes that are killed: one login, one budget, one lake.

What to add here: something that only goes wrong when two do it, or when one dies over it.
What belongs elsewhere: what goes wrong by itself (`test_fault_matrix.py`).
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.client import Manners
from simulators.server import RunningSimulators, serve
from tests.connectors.dying import SURVIVED
from tests.connectors.play import CRMS, FIRST, NIGHT, Play
from tests.connectors.test_nights import to_fxiaoke, to_zoho

ASKER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from connectors.client import Ask, Manners
from connectors.faults import Fault
from simulators.server import RunningSimulators
from tests.connectors.test_nights import to_fxiaoke, to_zoho

source, zoho_url, fxiaoke_url, state, threads, asks, manners = sys.argv[1:]
crms = RunningSimulators(zoho_url=zoho_url, fxiaoke_url=fxiaoke_url)
how = {"manners": eval(manners), "state_folder": Path(state)}
connection = to_zoho(crms, **how) if source == "zoho" else to_fxiaoke(crms, **how)
print("ready", flush=True)
sys.stdin.readline()

def ask(_):
    try:
        if source == "zoho":
            connection.client.ask(Ask(about="org", method="GET", url=f"{zoho_url}/crm/v8/org"))
        else:
            connection.client.ask(connection._dialect.ask("departments", "cgi/department/list", {}))
    except Fault as fault:
        return type(fault).__name__
    return "answered"

with ThreadPoolExecutor(int(threads)) as pool:
    said = list(pool.map(ask, range(int(asks))))
connection.client.budget.save()
print(*said, flush=True)
"""
LOGINS = {"zoho": "zoho POST /oauth/v2/token", "fxiaoke": "fxiaoke POST /cgi/corpAccessToken/get/V2"}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulators]:
    """Both CRMs over a story, with every documented limit."""
    folder = tmp_path_factory.mktemp("side by side")
    for crm in CRMS[:2]:
        Play(crm, folder).close()
    with serve(folder / "records", at=FIRST) as simulators:
        yield simulators


@pytest.fixture
def crms(started: RunningSimulators) -> RunningSimulators:
    """The same as at the start, for each test."""
    started.reset()
    return started


def two(source: str, crms: RunningSimulators, state: Path, *, threads: int, asks: int, manners: str) -> list[str]:
    """What two processes are told that begin at the same moment and share a state folder."""
    words = [source, crms.zoho_url, crms.fxiaoke_url, str(state), str(threads), str(asks), manners]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen([sys.executable, "-c", ASKER, *words], **pipes) for _ in range(2)]
    try:
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 2
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        return [word for process in processes for word in process.communicate(timeout=60)[0].split()]
    finally:
        for process in processes:
            process.kill()
            process.wait()


@pytest.mark.parametrize("source", ["zoho", "fxiaoke"])
def test_sixteen_threads_log_in_once_and_once_more_when_the_token_dies(
    crms: RunningSimulators, tmp_path: Path, source: str
) -> None:
    manners = Manners(concurrency=16 if source == "fxiaoke" else 8)
    connection = (to_zoho if source == "zoho" else to_fxiaoke)(crms, manners=manners, state_folder=tmp_path)
    assert connection.client.keeper is not None
    with ThreadPoolExecutor(16) as pool:
        (first,) = {token.value for token in pool.map(lambda _: connection.client.keeper.current(), range(64))}
        dead = connection.client.keeper.current()
        (second,) = {token.value for token in pool.map(connection.client.keeper.renew, [dead] * 64)}
    counts = crms.counts()
    assert counts[LOGINS[source]] == 2
    assert f"{source} tokens refused by limits" not in counts
    assert (first == second) == (source == "fxiaoke")  # Fxiaoke gives the same one while it is young
    assert (tmp_path / f"{source}.token.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("source", ["zoho", "fxiaoke"])
def test_two_processes_log_in_once(crms: RunningSimulators, tmp_path: Path, source: str) -> None:
    said = two(source, crms, tmp_path, threads=4, asks=20, manners="Manners(concurrency=4)")
    counts = crms.counts()
    assert (said, counts[LOGINS[source]]) == (["answered"] * 40, 1)
    assert (tmp_path / f"{source}.token.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("source", ["zoho", "fxiaoke"])
def test_two_processes_whose_tokens_die_pass_no_login_limit(crms: RunningSimulators, tmp_path: Path, source: str) -> None:
    crms.fault(kind="token_expired", path="/crm/v8/org" if source == "zoho" else "/department/list", times=None)
    said = two(source, crms, tmp_path, threads=2, asks=10, manners="Manners(attempts=1)")
    assert ("answered" in said, crms.counts()[LOGINS[source]]) == (False, Manners().logins)


@pytest.mark.parametrize("source", ["zoho", "fxiaoke"])
def test_two_processes_share_the_day_s_budget(crms: RunningSimulators, tmp_path: Path, source: str) -> None:
    said = two(source, crms, tmp_path, threads=4, asks=60, manners="Manners(concurrency=4, calls_per_day=90)")
    counts = crms.counts()
    assert (counts[f"{source} calls"], said.count("answered"), said.count("Deferred")) == (90, 90 - counts[LOGINS[source]], 31)
    assert json.loads((tmp_path / f"{source}.calls.json").read_text())["used"] == 90


@pytest.fixture(scope="module")
def mortal() -> Iterator[subprocess.Popen[str]]:
    """A process whose children die when they are told to."""
    command = [sys.executable, "-m", "tests.connectors.dying"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def lived(mortal: subprocess.Popen[str], crm: str, folder: Path, begun: Path, night: int, last: int) -> int:
    """How a night ended that was to die at a moment."""
    assert mortal.stdin is not None
    assert mortal.stdout is not None
    mortal.stdin.write("\t".join(map(str, (crm, folder, begun, night, last))) + "\n")
    mortal.stdin.flush()
    return int(mortal.stdout.readline())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("crm", CRMS[:2])
def test_a_pull_that_is_killed_anywhere_is_simply_run_again(
    tmp_path: Path, mortal: subprocess.Popen[str], crm: str, seed: int
) -> None:
    luck = random.Random(seed)
    play = Play(crm, tmp_path)
    killed, seen = 0, []
    for number in range(3):
        while True:
            early, later = luck.randrange(1, 16), luck.randrange(1, 60) if luck.random() < 0.7 else 0
            end = lived(mortal, crm, tmp_path, tmp_path, number, later if killed else early)
            if end == SURVIVED:
                break
            assert end == -signal.SIGKILL
            killed += 1
            with_it = [*seen, FIRST + number * NIGHT]
            assert [one.pulled_at for one in play.lake.manifests()] in (seen, with_it)
            assert play.held() in (play.truth(seen), play.truth(with_it))  # whole or not at all
        seen.append(FIRST + number * NIGHT)
        assert play.held() == play.truth(seen)
    assert [one.pulled_at for one in play.lake.manifests()] == seen
    assert killed > 0
    play.close()


@pytest.mark.parametrize("crm", CRMS[:2])
def test_two_processes_that_land_the_same_object_land_it_once(tmp_path: Path, crm: str) -> None:
    first, second = Play(crm, tmp_path), Play(crm, tmp_path, begun=tmp_path)
    with ThreadPoolExecutor(2) as pool:  # each with a lake, a lock and a CRM of its own, as two processes have
        made = list(pool.map(lambda play: play.night(0), (first, second)))
    assert made[0] == made[1]
    (manifest,) = first.lake.manifests()
    assert (manifest, manifest.versions, first.held()) == (made[0], 14, first.truth([FIRST]))
    first.close()
    second.close()
