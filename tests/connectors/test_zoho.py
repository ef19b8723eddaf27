"""Zoho's ways of answering, and what we make of each.

What to add here: a way in which Zoho answers.
What belongs elsewhere: whole nights against the simulator (`test_nights.py`), what lands (`test_lake.py`).
"""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from connectors.catalogue import CrmObject, Field, FieldType
from connectors.client import Deletion, Manners, Window
from connectors.faults import ContractBroken, Deferred, Fault, Refused, RetryLater, TokenRefused, Unlisted
from connectors.lake import Lake, extract, extract_all
from connectors.zoho import OBJECTS, ZohoConnection, ZohoSettings
from tests.connectors.scripted_crm import NOW, Time, every_byte, utc

ACCOUNTS, API = "https://accounts.zoho.test", "https://www.zohoapis.test"
TOKEN_URL = f"{ACCOUNTS}/oauth/v2/token"
SECRETS = ("the-client-secret", "1000.the-refresh-token", "1000.access")
DEALS = next(obj for obj in OBJECTS if obj.name == "opportunities")
LEADS = CrmObject(name="leads", api_name="Leads", key="id", cursor="Modified_Time", fields=(Field("company", "Company"),))
WHOLE = Window(None, NOW)


def connection(clock: Time, **settings: Any) -> ZohoConnection:
    defaults: dict[str, Any] = {
        "client_id": "1000.CLIENT",
        "client_secret": SECRETS[0],
        "refresh_token": SECRETS[1],
        "accounts_url": ACCOUNTS,
        "api_url": API,
        "every_field": False,
    }
    return ZohoConnection(ZohoSettings(**{**defaults, **settings}), **clock.injected)


