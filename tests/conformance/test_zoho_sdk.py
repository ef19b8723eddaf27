"""The official Zoho SDK reads the simulated Zoho: every record arrives, and every value in the type that Zoho's own code expects.

What to add here: a call that the SDK makes. The SDK swallows what it cannot convert, so classes and row counts are asserted.
What belongs elsewhere: what the simulator answers otherwise (`tests/simulators`), the records (`world.py`).
"""

from __future__ import annotations

import csv
import io
import time
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from zohocrmsdk.src.com.zoho.api.authenticator import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
from zohocrmsdk.src.com.zoho.api.logger import Logger
from zohocrmsdk.src.com.zoho.crm.api import HeaderMap, Initializer, ParameterMap, SDKConfig
from zohocrmsdk.src.com.zoho.crm.api.bulk_read import ActionWrapper, BulkReadOperations, Criteria, FileBodyWrapper, Query
from zohocrmsdk.src.com.zoho.crm.api.bulk_read import BodyWrapper as BulkBody
from zohocrmsdk.src.com.zoho.crm.api.bulk_read import ResponseWrapper as BulkResponse
from zohocrmsdk.src.com.zoho.crm.api.coql import BodyWrapper as CoqlBody
from zohocrmsdk.src.com.zoho.crm.api.coql import CoqlOperations
from zohocrmsdk.src.com.zoho.crm.api.coql import ResponseWrapper as CoqlResponse
from zohocrmsdk.src.com.zoho.crm.api.currencies import CurrenciesOperations
from zohocrmsdk.src.com.zoho.crm.api.currencies import ResponseWrapper as CurrenciesResponse
from zohocrmsdk.src.com.zoho.crm.api.custom_views import CustomViewsOperations, GetCustomViewsParam
from zohocrmsdk.src.com.zoho.crm.api.custom_views import ResponseWrapper as ViewsResponse
from zohocrmsdk.src.com.zoho.crm.api.dc.data_center import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.fields import FieldsOperations, GetFieldsParam, MinifiedField
from zohocrmsdk.src.com.zoho.crm.api.fields import ResponseWrapper as FieldsResponse
from zohocrmsdk.src.com.zoho.crm.api.modules import MinifiedModule, ModulesOperations
from zohocrmsdk.src.com.zoho.crm.api.modules import ResponseWrapper as ModulesResponse
from zohocrmsdk.src.com.zoho.crm.api.org import OrgOperations
from zohocrmsdk.src.com.zoho.crm.api.org import ResponseWrapper as OrgResponse
from zohocrmsdk.src.com.zoho.crm.api.pipeline import PipelineOperations
from zohocrmsdk.src.com.zoho.crm.api.pipeline import ResponseWrapper as PipelineResponse
from zohocrmsdk.src.com.zoho.crm.api.record import (
    APIException,
    CountWrapper,
    DeletedRecordsWrapper,
    GetDeletedRecordsParam,
    GetRecordsHeader,
    GetRecordsParam,
    LineTax,
    Record,
    RecordCountParam,
    RecordOperations,
    RecurringActivity,
    RemindAt,
    ResponseWrapper,
    SearchRecordsParam,
    Tax,
)
from zohocrmsdk.src.com.zoho.crm.api.related_records import GetRelatedRecordsParam, RelatedRecordsOperations
from zohocrmsdk.src.com.zoho.crm.api.related_records import ResponseWrapper as RelatedResponse
from zohocrmsdk.src.com.zoho.crm.api.tags import Tag
from zohocrmsdk.src.com.zoho.crm.api.users import GetUsersParam, MinifiedUser, UsersOperations
from zohocrmsdk.src.com.zoho.crm.api.users import ResponseWrapper as UsersResponse
from zohocrmsdk.src.com.zoho.crm.api.util import Choice

from simulators.server import CREDENTIALS, RunningSimulators, serve
from tests.conformance import world

