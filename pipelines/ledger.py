"""Closing a commission month: what the warehouse proposes becomes entries of the ledger, once people have signed it.

What to add here: a rule of what waits. What belongs elsewhere: what an entry is and how the chain holds (`commission.ledger`),
what is proposed (`finance.commission_lines`), who signed (`signing.py`).
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from commission.engine.settling import KEPT_AS, RECOVERED, is_change
from commission.explain import keys_in
from commission.ledger import GENESIS, Draft, Ledger, LedgerRefused, Login, PeriodStatus, Verification
from connectors.company.settings import CommissionSettings
from pipelines.agreement import must_agree, plans_of
from pipelines.authority import behind, decisions, managers_of, must_be_own_login, must_hold, order_key
from pipelines.partitions import Period, months
from pipelines.publish import clocks_of
from pipelines.reports import code_hash
from pipelines.resources import Clocks, Home
from pipelines.signing import Signatures, must_be_people, paid_by_file, session, signed_months
from pipelines.warehouse import no_part_fits
from reports.payroll import safe

DRAFTS = """
    select * from finance.commission_lines
    where status = 'draft' and posting_period = ?
    order by payee_no, component_id, origin_period, entry_type, plan_hash, entry_id
"""
KEYS = ("event_id", "payee_no", "plan_id", "component_id", "role")
ZERO = Decimal("0.00")


class Closing(dg.Config):
    """Who stands behind a close, by employee number, never the same person; left empty, `commission_approvals.csv` says."""

    reviewed_by: str = ""
    approved_by: str = ""
    adjustments_approved_by: str = ""
    override_by: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a month would post now, what waits and why, and the events the lines were made of."""

    month: str
    data_as_of: date
    known_at: datetime
    lines: list[Draft]
    waiting: dict[str, list[Draft]] = field(default_factory=dict)
    made_of: list[dict[str, Any]] = field(default_factory=list)
    orders: dict[str, set[str]] = field(default_factory=dict)  # shared or held, by `order_key`: whose lines they move
    to_review: dict[str, list[str]] = field(default_factory=dict)  # known once the engines were asked

    def left_out(self) -> dict[str, list[str]]:
        """What waits, a line each in words, by the reason."""
        return {
            reason: [f"{one.payee_no} {one.origin_period} {one.entry_type} {one.amount}" for one in lines]
            for reason, lines in self.waiting.items()
        }


def proposal(home: Home, month: str, signatures: Signatures) -> Proposal:
    """What the published warehouse proposes to post in a month; refused while it does not describe the month's end."""
    period, published = Period.named(month), clocks_of(home.published)
    if published is None or published[0] < period.last:
        raise LedgerRefused(
            f"{month} cannot be closed: the published warehouse describes {published[0] if published else 'nothing yet'}, "
            f"run a nightly as of {period.last} or later first."
        )
    code = code_hash("dbt_project/models", "dbt_project/macros")
    with duckdb.connect(str(home.published), read_only=True) as connection:
        drafts = [_draft(row, code) for row in rows_of(connection.execute(DRAFTS, [month]))]
        lines, waiting = sorted_out(drafts, home.settings.commission, month, signatures)
        extra = tuple(filter(None, (signatures.adjustments_approved_by, signatures.override_by)))
        lines = [_signed(line, extra) if extra and is_change(line) else line for line in lines]
        made_of = list(_made_of(connection, lines))
        orders = _decided_orders(connection, lines, made_of)
        if beyond := written_off_beyond(connection, month, lines):
            raise LedgerRefused("\n".join(beyond))
    return Proposal(month, *published, lines, waiting, made_of, orders)


def _draft(row: dict[str, Any], code: str) -> Draft:
    """A proposed line; what people decided carries the names of those who decided it."""
    return Draft.of({**row, "code_hash": code, "signatures": (row["approved_by"] or "") if row["decision_id"] else ""})


