"""Two warehouses, built once each: one over rows written by hand, one over a small demo company.

What belongs elsewhere: the rows (`worked_cases.py`), what must come out (`test_*.py`).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.dbt_project.build import build_warehouse
from tests.dbt_project.demo import land_demo
from tests.dbt_project.worked_cases import worked_cases


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse over `worked_cases.py`, unit tests of the models included."""
    home = tmp_path_factory.mktemp("worked")
    worked_cases().write(home / "lake", home / "build")
    return build_warehouse(home, "--exclude-resource-type", "analysis")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tenth of the demo company on the last day of its story: the warehouse, and the folder of truths."""
    home = tmp_path_factory.mktemp("demo")
    land_demo(home, date(2026, 12, 31), scale=0.1)
    return build_warehouse(home), home / "world" / "truth"
