"""The ledger only grows: what it refuses, what it survives, and how it names the byte that was touched.

Add the way somebody tried to change a closed month. What should be posted is tested with the engine.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from commission.ledger import ENTRY_COLUMNS, GENESIS, Draft, Entry, Ledger, LedgerBroken, LedgerRefused, PeriodClosed
from commission.ledger.records import canonical, hash_of
from commission.ledger.store import Segments

D = Decimal
AT = datetime(2026, 10, 3, 9, 0, tzinfo=timezone(timedelta(hours=8)))


def line(amount: str = "100.00", period: str = "2026-09", entry_type: str = "EARN", payee: str = "E101", **more: str) -> Draft:
    return Draft(
        entry_type=entry_type,
        payee_no=payee,
        component_id="collection",
        plan_id="key-accounts-2026",
        origin_period=more.pop("origin", period),
        posting_period=period,
        amount=Decimal(amount),
        **more,
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger" / "commission")


def close(ledger: Ledger, period: str = "2026-09", lines: list[Draft] | None = None, **people: str) -> object:
    signed = {"reviewed_by": "E905", "approved_by": "E901", "closed_by": "E906"} | people
    return ledger.close(period, [line(period=period)] if lines is None else lines, closed_at=AT, **signed)


def test_an_empty_ledger_holds_and_knows_nothing(ledger: Ledger) -> None:
    assert (ledger.entries(), ledger.periods(), ledger.head(), str(ledger.verify())) == (
        [],
        [],
        GENESIS,
        f"ledger holds: 0 entries, head {GENESIS}",
    )


def test_an_entry_carries_every_column_and_follows_the_one_before(ledger: Ledger) -> None:
    first, second = ledger.append(
        [line("12.30"), line("-2.30", entry_type="CLAWBACK", reason="退货")], posted_at=AT, approved_by="E901"
    )
    assert tuple(first.row()) == ENTRY_COLUMNS
    assert (first.entry_id, first.amount, first.prev_entry_hash, first.posted_at) == (
        "2026-09-0000001",
        Decimal("12.30"),
        GENESIS,
        AT.astimezone(UTC),
    )
    assert (second.prev_entry_hash, ledger.head()) == (first.entry_hash, second.entry_hash)
    assert ledger.entries() == [first, second]
    assert ledger.entries(known_at=AT - timedelta(seconds=1)) == []


def test_close_posts_exactly_the_drafts_and_seals_the_steps(ledger: Ledger) -> None:
    sealed = close(ledger, lines=[line("1.10"), line("2.20", payee="E102")])
    assert [(one.payee_no, one.amount, one.approved_by) for one in ledger.entries()] == [
        ("E101", Decimal("1.10"), "E901"),
        ("E102", Decimal("2.20"), "E901"),
    ]
    assert [(step.state, step.by) for step in ledger.steps()] == [
        ("calculated", "quarterdeck"),
        ("reviewed", "E905"),
        ("approved", "E901"),
        ("closed", "E906"),
    ]
    assert [(step.period, step.state, step.closed_at, step.ledger_head) for step in ledger.periods()] == [
        ("2026-09", "closed", AT.astimezone(UTC), ledger.head())
    ]
    assert sealed == ledger.closings()["2026-09"]


def test_closing_twice_does_nothing_and_closing_otherwise_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    lines = [line("1.10"), line("2.20", payee="E102")]
    first = close(ledger, lines=lines)
    before = sorted((file.name, file.read_bytes()) for file in (tmp_path / "ledger" / "commission").glob("*.ndjson"))
    assert close(ledger, lines=lines[::-1]) == first
    assert sorted((file.name, file.read_bytes()) for file in (tmp_path / "ledger" / "commission").glob("*.ndjson")) == before
    with pytest.raises(PeriodClosed, match="post the difference to the first open period"):
        close(ledger, lines=[line("1.11")])


@pytest.mark.parametrize(
    ("closed", "period", "because"),
    [
        (["2026-07"], "2026-09", "2026-08 is still open; close it first"),
        (["2026-09"], "2026-08", "the books begin with 2026-09; 2026-08 lies before and cannot be closed any more"),
        ([], "2026-13", "'2026-13' is not a month such as 2026-09"),
    ],
)
def test_periods_close_in_order(ledger: Ledger, closed: list[str], period: str, because: str) -> None:
    for month in closed:
        close(ledger, month)
    with pytest.raises(LedgerRefused, match=because):
        close(ledger, period, lines=[])


def test_an_earlier_month_that_was_begun_must_be_closed_and_where_asked_paid(ledger: Ledger) -> None:
    ledger.sign("2026-08", "reviewed", [], by="E905", at=AT)
    with pytest.raises(LedgerRefused, match="2026-08 is still open"):
        close(ledger)
    close(ledger, "2026-08", lines=[])
    with pytest.raises(LedgerRefused, match="2026-08 is closed but not paid"):
        close(ledger, require_paid=True)
    ledger.advance("2026-08", "paid", by="E907", at=AT)
    close(ledger, require_paid=True)
    assert [(one.period, one.state) for one in ledger.periods()] == [("2026-08", "paid"), ("2026-09", "closed")]


@pytest.mark.parametrize("people", [{"approved_by": "E905"}, {"closed_by": "E901"}, {"calculated_by": "E905"}])
def test_nobody_takes_two_adjacent_steps(ledger: Ledger, people: dict[str, str]) -> None:
    with pytest.raises(LedgerRefused, match="another person must take this one"):
        close(ledger, **people)
    assert ledger.entries() == []


def test_a_step_may_not_be_skipped(ledger: Ledger) -> None:
    with pytest.raises(LedgerRefused, match="2026-09 is not calculated yet"):
        ledger.advance("2026-09", "reviewed", by="E905", at=AT)
    ledger.advance("2026-09", "calculated", by="E904", at=AT)
    with pytest.raises(LedgerRefused, match="2026-09 is not reviewed yet"):
        ledger.close("2026-09", [], closed_at=AT, approved_by="E901")
    ledger.advance("2026-09", "reviewed", by="E905", at=AT)
    assert ledger.close("2026-09", [], closed_at=AT, approved_by="E901").state == "closed"


def test_every_reason_to_refuse_a_line_is_given_at_once(ledger: Ledger) -> None:
    bad = [
        line("1.005"),
        line("5.00", entry_type="GIFT"),
        line("5.00", entry_type="MANUAL"),
        line("5.00", payee="E901"),
        line("5.00", origin="2026-10"),
    ]
    with pytest.raises(LedgerRefused) as caught:
        ledger.append(bad, posted_at=AT, approved_by="E901")
    assert str(caught.value).splitlines() == [
        "EARN 1.005 of E101: the amount must be a Decimal with at most two places",
        "GIFT 5.00 of E101: unknown entry type",
        "MANUAL 5.00 of E101: needs a reason",
        "MANUAL 5.00 of E101: needs an evidence file",
        "MANUAL 5.00 of E101: needs two approvers",
        "EARN 5.00 of E901: nobody approves their own pay",
        "EARN 5.00 of E101: origin 2026-10 is after posting 2026-09",
    ]
    assert ledger.entries() == []


def test_a_manual_line_is_posted_with_two_names_and_its_paper(ledger: Ledger) -> None:
    (posted,) = ledger.append(
        [line("5.00", entry_type="MANUAL", reason="补发", evidence="manual/2026-09-01.pdf")],
        posted_at=AT,
        approved_by=["E901", "E905"],
    )
    assert (posted.approved_by, posted.evidence) == ("E901; E905", "manual/2026-09-01.pdf")


def test_a_closed_month_takes_no_more_and_a_managers_adjustment_needs_another_approver(ledger: Ledger) -> None:
    close(ledger)
    with pytest.raises(LedgerRefused, match="2026-09 is closed; post to an open period"):
        ledger.append([line()], posted_at=AT, approved_by="E901")
    with pytest.raises(LedgerRefused, match="^2026-09 is closed: nothing of it is signed any more$"):
        ledger.sign("2026-09", "reviewed", [line()], by="E905", at=AT)
    told = ledger.verify("9f2c64e1b7a0").problem
    assert told == "no entry has the head 9f2c64e1b7a0: mistyped, another ledger's, or entries were removed from the end"
    late = line("3.00", "2026-10", "ADJ_DATA", payee="E900", origin="2026-09", reason="迟到回款")
    with pytest.raises(LedgerRefused, match="may not approve an adjustment for their own manager"):
        ledger.close("2026-10", [late], closed_at=AT, approved_by="E901", reviewed_by="E905", managers_of_approver=["E900"])


def touched(file: Path, change: bytes, into: bytes) -> None:
    data = file.read_bytes()
    assert data.count(change) == 1
    file.write_bytes(data.replace(change, into))


def test_one_changed_byte_is_found_and_named(ledger: Ledger, tmp_path: Path) -> None:
    close(ledger, "2026-08", lines=[line("1.00", "2026-08")])
    close(ledger, "2026-09", lines=[line("2.00"), line("777.77", payee="E102"), line("4.00", payee="E103")])
    file = tmp_path / "ledger" / "commission" / "000002.ndjson"
    lines = file.read_bytes().splitlines(keepends=True)
    touched(file, b"777.77", b"977.77")
    found = ledger.verify()
    first = len(lines[0])
    assert (found.file, found.line, found.entry_id, found.entries) == ("000002.ndjson", 2, "2026-09-0000003", 2)
    assert (found.first_byte, found.last_byte) == (first, first + len(lines[1]) - 1)
    assert found.problem == "the content does not match its hash"
    with pytest.raises(LedgerBroken, match="2026-09-0000003"):
        ledger.entries()


def kinds_of_bytes(data: bytes) -> dict[tuple[int, str], int]:
    """One place of every kind in every kind of line: letters, digits, quotes, the line's end, the bytes of a Chinese word."""
    places: dict[tuple[int, str], int] = {}
    line, in_text = 0, False
    for at, byte in enumerate(data):
        char = chr(byte)
        in_text ^= char == '"'
        kind = "letter" if char.isascii() and char.isalpha() else "digit" if char.isdigit() else char if byte < 128 else "字"
        places[line, kind] = at  # the last of its kind: most often inside a hash or a state
        places.setdefault((line, kind + " first"), at)
        line += char == "\n"
    return places


