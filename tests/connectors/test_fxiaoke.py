"""Fxiaoke's ways of answering, and what we make of each.

What to add here: a way in which Fxiaoke answers.
What belongs elsewhere: whole nights against the simulator (`test_nights.py`), what lands (`test_lake.py`).
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
import responses

from connectors.catalogue import CrmObject, Field, FieldType
from connectors.client import Manners, Window
from connectors.faults import Absent, ContractBroken, Deferred, Fault, Refused, RetryLater, TokenRefused
from connectors.fxiaoke import OBJECTS, FxiaokeConnection, FxiaokeSettings, Style
from connectors.lake import Lake, extract
from tests.connectors.scripted_crm import NOW, Time, every_byte, utc

API = "https://open.fxiaoke.test"
QUERY, CUSTOM_QUERY = "cgi/crm/v2/data/query", "cgi/crm/custom/v2/data/query"
LEGACY_LOGIN, CURRENT_LOGIN = f"{API}/cgi/corpAccessToken/get/V2", f"{API}/oauth2.0/token"
SECRETS = ("the-app-secret", "THEPERMANENTCODE", "corp-token-1")
ORDERS = next(obj for obj in OBJECTS if obj.name == "orders")
PAYMENTS = next(obj for obj in OBJECTS if obj.name == "payments")
START = datetime(2026, 3, 1, tzinfo=UTC)
WINDOW = Window(START, NOW)
INSIDE = int(START.timestamp() * 1000) + 5


def connection(clock: Time, **settings: Any) -> FxiaokeConnection:
    defaults: dict[str, Any] = {
        "app_id": "FSAID_1",
        "app_secret": SECRETS[0],
        "permanent_code": SECRETS[1],
        "open_user_id": "FSUID_ADMIN",
        "base_url": API,
        "every_field": False,
    }
    return FxiaokeConnection(FxiaokeSettings(**{**defaults, **settings}), **clock.injected)


@pytest.fixture
def fxiaoke(http: responses.RequestsMock) -> responses.RequestsMock:
    """A Fxiaoke that lets us in, in both styles."""
    http.post(
        LEGACY_LOGIN,
        json={"errorCode": 0, "errorMessage": "success", "corpAccessToken": SECRETS[2], "corpId": "FSCID_1", "expiresIn": 7200},
    )
    http.post(
        CURRENT_LOGIN,
        json={"errorCode": 0, "accessToken": "bearer-1", "expiresIn": 7084, "ea": "demo2026", "openUserId": "FSCID_1"},
    )
    return http


def rows(*records: dict[str, Any], total: int = 0) -> dict[str, Any]:
    return {
        "errorCode": 0,
        "errorMessage": "OK",
        "traceId": "E-O.1",
        "data": {"total": total, "offset": 0, "limit": 100, "dataList": list(records)},
    }


def row(number: int, moment: int = INSIDE, **more: Any) -> dict[str, Any]:
    return {"_id": f"{number:024x}", "last_modified_time": moment, **more}


def ids(source: FxiaokeConnection, obj: CrmObject = ORDERS, window: Window = WINDOW) -> list[list[int]]:
    return [[int(record["_id"], 16) for record in page.records] for page in source.pull(obj, window)]


def bodies(http: responses.RequestsMock, path: str = QUERY) -> list[dict[str, Any]]:
    return [json.loads(call.request.body) for call in http.calls if call.request.url.split("?")[0] == f"{API}/{path}"]


def filters(body: dict[str, Any]) -> list[tuple[str, str, object]]:
    found = body["data"]["search_query_info"]["filters"]
    return [(one["field_name"], one["operator"], *one["field_values"]) for one in found]


def test_a_window_is_walked_by_id_until_nothing_is_left(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json=rows(*(row(number) for number in range(1, 101))))
    fxiaoke.post(f"{API}/{QUERY}", json=rows(row(101), row(102)))
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    fxiaoke.post(f"{API}/{QUERY}", json=rows(*(row(number) for number in range(1, 101)), total=102))
    fxiaoke.post(f"{API}/{QUERY}", json=rows(*(row(number) for number in range(1, 101))))
    fxiaoke.post(f"{API}/{QUERY}", json=rows(row(101), row(102)))
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    assert ids(connection(clock)) == [list(range(1, 101)), [101, 102]]
    low, high = int(START.timestamp() * 1000), int(NOW.timestamp() * 1000)
    window = [("last_modified_time", "GTE", low), ("last_modified_time", "LT", high)]
    walk = [window, [*window, ("_id", "GT", f"{100:024x}")], [*window, ("_id", "GT", f"{102:024x}")]]
    assert [filters(body) for body in bodies(fxiaoke)] == [*walk, window, *walk]  # counted, then proved by a walk of ids
    is_counted = [body["data"]["find_explicit_total_num"] for body in bodies(fxiaoke)]
    assert is_counted == [True, False, False, True, False, False, False]
    body = bodies(fxiaoke)[0]
    body["data"]["search_query_info"].pop("filters")
    assert body == {
        "corpAccessToken": SECRETS[2],
        "corpId": "FSCID_1",
        "currentOpenUserId": "FSUID_ADMIN",
        "includeNull": True,
        "data": {
            "dataObjectApiName": "SalesOrderObj",
            "find_explicit_total_num": True,  # with the first page: whether it is worth parts side by side
            "search_query_info": {
                "limit": 100,
                "offset": 0,
                "orders": [{"fieldName": "_id", "isAsc": True}],
                "fieldProjection": [],
            },
        },
    }


def test_a_clamped_page_cuts_nothing_short(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    for start in (1, 21, 41):
        fxiaoke.post(f"{API}/{QUERY}", json=rows(*(row(number) for number in range(start, start + 20))))
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    assert sum(ids(connection(clock)), []) == list(range(1, 61))


def test_an_empty_window_is_looked_at_twice(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    assert (ids(connection(clock)), len(bodies(fxiaoke))) == ([], 2)


@pytest.mark.parametrize("total", [2, 0], ids=["counted", "a tenant that does not count"])
def test_a_row_that_the_walk_lacks_is_found_by_a_second_one_and_read_by_its_id(
    fxiaoke: responses.RequestsMock, clock: Time, total: int
) -> None:
    for answer in (rows(row(1)), rows(), rows(row(1), total=total), rows(row(1)), rows(row(2)), rows(), rows(row(2)), rows()):
        fxiaoke.post(f"{API}/{QUERY}", json=answer)
    fxiaoke.post(f"{API}/{QUERY}", json=rows())  # the confirmation that no more have these ids
    fxiaoke.post(f"{API}/{QUERY}", json=rows(row(1), row(2), total=2))
    assert ids(connection(clock)) == [[1], [2]]
    assert ("_id", "IN", f"{2:024x}") in filters(bodies(fxiaoke)[6])


def test_rows_that_are_listed_and_never_given_are_no_complete_pull(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        body = json.loads(request.body or b"{}")
        behind = [one for one in filters(body) if one[:2] == ("_id", "GT")]
        is_listed = body["data"]["search_query_info"]["fieldProjection"] == ["_id"] and not behind
        return 200, {}, json.dumps(rows(*([row(1)] if is_listed else []), total=1 if is_listed else 0))

    fxiaoke.add_callback(responses.POST, f"{API}/{QUERY}", callback=answer)
    with pytest.raises(RetryLater, match="rows that Fxiaoke lists and does not give, in each of 5 tries"):
        ids(connection(clock))


def test_the_current_login_goes_into_headers(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    ids(connection(clock, style=Style.CURRENT, user_id="1000"))
    login, query, _ = (call.request for call in fxiaoke.calls)
    assert json.loads(login.body) == {
        "appId": "FSAID_1",
        "appSecret": SECRETS[0],
        "permanentCode": SECRETS[1],
        "grantType": "app_secret",
    }
    assert [query.headers[name] for name in ("authorization", "x-fs-ea", "x-fs-userid")] == [
        "Bearer bearer-1",
        "demo2026",
        "1000",
    ]
    assert sorted(json.loads(query.body)) == ["data", "includeNull"]


def test_every_call_has_a_trace_id_of_its_own(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    source = connection(clock)
    ids(source)
    ids(source)
    traces = [call.request.params["thirdTraceId"] for call in fxiaoke.calls]
    assert (len(traces), len(set(traces)), {len(trace) for trace in traces}) == (5, 5, {36})


def test_custom_objects_have_a_path_of_their_own(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    fxiaoke.post(f"{API}/{CUSTOM_QUERY}", json=rows())
    obj = CrmObject(name="projects", api_name="project__c", key="_id", cursor="last_modified_time")
    assert ids(connection(clock, custom_objects=(obj,)), obj) == []


def test_a_window_that_begins_within_a_millisecond_takes_all_of_it(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    begin = datetime.fromtimestamp(INSIDE / 1000, UTC)
    fxiaoke.post(f"{API}/{QUERY}", json=rows(row(1, INSIDE)))
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    assert ids(connection(clock), window=Window(begin + timedelta(microseconds=456), NOW)) == [[1]]


@pytest.mark.parametrize("moment", [INSIDE - 6, int(NOW.timestamp() * 1000), None])
def test_a_row_outside_of_the_filter_is_an_alarm(fxiaoke: responses.RequestsMock, clock: Time, moment: int | None) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json=rows({"_id": "1" * 24, "last_modified_time": moment}))
    with pytest.raises(ContractBroken, match="outside of the window"):
        ids(connection(clock))


def test_ids_that_do_not_rise_are_an_alarm(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json=rows(row(2), row(1)))
    with pytest.raises(ContractBroken, match="_id not rising"):
        ids(connection(clock))


def test_20016_renews_the_token_once(http: responses.RequestsMock, clock: Time) -> None:
    for number in (1, 2):
        http.post(
            LEGACY_LOGIN, json={"errorCode": 0, "corpAccessToken": f"corp-token-{number}", "corpId": "FSCID_1", "expiresIn": 7200}
        )
    http.post(f"{API}/{QUERY}", json={"errorCode": 20016, "errorMessage": "the cropId,cropAccessToken or authorization is error"})
    http.post(f"{API}/{QUERY}", json=rows())
    assert ids(connection(clock)) == []
    assert [body["corpAccessToken"] for body in bodies(http)] == ["corp-token-1", *["corp-token-2"] * 2]


def test_20016_for_ever_ends(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json={"errorCode": 20016, "errorMessage": "…"})
    with pytest.raises(TokenRefused):
        ids(connection(clock))
    assert (len(bodies(fxiaoke)), len(fxiaoke.calls)) == (3, 6)


@pytest.mark.parametrize("code", [14001, 30004])
def test_throttling_waits_out_the_window_of_calls(fxiaoke: responses.RequestsMock, clock: Time, code: int) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json={"errorCode": code, "errorMessage": "…"})
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    assert (ids(connection(clock)), clock.slept) == ([], [20.0])


@pytest.mark.parametrize(
    "answer",
    [
        {"json": {"errorCode": -1}},
        {"json": {"errorCode": -2}},
        {"json": {"errorCode": 50009}},
        {"status": 502, "body": "<html>"},
        {"body": '{"errorCode":0,"data":{"dataL'},
        {"body": requests.ConnectionError("reset")},
    ],
)
def test_trouble_that_passes_is_waited_out(fxiaoke: responses.RequestsMock, clock: Time, answer: dict[str, Any]) -> None:
    fxiaoke.post(f"{API}/{QUERY}", **answer)
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    assert (ids(connection(clock)), len(clock.slept)) == ([], 1)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (30002, Deferred),
        (30003, Refused),
        (20021, Refused),
        (15003, Refused),
        (20014, Refused),
        (10006, Refused),
        (10013, ContractBroken),
        (15002, ContractBroken),
        (987654, ContractBroken),
    ],
)
def test_what_waiting_cannot_mend_is_not_asked_again(
    fxiaoke: responses.RequestsMock, clock: Time, code: int, fault: type[Fault]
) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json={"errorCode": code, "errorMessage": "no", "traceId": "E-O.1"})
    if fault is ContractBroken:
        fxiaoke.post(f"{API}/cgi/crm/v2/object/list", json=listed("SalesOrderObj"))
    with pytest.raises(fault, match=rf"^fxiaoke orders: asked POST /{QUERY}; came back errorCode {code} no E-O.1; "):
        ids(connection(clock))
    assert (len(bodies(fxiaoke)), clock.slept) == (1, [])


def listed(*names: str) -> dict[str, Any]:
    """A tenant's list of objects."""
    objects = [{"describeApiName": name, "describeDisplayName": name, "isActive": True} for name in names]
    return {"errorCode": 0, "data": {"objects": objects}}


