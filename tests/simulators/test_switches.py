"""Switches for what documents leave open, one by one: what a caller sees with each on and off.

What to add here: a new switch of `options.py`, a new kind of `faults.py`.
What belongs elsewhere: switches that the test of their own call covers already.
"""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import requests

from simulators.server import CREDENTIALS, RunningSimulators
from tests.simulators.small_folder import AT, FxiaokeCaller, ZohoCaller, deal
from tests.simulators.test_zoho_bulk import finished, order

LONG = "很长的备注" * 20


def login(zoho: ZohoCaller) -> requests.Response:
    return zoho.http.post(f"{zoho.url}/oauth/v2/token", data={"grant_type": "refresh_token", **CREDENTIALS["zoho"]}, timeout=10)


def test_a_token_answer_may_leave_out_its_scope(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    told = "scope" in login(zoho).json()
    sims.options(zoho={"token_tells_scope": False})
    assert (told, "scope" in login(zoho).json()) == (True, False)


@pytest.mark.parametrize(("language", "first"), [("en", "You have"), ("zh", "您已连续")])
@pytest.mark.parametrize(("quiet", "answered"), [(600, False), (0, True)])
def test_a_login_that_was_refused_stays_so_until_it_is_quiet(
    sims: RunningSimulators, zoho: ZohoCaller, language: str, first: str, quiet: float, answered: bool
) -> None:
    sims.options(limits="documented", zoho={"tokens_per_ten_minutes": 1, "token_throttle_language": language})
    sims.options(zoho={"token_lockout_seconds": quiet})
    login(zoho)
    refused = login(zoho).json()
    sims.options(zoho={"tokens_per_ten_minutes": 10})
    assert (refused["error"], refused["error_description"][: len(first)]) == ("Access Denied", first)
    assert ("access_token" in login(zoho).json()) is answered


def test_criteria_of_a_list_call_are_ignored_or_refused(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    asked = {"fields": "Deal_Name", "criteria": "(Deal_Name:equals:nothing)"}
    ignored = zoho.ids("/Deals", **asked)
    sims.options(zoho={"criteria_in_list": "error"})
    assert (len(ignored), zoho.get("/Deals", **asked).json()["code"]) == (3, "INVALID_DATA")


def test_restricted_fields_are_null_and_some_modules_do_not_say_when_they_changed(
    sims: RunningSimulators, zoho: ZohoCaller
) -> None:
    def first() -> dict[str, Any]:
        row: dict[str, Any] = zoho.get("/Deals", fields="Deal_Name,Amount,Modified_Time").json()["data"][0]
        return row

    before = first()
    sims.options(zoho={"restricted_fields": ["Amount"], "modules_without_modified_time": ["Deals"]})
    assert first() == before | {"Amount": None, "Modified_Time": None}
    assert before["Amount"] is not None


def test_modules_have_not_changed_since_unless_a_schema_has(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    since = AT.isoformat()
    statuses = [zoho.get("/settings/modules", since=each).status_code for each in (None, since)]
    sims.fault(kind="schema", path="/Deals", change={"crm": "zoho", "name": "Deals", "add": {"New__c": "x"}})
    zoho.get("/Deals", fields="id")
    assert [*statuses, zoho.get("/settings/modules", since=since).status_code] == [200, 304, 200]


@pytest.mark.parametrize(("days", "status"), [(7, 201), (1, 400)])
def test_a_channel_may_expire_so_far_ahead(sims: RunningSimulators, zoho: ZohoCaller, days: float, status: int) -> None:
    sims.options(zoho={"watch_days": days})
    channel = {"channel_id": "1", "events": ["Deals.edit"], "channel_expiry": (AT + timedelta(days=3)).isoformat()}
    answer = zoho.http.post(f"{zoho.url}/crm/v8/actions/watch", json={"watch": [channel]}, timeout=10)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("options", "kind", "head"),
    [
        ({}, "application/zip", b"Id,Deal_Name\n"),
        ({"bulk_quoting": "all", "bulk_content_type": "application/x-download"}, "application/x-download", b'"Id","Deal_Name"\n'),
    ],
)
def test_a_bulk_result_is_quoted_and_typed_as_told(
    sims: RunningSimulators, zoho: ZohoCaller, options: dict[str, Any], kind: str, head: bytes
) -> None:
    sims.options(zoho=options)
    job = order(zoho, fields=["Deal_Name"]).json()["data"][0]["details"]["id"]
    answer = zoho.http.get(zoho.url + finished(zoho, job)["result"]["download_url"], timeout=10)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert (answer.headers["content-type"], archive.read(f"{job}.csv")[: len(head)]) == (kind, head)


@pytest.mark.parametrize("code", ["FIELD_NOT_SUPPORTED", "FIELD_NOT_AVAILABLE"])
def test_a_field_that_bulk_rejects_is_named(sims: RunningSimulators, zoho: ZohoCaller, code: str) -> None:
    sims.options(zoho={"bulk_rejected_code": code})
    answer = order(zoho, fields=["Billing_Address"]).json()
    assert (answer["code"], answer["details"]) == (code, {"api_name": "Billing_Address"})


def test_a_bulk_job_may_never_end_and_its_zip_may_be_broken(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.fault(kind="bulk_stuck", path="/read", body="query")
    job = order(zoho).json()["data"][0]["details"]["id"]
    states = {zoho.http.get(f"{zoho.url}/crm/bulk/v8/read/{job}", timeout=10).json()["data"][0]["state"] for _ in range(5)}
    sims.fault(kind="broken_zip", path="/result")
    whole = order(zoho).json()["data"][0]["details"]["id"]
    answer = zoho.http.get(zoho.url + finished(zoho, whole)["result"]["download_url"], timeout=10)
    assert states == {"IN PROGRESS"}
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(answer.content))


@pytest.mark.parametrize("kind", ["short_page", "skipped_row", "border_row", "doubled_row", "unsorted"])
def test_zoho_s_second_page_deceives(sims: RunningSimulators, zoho: ZohoCaller, kind: str) -> None:
    asked = {"fields": "Deal_Name", "per_page": 2, "sort_order": "asc"}
    sims.put("zoho", "Walks", *(deal(number) for number in range(1, 6)))
    keys = [key[-1] for key in zoho.ids("/Walks", fields="Deal_Name", sort_order="asc")]
    assert keys == ["1", "2", "3", "4", "5"]
    token = zoho.get("/Walks", **asked).json()["info"]["next_page_token"]
    plain = [key[-1] for key in zoho.ids("/Walks", page_token=token, **asked)]
    sims.fault(kind=kind, path="page_token")
    deceived = [key[-1] for key in zoho.ids("/Walks", page_token=token, **asked)]
    expected = {
        "short_page": plain[:-1],
        "skipped_row": ["4", "5"],
        "border_row": ["2", "3"],
        "doubled_row": [*plain, plain[-1]],
        "unsorted": plain[::-1],
    }
    assert (deceived != plain, deceived) == (True, expected[kind])


def test_a_page_may_ignore_the_window_and_lie_about_its_length(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    since = "2026-01-15T00:00:00+08:00"
    sims.fault(kind="unfiltered", path="/Deals")
    sims.fault(kind="wrong_info", path="/Deals", after=1)
    unfiltered, lying, right = (zoho.get("/Deals", since=since, fields="Deal_Name").json() for _ in range(3))
    assert [len(one["data"]) for one in (unfiltered, lying, right)] == [3, 1, 1]
    assert [one["info"]["count"] for one in (unfiltered, lying, right)] == [3, 8, 1]


@pytest.mark.parametrize("kind", ["short_page", "skipped_row", "border_row", "doubled_row", "unsorted", "unfiltered"])
def test_a_page_of_fxiaoke_deceives(sims: RunningSimulators, fxiaoke: FxiaokeCaller, kind: str) -> None:
    first, *rest = fxiaoke.query()["data"]["dataList"]
    behind = [{"field_name": "_id", "operator": "GT", "field_values": [first["_id"]]}]
    plain = fxiaoke.names(filters=behind, limit=2)
    sims.fault(kind=kind, path="/data/query")
    expected = {
        "short_page": plain[:-1],
        "skipped_row": plain[1:],
        "border_row": [first["name"], plain[0]],
        "doubled_row": [*plain, plain[-1]],
        "unsorted": plain[::-1],
        "unfiltered": [first["name"], plain[0]],
    }
    assert (len(rest), fxiaoke.names(filters=behind, limit=2)) == (2, expected[kind])


@pytest.mark.parametrize(("crm", "said"), [("zoho", "Access Denied"), ("fxiaoke", 14001)])
def test_a_login_may_be_throttled(
    sims: RunningSimulators, zoho: ZohoCaller, fxiaoke: FxiaokeCaller, crm: str, said: object
) -> None:
    sims.fault(kind="token_throttled", crm=crm, path="oken")
    if crm == "zoho":
        assert (login(zoho).json()["error"], "access_token" in login(zoho).json()) == (said, True)
    else:
        answers = [fxiaoke.raw("/cgi/corpAccessToken/get/V2", fxiaoke.secrets) for _ in range(2)]
        assert [answer["errorCode"] for answer in answers] == [said, 0]


def test_a_refusal_may_say_how_long_to_wait(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.fault(kind="throttle", retry_after="7")
    sims.fault(kind="throttle", after=1)
    assert [zoho.get("/Deals", fields="id").headers.get("Retry-After") for _ in range(3)] == ["7", None, None]


def test_the_custom_path_may_have_a_limit_of_its_own(sims: RunningSimulators, fxiaoke: FxiaokeCaller) -> None:
    sims.options(fxiaoke={"max_limit": 2, "max_limit_custom": 3})
    search = {"data": {"dataObjectApiName": "SalesOrderObj", "search_query_info": {"limit": 100, "offset": 0}}}
    paths = ("/cgi/crm/v2/data/query", "/cgi/crm/custom/v2/data/query")
    assert [len(fxiaoke.post(path, search)["data"]["dataList"]) for path in paths] == [2, 3]


def test_other_programs_use_calls_of_the_same_window(sims: RunningSimulators, fxiaoke: FxiaokeCaller) -> None:
    sims.options(limits="documented", fxiaoke={"calls_of_others": 98})
    assert [fxiaoke.query()["errorCode"] for _ in range(3)] == [0, 0, 30004]


def test_what_was_made_invalid_may_be_called_deleted(sims: RunningSimulators, fxiaoke: FxiaokeCaller) -> None:
    def told() -> set[tuple[str, bool]]:
        return {(row["life_status"], row["is_deleted"]) for row in fxiaoke.query()["data"]["dataList"]}

    before = told()
    sims.options(fxiaoke={"invalid_is_deleted": True})
    assert (before, told()) == ({("normal", False), ("invalid", False)}, {("normal", False), ("invalid", True)})


def test_long_texts_may_be_cut_in_queries_and_are_whole_alone(sims: RunningSimulators, fxiaoke: FxiaokeCaller) -> None:
    sims.put("fxiaoke", "CasesObj", {"_id": "65cc00000000000000000001", "name": "李", "remark": LONG})
    sims.options(fxiaoke={"long_text_limit": 10})
    (listed,) = fxiaoke.query("CasesObj")["data"]["dataList"]
    one = {"data": {"dataObjectApiName": "CasesObj", "objectDataId": "65cc00000000000000000001"}}
    assert (listed["remark"], fxiaoke.post("/cgi/crm/v2/data/get", one)["data"]["remark"]) == (LONG[:10], LONG)


@pytest.mark.parametrize("code", [10010, 32000])
def test_a_call_that_does_not_say_whose_rights_it_uses(sims: RunningSimulators, fxiaoke: FxiaokeCaller, code: int) -> None:
    sims.options(fxiaoke={"missing_user_code": code})
    del fxiaoke.auth["currentOpenUserId"]
    assert fxiaoke.query()["errorCode"] == code


def test_the_ip_allow_list_keeps_out_as_if_the_app_were_not_authorised(sims: RunningSimulators, fxiaoke: FxiaokeCaller) -> None:
    sims.options(fxiaoke={"ip_allowed": False})
    assert [fxiaoke.query()["errorCode"], fxiaoke.raw("/cgi/corpAccessToken/get/V2", fxiaoke.secrets)["errorCode"]] == [20022] * 2


def test_a_field_that_became_text_is_described_so(sims: RunningSimulators, zoho: ZohoCaller, fxiaoke: FxiaokeCaller) -> None:
    sims.fault(kind="schema", path="/fields", change={"crm": "zoho", "name": "Deals", "as_text": ["Amount"]})
    sims.fault(kind="schema", path="/describe", change={"crm": "fxiaoke", "name": "SalesOrderObj", "as_text": ["order_amount"]})
    fields = {one["api_name"]: one["data_type"] for one in zoho.get("/settings/fields", module="Deals").json()["fields"]}
    described = fxiaoke.post("/cgi/crm/v2/object/describe", {"apiName": "SalesOrderObj"})["data"]["describe"]["fields"]
    assert (fields["Amount"], described["order_amount"]["type"]) == ("text", "text")