def test_every_kind_of_byte_is_guarded_and_what_stood_there_is_named(ledger: Ledger, tmp_path: Path) -> None:
    late = line("2.00", payee="E102", entry_type="ADJ_DATA", origin="2026-08", reason="迟到事实")
    made_of = [{"event_id": "e1", "month": "2026-09", "amount": Decimal("1.00")}, {"event_id": "e2", "month": "2026-09"}]
    ledger.close("2026-09", [late], closed_at=AT, reviewed_by="E905", approved_by="E901", made_of=made_of)
    unnamed, folder = [], tmp_path / "ledger" / "commission"
    for file in (folder / "000001.ndjson", *(folder / "frozen").iterdir()):
        data = file.read_bytes()
        for at in sorted(set(kinds_of_bytes(data).values())):
            file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            found = ledger.verify()
            assert not found.is_whole, f"byte {at} of {data[max(0, at - 10) : at + 10]!r}"
            assert (found.file or "").endswith(file.name)
            assert found.first_byte <= at <= found.last_byte + 1
            if f"byte {at} was" not in str(found.differs):
                unnamed.append((file.name, at, data[max(0, at - 10) : at + 10], found.differs))
        file.write_bytes(data)
    assert (unnamed, ledger.verify().is_whole) == ([], True)


def test_more_than_one_changed_byte_is_named_by_what_was_published(ledger: Ledger, tmp_path: Path) -> None:
    close(ledger, lines=[line("1.00"), line("2.00", payee="E102")])
    published = [{**entry.record()} for entry in ledger.entries()]
    touched(tmp_path / "ledger" / "commission" / "000001.ndjson", b'"amount":"2.00"', b'"amount":"98.7"')
    assert ledger.verify().differs is None
    assert ledger.verify(published=published).differs == "amount was '2.00', is '98.7'"