def test_an_object_that_the_tenant_does_not_list_is_absent(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json={"errorCode": 987654, "errorMessage": "no such object"})
    fxiaoke.post(f"{API}/cgi/crm/v2/object/list", json=listed("AccountObj"))
    with pytest.raises(Absent, match=r"came back errorCode 987654 no such object; the tenant's object list does not have it"):
        ids(connection(clock))


def test_a_reply_without_an_error_code_or_rows_is_not_believed(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json={"data": {"dataList": []}})
    fxiaoke.post(f"{API}/{QUERY}", json={"errorCode": 0, "errorMessage": "OK"})
    for says in ("without errorCode", "without data.dataList"):
        with pytest.raises(ContractBroken, match=says):
            ids(connection(clock))


def test_a_host_that_is_no_gateway_says_so(http: responses.RequestsMock, clock: Time) -> None:
    http.post(LEGACY_LOGIN, status=302, headers={"Location": "https://www.fxiaoke.test/login"})
    with pytest.raises(Refused, match="came back HTTP 302; https://open.fxiaoke.test is not an API host"):
        ids(connection(clock))


def test_calls_keep_under_a_hundred_in_twenty_seconds(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    source = connection(clock, manners=Manners(calls=100, seconds=20))
    moments = []
    for _ in range(125):
        ids(source)
        moments += [clock.now] * 2
    busiest = max(sum(1 for other in moments if moment <= other < moment + 20) for moment in moments)
    assert (busiest, 40 <= moments[-1] - moments[0] <= 41) == (100, True)


def test_cards_of_staff_never_reach_the_lake(fxiaoke: responses.RequestsMock, clock: Time, tmp_path: Path) -> None:
    card = {"id": "1000", "name": "王小明", "phone": "13800001111", "email": "wang@x.cn", "dept": "1002"}
    fxiaoke.post(
        f"{API}/{QUERY}",
        json=rows(
            row(
                1,
                name="SO-1",
                order_amount="100.10",
                owner=["FSUID_7"],
                owner__r=card,
                owner__l=[card],
                created_by=["FSUID_7"],
                created_by__r="王小明",
                data_own_department=["1003"],
                data_own_department__r={"deptId": "1003", "leaderUserId": "王大明"},
                relevant_team__r="王小明,李四(已停用)",
                life_status="normal",
                life_status__r="正常",
                account_id="a1",
                account_id__r="示例客户",
                ship_to_tel="13900002222",
                total_num=321,
                searchAfterId=["1", "2"],
                field_a1__c={"contact": {"mobile": "13700003333", "role": "buyer"}},
                is_deleted=False,
                version="3",
            )
        ),
    )
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    lake = Lake(str(tmp_path))
    manifest = extract(connection(clock, settle=timedelta(0), overlap=timedelta(0)), lake, ORDERS, known_at=NOW, run_id="r")
    kept = every_byte(tmp_path)
    personal = ("13800001111", "wang@x.cn", "王小明", "王大明", "李四", "13900002222", "13700003333")
    assert [text for text in personal if text.encode() in kept or text in kept.decode(errors="ignore")] == []
    (raw,) = lake.raw_files("fxiaoke", "orders")
    (found,) = raw.read(columns=["key", "order_amount", "owner_id", "life_status", "extra"]).to_pylist()
    assert {**found, "extra": json.loads(found["extra"])} == {
        "key": f"{1:024x}",
        "order_amount": Decimal("100.10"),
        "owner_id": "FSUID_7",
        "life_status": "normal",
        "extra": {
            "account_id__r": "示例客户",
            "created_by": ["FSUID_7"],
            "data_own_department": ["1003"],
            "is_deleted": False,
            "version": "3",
            "life_status__r": "正常",
            "field_a1__c": {"contact": {"role": "buyer"}},
        },
    }
    assert manifest.withheld_fields == ["ship_to_tel"]


def test_staff_and_departments_come_whole_and_once(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    people = [
        {"openUserId": "FSUID_1", "name": "王", "mobile": "138", "account": "wang", "mainDepartmentId": 1000, "isStop": True},
        {"openUserId": "FSUID_1", "name": "王", "mobile": "138", "account": "wang", "mainDepartmentId": 1000, "isStop": True},
    ]
    fxiaoke.post(f"{API}/cgi/user/list", json={"errorCode": 0, "userList": people})
    fxiaoke.post(
        f"{API}/cgi/department/list",
        json={"errorCode": 0, "departments": [{"id": 1000, "name": "销售部", "parentId": 0, "order": 1}]},
    )
    source = connection(clock)
    departments, users = (next(obj for obj in source.objects if obj.name == name) for name in ("departments", "users"))
    assert [page.records for obj in (departments, users) for page in source.pull(obj, WINDOW)] == [
        [{"id": 1000, "name": "销售部", "parentId": 0}],
        [{"openUserId": "FSUID_1", "name": "王", "mainDepartmentId": 1000, "isStop": True}],
    ]
    sent = bodies(fxiaoke, "cgi/user/list")[0]
    assert {name: sent[name] for name in ("departmentId", "fetchChild", "showDepartmentIdsDetail")} == {
        "departmentId": 999999,
        "fetchChild": True,
        "showDepartmentIdsDetail": True,
    }


def test_the_current_login_reads_staff_as_objects(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json=rows({"_id": "a1", "user_id": "1000", "full_name": "王", "phone": "138", "status": "1"}))
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    source = connection(clock, style=Style.CURRENT, user_id="1000")
    users = next(obj for obj in source.objects if obj.name == "users")
    assert [page.records for page in source.pull(users, WINDOW)] == [[{"user_id": "1000", "full_name": "王", "status": "1"}]]


def test_values_come_in_our_types(clock: Time) -> None:
    cast = connection(clock).cast
    midnight = 1690214400000  # 2023-07-25 00:00 +08:00
    assert [
        cast(Field("f", "f", kind), value)
        for kind, value in (
            (FieldType.DATE, midnight),
            (FieldType.DATE, str(midnight)),
            (FieldType.DATE, "2020-01-01"),
            (FieldType.TIMESTAMP, midnight + 1),
            (FieldType.MONEY, "120000.00"),
            (FieldType.MONEY, 100),
            (FieldType.NUMBER, "100.01"),
            (FieldType.INTEGER, "864000000"),
            (FieldType.ID, ["FSUID_1"]),
            (FieldType.ID, []),
            (FieldType.ID, 1000),
            (FieldType.BOOLEAN, "1"),
            (FieldType.TEXT, "赢单"),
        )
    ] == [
        date(2023, 7, 25),
        date(2023, 7, 25),
        date(2020, 1, 1),
        utc(2023, 7, 24, 16, 0, 0, 1000),
        Decimal(120000),
        Decimal(100),
        Decimal("100.01"),
        864000000,
        "FSUID_1",
        None,
        "1000",
        True,
        "赢单",
    ]


def test_either_name_of_a_payment_s_amount_is_read(fxiaoke: responses.RequestsMock, clock: Time, tmp_path: Path) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json=rows(row(1, payment_amount="10.50"), row(2, amount=20)))
    fxiaoke.post(f"{API}/{QUERY}", json=rows())
    lake = Lake(str(tmp_path))
    extract(connection(clock, settle=timedelta(0)), lake, PAYMENTS, known_at=NOW, run_id="r")
    assert lake.raw_files("fxiaoke", "payments")[0].read(columns=["payment_amount", "amount"]).to_pylist() == [
        {"payment_amount": Decimal("10.50"), "amount": None},
        {"payment_amount": None, "amount": Decimal(20)},
    ]


def test_no_secret_is_shown_anywhere(fxiaoke: responses.RequestsMock, clock: Time, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    fxiaoke.post(f"{API}/{QUERY}", body=requests.ConnectionError(f"failed with {SECRETS[2]}"))
    source = connection(clock)
    with pytest.raises(RetryLater) as caught:
        ids(source)
    shown = [
        repr(source),
        repr(source.settings),
        str(caught.value),
        str(vars(caught.value)),
        str(caught.value.__context__),
        caplog.text,
    ]
    assert [secret for secret in SECRETS for text in shown if secret in text] == []


@pytest.mark.parametrize(
    "said",
    [{}, {"data": None}, {"data": []}, *({"data": {"dataList": rows}} for rows in ({}, [None], [{"_id": 7}]))],
    ids=json.dumps,
)
def test_an_answer_of_another_shape_is_a_named_fault(fxiaoke: responses.RequestsMock, clock: Time, said: dict[str, Any]) -> None:
    fxiaoke.post(f"{API}/{QUERY}", json={"errorCode": 0, **said})
    with pytest.raises(ContractBroken, match="fxiaoke orders"):
        ids(connection(clock))


@pytest.mark.parametrize("body", ['{"errorCode":null}', '{"errorCode":"x"}', '{"errorCode":{}}'])
def test_codes_that_are_none_are_a_named_fault(fxiaoke: responses.RequestsMock, clock: Time, body: str) -> None:
    fxiaoke.post(f"{API}/{QUERY}", body=body)
    with pytest.raises(ContractBroken, match="fxiaoke orders"):
        ids(connection(clock))


@pytest.mark.parametrize("said", [{"userList": {}}, {"userList": [{"name": "王"}]}, {"userList": [[]]}], ids=json.dumps)
def test_staff_without_an_id_is_a_named_fault(fxiaoke: responses.RequestsMock, clock: Time, said: dict[str, Any]) -> None:
    fxiaoke.post(f"{API}/cgi/user/list", json={"errorCode": 0, **said})
    source = connection(clock)
    with pytest.raises(ContractBroken, match="fxiaoke users"):
        list(source.pull(next(obj for obj in source.objects if obj.name == "users"), WINDOW))


def test_a_missing_row_that_leaves_the_window_while_it_is_read_by_its_id_is_the_next_pulls(
    fxiaoke: responses.RequestsMock, clock: Time
) -> None:
    later = int(NOW.timestamp() * 1000) + 5
    for answer in (rows(row(1)), rows(), rows(row(1), total=2), rows(row(1)), rows(row(2)), rows(), rows(row(2, later)), rows()):
        fxiaoke.post(f"{API}/{QUERY}", json=answer)
    fxiaoke.post(f"{API}/{QUERY}", json=rows())  # the confirmation that no more have this id
    for answer in (rows(row(1), total=1), rows(row(1)), rows()):
        fxiaoke.post(f"{API}/{QUERY}", json=answer)
    assert ids(connection(clock)) == [[1]]


def test_fields_that_fxiaoke_calls_phones_or_places_stay_out_whatever_their_names(
    fxiaoke: responses.RequestsMock, clock: Time
) -> None:
    kinds = {"field_a1__c": "phone_number", "field_b2__c": "location", "field_c3__c": "text"}
    described = {name: {"type": kind} for name, kind in kinds.items()}
    fxiaoke.post(f"{API}/cgi/crm/v2/object/describe", json={"errorCode": 0, "data": {"describe": {"fields": described}}})
    told = row(1, field_a1__c="13900001111", field_b2__c="23.1#%$113.2", field_c3__c="s")
    for answer in (rows(told), rows(), rows(told, total=1)):
        fxiaoke.post(f"{API}/{QUERY}", json=answer)
    _, page = connection(clock, every_field=True).pull(ORDERS, WINDOW)
    assert (page.records, page.withheld) == ([row(1, field_c3__c="s")], {"field_a1__c", "field_b2__c"})


def test_a_row_without_an_id_in_the_proof_is_a_named_fault(fxiaoke: responses.RequestsMock, clock: Time) -> None:
    for answer in (rows(row(1)), rows(), rows({"name": "n"}, total=2)):
        fxiaoke.post(f"{API}/{QUERY}", json=answer)
    with pytest.raises(ContractBroken, match="a row without _id"):
        ids(connection(clock))


@pytest.mark.parametrize(
    "said",
    [None, "x", [], *({"describe": one} for one in ([], "x", {"fields": []}, {"fields": {"a": None}}, {"fields": {"a": []}}))],
    ids=json.dumps,
)
def test_a_description_of_another_shape_says_nothing_and_stops_nothing(
    fxiaoke: responses.RequestsMock, clock: Time, said: object
) -> None:
    fxiaoke.post(f"{API}/cgi/crm/v2/object/describe", json={"errorCode": 0, "data": said})
    for answer in (rows(row(1)), rows(), rows(row(1), total=1)):
        fxiaoke.post(f"{API}/{QUERY}", json=answer)
    source = connection(clock, every_field=True)
    (page,) = source.pull(ORDERS, WINDOW)
    assert (page.records, page.fields) == ([row(1)], None)
    custom = CrmObject(name="projects", api_name="object_a__c", key="_id", cursor="last_modified_time", is_custom=True)
    assert source.discovered(custom, {}) == custom


@pytest.mark.parametrize("life", [None, "abc", [], -5, 0, 1.5, True])
def test_a_token_that_does_not_say_how_long_it_lives_is_taken_for_two_hours(
    http: responses.RequestsMock, clock: Time, life: object
) -> None:
    http.post(LEGACY_LOGIN, json={"errorCode": 0, "corpAccessToken": SECRETS[2], "corpId": "FSCID_1", "expiresIn": life})
    http.post(f"{API}/{QUERY}", json=rows())
    source = connection(clock)
    assert ids(source) == []
    assert source.client.keeper is not None
    assert source.client.keeper.current().value == SECRETS[2]
    assert [call.request.url.split("?")[0] for call in http.calls].count(LEGACY_LOGIN) == 1
