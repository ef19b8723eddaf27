"""Who may sign a month, what a file of signatures says, and which adjustments wait for more than the month's own signatures."""

from __future__ import annotations

import os
import pwd
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from commission.ledger import SYSTEM, Draft, Ledger, LedgerRefused, Login
from connectors.company.settings import CommissionSettings
from pipelines.agreement import plans_of
from pipelines.authority import behind, decisions, managers_of, must_be_own_login, must_hold, objections
from pipelines.ledger import sorted_out, written_off_beyond
from pipelines.resources import Home
from pipelines.signing import Signatures, closed_later, must_be_people, paid_by_file, pay, session, signed_months
from tests.pipelines.small_month import COMPANY, LATER, write_company

AT = datetime(2026, 5, 2, 2, tzinfo=UTC)


def line(amount: str, origin: str = "2026-03", payee: str = "E1", kind: str = "ADJ_DATA", **more: str) -> Draft:
    return Draft(
        entry_type=kind,
        payee_no=payee,
        origin_period=origin,
        posting_period="2026-04",
        amount=Decimal(amount),
        reason="迟到事实",
        component_id="cash",
        plan_id="tiers",
        **more,
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    write_company(tmp_path / "company", COMPANY)
    return Home(root=str(tmp_path / "home"), company=str(tmp_path / "company"))


@pytest.mark.parametrize(
    ("lines", "signed", "posted", "waiting"),
    [
        # Small differences are gathered per payee until they are worth a line; what people decided is posted at once.
        ([line("0.40"), line("0.30", "2026-02")], Signatures(), [], ["0.40", "0.30"]),
        ([line("0.40"), line("0.60", "2026-02")], Signatures(), ["0.40", "0.60"], []),
        ([line("0.40"), line("0.60", payee="E2")], Signatures(), [], ["0.40", "0.60"]),
        ([line("0.40", kind="ADJ_DISPUTE", decision_id="D1")], Signatures(), ["0.40"], []),
        ([line("5.00"), line("-4.50")], Signatures(), [], ["5.00", "-4.50"]),
        # What a month would keep more is no answer to what it would earn more: both are posted, or both wait.
        ([line("50.00"), line("-50.00", kind="CAP_WITHHELD")], Signatures(), ["50.00", "-50.00"], []),
        ([line("0.50"), line("-0.50", kind="CAP_WITHHELD")], Signatures(), [], ["0.50", "-0.50"]),
        # Large ones need an approval of their own, per payee and month of origin.
        ([line("6000.00"), line("4000.00")], Signatures(), ["6000.00", "4000.00"], []),
        ([line("6000.00"), line("4000.01"), line("2.00", "2026-02")], Signatures(), ["2.00"], ["6000.00", "4000.01"]),
        ([line("-10000.01")], Signatures(adjustments_approved_by="E8"), ["-10000.01"], []),
        ([line("20000.00", kind="EARN")], Signatures(), ["20000.00"], []),
        # Months more than two years back need finance's word.
        ([line("9.00", "2024-04"), line("9.00", "2024-03")], Signatures(), ["9.00"], ["9.00"]),
        ([line("9.00", "2024-03")], Signatures(override_by="E9"), ["9.00"], []),
    ],
)
def test_adjustments_wait_for_more_money_or_more_signatures(
    lines: list[Draft], signed: Signatures, posted: list[str], waiting: list[str]
) -> None:
    now, later = sorted_out(lines, CommissionSettings(), "2026-04", signed)
    assert ([str(one.amount) for one in now], [str(one.amount) for lines in later.values() for one in lines]) == (posted, waiting)


def test_managers_are_known_up_to_the_top(home: Home) -> None:
    company = home.load_company()
    assert [managers_of(company, number, date(2026, 4, 1)) for number in ("E1", "E7", "E9", "X")] == [
        {"E8", "E9"},
        {"E9"},
        frozenset(),
        frozenset(),
    ]


def test_everybody_who_signs_works_here(home: Home) -> None:
    with pytest.raises(LedgerRefused, match="given: reviewed_by X1, approved_by nobody"):
        must_be_people(home.load_company(), "2026-04", date(2026, 5, 2), reviewed_by="X1", approved_by="")


def test_a_file_of_signatures_is_read_and_half_a_pair_is_never_completed_from_it(home: Home) -> None:
    write_company(home.company_folder, {"commission_approvals.csv": "month,reviewed_by,approved_by\n2026-03,E7,E9\n"})
    signed = signed_months(home.company_folder)["2026-03"]
    assert (signed.reviewed_by, signed.approved_by, signed.paid_on) == ("E7", "E9", None)
    assert signed.given(reviewed_by="E8", approved_by="") == Signatures(reviewed_by="E8")
    assert signed.given(override_by="E9").reviewed_by == "E7"


def test_payment_is_recorded_from_the_file_on_its_day_and_never_by_who_is_paid(home: Home) -> None:
    ledger = Ledger(home.ledger)
    own = Draft(entry_type="EARN", payee_no="E6", origin_period="2026-03", posting_period="2026-03", amount=Decimal("7.00"))
    ledger.close("2026-03", [own], closed_at=AT, reviewed_by="E7", approved_by="E9")
    with pytest.raises(LedgerRefused, match="E6 is paid by it"):
        pay(home, "2026-03", by="E6", at=AT)
    head = "month,reviewed_by,approved_by,paid_by,paid_on\n"
    for paid_on, states in (("2026-05-03", []), ("2026-05-02", ["paid"]), ("2026-05-02", [])):
        write_company(home.company_folder, {"commission_approvals.csv": f"{head}2026-03,E7,E9,E8,{paid_on}\n"})
        assert [step.state for step in paid_by_file(home, AT)] == states
    assert ledger.periods()[0].frozen == {"total": "7.00", "payees": "1"}


BOOK = """\
adjustment_id,entry_type,employee_no,plan_id,component_id,origin_month,posting_month,amount,reason,evidence,approved_by,second_approver
ADJ1,MANUAL,E2,flat,cash,2026-03,2026-04,-5.00,更正,hr-3.pdf,壬,E8
ADJ2,MANUAL,E2,flat,cash,2026-03,2026-05,-5.00,更正,hr-3.pdf,E9,E7
"""
DAY = date(2026, 5, 2)
LINE = "company.yaml line 10, commission.signers"


def test_everybody_whose_word_moves_pay_must_be_entitled_to_it_and_all_who_are_not_are_named(home: Home) -> None:
    waiver = "employee_no,month,gate_id,reason,approved_by\nE1,2026-04,late,豁免,E2\nE1,2026-05,late,豁免,E2\n"
    claims = LATER["disputes.csv"].replace("E9", "X5")
    write_company(home.company_folder, {"adjustments.csv": BOOK, "disputes.csv": claims, "gate_waivers.csv": waiver})
    company = home.load_company()
    lines = [line("-5.00", kind="MANUAL", decision_id="ADJ1"), line("12.34", kind="ADJ_DISPUTE", decision_id="DSP1")]
    with pytest.raises(LedgerRefused) as refused:
        must_hold(
            company,
            "2026-04",
            {"reviewed_by": ("E6", DAY), "approved_by": ("E9", DAY), "override_by": ("", DAY)},
            behind(lines, "2026-04", decisions(company, plans_of(home))),
        )
    cure = f"Let E7 or E9 do it, or add the number or the role in {LINE}.decide (now: 财务负责人, 销售运营)"
    decide = f"may not decide on {{}}. {cure}"
    assert str(refused.value).splitlines() == [
        "2026-04: reviewed_by E6 己 (提成会计), who may not review on 2026-05-02. Let E7 do it, or add the number or the role in "
        "company.yaml line 9, commission.signers.review (now: 销售运营)",
        f"adjustments.csv row 2: second approver E8 辛 (部门总监), who {decide.format('2026-04-30')}",
        f"disputes.csv row 2: decided by X5 (nobody of employees), who {decide.format('2026-04-09')}",
        f"gate_waivers.csv row 2: approved by E2 乙 (销售代表), who {decide.format('2026-04-30')}",
    ]


def test_nobody_decides_over_their_own_pay_or_that_of_people_above_them(home: Home) -> None:
    boss = COMPANY["company.yaml"].replace("decide: [财务负责人, 销售运营]", "decide: [财务负责人, 销售运营, 部门总监, E2]")
    files = {
        "company.yaml": boss,
        "deal_splits.csv": LATER["deal_splits.csv"].replace("共同开发,E9", "共同开发,乙", 1),
        "order_holds.csv": "crm,order_no,held_from,released_on,reason,approved_by,released_by\n"
        "fxiaoke,SO1,2026-04-02,2026-04-20,验收,E9,E2\n",
        "gate_waivers.csv": "employee_no,month,gate_id,reason,approved_by\nE8,2026-04,late,豁免,E2\nE8,2026-04,slow,豁免,E9\n",
        "penalties.csv": "employee_no,month,clause_id,amount,evidence,approved_by\nE2,2026-04,late,50,e.pdf,E2\n",
        "adjustments.csv": BOOK.replace("ADJ1,MANUAL,E2,", "ADJ1,MANUAL,E8,"),
    }
    write_company(home.company_folder, files)
    company = home.load_company()
    assert [str(one) for one in objections(company, decisions(company, plans_of(home)))] == [
        "adjustments.csv row 2: second approver E8 辛 (部门总监), whose own pay it moves. Let E7 or E9 do it",
        "gate_waivers.csv row 2: approved by E2 乙 (销售代表), below E8, whose pay it moves. Let E7 or E9 do it",
        "penalties.csv row 2: approved by E2 乙 (销售代表), whose own pay it moves. Let E7 or E8 or E9 do it",
        "deal_splits.csv row 2: approved by E2 乙 (销售代表), whose own pay it moves. Let E7 or E8 or E9 do it",
    ]
    # whose pay a hold moves, the month's lines say
    held = behind([], "2026-05", decisions(company, plans_of(home)), {"order_holds fxiaoke SO1": {"E2"}})
    assert [str(one) for one in objections(company, held)] == [
        "order_holds.csv row 2: released by E2 乙 (销售代表), whose own pay it moves. Let E7 or E8 or E9 do it"
    ]


def test_plans_count_for_the_months_they_pay_and_leavers_for_those_they_were_here(home: Home) -> None:
    plan = COMPANY["plans/flat-1.yaml"].replace("author: E7", "author: E8").replace("id: E9", "id: E6")
    gone = COMPANY["employees.csv"].replace("E9,壬,D0,,财务负责人,,2020-01-01,,", "E9,壬,D0,,财务负责人,,2020-01-01,2026-04-15,")
    write_company(home.company_folder, {"plans/flat-1.yaml": plan, "employees.csv": gone, "adjustments.csv": BOOK})
    company, plans = home.load_company(), plans_of(home)
    found = [(one.decision.place, one.decision.who) for one in objections(company, decisions(company, plans))]
    assert found == [
        ("plans/flat-1.yaml line 7", "E6"),
        ("plans/flat-1.yaml line 4", "E8"),
        ("adjustments.csv row 2", "E8"),
        ("adjustments.csv row 3", "E9"),  # of May, when E9 had left
    ]
    flat = next(one for one in plans if one.plan == "flat")
    paid = [line("1.00", kind="EARN", plan_hash=flat.hash)]
    assert {one.who for one in behind(paid, "2026-04", decisions(company, plans))} == {"E6", "E8"}
    assert behind([line("1.00", kind="EARN")], "2026-04", decisions(company, plans)) == []


def test_nothing_is_written_off_that_does_not_stand() -> None:
    lines = [line("50.00", kind="CAP_RELEASE", payee=payee, decision_id="ADJ1") for payee in ("E1", "E2")]
    lines += [line("-9.00", kind="CLAWBACK_RECOVERY", payee=payee, decision_id="ADJ2") for payee in ("E1", "E2")]
    lines += [replace(line("4.00", kind="CLAWBACK_RECOVERY"), reason="在法定扣款上限内追回")]
    with duckdb.connect() as connection:
        connection.execute("create schema finance")
        connection.execute(
            "create table finance.commission_balances as select 'E1' as payee_no, '2026-04' as month, 'cap' as balance_kind, "
            "-20.00 as closing"
        )
        found = written_off_beyond(connection, "2026-04", lines)
    assert [one.partition(";")[0] for one in found] == [
        "2026-04: adjustment ADJ1 writes off 50.00 of the cap of E1, 20.00 more than stands there",
        "2026-04: adjustment ADJ2 writes off 9.00 of the clawback of E1, 4.00 more than stands there",
    ]


def test_each_listed_login_signs_as_its_own_number(home: Home) -> None:
    must_be_own_login(home.load_company(), "liu", "E9")  # nobody is listed, so nobody is asked
    listed = COMPANY["company.yaml"].replace("    pay:", "    logins: {liu: E9}\n    pay:")
    write_company(home.company_folder, {"company.yaml": listed})
    company = home.load_company()
    must_be_own_login(company, "liu", "E9")
    must_be_own_login(company, "wang")
    with pytest.raises(LedgerRefused, match=r"'liu' signs as E9, not as E7 \(company.yaml line 11, commission.signers.logins\)"):
        must_be_own_login(company, "liu", "E7", "E9")
    with pytest.raises(LedgerRefused, match="'wang' signs for nobody: company.yaml line 11"):
        must_be_own_login(company, "wang", "E9")


def test_a_month_closed_after_what_is_published_knows_is_told_not_lost(home: Home) -> None:
    Ledger(home.ledger).close("2026-03", [], closed_at=AT, reviewed_by="E7", approved_by="E9")
    home.published.parent.mkdir(parents=True)
    with duckdb.connect(str(home.published)) as connection:
        connection.execute("create schema core; create table core.clocks (as_of date, known_at timestamp)")
        connection.execute("insert into core.clocks values ('2026-05-31', '2026-05-01 18:00:00')")
    (told,) = closed_later(home)
    assert told.startswith("2026-03 is closed since 2026-05-02 10:00; this warehouse shows it as a draft, for it knows nothing ")
    with duckdb.connect(str(home.published)) as connection:
        connection.execute("update core.clocks set known_at = '2026-05-02 02:00:00'")
    assert closed_later(home) == []


def signed_twice(home: Home, *, first: str, second: str) -> list[dict[str, str]]:
    """Review and approval of an empty month from two sessions; what the ledger says of each."""
    ledger, allowed = Ledger(home.ledger), home.settings.commission.one_login_may_sign
    ledger.sign("2026-04", "reviewed", [], by="E7", at=AT, login=Login(first, may_repeat=allowed))
    ledger.sign("2026-04", "approved", [], by="E9", at=AT, login=Login(second, may_repeat=allowed))
    return [step.frozen for step in ledger.steps() if step.by != SYSTEM]


def test_who_reviewed_and_who_approved_sat_at_two_logins(home: Home) -> None:
    careful = COMPANY["company.yaml"].replace("one_login_may_sign: true", "one_login_may_sign: false")
    write_company(home.company_folder, {"company.yaml": careful})
    assert signed_twice(home, first="liu", second="wang") == [{"login": "liu"}, {"login": "wang"}]


def test_two_names_from_one_login_are_refused_and_a_small_company_may_allow_it(home: Home) -> None:
    allowed = {"login": "liu", "same_login": "allowed by company.yaml commission.one_login_may_sign"}
    assert signed_twice(home, first="liu", second="liu") == [{"login": "liu"}, allowed]
    ledger = Ledger(home.ledger)
    with pytest.raises(LedgerRefused, match="E9 would take the step 'approved' from the login 'liu', as the step before"):
        ledger.close("2026-03", [], closed_at=AT, reviewed_by="E7", approved_by="E9", login=Login("liu"), require_paid=False)


def test_a_session_is_named_by_the_operating_system(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names in the environment count behind sudo only: there the operating system vouches for them."""
    own = pwd.getpwuid(os.getuid()).pw_name
    for name in ("USER", "LOGNAME"):
        monkeypatch.setenv(name, "somebody")
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert session(home) == Login(own, may_repeat=True)
    monkeypatch.setenv("SUDO_USER", "liu")
    assert session(home).name == ("liu" if os.getuid() == 0 else own)