def test_lines_cut_from_the_end_of_a_batch_and_entries_that_others_saw_are_missed(ledger: Ledger, tmp_path: Path) -> None:
    close(ledger, "2026-08")
    close(ledger, lines=[line("1.00"), line("2.00", payee="E102")])
    published, file = [entry.record() for entry in ledger.entries()], tmp_path / "ledger" / "commission" / "000002.ndjson"
    data = file.read_bytes()
    for kept in (0, 1, 3):
        file.write_bytes(b"".join(data.splitlines(keepends=True)[:kept]))
        assert (ledger.verify().problem, ledger.verify().file) == ("lines were cut off: the batch has no end", "000002.ndjson")
    file.unlink()
    assert ledger.verify().is_whole
    assert ledger.verify(published=published).problem == (
        "2 entries that were published are gone, from 2026-09-0000002 to 2026-09-0000003"
    )


def test_what_a_closed_month_was_made_of_is_kept_and_its_loss_is_found(ledger: Ledger, tmp_path: Path) -> None:
    rows = [{"event_id": "e1", "amount": Decimal("100.00"), "event_date": date(2026, 9, 1), "share": None}]
    ledger.close("2026-09", [line()], closed_at=AT, reviewed_by="E905", approved_by="E901", made_of=rows)
    assert ledger.frozen("2026-09") == [{"event_id": "e1", "amount": "100.00", "event_date": "2026-09-01", "share": None}]
    assert ledger.frozen("2026-10") == []
    (file,) = (tmp_path / "ledger" / "commission" / "frozen").iterdir()
    data = file.read_bytes()
    file.write_bytes(data.replace(b"100.00", b"900.00"))
    with pytest.raises(LedgerBroken, match="the content does not match its hash; frozen/2026-09"):
        ledger.frozen("2026-09")
    file.unlink()
    assert (ledger.verify().problem, ledger.verify().file) == ("what 2026-09 was made of is missing", f"frozen/{file.name}")
    with pytest.raises(LedgerBroken, match="what 2026-09 was made of is missing"):
        ledger.frozen("2026-09")


