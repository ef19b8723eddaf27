"""What every test run says at its end."""

from __future__ import annotations

import pytest

from tests.adventureworks import adventureworks_folder, why_not


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A skip is easily overlooked; this line is not. Here, because under xdist only the first conftest is read by who prints."""
    if adventureworks_folder() is None:
        terminalreporter.write_sep("=", why_not(), yellow=True, bold=True)
