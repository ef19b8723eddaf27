"""The Fxiaoke simulator over HTTP: logins, queries, objects, people."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from simulators.server import CREDENTIALS, RunningSimulators
from tests.simulators.small_folder import WANG, FxiaokeCaller, order

KNOWN = CREDENTIALS["fxiaoke"]


def error(code: int, message: str, description: str = "") -> dict[str, Any]:
    return {"errorCode": code, "errorMessage": message, "errorDescription": description or message}


def where(field: str, operator: str, *values: Any) -> dict[str, Any]:
    return {"field_name": field, "operator": operator, "field_values": list(values)}


# --- logins ---


def test_both_logins_give_the_same_token_while_it_is_young(sims: RunningSimulators, fxiaoke: FxiaokeCaller) -> None:
    old = [fxiaoke.raw("/cgi/corpAccessToken/get/V2", fxiaoke.secrets) for _ in range(2)]
    new = fxiaoke.raw("/oauth2.0/token", {**fxiaoke.secrets, "grantType": "app_secret"})
    assert old[0].pop("corpAccessToken") == old[1].pop("corpAccessToken")
    assert (old[0], len(new.pop("accessToken"))) == (
        {"errorCode": 0, "errorMessage": "success", "corpId": KNOWN["corp_id"], "expiresIn": old[0]["expiresIn"]},
        32,
    )
    assert (7000 < new.pop("expiresIn") <= 7200, new) == (
        True,
        {"errorCode": 0, "errorMessage": "success", "appId": KNOWN["app_id"], "ea": KNOWN["ea"], "openUserId": KNOWN["corp_id"]},
    )
    sims.options(fxiaoke={"token_renew_seconds": 0})
    renewed = fxiaoke.raw("/cgi/corpAccessToken/get/V2", fxiaoke.secrets)["corpAccessToken"]
    assert (renewed != fxiaoke.auth["corpAccessToken"], fxiaoke.query()["errorCode"]) == (True, 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"appId": ""}, 10001),
        ({"appSecret": ""}, 10002),
        ({"permanentCode": ""}, 10012),
        ({"appSecret": "x"}, 20006),
        ({"permanentCode": "x"}, 20015),
    ],
)
def test_wrong_secrets_are_refused(fxiaoke: FxiaokeCaller, change: dict[str, str], code: int) -> None:
    assert fxiaoke.raw("/cgi/corpAccessToken/get/V2", fxiaoke.secrets | change)["errorCode"] == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"corpAccessToken": "x"}, 20016),
        ({"corpAccessToken": ""}, 10013),
        ({"corpId": ""}, 10014),
        ({"corpId": "x"}, 20017),
        ({"currentOpenUserId": ""}, 10010),
        ({"currentOpenUserId": "FSUID_nobody"}, 20012),
    ],
)
def test_a_call_must_say_who_it_is_from(fxiaoke: FxiaokeCaller, change: dict[str, str], code: int) -> None:
    fxiaoke.auth |= change
    assert fxiaoke.query()["errorCode"] == code


def test_the_two_styles_do_not_mix_and_none_is_20017(fxiaoke: FxiaokeCaller) -> None:
    token = fxiaoke.raw("/oauth2.0/token", fxiaoke.secrets)["accessToken"]
    headers = {"authorization": f"Bearer {token}", "x-fs-ea": KNOWN["ea"], "x-fs-userid": KNOWN["user_id"]}
    body = {"data": {"dataObjectApiName": "SalesOrderObj", "search_query_info": {"limit": 1}}}
    path = "/cgi/crm/v2/data/query"
    assert [
        fxiaoke.raw(path, body, **headers)["errorCode"],
        fxiaoke.raw(path, fxiaoke.auth | body, **headers)["errorCode"],
        fxiaoke.raw(path, body),
    ] == [0, 20016, error(20017, "corpAccessToken为必填项，不能为空")]


def test_the_newer_style_shows_short_ids_of_people_and_no_total(fxiaoke: FxiaokeCaller) -> None:
    token = fxiaoke.raw("/oauth2.0/token", fxiaoke.secrets)["accessToken"]
    headers = {"authorization": f"Bearer {token}", "x-fs-ea": KNOWN["ea"], "x-fs-userid": KNOWN["user_id"]}
    info = {"limit": 1, "fieldProjection": ["created_by", "owner"], "filters": [where("owner", "IN", "1001")]}
    body = {"data": {"dataObjectApiName": "SalesOrderObj", "search_query_info": info}}
    new = fxiaoke.raw("/cgi/crm/v2/data/query", body, **headers)["data"]
    old = fxiaoke.query(limit=1, fieldProjection=["owner"], filters=[where("owner", "IN", WANG)])["data"]
    assert [(reply["total"], reply["dataList"][0]["owner"]) for reply in (new, old)] == [(0, ["1001"]), (3, [WANG])]


# --- queries ---


def test_a_row_has_its_fields_and_what_stands_beside_them(fxiaoke: FxiaokeCaller) -> None:
    reply = fxiaoke.query(limit=1)
    person = {
        "id": "1001",
        "tenantId": "700001",
        "name": "王芳",
        "dept": "1001",
        "supervisorId": None,
        "post": "",
        "empNum": "E1",
        "email": "wang@company.example",
        "phone": "13900000001",
        "status": 0,
        "picAddr": "",
        "description": "",
    }
    department = {"deptId": "1001", "deptName": "一部"}
    assert reply == {
        "errorCode": 0,
        "errorMessage": "OK",
        "errorDescription": "success",
        "data": {
            "total": 3,
            "offset": 0,
            "limit": 1,
            "dataList": [
                order(1)
                | {
                    "account_id__r": "远大机械",
                    "account_id__relation_ids": order(1)["account_id"],
                    "owner__r": person,
                    "owner__l": [person],
                    "owner_department": "一部",
                    "owner_department_id": "1001",
                    "data_own_department": ["1001"],
                    "data_own_department__l": [department],
                    "data_own_department__r": department | {"parentId": "999999", "leaderUserId": None, "status": 0},
                    "life_status__r": "正常",
                    "lock_status": "0",
                    "lock_status__r": "未锁定",
                    "record_type": "default__c",
                    "is_deleted": False,
                    "version": "1",
                    "extend_obj_data_id": order(1)["_id"],
                    "total_num": 3,
                    "searchAfterId": ["1767225601000", "1767225601044000", order(1)["_id"]],
                }
            ],
        },
    }


def test_null_fields_are_left_out_unless_asked_for(fxiaoke: FxiaokeCaller) -> None:
    without = fxiaoke.query("AccountObj")["data"]["dataList"][0]
    told = fxiaoke.query("AccountObj", top={"includeNull": True})["data"]["dataList"][0]
    assert ("tel" in without, "created_by" in without, told["tel"], told["created_by"]) == (False, False, None, None)


def test_projection_keeps_the_id(fxiaoke: FxiaokeCaller) -> None:
    rows = fxiaoke.query(fieldProjection=["order_amount"], top={"need_return_count_num": False}, limit=1)["data"]["dataList"]
    assert rows == [{"_id": order(1)["_id"], "order_amount": "100.00", "extend_obj_data_id": order(1)["_id"]}]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], ["SO-1", "SO-2", "SO-4"]),
        ([where("_id", "GT", order(1)["_id"])], ["SO-2", "SO-4"]),
        ([where("_id", "GT", order(3)["_id"])], ["SO-4"]),
        ([where("_id", "GTE", order(2)["_id"]), where("_id", "LT", order(4)["_id"])], ["SO-2"]),
        ([where("_id", "EQ", order(4)["_id"])], ["SO-4"]),
        ([where("last_modified_time", "GTE", 1767225601000), where("last_modified_time", "LT", "1767225604000")], ["SO-1"]),
        ([where("create_time", "BETWEEN", 1767225601000, 1767225602000)], ["SO-1", "SO-2"]),
        ([where("life_status", "EQ", "invalid")], ["SO-2"]),
        ([where("life_status", "N", "invalid")], ["SO-1", "SO-4"]),
        ([where("life_status", "N", "作废")], ["SO-1", "SO-2", "SO-4"]),
        ([where("name", "IN", "SO-1", "SO-4")], ["SO-1", "SO-4"]),
        ([where("name", "NIN", "SO-1")], ["SO-2", "SO-4"]),
        ([where("name", "LIKE", "o-4")], ["SO-4"]),
        ([where("name", "STARTWITH", "SO"), where("name", "ENDWITH", "1")], ["SO-1"]),
        ([where("remark", "IS")], ["SO-1", "SO-2", "SO-4"]),
        ([where("owner", "ISN")], ["SO-1", "SO-2", "SO-4"]),
        ([where("order_amount", "GT", "99.5")], ["SO-1", "SO-2", "SO-4"]),
        ([where("no_such_field", "EQ", "x")], ["SO-1", "SO-2", "SO-4"]),
    ],
)
def test_filters_are_all_met(fxiaoke: FxiaokeCaller, filters: list[dict[str, Any]], found: list[str]) -> None:
    assert fxiaoke.names(filters=filters) == found


def test_orders_and_offsets(fxiaoke: FxiaokeCaller) -> None:
    falling = [{"fieldName": "name", "isAsc": False}]
    assert [fxiaoke.names(orders=falling), fxiaoke.names(orders=falling, limit=2, offset=2), fxiaoke.names(orders=[])] == [
        ["SO-4", "SO-2", "SO-1"],
        ["SO-1"],
        ["SO-2", "SO-4", "SO-1"],
    ]


@pytest.mark.parametrize(
    ("switch", "search", "reply"),
    [
        ({}, {"offset": 10_100}, error(10013, "offset out of range 10000", "offset 不能超过10000")),
        ({}, {"filters": [where("name", "NEQ", "x")]}, error(32000, "operator NEQ is not supported")),
        ({"unknown_field_filter": "error"}, {"filters": [where("nope", "EQ", 1)]}, error(32000, "field nope not found")),
        ({"limit_policy": "error"}, {"limit": 101}, error(32000, "limit out of range 100")),
        ({"offset_must_be_multiple": True}, {"limit": 2, "offset": 1}, error(32000, "offset must be a multiple of limit")),
        ({"forbidden": ["SalesOrderObj"]}, {}, error(20014, "no right to this employee's data")),
    ],
)
def test_a_wrong_query_is_refused(
    sims: RunningSimulators,
    fxiaoke: FxiaokeCaller,
    switch: dict[str, Any],
    search: dict[str, Any],
    reply: dict[str, Any],
) -> None:
    sims.options(fxiaoke=switch)
    assert fxiaoke.query(**search) == reply


@pytest.mark.parametrize(
    ("switch", "search", "found"),
    [
        ({"invalid_rows_visible": False}, {}, ["SO-1", "SO-4"]),
        ({"unknown_operator": "ignore"}, {"filters": [where("name", "NEQ", "SO-1")]}, ["SO-1", "SO-2", "SO-4"]),
        ({"between_inclusive": False}, {"filters": [where("create_time", "BETWEEN", 1767225601000, 1767225604000)]}, ["SO-2"]),
        ({"max_limit": 2}, {"limit": 100}, ["SO-1", "SO-2"]),
        ({"max_limit": 2, "limit_policy": "accept"}, {"limit": 100}, ["SO-1", "SO-2", "SO-4"]),
        ({"default_sort": "id"}, {"orders": []}, ["SO-1", "SO-2", "SO-4"]),
        ({"not_admin_share": 0.0}, {}, []),
        ({"index_lag_ms": 29 * 86_400_000}, {}, ["SO-1", "SO-2", "SO-3", "SO-4"]),
    ],
)
def test_what_is_not_known_is_a_switch(
    sims: RunningSimulators,
    fxiaoke: FxiaokeCaller,
    switch: dict[str, Any],
    search: dict[str, Any],
    found: list[str],
) -> None:
    sims.options(fxiaoke=switch)
    assert fxiaoke.names(**search) == found


@pytest.mark.parametrize(("how", "amount"), [("as_stored", "100.00"), ("strings", "100.00"), ("numbers", 100.0)])
def test_numbers_are_written_as_the_switch_says(
    sims: RunningSimulators,
    fxiaoke: FxiaokeCaller,
    how: str,
    amount: str | float,
) -> None:
    sims.options(fxiaoke={"numbers": how})
    assert fxiaoke.query(limit=1)["data"]["dataList"][0]["order_amount"] == amount


def test_totals_have_three_names(fxiaoke: FxiaokeCaller) -> None:
    asked = [{}, {"returnTotalNum": 3}, {"returnTotalNum": 1}, {"need_return_count_num": False}]
    assert [fxiaoke.query(top=top, limit=1)["data"]["total"] for top in asked] == [3, 0, 3, 0]


def test_get_gives_one_record_at_once_and_a_payment_with_its_details(sims: RunningSimulators, fxiaoke: FxiaokeCaller) -> None:
    sims.put("fxiaoke", "PaymentObj", {"_id": "p1", "name": "P-1", "last_modified_time": 1})
    sims.put("fxiaoke", "OrderPaymentObj", {"_id": "l1", "payment_id": "p1", "payment_amount": "9.00", "last_modified_time": 1})
    sims.options(fxiaoke={"index_lag_ms": 10**13, "decorations": False})
    asked = {"data": {"dataObjectApiName": "PaymentObj", "objectDataId": "p1"}}
    payment = fxiaoke.post("/cgi/crm/v2/data/get", asked)["data"]
    line = payment.pop("details")["OrderPaymentObj"][0]["containerDocument"]
    assert (payment["name"], line["payment_amount"]) == ("P-1", "9.00")
    missing = fxiaoke.post("/cgi/crm/v2/data/get", {"data": {"dataObjectApiName": "PaymentObj", "objectDataId": "p2"}})
    assert missing == error(32000, "record p2 of PaymentObj not found")


def test_custom_objects_have_their_own_path(sims: RunningSimulators, fxiaoke: FxiaokeCaller) -> None:
    sims.put("fxiaoke", "object_x__c", {"_id": "c1", "name": "C-1", "last_modified_time": 1})
    body = {"data": {"dataObjectApiName": "object_x__c", "search_query_info": {"limit": 10, "field_projection": ["name"]}}}
    paths = ("/cgi/crm/custom/v2/data/query", "/cgi/crm/custom/v2/data/findSimple", "/cgi/crm/custom/v2/data/findOne")
    query, simple, one = (fxiaoke.post(path, body) for path in paths)
    assert (query["data"]["dataList"][0]["name"], simple["data"]["dataList"], one["data"]) == (
        "C-1",
        [{"_id": "c1", "name": "C-1"}],
        {"_id": "c1", "name": "C-1"},
    )
    assert fxiaoke.query("object_x__c") == error(32000, "object object_x__c cannot be read here")


# --- objects and people ---


def test_objects_are_listed_and_described(fxiaoke: FxiaokeCaller) -> None:
    objects = {one["describeApiName"]: one for one in fxiaoke.post("/cgi/crm/v2/object/list", {})["data"]["objects"]}
    assert (objects["AccountObj"]["describeDisplayName"], objects["AccountObj"]["defineType"]) == ("客户", "package")
    path = "/cgi/crm/v2/object/describe"
    below, top = ({"data": {"apiName": "SalesOrderObj"}}, {"apiName": "SalesOrderObj"})
    fields = fxiaoke.post(path, {"includeDetail": True, **below})["data"]["describe"]["fields"]
    assert fxiaoke.post(path, top)["data"]["describe"]["fields"] == fields
    names = ("owner", "account_id", "order_time", "order_amount", "last_modified_time", "life_status")
    assert {name: fields[name]["type"] for name in names} == {
        "owner": "employee",
        "account_id": "object_reference",
        "order_time": "date",
        "order_amount": "currency",
        "last_modified_time": "date_time",
        "life_status": "select_one",
    }
    assert fields["life_status"]["options"][-1] == {"label": "作废", "value": "invalid"}
    assert fxiaoke.post(path, {}) == error(32000, "apiName 不能为空")


def test_people_and_departments_are_lists_and_objects(fxiaoke: FxiaokeCaller) -> None:
    departments = fxiaoke.post("/cgi/department/list", {})["departments"]
    everybody = fxiaoke.post("/cgi/user/list", {"departmentId": 999999, "fetchChild": True})["userList"]
    assert departments == [{"isStop": False, "order": 0, "id": 1001, "name": "一部", "parentId": 0}]
    assert [person["mobile"] for person in everybody] == ["13900000001"]
    assert fxiaoke.post("/cgi/user/get", {"openUserId": WANG})["name"] == "王芳"
    assert fxiaoke.post("/cgi/user/getByMobile", {"mobile": "13900000001"})["empList"][0]["openUserId"] == WANG
    assert fxiaoke.query("PersonnelObj")["data"]["dataList"][0]["employee_number"] == "E1"
    assert fxiaoke.query("DepartmentObj")["data"]["dataList"][0]["parent_id"] == ["999999"]


def test_an_unknown_path_is_an_error_with_status_200(fxiaoke: FxiaokeCaller) -> None:
    assert fxiaoke.raw("/cgi/nothing", {}) == error(10006, "the request uri=[/cgi/nothing], apiName=[null] is not exists")


def test_the_world_moves_with_the_clock(sims: RunningSimulators, fxiaoke: FxiaokeCaller) -> None:
    sims.move_to(datetime(2026, 1, 15, tzinfo=UTC))
    before = fxiaoke.names()
    sims.move_to(datetime(2026, 2, 2, tzinfo=UTC))
    assert (before, fxiaoke.names()) == (["SO-1", "SO-2", "SO-3", "SO-4"], ["SO-1", "SO-2", "SO-4"])
