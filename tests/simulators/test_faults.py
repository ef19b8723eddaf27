"""Trouble on request, as a caller meets it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from simulators.server import CREDENTIALS, RunningSimulators
from tests.simulators.small_folder import FxiaokeCaller, ZohoCaller, deal, order


def test_a_fault_meets_the_calls_it_was_made_for(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.fault(kind="throttle", path="/Deals", after=1, every=2, times=2)
    statuses = [zoho.get("/Deals", fields="id").status_code for _ in range(7)]
    assert (statuses, zoho.get("/Accounts", fields="id").status_code) == ([200, 200, 429, 200, 429, 200, 200], 200)
    assert sims.counts()["zoho fault throttle"] == 2


def test_a_rate_is_the_same_for_the_same_seed(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    def night() -> list[int]:
        sims.reset()
        sims.fault(kind="server_error", path="/Deals", rate=0.5, seed=3, times=None, status=500)
        return [zoho.get("/Deals", fields="id").status_code for _ in range(12)]

    first = night()
    assert (night(), set(first)) == (first, {200, 500})


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "throttle"}, 429, "TOO_MANY_REQUESTS"),
        ({"kind": "quota"}, 429, "TOO_MANY_REQUESTS"),
        ({"kind": "server_error", "status": 500}, 500, "INTERNAL_ERROR"),
        ({"kind": "server_error", "status": 503}, 503, "INTERNAL_SERVER_ERROR"),
        ({"kind": "token_expired"}, 401, "INVALID_TOKEN"),
        ({"kind": "refuse", "status": 400, "message": "NO_PERMISSION"}, 400, "NO_PERMISSION"),
    ],
)
def test_zoho_says_its_troubles(sims: RunningSimulators, zoho: ZohoCaller, fault: dict[str, Any], status: int, code: str) -> None:
    sims.fault(**fault)
    answer = zoho.get("/Deals", fields="id")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "throttle"}, 30004),
        ({"kind": "quota"}, 30002),
        ({"kind": "server_error"}, 50009),
        ({"kind": "server_error", "code": -1}, -1),
        ({"kind": "token_expired"}, 20016),
        ({"kind": "refuse", "code": 20022}, 20022),
    ],
)
def test_fxiaoke_says_its_troubles(sims: RunningSimulators, fxiaoke: FxiaokeCaller, fault: dict[str, Any], code: int) -> None:
    sims.fault(**fault)
    assert (fxiaoke.query()["errorCode"], fxiaoke.login(), fxiaoke.query()["errorCode"]) == (code, None, 0)


def test_an_html_page_is_no_json(sims: RunningSimulators, zoho: ZohoCaller, fxiaoke: FxiaokeCaller) -> None:
    sims.fault(kind="html", crm="zoho", status=502)
    sims.fault(kind="html", crm="fxiaoke", status=302)
    page = zoho.get("/Deals", fields="id")
    moved = fxiaoke.http.post(f"{fxiaoke.url}/cgi/crm/v2/data/query", json=fxiaoke.auth, allow_redirects=False, timeout=10)
    assert (page.status_code, page.headers["content-type"], page.text[:6]) == (502, "text/html;charset=UTF-8", "<html>")
    assert (moved.status_code, moved.headers["location"]) == (302, "/login.html")


def test_an_answer_may_be_cut_honestly_or_break_off(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    whole = zoho.get("/Deals", fields="id").content
    sims.fault(kind="truncated", share=0.5)
    sims.fault(kind="truncated", share=0.5, honest=False, after=1)
    assert zoho.get("/Deals", fields="id").content == whole[: len(whole) // 2]
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        zoho.get("/Deals", fields="id")
    assert zoho.get("/Deals", fields="id").content == whole


def test_a_connection_may_be_reset_or_stuck(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.fault(kind="reset")
    with pytest.raises(requests.exceptions.ConnectionError):
        zoho.get("/Deals", fields="id")
    sims.fault(kind="stuck", seconds=30)
    with pytest.raises(requests.exceptions.ReadTimeout):
        zoho.http.get(f"{zoho.url}/crm/v8/Deals", params={"fields": "id"}, timeout=0.3)
    assert zoho.get("/Deals", fields="id").status_code == 200


@pytest.mark.parametrize("kind", ["slow", "trickle"])
def test_an_answer_may_take_its_time(sims: RunningSimulators, zoho: ZohoCaller, kind: str) -> None:
    whole = zoho.get("/Deals", fields="id").content
    sims.fault(kind=kind, seconds=0.3)
    with pytest.raises(requests.exceptions.RequestException):
        zoho.http.get(f"{zoho.url}/crm/v8/Deals", params={"fields": "id"}, timeout=0.1)
    sims.fault(kind=kind, seconds=0.1)
    assert zoho.get("/Deals", fields="id").content == whole


def test_page_tokens_expire_repeat_and_never_end(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    token = zoho.get("/Deals", fields="id", per_page=1).json()["info"]["next_page_token"]
    asked = {"fields": "id", "per_page": 1, "page_token": token}
    sims.fault(kind="page_token_expired")
    sims.fault(kind="repeated_page_token", after=1)
    expired, repeated = zoho.get("/Deals", **asked).json()["code"], zoho.get("/Deals", **asked).json()["info"]["next_page_token"]
    sims.fault(kind="endless_pages")
    endless = zoho.get("/Deals", fields="id").json()["info"]["more_records"]
    sims.fault(kind="short_page")
    assert (expired, repeated == token, endless, zoho.ids("/Deals", fields="id")) == ("EXPIRED_VALUE", True, True, ["05", "02"])


def test_a_revoked_login_gives_no_new_token(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.fault(kind="token_revoked", crm="zoho")
    assert zoho.get("/Deals", fields="id").json()["code"] == "INVALID_TOKEN"
    with pytest.raises(KeyError):
        zoho.login()
    sims.reset()
    zoho.login()
    assert zoho.get("/Deals", fields="id").status_code == 200


def test_records_change_in_the_middle_of_a_walk(sims: RunningSimulators, zoho: ZohoCaller, fxiaoke: FxiaokeCaller) -> None:
    edited = deal(1, Deal_Name="Edited", Modified_Time="2026-02-20T00:00:00+08:00")
    sims.fault(kind="put", crm="zoho", after=1, name="Deals", versions=[{"$at": "2026-02-20T00:00:00+08:00"} | edited])
    sims.fault(
        kind="put",
        crm="fxiaoke",
        after=1,
        name="SalesOrderObj",
        versions=[{"$at": "2026-02-20T00:00:00+08:00", "$deleted": "permanent", "_id": order(4)["_id"]}],
    )
    walk = [zoho.get("/Deals", fields="Deal_Name", sort_order="asc").json()["data"][0]["Deal_Name"] for _ in range(2)]
    assert (walk, fxiaoke.names(), fxiaoke.names()) == (["Deal 1", "Edited"], ["SO-1", "SO-2", "SO-4"], ["SO-1", "SO-2"])
    sims.put("zoho", "Deals", {"$at": "2026-02-20T00:00:01+08:00"} | deal(1))
    sims.put("fxiaoke", "SalesOrderObj", {"$at": "2026-02-20T00:00:01+08:00"} | order(4))


def test_the_clock_the_switches_and_the_rights_change_in_the_middle_of_a_walk(
    sims: RunningSimulators,
    fxiaoke: FxiaokeCaller,
) -> None:
    sims.fault(kind="move", at="2026-01-15T00:00:00+00:00", after=1)
    sims.fault(kind="options", options={"fxiaoke": {"not_admin_share": 0.0}}, after=1)
    assert [fxiaoke.names() for _ in range(3)] == [["SO-1", "SO-2", "SO-4"], ["SO-1", "SO-2", "SO-3", "SO-4"], []]


def test_a_bad_night_mixes_troubles_and_never_three_in_a_row(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.bad_night(seed=11, rate=0.6, crm="zoho", seconds=0.01)
    first = []
    for _ in range(30):
        try:
            answer = zoho.get("/Deals", fields="id")
            first.append(str(answer.status_code) if answer.content[-1:] == b"}" else "cut")
            if answer.status_code == requests.codes.unauthorized:
                zoho.http.headers["Authorization"] = f"Zoho-oauthtoken {_token(zoho)}"
        except requests.exceptions.RequestException as wrong:
            first.append(type(wrong).__name__)
    assert (len(set(first)) > 3, first.count("200") > 5, all("200" in first[n : n + 3] for n in range(27))) == (True, True, True)


def _token(zoho: ZohoCaller) -> str:
    while True:
        try:
            answer = requests.post(
                f"{zoho.url}/oauth/v2/token", data={"grant_type": "refresh_token", **CREDENTIALS["zoho"]}, timeout=10
            )
            return str(answer.json()["access_token"])
        except (requests.exceptions.RequestException, ValueError, KeyError):
            continue


def test_the_control_endpoint_refuses_what_it_does_not_know(sims: RunningSimulators) -> None:
    with pytest.raises(ValueError, match="Object contains unknown field `nonsense`"):
        sims.options(nonsense=1)
    late = requests.post(f"{sims.control_url}/at", json={"at": "2026-01-01T00:00:00"}, timeout=10)
    assert (late.status_code, late.json()) == (
        400,
        {"error": "ValueError: a moment needs its offset, 2026-01-01T00:00:00 has none"},
    )
    assert sims.status()["at"] == "2026-03-01T00:00:00+00:00"
