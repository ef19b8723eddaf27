"""A pytest plugin that writes down every world the reference engine's own tests calculate, so that SQL can be asked the same.

Loaded with `-p` in a run of its own; QUARTERDECK_RECORD names the file. What is done with the worlds is in `worked`.
"""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import commission.engine
import commission.engine.calculation

_calculate = commission.engine.calculation.calculate
worlds: list[Any] = []


def _recorded(plans: Any, facts: Any, through: str) -> Any:
    worlds.append((tuple(plans), facts, through))
    return _calculate(plans, facts, through)


commission.engine.calculate = _recorded
commission.engine.calculation.calculate = _recorded


def pytest_sessionfinish() -> None:
    """All of them, once every test has run."""
    Path(os.environ["QUARTERDECK_RECORD"]).write_bytes(pickle.dumps(worlds))
