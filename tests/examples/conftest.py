"""AdventureWorks, poured once for all tests of it.

What to add here: what several tests of examples need of the data.
What belongs elsewhere: the figures expected of it (`examples/adventureworks/figures.py`),
where it lies (`tests/adventureworks.py`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from examples.adventureworks.pour import Poured, pour
from tests.adventureworks import adventureworks_folder, why_not


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