def test_the_plans_of_a_closed_month_are_kept_as_they_were_written(ledger: Ledger, tmp_path: Path) -> None:
    plans = {"a" * 64: "plan: a\n", "b" * 64: "plan: b\n"}
    for period in ("2026-08", "2026-09"):
        ledger.close(period, [line(period=period)], closed_at=AT, reviewed_by="E905", approved_by="E901", plans=plans)
    assert sorted(ledger.plans(["a" * 64]).values()) == ["plan: a\n"]
    assert ledger.verify().is_whole
    (name,) = ledger.plans(["b" * 64])
    (tmp_path / "ledger" / "commission" / name).write_text("plan: c\n")
    assert (ledger.verify().problem, ledger.verify().file) == (
        "plan bbbbbbbbbbbbbbbb of 2026-08 is not the text that was kept",
        name,
    )
    (tmp_path / "ledger" / "commission" / name).unlink()
    assert ledger.verify().problem == "plan bbbbbbbbbbbbbbbb of 2026-08 is missing"


def test_people_sign_lines_and_only_those_are_closed(ledger: Ledger) -> None:
    lines, later = [line("1.00"), line("2.00", payee="E102")], [line("1.00"), line("2.50", payee="E102")]
    with pytest.raises(LedgerRefused, match="2026-09 is not reviewed yet"):
        ledger.sign("2026-09", "approved", lines, by="E901", at=AT)
    ledger.sign("2026-09", "reviewed", lines, by="E905", at=AT)
    with pytest.raises(LedgerRefused, match="E905 took the step before"):
        ledger.sign("2026-09", "approved", lines, by="E905", at=AT)
    with pytest.raises(LedgerRefused, match="not those that were reviewed"):
        ledger.sign("2026-09", "approved", later, by="E901", at=AT)
    ledger.sign("2026-09", "approved", lines[::-1], by="E901", at=AT)
    with pytest.raises(LedgerRefused, match="not those that E905 reviewed"):
        ledger.close("2026-09", later, closed_at=AT)
    ledger.sign("2026-09", "reviewed", later, by="E905", at=AT)
    assert sorted(ledger.signed("2026-09")) == ["calculated", "reviewed"]
    with pytest.raises(LedgerRefused, match="needs an approver"):
        ledger.close("2026-09", later, closed_at=AT)
    ledger.sign("2026-09", "approved", later, by="E901", at=AT)
    ledger.close("2026-09", later, closed_at=AT)
    assert [(entry.amount, entry.approved_by) for entry in ledger.entries()] == [(D("1.00"), "E901"), (D("2.50"), "E901")]


