"""What a close keeps of what its lines were made of: every event with its credit and its cents, a file a month, and its plans.

A closed month must be explained as it was closed, though the warehouse has moved on. Add nothing to a file that exists.
Its rows come from the finance marts; this file keeps them and proves that they are the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from commission.ledger.mending import what_differs
from commission.ledger.records import GENESIS, canonical, hash_of
from commission.ledger.refusals import LedgerBroken
from commission.ledger.store import hash_problem, lines_of, write_durably

_PLAN = "plan_"
_ADDED = frozenset({"kind", "line_hash", "prev_line_hash"})


class Frozen:
    """The files of one ledger, by month."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, period: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        """Keep the rows of a month before it is sealed; what its closing step must remember of them."""
        data = b"".join(_lines(rows))
        digest = hashlib.sha256(data).hexdigest()
        name = f"{period}.{digest[:12]}.ndjson"  # of a close that broke off before its seal another file may lie here
        if not (self.folder / name).exists():
            write_durably(self.folder / name, data)
        return {"made_of": name, "made_of_sha256": digest, "made_of_rows": str(len(rows))}

    def keep_plans(self, plans: Mapping[str, str]) -> dict[str, str]:
        """Keep the text of each plan by its hash, once for all months; what a closing step must remember of them."""
        kept = {}
        for plan_hash, text in sorted(plans.items()):
            data = text.encode()
            digest = hashlib.sha256(data).hexdigest()
            if not (self.folder / _plan_file(plan_hash, digest)).exists():
                write_durably(self.folder / _plan_file(plan_hash, digest), data)
            kept[_PLAN + plan_hash] = digest
        return kept

    def plans(self, kept: Mapping[str, str], hashes: Collection[str]) -> dict[str, str]:
        """Of these hashes the plans that a closing step remembers: their text, by the file it lies in."""
        names = {_plan_file(one, kept[_PLAN + one]) for one in hashes if _PLAN + one in kept}
        return {f"frozen/{name}": (self.folder / name).read_text(encoding="utf-8") for name in sorted(names)}

    def read(self, period: str, kept: Mapping[str, str]) -> list[dict[str, Any]]:
        """The rows that a closing step remembers; raises when they are not what the close kept."""
        if "made_of" not in kept:
            return []
        if found := self.problem(period, kept):
            more = "`quarterdeck ledger verify` says more"
            raise LedgerBroken(f"ledger does not hold: {found['problem']}; {found['file']}; {more}")
        return [_bare(json.loads(line)) for line in (self.folder / kept["made_of"]).read_bytes().splitlines()]

    def problem(self, period: str, kept: Mapping[str, str]) -> dict[str, Any] | None:
        """What is wrong with a month's file or a plan of it, and where; None when they are what the close kept."""
        for plan_hash in (name.removeprefix(_PLAN) for name in kept if name.startswith(_PLAN)):
            file = self.folder / _plan_file(plan_hash, kept[_PLAN + plan_hash])
            if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != kept[_PLAN + plan_hash]:
                problem = "is not the text that was kept" if file.is_file() else "is missing"
                return {"problem": f"plan {plan_hash[:16]} of {period} {problem}", "file": f"frozen/{file.name}"}
        if "made_of" not in kept:
            return None
        name = f"frozen/{kept['made_of']}"
        file = self.folder / kept["made_of"]
        if not file.is_file():
            return {"problem": f"what {period} was made of is missing", "file": name}
        if hashlib.sha256(file.read_bytes()).hexdigest() == kept["made_of_sha256"]:
            return None
        head, places = GENESIS, list(lines_of(file))
        for at, place in enumerate(places):
            record = place.record()
            problem = "the line is not a record" if record is None else hash_problem(record, "line_hash", "prev_line_hash", head)
            if problem is None and record is not None and canonical(record) + b"\n" == place.data:
                head = record["line_hash"]
                continue
            following = places[at + 1].data if at + 1 < len(places) else b""
            return {
                "problem": problem or "the line is not spelled as the ledger spells",
                "file": name,
                "line": place.line,
                "first_byte": place.first_byte,
                "last_byte": place.first_byte + len(place.data) - 1,
                "differs": what_differs(place.data, place.first_byte, following),
            }
        return {"problem": f"lines were cut off: {kept['made_of_rows']} were kept, {len(places)} are there", "file": name}


def _plan_file(plan_hash: str, digest: str) -> str:
    return f"plan.{plan_hash[:16]}.{digest[:12]}.yaml"  # the same rules may be written in other words


def _lines(rows: Sequence[Mapping[str, Any]]) -> Iterator[bytes]:
    prev = GENESIS
    for row in rows:
        record = {name: _said(value) for name, value in row.items()} | {"kind": "frozen", "prev_line_hash": prev}
        prev = hash_of(record)
        yield canonical({**record, "line_hash": prev}) + b"\n"


def _said(value: Any) -> Any:
    """A value as text that can be read back without loss."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date | datetime) else value


def _bare(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in _ADDED}
