"""`doctor` on both CRMs: each thing an administrator can have wrong is found, named, and has its cure.

What to add here: another thing that can be wrong, as a switch of the simulators.
What belongs elsewhere: how findings are printed (`tests/pipelines`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors import fxiaoke, zoho
from connectors.catalogue import CrmObject, Field
from connectors.client import Finding, Manners
from connectors.zoho.doctor import SCOPES
from simulators.server import CREDENTIALS, RunningSimulators, serve
from tests.connectors.test_nights import DAY_ONE, deal, order, to_fxiaoke, to_zoho, write
from tests.waiting import NoWaiting

EVERY_SCOPE = (
    "ZohoCRM.modules.ALL", "ZohoCRM.settings.ALL", "ZohoCRM.users.ALL", "ZohoCRM.org.ALL", "ZohoCRM.bulk.ALL",
    "ZohoCRM.coql.READ", "ZohoSearch.securesearch.READ",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulators]:
    folder = tmp_path_factory.mktemp("records")
    write(folder, "zoho", "Deals", [deal(1, DAY_ONE)])
    write(folder, "zoho", "Users", [{"id": "7", "full_name": "王", "status": "active"}])
    write(folder, "fxiaoke", "SalesOrderObj", [order(1, DAY_ONE) | {"order_time": 1_767_196_800_000}])
    write(folder, "fxiaoke", "_staff", [{"openUserId": "FSUID_7", "name": "王", "mainDepartmentId": 1000}])
    write(folder, "fxiaoke", "_departments", [{"id": 1000, "name": "一部", "parentId": 0}])
    with serve(folder, at=DAY_ONE, options={"limits": "off"}) as simulators:
        yield simulators


@pytest.fixture
def crms(served: RunningSimulators) -> RunningSimulators:
    """Simulators with nothing wrong."""
    served.reset()
    return served


def wrong(findings: list[Finding]) -> dict[str, str]:
    """What is not good: by subject, what is said and what to do."""
    return {one.subject: f"{one.says} -> {one.cure}" for one in findings if not one.is_good}


def test_a_healthy_zoho_has_a_finding_for_everything_that_was_asked(crms: RunningSimulators) -> None:
    found = to_zoho(crms).check()
    assert wrong(found) == {}
    assert {one.subject for one in found} == {
        "zoho login", "zoho data centre", "zoho clock", "zoho time zone", "zoho credits", "zoho calls today",
        *(f"zoho scope {scope}" for scope in SCOPES),
        *(f"zoho {obj.name}" for obj in zoho.OBJECTS if obj.name not in ("fields", "stages", "currencies")),
    }


def test_a_healthy_fxiaoke_has_a_finding_for_everything_that_was_asked(crms: RunningSimulators) -> None:
    found = to_fxiaoke(crms).check()
    assert wrong(found) == {}
    assert {one.subject for one in found} == {
        "fxiaoke login", "fxiaoke objects of its own", "fxiaoke clock", "fxiaoke time zone", "fxiaoke rate",
        "fxiaoke calls today",
        *(f"fxiaoke {obj.name}" for obj in fxiaoke.OBJECTS),
    }


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_scope_that_is_missing_is_named_with_what_it_costs(crms: RunningSimulators, scope: str) -> None:
    area = scope.split(".")[1]
    left = [one for one in EVERY_SCOPE if one.split(".")[1] != area]
    crms.options(zoho={"scopes": [*left, "ZohoCRM.settings.layouts.READ"]})
    found = wrong(to_zoho(crms).check())
    assert found[f"zoho scope {scope}"] == f"not granted: {SCOPES[scope]} -> grant {scope}"
    same = {f"zoho scope {one}" for one in SCOPES if one.split(".")[1] == area}
    assert {subject for subject in found if "scope" in subject} == same


def test_rights_are_told_object_by_object_and_one_that_is_not_there_is_no_fault(crms: RunningSimulators) -> None:
    crms.options(
        zoho={"no_permission": ["Cases"], "lacks": ["Campaigns"]},
        fxiaoke={"forbidden": ["CasesObj"], "lacks": ["OpportunityObj"]},
    )
    ours, theirs = to_zoho(crms).check(), to_fxiaoke(crms).check()
    assert wrong(ours) == {
        "zoho cases": 'HTTP 403 NO_PERMISSION {"permissions":["Crm_Implied_View_Cases"]} -> '
        "give the profile of the API user the right to view this module"
    }
    (says,) = [text for subject, text in wrong(theirs).items() if subject == "fxiaoke cases"]
    assert says.startswith("errorCode 20014 ")
    assert says.endswith("give it CRM administrator rights")
    told = {one.subject: one.says for one in (*ours, *theirs)}
    assert told["zoho campaigns"].startswith("the organisation has no Campaigns, or")
    assert told["fxiaoke legacy_opportunities"] == "the tenant has no OpportunityObj; the rest is read"


@pytest.mark.parametrize(
    ("to", "secret", "cure"),
    [
        (to_zoho, "client_secret", "client_secret is wrong: copy it anew"),
        (to_zoho, "client_id", "no such client here: client_id is wrong, or accounts_url is another data centre's"),
        (to_zoho, "refresh_token", "the refresh token is revoked or wrong, or accounts_url is another data centre's"),
        (to_fxiaoke, "app_secret", "app_id or app_secret is wrong"),
        (to_fxiaoke, "permanent_code", "permanent_code is wrong"),
    ],
)
def test_a_wrong_secret_is_told_apart_and_nothing_else_is_asked(
    crms: RunningSimulators, monkeypatch: pytest.MonkeyPatch, to: Callable[..., Any], secret: str, cure: str
) -> None:
    crm = "zoho" if to is to_zoho else "fxiaoke"
    monkeypatch.setitem(CREDENTIALS[crm], secret, "wrong")  # what we send; the simulators have their own, in their own process
    (finding,) = to(crms).check()
    assert (finding.subject, finding.is_good, finding.cure.startswith(cure)) == (f"{crm} login", False, True)


def test_another_data_centre_than_the_logins_is_named(crms: RunningSimulators) -> None:
    crms.options(zoho={"api_domain": "https://www.zohoapis.eu"})
    host = crms.zoho_url.removeprefix("http://")
    assert wrong(to_zoho(crms).check())["zoho data centre"] == (
        f"the login belongs to zohoapis.eu, the settings say {host} -> set QUARTERDECK_ZOHO_API_URL=https://www.zohoapis.eu, "
        "and QUARTERDECK_ZOHO_ACCOUNTS_URL to the same data centre's"
    )


@pytest.mark.parametrize(("minutes", "whose"), [(10, "ahead of"), (-10, "behind")])
def test_a_clock_that_is_ten_minutes_off_is_found(crms: RunningSimulators, minutes: int, whose: str) -> None:
    def off() -> float:
        return time.time() + minutes * 60

    ours = zoho.ZohoConnection(to_zoho(crms).settings, **NoWaiting().passed, now=off)
    theirs = fxiaoke.FxiaokeConnection(to_fxiaoke(crms).settings, **NoWaiting().passed, now=off)
    cure = "let this machine keep time by NTP: which changes a night reads is cut by its clock"
    assert wrong(ours.check()) == {"zoho clock": f"our clock is 10 minutes {whose} the CRM's -> {cure}"}
    assert wrong(theirs.check()) == {"fxiaoke clock": f"our clock is 10 minutes {whose} the CRM's -> {cure}"}


def test_another_time_zone_moves_dates_and_is_found(crms: RunningSimulators) -> None:
    assert wrong(to_zoho(crms, time_zone="Europe/Berlin").check()) == {
        "zoho time zone": "the organisation keeps Asia/Shanghai, the settings say Europe/Berlin -> "
        "set time_zone to the organisation's, or dates move"
    }
    assert wrong(to_fxiaoke(crms, time_zone="Europe/Berlin").check()) == {
        "fxiaoke time zone": "dates are midnights of GMT+8, the settings say Europe/Berlin -> "
        "set time_zone of company.yaml to the tenant's, or dates move by a day"
    }


def test_what_is_left_of_todays_budget_and_of_the_credits_is_said(crms: RunningSimulators, tmp_path: Path) -> None:
    crms.options(limits="documented", zoho={"credits": 45})
    source = to_zoho(crms, manners=Manners(calls_per_day=100, logins=None), state_folder=tmp_path)
    told = {one.subject: one.says for one in source.check()}
    used = source.client.budget.used
    assert told["zoho calls today"] == f"{used} of our own budget of 100 made, {100 - used} left"
    assert told["zoho credits left"].startswith("Zoho says ")
    spent = wrong(to_fxiaoke(crms, manners=Manners(calls_per_day=3, logins=None), state_folder=tmp_path).check())
    assert spent["fxiaoke calls today"].startswith("3 of our own budget of 3 made, 0 left -> what is not read tonight is read")


def test_a_misspelt_field_and_an_object_that_is_not_there_are_named(crms: RunningSimulators) -> None:
    mood = Field("mood", "Mood__c")
    fields = {"opportunities": (mood,), "orders": (mood,)}
    ours = to_zoho(crms, custom_fields=fields, custom_objects=(zoho.custom_object("projects", "Projects", ()),))
    theirs = to_fxiaoke(crms, custom_fields=fields, custom_objects=(fxiaoke.custom_object("projects", "project__c", ()),))
    found = wrong([*ours.check(), *theirs.check()])
    assert {subject: says.split(" -> ")[0] for subject, says in found.items()} == {
        "zoho opportunities fields": "Deals has no Mood__c",
        "zoho orders fields": "Sales_Orders has no Mood__c",
        "zoho projects": "the organisation has no Projects, or the API user's profile does not show it; the rest is read",
        "fxiaoke orders fields": "SalesOrderObj has no Mood__c",
        "fxiaoke opportunities fields": "NewOpportunityObj has no Mood__c",
        "fxiaoke projects": "the tenant has no project__c; the rest is read",
    }



def test_objects_that_only_this_tenant_has_are_named_until_they_are_read(tmp_path: Path) -> None:
    for name in ("project__c", "visit_plan__c"):
        write(tmp_path, "fxiaoke", name, [order(1, DAY_ONE)])
    ours = CrmObject(name="projects", api_name="project__c", key="_id", cursor="last_modified_time", is_custom=True)
    with serve(tmp_path, at=DAY_ONE, options={"limits": "off"}) as crms:
        told = {one.subject: one.says for one in to_fxiaoke(crms, custom_objects=(ours,)).check()}
    says = "not read, since custom_objects of company.yaml does not name them: visit_plan__c"
    assert told["fxiaoke objects of its own"] == says


@pytest.mark.parametrize(
    ("edition", "says"),
    [
        ("free", "{}, free with {} users: 5,000 in 24 hours, for all programs, and 5 calls at a time: we make up to 8"),
        ("ultimate", "{}, ultimate with {} users: {:,} in 24 hours, for all programs"),
    ],
)
def test_what_an_edition_allows_is_told_and_held_against_the_settings(
    crms: RunningSimulators, edition: str, says: str
) -> None:
    crms.options(zoho={"edition": edition, "licences": 3})
    (found,) = [one for one in to_zoho(crms).check() if one.subject == "zoho credits"]
    name = found.says.partition(",")[0]
    assert (found.says, found.is_good) == (says.format(name, 3, 56_000), edition != "free")
