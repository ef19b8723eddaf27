"""Bulk Read: a job is ordered, looked after and fetched as a zipped CSV.

What to add here: what a job checks.
What belongs elsewhere: its CSV (`sheet.py`), what conditions mean (`conditions.py`), which records there are (`listing.py`).
"""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from simulators.control import Simulation
from simulators.faults import Fault
from simulators.limits import Window
from simulators.records import Ints, View
from simulators.zoho.conditions import COMPARATORS, Condition, Group, Test, selected, tests
from simulators.zoho.listing import Listing
from simulators.zoho.replies import Trouble, answer_json
from simulators.zoho.sheet import sheet

NOT_FOR = {"Notes", "Attachments", "Emails"}
MAX_FIELDS, MAX_CRITERIA, MAX_IN = 200, 25, 20
MINUTE = 60
FIRST_ID = 4_150_868_000_099_000_000
WITHOUT_COLUMN = {"subform", "linetax", "jsonarray", "multiselectlookup"}


class Job(msgspec.Struct, kw_only=True):
    """One ordered export."""

    id: str
    asked: dict[str, Any]
    created: str
    begins: float
    done: float
    page: int
    total: int
    rows: Ints
    fields: tuple[str, ...]
    view: View
    failed: bool
    zipped: asyncio.Future[bytes] | None = None


