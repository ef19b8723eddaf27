"""Zoho's accounts server, and what a token may do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from simulators.server import CREDENTIALS, RunningSimulators, serve
from tests.simulators.small_folder import AT, ZohoCaller

KNOWN = {"grant_type": "refresh_token", **CREDENTIALS["zoho"]}


def ask(url: str, how: str = "data", **change: str) -> tuple[int, dict[str, Any]]:
    answer = requests.post(f"{url}/oauth/v2/token", timeout=10, **{how: KNOWN | change})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("how", ["data", "params"])
def test_a_refresh_token_gives_an_access_token_by_form_or_query(sims: RunningSimulators, how: str) -> None:
    status, answer = ask(sims.zoho_url, how)
    token, scope = answer.pop("access_token"), answer.pop("scope")
    assert (status, token[:5], "ZohoCRM.modules.ALL" in scope, answer) == (
        200,
        "1000.",
        True,
        {"api_domain": sims.zoho_url, "token_type": "Bearer", "expires_in": 3600},
    )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"refresh_token": "1000.revoked"}, "invalid_code"),
        ({"client_id": "other"}, "invalid_client"),
        ({"client_secret": "other"}, "invalid_client_secret"),
    ],
)
def test_wrong_credentials_are_refused_with_status_200(sims: RunningSimulators, change: dict[str, str], error: str) -> None:
    assert ask(sims.zoho_url, **change) == (200, {"error": error})


def test_a_bearer_header_works_too(sims: RunningSimulators) -> None:
    token = ask(sims.zoho_url)[1]["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{sims.zoho_url}/crm/v8/org", headers=headers, timeout=10).status_code == 200


def test_a_missing_scope_is_said_with_401(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.options(zoho={"scopes": ["ZohoCRM.modules.deals.READ"]})
    answers = [
        zoho.get("/Deals", fields="id"),
        zoho.get("/Accounts", fields="id"),
        zoho.coql("select id from Deals where id is not null"),
    ]
    assert [(answer.status_code, answer.json().get("code")) for answer in answers] == [
        (200, None),
        (401, "OAUTH_SCOPE_MISMATCH"),
        (401, "OAUTH_SCOPE_MISMATCH"),
    ]


def test_ten_tokens_in_ten_minutes_and_no_more(folder: Path) -> None:
    with serve(folder, at=AT) as sims:
        statuses = [ask(sims.zoho_url)[0] for _ in range(10)]
        assert (statuses, ask(sims.zoho_url)) == (
            [200] * 10,
            (
                400,
                {
                    "error_description": "You have made too many requests continuously. Please try again after some time.",
                    "error": "Access Denied",
                    "status": "failure",
                },
            ),
        )


def test_one_live_token_too_many_kills_the_oldest(folder: Path) -> None:
    with serve(folder, at=AT, options={"zoho": {"tokens_per_ten_minutes": 99, "live_tokens": 2}}) as sims:
        callers = [ZohoCaller(sims.zoho_url) for _ in range(3)]
        assert [caller.get("/org").status_code for caller in callers] == [401, 200, 200]


def test_a_token_dies_of_age(sims: RunningSimulators) -> None:
    sims.options(zoho={"token_seconds": 0})
    answer = ZohoCaller(sims.zoho_url).get("/org")
    assert (answer.status_code, answer.json()) == (
        401,
        {"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"},
    )