@pytest.fixture
def zoho(http: responses.RequestsMock) -> responses.RequestsMock:
    """A Zoho that gives out one token, that may not be asked to count, and whose COQL knows what was listed so far."""
    scripted: list[Any] = []

    def login(_: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        scripted[:] = http.registered()  # answers leave this list as they are given
        token = {"access_token": "1000.access.1", "api_domain": API, "token_type": "Bearer", "expires_in": 3600}
        return 200, {}, json.dumps(token)

    http.add_callback(responses.POST, TOKEN_URL, callback=login)
    http.get(re.compile(r".*/actions/count"), status=401, json={"code": "OAUTH_SCOPE_MISMATCH", "details": {}, "status": "error"})
    http.add_callback(responses.POST, url("coql"), callback=lambda request: listed_so_far(scripted, request))
    return http


def listed_so_far(scripted: list[Any], request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
    """What COQL answers: the records that the list calls showed, behind the last one it gave."""
    module, last = re.search(r"from (\w+) where .*id > (\d+)", queried(request)).groups()  # type: ignore[union-attr]
    given = [one.body for one in scripted if one.url == url(module) and one.call_count and isinstance(one, responses.Response)]
    whole = [json.loads(body) for body in given if re.fullmatch(r'{"data".*}', str(body))]
    rows = {row["id"]: row for answer in whole for row in answer["data"]}
    return coql(*(row for _, row in sorted(rows.items()) if int(row["id"]) > int(last)))


def queried(request: requests.PreparedRequest) -> str:
    """The statement of a COQL call."""
    return str(json.loads(request.body or b"{}")["select_query"])


def coql(*rows: dict[str, Any]) -> tuple[int, dict[str, str], str]:
    """An answer of COQL."""
    shown = [{"id": row["id"], "Modified_Time": row["Modified_Time"]} for row in rows]
    return (200, {}, json.dumps({"data": shown, "info": {"count": len(rows), "more_records": False}})) if rows else (204, {}, "")


def url(path: str) -> str:
    return f"{API}/crm/v8/{path}"


def page(*rows: dict[str, Any], more: bool = False, token: str | None = None) -> dict[str, Any]:
    return {
        "data": list(rows),
        "info": {"per_page": 200, "count": len(rows), "page": 1, "more_records": more, "next_page_token": token},
    }


def deal(number: int, minute: int, **more: Any) -> dict[str, Any]:
    return {"id": f"41{number:04d}", "Modified_Time": f"2026-03-01T20:{minute:02d}:00+08:00", **more}


def ids(zoho: ZohoConnection, obj: CrmObject = DEALS, window: Window = WHOLE) -> list[list[str]]:
    return [[record["id"] for record in answer.records] for answer in zoho.pull(obj, window)]


def asked(http: responses.RequestsMock, path: str) -> list[dict[str, str]]:
    """Parameters of every call of a path, with its If-Modified-Since."""
    found = []
    for call in http.calls:
        if call.request.url.split("?")[0].endswith(path):
            since = call.request.headers.get("If-Modified-Since")
            found.append({**call.request.params, **({"since": since} if since else {})})
    return found


def test_pages_are_walked_by_token_with_the_window_on_every_page(zoho: responses.RequestsMock, clock: Time) -> None:
    window = Window(datetime(2026, 3, 1, 12, tzinfo=UTC), NOW)
    zoho.get(url("Deals"), json=page(deal(1, 1), deal(2, 2), more=True, token="t1"))
    zoho.get(url("Deals"), json=page(deal(3, 2), deal(4, 2), more=True, token="t2"))
    zoho.get(url("Deals"), json=page(deal(5, 3)))
    assert ids(connection(clock), window=window) == [["410001", "410002"], ["410003", "410004"], ["410005"]]
    calls = asked(zoho, "/Deals")
    assert [call.pop("page_token", None) for call in calls] == [None, "t1", "t2"]
    assert [call["since"] for call in calls] == ["2026-03-01T12:00:00+00:00"] * 3
    names = calls[0]["fields"].split(",")
    assert (
        calls[0]
        == calls[1]
        == calls[2]
        == {
            "fields": ",".join(names),
            "per_page": "200",
            "sort_by": "Modified_Time",
            "sort_order": "asc",
            "since": "2026-03-01T12:00:00+00:00",
        }
    )
    assert set(names) == {"Modified_Time", *(field.api_name for field in DEALS.fields)}


@pytest.mark.parametrize("status", [204, 304])
def test_no_body_is_no_rows(zoho: responses.RequestsMock, clock: Time, status: int) -> None:
    zoho.get(url("Deals"), status=status)
    assert ids(connection(clock)) == []


def test_rows_at_and_after_the_end_stay_for_the_next_run(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(url("Deals"), json=page(deal(1, 29), deal(2, 30), deal(3, 31), more=True, token="t1"))
    pages = list(connection(clock).pull(DEALS, Window(None, datetime(2026, 3, 1, 12, 30, tzinfo=UTC))))
    assert [([record["id"] for record in one.records], one.held_back) for one in pages] == [(["410001"], 2)]


def test_converted_leads_come_too(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(url("Leads"), json=page(deal(1, 1)))
    assert ids(connection(clock), LEADS) == [["410001"]]
    assert [call["converted"] for call in asked(zoho, "/Leads")] == ["both", "both"]


def test_more_than_fifty_fields_are_asked_in_slices_that_meet_by_id(zoho: responses.RequestsMock, clock: Time) -> None:
    wide = CrmObject(
        name="wide",
        api_name="Wide",
        key="id",
        cursor="Modified_Time",
        fields=tuple(Field(f"f{number}", f"F{number}") for number in range(120)),
    )

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        names = request.params["fields"].split(",")
        assert len(names) <= 50
        rows = [
            deal(number, number, **{name: f"{name}-{number}" for name in names if name != "Modified_Time"})
            for number in (1, 2, 3)
        ]
        if "page_token" in request.params:
            return 200, {}, json.dumps(page(rows[2]))
        assert "page_token" not in request.params
        return 200, {}, json.dumps(page(rows[0], rows[1], more=True, token=f"of {names[1]}"))

    zoho.add_callback(responses.GET, url("Wide"), callback=answer)
    knows(zoho, *(deal(number, number) for number in (1, 2, 3)))
    records = [record for one in connection(clock).pull(wide, WHOLE) for record in one.records]
    assert records == [
        {**deal(number, number), **{f"F{field}": f"F{field}-{number}" for field in range(120)}} for number in (1, 2, 3)
    ]


def test_a_record_that_moves_between_two_slices_is_read_again(zoho: responses.RequestsMock, clock: Time) -> None:
    wide = CrmObject(
        name="wide",
        api_name="Wide",
        key="id",
        cursor="Modified_Time",
        fields=tuple(Field(f"f{number}", f"F{number}") for number in range(60)),
    )

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        first = "F0," in request.params["fields"]
        if request.params.get("ids") == "410002":
            return 200, {}, json.dumps(page(deal(2, 3, F0="B") if first else deal(2, 3, F59="Z")))
        one, other = (deal(1, 1, F0="a"), [deal(2, 2, F0="b")]) if first else (deal(1, 1, F59="z"), [])
        return 200, {}, json.dumps(page(one, *other))

    zoho.add_callback(responses.GET, url("Wide"), callback=answer)
    records = [record for one in connection(clock).pull(wide, WHOLE) for record in one.records]
    assert records == [deal(1, 1, F0="a", F59="z"), deal(2, 3, F0="B", F59="Z")]


def knows(http: responses.RequestsMock, *rows: dict[str, Any]) -> None:
    """From now on COQL knows these records, whatever was listed."""

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        last = int(queried(request).partition("id > ")[2].split()[0].rstrip(")"))
        start = queried(request).partition("Modified_Time >= '")[2].partition("'")[0]
        return coql(*(row for row in rows if int(row["id"]) > last and row["Modified_Time"] >= start))

    http.remove(responses.POST, url("coql"))
    http.add_callback(responses.POST, url("coql"), callback=answer)


def test_a_window_closes_when_coql_lists_nothing_that_the_walk_lacks(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(url("Deals"), json=page(deal(1, 1), deal(2, 2)))
    assert ids(connection(clock), window=Window(datetime(2026, 3, 1, 12, tzinfo=UTC), NOW)) == [["410001", "410002"]]
    start = "select id, Modified_Time from Deals where ((Modified_Time >= '2026-03-01T12:00:00+00:00' and Modified_Time < "
    assert [queried(call.request) for call in zoho.calls if call.request.url == url("coql")] == [
        f"{start}'2026-03-01T18:00:00+00:00') and id > 0) order by id asc limit 2000"
    ]


@pytest.mark.parametrize("walked", [[], [deal(1, 1)]], ids=["an empty page", "a short page"])
def test_what_a_page_silently_lacks_is_read_by_its_id(
    zoho: responses.RequestsMock, clock: Time, walked: list[dict[str, Any]]
) -> None:
    zoho.get(url("Deals"), **({"json": page(*walked)} if walked else {"status": 304}))
    zoho.get(url("Deals"), json=page(deal(2, 2)))
    knows(zoho, *walked, deal(2, 2))
    assert ids(connection(clock)) == [*([["410001"]] if walked else []), ["410002"]]
    assert [call.get("ids") for call in asked(zoho, "/Deals")] == [None, "410002"]


def test_a_record_that_is_listed_and_never_given_is_no_complete_pull(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(url("Deals"), json=page(deal(1, 1)))
    knows(zoho, deal(1, 1), deal(2, 2))
    with pytest.raises(RetryLater, match="records that Zoho lists and does not give, in each of 5 tries"):
        ids(connection(clock))


def test_what_a_moving_record_pushed_past_us_is_read_by_its_id(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(url("Deals"), json=page(deal(1, 1), deal(2, 2), more=True, token="t1"))
    zoho.get(url("Deals"), json=page(deal(4, 4)))  # 1 was edited now, so 3 slid to the page that was read already
    zoho.get(url("Deals"), json=page({"id": "410001", "Modified_Time": "2026-03-02T02:05:00+08:00"}, deal(2, 2), deal(3, 3)))
    knows(zoho, deal(2, 2), deal(3, 3), deal(4, 4))
    assert ids(connection(clock)) == [["410001", "410002"], ["410004"], ["410003"]]


@pytest.mark.parametrize("query", [403, 400])
def test_where_coql_may_not_be_asked_a_second_listing_in_another_order_proves_the_first(
    zoho: responses.RequestsMock, clock: Time, query: int
) -> None:
    code = "NO_PERMISSION" if query == 403 else "INVALID_QUERY"
    zoho.replace(responses.POST, url("coql"), status=query, json={"code": code, "details": {}, "status": "error"})
    zoho.get(url("Deals"), json=page(deal(1, 1)))
    zoho.get(url("Deals"), json=page(deal(1, 1), deal(2, 2)))
    zoho.get(url("Deals"), json=page(deal(2, 2)))
    zoho.get(url("Deals"), json=page(deal(1, 1), deal(2, 2)))
    assert ids(connection(clock)) == [["410001"], ["410002"]]
    assert [call["sort_by"] for call in asked(zoho, "/Deals") if "sort_by" in call] == ["Modified_Time", "id", "id"]


def test_leads_are_proved_by_coql_and_by_a_second_listing_with_the_converted_ones(
    zoho: responses.RequestsMock, clock: Time
) -> None:
    zoho.get(url("Leads"), json=page(deal(1, 1)))
    zoho.get(url("Leads"), json=page(deal(1, 1), deal(2, 2)))  # 2 is converted, and COQL does not know such leads
    zoho.get(url("Leads"), json=page(deal(2, 2)))
    zoho.get(url("Leads"), json=page(deal(1, 1), deal(2, 2)))
    knows(zoho, deal(1, 1))
    assert ids(connection(clock), LEADS) == [["410001"], ["410002"]]
    assert {call["converted"] for call in asked(zoho, "/Leads")} == {"both"}


def test_a_long_walk_is_counted_less_what_left_its_window(zoho: responses.RequestsMock, clock: Time) -> None:
    rows = [deal(number, number // 200) for number in range(2_200)]
    for start in range(0, 2_200, 200):
        zoho.get(url("Deals"), json=page(*rows[start : start + 200], more=start < 2_000, token=f"t{start}"))
    zoho.get(url("Deals"), json=page({"id": "410001", "Modified_Time": "2026-03-02T02:05:00+08:00"}))
    zoho.get(url("Deals/deleted"), status=204)
    zoho.replace(responses.GET, re.compile(r".*/actions/count"), json={"count": "2199"})
    assert sum(map(len, ids(connection(clock)))) == 2_200
    assert [call.request for call in zoho.calls if call.request.url == url("coql")] == []


@pytest.mark.parametrize("code", ["EXPIRED_VALUE", "PAGINATION_LIMIT_EXCEEDED"])
def test_a_walk_that_may_not_go_on_starts_over_where_it_was(zoho: responses.RequestsMock, clock: Time, code: str) -> None:
    zoho.get(url("Deals"), json=page(deal(1, 1), deal(2, 2), more=True, token="t1"))
    zoho.get(
        url("Deals"), status=400, json={"code": code, "details": {"param_name": "page_token"}, "message": "…", "status": "error"}
    )
    zoho.get(url("Deals"), json=page(deal(2, 2), deal(3, 2), deal(4, 3)))
    assert ids(connection(clock)) == [["410001", "410002"], ["410003", "410004"]]
    assert [(call.get("page_token"), call.get("since")) for call in asked(zoho, "/Deals")[:3]] == [
        (None, None),
        ("t1", None),
        (None, "2026-03-01T12:01:59+00:00"),
    ]


def test_a_long_walk_whose_budget_runs_out_goes_on_where_it_was_proved(
    zoho: responses.RequestsMock, clock: Time, tmp_path: Path
) -> None:
    moments = [NOW - timedelta(minutes=300 - number) for number in range(260)]
    rows = [{"id": f"41{number:04d}", "Modified_Time": moment.isoformat()} for number, moment in enumerate(moments)]

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        """One deal a page."""
        since = request.headers.get("If-Modified-Since", moments[0].isoformat())
        place = int(request.params.get("page_token") or sum(row["Modified_Time"] < since for row in rows))
        if place >= len(rows):
            return 304, {}, ""
        return 200, {}, json.dumps(page(rows[place], more=place + 1 < len(rows), token=str(place + 1)))

    zoho.add_callback(responses.GET, url("Deals"), callback=answer)
    zoho.get(url("Deals/deleted"), status=204)
    knows(zoho, *rows)
    lake = Lake(str(tmp_path))
    with pytest.raises(Deferred):
        extract(connection(clock, manners=Manners(calls_per_day=230)), lake, DEALS, known_at=NOW, run_id="r0")
    assert (lake.manifests(), lake.raw_files("zoho", "opportunities")) == ([], [])
    calls = len(asked(zoho, "/Deals"))
    done = extract(connection(clock), lake, DEALS, known_at=NOW + timedelta(days=1), run_id="r1")
    assert (done.resumed_from, done.records, done.versions) == (moments[196] - timedelta(seconds=1), 261, 260)
    assert asked(zoho, "/Deals")[calls]["since"] == (moments[196] - timedelta(seconds=1)).isoformat()
    assert [file.read(["key"]).to_pydict() for file in lake.raw_files("zoho", "opportunities")] == [
        {"key": [row["id"] for row in rows]}
    ]


def test_a_repeated_page_token_ends_the_pull(zoho: responses.RequestsMock, clock: Time) -> None:
    for number in (1, 2, 3):
        zoho.get(url("Deals"), json=page(deal(number, number), more=True, token="t1"))
    with pytest.raises(ContractBroken, match="without a new page token"):
        ids(connection(clock))


def test_rows_out_of_order_or_older_than_the_window_are_not_believed(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(url("Deals"), json=page(deal(1, 5), deal(2, 4)))
    with pytest.raises(ContractBroken, match="rows out of order"):
        ids(connection(clock))
    with pytest.raises(ContractBroken, match="older than If-Modified-Since"):
        ids(connection(clock), window=Window(datetime(2026, 3, 1, 12, 30, tzinfo=UTC), NOW))


def test_offsets_and_daylight_saving_are_only_ways_of_writing(zoho: responses.RequestsMock, clock: Time) -> None:
    rows = [
        {"id": "1", "Modified_Time": "2026-03-29T01:59:59+01:00"},
        {"id": "2", "Modified_Time": "2026-03-29T03:00:00+02:00"},
        {"id": "3", "Modified_Time": "2026-03-28T21:00:01-04:00"},
    ]
    zoho.get(url("Deals"), json=page(*rows))
    window = Window(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, 1, tzinfo=UTC))
    assert ids(connection(clock), window=window) == [["1", "2"]]


def test_a_dead_token_is_renewed_once_and_the_question_asked_again(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.post(TOKEN_URL, json={"access_token": "1000.access.2", "expires_in": 3600})
    zoho.get(
        url("Deals"),
        status=401,
        json={"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"},
    )
    zoho.get(url("Deals"), json=page(deal(1, 1)))
    assert ids(connection(clock)) == [["410001"]]
    headers = [call.request.headers["Authorization"] for call in zoho.calls if "/Deals?" in call.request.url]
    assert headers == ["Zoho-oauthtoken 1000.access.1", "Zoho-oauthtoken 1000.access.2"]


def test_a_token_that_is_never_taken_ends_after_two_renewals(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(
        url("Deals"),
        status=401,
        json={"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"},
    )
    with pytest.raises(TokenRefused):
        ids(connection(clock))
    assert len([call for call in zoho.calls if call.request.url == TOKEN_URL]) == 3


def test_logins_stop_before_zoho_locks_us_out(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(
        url("Deals"),
        status=401,
        json={"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"},
    )
    source = connection(clock)
    for _ in range(10):
        with pytest.raises(Fault):
            ids(source)
    assert len([call for call in zoho.calls if call.request.url == TOKEN_URL]) == 8


def test_a_missing_scope_is_not_a_dead_token(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(
        url("Deals"),
        status=401,
        json={"code": "OAUTH_SCOPE_MISMATCH", "details": {}, "message": "Unauthorized", "status": "error"},
    )
    with pytest.raises(
        Refused, match=r"zoho opportunities: asked GET /crm/v8/Deals; came back HTTP 401 OAUTH_SCOPE_MISMATCH; grant the client"
    ):
        ids(connection(clock))
    assert len([call for call in zoho.calls if call.request.url == TOKEN_URL]) == 1


@pytest.mark.parametrize("error", ["invalid_code", "invalid_client", "invalid_client_secret"])
def test_a_token_reply_of_200_with_an_error_is_a_refusal(http: responses.RequestsMock, clock: Time, error: str) -> None:
    http.post(TOKEN_URL, json={"error": error})
    zoho = connection(clock)
    for _ in range(3):
        with pytest.raises(Refused, match=f"came back {error}; "):
            ids(zoho)
    assert len(http.calls) == 1


@pytest.mark.parametrize("life", [None, "abc", [], -5, 0, 1.5, True])
def test_a_token_that_does_not_say_how_long_it_lives_is_taken_for_an_hour(
    http: responses.RequestsMock, clock: Time, life: object
) -> None:
    http.post(TOKEN_URL, json={"access_token": "1000.access.1", "expires_in": life})
    keeper = connection(clock).client.keeper
    assert keeper is not None
    assert [keeper.current().value for _ in range(2)] == ["1000.access.1"] * 2
    assert len(http.calls) == 1


@pytest.mark.parametrize("status", [200, 400])
def test_a_throttled_token_endpoint_is_left_alone(http: responses.RequestsMock, clock: Time, status: int) -> None:
    http.post(TOKEN_URL, status=status, json={"error_description": "请求过于频繁", "error": "Access Denied", "status": "failure"})
    zoho = connection(clock)
    for _ in range(3):
        with pytest.raises(RetryLater):
            ids(zoho)
    assert (len(http.calls), clock.slept) == (1, [])


def test_eight_threads_renew_one_token_once(http: responses.RequestsMock, clock: Time, tmp_path: Path) -> None:
    given: list[str] = []
    barrier = threading.Barrier(8)

    def token(_: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        given.append(f"1000.access.{len(given)}")
        return 200, {}, json.dumps({"access_token": given[-1], "expires_in": 3600})

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        if request.headers["Authorization"].endswith("access.0"):
            barrier.wait(10)
            return 401, {}, json.dumps({"code": "INVALID_TOKEN", "details": {}, "message": "", "status": "error"})
        return 200, {}, json.dumps(page(deal(1, 1)))

    http.add_callback(responses.POST, TOKEN_URL, callback=token)
    http.get(url("Deals/actions/count"), json={"count": 1})
    http.add_callback(responses.POST, url("coql"), callback=lambda _: coql(deal(1, 1)))
    http.add_callback(responses.GET, url("Deals"), callback=answer)
    zoho = connection(clock, state_folder=tmp_path, manners=Manners(concurrency=8))
    results: list[list[list[str]]] = []
    threads = [threading.Thread(target=lambda: results.append(ids(zoho))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[["410001"]]] * 8
    assert given == ["1000.access.0", "1000.access.1"]
    assert (tmp_path / "zoho.token.json").stat().st_mode & 0o777 == 0o600
    assert ids(connection(clock, state_folder=tmp_path)) == [["410001"]]
    assert len(given) == 2


def test_another_secret_never_meets_an_old_token(zoho: responses.RequestsMock, clock: Time, tmp_path: Path) -> None:
    zoho.get(url("Deals"), json=page(deal(1, 1)))
    ids(connection(clock, state_folder=tmp_path))
    ids(connection(clock, state_folder=tmp_path, client_secret="another-secret"))
    assert len([call for call in zoho.calls if call.request.url == TOKEN_URL]) == 2


def test_throttling_waits_as_long_as_zoho_asks(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(
        url("Deals"),
        status=429,
        headers={"Retry-After": "7"},
        json={"code": "TOO_MANY_REQUESTS", "details": {}, "status": "error"},
    )
    zoho.get(url("Deals"), json=page(deal(1, 1)))
    assert ids(connection(clock)) == [["410001"]]
    assert clock.slept == [7.0]


def test_throttling_without_end_defers_the_rest(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(url("Deals"), status=429, json={"code": "TOO_MANY_REQUESTS", "details": {}, "status": "error"})
    with pytest.raises(Deferred, match="the next run goes on from here"):
        ids(connection(clock))
    assert len(clock.slept) == 5


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 502, "body": "<html>Bad Gateway</html>"},
        {"status": 500, "json": {"code": "INTERNAL_ERROR", "status": "error"}},
        {"status": 200, "body": '{"data":[{"id":"1'},
        {"status": 200, "body": "<html>maintenance</html>"},
        {"body": requests.ConnectionError("connection reset")},
        {"body": requests.ReadTimeout("slow")},
    ],
)
def test_trouble_that_passes_is_waited_out(zoho: responses.RequestsMock, clock: Time, trouble: dict[str, Any]) -> None:
    zoho.get(url("Deals"), **trouble)
    zoho.get(url("Deals"), json=page(deal(1, 1)))
    assert ids(connection(clock)) == [["410001"]]
    assert len(clock.slept) == 1


def test_no_secret_is_shown_anywhere(zoho: responses.RequestsMock, clock: Time, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    zoho.get(url("Deals"), body=requests.ConnectionError(f"failed with {SECRETS[2]}"))
    zoho.get(url("Accounts"), status=400, json={"code": "ODD", "details": {"said": SECRETS[0]}, "status": "error"})
    source = connection(clock)
    shown = [repr(source), repr(source.settings), repr(source.client), repr(source.client.keeper)]
    for obj in (DEALS, next(obj for obj in OBJECTS if obj.name == "accounts")):
        with pytest.raises(Fault) as caught:
            ids(source, obj)
        fault: BaseException | None = caught.value
        while fault is not None:
            shown += [repr(fault), str(vars(fault))]
            fault = fault.__cause__ or fault.__context__
    assert [secret for secret in SECRETS for text in (*shown, caplog.text) if secret in text] == []


def test_a_module_without_permission_is_reported_and_the_rest_go_on(
    zoho: responses.RequestsMock, clock: Time, tmp_path: Path
) -> None:
    zoho.get(
        url("Leads"),
        status=403,
        json={"code": "NO_PERMISSION", "details": {"permissions": ["Crm_Implied_View_Leads"]}, "status": "error"},
    )
    zoho.get(url("Deals"), json=page(deal(1, 1)))
    done = extract_all(connection(clock), Lake(str(tmp_path)), (LEADS, DEALS), known_at=NOW, run_id="r")
    assert [manifest.object for manifest in done.manifests] == ["opportunities"]
    assert [str(fault) for fault in done.faults] == [
        'zoho leads: asked GET /crm/v8/Leads; came back HTTP 403 NO_PERMISSION {"permissions":["Crm_Implied_View_Leads"]}; '
        "give the profile of the API user the right to view this module"
    ]


def test_deleted_records_of_all_kinds_are_listed(zoho: responses.RequestsMock, clock: Time) -> None:
    rows = [
        {
            "id": "1",
            "type": "recycle",
            "deleted_time": "2026-03-01T20:00:00+08:00",
            "deleted_by": {"name": "n", "id": "7"},
            "display_name": "d",
        },
        {
            "id": "2",
            "type": "permanent",
            "deleted_time": "2026-03-01T21:00:00+08:00",
            "deleted_by": None,
            "display_name": None,
            "created_by": None,
        },
    ]
    zoho.get(
        url("Deals/deleted"), json={"data": rows[:1], "info": {"more_records": True, "page": 1, "per_page": 200, "count": 1}}
    )
    zoho.get(
        url("Deals/deleted"), json={"data": rows[1:], "info": {"more_records": False, "page": 2, "per_page": 200, "count": 1}}
    )
    since = datetime(2026, 3, 1, tzinfo=UTC)
    assert list(connection(clock).deleted(DEALS, since)) == [
        Deletion("1", datetime(2026, 3, 1, 12, tzinfo=UTC), "recycle"),
        Deletion("2", datetime(2026, 3, 1, 13, tzinfo=UTC), "permanent"),
    ]
    assert asked(zoho, "/deleted") == [
        {"type": "all", "page": number, "per_page": "200", "since": "2026-03-01T00:00:00+00:00"} for number in ("1", "2")
    ]


def test_people_who_left_come_too_and_bring_no_mail(zoho: responses.RequestsMock, clock: Time) -> None:
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        kind, number = request.params["type"], int(request.params["page"])
        users = {("AllUsers", 1): ["1", "2"], ("AllUsers", 2): ["3"], ("DeletedUsers", 1): ["3", "4"]}[kind, number]
        rows = [
            {"id": key, "full_name": f"n{key}", "email": "a@b.cn", "zuid": "9", "Reporting_To": {"name": "x", "id": "1"}}
            for key in users
        ]
        return 200, {}, json.dumps({"users": rows, "info": {"more_records": (kind, number) == ("AllUsers", 1)}})

    zoho.add_callback(responses.GET, url("users"), callback=answer)
    users = next(obj for obj in OBJECTS if obj.name == "users")
    pages = list(connection(clock).pull(users, WHOLE))
    assert [record for one in pages for record in one.records] == [
        {"id": key, "full_name": f"n{key}", "Reporting_To": {"id": "1"}} for key in "1234"
    ]
    assert {name for one in pages for name in one.withheld} == {"email", "zuid"}


def test_the_lake_holds_no_personal_data_that_was_not_asked_for(
    zoho: responses.RequestsMock, clock: Time, tmp_path: Path
) -> None:
    obj = CrmObject(
        name="accounts",
        api_name="Accounts",
        key="id",
        cursor="Modified_Time",
        fields=(
            Field("phone", "Phone", personal=True),
            Field("owner_id", "Owner", FieldType.ID),
            Field("fax", "Fax", personal=True),
        ),
    )
    row = deal(
        1,
        1,
        Phone="13900001111",
        Fax="020-555",
        Mobile_2="13900002222",
        Owner={"name": "王", "id": "7", "email": "wang@x.cn"},
        Tags=[{"name": "t", "email": "tag@x.cn"}],
        Last_Name="张三",
        Who_Id={"id": "8", "name": "李四"},
        Participants=[{"participant": "guest@x.cn"}],
    )
    zoho.get(url("Accounts"), json=page(row))
    extract(
        connection(clock, personal_fields=frozenset({"accounts.fax"})), lake := Lake(str(tmp_path)), obj, known_at=NOW, run_id="r"
    )
    kept = every_byte(tmp_path)
    personal = ("13900001111", "13900002222", "wang@x.cn", "tag@x.cn", "guest@x.cn", "张三", "李四")
    assert [text for text in personal if text.encode() in kept] == []
    assert b"020-555" in kept
    assert asked(zoho, "/Accounts")[0]["fields"] == "Modified_Time,Owner,Fax"
    assert lake.newest("zoho", "accounts").withheld_fields == ["Last_Name", "Mobile_2", "Participants", "Phone"]


def test_all_fields_of_a_module_are_asked_for_and_missing_ones_named(zoho: responses.RequestsMock, clock: Time) -> None:
    fields = [
        ("Company", "text"),
        ("Segment", "picklist"),
        ("Mobile", "phone"),
        ("Rows", "subform"),
        ("Modified_Time", "datetime"),
    ]
    zoho.get(url("settings/fields"), json={"fields": [{"api_name": name, "data_type": kind} for name, kind in fields]})
    zoho.get(url("Leads"), json=page(deal(1, 1, Company="c", Segment="s")))
    leads = LEADS.with_fields(Field("gone", "Gone_Field"))
    about, answer = connection(clock, every_field=True).pull(leads, WHOLE)
    assert (about.records, about.fields, answer.missing) == ((), dict(fields), {"Gone_Field"})
    assert asked(zoho, "/Leads")[0]["fields"] == "Modified_Time,Company,Segment"


def test_values_come_in_our_types(clock: Time) -> None:
    cast = connection(clock).cast
    assert [
        cast(Field("f", "F", kind), value)
        for kind, value in (
            (FieldType.MONEY, Decimal("109846381.4039")),
            (FieldType.MONEY, 12),
            (FieldType.ID, {"name": "n", "id": "5"}),
            (FieldType.ID, None),
            (FieldType.DATE, "2026-05-17"),
            (FieldType.DATE, "2026-05-17T23:30:00+00:00"),
            (FieldType.TIMESTAMP, "2026-05-14T11:36:13+03:00"),
            (FieldType.BOOLEAN, True),
            (FieldType.INTEGER, "60"),
            (FieldType.TEXT, ""),
            (FieldType.JSON, [{"b": 1, "a": Decimal("1.50")}]),
        )
    ] == [
        Decimal("109846381.4039"),
        Decimal(12),
        "5",
        None,
        date(2026, 5, 17),
        date(2026, 5, 18),
        utc(2026, 5, 14, 8, 36, 13),
        True,
        60,
        None,
        '[{"a":1.50,"b":1}]',
    ]


def test_the_own_budget_of_a_day_stops_cleanly_and_is_new_tomorrow(
    zoho: responses.RequestsMock, clock: Time, tmp_path: Path
) -> None:
    zoho.get(url("Deals"), json=page(deal(1, 1)))
    manners = Manners(calls_per_day=6)
    first = connection(clock, manners=manners, state_folder=tmp_path)
    assert [ids(first), ids(first)] == [[["410001"]]] * 2
    with pytest.raises(Deferred, match="today's own budget of 6 calls is used up"):
        ids(connection(clock, manners=manners, state_folder=tmp_path))
    clock.now += timedelta(days=1).total_seconds()
    assert ids(connection(clock, manners=manners, state_folder=tmp_path)) == [["410001"]]


@pytest.mark.parametrize(
    "body",
    [
        '{"data":{}}',
        '{"data":[null]}',
        '{"data":[{"Modified_Time":"2026-03-01T20:00:00+08:00"}]}',
        '{"data":[{"id":"","Modified_Time":"2026-03-01T20:00:00+08:00"}]}',
        '{"data":[],"info":[]}',
        '{"data":[],"info":{"more_records":"yes"}}',
        '{"data":[],"info":{"more_records":true,"next_page_token":7}}',
    ],
)
def test_an_answer_of_another_shape_is_a_named_fault(zoho: responses.RequestsMock, clock: Time, body: str) -> None:
    zoho.get(url("Deals"), body=body)
    with pytest.raises(ContractBroken, match="zoho opportunities"):
        ids(connection(clock))


def test_ids_that_are_numbers_are_ids(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(url("Deals"), body='{"data":[{"id":4100000000000000007,"Modified_Time":"2026-03-01T20:00:00+08:00"}]}')
    assert ids(connection(clock)) == [["4100000000000000007"]]


def test_people_that_come_again_and_again_end_the_pull(zoho: responses.RequestsMock, clock: Time) -> None:
    zoho.get(url("users"), json={"users": [{"id": "7"}], "info": {"more_records": True}})
    source = connection(clock)
    with pytest.raises(ContractBroken, match="zoho users: asked page 2 of AllUsers; came back people who came before"):
        ids(source, next(obj for obj in source.objects if obj.name == "users"))


def test_deletions_that_come_again_and_again_are_not_all(zoho: responses.RequestsMock, clock: Time) -> None:
    gone = [{"id": "7", "deleted_time": None, "type": "permanent"}, {"id": "8", "deleted_time": "yesterday", "type": "recycle"}]
    zoho.get(url("Deals/deleted"), json={"data": gone, "info": {"more_records": True}})
    found = []
    with pytest.raises(Unlisted, match="page 2 of its deleted records"):
        found.extend(connection(clock).deleted(DEALS, None))
    assert found == [Deletion("7", None, "permanent"), Deletion("8", None, "recycle")]


HALVES = rb"\ud83d|\ude00|\ud83d\ude00|\\ud83d|" + b"\xed\xa0\xbd|\xff"


def test_half_an_emoji_stops_no_module(zoho: responses.RequestsMock, clock: Time) -> None:
    row = b'{"id":"1","Modified_Time":"2026-03-01T20:00:00+08:00","Deal_Name":"' + HALVES + b'"}'
    zoho.get(url("Deals"), body=b'{"data":[' + row + b"]}")
    (answer,) = connection(clock).pull(DEALS, WHOLE)
    assert answer.records[0]["Deal_Name"] == "\ufffd|\ufffd|\U0001f600|\\ud83d|\ufffd\ufffd\ufffd|\ufffd"


@pytest.mark.parametrize("wanted", [frozenset(), frozenset({"leads.field2"})], ids=["none wanted", "one wanted"])
def test_fields_that_zoho_calls_phones_or_mails_stay_out_whatever_their_names(
    zoho: responses.RequestsMock, clock: Time, wanted: frozenset[str]
) -> None:
    kinds = {"Company": "text", "field1": "phone", "field2": "email", "field3": "text", "Modified_Time": "datetime"}
    zoho.get(url("settings/fields"), json={"fields": [{"api_name": name, "data_type": kind} for name, kind in kinds.items()]})
    zoho.get(url("Leads"), json=page(deal(1, 1, Company="c", field1="13900001111", field2="wang@x.cn", field3="s")))
    source = connection(clock, every_field=True, personal_fields=wanted)
    shown = {"Company": "c", "field3": "s", **({"field2": "wang@x.cn"} if wanted else {})}
    _, answer = source.pull(LEADS, WHOLE)
    (again,) = source.again(LEADS, ["410001"])
    assert answer.records == again.records == [deal(1, 1, **shown)]
    assert answer.withheld == again.withheld == {"field1", "field2"} - shown.keys()
    asked_for = {name for one in asked(zoho, "/Leads") for name in one["fields"].split(",") if name in kinds}
    assert asked_for == {"Modified_Time"} | shown.keys()


@pytest.mark.parametrize("options", [{"a": 1}, ["x"], "x", [{"display_value": "Won"}]], ids=json.dumps)
def test_stages_of_another_shape_are_a_named_fault(zoho: responses.RequestsMock, clock: Time, options: object) -> None:
    zoho.get(url("settings/fields"), json={"fields": [{"api_name": "Stage", "pick_list_values": options}]})
    source = connection(clock)
    with pytest.raises(ContractBroken, match="zoho stages: asked for pick_list_values"):
        list(source.pull(next(obj for obj in source.objects if obj.name == "stages"), WHOLE))
