"""Records found by what they say or by a custom view.

What to add here: a way to look for records.
What belongs elsewhere: lists and their paging (`test_zoho_listing.py`), COQL (`test_zoho_coql.py`).
"""

from __future__ import annotations

from typing import Any

import pytest

from simulators.server import RunningSimulators
from tests.simulators.small_folder import VIEWS, ZohoCaller

WON = VIEWS["Deals"][0]["id"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"criteria": "(Stage:equals:Qualification)"}, ["05", "01"]),
        ({"criteria": "((Amount:greater_than:1001)and(Probability:equals:100))"}, ["02"]),
        ({"word": "deal 5"}, ["05"]),
        ({"email": "li@company.example"}, ["05", "02", "01"]),
        ({"phone": "555"}, []),
    ],
)
def test_search_finds_what_stands_newest_id_first(zoho: ZohoCaller, asked: dict[str, str], found: list[str]) -> None:
    assert zoho.ids("/Deals/search", **asked) == found


def test_search_pages_without_tokens_and_gives_the_fields_asked_for(zoho: ZohoCaller) -> None:
    answer = zoho.get("/Deals/search", word="Deal", fields="Stage", per_page=2).json()
    assert answer == {
        "data": [{"Stage": "Qualification", "id": "4000000000000000005"}, {"Stage": "Closed Won", "id": "4000000000000000002"}],
        "info": {"per_page": 2, "count": 2, "page": 1, "more_records": True},
    }
    assert zoho.ids("/Deals/search", word="Deal", per_page=2, page=2) == ["01"]


@pytest.mark.parametrize(
    ("path", "asked", "status", "code"),
    [
        ("/Deals/search", {}, 400, "REQUIRED_PARAM_MISSING"),
        ("/Deals/search", {"word": "a", "email": "b"}, 400, "AMBIGUITY_DURING_PROCESSING"),
        ("/Deals/search", {"word": "a", "page": 11}, 400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED"),
        ("/DealHistory/search", {"word": "a"}, 403, "NO_PERMISSION"),
        ("/Nothing/search", {"word": "a"}, 400, "INVALID_MODULE"),
        ("/Deals", {"fields": "Stage", "cvid": "1"}, 400, "INVALID_DATA"),
        ("/Deals/actions/count", {"cvid": "1"}, 400, "INVALID_DATA"),
        ("/settings/custom_views", {}, 400, "REQUIRED_PARAM_MISSING"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(zoho: ZohoCaller, path: str, asked: dict[str, Any], status: int, code: str) -> None:
    answer = zoho.get(path, **asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_search_wants_its_own_scope(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.options(zoho={"scopes": ["ZohoCRM.modules.ALL"]})
    assert zoho.get("/Deals/search", word="Deal").json()["code"] == "OAUTH_SCOPE_MISMATCH"


def test_converted_leads_are_found_when_asked_for(zoho: ZohoCaller) -> None:
    found = [zoho.ids("/Leads/search", criteria="(id:greater_than:0)", converted=how) for how in ("false", "true", "both")]
    assert found == [["01"], ["02"], ["02", "01"]]


def test_a_custom_view_narrows_lists_and_counts(zoho: ZohoCaller) -> None:
    views = zoho.get("/settings/custom_views", module="Deals").json()["custom_views"]
    assert [(view["name"], view["default"]) for view in views] == [("All Deals", True), ("Won", False)]
    everything = views[0]["id"]
    assert zoho.ids("/Deals", fields="Stage", cvid=WON) == ["02"]
    assert zoho.ids("/Deals", fields="Stage", cvid=everything) == ["05", "02", "01"]
    assert zoho.ids("/Deals", fields="Stage") == ["05", "02", "01"]
    counts = [zoho.get("/Deals/actions/count", cvid=cvid).json()["count"] for cvid in (WON, everything)]
    assert counts == [1, 3]


def test_a_page_token_is_bound_to_its_custom_view(zoho: ZohoCaller) -> None:
    everything = zoho.get("/settings/custom_views", module="Deals").json()["info"]["default"]
    token = zoho.get("/Deals", fields="Stage", per_page=1, cvid=everything).json()["info"]["next_page_token"]
    assert zoho.get("/Deals", fields="Stage", per_page=1, page_token=token).json()["code"] == "TOKEN_BOUND_DATA_MISMATCH"
