"""Facts become rows of the warehouse and come back as they were.

What to add here: a value that a column could lose.
What belongs elsewhere: that the warehouse has these tables (`tests/dbt_project`).
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from types import UnionType
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commission.engine import Event, Facts, FxRate
from commission.plan.component import DATE_BASES
from commission.tables import TABLES, facts_of, rows_of

TEXTS = st.text(st.characters(exclude_characters="|", exclude_categories=("Cs",)), min_size=1, max_size=8)
VALUES: dict[type, st.SearchStrategy[Any]] = {
    str: TEXTS,
    bool: st.booleans(),
    int: st.integers(-2_147_483_648, 2_147_483_647),
    Decimal: st.integers(-(10**27), 10**27).map(lambda units: Decimal(units).scaleb(-10)),
    date: st.dates(),
    datetime: st.datetimes(),
}
SPECIAL = {
    "dates": st.dictionaries(st.sampled_from(DATE_BASES), st.dates()),
    "tags": st.frozensets(TEXTS, max_size=3),
}


def any_of(kind: type) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    return st.builds(kind, **{name: SPECIAL[name] if name in SPECIAL else value_of(hints[name]) for name in names})


def value_of(hint: Any) -> st.SearchStrategy[Any]:
    return st.none() | VALUES[get_args(hint)[0]] if isinstance(hint, UnionType) else VALUES[hint]


def worlds() -> st.SearchStrategy[Facts]:
    parts = {
        name: st.lists(any_of(get_args(hint)[0]), max_size=2).map(tuple)
        for name, hint in get_type_hints(Facts).items()
        if name not in ("workdays", "fiscal_year_start_month")
    }
    return st.builds(Facts, **parts, workdays=st.frozensets(st.dates(), max_size=3), fiscal_year_start_month=st.integers(1, 12))


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_facts_come_back_from_their_rows_as_they_were(facts: Facts) -> None:
    assert facts_of(rows_of(facts)) == facts


def test_every_fact_has_a_table_and_every_row_fits_it() -> None:
    event = Event(event_id="E", event_type="signed", transaction_id=None, event_date=date(2026, 1, 1))
    rows = rows_of(Facts(events=(event,), assignments=()))
    assert list(rows) == list(TABLES)
    assert len(rows["commission_events"][0]) == len(TABLES["commission_events"])
    assert (rows["commission_workdays"], rows["clocks"]) == ([], [(1,)])


def test_a_decimal_that_a_column_would_round_is_refused() -> None:
    rate = FxRate(rate_type="mid", currency="USD", rate_date=date(2026, 1, 1), rate=Decimal("7.12345678901"))
    with pytest.raises(ValueError, match=r"commission_fx_rates.rate: 7.12345678901 has more than 10 decimals \(mid\)"):
        rows_of(Facts(events=(), assignments=(), fx_rates=(rate,)))


def test_no_table_is_no_fact() -> None:
    assert facts_of({}) == Facts(events=(), assignments=())
