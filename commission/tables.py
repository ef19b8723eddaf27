"""The engine's facts as tables of the warehouse: names, columns, types, and the way there and back without loss.

What to add here: nothing per fact; a field of `commission.engine.facts` is a column. A new kind of fact is one row of `_KINDS`.
What belongs elsewhere: what a fact means (`commission.engine.facts`), how rows come to be (dbt), who reads them (`pipelines`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, get_args, get_type_hints

from commission.engine import facts as told
from commission.engine.facts import Event, Facts
from commission.plan.component import DATE_BASES

SCHEMA = "core"
PLACES = 10
TYPES: dict[type, str] = {
    str: "text",
    bool: "boolean",
    int: "integer",
    Decimal: f"decimal(38,{PLACES})",
    date: "date",
    datetime: "timestamp",
}
TAG_SEPARATOR = "|"

Cells = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column, named as the field it carries."""

    name: str
    type: str
    nullable: bool


# Field of Facts, table of the warehouse, dataclass of its rows.
_KINDS: tuple[tuple[str, str, type], ...] = (
    ("events", "commission_events", told.Event),
    ("assignments", "commission_assignments", told.Assignment),
    ("people", "commission_people", told.Person),
    ("splits", "commission_splits", told.Split),
    ("fx_rates", "commission_fx_rates", told.FxRate),
    ("quotas", "commission_quotas", told.Quota),
    ("absences", "commission_absences", told.Absence),
    ("wages", "commission_wages", told.Wage),
    ("milestones", "commission_milestones", told.Milestone),
    ("order_holds", "commission_order_holds", told.OrderHold),
    ("figures", "commission_figures", told.Figure),
    ("waivers", "commission_waivers", told.Waiver),
    ("pool_members", "commission_pool_members", told.PoolMember),
    ("penalties", "commission_penalties", told.Penalty),
    ("acceptances", "commission_acceptances", told.Acceptance),
    ("handovers", "commission_handovers", told.Handover),
)
WORKDAYS, CLOCKS = "commission_workdays", "clocks"


def _columns(kind: type) -> tuple[TableColumn, ...]:
    hints, found = get_type_hints(kind), []
    for field in fields(kind):
        hint = hints[field.name]
        nullable = isinstance(hint, UnionType)
        plain = next(part for part in get_args(hint) if part is not NoneType) if nullable else hint
        if field.name == "dates":
            found += [TableColumn(name, "date", nullable=True) for name in DATE_BASES]
        elif field.name == "tags":
            found.append(TableColumn("tags", "text", nullable=False))
        else:
            found.append(TableColumn(field.name, TYPES[plain], nullable))
    return tuple(found)


# What must stand in the warehouse. `clocks` has more columns than the engine asks for.
TABLES: dict[str, tuple[TableColumn, ...]] = {
    **{table: _columns(kind) for _, table, kind in _KINDS},
    WORKDAYS: (TableColumn("day", "date", nullable=False),),
    CLOCKS: (TableColumn("fiscal_year_start_month", "integer", nullable=False),),
}


def rows_of(facts: Facts) -> dict[str, list[Cells]]:
    """Every fact as a row of its table, cells in the order of `TABLES`; more decimals than a column holds are refused."""
    tables: dict[str, list[Cells]] = {}
    for name, table, kind in _KINDS:
        cells = _event_cells if kind is Event else attrgetter(*(field.name for field in fields(kind)))
        tables[table] = [cells(one) for one in getattr(facts, name)]
        _refuse_what_does_not_fit(table, tables[table])
    tables[WORKDAYS] = [(day,) for day in sorted(facts.workdays)]
    tables[CLOCKS] = [(facts.fiscal_year_start_month,)]
    return tables


def facts_of(tables: Mapping[str, Iterable[Sequence[Any]]]) -> Facts:
    """The facts that these rows are; a table that is not there holds nothing."""
    found: dict[str, Any] = {}
    for name, table, kind in _KINDS:
        names = [column.name for column in TABLES[table]]
        make = _event if kind is Event else kind
        found[name] = tuple(make(**dict(zip(names, row, strict=True))) for row in tables.get(table, ()))
    months = [row[0] for row in tables.get(CLOCKS, ())]
    return Facts(
        **found,
        workdays=frozenset(row[0] for row in tables.get(WORKDAYS, ())),
        fiscal_year_start_month=months[0] if months else 1,
    )


def _event_cells(event: Event) -> Cells:
    cells: list[Any] = []
    for field in fields(Event):
        value = getattr(event, field.name)
        if field.name == "dates":
            cells += [value.get(name) for name in DATE_BASES]
        elif field.name == "tags":
            cells.append(TAG_SEPARATOR.join(sorted(value)))
        else:
            cells.append(value)
    return tuple(cells)


def _event(*, tags: str, **values: Any) -> Event:
    dates = {name: day for name in DATE_BASES if (day := values.pop(name)) is not None}
    return Event(**values, dates=dates, tags=frozenset(filter(None, tags.split(TAG_SEPARATOR))))


def _refuse_what_does_not_fit(table: str, rows: Iterable[Cells]) -> None:
    for row in rows:
        for column, value in zip(TABLES[table], row, strict=True):
            if isinstance(value, Decimal) and value != round(value, PLACES):
                raise ValueError(f"{table}.{column.name}: {value} has more than {PLACES} decimals ({row[0]})")
