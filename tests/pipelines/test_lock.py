"""One run at a time on one home: the second is told who the first is, and a run that died is in nobody's way."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.cli.app import past_of
from pipelines.execute import execute
from pipelines.lock import HomeBusy
from pipelines.resources import Home

HOLDER = """
import signal, sys
from pipelines.resources import Home
signal.signal(signal.SIGTERM, signal.SIG_DFL)  # whoever started the tests may have had it ignored
with Home(root=sys.argv[1]).alone("nightly"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_run(root: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds a home until it is told to end, or killed."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("begin", [lambda home: execute("nightly", home), lambda home: home.alone("demo").__enter__()])
def test_a_second_run_is_told_who_the_first_is_and_begins_nothing(tmp_path: Path, begin: object) -> None:
    with another_run(tmp_path) as first, pytest.raises(HomeBusy) as busy:
        begin(Home(root=str(tmp_path)))
    assert busy.value.holder is not None
    assert (busy.value.holder.pid, busy.value.holder.what) == (first.pid, "nightly")
    said = str(busy.value)
    assert re.search(rf"'nightly' has been at work in it since \d{{4}}-\d\d-\d\dT[\d:]+\+00:00 \(pid {first.pid} on ", said)
    assert [path.name for path in tmp_path.iterdir()] == ["run.lock"]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_died_is_in_nobody_s_way(tmp_path: Path, how: signal.Signals) -> None:
    with another_run(tmp_path) as first:
        os.kill(first.pid, how)
        first.wait()
        assert (tmp_path / "run.lock").read_bytes() != b""  # its name still stands there
        with Home(root=str(tmp_path)).alone("nightly"):
            assert f'"pid":{os.getpid()}'.encode() in (tmp_path / "run.lock").read_bytes()
    assert (tmp_path / "run.lock").read_bytes() == b""


def test_a_job_within_a_command_is_the_same_run(tmp_path: Path) -> None:
    home = Home(root=str(tmp_path))
    with home.alone("close 2026-09"):
        with home.alone("close_month"):
            pass
        assert b"close 2026-09" in (tmp_path / "run.lock").read_bytes()
    with another_run(tmp_path):  # it is let go of at the end, so that this one gets it
        pass


def test_two_homes_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with another_run(tmp_path / "one"), Home(root=str(tmp_path / "two")).alone("nightly"):
        assert (tmp_path / "two" / "run.lock").exists()


def test_a_command_refuses_a_busy_home_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pipelines.cli", "run", "--home", str(tmp_path)]
    with another_run(tmp_path) as first:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    said = done.stderr.strip()
    assert (done.returncode, f"(pid {first.pid} on " in said, said.count("\n")) == (1, True, 0)


@pytest.mark.parametrize("words", [("close", "2026-09"), ("demo",)])
def test_other_commands_refuse_it_too(tmp_path: Path, words: tuple[str, ...]) -> None:
    with another_run(tmp_path):
        done = CliRunner().invoke(app, [*words, "--home", str(tmp_path)])
    assert isinstance(done.exception, HomeBusy)


@pytest.mark.parametrize("words", [("run",), ("close", "2026-09")])
def test_a_moment_that_is_still_to_come_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*words, "--home", str(tmp_path), "--known-at", "2999-01-01T00:00:00+08:00"])
    complaint = "2999-01-01T00:00:00+08:00 is in the future, it is "
    assert (done.exit_code, done.stderr.startswith(complaint), list(tmp_path.iterdir())) == (2, True, [])


def test_a_simulated_world_may_be_ahead_of_our_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = "2999-01-01T00:00:00+08:00"
    monkeypatch.setenv("QUARTERDECK_ZOHO_API_URL", "http://127.0.0.1:8601")
    assert past_of(moment) == datetime.fromisoformat(moment)
    monkeypatch.setenv("QUARTERDECK_ZOHO_API_URL", "https://www.zohoapis.com.cn")
    with pytest.raises(typer.Exit):
        past_of(moment)
