"""What decides whose pay: one print a person, over every row that names them or an event that may pay them.

Two nights with the same print of a person gave them the same facts, so nothing has to be asked again of anybody whom nobody with
another print may pay (`commission.agreement.beneficiaries`).

What to add here: a table of facts on which earnings depend. What belongs elsewhere: who is asked then, and what (`agreement.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from commission.engine.code import code_hash as engine_hash
from commission.plan import Plan
from commission.plan.component import DATE_BASES
from commission.tables import CLOCKS, SCHEMA, TABLES, WORKDAYS
from pipelines.reports import code_hash

EVENTS, SPLITS, FIGURES, RATES = "commission_events", "commission_splits", "commission_figures", "commission_fx_rates"
# Of everybody: when one of these changes everything is asked again, as when a plan, either engine or the month does.
OF_ALL = (WORKDAYS, CLOCKS)
# Of whom a row names.
OF_PERSONS = (
    "commission_assignments",
    "commission_people",
    SPLITS,
    "commission_quotas",
    "commission_absences",
    "commission_handovers",
    "commission_waivers",
    "commission_pool_members",
    "commission_penalties",
    "commission_acceptances",
    "commission_wages",
)
# Of a plan's people together, and of a pool's, by this column: what one has, others lack.
OF_GROUPS = {"commission_assignments": "plan_id", "commission_pool_members": "pool_id"}
# Of whom an event of the transaction may pay.
OF_TRANSACTIONS = (SPLITS, "commission_milestones", "commission_order_holds", "commission_handovers")
DECISIVE = tuple(dict.fromkeys((*OF_ALL, *OF_PERSONS, *OF_TRANSACTIONS, RATES)))
DAYS = (*DATE_BASES, "event_date", "signed_date", "bill_maturity_date")


@dataclass(frozen=True, slots=True)
class Prints:
    """What the last comparison that held was made on: what decides for everybody in one print, then one per person and group."""

    of_all: str
    persons: dict[str, str]

    @classmethod
    def kept(cls, path: Path) -> Prints | None:
        """The last ones kept, if any; those of an older version say nothing."""
        told = json.loads(path.read_text()) if path.exists() else {}
        return cls(**told) if set(told) == {"of_all", "persons"} else None

    def keep(self, path: Path) -> None:
        """Remember these in one step."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".part").write_text(json.dumps({"of_all": self.of_all, "persons": self.persons}))
        path.with_suffix(".part").replace(path)

    def changed(self, now: Prints) -> frozenset[str] | None:
        """Persons and groups (`group_name`) whose print is another now; None when what decides for everybody is."""
        if self.of_all != now.of_all:
            return None
        return frozenset(name for name in {*self.persons, *now.persons} if self.persons.get(name) != now.persons.get(name))


def group_name(column: str, name: str) -> str:
    """What a group is called among persons: `plan_id p`, as `_persons` calls it."""
    return f"{column} {name}"


def prints_of(connection: duckdb.DuckDBPyConnection, plans: Iterable[Plan], through: str) -> Prints:
    """The prints of a warehouse, for these plans and months up to `through`."""
    plans = list(plans)
    persons = connection.execute(_persons(with_figures=any(plan.gates or plan.award for plan in plans))).fetchall()
    return Prints(_of_all(connection, plans, through), dict(persons))


def _of_all(connection: duckdb.DuckDBPyConnection, plans: Sequence[Plan], through: str) -> str:
    digest = hashlib.sha256()
    for part in (engine_hash(), code_hash("dbt_project/models", "dbt_project/macros"), *(plan.hash for plan in plans), through):
        digest.update(part.encode() + b"\0")
    for table in OF_ALL:
        row = connection.execute(f"select count(*), sum(hash({_cells(table)})) from {SCHEMA}.{table}").fetchone()
        digest.update(f"{table}{row}".encode())
    return digest.hexdigest()


def _cells(table: str, of: str = "") -> str:
    return ", ".join(of + column.name for column in TABLES[table])


def _persons(*, with_figures: bool) -> str:
    """A person and their print, in SQL.

    An event counts for its owners, for who shares its transaction, and for the owners of what it takes back; with it count what
    else is known of its transaction, and the rates of its currency up to the end of its latest month.
    """
    persons = [
        (table, column.name)
        for table in (*OF_PERSONS, *([FIGURES] if with_figures else []))
        for column in TABLES[table]
        if column.name.endswith("_no")
    ]
    groups = [(table, f"'{column} ' || {column}") for table, column in OF_GROUPS.items()]
    named = [
        f"select '{table}' as told, {whose} as person, hash({_cells(table)}) as print from {SCHEMA}.{table}"
        for table, whose in (*persons, *groups)
    ]
    of_transactions = [
        f"select transaction_id, '{table}' as told, hash({_cells(table)}) as print from {SCHEMA}.{table}"
        for table in OF_TRANSACTIONS
    ]
    days = ", ".join(f"{of}.{day}" for of in ("events", "originals") for day in DAYS)
    return f"""
        with known as (
            select transaction_id, sum(hash(told, print)) as print
            from ({" union all ".join(of_transactions)})
            where transaction_id is not null
            group by transaction_id
        ),
        shares as (
            select transaction_id, list(distinct payee_no) as payees from {SCHEMA}.{SPLITS} group by transaction_id
        ),
        rates as (
            select currency, month, sum(print) over (partition by currency order by month) as print
            from (
                select currency, date_trunc('month', rate_date) as month, sum(hash({_cells(RATES)})) as print
                from {SCHEMA}.{RATES}
                group by all
            )
        ),
        dated as (
            select
                events.currency,
                date_trunc('month', greatest({days})) as month,
                coalesce(events.transaction_id, originals.transaction_id) as transaction_id,
                [
                    coalesce(events.owner_at_signature, ''), events.owner_at_event,
                    originals.owner_at_signature, originals.owner_at_event
                ] as owners,
                hash({_cells(EVENTS, "events.")}, {_cells(EVENTS, "originals.")}) as print
            from {SCHEMA}.{EVENTS} as events
            left join {SCHEMA}.{EVENTS} as originals on events.original_event_id = originals.event_id
        ),
        told as (
            select
                list_distinct(list_concat(dated.owners, shares.payees)) as persons,
                hash(dated.print, known.print, rates.print) as print
            from dated
            left join shares on dated.transaction_id = shares.transaction_id
            left join known on dated.transaction_id = known.transaction_id
            asof left join rates on dated.currency = rates.currency and dated.month >= rates.month
        )
        select person, count(*) || ':' || sum(hash(told, print))
        from (
            select '{EVENTS}' as told, unnest(persons) as person, print from told
            union all {" union all ".join(named)}
        )
        where person is not null
        group by person
    """