def test_who_approved_does_not_pay_though_the_house_closed_in_between(ledger: Ledger) -> None:
    ledger.close("2026-09", [line()], closed_at=AT, reviewed_by="E905", approved_by="E901")
    with pytest.raises(LedgerRefused, match="E901 took the step before 'paid'"):
        ledger.advance("2026-09", "paid", by="E901", at=AT)
    paid = ledger.advance("2026-09", "paid", by="E907", at=AT, frozen={"batch": "payroll.csv", "total": "100.00"})
    assert (paid.state, paid.frozen, ledger.state("2026-09")) == ("paid", {"batch": "payroll.csv", "total": "100.00"}, "paid")


def test_own_pay_and_a_managers_adjustment_are_not_signed(ledger: Ledger) -> None:
    with pytest.raises(LedgerRefused, match="nobody approves their own pay"):
        ledger.sign("2026-09", "reviewed", [line(payee="E905")], by="E905", at=AT)
    manual = line(entry_type="MANUAL", payee="E900", reason="补", evidence="a.pdf", signatures=("E902", "E903"))
    with pytest.raises(LedgerRefused, match="may not approve an adjustment for their own manager"):
        ledger.sign("2026-09", "reviewed", [manual], by="E905", at=AT, managers=["E900"])


def test_a_decided_line_carries_its_decision_and_its_own_signatures(ledger: Ledger) -> None:
    with pytest.raises(LedgerRefused, match="needs the dispute's id"):
        close(ledger, lines=[line(entry_type="ADJ_DISPUTE", reason="分成")])
    decided = line("-5.00", entry_type="ADJ_DISPUTE", reason="分成", decision_id="D7", signatures=("E902",))
    close(ledger, lines=[decided])
    assert [(entry.decision_id, entry.approved_by) for entry in ledger.entries()] == [("D7", "E902; E901")]


def test_an_entry_rewritten_with_its_own_hash_still_breaks_the_chain(ledger: Ledger, tmp_path: Path) -> None:
    close(ledger, lines=[line("1.00"), line("2.00", payee="E102")])
    file = tmp_path / "ledger" / "commission" / "000001.ndjson"
    lines = file.read_bytes().splitlines(keepends=True)
    forged = Ledger(tmp_path / "forged")
    forged.append([line("9.00")], posted_at=AT, approved_by="E901")
    lines[0] = (tmp_path / "forged" / "000001.ndjson").read_bytes().splitlines(keepends=True)[0]
    file.write_bytes(b"".join(lines))
    assert (ledger.verify().entry_id, ledger.verify().problem) == ("2026-09-0000002", "it does not follow the one before it")


def rewritten(folder: Path, entry_id: str, **said: str) -> None:
    """The whole ledger written anew with right hashes, one entry saying something else: what a patient forger leaves."""
    heads = {"entry": GENESIS, "period": GENESIS, "batch": GENESIS}
    for file in sorted(folder.glob("*.ndjson")):
        lines = b""
        for text in file.read_bytes().splitlines():
            record = json.loads(text)
            kind = record["kind"]
            del record[f"{kind}_hash"]
            record |= said if record.get("entry_id") == entry_id else {}
            record |= {f"prev_{kind}_hash": heads[kind]}
            record |= {"ledger_head": heads["entry"]} if kind == "period" else {}
            record |= {"sha256": hashlib.sha256(lines).hexdigest()} if kind == "batch" else {}
            heads[kind] = record[f"{kind}_hash"] = hash_of(record)
            lines += canonical(record) + b"\n"
        file.write_bytes(lines)


