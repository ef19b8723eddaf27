"""Where the AdventureWorks files are, and a line that says so when they are nowhere.

What to add here: what several tests of examples need of the data.
What belongs elsewhere: the figures expected of it (`examples/adventureworks/figures.py`).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from examples.adventureworks.pour import Poured, pour

SETTING = "QUARTERDECK_ADVENTUREWORKS"
USUAL_PLACES = (Path(__file__).parents[3] / "shared" / "data" / "adventureworks",)  # beside the repository


def adventureworks_folder() -> Path | None:
    """The folder of Parquet files: the setting's, else the first usual place that exists."""
    named = os.environ.get(SETTING)
    places = (Path(named),) if named else USUAL_PLACES
    return next((place for place in places if place.is_dir()), None)


def why_not() -> str:
    """What a reader of the test run is told when there is no data."""
    named = os.environ.get(SETTING)
    if named:
        return f"AdventureWorks did not run: {SETTING}={named} is no folder"
    return f"AdventureWorks did not run: {SETTING} is not set and ../shared/data/adventureworks is not beside the repository"


@pytest.fixture(scope="session")
def adventureworks() -> Path:
    """The folder of Parquet files; without one the test is counted as skipped and the last lines of the run say why."""
    folder = adventureworks_folder()
    if folder is None:
        pytest.skip(why_not())
    return folder


@pytest.fixture(scope="session")
def poured(adventureworks: Path, tmp_path_factory: pytest.TempPathFactory) -> Poured:
    """AdventureWorks as records and a company folder."""
    return pour(adventureworks, tmp_path_factory.mktemp("adventureworks"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A skip is easily overlooked; this line is not."""
    if adventureworks_folder() is None:
        terminalreporter.write_sep("=", why_not(), yellow=True, bold=True)