def rows_of(cursor: Any) -> list[dict[str, Any]]:
    """The rows of an executed query, by column."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _made_of(connection: duckdb.DuckDBPyConnection, lines: Sequence[Draft]) -> Iterator[dict[str, Any]]:
    """Every event, with its credit and cents, of each payee, component and month of origin that has a line."""
    wanted = {(line.payee_no, line.plan_id, line.component_id, line.origin_period) for line in lines}
    for row in events_of(connection):
        origin = row.get("origin_month") or row["month"]
        if {(row["payee_no"], row["plan_id"], row["component_id"], one) for one in (row["month"], origin)} & wanted:
            yield row


def written_off_beyond(connection: duckdb.DuckDBPyConnection, month: str, lines: Sequence[Draft]) -> list[str]:
    """Adjustments that write off more than stands in the balance they name."""
    below = """select payee_no, balance_kind, -closing from finance.commission_balances
        where month = ? and closing < 0 and balance_kind in ('cap', 'hold', 'holdback')"""
    short = {(payee_no, kind): amount for payee_no, kind, amount in connection.execute(below, [month]).fetchall()}
    for line in lines:  # a debt ends at nothing: what was written off beyond it comes back as a recovery with the other sign
        if line.entry_type == "CLAWBACK_RECOVERY" and line.reason == RECOVERED and line.amount > 0:
            short[line.payee_no, "clawback"] = line.amount
    return [
        f"{month}: adjustment {line.decision_id} writes off {abs(line.amount)} of the {kind} of {line.payee_no}, "
        f"{short[line.payee_no, kind]} more than stands there; correct it in adjustments and run the night again"
        for line in lines
        if line.decision_id and line.entry_type.endswith(("_RELEASE", "_RECOVERY"))
        for kind in [KEPT_AS.get(line.entry_type, "clawback")]
        if (line.payee_no, kind) in short
    ]


def _decided_orders(
    connection: duckdb.DuckDBPyConnection, lines: Sequence[Draft], made_of: Sequence[Mapping[str, Any]]
) -> dict[str, set[str]]:
    """Orders that lines move because somebody shared, held or released them, and whose lines those are."""
    touched: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in made_of:
        if row["role"] in ("split", "overlay"):
            touched["deal_splits", row["order_key"]].add(row["payee_no"])
    for line in lines:
        if line.entry_type in ("HOLD", "HOLD_RELEASE"):
            for key in keys_in(line.said()):
                touched["order_holds", key].add(line.payee_no)
    numbers = connection.execute(
        "select order_key, crm, order_no from core.fct_orders where list_contains(?, order_key)", [[key for _, key in touched]]
    ).fetchall()
    named = {key: (crm, order_no) for key, crm, order_no in numbers}
    return {order_key(file, *named[key]): payees for (file, key), payees in touched.items() if key in named}


def events_of(connection: duckdb.DuckDBPyConnection, payee_no: str | None = None) -> list[dict[str, Any]]:
    """What moved cents, as the finance marts tell it now: each event with its credit, of one payee or of all."""
    where = "true" if payee_no is None else "events.payee_no = $payee_no"
    columns = {
        table: [name for name, *_ in connection.execute(f"describe finance.{table}").fetchall()]
        for table in ("commission_earning_events", "commission_credits")
    }
    keys = [name for name in KEYS if all(name in names for names in columns.values())]
    more = [name for name in columns["commission_credits"] if name not in columns["commission_earning_events"]]
    join = " and ".join(f"events.{name} is not distinct from credits.{name}" for name in keys)
    found = connection.execute(
        f"""select events.*, {", ".join(f"credits.{name}" for name in more)}
        from finance.commission_earning_events as events
        left join finance.commission_credits as credits
            on {join} and (events.plan_hash = credits.plan_hash or events.rule in ('undo', 'return'))
        where {where}
        order by events.payee_no, events.plan_id, events.component_id, events.month, events.event_date, events.event_id""",
        {} if payee_no is None else {"payee_no": payee_no},
    )
    return rows_of(found)


def sorted_out(
    drafts: Sequence[Draft], settings: CommissionSettings, month: str, signatures: Signatures
) -> tuple[list[Draft], dict[str, list[Draft]]]:
    """What is posted, and what stays a draft: too old without finance's word, too large without approval, too small yet."""
    small: dict[str, list[Draft]] = defaultdict(list)
    posted, waiting = [], defaultdict(list)
    changes: dict[tuple[str, str], list[Draft]] = defaultdict(list)
    for line in drafts:
        if is_change(line):
            changes[line.payee_no, line.origin_period].append(line)
    sizes = {of: _size(lines) for of, lines in changes.items()}
    oldest = _months_back(month, settings.oldest_origin_months)
    for line in drafts:
        whole = sizes.get((line.payee_no, line.origin_period), ZERO)
        if not is_change(line):
            posted.append(line)
        elif line.origin_period < oldest and not signatures.override_by:
            waiting[f"older than {settings.oldest_origin_months} months, needs finance's override"].append(line)
        elif whole > settings.adjustment_approval_above and not signatures.adjustments_approved_by:
            waiting[f"above {settings.adjustment_approval_above:f}, needs an approval of its own"].append(line)
        elif whole < settings.adjustment_batch_below:
            small[line.payee_no].append(line)
        else:
            posted.append(line)
    for lines in small.values():
        if _size(lines) < settings.adjustment_batch_below:
            waiting[f"below {settings.adjustment_batch_below:f}, gathered until it is more"] += lines
        else:
            posted += lines
    return posted, dict(waiting)


