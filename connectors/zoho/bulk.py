"""Bulk Read: a large module as zipped CSV files, 200,000 records each, for a few credits; for first loads.

What to add here: a way in which Bulk Read deviates.
What belongs elsewhere: when it is used and when it is believed (`connection.py`), what an error means (`dialect.py`).
"""

from __future__ import annotations

import csv
import io
import zipfile
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from connectors.catalogue import CrmObject
from connectors.client import Record
from connectors.faults import ContractBroken, RetryLater

ROWS = 2_000  # records that are handed on at once
MOST_FIELDS = 200
PATIENCE = 240  # looks at one job: half an hour
LONGEST = 10.0  # seconds between two looks
REJECTED = frozenset({"FIELD_NOT_SUPPORTED", "FIELD_NOT_AVAILABLE"})
csv.field_size_limit(1 << 26)  # a text area may be long


class _Result(msgspec.Struct):
    """What a job has to show; Zoho shows one before it is done, so only the state counts."""

    count: int = 0
    more_records: bool = False


class _Job(msgspec.Struct):
    """One job as Zoho reports it."""

    id: str
    state: str = ""
    result: _Result | None = None


class _Created(msgspec.Struct):
    """The answer to a new job."""

    details: _Job


@dataclass(frozen=True, slots=True)
class Bulk:
    """Bulk Read of one module: `ask` and `download` bring method and path to Zoho, `sleep` waits between looks at a job."""

    obj: CrmObject
    ask: Callable[..., Mapping[str, msgspec.Raw]]
    download: Callable[[str], bytes]
    sleep: Callable[[float], None]

    def fetch(self, fields: Sequence[str], end: datetime, folder: Path) -> tuple[list[Path], array[int]]:
        """Every record changed before `end`: ZIP files in `folder`, each as long as announced, and hashes of their ids."""
        files: list[Path] = []
        ids = array("q")
        more = True
        while more:
            job, fields = self._started(list(fields), end, len(files) + 1)
            result = self._finished(job)
            path = folder / f"{job.id}.zip"
            path.write_bytes(self.download(f"read/{job.id}/result"))
            try:
                before = len(ids)
                ids.extend(hash(line[0]) for line in _rows(path))
            except (zipfile.BadZipFile, csv.Error) as fault:
                raise self._broken(f"a result that is no ZIP of CSV ({type(fault).__name__})") from None
            if (rows := len(ids) - before) != result.count:
                raise self._broken(f"a ZIP of {rows} records where {result.count} were announced")
            files.append(path)
            more = result.more_records
        return files, ids

    def _started(self, fields: list[str], end: datetime, page: int) -> tuple[_Job, list[str]]:
        """A new job, and the fields that Zoho let us ask for: it lists some that it will not export."""
        criteria = {"field": {"api_name": "Modified_Time"}, "comparator": "less_than", "value": end.isoformat()}
        while True:
            query = {"module": {"api_name": self.obj.api_name}, "fields": fields, "criteria": criteria, "page": page}
            try:
                said = self.ask("POST", "read", {"query": query, "file_type": "csv"})
            except ContractBroken as fault:
                if fault.code not in REJECTED or fault.subject not in fields:
                    raise
                fields = [name for name in fields if name != fault.subject]
                continue
            return msgspec.json.decode(said["data"], type=list[_Created])[0].details, fields

    def _finished(self, job: _Job) -> _Result:
        """What the job came to, once it is done."""
        for look in range(PATIENCE):
            (state,) = msgspec.json.decode(self.ask("GET", f"read/{job.id}", None)["data"], type=list[_Job])
            if state.state == "COMPLETED" and state.result is not None:
                return state.result
            if state.state in ("FAILURE", "FAILED"):
                raise self._broken("a job that failed")
            self.sleep(min(0.5 * 2**look, LONGEST))
        raise RetryLater(
            f"zoho {self.obj.name}", asked="a bulk read", came="a job that is not done after half an hour", cure="run again later"
        )

    def _broken(self, came: str) -> ContractBroken:
        return ContractBroken(
            f"zoho {self.obj.name}",
            asked="a bulk read",
            came=came,
            cure="nothing of it is kept; the module is walked page by page",
        )


def _rows(path: Path) -> Iterator[list[str]]:
    """The CSV lines of a result, without the header."""
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as raw:
        lines = csv.reader(io.TextIOWrapper(raw, "utf-8-sig", newline=""))
        next(lines, None)
        yield from lines


def records_of(path: Path) -> Iterator[list[Record]]:
    """The records of a result, all values as text; lookups are bare ids, and what is empty is not there."""
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as raw:
        lines = csv.reader(io.TextIOWrapper(raw, "utf-8-sig", newline=""))
        names = ["id", *next(lines)[1:]]
        batch: list[Record] = []
        for line in lines:
            batch.append({name: value for name, value in zip(names, line, strict=True) if value})
            if len(batch) == ROWS:
                yield batch
                batch = []
        if batch:
            yield batch
