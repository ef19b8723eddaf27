"""What was sent to whom: an append-only log, one JSON object a line, that makes a second run send nothing.

A new outcome is a new word in Receipt.status. Only numbers of employees are kept here, no names, addresses or figures.
Deciding whether to send is send.py's business.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Status = Literal["sent", "already_sent", "refused", "failed"]


class ReceiptLogBroken(Exception):
    """A receipt that cannot be read, so that nobody can say what was sent."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcome for one report, recipient and version."""

    report_id: str
    recipient: str
    version: int
    status: Status
    channel: str
    message_id: str
    content_sha256: str
    attempts: int
    at: str
    detail: str = ""


class ReceiptLog:
    """Receipts in one NDJSON file; every line is on the disk before the next letter leaves."""

    def __init__(self, path: Path) -> None:
        """The log at `path`, which is made on first use."""
        self.path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second sender out while letters leave."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def read(self) -> list[Receipt]:
        """Every receipt; half a line at the end, left by a crash, was never a receipt."""
        if not self.path.is_file():
            return []
        lines = self.path.read_text(encoding="utf-8").split("\n")[:-1]
        receipts = []
        for place, line in enumerate(lines, 1):
            try:
                receipts.append(Receipt(**json.loads(line)))
            except (ValueError, TypeError) as fault:
                raise ReceiptLogBroken(
                    f"{self.path.name} line {place} cannot be read ({fault}); restore the file from backup before sending again"
                ) from fault
        return receipts

    def sent(self, report_id: str, recipient: str, version: int) -> Receipt | None:
        """The receipt that this was sent, if it was."""
        return next(
            (
                r
                for r in self.read()
                if (r.report_id, r.recipient, r.version, r.status) == (report_id, recipient, version, "sent")
            ),
            None,
        )

    def append(self, receipt: Receipt) -> None:
        """Keep one receipt durably."""
        line = (json.dumps(asdict(receipt), ensure_ascii=False) + "\n").encode()
        with self.path.open("ab+") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            whole = file.read().rfind(b"\n") + 1
            if whole < size:
                file.truncate(whole)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
