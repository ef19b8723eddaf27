"""Every seeded mistake, in either engine, makes the comparison of the two fail.

Add the mistake to `mutations`; if no world notices it, a rule is missing in `worlds`, and that is what to mend.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import commission.engine
from commission.engine import calculate
from commission.tables import rows_of
from tests.commission_sql.comparison import QUERIES, Answers, by_reference, by_sql
from tests.commission_sql.database import MODELS, Database
from tests.commission_sql.edges import edges
from tests.commission_sql.mutations import IN_PYTHON, IN_SQL, Mutation
from tests.commission_sql.worked import renamed
from tests.commission_sql.worlds import THROUGH, Case, cases, united

SEED, COUNT = 31, 150
# The first tables in which a mistake of a model can show, in the order in which they are built.
SHOWN_IN = {
    "commission_credits": "select * exclude (path) from finance.commission_credits",
    "commission_earning_events": "select * from finance.commission_earning_events",
    "int_commission_awards": "select * from intermediate.int_commission_awards",
    "int_commission_months": "select * from intermediate.int_commission_months",
    "int_commission_guards": "select * from intermediate.int_commission_guards",
    "int_commission_settled": "select * from intermediate.int_commission_settled",
}


@pytest.fixture(scope="module")
def worlds() -> list[Case]:
    """Generated worlds, and those on the edge of a rule."""
    on_edge = [renamed(plans, facts, COUNT + place) for place, (plans, facts) in enumerate(edges())]
    return [*on_edge, *cases(SEED, COUNT)]


@pytest.fixture(scope="module")
def database(models: dict[str, str], worlds: list[Case]) -> Iterator[Database]:
    """Everything built as it should be, and equal to the reference engine."""
    found = Database()
    found.fill([plan for world in worlds for plan in world.plans], rows_of(united(worlds)), "2026-12-31")
    found.post([], {})
    found.build(models)
    for name, sql in SHOWN_IN.items():
        found.connection.execute(f"create table right_{name} as {sql}")
    yield found
    found.connection.close()


@pytest.fixture(scope="module")
def reference(worlds: list[Case]) -> list[Answers]:
    """World by world, those on the edge of a rule first: most mistakes show there at once."""
    return [by_reference([calculate(world.plans, world.facts, THROUGH)]) for world in worlds]


def test_unmutated_engines_agree(database: Database, reference: list[Answers]) -> None:
    whole = {name: {key: amount for one in reference for key, amount in one[name].items()} for name in QUERIES}
    assert by_sql(database) == whole


def is_noticed(database: Database, models: dict[str, str], mutation: Mutation) -> bool:
    """True when some table comes out otherwise; built on only until it does."""
    assert mutation.before in models[mutation.place], f"{mutation.name}: {mutation.before!r} stands nowhere in {mutation.place}"
    mutated = {**models, mutation.place: models[mutation.place].replace(mutation.before, mutation.after)}
    connection = database.connection
    for name in MODELS[MODELS.index(mutation.place) :]:
        relation = mutated[name].removeprefix("create table ").partition(" as ")[0]
        connection.execute(f"drop table {relation}")
        connection.execute(mutated[name])
        if name in SHOWN_IN:
            kept, made = f"from right_{name}", SHOWN_IN[name]
            query = f"(select * {kept} except all {made}) union all ({made} except all select * {kept}) limit 1"
            if connection.execute(query).fetchone() is not None:
                return True
    return False


@pytest.mark.parametrize("mutation", IN_SQL, ids=lambda one: one.name)
def test_a_mistake_in_sql_is_noticed(database: Database, models: dict[str, str], mutation: Mutation) -> None:
    database.connection.execute("begin transaction")
    try:
        assert is_noticed(database, models, mutation)
    finally:
        database.connection.execute("rollback")


def mutated_engine(mutation: Mutation, home: Path) -> str:
    """A copy of the reference engine with one text replaced, importable under a name of its own."""
    name = f"engine_{abs(hash(mutation.name))}"
    for file in Path(commission.engine.__file__).parent.glob("*.py"):
        text = file.read_text(encoding="utf-8").replace("commission.engine", name)
        if file.stem == mutation.place:
            assert mutation.before in text, f"{mutation.name}: {mutation.before!r} stands nowhere in {mutation.place}"
            text = text.replace(mutation.before, mutation.after)
        (home / name).mkdir(exist_ok=True)
        (home / name / file.name).write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize("mutation", IN_PYTHON, ids=lambda one: one.name)
def test_a_mistake_in_the_reference_engine_is_noticed(
    worlds: list[Case], reference: list[Answers], mutation: Mutation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = mutated_engine(mutation, tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    engine = importlib.import_module(name)
    is_noticed_in = (
        by_reference([engine.calculate(world.plans, world.facts, THROUGH)]) != said
        for world, said in zip(worlds, reference, strict=True)
    )
    try:
        assert any(is_noticed_in)
    finally:
        for module in [one for one in sys.modules if one.partition(".")[0] == name]:
            del sys.modules[module]