class Bulk:
    """The three calls of a bulk read."""

    def __init__(self, simulation: Simulation, listing: Listing) -> None:
        self.simulation, self.listing = simulation, listing
        self.jobs: dict[str, Job] = {}
        self.pages: dict[str, tuple[dict[str, Any], int]] = {}
        self.downloads = Window(MINUTE)
        self.refused_until = 0.0
        self._free_at = 0.0

    def begin_anew(self) -> None:
        """Nothing was fetched yet."""
        self.downloads, self.refused_until, self._free_at = Window(MINUTE), 0.0, 0.0

    # --- order ---

    async def create(self, request: Request) -> Response:
        """`POST /crm/bulk/v8/read`."""
        try:
            body = msgspec.json.decode(await request.body() or b"{}")
        except msgspec.DecodeError:
            raise Trouble("INVALID_DATA", {"expected_data_type": "jsonobject"}) from None
        asked = body.get("query") if isinstance(body, dict) else None
        if not isinstance(asked, dict):
            raise Trouble("MANDATORY_NOT_FOUND", {"api_name": "query", "json_path": "$.query"})
        asked, page = self.pages.get(str(asked.get("page_token")), (asked, asked.get("page", 1)))
        fault = getattr(request.scope.get("fault"), "kind", "")
        job = self._job(asked, page, fault == "bulk_failure")
        if fault == "bulk_stuck":
            job.done = float("inf")
        self.jobs[job.id] = job
        if not job.failed:
            job.zipped = asyncio.ensure_future(asyncio.to_thread(self._zipped, job, job.rows))
        details = {"id": job.id, "operation": "read", "state": "ADDED", "created_by": self._person(), "created_time": job.created}
        return answer_json(
            {
                "data": [
                    {"status": "success", "code": "ADDED_SUCCESSFULLY", "message": "Added successfully.", "details": details}
                ],
                "info": {},
            },
            201,
        )

    def _job(self, asked: dict[str, Any], page: Any, failed: bool) -> Job:
        options, now = self.simulation.options.zoho, self.simulation.clock()
        module = asked.get("module")
        name = module.get("api_name") if isinstance(module, dict) else module
        if not name:
            raise Trouble("MANDATORY_NOT_FOUND", {"api_name": "module", "json_path": "$.query.module"})
        if name in NOT_FOR:
            raise Trouble("INVALID_MODULE", {"module": name}, message="the module is not supported in bulk read")
        view = self.listing.view(name)
        if not isinstance(page, int) or page < 1 or page > options.bulk_max_pages:
            raise Trouble("PAGE_RANGE_EXCEEDED", {"max_limit": options.bulk_max_pages})
        fields, rows = self._fields(name, asked.get("fields")), np.empty(0, np.int64)
        if view is not None:
            rows = selected(self.simulation, view, self._standing(view), criteria(asked.get("criteria")))
        per_page = options.bulk_page_records
        self._free_at = max(self._free_at, now) + options.bulk_seconds
        return Job(
            id=str(FIRST_ID + len(self.jobs) + 1),
            asked=asked,
            created=self.simulation.at.isoformat(timespec="seconds"),
            begins=self._free_at - options.bulk_seconds,
            done=self._free_at,
            page=page,
            total=len(rows),
            rows=rows[(page - 1) * per_page : page * per_page],
            fields=fields,
            failed=failed,
            view=view or self.simulation.records.empty("zoho", name).view(0),
        )

    def _standing(self, view: View) -> Ints:
        """The records that an export holds, by id."""
        options, rows = self.simulation.options.zoho, view.rows
        if view.table.name == "Leads" and options.bulk_converted == "left_out":
            rows = rows[~view.table.converted[rows]]
        if view.table.name == "DealHistory" and options.bulk_omits_orphans:
            deals = self.simulation.view("zoho", "Deals")
            owned = [deals is not None and deals.find(_deal_of(view, version)) is not None for version in rows.tolist()]
            rows = rows[np.array(owned, np.bool_)]
        return rows

    def _fields(self, module: str, asked: Any) -> tuple[str, ...]:
        options, known = self.simulation.options.zoho, self.listing.modules.fields(module)
        if not asked:
            without = {name for name, about in known.items() if about["data_type"] in WITHOUT_COLUMN}
            return tuple(name for name in known if name not in without | {"id"} | set(options.bulk_rejected_fields))
        names = tuple(name for name in asked if name.lower() != "id")
        if len(names) > MAX_FIELDS:
            raise Trouble("LIMIT_EXCEEDED", {"limit": MAX_FIELDS, "param_name": "fields"})
        for name in names:
            if name in options.bulk_rejected_fields:
                raise Trouble(options.bulk_rejected_code, {"api_name": name})
            if name.partition(".")[0] not in known:
                raise Trouble("FIELD_NOT_AVAILABLE", {"api_name": name})
        return names

    # --- look after ---

    async def status(self, request: Request) -> Response:
        """`GET /crm/bulk/v8/read/{id}`."""
        job = self._find(request)
        state = self._state(job)
        about: dict[str, Any] = {
            "id": job.id,
            "operation": "read",
            "state": state,
            "query": {**job.asked, "page": job.page},
            "created_by": self._person(),
            "created_time": job.created,
            "file_type": "csv",
        }
        if state == "FAILURE":
            about["result"] = {
                "error_message": {"code": "INTERNAL_SERVER_ERROR", "message": "Internal Server Error", "details": {}}
            }
        elif state == "COMPLETED" or self.simulation.options.zoho.bulk_result_while_added:
            about["result"] = self._result(job, done=state == "COMPLETED")
        return answer_json({"data": [about]})

    def _result(self, job: Job, *, done: bool) -> dict[str, Any]:
        per_page = self.simulation.options.zoho.bulk_page_records
        more = job.page * per_page < job.total
        token = f"bulk{job.id}p{job.page + 1}" if more else None
        if token:
            self.pages[token] = (job.asked, job.page + 1)
        return {
            "page": job.page,
            "per_page": per_page,
            "count": len(job.rows) if done else 0,
            "more_records": more and done,
            "download_url": f"/crm/bulk/v8/read/{job.id}/result",
            "next_page_token": token if done else None,
        }

    def _find(self, request: Request) -> Job:
        job = self.jobs.get(request.path_params["id"])
        if job is None:
            raise Trouble("RESOURCE_NOT_FOUND", {"resource": "job_id"})
        return job

    def _state(self, job: Job) -> str:
        now = self.simulation.clock()
        if now < job.begins:
            return "QUEUED"
        if now < job.done or (job.zipped is not None and not job.zipped.done()):
            return "IN PROGRESS"
        return "FAILURE" if job.failed else "COMPLETED"

    def _person(self) -> dict[str, Any]:
        view = self.simulation.view("zoho", "Users")
        if view is None or not len(view.rows):
            return {"id": "4150868000000225013", "name": "API User"}
        row = view.table.decoded(int(view.rows[0]))
        return {"id": row["id"], "name": row.get("full_name")}

    # --- fetch ---

    async def result(self, request: Request) -> Response:
        """`GET /crm/bulk/v8/read/{id}/result`: ten in a minute, then none for a minute."""
        job, options, now = self._find(request), self.simulation.options.zoho, self.simulation.clock()
        if self.simulation.limited and not self._may_download(now):
            raise Trouble("TOO_MANY_REQUESTS")
        if self._state(job) != "COMPLETED" or job.zipped is None or now > job.done + options.bulk_result_seconds:
            raise Trouble("RESOURCE_NOT_FOUND", {"resource": "result"})
        fault = request.scope.get("fault")
        zipped = await job.zipped
        if isinstance(fault, Fault) and fault.kind == "wrong_count":
            zipped = await asyncio.to_thread(self._zipped, job, job.rows[: max(0, len(job.rows) - fault.rows)])
        if isinstance(fault, Fault) and fault.kind == "broken_zip":
            zipped = zipped[: len(zipped) // 2] + bytes(len(zipped) - len(zipped) // 2)
        self.simulation.counts["zoho rows"] += len(job.rows)
        headers = {"content-disposition": f'attachment; filename="{job.id}.zip"', "server": "ZGS"}
        return Response(zipped, 200, headers, options.bulk_content_type)

    def _may_download(self, now: float) -> bool:
        """Whether a result may be fetched: too many close the door for a minute, to all of them."""
        if now < self.refused_until:
            return False
        if not self.downloads.take(now, self.simulation.options.zoho.bulk_downloads_per_minute):
            self.refused_until = now + MINUTE
            return False
        return True

    def _zipped(self, job: Job, rows: Ints) -> bytes:
        """The CSV of a job in its ZIP."""
        options, table = self.simulation.options.zoho, job.view.table
        key = ("sheet", self.listing.kind(table, job.fields), rows.tobytes(), msgspec.json.encode(options))
        text = self.simulation.blocks.keep(key, lambda: sheet(job.fields, rows, self._line(job), options))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(zipfile.ZipInfo(f"{job.id}.csv", (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED, 1)
        return packed.getvalue()

    def _line(self, job: Job) -> Callable[[int], bytes]:
        """A version as JSON text: its very line, unless the schema or the time zone makes it differ."""
        table, options = job.view.table, self.simulation.options.zoho
        plain = ("zoho", table.name) not in self.simulation.schema and not (options.user_time_zone or options.restricted_fields)
        if plain and (not len(job.rows) or b'"Modified_Time"' in table.line(int(job.rows[0]))):
            return table.line
        return self.listing.writer(table.name, table, None, whole_text=True)


def _deal_of(view: View, version: int) -> str:
    deal = view.table.decoded(version).get("Potential_Name")
    return str(deal["id"]) if isinstance(deal, dict) else ""


def criteria(given: Any) -> Condition | None:
    """`criteria` of a bulk query as a condition."""
    if not given:
        return None
    condition = _criterion(given)
    if len(tests(condition)) > MAX_CRITERIA:
        raise Trouble("LIMIT_EXCEEDED", {"limit": MAX_CRITERIA, "param_name": "criteria"})
    return condition


def _criterion(given: Any) -> Condition:
    if not isinstance(given, dict):
        raise Trouble("INVALID_DATA", {"api_name": "criteria", "json_path": "$.query.criteria"})
    if "group" in given:
        return Group(str(given.get("group_operator", "and")).lower() == "and", tuple(_criterion(part) for part in given["group"]))
    name, comparator, value = given.get("field"), str(given.get("comparator")), given.get("value")
    name = name.get("api_name") if isinstance(name, dict) else name or given.get("api_name")
    if comparator not in COMPARATORS or not name:
        raise Trouble("INVALID_DATA", {"api_name": "comparator" if name else "field", "json_path": "$.query.criteria"})
    if comparator in {"in", "not_in"} and isinstance(value, list) and len(value) > MAX_IN:
        raise Trouble("LIMIT_EXCEEDED", {"limit": MAX_IN, "param_name": "criteria"})
    if value in {"${EMPTY}", "${NOTEMPTY}"} if isinstance(value, str) else False:
        return Test(name, "is null" if value == "${EMPTY}" else "is not null")
    return Test(name, COMPARATORS[comparator], value)
