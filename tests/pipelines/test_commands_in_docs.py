"""Every command that the documents tell people to type can be typed: it exists, and takes what they give it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.exceptions import TyperException

from pipelines.cli import app

ROOT = Path(__file__).parents[2]
TYPED = re.compile(r"^ {4,}(quarterdeck .+)$|`(quarterdeck [^`]+)`", re.MULTILINE)
SHORTHAND = re.compile(r"[|…]|\bFOLDER\b|\[")  # `plan lint|show`, options in brackets: words about commands


def commands(name: str) -> list[str]:
    found = [indented or quoted for indented, quoted in TYPED.findall((ROOT / name).read_text(encoding="utf-8"))]
    return sorted({line for line in found if not SHORTHAND.search(line)})


def refused(line: str) -> str:
    """What the command line says against it, parsed to its end without running anything; empty when it can be typed."""
    name, *words = shlex.split(line)
    try:
        command = typer.main.get_command(app)
        context = command.make_context(name, list(words), resilient_parsing=True)
        while isinstance(command, typer.core.TyperGroup):
            name, command, words = command.resolve_command(context, words)
            if command is None:
                return f"{line}: no such command"
            is_group = isinstance(command, typer.core.TyperGroup)
            context = command.make_context(name, list(words), parent=context, resilient_parsing=is_group)
    except TyperException as wrong:
        return f"{line}: {wrong}"
    return ""


PAGES = ("operate", "production", "records", "commission-files")


@pytest.mark.parametrize("line", [line for page in PAGES for line in commands(f"docs/{page}.md")])
def test_a_command_of_a_handbook_can_be_typed(line: str) -> None:
    assert refused(line) == ""


def test_every_step_of_the_close_is_told_and_a_wrong_one_would_be_found() -> None:
    told = " ".join(commands("docs/operate.md"))
    for step in ("ledger review", "ledger approve", "close 2026-09", "ledger pay", "ledger verify", "explain", "statement"):
        assert f"quarterdeck {step}" in told
    wrong = ("ledger burn", "close", "ledger pay 2026-09", "close 2026-09 --by E1")
    assert [words for words in wrong if not refused(f"quarterdeck {words}")] == []
