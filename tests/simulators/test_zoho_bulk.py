"""Bulk Read of the Zoho simulator: order, look after, fetch."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

import pytest
import requests

from simulators.server import RunningSimulators
from tests.simulators.small_folder import LI, ZohoCaller, deal

QUERY = {"module": {"api_name": "Deals"}, "fields": ["Deal_Name", "Account_Name", "Owner", "Amount", "Modified_Time"]}
HEADER = "Id,Deal_Name,Account_Name,Owner,Amount,Modified_Time"


def line(number: int, modified: str) -> str:
    return f"{deal(number)['id']},Deal {number},4000000000000000801,{LI['id']},{1000.5 + number},{modified}"


LINES = [
    line(1, "2026-01-01T00:01:00+08:00"),
    line(2, "2026-02-01T00:00:00+08:00"),
    line(5, "2026-01-01T00:05:00+08:00"),
]


def order(zoho: ZohoCaller, **query: Any) -> requests.Response:
    return zoho.http.post(f"{zoho.url}/crm/bulk/v8/read", json={"query": QUERY | query, "file_type": "csv"}, timeout=10)


def finished(zoho: ZohoCaller, job: str) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        about: dict[str, Any] = zoho.http.get(f"{zoho.url}/crm/bulk/v8/read/{job}", timeout=10).json()["data"][0]
        if about["state"] in {"COMPLETED", "FAILURE"}:
            return about
        time.sleep(0.01)
    raise TimeoutError(job)


def fetched(zoho: ZohoCaller, **query: Any) -> tuple[dict[str, Any], list[str]]:
    job = order(zoho, **query).json()["data"][0]["details"]["id"]
    about = finished(zoho, job)
    answer = zoho.http.get(zoho.url + about["result"]["download_url"], timeout=10)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [f"{job}.csv"]
        return about, archive.read(f"{job}.csv").decode().splitlines()


def test_a_whole_cycle(zoho: ZohoCaller) -> None:
    created = order(zoho)
    details = created.json()["data"][0].pop("details")
    assert (created.status_code, details["operation"], details["state"], details["created_time"]) == (
        201,
        "read",
        "ADDED",
        "2026-03-01T00:00:00+00:00",
    )
    about, lines = fetched(zoho)
    assert lines == [HEADER, *LINES]
    assert about["result"] == {
        "page": 1,
        "per_page": 200000,
        "count": 3,
        "more_records": False,
        "download_url": f"/crm/bulk/v8/read/{about['id']}/result",
        "next_page_token": None,
    }


def test_criteria_and_pages(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    criteria = {
        "group_operator": "and",
        "group": [
            {"field": {"api_name": "Modified_Time"}, "comparator": "less_than", "value": "2026-02-01T00:00:00+08:00"},
            {"field": {"api_name": "Stage"}, "comparator": "equal", "value": "Qualification"},
        ],
    }
    assert fetched(zoho, criteria=criteria)[1] == [HEADER, LINES[0], LINES[2]]
    sims.options(zoho={"bulk_page_records": 2})
    about, lines = fetched(zoho)
    token = about["result"]["next_page_token"]
    assert (lines, about["result"]["more_records"]) == ([HEADER, *LINES[:2]], True)
    assert [fetched(zoho, page=2)[1], fetched(zoho, page_token=token)[1]] == [[HEADER, LINES[2]]] * 2


def test_history_of_deals_that_are_gone_is_left_out(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    query = {"module": "DealHistory", "fields": ["Potential_Name", "Stage"]}
    paged = len(zoho.get("/DealHistory", fields="Stage").json()["data"])
    exported = len(fetched(zoho, **query)[1]) - 1
    sims.options(zoho={"bulk_omits_orphans": False})
    assert (paged, exported, len(fetched(zoho, **query)[1]) - 1) == (6, 4, 6)


@pytest.mark.parametrize(
    ("query", "code", "details"),
    [
        ({"fields": ["Address"]}, "FIELD_NOT_SUPPORTED", {"api_name": "Address"}),
        ({"fields": ["Nope"]}, "FIELD_NOT_AVAILABLE", {"api_name": "Nope"}),
        ({"page": 501}, "PAGE_RANGE_EXCEEDED", {"max_limit": 500}),
        ({"module": "Notes"}, "INVALID_MODULE", {"module": "Notes"}),
        ({"module": "Nope"}, "INVALID_MODULE", {"resource_path_index": 0}),
    ],
)
def test_a_wrong_order_is_refused(zoho: ZohoCaller, query: dict[str, Any], code: str, details: dict[str, Any]) -> None:
    answer = order(zoho, **query)
    assert (answer.status_code, answer.json()["code"], answer.json()["details"]) == (400, code, details)


def test_jobs_run_one_after_the_other(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.options(zoho={"bulk_seconds": 0.4})
    jobs = [order(zoho).json()["data"][0]["details"]["id"] for _ in range(2)]
    states = [zoho.http.get(f"{zoho.url}/crm/bulk/v8/read/{job}", timeout=10).json()["data"][0]["state"] for job in jobs]
    early = zoho.http.get(f"{zoho.url}/crm/bulk/v8/read/{jobs[1]}/result", timeout=10)
    assert (states, early.status_code, early.json()["code"]) == (["IN PROGRESS", "QUEUED"], 404, "RESOURCE_NOT_FOUND")
    assert [finished(zoho, job)["state"] for job in jobs] == ["COMPLETED", "COMPLETED"]


def test_one_download_too_many_closes_the_door_for_a_minute(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.options(limits="documented", zoho={"bulk_downloads_per_minute": 1})
    assert fetched(zoho)[1] == [HEADER, *LINES]
    job = order(zoho).json()["data"][0]["details"]["id"]
    finished(zoho, job)
    answer = zoho.http.get(f"{zoho.url}/crm/bulk/v8/read/{job}/result", timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_REQUESTS")


def test_a_zip_may_lack_what_it_announced_and_a_job_may_fail(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.fault(kind="wrong_count", path="/result", rows=2)
    about, lines = fetched(zoho)
    assert (about["result"]["count"], lines) == (3, [HEADER, LINES[0]])
    sims.fault(kind="bulk_failure", path="/read")
    assert finished(zoho, order(zoho).json()["data"][0]["details"]["id"])["state"] == "FAILURE"
