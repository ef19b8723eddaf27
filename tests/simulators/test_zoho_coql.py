"""COQL of the Zoho simulator."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.server import RunningSimulators
from tests.simulators.small_folder import ZohoCaller, deal


def test_lookups_are_bare_ids_and_their_fields_come_by_a_dot(zoho: ZohoCaller) -> None:
    query = (
        "select Deal_Name, Amount, Account_Name, Account_Name.Account_Name from Deals "
        "where (Modified_Time >= '2026-01-31T16:00:00+00:00') order by Modified_Time asc, id asc limit 0, 2000"
    )
    assert zoho.coql(query).json() == {
        "data": [
            {
                "Deal_Name": "Deal 2",
                "Amount": 1002.5,
                "Account_Name": {"id": "4000000000000000801"},
                "Account_Name.Account_Name": "Acme",
                "id": deal(2)["id"],
            }
        ],
        "info": {"count": 1, "more_records": False},
    }


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("id is not null", ["01", "02", "05"]),
        (f"id > {deal(2)['id']}", ["05"]),
        (f"id > {deal(3)['id']}", ["05"]),
        (f"id >= {deal(4)['id']}", ["05"]),
        (f"id <= {deal(4)['id']}", ["01", "02"]),
        (f"id < '{deal(5)['id']}'", ["01", "02"]),
        (f"id in ({deal(1)['id']}, {deal(4)['id']})", ["01"]),
        ("Stage = 'Closed Won'", ["02"]),
        ("Stage != 'Closed Won' and Amount > 1001.5", ["05"]),
        ("((Stage = 'Closed Won' or Amount > 1005) and Probability is not null)", ["02", "05"]),
        ("Deal_Name like '%2'", ["02"]),
        ("Amount between 1001.5 and 1002.5", ["01", "02"]),
        ("Stage not in ('Closed Won')", ["01", "05"]),
        ("Next_Step is null", ["01", "02", "05"]),
        ("Account_Name.Account_Name = 'acme'", ["01", "02", "05"]),
        ("Created_Time <= '2026-01-01T00:02:00+08:00'", ["01", "02"]),
    ],
)
def test_a_condition_finds(zoho: ZohoCaller, where: str, found: list[str]) -> None:
    assert [row["id"][-2:] for row in zoho.coql(f"select id from Deals where {where}").json()["data"]] == found


def test_no_row_is_204_and_an_offset_goes_on(zoho: ZohoCaller) -> None:
    every = "select id from Deals where id is not null order by id desc"
    assert zoho.coql("select id from Deals where Stage = 'None'").status_code == 204
    assert zoho.coql(f"{every} limit 1 offset 1").json() == {
        "data": [{"id": deal(2)["id"]}],
        "info": {"count": 1, "more_records": True},
    }
    assert zoho.coql(f"{every} limit 3, 1").status_code == 204


def test_groups_are_summed(zoho: ZohoCaller) -> None:
    columns = "Stage, count(id) as n, sum(Amount) as total, max(Amount)"
    query = f"select {columns} from Deals where id is not null group by Stage order by Stage"
    assert zoho.coql(query).json()["data"] == [
        {"Stage": "Closed Won", "n": 1, "total": 1002.5, "MAX(Amount)": 1002.5},
        {"Stage": "Qualification", "n": 2, "total": 2007.0, "MAX(Amount)": 1005.5},
    ]


def test_subform_modules_and_deal_history_can_be_queried(zoho: ZohoCaller) -> None:
    lines = zoho.coql("select Quantity, Parent_Id from Ordered_Items where id is not null").json()["data"]
    moved = f"select Stage, Moved_To__s from DealHistory where Potential_Name = {deal(2)['id']} order by Modified_Time"
    history = zoho.coql(moved).json()
    assert lines == [{"Quantity": 2, "Parent_Id": {"id": "4000000000000000601"}, "id": "4000000000000000602"}]
    assert [(row["Stage"], row["Moved_To__s"]) for row in history["data"]] == [
        ("Qualification", "Closed Won"),
        ("Closed Won", None),
    ]


@pytest.mark.parametrize(
    ("query", "code", "details"),
    [
        ("selec id from Deals", "SYNTAX_ERROR", {"clause": "select", "near": "selec"}),
        ("select id from Deals", "SYNTAX_ERROR", {"clause": "where", "near": "end"}),
        (
            "select id from Deals where Stage = 'a' and Amount > 1 and Amount < 9",
            "SYNTAX_ERROR",
            {"clause": "where", "near": "and"},
        ),
        ("select id from Deals where Stage = ;", "SYNTAX_ERROR", {"line": 1, "column": 35, "near": " ;"}),
        ("select Nope from Deals where id is not null", "INVALID_QUERY", {"column_name": "Nope"}),
        ("select id from Nope where id is not null", "INVALID_QUERY", {"module": "Nope"}),
        ("select id from Deals where id is not null limit 2001", "LIMIT_EXCEEDED", {"clause": "limit", "limit": 2000}),
        (
            "select id from Deals where id is not null limit 2000 offset 98001",
            "INVALID_QUERY",
            {"offset": 98001, "limit": 100000},
        ),
        ("select Stage, Stage from Deals where id is not null", "DUPLICATE_DATA", {"column_name": "Stage"}),
        ("select Stage as a, Amount as a from Deals where id is not null", "DUPLICATE_ALIAS", {"alias": "a"}),
        (
            f"select id from Deals where id in ({','.join(map(str, range(101)))})",
            "LIMIT_EXCEEDED",
            {"clause": "in", "limit": 100},
        ),
    ],
)
def test_a_wrong_query_is_refused(zoho: ZohoCaller, query: str, code: str, details: dict[str, Any]) -> None:
    answer = zoho.coql(query)
    assert (answer.status_code, answer.json()["code"], answer.json()["details"]) == (400, code, details)


def test_a_missing_query_is_mandatory(sims: RunningSimulators, zoho: ZohoCaller) -> None:
    answer = zoho.http.post(f"{sims.zoho_url}/crm/v8/coql", json={}, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (400, "MANDATORY_NOT_FOUND")
