"""The demo played small, once: three nights of a company a tenth the size, its closes, its pack and its letters."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.demo import play
from pipelines.resources import Home

SEED, SCALE = 20260101, 0.1


@dataclass(frozen=True, slots=True)
class Played:
    """A home after the demo was played, and what the player said."""

    home: Home
    truth: Path
    said: str


def play_again(root: Path) -> str:
    """Play what is left and answer what was said."""
    said = io.StringIO()
    play(root, Console(file=said, width=200), seed=SEED, scale=SCALE)
    return said.getvalue()


@pytest.fixture(scope="module")  # its surroundings end with the file that asks for it
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The demo, played once for every test that only reads."""
    root = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DAGSTER_HOME", str(root / "dagster"))
        environment.delenv("QUARTERDECK_SMTP_URL", raising=False)
        yield Played(Home(root=str(root), company=str(root / "company")), root / "world" / "truth", play_again(root))