READABLE = [*world.MODULES, *world.SUBFORMS.values(), "DealHistory"]
SDK_OBJECTS = {
    MinifiedUser: ("id", "name", "email"),
    Tag: ("id", "name"),
    Tax: ("id", "value"),
    LineTax: ("id", "name", "percentage", "value"),
    RemindAt: ("alarm",),
    RecurringActivity: ("rrule",),
}
Told = Any  # None, or the name of a class with what an object of it holds


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSimulators]:
    """The organisation as it stands after its deletions, with the SDK signed in to it; limits as documented."""
    folder, known = tmp_path_factory.mktemp("conformance"), CREDENTIALS["zoho"]
    world.write(folder / "records")
    with serve(folder / "records", at=world.AT) as zoho:
        Initializer.initialize(
            environment=DataCenter.Environment(zoho.zoho_url, f"{zoho.zoho_url}/oauth/v2/token", zoho.zoho_url),
            token=OAuthToken(
                client_id=known["client_id"], client_secret=known["client_secret"], refresh_token=known["refresh_token"]
            ),
            store=FileStore(str(folder / "tokens.csv")),
            sdk_config=SDKConfig(auto_refresh_fields=False, pick_list_validation=False),
            resource_path=str(folder),
            logger=Logger.get_instance(level=Logger.Levels.ERROR, file_path=str(folder / "sdk.log")),
        )
        yield zoho


def told(value: Any) -> Told:
    """What an SDK value is and says: 1, 1.0, True and "1" all differ."""
    if value is None:
        return None
    if isinstance(value, list):
        return [told(one) for one in value]
    if isinstance(value, Choice):
        return "Choice", value.get_value()
    if isinstance(value, Record):
        return type(value).__name__, {name: told(inner) for name, inner in value.get_key_values().items()}
    if type(value) in SDK_OBJECTS:
        return type(value).__name__, *(told(getattr(value, f"get_{name}")()) for name in SDK_OBJECTS[type(value)])
    return type(value).__name__, value


def expected(kind: str, value: Any) -> Told:
    """What the SDK should make of a value of the folder."""
    if value is None:
        return None
    record = {"lookup": "Record", "product": "LineItemProduct"}
    plain = {"text": str, "money": float, "double": float, "int": int, "bool": bool}
    if kind in plain:
        return plain[kind].__name__, plain[kind](value)
    if kind in record:
        return record[kind], {name: ("int", int(inner)) if name == "id" else ("str", inner) for name, inner in value.items()}
    if kind in {"pricing", "participants"}:
        name = {"pricing": "PricingDetails", "participants": "Participants"}[kind]
        return [(name, {key: _inner(key, inner) for key, inner in row.items()}) for row in value]
    makes: dict[str, Any] = {
        "pick": lambda: ("Choice", value),
        "picks": lambda: [("Choice", one) for one in value],
        "date": lambda: ("date", date.fromisoformat(value)),
        "time": lambda: ("datetime", datetime.fromisoformat(value)),
        "owner": lambda: ("MinifiedUser", ("int", int(value["id"])), ("str", value["name"]), ("str", value["email"])),
        "tags": lambda: [("Tag", ("int", int(one["id"])), ("str", one["name"])) for one in value],
        "taxes": lambda: [("Tax", ("int", int(one["id"])), ("str", one["value"])) for one in value],
        "line_tax": lambda: [
            ("LineTax", ("int", int(one["id"])), ("str", one["name"]), ("float", one["percentage"]), ("float", one["value"]))
            for one in value
        ],
        "alarm": lambda: ("RemindAt", ("str", value["ALARM"])),
        "rrule": lambda: ("RecurringActivity", ("str", value["RRULE"])),
    }
    return makes[kind]()


def _inner(key: str, value: Any) -> Told:
    """A value inside a row of prices or participants."""
    return ("int", int(value)) if key == "id" else (type(value).__name__, value)


def typed(module: str, row: dict[str, Any]) -> dict[str, Told]:
    """A record of the folder as the SDK should show it."""
    kinds = world.kinds(module) | {"id": "int"}
    return {field: expected(kinds[field], value) for field, value in row.items()}


