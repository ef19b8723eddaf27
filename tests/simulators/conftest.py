"""The small folder, served once for all tests of this folder; each test finds the switches as they were at the start.

What to add here: a fixture that several tests need.
What belongs elsewhere: records and callers (`small_folder.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.server import RunningSimulators, serve
from tests.simulators.small_folder import AT, FXIAOKE, VIEWS, ZOHO, FxiaokeCaller, ZohoCaller, write


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small folder."""
    path = tmp_path_factory.mktemp("records")
    write(path, "zoho", ZOHO)
    (path / "zoho" / "_custom_views.json").write_text(json.dumps(VIEWS))
    write(path, "fxiaoke", FXIAOKE)
    return path


@pytest.fixture(scope="session")
def running(folder: Path) -> Iterator[RunningSimulators]:
    """Both simulators, without limits."""
    with serve(folder, at=AT, options={"limits": "off"}) as simulators:
        yield simulators


@pytest.fixture
def sims(running: RunningSimulators) -> RunningSimulators:
    """Both simulators as they were at the start."""
    running.reset()
    running.move_to(AT)
    return running


@pytest.fixture
def zoho(sims: RunningSimulators) -> ZohoCaller:
    """A caller of Zoho."""
    return ZohoCaller(sims.zoho_url)


@pytest.fixture
def fxiaoke(sims: RunningSimulators) -> FxiaokeCaller:
    """A caller of Fxiaoke."""
    return FxiaokeCaller(sims.fxiaoke_url)