def test_a_ledger_written_anew_with_right_hashes_is_not_what_was_published(ledger: Ledger, tmp_path: Path) -> None:
    close(ledger, "2026-08")
    close(ledger)
    published, head = [entry.record() for entry in ledger.entries()], ledger.head()
    rewritten(tmp_path / "ledger" / "commission", "2026-08-0000001", amount="900.00")
    assert ledger.verify().is_whole, "by itself the chain holds: others must have kept what they saw"
    found = ledger.verify(published=published)
    assert (found.problem, found.entry_id) == (
        "2 entries are not those that were published, from 2026-08-0000001 to 2026-09-0000002",
        "2026-08-0000001",
    )
    assert "amount was '100.00', is '900.00'" in str(found.differs)
    assert not ledger.verify(head).is_whole
    assert not ledger.verify(head[:12]).is_whole
    assert ledger.verify(ledger.head()[:12]).is_whole
    assert not ledger.verify(ledger.head()[:4]).is_whole


def test_an_entry_put_into_a_closed_month_is_found_though_its_hashes_are_right(ledger: Ledger, tmp_path: Path) -> None:
    close(ledger)
    forged = Entry.posted(line("5000.00", payee="E103"), number=2, approved_by=["E901"], posted_at=AT, prev=ledger.head())
    Segments(tmp_path / "ledger" / "commission").write([forged])
    found = ledger.verify()
    assert (found.problem, found.file, found.line, found.entry_id) == (
        "it was put into 2026-09 after its close",
        "000002.ndjson",
        1,
        "2026-09-0000002",
    )


def test_a_month_is_not_closed_over_entries_that_nobody_signed_with_it(ledger: Ledger) -> None:
    ledger.append([line("5000.00", payee="E103")], posted_at=AT, approved_by="E901")
    with pytest.raises(LedgerRefused, match="2026-09-0000001 EARN 5000.00 of E103 stands in 2026-09 already"):
        close(ledger)


def test_a_step_that_readers_saw_and_the_ledger_lost_is_named(ledger: Ledger, tmp_path: Path) -> None:
    close(ledger)
    ledger.advance("2026-09", "paid", by="E904", at=AT)
    assert ledger.verify(shown={"2026-09": "paid"}).is_whole
    (tmp_path / "ledger" / "commission" / "000002.ndjson").unlink()
    assert ledger.verify(shown={"2026-09": "paid"}).problem == "readers saw 2026-09 paid, the ledger says closed"


@pytest.mark.parametrize(
    "data",
    [
        b'{"kind":["entry"]}\n',
        b'{"kind":"entry","reason":"\\ud800"}\n',
        b"[" * 100_000 + b"\n",
        *(
            canonical(said | {f"{said['kind']}_hash": hash_of(said)}) + b"\n"
            for said in (
                {"kind": "entry", "prev_entry_hash": GENESIS},
                {"kind": "entry", "prev_entry_hash": GENESIS, "entry_id": "2026-09-0000001", "posting_period": "2026-09"},
                {"kind": "period", "prev_period_hash": GENESIS},
                {"kind": "batch", "prev_batch_hash": GENESIS},
            )
        ),
    ],
)
def test_a_line_of_any_shape_is_named_not_stumbled_over(ledger: Ledger, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "ledger" / "commission").mkdir(parents=True)
    (tmp_path / "ledger" / "commission" / "000001.ndjson").write_bytes(data)
    found = ledger.verify()
    assert (found.is_whole, found.file, found.line) == (False, "000001.ndjson", 1)


def test_a_line_that_is_itself_and_stands_elsewhere_is_not_said_to_differ(ledger: Ledger, tmp_path: Path) -> None:
    close(ledger, lines=[line("1.00"), line("2.00", payee="E102")])
    file = tmp_path / "ledger" / "commission" / "000001.ndjson"
    first, second, *rest = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([second, first, *rest]))
    assert (ledger.verify().problem, ledger.verify().line, ledger.verify().differs) == (
        "it does not follow the one before it",
        1,
        None,
    )
    file.write_bytes(b"".join([first, second, *rest])[:-1])
    assert (ledger.verify().problem, ledger.verify().differs) == ("the line is not spelled as the ledger spells", None)