def params(**given: Any) -> ParameterMap:
    """Parameters of a list call."""
    made = ParameterMap()
    for name, value in given.items():
        made.add(getattr(GetRecordsParam, name), value)
    return made


def pages(module: str, **given: Any) -> list[list[Record]]:
    """Every page of a module, walked by page token as the SDK walks."""
    fields = ",".join(world.kinds(module))
    asked = {"fields": fields, "sort_by": "id", "sort_order": "asc", "per_page": 200, **given}
    found = []
    while True:
        response = RecordOperations(module).get_records(params(**asked), HeaderMap())
        answer = response.get_object()
        assert (response.get_status_code(), type(answer)) == (200, ResponseWrapper)
        found.append(answer.get_data())
        assert answer.get_info().get_count() == len(found[-1])
        if not answer.get_info().get_more_records():
            return found
        asked["page_token"] = answer.get_info().get_next_page_token()


def shown(records: list[Record]) -> list[dict[str, Told]]:
    """SDK records as what they are and say."""
    assert {type(record) for record in records} == {Record}
    return [{name: told(value) for name, value in record.get_key_values().items()} for record in records]


@pytest.mark.usefixtures("sdk")
@pytest.mark.parametrize("module", READABLE)
def test_every_record_of_every_module_arrives_with_typed_values(module: str) -> None:
    more = {"converted": "both"} if module == "Leads" else {}
    found = [record for page in pages(module, **more) for record in page]
    rows = world.history() if module == "DealHistory" else world.standing(module)
    assert shown(found) == [typed(module, row) for row in rows]


@pytest.mark.usefixtures("sdk")
def test_more_than_a_page_is_walked_by_token() -> None:
    assert [len(page) for page in pages("Deals")] == [200, 27]


@pytest.mark.usefixtures("sdk")
@pytest.mark.parametrize(("converted", "wanted"), [("false", slice(5)), ("true", slice(5, None)), ("both", slice(None))])
def test_converted_leads_come_when_asked_for(converted: str, wanted: slice) -> None:
    found = [str(record.get_id()) for page in pages("Leads", converted=converted) for record in page]
    assert found == [row["id"] for row in world.records("Leads")][wanted]


@pytest.mark.usefixtures("sdk")
def test_if_modified_since_leaves_the_older_ones_out() -> None:
    header = HeaderMap()
    header.add(GetRecordsHeader.if_modified_since, datetime.fromisoformat(world.stamp(1)))
    answer = RecordOperations("Accounts").get_records(params(fields="Account_Name", sort_by="id", sort_order="asc"), header)
    later = HeaderMap()
    later.add(GetRecordsHeader.if_modified_since, world.AT)
    nothing = RecordOperations("Accounts").get_records(params(fields="Account_Name"), later)
    changed = [int(row["id"]) for row in world.standing("Accounts") if row["Modified_Time"] >= world.stamp(1)]
    assert [record.get_id() for record in answer.get_object().get_data()] == changed
    assert (nothing.get_status_code(), nothing.get_object()) == (304, None)


@pytest.mark.usefixtures("sdk")
@pytest.mark.parametrize("module", world.SUBFORMS)
def test_a_single_record_brings_its_lines(module: str) -> None:
    subform = world.SUBFORMS[module]
    for row in world.standing(module):
        response = RecordOperations(module).get_record(int(row["id"]), ParameterMap(), HeaderMap())
        (record,) = response.get_object().get_data()
        lines = [typed(subform, line) for line in world.lines(module) if line["Parent_Id"]["id"] == row["id"]]
        values = record.get_key_values()
        assert shown(values.pop(subform)) == lines
        assert values.pop(f"$has_more_{subform}") is False
        assert {name: told(value) for name, value in values.items()} == typed(module, row)


