"""How the simulators start and stop."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from pipelines.cli.app import WRONG_INPUT, app
from simulators.server import serve
from tests.simulators.small_folder import AT, deal, write


def test_they_are_gone_when_the_block_ends(folder: Path) -> None:
    with serve(folder, at=AT) as sims:
        assert requests.get(sims.control_url, timeout=10).json()["at"] == "2026-03-01T00:00:00+00:00"
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.get(sims.control_url, timeout=10)


def test_a_bad_line_stops_the_start_and_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "zoho", {"Deals": [deal(1), {"Deal_Name": "no id"}]})
    with pytest.raises(RuntimeError, match="the simulators did not start"), serve(tmp_path, at=AT):
        pass
    assert capfd.readouterr().err == "Deals.ndjson, line 2: Object missing required field `id`\n"


def test_a_missing_folder_is_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="the simulators did not start"), serve(tmp_path / "none", at=AT):
        pass
    assert capfd.readouterr().err == f"no folder of records at {tmp_path / 'none'}\n"


def test_the_simulate_command_says_what_keeps_it_from_serving(tmp_path: Path) -> None:
    def refused(folder: Path, port: int) -> str:
        result = CliRunner().invoke(app, ["simulate", str(folder), "--zoho-port", str(port), "--fxiaoke-port", "0"])
        assert result.exit_code == WRONG_INPUT
        return " ".join(result.output.split())

    assert refused(tmp_path, 0) == (
        f"{tmp_path} is no folder of records: neither zoho/<Module>.ndjson nor fxiaoke/<Object>.ndjson is in it"
    )
    write(tmp_path, "zoho", {"Deals": [deal(1), {"Deal_Name": "no id"}]})
    assert refused(tmp_path, 0) == "Deals.ndjson, line 2: Object missing required field `id`"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        why = "cannot be listened on (Address already in use): name another, or end who holds it"
        assert refused(tmp_path, port) == f"port {port} {why}"