def test_missing_batches_are_named_and_a_cut_tail_is_found_by_the_printed_head(ledger: Ledger, tmp_path: Path) -> None:
    for month in ("2026-07", "2026-08", "2026-09"):
        close(ledger, month)
    printed = ledger.head()
    folder = tmp_path / "ledger" / "commission"
    (folder / "000003.ndjson").unlink()
    assert ledger.verify().is_whole
    assert not ledger.verify(expected_head=printed).is_whole
    (folder / "000001.ndjson").unlink()
    assert ledger.verify().problem == "batch 000001.ndjson is missing"


def test_a_batch_cut_off_while_being_written_does_not_exist(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(ledger, "2026-08")

    def full_disk(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match=r"No space left on device: nothing was posted; make room .*2026-09.*\.ndjson"):
        close(ledger)
    monkeypatch.undo()
    (tmp_path / "ledger" / "commission" / ".000002.tmp").write_bytes(b'{"half')
    assert [(one.period, one.state) for one in ledger.periods()] == [("2026-08", "closed")]
    close(ledger)
    assert len(ledger.entries()) == 2


def test_a_copied_folder_is_the_same_ledger_and_goes_on(ledger: Ledger, tmp_path: Path) -> None:
    close(ledger, "2026-08")
    shutil.copytree(tmp_path / "ledger" / "commission", tmp_path / "copy")
    copy = Ledger(tmp_path / "copy")
    assert copy.entries() == ledger.entries()
    assert close(copy) == close(ledger)
    assert copy.head() == ledger.head()


def test_drafts_come_as_rows_of_the_warehouse_too(ledger: Ledger) -> None:
    row = {
        "entry_id": "draft-1",
        "status": "draft",
        "entry_type": "EARN",
        "payee_no": "E101",
        "payee_name": "王",
        "origin_period": "2026-09",
    }
    row |= {"posting_period": "2026-09", "amount": "10.5", "data_as_of": AT.date(), "component_id": "collection"}
    close(ledger, lines=[row])  # type: ignore[list-item]
    (entry,) = ledger.entries()
    assert (entry.entry_id, entry.amount, entry.data_as_of) == ("2026-09-0000001", Decimal("10.50"), "2026-10-03")


def test_a_float_never_enters(ledger: Ledger) -> None:
    with pytest.raises(LedgerRefused, match="must be a Decimal"):
        close(
            ledger,
            lines=[
                {"entry_type": "EARN", "payee_no": "E1", "origin_period": "2026-09", "posting_period": "2026-09", "amount": 1.5}
            ],
        )  # type: ignore[list-item]


def test_times_without_a_zone_are_refused(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        ledger.append([line()], posted_at=AT.replace(tzinfo=None), approved_by="E901")


def test_what_is_on_disk_is_one_plain_record_a_line(ledger: Ledger, tmp_path: Path) -> None:
    close(ledger)
    records = [
        json.loads(text)
        for text in (tmp_path / "ledger" / "commission" / "000001.ndjson").read_text(encoding="utf-8").splitlines()
    ]
    assert [record["kind"] for record in records] == ["entry", "period", "period", "period", "period", "batch"]
    assert records[0]["amount"] == "100.00"


def test_a_respelled_line_and_an_entry_cut_out_before_its_seal_are_found(ledger: Ledger, tmp_path: Path) -> None:
    close(ledger, lines=[line("1.00"), line("2.00", payee="E102")])
    file = tmp_path / "ledger" / "commission" / "000001.ndjson"
    data = file.read_bytes()
    file.write_bytes(data.replace(b'{"amount"', b'{ "amount"', 1))
    assert ledger.verify().problem == "the line is not spelled as the ledger spells"
    lines = data.splitlines(keepends=True)
    file.write_bytes(b"".join([lines[0], *lines[2:]]))
    assert (ledger.verify().line, ledger.verify().problem) == (2, "the period was sealed over other entries")
