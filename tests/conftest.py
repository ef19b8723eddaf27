"""What every test run says at its end, and which worker gets which file when several run side by side.

What to add here: a file whose set-up takes long (`LONG`), files that share one (`TOGETHER`).
What belongs elsewhere: fixtures (the `conftest.py` of each folder).
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from pipelines.cli.app import gather_garbage_seldom
from tests.adventureworks import adventureworks_folder, why_not

# In this order, before everything else: xdist hands out the files with the fewest tests last, and those are the nights and
# warehouses that take minutes to set up, so that one worker was left alone with them at the end.
LONG = (
    "tests/pipelines/test_demo.py",
    "tests/pipelines/test_commission_cases.py",
    "tests/pipelines/test_closing.py",
    "tests/commission_sql/",
    "tests/dbt_project/",
    "tests/pipelines/",
    "tests/examples/",
    "tests/conformance/",
)
# Files of one warehouse: on two workers it would be built twice.
TOGETHER = {
    f"tests/dbt_project/{name}.py": "the warehouses of tests/dbt_project/conftest.py"
    for name in ("test_agreement", "test_commission_tables", "test_demo_company", "test_demo_metrics", "test_worked_cases")
}


def length(nodeid: str) -> int:
    """A test's place in the order: the long ones first."""
    return next((place for place, start in enumerate(LONG) if nodeid.startswith(start)), len(LONG))


class ByWarehouse(LoadFileScheduling):
    """A worker takes a file, or all files that share a warehouse."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return TOGETHER.get(file, file)


def pytest_configure() -> None:
    """As the command line does."""
    gather_garbage_seldom()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first."""
    items.sort(key=lambda item: length(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Ours where whole files are handed out (`--dist loadfile`)."""
    return ByWarehouse(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A skip is easily overlooked; this line is not. Here, because under xdist only the first conftest is read by who prints."""
    if adventureworks_folder() is None:
        terminalreporter.write_sep("=", why_not(), yellow=True, bold=True)