@pytest.mark.usefixtures("sdk")
@pytest.mark.parametrize("module", world.GONE)
@pytest.mark.parametrize("kind", ["all", "recycle", "permanent"])
def test_deleted_records_are_listed_and_permanent_ones_say_little(module: str, kind: str) -> None:
    asked = ParameterMap()
    asked.add(GetDeletedRecordsParam.type, kind)
    answer = RecordOperations(module).get_deleted_records(asked, HeaderMap()).get_object()
    assert type(answer) is DeletedRecordsWrapper
    wanted = [
        (int(row["id"]), row["$deleted"], datetime.fromisoformat(row["$at"]), row["$deleted"] == "permanent")
        for row in reversed(world.deleted(module))
        if kind in {"all", row["$deleted"]}
    ]
    assert [
        (
            gone.get_id(),
            gone.get_type(),
            gone.get_deleted_time(),
            gone.get_deleted_by() is None and gone.get_display_name() is None,
        )
        for gone in answer.get_data()
    ] == wanted
    assert answer.get_info().get_count() == len(wanted)


@pytest.mark.usefixtures("sdk")
def test_counts_are_numbers_of_standing_records() -> None:
    criteria = ParameterMap()
    criteria.add(RecordCountParam.criteria, "(Stage:equals:Proposal)")
    answers = [RecordOperations("Deals").record_count(asked).get_object() for asked in (ParameterMap(), criteria)]
    assert {type(answer) for answer in answers} == {CountWrapper}
    deals = world.standing("Deals")
    assert [answer.get_count() for answer in answers] == [len(deals), sum(row["Stage"] == "Proposal" for row in deals)]


@pytest.mark.usefixtures("sdk")
def test_search_brings_whole_records() -> None:
    asked = ParameterMap()
    asked.add(SearchRecordsParam.criteria, "((Stage:equals:Closed Won)and(Probability:less_than:20))")
    answer = RecordOperations("Deals").search_records(asked, HeaderMap()).get_object()
    rows = [row for row in world.standing("Deals") if row["Stage"] == "Closed Won" and (row["Probability"] or 99) < 20]
    assert (type(answer), answer.get_info().get_count(), len(rows) > 2) == (ResponseWrapper, len(rows), True)
    assert shown(answer.get_data()) == [typed("Deals", row) for row in reversed(rows)]


@pytest.mark.usefixtures("sdk")
def test_every_module_has_a_view_of_all() -> None:
    asked = ParameterMap()
    asked.add(GetCustomViewsParam.module, "Deals")
    answer = CustomViewsOperations().get_custom_views(asked).get_object()
    (everything,) = answer.get_custom_views()
    found = RecordOperations("Deals").get_records(
        params(fields="Stage", cvid=str(everything.get_id()), per_page=200), HeaderMap()
    )
    assert (type(answer), everything.get_name(), found.get_object().get_info().get_count()) == (ViewsResponse, "All Deals", 200)


def coql(query: str) -> Any:
    """The answer to a COQL query."""
    body = CoqlBody()
    body.set_select_query(query)
    return CoqlOperations().get_records(body).get_object()


@pytest.mark.usefixtures("sdk")
def test_coql_brings_numbers_texts_and_bare_lookups() -> None:
    answer = coql(
        "select Deal_Name, Amount, Probability, Account_Name, Account_Name.Account_Name from Deals "
        "where (Stage = 'Proposal' and Amount > 1240) order by id asc limit 0, 50"
    )
    rows = [row for row in world.standing("Deals") if row["Stage"] == "Proposal" and (row["Amount"] or 0) > 1240]
    assert (type(answer), answer.get_info().get_count(), answer.get_info().get_more_records()) == (
        CoqlResponse,
        50,
        len(rows) > 50,
    )
    assert [
        (
            record.get_id(),
            told(record.get_key_value("Amount")),
            told(record.get_key_value("Probability")),
            record.get_key_value("Account_Name"),
        )
        for record in answer.get_data()
    ] == [
        (int(row["id"]), ("float", row["Amount"]), ("int", row["Probability"]), {"id": row["Account_Name"]["id"]})
        for row in rows[:50]
    ]


