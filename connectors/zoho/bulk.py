"""Bulk Read: a large module as zipped CSV files, 200,000 records each, for a few credits; for first loads.

What to add here: a way in which Bulk Read deviates.
What belongs elsewhere: when it is used and when it is believed (`connection.py`), what an error means (`dialect.py`).
"""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event, Lock
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv as arrow_csv

from connectors.catalogue import CrmObject
from connectors.client import Kept
from connectors.faults import ContractBroken, RetryLater
from connectors.texts import Texts
from connectors.values import iso_moment, iso_moments

T = TypeVar("T")

PAGE_ROWS = 200_000  # records of one result
AHEAD = 2  # jobs that are ordered before the first of them has landed
BLOCK = 1 << 20  # bytes of CSV that are handed on at once
MOST_FIELDS = 200
PATIENCE = 240  # looks at one job: half an hour
NIGHTS = 3  # in which that was not enough: then the module is walked page by page
LONGEST = 10.0  # seconds between two looks
REJECTED = frozenset({"FIELD_NOT_SUPPORTED", "FIELD_NOT_AVAILABLE"})
EXPIRED = "RESOURCE_NOT_FOUND"
PLAN = "jobs.json"


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


class _Plan(msgspec.Struct):
    """The jobs of one export, kept for a pull that goes on with it; a job that has a result lies beside as a ZIP."""

    end: datetime
    fields: list[str]
    jobs: dict[int, _Job] = {}
    waited: int = 0  # nights on which one of them was not done in time


@dataclass(frozen=True, slots=True)
class Landed:
    """So many results have been handed on whole."""

    files: int


