"""The nightly comparison of the two commission engines: what it asks, what it finds, what it leaves alone.

What to add here: a way in which the comparison could look away.
What belongs elsewhere: what each engine must earn (`tests/commission`, `tests/pipelines`).
"""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from commission.ledger import LedgerRefused
from commission.plan import Plan, load_plans
from pipelines.agreement import both_engines_agree, must_agree, verify
from pipelines.fingerprints import Prints
from pipelines.resources import Home
from pipelines.warehouse import last_tables
from tests.dbt_project.build import PROJECT, rows

THROUGH = "2026-12"


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return load_plans(PROJECT.parent / "company" / "plans")


@pytest.fixture
def copied(demo: tuple[Path, Path], tmp_path: Path) -> Path:
    """A warehouse that a test may spoil."""
    return Path(shutil.copyfile(demo[0], tmp_path / "warehouse.duckdb"))


def spoil(warehouse: Path, *statements: str) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_the_engines_agree_on_everybody_and_then_nothing_is_asked_again(demo: tuple[Path, Path], plans: list[Plan]) -> None:
    asked, prints = verify(demo[0], plans, THROUGH)
    (earned,) = rows(demo[0], "select count(*) from finance.commission_earnings")
    assert (asked.found, asked.months) == ([], earned[0])
    assert asked.events > asked.months > asked.payees > 5
    again, kept = verify(demo[0], plans, THROUGH, prints)
    assert ((again.payees, again.events), kept) == ((0, 0), prints)


def test_only_who_may_earn_by_a_changed_event_is_asked(copied: Path, plans: list[Plan]) -> None:
    _, prints = verify(copied, plans, THROUGH)
    ((owner, event_id),) = rows(
        copied,
        "select owner_at_signature, event_id from core.commission_events join finance.commission_earning_events using (event_id) "
        "order by event_id limit 1",
    )
    spoil(copied, f"update core.commission_events set method = 'other' where event_id = '{event_id}'")
    asked, _ = verify(copied, plans, THROUGH, prints)
    assert (asked.payees, asked.found) == (1, [])
    assert (
        asked.events
        == rows(
            copied,
            "select count(*) from core.commission_events where event_type = 'cash_applied' and grain <> 'line' "
            f"and '{owner}' in (owner_at_signature, owner_at_event) and event_date >= date '2026-01-01'",
        )[0][0]
    )
    everybody, _ = verify(copied, plans, THROUGH, Prints("other code", prints.persons))
    assert everybody.payees > 1


def test_who_sold_what_another_person_s_refund_takes_back_is_asked(copied: Path, plans: list[Plan]) -> None:
    """The customer has a new owner; the seller answers for the refund, so both engines must read it for the seller."""
    _, prints = verify(copied, plans, THROUGH)
    ((seller, event_id),) = rows(
        copied,
        "select owner_at_signature, event_id from core.commission_events join finance.commission_earning_events using (event_id) "
        "where payee_no = owner_at_signature and owner_at_event = owner_at_signature order by event_id limit 1",
    )
    spoil(
        copied,
        "insert into core.commission_events select * replace ('back' as event_id, event_id as original_event_id, "
        "-amount_ex_tax as amount_ex_tax, 'E999' as owner_at_signature, 'E999' as owner_at_event) "
        f"from core.commission_events where event_id = '{event_id}'",
    )
    asked, _ = verify(copied, plans, THROUGH, prints)
    ((sold,),) = rows(
        copied,
        "select count(*) from core.commission_events where event_type = 'cash_applied' and grain <> 'line' "
        f"and '{seller}' in (owner_at_signature, owner_at_event) and event_date >= date '2026-01-01'",
    )
    assert (asked.payees, asked.events, asked.found) == (2, sold + 1, [])


def test_a_cent_is_found_and_named_with_its_first_event(copied: Path, plans: list[Plan]) -> None:
    ((payee, month, plan_id, component, event_id, amount),) = rows(
        copied,
        "select payee_no, month, plan_id, component_id, event_id, amount from finance.commission_earning_events "
        "where amount > 1 order by event_date desc, event_id limit 1",
    )
    at = f"payee_no = '{payee}' and month = '{month}'"
    ((true,),) = rows(copied, f"select sum(amount) from finance.commission_earnings where {at}")
    spoil(
        copied,
        f"update finance.commission_earnings set amount = amount + 0.01 where {at} and window_period = ("
        f"select max(window_period) from finance.commission_earnings where {at})",
        f"update finance.commission_earning_events set amount = amount + 0.01 where event_id = '{event_id}'",
    )
    asked, _ = verify(copied, plans, THROUGH)
    assert [str(one) for one in asked.found] == [
        f"{payee} {month} {plan_id}/{component}: SQL {true + Decimal('0.01')}, reference {true} (first at event {event_id})"
    ]


def test_a_close_after_a_close_asks_again_only_a_warehouse_that_changed(copied: Path, tmp_path: Path) -> None:
    home = Home(root=str(tmp_path / "home"), company=str(PROJECT.parent / "company"))
    assert must_agree(home, copied, THROUGH) is must_agree(home, copied, THROUGH)
    spoil(copied, "update finance.commission_earnings set amount = amount + 0.01 where month = '2026-03'")
    with pytest.raises(LedgerRefused, match="the two commission engines differ"):
        must_agree(home, copied, THROUGH)


def test_an_earning_that_only_one_engine_knows_is_found(copied: Path, plans: list[Plan]) -> None:
    ((payee, month, amount),) = rows(
        copied, "select payee_no, month, sum(amount) from finance.commission_earnings group by all having sum(amount) > 0 limit 1"
    )
    spoil(copied, f"delete from finance.commission_earnings where payee_no = '{payee}' and month = '{month}'")
    asked, _ = verify(copied, plans, THROUGH)
    assert [(one.payee_no, one.month, one.sql, one.reference) for one in asked.found] == [(payee, month, Decimal(0), amount)]


def test_the_check_holds_back_publication_without_cutting_the_build() -> None:
    (key,) = both_engines_agree.check_keys
    assert key.asset_key in last_tables
    assert next(iter(both_engines_agree.check_specs)).blocking
