"""Records that come late, are dated back, vanish, are merged or change hands: which month moves, and what stays published.

What belongs elsewhere: what a closed commission month does with them (`test_closing.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.demo import surroundings
from pipelines.execute import execute
from pipelines.publish import archived
from pipelines.resources import Home, night_of
from simulators.server import serve
from tests.pipelines.small_month import COMPANY, millis, paid, record, sold, write_company, write_records

D = Decimal
MARCH, APRIL, MAY = NIGHTS = (date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31))
PEOPLE = {name: text for name, text in COMPANY.items() if "plan" not in name and not name.startswith("signatures")}
LINK = """\
crm,account_id,other_crm,other_account_id,decision,valid_from,valid_to,reason,approved_by
fxiaoke,A2,fxiaoke,A5,same,2026-04-08,{until},同一集团采购,E9
"""
# March, shared out over every axis; product lines make less than the whole, channels more than it by what was declared.
TARGETS = """\
version,metric_id,scope_type,scope_id,period,quantity,amount,agreed_by,agreed_on,stretch,valid_from,valid_to,reason,approved_by
1,signed_sales,company,,2026-03,,120000.00,E9,2025-12-20,0.05,2026-01-01,,目标,E9
1,signed_sales,customer,fxiaoke:A1,2026-03,,70000.00,E8,2025-12-20,,2026-01-01,,目标,E9
1,signed_sales,customer,fxiaoke:A2,2026-03,,50000.00,E8,2025-12-20,,2026-01-01,,目标,E9
1,signed_sales,region,华东,2026-03,,120000.00,E8,2025-12-20,,2026-01-01,,目标,E9
1,signed_sales,product_line,液压,2026-03,,119000.00,E8,2025-12-20,,2026-01-01,,目标,E9
1,signed_sales,product,TD-1,2026-03,,119000.00,E8,2025-12-20,,2026-01-01,,目标,E9
1,signed_sales,channel,direct,2026-03,,126000.00,E8,2025-12-20,,2026-01-01,,目标,E9
1,signed_sales,settlement,月结,2026-03,,120000.00,E8,2025-12-20,,2026-01-01,,目标,E9
"""
CHANNELS = """\
attribute,value,channel,valid_from,valid_to,reason,approved_by
account,fxiaoke:A1,direct,2026-01-01,,直销,E9
"""
NAMES = {"A1": "宏达机械有限公司", "A2": "鸿达机械厂", "A3": "永信轴承厂", "A4": "立德五金商行", "A5": "博远阀门厂"}


def moved(first: dict[str, Any], at: str, **changes: Any) -> dict[str, Any]:
    """A later version of a record."""
    return {**first, "$at": f"{at}+08:00", "last_modified_time": millis(at), "version": "2", **changes}


def write_moving_records(folder: Path) -> None:
    """What was signed until the end of March, and what April did to it."""
    orders = {
        number: sold(number, owner, account, gross, on)
        for number, owner, account, gross, on in (
            (1, "FU1", "A1", "11300.00", "2026-02-10"),
            (2, "FU1", "A1", "22600.00", "2026-03-05"),
            (3, "FU2", "A2", "33900.00", "2026-03-06"),
            (4, "FU1", "A1", "5650.00", "2026-03-07"),
            (5, "FU2", "A3", "11300.00", "2026-03-30"),
            (6, "FU2", "A4", "11300.00", "2026-01-15"),
            (7, "FU2", "A5", "11300.00", "2026-03-09"),
            (8, "FU1", "A1", "11300.00", "2026-04-15"),
            (9, "FU1", "A1", "22600.00", "2026-03-10"),
            (10, "FU2", "A1", "11300.00", "2026-03-11"),
        )
    }
    orders[2][0][1]["settle_type"] = "月结"
    late = [(kind, {**one, "$at": "2026-04-02T09:00:00+08:00"}) for kind, one in orders.pop(5)]
    accounts = {key: record("AccountObj", key, "2025-06-01T09:00:00", "FU1", name=name) for key, name in NAMES.items()}
    records = [
        *(("AccountObj", account) for account in accounts.values()),
        *(one for own in orders.values() for one in own),
        *((kind, moved(one, "2026-04-02T09:00:00", create_time=millis("2026-04-02T09:00:00"))) for kind, one in late),
        ("SalesOrderObj", moved(orders[2][0][1], "2026-04-06T09:00:00", owner=["FU2"])),
        *((kind, {"_id": one["_id"], "$at": "2026-04-07T09:00:00+08:00", "$deleted": "permanent"}) for kind, one in orders[4]),
        ("SalesOrderObj", moved(orders[6][0][1], "2026-04-08T09:00:00", account_id="A3")),
        ("SalesOrderObj", moved(orders[9][0][1], "2026-04-09T09:00:00", order_amount="45200.00")),
        ("SalesOrderObj", moved(orders[10][0][1], "2026-04-10T09:00:00", life_status="invalid", **{"$deleted": "invalid"})),
        ("AccountObj", {"_id": "A4", "$at": "2026-04-08T09:00:00+08:00", "$deleted": "permanent"}),
    ]
    known = paid("P2", "O2", "FU1", "A1", "11300.00", "2026-03-25")
    changed = paid("P9", "O9", "FU1", "A1", "5650.00", "2026-03-25")
    records += [
        *known,
        *((kind, {"_id": one["_id"], "$at": "2026-04-07T09:00:00+08:00", "$deleted": "permanent"}) for kind, one in known),
        *changed,
        *((kind, moved(one, "2026-04-09T09:00:00", payment_amount="11300.00")) for kind, one in changed),
        *paid("P3", "O3", "FU2", "A2", "33900.00", "2026-03-20", at="2026-04-03T09:00:00"),
    ]
    write_records(folder)
    for kind in ("AccountObj", "SalesOrderObj", "SalesOrderProductObj", "PaymentObj", "OrderPaymentObj"):
        lines = [json.dumps(one, ensure_ascii=False) for own, one in records if own == kind]
        (folder / "fxiaoke" / f"{kind}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Told:
    """The home after three nights, and the prints of its archived warehouses when they were published."""

    home: Home
    prints: dict[date, str]


def print_of(home: Home, night: date) -> str:
    found = archived(home.archive, night)
    assert found is not None
    return hashlib.sha256(found.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    root = tmp_path_factory.mktemp("moving")
    home = Home(root=str(root / "home"), company=str(root / "company"))
    write_company(home.company_folder, PEOPLE)
    yaml = PEOPLE["company.yaml"].replace("order_amounts: incl_tax,", "order_amounts: incl_tax, vanishing_limit: 0.5,")
    write_company(home.company_folder, {"company.yaml": yaml, "targets.csv": TARGETS, "channel_map.csv": CHANNELS})
    write_moving_records(root / "records")
    prints = {}
    with (
        pytest.MonkeyPatch.context() as environment,
        serve(root / "records", at=datetime(2026, 3, 31, tzinfo=UTC), options={"limits": "off"}) as running,
    ):
        environment.setenv("DAGSTER_HOME", str(root / "dagster"))
        for name, value in surroundings(running.zoho_url, running.fxiaoke_url).items():
            environment.setenv(name, value)
        for as_of in NIGHTS:
            if as_of > MARCH:
                until = "" if as_of == APRIL else "2026-05-10"
                write_company(home.company_folder, {"customer_links.csv": LINK.format(until=until)})
            known_at = night_of(as_of, "Asia/Shanghai")
            running.move_to(known_at)
            execute("nightly", home, as_of=as_of, known_at=known_at)
            prints[as_of] = print_of(home, as_of)
        yield Told(home, prints)


def by_month(told: Told, night: date, metric_id: str, scope: str = "company") -> dict[str, Decimal]:
    """A metric by month as a night published it, months without anything left out."""
    with duckdb.connect(str(archived(told.home.archive, night)), read_only=True) as connection:
        return dict(
            connection.execute(
                "select period, value from management.kpi where metric_id = ? and scope_id = ? and period_type = 'month' "
                "and org_view = 'as_of_event' and scope_type in ('company', 'rep') and value <> 0 order by period",
                [metric_id, scope],
            ).fetchall()
        )


def test_a_late_order_counts_in_the_month_it_was_signed_and_a_deleted_one_no_longer(told: Told) -> None:
    """SO5 was signed on 30 March and typed in on 2 April; SO4 of March was deleted on 7 April. April holds neither."""
    assert by_month(told, MARCH, "signed_sales") == {"2026-01": D(10_000), "2026-02": D(10_000), "2026-03": D(95_000)}
    assert by_month(told, APRIL, "signed_sales") == {
        "2026-01": D(10_000),
        "2026-02": D(10_000),
        "2026-03": D(100_000),
        "2026-04": D(20_000),
    }
    assert by_month(told, MAY, "signed_sales") == by_month(told, APRIL, "signed_sales")


def test_cash_counts_on_the_day_it_came_whenever_it_was_typed_in_corrected_or_deleted(told: Told) -> None:
    """33,900 of 20 March were entered in April; of 25 March 11,300 were deleted on 7 April and 5,650 became 11,300 on the 9th."""
    assert [by_month(told, night, "collections") for night in NIGHTS] == [
        {"2026-03": D(16_950)}, {"2026-03": D(45_200)}, {"2026-03": D(45_200)},
    ]
    owners = {night: [by_month(told, night, "collections", who).get("2026-03") for who in ("E1", "E2")] for night in NIGHTS}
    assert owners == {MARCH: [D(16_950), None], APRIL: [D(11_300), D(33_900)], MAY: [D(11_300), D(33_900)]}


def test_an_order_that_changes_hands_stays_with_who_signed_it(told: Told) -> None:
    """SO2 went from E1 to E2 on 6 April: E1's March moves by the deleted SO4 alone, E2's by the late SO5 alone."""
    nights = {night: [by_month(told, night, "signed_sales", who).get("2026-03") for who in ("E1", "E2")] for night in NIGHTS}
    assert nights == {MARCH: [D(45_000), D(50_000)], APRIL: [D(40_000), D(60_000)], MAY: [D(40_000), D(60_000)]}


def test_what_is_amended_or_cancelled_later_moves_the_day_of_the_change(told: Told) -> None:
    """SO9 went from 20,000 to 40,000 on 9 April and SO10 was cancelled on 10 April: March keeps both as they were signed."""
    april = {who: by_month(told, APRIL, "signed_sales", who)["2026-04"] for who in ("E1", "E2")}
    assert april == {"E1": D(10_000) + D(20_000), "E2": D(-10_000)}
    assert [by_month(told, APRIL, "orders", who) for who in ("E1", "E2")] == [
        {"2026-02": D(1), "2026-03": D(2), "2026-04": D(1)}, {"2026-01": D(1), "2026-03": D(4), "2026-04": D(-1)},
    ]
    with duckdb.connect(str(archived(told.home.archive, APRIL)), read_only=True) as connection:
        parts = """
            select scope_type, map_from_entries(list((period, value) order by period)) from (
                select scope_type, period, sum(value) as value from management.kpi
                where metric_id = 'signed_sales' and period_type = 'month' and org_view = 'current' and scope_type <> 'customer'
                group by all having sum(value) <> 0
            ) group by 1
        """
        apart = {scope: told_so for scope, told_so in connection.execute(parts).fetchall()}
        assert len(apart) >= 8
        assert [scope for scope, told_so in apart.items() if told_so != by_month(told, APRIL, "signed_sales")] == []
        of_customers = "select month, sum(month_signed_base) from management.customer_months group by 1 order by 1"
        told_twice = {str(month)[:7]: amount for month, amount in connection.execute(of_customers).fetchall()}
    assert told_twice == by_month(told, APRIL, "signed_sales")


def test_merging_makes_no_new_customer_and_parting_gives_back_the_old_ones(told: Told) -> None:
    """A4 was merged into A3 in the CRM, whose first order came late; A2 and A5 are one by decision from 8 April to 10 May."""
    assert [by_month(told, night, "new_customers") for night in NIGHTS] == [
        {"2026-01": D(1), "2026-02": D(1), "2026-03": D(2)},
        {"2026-01": D(1), "2026-02": D(1), "2026-03": D(1)},
        {"2026-01": D(1), "2026-02": D(1), "2026-03": D(2)},
    ]


def test_the_history_says_who_was_one_customer_when_and_why(told: Told) -> None:
    with duckdb.connect(str(told.home.published), read_only=True) as connection:
        found = connection.execute(
            "select account_id, joined_to, rule, evidence, is_gone, valid_from, valid_to from core.customer_account_history "
            "where account_id in ('A2', 'A4', 'A5') order by account_id, valid_from"
        ).fetchall()
    always, joined, merged, parted = date(1900, 1, 1), APRIL, APRIL, MAY  # the nights that learnt of it
    assert found == [
        ("A2", None, "alone", "", False, always, joined),
        ("A2", "fxiaoke:A5", "decision", "E9: 同一集团采购", False, joined, parted),
        ("A2", None, "alone", "", False, parted, None),
        ("A4", None, "alone", "", False, always, merged),
        ("A4", None, "alone", "", True, merged, None),
        ("A5", None, "alone", "", False, always, joined),
        ("A5", "fxiaoke:A2", "decision", "E9: 同一集团采购", False, joined, parted),
        ("A5", None, "alone", "", False, parted, None),
    ]


def test_targets_over_every_axis_stand_beside_what_came_of_them(told: Told) -> None:
    """A2 and A5 are one customer in April's night and two in May's: the target of A2 meets both, then its own."""
    attained = """
        select scope_type, scope_name, origin, target, value, attainment, difficulty_index from management.target_attainment
        where period = '2026-03' order by scope_type, scope_name
    """
    quarter = "select count(*), sum(target), sum(value) from management.target_attainment where period = '2026-Q1'"
    kpi = """
        select count(*) from management.target_attainment as beside inner join management.kpi as kpi
            on (kpi.metric_id, kpi.period_type, kpi.period, kpi.scope_type, kpi.scope_id)
                = (beside.metric_id, beside.period_type, beside.period, beside.scope_type, beside.scope_id)
        where kpi.org_view = 'as_of_event'
            and (kpi.target, kpi.value, kpi.attainment) = (beside.target, beside.value, beside.attainment)
    """
    findings = "select rule, scope_type, period, expected, found, detail from management.target_findings order by all"

    def attainment(scope_type: str, name: str, target: int, value: int, rate: str) -> tuple[object, ...]:
        return scope_type, name, "own", D(target), D(value), D(rate), None

    def expected(of_a2: int, rate: str) -> list[tuple[object, ...]]:
        return [
            attainment("channel", "direct", 126_000, 50_000, "0.396825"),
            attainment("company", "小公司", 120_000, 100_000, "0.833333"),
            attainment("customer", "宏达机械有限公司", 70_000, 50_000, "0.714286"),
            attainment("customer", "鸿达机械厂", 50_000, of_a2, rate),
            attainment("product", "泵", 119_000, 100_000, "0.840336"),
            attainment("product_line", "液压", 119_000, 100_000, "0.840336"),
            attainment("region", "华东", 120_000, 100_000, "0.833333"),
            attainment("settlement", "月结", 120_000, 20_000, "0.166667"),
        ]

    for night, of_a2, rate in ((APRIL, 40_000, "0.8"), (MAY, 30_000, "0.6")):
        with duckdb.connect(str(archived(told.home.archive, night)), read_only=True) as connection:
            assert connection.execute(attained).fetchall() == expected(of_a2, rate)
            assert connection.execute(quarter).fetchone()[:2] == (8, D(844_000))
            assert connection.execute(kpi).fetchone() == (24,)
            assert connection.execute(findings).fetchall() == [
                ("parts_equal_the_whole", "company", "2026-03", D(120_000), D(119_000), "product_line")
            ]


def test_a_past_night_again_asks_no_crm_and_tells_to_the_row_what_was_published_then(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {night: print_of(told.home, night) for night in NIGHTS} == told.prints
    live, before = told.home.published.read_bytes(), _contents(told.home, MARCH)
    nobody = "http://127.0.0.1:9"
    for name, value in surroundings(nobody, nobody).items():
        monkeypatch.setenv(name, value)
    made = execute("nightly", told.home, as_of=MARCH, known_at=night_of(MARCH, "Asia/Shanghai")).made["published/warehouse"]
    kept = archived(told.home.archive, MARCH)
    assert kept is not None
    assert (made["is_live"], made["archived"]) == (False, kept.name)
    assert (_contents(told.home, MARCH), told.home.published.read_bytes() == live) == (before, True)


def _contents(home: Home, night: date) -> dict[str, tuple[int, int]]:
    """Rows of each published table, and a hash over all of them in any order."""
    with duckdb.connect(str(archived(home.archive, night)), read_only=True) as connection:
        tables = connection.execute("select schema_name || '.' || table_name from duckdb_tables() order by 1").fetchall()
        return {
            name: connection.execute(f"select count(*), coalesce(sum(hash(t)), 0) from {name} as t").fetchone()
            for (name,) in tables
        }