@pytest.mark.usefixtures("sdk")
def test_coql_walks_lines_by_id() -> None:
    answer = coql("select id from Ordered_Items where id > 0 order by id asc limit 2000")
    assert [record.get_id() for record in answer.get_data()] == [int(row["id"]) for row in world.lines("Sales_Orders")]
    last = answer.get_data()[-1].get_id()
    body = CoqlBody()
    body.set_select_query(f"select id from Ordered_Items where id > {last} order by id asc limit 2000")
    nothing = CoqlOperations().get_records(body)
    assert (nothing.get_status_code(), nothing.get_object()) == (204, None)


@pytest.mark.usefixtures("sdk")
def test_a_whole_bulk_cycle_brings_every_deal_of_a_stage() -> None:
    fields = ["Deal_Name", "Stage", "Amount", "Closing_Date", "Account_Name", "Owner", "Modified_Time"]
    module, condition, field, query, body = MinifiedModule(), Criteria(), MinifiedField(), Query(), BulkBody()
    module.set_api_name("Deals")
    field.set_api_name("Stage")
    condition.set_field(field)
    condition.set_comparator(Choice("equal"))
    condition.set_value("Closed Won")
    query.set_module(module)
    query.set_fields(fields)
    query.set_page(1)
    query.set_criteria(condition)
    body.set_query(query)
    body.set_file_type("csv")
    created = BulkReadOperations().create_bulk_read_job(body)
    (job,) = created.get_object().get_data()
    assert (created.get_status_code(), type(created.get_object()), job.get_details()["state"].get_value()) == (
        201,
        ActionWrapper,
        "ADDED",
    )
    number = int(job.get_details()["id"])
    status = finished(number)
    (state,) = status.get_data()
    rows = [row for row in world.standing("Deals") if row["Stage"] == "Closed Won"]
    result = state.get_result()
    assert (type(status), state.get_state().get_value(), state.get_operation(), state.get_file_type()) == (
        BulkResponse,
        "COMPLETED",
        "read",
        "csv",
    )
    assert (result.get_count(), result.get_page(), result.get_per_page(), result.get_more_records()) == (
        len(rows),
        1,
        200_000,
        False,
    )
    answer = BulkReadOperations().download_result(number).get_object()
    assert type(answer) is FileBodyWrapper
    with zipfile.ZipFile(io.BytesIO(answer.get_file().get_stream().content)) as archive:
        assert archive.namelist() == [f"{number}.csv"]
        lines = list(csv.DictReader(io.TextIOWrapper(archive.open(archive.namelist()[0]), "utf-8")))
    assert lines == [{"Id": row["id"]} | {name: _cell(row[name]) for name in fields} for row in rows]


def finished(job: int) -> Any:
    """What Zoho says of a bulk job once it is done."""
    while True:
        status = BulkReadOperations().get_bulk_read_job_details(job).get_object()
        if status.get_data()[0].get_state().get_value() not in {"ADDED", "QUEUED", "IN PROGRESS"}:
            return status
        time.sleep(0.05)


def _cell(value: Any) -> str:
    """A value as Bulk Read writes it: look-ups are bare ids."""
    if value is None:
        return ""
    return str(value["id"] if isinstance(value, dict) else value)


@pytest.mark.usefixtures("sdk")
def test_people_come_with_their_state() -> None:
    found = {}
    for kind in ("AllUsers", "ActiveUsers", "DeletedUsers"):
        asked = ParameterMap()
        asked.add(GetUsersParam.type, kind)
        answer = UsersOperations().get_users(asked, HeaderMap()).get_object()
        assert type(answer) is UsersResponse
        found[kind] = [(user.get_id(), user.get_full_name(), user.get_email(), user.get_status()) for user in answer.get_users()]
    people = [(int(user["id"]), user["full_name"], user["email"], user["status"]) for user in world.USERS]
    assert found == {"AllUsers": people, "ActiveUsers": people[:1], "DeletedUsers": people[1:]}


