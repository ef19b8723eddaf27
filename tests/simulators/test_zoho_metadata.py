"""What the Zoho simulator says of the organisation, its people, modules and fields, and of a record's past."""

from __future__ import annotations

import requests

from simulators.server import RunningSimulators
from tests.simulators.small_folder import ZohoCaller, deal


def test_users_are_of_the_asked_type(zoho: ZohoCaller) -> None:
    types = ("AllUsers", "ActiveUsers", "DeletedUsers", "CurrentUser", "DeactiveUsers")
    answers = [zoho.get("/users", type=kind) for kind in types]
    assert [
        [user["full_name"] for user in answer.json()["users"]] if answer.status_code == requests.codes.ok else answer.status_code
        for answer in answers
    ] == [["Li Wei", "Gone"], ["Li Wei"], ["Gone"], ["Li Wei"], 204]
    assert answers[0].json()["info"] == {"per_page": 200, "count": 2, "page": 1, "more_records": False}


def test_the_organisation_has_its_zone_and_its_currencies(zoho: ZohoCaller) -> None:
    org = zoho.get("/org").json()["org"][0]
    currency = zoho.get("/org/currencies").json()["currencies"][0]
    assert (org["time_zone"], org["mc_status"], org["license_details"]["paid_type"]) == ("Asia/Shanghai", True, "enterprise")
    assert (currency["iso_code"], currency["exchange_rate"], currency["is_base"]) == ("CNY", "1", True)


def test_modules_say_what_they_are(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    sims.put("zoho", "Tenders", {"id": "1", "Name": "x", "Modified_Time": "2026-01-01T00:00:00+08:00"})
    modules = {module["api_name"]: module for module in zoho.get("/settings/modules").json()["modules"]}
    assert {
        name: (modules[name]["generated_type"], modules[name]["api_supported"])
        for name in ("Deals", "Ordered_Items", "Tenders", "Visits")
    } == {
        "Deals": ("default", True),
        "Ordered_Items": ("subform", True),
        "Tenders": ("custom", True),
        "Visits": ("default", False),
    }
    assert modules["Tenders"]["module_name"] != "Tenders"


def test_fields_have_types_and_some_modules_have_none(zoho: ZohoCaller) -> None:
    fields = {field["api_name"]: field for field in zoho.get("/settings/fields", module="Deals").json()["fields"]}
    names = ("id", "Owner", "Account_Name", "Stage", "Amount", "Closing_Date", "Modified_Time")
    assert {name: (fields[name]["data_type"], fields[name]["json_type"]) for name in names} == {
        "id": ("bigint", "string"),
        "Owner": ("ownerlookup", "jsonobject"),
        "Account_Name": ("lookup", "jsonobject"),
        "Stage": ("picklist", "string"),
        "Amount": ("currency", "double"),
        "Closing_Date": ("date", "string"),
        "Modified_Time": ("datetime", "string"),
    }
    assert [
        (value["actual_value"], value["deal_category"], value["probability"]) for value in fields["Stage"]["pick_list_values"]
    ] == [
        ("Qualification", "Open", 10),
        ("Closed Won", "Closed Won", 100),
    ]
    assert zoho.get("/settings/fields", module="Visits").status_code == 204
    assert zoho.get("/settings/fields").json()["code"] == "REQUIRED_PARAM_MISSING"


def test_stages_have_a_history_that_is_a_module_and_a_related_list(zoho: ZohoCaller) -> None:
    fields = "Stage,Moved_To__s,Stage_Duration_Calendar_Days,Modified_Time"
    ids = {row["id"]: row for row in zoho.get("/DealHistory", fields=f"{fields},Potential_Name").json()["data"]}
    rows = zoho.get(f"/Deals/{deal(2)['id']}/Stage_History", fields=fields).json()["data"]
    assert [{name: row[name] for name in fields.split(",")} for row in rows] == [
        {
            "Stage": "Qualification",
            "Moved_To__s": "Closed Won",
            "Stage_Duration_Calendar_Days": 30,
            "Modified_Time": "2025-12-31T16:02:00+00:00",
        },
        {
            "Stage": "Closed Won",
            "Moved_To__s": None,
            "Stage_Duration_Calendar_Days": None,
            "Modified_Time": "2026-01-31T16:00:00+00:00",
        },
    ]
    assert all(ids[row["id"]]["Potential_Name"]["id"] == deal(2)["id"] for row in rows)


def test_a_timeline_tells_each_change(zoho: ZohoCaller) -> None:
    events = zoho.get(f"/Deals/{deal(2)['id']}/__timeline").json()["__timeline"]
    assert [(event["audited_time"], event["action"], event["field_history"]) for event in events] == [
        (
            "2026-01-31T16:00:00+00:00",
            "updated",
            [
                {"api_name": "Stage", "data_type": "text", "_value": {"old": "Qualification", "new": "Closed Won"}},
                {"api_name": "Probability", "data_type": "text", "_value": {"old": "10", "new": "100"}},
            ],
        ),
        ("2025-12-31T16:02:00+00:00", "added", []),
    ]


def test_the_pipeline_needs_its_layout(zoho: ZohoCaller) -> None:
    layout = zoho.get("/settings/layouts", module="Deals").json()["layouts"][0]["id"]
    stages = zoho.get("/settings/pipeline", layout_id=layout).json()["pipeline"][0]["maps"]
    assert ([stage["display_value"] for stage in stages], zoho.get("/settings/pipeline").json()["code"]) == (
        ["Qualification", "Closed Won"],
        "REQUIRED_PARAM_MISSING",
    )


def test_fields_change_when_the_schema_does(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    change = {"crm": "zoho", "name": "Deals", "drop": ["Probability"], "rename": {"Amount": "Value"}, "add": {"New__c": "x"}}
    sims.fault(kind="schema", path="/Accounts", change=change)
    before = zoho.get("/Deals", fields="Amount,Probability", per_page=1).json()["data"]
    zoho.get("/Accounts", fields="id")
    after = zoho.get("/Deals", fields="Amount,Probability,Value,New__c", per_page=1).json()["data"]
    assert (before, after) == (
        [{"Amount": 1005.5, "Probability": 10, "id": deal(5)["id"]}],
        [{"Value": 1005.5, "New__c": "x", "id": deal(5)["id"]}],
    )
    fields = {field["api_name"] for field in zoho.get("/settings/fields", module="Deals").json()["fields"]}
    assert fields & {"Amount", "Probability", "Value", "New__c"} == {"Value", "New__c"}