def _size(lines: Sequence[Draft]) -> Decimal:
    """How much changed: what is earned, or what any balance moves by, whichever is more."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        sums[KEPT_AS.get(line.entry_type, "")] += line.amount
    return max(map(abs, sums.values()))


def _months_back(month: str, count: int) -> str:
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def sign(home: Home, month: str, state: str, *, by: str, at: datetime) -> tuple[Proposal, PeriodStatus]:
    """Review or approve what the published warehouse proposes for a month."""
    company, signatures = home.load_company(), signed_months(home.company_folder).get(month, Signatures())
    on = at.astimezone(home.settings.zone).date()
    login = session(home)
    must_be_people(company, month, on, **{f"{state}_by": by})
    must_be_own_login(company, login.name, by)
    must_hold(company, month, {f"{state}_by": (by, on)})
    found, above = proposal(home, month, signatures), managers_of(company, by, on)
    step = Ledger(home.ledger).sign(month, state, found.lines, by=by, at=at, managers=above, login=login)
    return found, step


def close(
    home: Home, month: str, *, at: datetime, signatures: Signatures, login: Login | None = None
) -> tuple[Proposal, PeriodStatus]:
    """Post what a month proposes and seal it; payments that the company folder names are recorded first.

    `login` where the signatures were typed in a session; those of the company folder were given outside.
    """
    ledger, company = Ledger(home.ledger), home.load_company()
    newest = max((step.at for step in ledger.steps()), default=None)
    published = clocks_of(home.published)
    if any(moment is not None and at < moment for moment in (newest, published and published[1])):
        raise LedgerRefused(f"{month} cannot be closed as of {at.isoformat()}: the ledger or the published warehouse is newer.")
    on, signed = at.astimezone(home.settings.zone).date(), ledger.signed(month)
    reviewer = signed["reviewed"].by if "reviewed" in signed else signatures.reviewed_by
    approver = signed["approved"].by if "approved" in signed else signatures.approved_by
    more = {name: value for name in ("adjustments_approved_by", "override_by") if (value := getattr(signatures, name))}
    must_be_people(company, month, on, reviewed_by=reviewer, approved_by=approver, **more)
    if {*more.values()} & {reviewer, approver}:
        raise LedgerRefused(f"{month}: an extra approval is given by somebody who neither reviewed nor approved the month")
    found = proposal(home, month, signatures)
    if reason := no_part_fits(home, home.build):
        raise LedgerRefused(f"{month} cannot be closed. {reason}")
    days = {f"{state}_by": step.at.astimezone(home.settings.zone).date() for state, step in signed.items()}
    signers = {"reviewed_by": reviewer, "approved_by": approver, **more}
    decided = behind(found.lines, month, decisions(company, plans_of(home)), found.orders)
    must_hold(company, month, {step: (who, days.get(step, on)) for step, who in signers.items()}, decided)
    if upward := [
        f"{line.entry_type} {line.amount} of {line.payee_no}: {signer} may not decide it for their own manager"
        for line in found.lines
        for signer in line.signatures
        if line.payee_no in managers_of(company, signer, on)
    ]:
        raise LedgerRefused("\n".join(upward))
    asked = must_agree(home, home.published, f"{found.data_as_of:%Y-%m}")
    for _ in paid_by_file(home, at):
        pass
    found = replace(found, to_review=asked.to_review(month))
    _kept(home, month, {"not posted": found.left_out(), "to review": found.to_review})  # before the seal: it is told once
    step = ledger.close(
        month,
        found.lines,
        closed_at=at,
        reviewed_by=reviewer,
        approved_by=approver,
        frozen={"data_as_of": str(found.data_as_of), "known_at": found.known_at.isoformat()},
        managers_of_approver=managers_of(company, approver, on),
        require_paid=home.settings.commission.close_needs_payment,
        made_of=found.made_of,
        plans=_texts(home, found),
        login=login,
    )
    return found, step


def _texts(home: Home, found: Proposal) -> dict[str, str]:
    """The plans that a month's lines follow from, as they are written, by hash."""
    used = {line.plan_hash for line in found.lines} | {row.get("plan_hash") for row in found.made_of}
    folder = home.company_folder / "plans"
    return {plan.hash: (folder / plan.file).read_text(encoding="utf-8") for plan in plans_of(home) if plan.hash in used}


