"""Where the AdventureWorks files are, and the words for when they are nowhere."""

from __future__ import annotations

import os
from pathlib import Path

SETTING = "QUARTERDECK_ADVENTUREWORKS"
USUAL_PLACES = (Path(__file__).parents[2] / "shared" / "data" / "adventureworks",)  # beside the repository


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
