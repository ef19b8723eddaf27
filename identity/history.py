"""Which account belonged to which customer when, by which rule: the steps of the log played in order.

What to add here: what is told of a stretch of time.
What belongs elsewhere: the rules (`clusters.py`), the log (`records.py`), when this runs (`pipelines/inputs.py`).

Every step is a function of what was known by then, so the history can be made again from the lake at any time. What was made is
kept under a print of its inputs and of this code: a night on which no account and no decision changed costs one query.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from identity.accounts import Account
from identity.clusters import DECISION, Decision, Member, Question, Resolution, resolve
from identity.records import RawLog, Step
from identity.tables import ACCOUNTS, QUESTIONS

MADE_OF = b"made_of"
KEPT = 3  # results that stay kept: tonight's, the one before, and a replay's


@dataclass(frozen=True, slots=True)
class Told:
    """The two tables a run hands to the models."""

    accounts: pa.Table
    questions: pa.Table


@cache
def code_print() -> str:
    """A print of the rules and of the model's weights."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def told(log: RawLog, as_of: date, known_at: datetime, memory: Path | None = None) -> Told:
    """The history of every account and tonight's questions; `memory` is a folder where results are kept."""
    steps = log.steps(as_of, known_at)
    if not steps:
        return Told(ACCOUNTS.empty_table(), QUESTIONS.empty_table())
    start, state = _remembered(memory, steps)
    for step, _ in steps[start:]:
        accounts, decisions = log.at(step)
        if state.is_new((accounts, decisions)):
            state.take(step, resolve(accounts, decisions))
    if memory is not None and start < len(steps):
        _keep(memory, steps[-1][1], state)
    return state.told


class _State:
    """The history so far."""

    def __init__(self, accounts: list[dict[str, Any]], questions: list[dict[str, Any]], inputs: bytes = b"") -> None:
        self._inputs = inputs
        self._past = [row for row in accounts if row["valid_to"] is not None]
        self._now = {_key(row): row for row in accounts if row["valid_to"] is None}
        self._questions = {_both(row): row for row in questions}

    def is_new(self, inputs: tuple[list[Account], list[Decision]]) -> bool:
        """Whether this is not what the last step was made of: most new versions of an account only change its owner."""
        before, self._inputs = self._inputs, hashlib.sha256(repr(inputs).encode()).hexdigest().encode()
        return self._inputs != before

    def take(self, step: Step, resolution: Resolution) -> None:
        """Let a step happen: what is the same stays, what is not ends and begins."""
        members = {(m.account.crm, m.account.account_id): m for m in resolution.members}
        first = not self._now and not self._past
        for key, row in list(self._now.items()):
            if key not in members or _said(row) != _said(_row(members[key], step.day)):
                del self._now[key]
                if row["valid_from"] < step.day:
                    self._past.append({**row, "valid_to": step.day})
        for key, member in members.items():
            if key not in self._now:
                self._now[key] = _row(member, date(1900, 1, 1) if first else step.day)
        names = {member.account.key: member.account for member in resolution.members}
        asked = {}
        for question in resolution.questions:
            row = _asked(question, names, step.day)
            before = self._questions.get(_both(row))
            asked[_both(row)] = {**row, "asked_since": before["asked_since"] if before else step.day}
        self._questions = asked

    @property
    def told(self) -> Told:
        """Both tables, in an order of their own."""
        accounts = sorted([*self._past, *self._now.values()], key=lambda row: (*_key(row), row["valid_from"]))
        questions = [self._questions[both] for both in sorted(self._questions)]
        made_of = {MADE_OF: self._inputs}
        return Told(pa.Table.from_pylist(accounts, ACCOUNTS.with_metadata(made_of)), pa.Table.from_pylist(questions, QUESTIONS))


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["crm"], row["account_id"]


def _both(row: dict[str, Any]) -> tuple[str, ...]:
    return row["crm"], row["account_id"], row["other_crm"], row["other_account_id"]


def _said(row: dict[str, Any]) -> tuple[Any, ...]:
    """What makes a new stretch; a name typed anew does not, and neither does likeness or its evidence."""
    return row["customer"], row["joined_to"], row["rule"], row["is_gone"], row["evidence"] if row["rule"] == DECISION else None


def _exactly(likeness: float | None) -> Any:
    return None if likeness is None else pa.scalar(f"{likeness:.6f}").cast(pa.decimal128(9, 6)).as_py()


def _row(member: Member, day: date) -> dict[str, Any]:
    account, link = member.account, member.link
    return {
        "crm": account.crm,
        "account_id": account.account_id,
        "account_name": account.name,
        "customer": member.customer,
        "joined_to": member.joined_to,
        "rule": link.rule if link else "alone",
        "likeness": _exactly(link.likeness) if link else None,
        "evidence": link.evidence if link else "",
        "is_gone": account.is_gone,
        "valid_from": day,
        "valid_to": None,
    }


def _asked(question: Question, accounts: dict[str, Any], day: date) -> dict[str, Any]:
    one, other = accounts[question.one], accounts[question.other]
    return {
        "crm": one.crm,
        "account_id": one.account_id,
        "account_name": one.name,
        "other_crm": other.crm,
        "other_account_id": other.account_id,
        "other_account_name": other.name,
        "why": question.why,
        "likeness": _exactly(question.likeness),
        "evidence": question.evidence,
        "asked_since": day,
    }


def _remembered(memory: Path | None, steps: list[tuple[Step, str]]) -> tuple[int, _State]:
    """The newest kept result that these steps lead to, and where to go on from there."""
    for place in range(len(steps), 0, -1) if memory is not None else ():
        accounts, questions = _files(memory, steps[place - 1][1])
        if questions.exists():  # it is written last
            kept = pq.read_table(accounts)
            return place, _State(kept.to_pylist(), pq.read_table(questions).to_pylist(), kept.schema.metadata[MADE_OF])
    return 0, _State([], [])


def _files(memory: Path | None, print_: str) -> tuple[Path, Path]:
    name = hashlib.sha256(f"{code_print()}{print_}".encode()).hexdigest()[:32]
    folder = memory or Path()
    return folder / f"{name}.accounts.parquet", folder / f"{name}.questions.parquet"


def _keep(memory: Path, print_: str, state: _State) -> None:
    memory.mkdir(parents=True, exist_ok=True)
    for path, table in zip(_files(memory, print_), (state.told.accounts, state.told.questions), strict=True):
        pq.write_table(table, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)
    kept = sorted(memory.glob("*.questions.parquet"), key=lambda path: path.stat().st_mtime)
    for old in kept[:-KEPT]:
        old.unlink()
        old.with_name(old.name.replace(".questions.", ".accounts.")).unlink(missing_ok=True)