@dataclass(slots=True)
class Bulk:
    """Bulk Read of one module: `ask` and `download` bring method and path to Zoho, `sleep` waits between looks at a job."""

    obj: CrmObject
    ask: Callable[..., Mapping[str, msgspec.Raw]]
    download: Callable[[str], bytes]
    before_download: Callable[[], None]
    sleep: Callable[[float], None]
    kept: Kept
    ids: array[int] = field(default_factory=lambda: array("q"))  # hashes of the ids of all results
    _lock: Lock = field(default_factory=Lock)
    _is_over: Event = field(default_factory=Event)
    _began_with: int = 0  # nights of waiting in vain before this one

    def read(self, fields: Sequence[str], end: datetime, total: int) -> Iterator[Texts | Landed | datetime]:
        """First the moment before which the export's changes lie: `end`, or that of the try it goes on with; then its records.

        Each result is handed on once it has proved to be as long as announced, while the next ones are made.
        """
        plan = self._kept_plan() or _Plan(end, list(fields))
        self._began_with = plan.waited
        landed = int(self.kept.note or 0) if plan.jobs else 0
        yield plan.end
        if 1 not in plan.jobs:
            job, plan.fields = self._started(plan.fields, plan.end, 1)
            self._note(plan, 1, job)
            yield Landed(0)  # a pull that breaks off now is gone on with by one that finds this job done
        with ThreadPoolExecutor(AHEAD, thread_name_prefix="bulk") as pool:
            try:
                for page, (path, ids, more) in enumerate(self._results(pool, plan, total), 1):
                    self.ids.extend(ids)
                    if page > landed:
                        yield from texts_of(path)
                        yield Landed(page)
                    if not more:
                        return
            finally:
                self._is_over.set()
                pool.shutdown(cancel_futures=True)

    def _results(self, pool: ThreadPoolExecutor, plan: _Plan, total: int) -> Iterator[tuple[Path, array[int], bool]]:
        """Results in order of their pages, the next ones on their way; whether there is more is only known at the last."""
        expected, ordered = -(-total // PAGE_ROWS), 0
        coming: deque[Future[tuple[Path, array[int], bool]]] = deque()
        more = True
        while more:
            while len(coming) < (AHEAD if ordered < expected else 1):
                ordered += 1
                coming.append(pool.submit(self._fetched, plan, ordered))
            result = coming.popleft().result()
            more = result[2]
            yield result

    def _fetched(self, plan: _Plan, page: int) -> tuple[Path, array[int], bool]:
        """One result on disk, hashes of the ids in it, and whether more follow."""
        path = self.kept.folder / f"{page:04}.zip"
        job = plan.jobs.get(page)
        if job is None or job.result is None:
            job, result = self._done(plan, page, job)
            self.before_download()
            path.write_bytes(self.download(f"read/{job.id}/result"))
            self._note(plan, page, _Job(job.id, job.state, result))
        else:
            result = job.result
        try:
            ids = array("q")
            for texts in texts_of(path, only_ids=True):
                ids.extend(map(hash, texts.column("id").to_pylist()))
        except (zipfile.BadZipFile, zlib.error, EOFError, IndexError, pa.ArrowInvalid) as fault:
            raise self._broken(f"a result that is no ZIP of CSV ({type(fault).__name__})") from None
        if len(ids) != result.count:
            raise self._broken(f"a ZIP of {len(ids)} records where {result.count} were announced")
        return path, ids, result.more_records

    def _done(self, plan: _Plan, page: int, job: _Job | None) -> tuple[_Job, _Result]:
        """A job that is done: the one that was ordered for this page, or a new one if its time is over or it hung all night."""
        if job is not None:
            try:
                result = self._finished(job, 1 if self._began_with else PATIENCE)
            except ContractBroken as fault:
                if fault.code != EXPIRED:
                    raise
            else:
                if result is not None:
                    return job, result
                if not 0 < self._began_with < NIGHTS:
                    raise self._given_up(plan)
        job, _ = self._started(plan.fields, plan.end, page)
        self._note(plan, page, job)
        result = self._finished(job, PATIENCE)
        if result is None:
            raise self._given_up(plan)
        return job, result

    def _given_up(self, plan: _Plan) -> Exception:
        """What follows from a job that is not done: another night, or, after some, a walk."""
        with self._lock:
            if plan.waited == self._began_with and not self._is_over.is_set():
                plan.waited += 1
                self._keep(plan)
        if plan.waited > NIGHTS:
            return self._broken(f"jobs that are not done after {NIGHTS} nights")
        return RetryLater(
            f"zoho {self.obj.name}",
            asked="a bulk read",
            came="a job that is not done after half an hour",
            cure=f"the next run looks at it again; should none be done in {NIGHTS} nights, the module is walked page by page",
        )

    def _note(self, plan: _Plan, page: int, job: _Job) -> None:
        """Keep the plan with this job, for whoever goes on with it."""
        with self._lock:
            plan.jobs[page] = job
            self._keep(plan)

    def _keep(self, plan: _Plan) -> None:
        """Write the plan down."""
        draft = self.kept.folder / f"{PLAN}.draft"
        draft.write_bytes(msgspec.json.encode(plan))
        draft.replace(self.kept.folder / PLAN)

    def _kept_plan(self) -> _Plan | None:
        """The plan of a try that broke off."""
        path = self.kept.folder / PLAN
        return msgspec.json.decode(path.read_bytes(), type=_Plan) if self.kept.note and path.exists() else None

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
            return self._one(said, _Created).details, fields

    def _finished(self, job: _Job, looks: int) -> _Result | None:
        """What the job came to; None if it is not done after so many looks."""
        for look in range(looks):
            if self._is_over.is_set():
                break
            state = self._one(self.ask("GET", f"read/{job.id}", None), _Job)
            if state.state == "COMPLETED" and state.result is not None:
                return state.result
            if state.state in ("FAILURE", "FAILED"):
                raise self._broken("a job that failed")
            if look + 1 < looks:
                self.sleep(min(0.25 * 1.2**look, LONGEST))
        return None

    def _one(self, said: Mapping[str, msgspec.Raw], kind: type[T]) -> T:
        """The one thing that an answer about a job is about."""
        try:
            (one,) = msgspec.json.decode(said.get("data", b"[]"), type=list[kind])  # type: ignore[valid-type]
        except ValueError:  # msgspec's own errors are such too
            raise self._broken("an answer that names no job") from None
        return one  # type: ignore[no-any-return]

    def _broken(self, came: str) -> ContractBroken:
        return ContractBroken(
            f"zoho {self.obj.name}",
            asked="a bulk read",
            came=came,
            cure="nothing of it is kept; the module is walked page by page",
        )


def texts_of(path: Path, *, only_ids: bool = False) -> Iterator[Texts]:
    """The records of a result, all values as text; lookups are bare ids, and what is empty is not there."""
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as raw:
        lines = io.BufferedReader(raw, 1 << 20)
        (header,) = csv.reader([lines.readline().decode("utf-8-sig")]) or [[]]
        if not header or not lines.peek(1):
            return
        names = ["id", *header[1:]]
        wanted = names[:1] if only_ids else names
        reader = arrow_csv.open_csv(
            lines,
            read_options=arrow_csv.ReadOptions(block_size=BLOCK, column_names=names, use_threads=True),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=wanted,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        for batch in reader:
            yield Texts(batch)


def before(obj: CrmObject, texts: Texts, end: datetime) -> npt.NDArray[np.bool_]:
    """Which of the records changed before `end`; one that does not say when breaks the contract."""
    column = texts.column(str(obj.cursor))
    moments = None if column.null_count else iso_moments(column)
    if moments is not None:
        return np.asarray(moments) < np.datetime64(int(end.timestamp() * 1_000_000), "us")
    try:
        return np.array([(moment := iso_moment(text)) is not None and moment < end for text in column.to_pylist()], np.bool_)
    except ValueError:
        raise ContractBroken(
            f"zoho {obj.name}", asked="a bulk read", came=f"a row without {obj.cursor}", cure="the module is walked page by page"
        ) from None