@pytest.mark.usefixtures("sdk")
def test_the_organisation_and_its_currencies() -> None:
    org, currencies = OrgOperations().get_organization().get_object(), CurrenciesOperations().get_currencies().get_object()
    assert (type(org), type(currencies)) == (OrgResponse, CurrenciesResponse)
    assert [(one.get_company_name(), one.get_time_zone(), one.get_mc_status()) for one in org.get_org()] == [
        ("Conformance", "Asia/Shanghai", True)
    ]
    assert [
        {"iso_code": one.get_iso_code(), "exchange_rate": one.get_exchange_rate(), "is_base": one.get_is_base()}
        for one in currencies.get_currencies()
    ] == world.CURRENCIES


@pytest.mark.usefixtures("sdk")
def test_modules_tell_their_kind() -> None:
    answer = ModulesOperations().get_modules(ParameterMap(), HeaderMap()).get_object()
    assert type(answer) is ModulesResponse
    kinds = {module.get_api_name(): module.get_generated_type().get_value() for module in answer.get_modules()}
    assert {name: kinds[name] for name in READABLE} == {
        **dict.fromkeys(world.MODULES, "default"),
        **dict.fromkeys(world.SUBFORMS.values(), "subform"),
        "DealHistory": "default",
        "Projects": "custom",
    }


@pytest.mark.usefixtures("sdk")
def test_stages_say_which_of_them_win() -> None:
    asked = ParameterMap()
    asked.add(GetFieldsParam.module, "Deals")
    answer = FieldsOperations().get_fields(asked).get_object()
    pipeline = PipelineOperations(4150868000000091023).get_pipelines().get_object()
    assert (type(answer), type(pipeline)) == (FieldsResponse, PipelineResponse)
    (stage,) = [field for field in answer.get_fields() if field.get_api_name() == "Stage"]
    assert [(value.get_actual_value(), value.get_forecast_type()) for value in stage.get_pick_list_values()] == [
        ("Qualification", "Open"),
        ("Proposal", "Open"),
        ("Closed Won", "Closed Won"),
        ("Closed Lost", "Closed Lost"),
    ]
    assert [one.get_display_value() for one in pipeline.get_pipeline()[0].get_maps()] == list(world.STAGES)


@pytest.mark.usefixtures("sdk")
def test_the_stages_a_deal_went_through_are_its_related_list() -> None:
    fields = "Potential_Name,Stage,Moved_To__s,Amount,Modified_Time"
    asked = ParameterMap()
    asked.add(GetRelatedRecordsParam.fields, fields)
    answer = (
        RelatedRecordsOperations("Stage_History", "Deals")
        .get_related_records(int(world.key("Deals", 1)), asked, HeaderMap())
        .get_object()
    )
    assert type(answer) is RelatedResponse
    rows = [typed("DealHistory", row) for row in world.history() if row["Potential_Name"]["id"] == world.key("Deals", 1)]
    wanted = [{name: row[name] for name in (*fields.split(","), "id")} for row in rows]
    assert sorted(shown(answer.get_data()), key=lambda row: row["id"]) == wanted


def test_a_module_that_may_not_be_seen_is_an_error_object(sdk: RunningSimulators) -> None:
    sdk.options(zoho={"no_permission": ["Cases"]})
    try:
        response = RecordOperations("Cases").get_records(params(fields="Subject"), HeaderMap())
    finally:
        sdk.reset()
    error = response.get_object()
    assert (response.get_status_code(), type(error), error.get_code().get_value()) == (403, APIException, "NO_PERMISSION")


def test_the_sdk_never_asked_for_more_than_one_token(sdk: RunningSimulators) -> None:
    for _ in range(3):
        RecordOperations("Accounts").record_count(ParameterMap())
    assert sdk.counts().get("zoho POST /oauth/v2/token", 0) <= 1
