"""The doors on rows with planted faults: exactly those rows are named, and only what must stop a run stops it.

What to add here: a kind of rule, with a row that breaks it.
What belongs elsewhere: what a run does about it (`tests/pipelines/`).
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from expectations.doors import door_in, door_out
from expectations.suites import DOOR_IN, Kind, Rule, Severity, Suite, suites
from expectations.validate import (
    QUARANTINE_SCHEMA,
    VALIDATIONS_SCHEMA,
    Failing,
    Validation,
    quarantine_rows,
    validate,
    validation_rows,
)
from tests.expectations.lake import PULLED_AT, SOURCES, obj_of, right_row, write_lake, write_versions

KNOWN_AT = PULLED_AT.replace(tzinfo=UTC)


def pulls_of(at: datetime = KNOWN_AT) -> list[dict[str, Any]]:
    """One manifest per object, as the lake lists them."""
    return [
        {"source": source, "object": obj.name, "kind": "window", "pulled_at": at, "records": 3, "versions": 3, "deleted": 0,
         "unknown_fields": []}
        for source, objects in SOURCES.items() for obj in objects
    ]


def one(source: str, name: str) -> list[Suite]:
    """The suite of one raw table."""
    return [suite for suite in suites(f"raw_{source}") if suite.table == name]


def failed(validations: list[Validation]) -> dict[str, list[str]]:
    """Rule -> keys of the rows that break it."""
    return {r.rule.name: [row.key for row in r.failing] for v in validations for r in v.results if not r.is_passed}


def test_a_right_lake_passes_every_rule(tmp_path: Path) -> None:
    write_lake(tmp_path)
    validations = door_in(suites(*DOOR_IN), tmp_path, known_at=KNOWN_AT, pulls=pulls_of())
    assert [(v.suite.name, r.rule.name, r.observed, r.error) for v in validations for r in v.results if not r.is_passed] == []
    assert {v.suite.name: v.checked_count for v in validations}["raw_zoho.orders"] == 3


def test_each_kind_of_row_rule_quarantines_exactly_the_planted_rows(tmp_path: Path) -> None:
    orders = obj_of("fxiaoke", "orders")
    rows = [right_row(orders, number) for number in range(1, 9)]
    rows[0]["account_id"] = None
    rows[1]["order_amount"] = Decimal("-1.0000")
    rows[2]["order_date"] = date(1970, 1, 1)
    rows[3]["life_status"] = "gone"
    rows[4]["currency_code"] = "rmb"
    rows[5] |= {"order_amount": None, "errors": json.dumps({"order_amount": "一万"}, ensure_ascii=False)}
    rows[6]["owner_id"] = None  # a warning: somebody looks, the row stays
    write_versions(tmp_path, "fxiaoke", "orders", rows)
    (validation,) = door_in(one("fxiaoke", "orders"), tmp_path, known_at=KNOWN_AT)
    assert failed([validation]) == {
        "every_value_could_be_read": ["k6"], "order_has_a_customer": ["k1"], "order_has_an_owner": ["k7"],
        "order_date_is_possible": ["k3"], "amount_is_not_negative": ["k2"], "currency_is_a_code": ["k5"],
        "life_status_is_known": ["k4"],
    }
    assert validation.stops == ()
    quarantine = quarantine_rows([validation], KNOWN_AT)
    assert pa.Table.from_pylist(quarantine, schema=QUARANTINE_SCHEMA).to_pylist() == quarantine
    assert sorted((row["key"], row["record_hash"], row["rule"]) for row in quarantine) == [
        ("k1", "h1.1", "order_has_a_customer"), ("k2", "h2.1", "amount_is_not_negative"),
        ("k3", "h3.1", "order_date_is_possible"), ("k4", "h4.1", "life_status_is_known"),
        ("k5", "h5.1", "currency_is_a_code"), ("k6", "h6.1", "every_value_could_be_read"),
    ]
    assert next(row for row in quarantine if row["key"] == "k6") == {
        "source": "fxiaoke", "object": "orders", "key": "k6", "record_hash": "h6.1", "rule": "every_value_could_be_read",
        "reason": "CRM 里填的值读不成应有的类型 (例如金额里写了文字); 在 CRM 里改好后自动回来 "
                  "(errors = {\"order_amount\": \"一万\"})",
        "first_seen_at": PULLED_AT, "last_seen_at": PULLED_AT,
    }


def test_sql_and_pair_rules_name_their_rows_too(tmp_path: Path) -> None:
    payments = [right_row(obj_of("fxiaoke", "payments"), number) for number in (1, 2)]
    payments[1] |= {"payment_amount": None, "amount": None}
    write_versions(tmp_path, "fxiaoke", "payments", payments)
    visits = [right_row(obj_of("zoho", "visits"), number) for number in (1, 2)]
    visits[0]["ended_at"] = visits[0]["started_at"] - timedelta(minutes=1)
    write_versions(tmp_path, "zoho", "visits", visits)
    found = door_in([*one("fxiaoke", "payments"), *one("zoho", "visits")], tmp_path, known_at=KNOWN_AT)
    assert failed(found) == {"payment_has_an_amount": ["k2"], "visit_ends_after_it_starts": ["k1"]}


def test_every_failing_row_is_named_however_many(tmp_path: Path) -> None:
    receipts = obj_of("company", "cash_receipts")
    rows = [right_row(receipts, number) | {"amount": Decimal(0), "account_id": None} for number in range(500)]
    write_versions(tmp_path, "company", "cash_receipts", rows)
    (validation,) = door_in(one("company", "cash_receipts"), tmp_path, known_at=KNOWN_AT)
    assert {r.rule.name: (r.failed_count, len(r.failing)) for r in validation.results if not r.is_passed} == {
        "amount_is_not_zero": (500, 500), "receipt_has_a_customer": (500, 500),
    }


def test_a_missing_column_stops_and_names_what_could_not_be_asked(tmp_path: Path) -> None:
    rows = [right_row(obj_of("zoho", "orders"), 1)]
    write_versions(tmp_path, "zoho", "orders", rows, without=["grand_total"])
    (validation,) = door_in(one("zoho", "orders"), tmp_path, known_at=KNOWN_AT)
    assert [(r.rule.name, r.observed, r.error) for r in validation.stops] == [
        ("columns_are_all_there", "missing: grand_total", None),
        ("total_is_not_negative", None, "column is missing: grand_total"),
    ]


def test_a_table_never_pulled_stops(tmp_path: Path) -> None:
    (validation,) = door_in(one("zoho", "accounts"), tmp_path, known_at=KNOWN_AT)
    assert {result.rule.name for result in validation.stops} >= {"columns_are_all_there", "table_is_not_empty"}


def test_a_crm_that_the_company_does_not_use_is_not_missed(tmp_path: Path) -> None:
    write_lake(tmp_path)
    for obj in SOURCES["fxiaoke"]:
        write_versions(tmp_path, "fxiaoke", obj.name, [], pull="p1")
    pulls = [pull for pull in pulls_of() if pull["source"] != "fxiaoke"]
    asked = suites("raw_fxiaoke", "raw_zoho", "raw_ops")
    assert [r.rule.name for v in door_in(asked, tmp_path, known_at=KNOWN_AT, pulls=pulls) for r in v.stops] == []
    used = door_in(asked, tmp_path, known_at=KNOWN_AT, pulls=pulls, sources=("fxiaoke", "zoho"))
    assert {v.suite.name for v in used for r in v.stops} == {"raw_fxiaoke.accounts", "raw_fxiaoke.users"}


def test_only_the_newest_known_version_is_judged(tmp_path: Path) -> None:
    accounts = obj_of("zoho", "accounts")
    wrong, mended, deleted = (right_row(accounts, number) for number in (1, 1, 2))
    later = PULLED_AT + timedelta(days=1)
    wrong["account_name"] = None
    deleted["account_name"] = None
    write_versions(tmp_path, "zoho", "accounts", [wrong, deleted, right_row(accounts, 3)])
    mended |= {"pulled_at": later, "record_hash": "h1.2"}
    deleted |= {"pulled_at": later, "record_hash": "h2.2", "is_deleted": True}
    write_versions(tmp_path, "zoho", "accounts", [mended, deleted], pull="p2")
    before = door_in(one("zoho", "accounts"), tmp_path, known_at=KNOWN_AT)
    after = door_in(one("zoho", "accounts"), tmp_path, known_at=KNOWN_AT + timedelta(days=1))
    assert (failed(before), failed(after)) == ({"customer_has_a_name": ["k1", "k2"]}, {})


def test_freshness_and_volume_are_read_from_the_manifests(tmp_path: Path) -> None:
    accounts = obj_of("zoho", "accounts")
    rows = [right_row(accounts, number) for number in range(1, 41)]
    write_versions(tmp_path, "zoho", "accounts", rows)
    night = KNOWN_AT + timedelta(days=1)
    gone = [row | {"pulled_at": night.replace(tzinfo=None), "record_hash": "gone", "is_deleted": True} for row in rows[:30]]
    write_versions(tmp_path, "zoho", "accounts", gone, pull="p2")
    pulls = [pull for pull in (*pulls_of(), *pulls_of(night)) if pull["object"] == "accounts" and pull["source"] == "zoho"]
    pulls[-1] |= {"unknown_fields": ["Mood", "Colour"], "disbelieved": 12, "missing_fields": ["Phone"]}
    stale = next(pull for pull in pulls_of() if pull["object"] == "visits") | {"unknown_fields": ["Mood"]}
    found = door_in([*one("zoho", "accounts"), *suites("raw_ops")], tmp_path, known_at=night, pulls=[*pulls, stale])
    assert failed(found) == {
        "no_table_lost_half_its_rows": ["zoho/accounts"], "no_table_lost_a_fifth_of_its_rows": ["zoho/accounts"],
        "nothing_vanished_at_once": ["zoho/accounts"], "crm_still_has_every_field_we_read": ["zoho/accounts"],
        "crm_has_no_new_field": ["zoho/accounts"],
    }
    much_later = door_in(suites("raw_ops"), tmp_path, known_at=night + timedelta(days=4), pulls=[stale])
    assert failed(much_later)["every_object_was_pulled_within_three_days"] == ["zoho/visits"]
    assert [row.value for v in much_later for r in v.results if r.rule.name == "every_object_was_pulled_last_night"
            for row in r.failing] == ["last_pulled_at = 2026-11-19T18:00:00, hours_behind = 120"]


SAMPLE = Suite("raw_x", "things", "", ("key", "record_hash", "pulled_at"), (
    Rule("name_is_unique", "expect_column_values_to_be_unique", {"column": "name"}, Kind.TABLE, Severity.CRITICAL, "n"),
    Rule("there_are_three", "expect_table_row_count_to_equal", {"value": 3}, Kind.TABLE, Severity.CRITICAL, "n"),
    Rule("name_is_not_a", "expect_column_values_to_not_match_regex", {"column": "name", "regex": "^a"},
         Kind.ROW, Severity.WARNING, "n"),
))


def test_uniqueness_blocks_and_names_both_rows() -> None:
    with duckdb.connect() as connection:
        connection.execute("""
            create schema raw_x;
            create table raw_x.things as
            select key, 'h' || key as record_hash, timestamp '2026-11-19 18:00' as pulled_at, name
            from (values ('1', 'a'), ('2', 'b'), ('3', 'b'), ('4', null)) as t (key, name)
        """)
        validation = validate(SAMPLE, connection)
        assert connection.execute("select 1").fetchone() == (1,)
    assert [(r.rule.name, r.failed_count, r.observed, r.failing) for r in validation.results] == [
        ("name_is_unique", 2, None, (Failing("2", "h2", "name = b", PULLED_AT), Failing("3", "h3", "name = b", PULLED_AT))),
        ("there_are_three", 1, "4", ()),
        ("name_is_not_a", 1, None, (Failing("1", "h1", "name = a", PULLED_AT),)),
    ]
    assert [result.rule.name for result in validation.stops] == ["name_is_unique", "there_are_three"]
    assert json.loads(json.dumps(validation.to_json_dict()))["results"][0]["failing"][0] == {
        "key": "2", "record_hash": "h2", "value": "name = b", "first_seen_at": "2026-11-19T18:00:00",
    }
    rows = validation_rows([validation])
    assert pa.Table.from_pylist(rows, schema=VALIDATIONS_SCHEMA).num_rows == 3
    assert rows[1] == {
        "suite": "raw_x.things", "source": "x", "object": "things", "rule": "there_are_three", "kind": "table",
        "severity": "critical", "is_passed": False, "checked_count": 4, "failed_count": 1, "observed": "4", "notes": "n",
    }


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A warehouse of one table, about one moment."""
    path = tmp_path / "candidate.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            create schema core;
            create table core.clocks as
            select date '2026-11-19' as as_of, timestamp '2026-11-19 18:00' as known_at, '示例公司' as company_name,
                'CNY' as currency_code, 'Asia/Shanghai' as time_zone, 1 as fiscal_year_start_month;
            create table core.dim_products as
            select i::varchar as product_code, 'p' as name, 'l' as product_line, 'u' as unit, 1.00::decimal(18, 4) as list_price
            from range(10) as t (i)
        """)
    return path


def published(*names: str) -> list[Suite]:
    """Suites of published tables."""
    return [suite for suite in suites("published") if suite.name in names]


def test_the_door_out_compares_the_clocks_and_the_sizes(warehouse: Path, tmp_path: Path) -> None:
    live = tmp_path / "published.duckdb"
    with duckdb.connect(str(live)) as connection:
        connection.execute("create schema core; create table core.dim_products as select 1 as a from range(21)")
    asked = published("core.clocks", "core.dim_products")
    right = door_out(asked, warehouse, as_of=date(2026, 11, 19), known_at=KNOWN_AT)
    assert failed(right) == {}
    wrong = door_out(asked, warehouse, as_of=date(2026, 11, 20), known_at=KNOWN_AT, published=live)
    assert [(r.rule.name, r.observed) for v in wrong for r in v.stops] == [
        ("as_of_is_the_day_of_this_run", None), ("table_did_not_shrink_by_half", "10"),
    ]
    with duckdb.connect(str(live)) as connection:
        connection.execute("delete from core.dim_products where rowid > 18")
    assert failed(door_out(asked, warehouse, as_of=date(2026, 11, 19), known_at=KNOWN_AT, published=live)) == {}
    with duckdb.connect(str(warehouse)) as connection:  # nobody holds the file any more
        assert connection.execute("select count(*) from core.clocks").fetchone() == (1,)


def test_a_table_that_is_not_there_is_not_published(warehouse: Path) -> None:
    (validation,) = door_out(published("management.kpi"), warehouse, as_of=date(2026, 11, 19), known_at=KNOWN_AT)
    assert {result.rule.name for result in validation.stops} >= {"columns_are_all_there", "table_is_not_empty"}