def _signed(line: Draft, extra: tuple[str, ...]) -> Draft:
    return Draft.of({**line.said(), "amount": line.amount, "signatures": (*line.signatures, *extra)})


def verify(home: Home, expected_head: str | None = None) -> Verification:
    """Follow the ledger's chain, and compare it with what readers were shown of it."""
    published: list[dict[str, Any]] = []
    shown: dict[str, str] = {}
    if home.published.exists():
        with duckdb.connect(str(home.published), read_only=True) as connection:
            published = [
                {name: value if value is None else str(value) for name, value in row.items() if name not in ("posted_at",)}
                for row in rows_of(connection.execute("select * from core.fct_commission_entries order by entry_id"))
            ]
            shown = dict(connection.execute("select period, state from core.dim_commission_periods").fetchall())
    ledger = Ledger(home.ledger)
    found = ledger.verify(expected_head, published, shown)
    printed = {path: json.loads(path.read_bytes())["ledger_head"] for path in (home.path / "finance").glob("*/control_*.json")}
    known = {GENESIS, *(step.ledger_head for step in ledger.steps())} if found.is_whole else set(printed.values())
    if lost := sorted(path for path, head in printed.items() if head not in known):
        named = lost[0].relative_to(home.path)
        return replace(found, is_whole=False, problem=f"the chain does not reach the head that {named} prints", file=str(named))
    return found


@dg.asset(
    key=["ledger", "closed_month"],
    deps=[["published", "warehouse"]],
    partitions_def=months,
    group_name="ledger",
    kinds={"file"},
    owners=["team:finance"],
)
def closed_month(context: dg.AssetExecutionContext, config: Closing, home: Home, clocks: Clocks) -> dg.MaterializeResult:
    """Post the month's draft lines to the ledger and close it; refused while an earlier month is open or not paid."""
    month, ledger = Period.named(context.partition_key).name, Ledger(home.ledger)
    known_at = clocks.of(context, home.settings.time_zone).known_at
    before = ledger.closings().get(month)
    named: dict[str, list[str]] = {}
    to_review: dict[str, list[str]] = {}
    if before is None:
        signatures = signed_months(home.company_folder).get(month, Signatures()).given(**config.model_dump())
        here, given = session(home), [who for who in config.model_dump().values() if who]
        typed = here if config.reviewed_by or config.approved_by else None
        try:
            must_be_own_login(home.load_company(), here.name, *given)
            found, closing = close(home, month, at=known_at, signatures=signatures, login=typed)
        except LedgerRefused as refusal:
            raise dg.Failure(str(refusal)) from None
        named, to_review = found.left_out(), found.to_review
    else:
        closing = before
    posted = [entry for entry in ledger.entries() if entry.posting_period == month]
    return dg.MaterializeResult(
        metadata={
            "entries": len(posted),
            "amount": str(sum((entry.amount for entry in posted), ZERO)),
            "ledger_head": closing.ledger_head,
            "was_closed_before": before is not None,
            "to_review": to_review,
            "waiting": named,
            "to_do": str(path) if (path := to_do_file(home, month)).exists() else "",
        }
    )


def to_do_file(home: Home, month: str) -> Path:
    """Where a close leaves what people have to look at."""
    return home.path / "finance" / f"to_do_{month}.csv"


def _kept(home: Home, month: str, lists: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
    """Write what a close leaves for people to look at, a row each; no file where there is nothing."""
    rows = [(what, reason, case) for what, named in lists.items() for reason, cases in named.items() for case in cases]
    path = to_do_file(home, month)
    if not rows:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([("what", "reason", "case"), *(map(safe, row) for row in rows)])
    path.chmod(0o600)
