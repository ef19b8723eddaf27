"""Get Records, one record, deletions and counts of the Zoho simulator, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from simulators.server import RunningSimulators
from tests.simulators.small_folder import LI, ZohoCaller, deal

NOT_FOUND_TOKEN = "0" * 128


def error(code: str, message: str, **details: Any) -> dict[str, Any]:
    return {"code": code, "details": details, "message": message, "status": "error"}


def test_a_page_has_the_asked_fields_and_says_how_to_go_on(zoho: ZohoCaller) -> None:
    answer = zoho.get("/Deals", fields="Deal_Name,Owner,Next_Step,Nonsense", per_page=2).json()
    token = answer["info"].pop("next_page_token")
    assert (len(token), answer) == (
        128,
        {
            "data": [
                {"Deal_Name": "Deal 5", "Owner": LI, "Next_Step": None, "id": deal(5)["id"]},
                {"Deal_Name": "Deal 2", "Owner": LI, "Next_Step": None, "id": deal(2)["id"]},
            ],
            "info": {
                "call": False,
                "per_page": 2,
                "count": 2,
                "sort_by": "id",
                "page": 1,
                "previous_page_token": None,
                "page_token_expiry": "2026-03-02T00:00:00+00:00",
                "sort_order": "desc",
                "email": False,
                "more_records": True,
            },
        },
    )
    last = zoho.get("/Deals", fields="Deal_Name,Owner,Next_Step,Nonsense", per_page=2, page_token=token).json()
    before = last["info"].pop("previous_page_token")
    assert zoho.ids("/Deals", fields="Deal_Name,Owner,Next_Step,Nonsense", per_page=2, page_token=before) == ["05", "02"]
    assert last == {
        "data": [{"Deal_Name": "Deal 1", "Owner": LI, "Next_Step": None, "id": deal(1)["id"]}],
        "info": {
            "call": False,
            "per_page": 2,
            "next_page_token": None,
            "count": 1,
            "sort_by": "id",
            "page": 1,
            "page_token_expiry": None,
            "sort_order": "desc",
            "email": False,
            "more_records": False,
        },
    }


def test_replies_carry_the_headers_of_the_real_ones(zoho: ZohoCaller) -> None:
    headers = zoho.get("/Deals", fields="id").headers
    names = ("content-type", "content-disposition", "server", "x-accesstoken-reset")
    assert [headers[name] for name in names[:3]] == [
        "application/json;charset=UTF-8",
        "attachment; filename=response.json",
        "ZGS",
    ]
    assert headers[names[3]].startswith("2026-03-01T00:59")
    assert "x-api-credits-remaining" not in headers


@pytest.mark.parametrize(
    ("params", "status", "body"),
    [
        ({}, 400, error("REQUIRED_PARAM_MISSING", "One of the expected parameter is missing", param_name="fields")),
        (
            {"fields": ",".join(f"f{n}" for n in range(51))},
            400,
            error("LIMIT_EXCEEDED", "the limit is exceeded", limit=50, param_name="fields"),
        ),
        ({"fields": "id", "per_page": 201}, 400, error("INVALID_DATA", "invalid data", param_name="per_page", limit=200)),
        (
            {"fields": "id", "page": 11},
            400,
            error(
                "DISCRETE_PAGINATION_LIMIT_EXCEEDED",
                "Cannot fetch more than 2000 records by page. Please use page_token",
                limit=2000,
            ),
        ),
        (
            {"fields": "id", "sort_by": "Amount"},
            400,
            error("INVALID_DATA", "invalid data", param_name="sort_by", supported_values=["id", "Created_Time", "Modified_Time"]),
        ),
        ({"fields": "id", "page_token": NOT_FOUND_TOKEN}, 400, error("INVALID_DATA", "invalid data", param_name="page_token")),
        (
            {"fields": "id", "page": 1, "page_token": NOT_FOUND_TOKEN},
            400,
            error(
                "AMBIGUITY_DURING_PROCESSING",
                "Ambiguity while processing the request",
                ambiguity_due_to=[{"param_name": "page"}, {"param_name": "page_token"}],
            ),
        ),
    ],
)
def test_a_wrong_parameter_is_refused(zoho: ZohoCaller, params: dict[str, Any], status: int, body: dict[str, Any]) -> None:
    answer = zoho.get("/Deals", **params)
    assert (answer.status_code, answer.json()) == (status, body)


def test_there_is_no_criteria_filter(zoho: ZohoCaller) -> None:
    assert zoho.ids("/Deals", fields="id", criteria="(Stage:equals:Closed Won)") == ["05", "02", "01"]


def test_an_unknown_module_is_invalid_and_one_without_records_empty(zoho: ZohoCaller) -> None:
    wrong, empty = zoho.get("/Nonsense", fields="id"), zoho.get("/Products", fields="id")
    assert (wrong.status_code, wrong.json()["code"], empty.status_code, empty.content) == (400, "INVALID_MODULE", 204, b"")


def test_order_is_by_id_falling_unless_told(zoho: ZohoCaller) -> None:
    assert [
        zoho.ids("/Deals", fields="id"),
        zoho.ids("/Deals", fields="id", sort_by="Modified_Time", sort_order="asc"),
        zoho.ids("/Deals", fields="id", sort_by="Created_Time", sort_order="desc"),
    ] == [["05", "02", "01"], ["01", "05", "02"], ["05", "02", "01"]]


def test_if_modified_since_lists_what_changed_in_that_second_or_later(zoho: ZohoCaller) -> None:
    since = "2026-01-31T16:00:00+00:00"
    assert [row["id"] for row in zoho.get("/Deals", since, fields="id").json()["data"]] == [deal(2)["id"]]
    none = zoho.get("/Deals", "2026-02-01T00:00:01+08:00", fields="id")
    empty = zoho.get("/Products", "2026-02-01T00:00:01+08:00", fields="id")
    assert (none.status_code, none.content, empty.status_code) == (304, b"", 204)


def test_if_modified_since_can_exclude_and_say_204(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.options(zoho={"if_modified_since_inclusive": False, "nothing_modified": 204})
    assert zoho.get("/Deals", "2026-02-01T00:00:00+08:00", fields="id").status_code == 204


def test_converted_leads_are_listed_only_when_asked_for(zoho: ZohoCaller) -> None:
    assert {how: zoho.ids("/Leads", fields="id", converted=how) for how in ("false", "true", "both")} == {
        "false": ["01"],
        "true": ["02"],
        "both": ["02", "01"],
    }
    assert zoho.ids("/Leads", fields="id") == ["01"]


@pytest.mark.parametrize("change", [{"fields": "id,Stage"}, {"per_page": 2}, {"sort_order": "asc"}, {"converted": "both"}])
def test_a_page_token_is_bound_to_the_other_parameters(zoho: ZohoCaller, change: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"fields": "id", "per_page": 1}
    token = zoho.get("/Deals", **asked).json()["info"]["next_page_token"]
    answer = zoho.get("/Deals", **(asked | change), page_token=token)
    assert (answer.status_code, answer.json()["code"]) == (400, "TOKEN_BOUND_DATA_MISMATCH")


def test_a_page_token_is_bound_to_if_modified_since_unless_it_remembers(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    since = "2026-01-01T00:00:00+08:00"
    token = zoho.get("/Deals", since, fields="id", per_page=1).json()["info"]["next_page_token"]
    bound = zoho.get("/Deals", fields="id", per_page=1, page_token=token).status_code
    sims.options(zoho={"page_binds_if_modified_since": "remembered"})
    assert (bound, zoho.ids("/Deals", fields="id", per_page=1, page_token=token)) == (400, ["02"])


def test_a_page_token_reaches_so_many_records_and_lives_so_long(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.options(zoho={"page_token_records": 2})
    first = zoho.get("/Deals", fields="id", per_page=1).json()["info"]["next_page_token"]
    second = zoho.get("/Deals", fields="id", per_page=1, page_token=first).json()["info"]["next_page_token"]
    beyond = zoho.get("/Deals", fields="id", per_page=1, page_token=second).json()["code"]
    sims.options(zoho={"page_token_seconds": 0})
    token = zoho.get("/Deals", fields="id", per_page=1).json()["info"]["next_page_token"]
    late = zoho.get("/Deals", fields="id", per_page=1, page_token=token).json()
    assert (beyond, late) == (
        "PAGINATION_LIMIT_EXCEEDED",
        error(
            "EXPIRED_VALUE",
            "Page token expired",
            api_name="page_token",
            json_path="$.query.page_token",
        ),
    )


@pytest.mark.parametrize("walk", ["offset", "keyset", "snapshot"])
def test_a_record_edited_during_a_walk_moves_as_the_switch_says(
    sims: RunningSimulators,
    zoho: ZohoCaller,
    walk: str,
) -> None:
    sims.options(zoho={"page_walk": walk})
    sims.move_to(datetime(2026, 1, 15, tzinfo=UTC))
    asked = {"fields": "id", "per_page": 3, "sort_by": "Created_Time", "sort_order": "desc"}
    token = zoho.get("/Deals", **asked).json()["info"]["next_page_token"]
    sims.move_to(datetime(2026, 3, 1, tzinfo=UTC))
    seen = zoho.ids("/Deals", **asked, page_token=token)
    expected = {"offset": [], "keyset": ["02", "01"], "snapshot": ["02", "01"]}
    assert seen == expected[walk]


def test_v2_returns_every_field_and_no_tokens(zoho: ZohoCaller) -> None:
    answer = zoho.http.get(f"{zoho.url}/crm/v2/Deals", params={"per_page": 1}, timeout=10).json()
    assert answer == {
        "data": [deal(5)],
        "info": {"call": False, "per_page": 1, "count": 1, "page": 1, "email": False, "more_records": True},
    }


def test_one_record_has_every_field_and_its_subform(zoho: ZohoCaller) -> None:
    answer = zoho.get("/Sales_Orders/4000000000000000601").json()
    line = {
        "id": "4000000000000000602",
        "Parent_Id": {"name": "Order", "id": "4000000000000000601"},
        "Quantity": 2,
        "Modified_Time": "2026-01-01T00:00:00+08:00",
    }
    assert answer == {
        "data": [
            {
                "id": "4000000000000000601",
                "Subject": "Order",
                "Modified_Time": "2026-01-01T00:00:00+08:00",
                "Ordered_Items": [line],
                "$has_more_Ordered_Items": False,
            }
        ]
    }
    assert zoho.get("/Ordered_Items", fields="Quantity,Parent_Id").json()["data"] == [
        {"Quantity": 2, "Parent_Id": line["Parent_Id"], "id": line["id"]},
    ]
    assert zoho.get("/Sales_Orders", fields="Subject,Ordered_Items").json()["data"] == [
        {"Subject": "Order", "id": "4000000000000000601"}
    ]


def test_deletions_are_listed_and_permanent_ones_say_nothing_of_people(zoho: ZohoCaller) -> None:
    li = {"name": LI["name"], "id": LI["id"]}
    recycled = {
        "deleted_by": li,
        "id": deal(3)["id"],
        "display_name": "Deal 3",
        "type": "recycle",
        "created_by": li,
        "deleted_time": "2026-02-01T16:00:00+00:00",
    }
    permanent = {
        "deleted_by": None,
        "id": deal(4)["id"],
        "display_name": None,
        "type": "permanent",
        "created_by": None,
        "deleted_time": "2026-02-02T16:00:00+00:00",
    }
    info = {"per_page": 200, "count": 2, "page": 1, "more_records": False}
    assert zoho.get("/Deals/deleted", type="all").json() == {"data": [permanent, recycled], "info": info}
    assert zoho.get("/Deals/deleted", type="recycle").json()["data"] == [recycled]
    assert zoho.get("/Deals/deleted", "2026-02-02T16:00:00+00:00", type="all").json()["data"] == [permanent]
    assert zoho.get("/Accounts/deleted").status_code == 204


def test_the_recycle_bin_forgets_after_60_days(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.move_to(datetime(2026, 4, 20, tzinfo=UTC))
    assert zoho.ids("/Deals/deleted") == ["04"]


def test_counts_are_of_all_or_of_one_condition(zoho: ZohoCaller) -> None:
    criteria = "((Stage:equals:Closed Won)and(Amount:greater_than:1002))"
    ambiguous = zoho.get("/Deals/actions/count", criteria=criteria, word="x")
    assert [
        zoho.get("/Deals/actions/count").json(),
        zoho.get("/Deals/actions/count", criteria=criteria).json(),
        zoho.get("/Leads/actions/count").json(),
        ambiguous.status_code,
        ambiguous.json()["code"],
    ] == [{"count": 3}, {"count": 1}, {"count": 1}, 400, "AMBIGUITY_DURING_PROCESSING"]


def test_times_are_written_in_the_zone_of_the_api_user(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.options(zoho={"user_time_zone": "America/New_York"})
    assert zoho.get("/Deals", fields="Modified_Time", per_page=1).json()["data"] == [
        {"Modified_Time": "2025-12-31T11:05:00-05:00", "id": deal(5)["id"]},
    ]


def test_rich_text_is_cut_in_lists_and_whole_in_full_data(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.put("zoho", "Notes", {"id": "1", "Note_Content": "x" * 600, "Modified_Time": "2026-01-01T00:00:00+08:00"})
    sims.options(zoho={"rich_text_fields": ["Note_Content"]})
    cut = zoho.get("/Notes", fields="Note_Content").json()["data"]
    whole = zoho.get("/Notes/actions/fetch_full_data", ids="1", fields="Note_Content").json()["data"]
    assert (cut, whole) == ([{"Note_Content": "x" * 500, "id": "1"}], [{"Note_Content": "x" * 600, "id": "1"}])


def test_a_forbidden_module_does_not_stop_the_others(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.options(zoho={"no_permission": ["Deals"], "is_admin": False})
    denied, notes = zoho.get("/Deals", fields="id"), zoho.get("/Notes", fields="id")
    assert (denied.status_code, denied.json()) == (
        403,
        error("NO_PERMISSION", "permission denied", permissions=["Crm_Implied_View_Deals"]),
    )
    assert (notes.status_code, notes.json()["code"], zoho.ids("/Accounts", fields="id")) == (403, "NOT_SUPPORTED", ["01"])


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        (None, 401, "AUTHENTICATION_FAILURE"),
        ("Zoho-oauthtoken 1000.dead", 401, "INVALID_TOKEN"),
        ("Basic x", 401, "AUTHENTICATION_FAILURE"),
    ],
)
def test_a_call_without_a_live_token_is_refused(sims: RunningSimulators, header: str | None, status: int, code: str) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = requests.get(f"{sims.zoho_url}/crm/v8/Deals", params={"fields": "id"}, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_wrong_paths_and_methods_have_their_own_errors(zoho: ZohoCaller) -> None:
    wrong = [zoho.get("/a/b/c/d/e"), zoho.http.put(f"{zoho.url}/crm/v8/Deals", timeout=10)]
    assert [(answer.status_code, answer.json()["code"]) for answer in wrong] == [
        (404, "INVALID_URL_PATTERN"),
        (400, "INVALID_REQUEST_METHOD"),
    ]
