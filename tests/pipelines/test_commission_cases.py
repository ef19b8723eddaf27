"""The worked cases of the commission specification through the whole line: records in the simulators, files in a company folder,
two nights and three closes, figures out of `finance.*`.

What to add here: a case, as a payee of its own with a plan of their own, and what must come out.
What belongs elsewhere: how records and files are written (`commission_company.py`), cases on one engine (`tests/commission`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import pytest

from commission.explain import explanation
from pipelines.agreement import verify
from pipelines.demo import surroundings
from pipelines.execute import execute
from pipelines.explaining import account_of
from pipelines.resources import Home, night_of
from reports.facts import ask
from simulators.server import serve
from tests.pipelines.commission_company import DECIDED, STANDARD, CommissionCompany
from tests.pipelines.commission_rules import EARNED, GONE, PAID, rules

ZONE = "Asia/Shanghai"
CLOSED = ("2026-01", "2026-02", "2026-03")
MARCH, JUNE = date(2026, 3, 31), date(2026, 6, 30)
E1_TABLE = "[{from: 0, to: 500000, rate: 0.010}, {from: 500000, to: 1000000, rate: 0.015}, {from: 1000000, rate: 0.025}]"
E3_TABLE = "[{from: 0, to: 1000000, rate: 0.01}, {from: 1000000, rate: 0.02}]"
E2_WINDOWS = {"E2T": "accumulate: year", "E2M": "accumulate: month", "E2O": "accumulate: transaction"}
ORACLE = ["200", "300", "1500", "1200", "2000", "4500"]


def rated(kind: str, window: str, table: str = E1_TABLE, boundary: str = "lower_inclusive", more: str = "") -> str:
    words = "" if kind == "interpolated" else f"boundary: {boundary}, "
    tail = f", {more}" if more else ""
    return f"id: base, event: signed, accumulate: {window}, rate: {{kind: {kind}, {words}table: {table}}}{tail}"


def flat(rate: str, event: str = "signed", more: str = "accumulate: month") -> str:
    return f"id: base, event: {event}, rate: {{kind: flat, rate: {rate}}}, {more}"


def worked_company() -> CommissionCompany:
    """Every case in one company."""
    company = CommissionCompany()
    for boss in ("E900", "E901", "E902", "E904", "E905"):
        company.payee(boss)
    company.say("tax_rates", tax_code="vat", rate="0.13", valid_from="2019-04-01", reason="税率", approved_by="E901")
    company.product(STANDARD)
    for case in CASES:
        case(company)
    return company


def e1_tiers(company: CommissionCompany) -> None:
    """Three orders under each meaning of a table, and one of exactly half a million at its boundary."""
    for name, kind, window in (
        ("E1A", "marginal", "quarter"),
        ("E1B", "retroactive", "quarter"),
        ("E1C", "marginal", "transaction"),
        ("E1D", "retroactive", "transaction"),
    ):
        payee = company.payee(name, "fxiaoke")
        company.plan(name.lower(), [payee], rated(kind, window))
        for number, (day, net) in enumerate((("01-10", "380000.00"), ("02-10", "612345.67"), ("03-10", "133154.33")), start=1):
            company.order(f"{name}-{number}", f"2026-{day}", net, payee)
    for name, kind, boundary in (
        ("E1FL", "retroactive", "lower_inclusive"),
        ("E1FU", "retroactive", "upper_inclusive"),
        ("E1FM", "marginal", "upper_inclusive"),
    ):
        payee = company.payee(name)
        company.plan(name.lower(), [payee], rated(kind, "quarter", boundary=boundary))
        company.order(f"{name}-1", "2026-01-10", "500000", payee)


def e2_product_rates(company: CommissionCompany) -> None:
    """The same invoice with a rate per product: as one component, and as one per product."""
    company.product("PA")
    company.product("PB")
    rates = "[{product: PA, rate: 0.02}, {product: PB, rate: 0.05}]"
    payee = company.payee("E2P")
    company.plan(
        "e2p", [payee], f"id: base, event: cash_applied, accumulate: year, rate: {{kind: flat, rate: 0.01, products: {rates}}}"
    )
    line = "event: cash_applied, accumulate: year, filter: {{product_code: {}}}, rate: {{kind: flat, rate: {}}}"
    company.plan("e2l", [company.payee("E2L")], f"id: a, {line.format('PA', '0.02')}", f"id: b, {line.format('PB', '0.05')}")
    for name in ("E2P", "E2L"):
        company.order(f"{name}-1", "2026-01-05", "100000", name, lines=[("PA", "60000"), ("PB", "40000")])
        for month, amount in (("01", "37666.67"), ("02", "37666.67"), ("03", "37666.66")):
            company.cash(f"{name}-1", f"2026-{month}-15", amount)


def e2_part_payments(company: CommissionCompany) -> None:
    """An invoice of 113 000.00 paid in three; at one rate, and cash that nobody applied."""
    for name, window in E2_WINDOWS.items():
        payee = company.payee(name)
        company.plan(name.lower(), [payee], flat("0.032", "cash_applied", window))
        company.order(f"{name}-1", "2026-01-05", "100000", payee)
        for month, amount in (("01", "37666.67"), ("02", "37666.67"), ("03", "37666.66")):
            company.cash(f"{name}-1", f"2026-{month}-15", amount)
    company.cash("E2T-1", "2026-03-20", "5000", applied=False)


def e3_current_credit(company: CommissionCompany) -> None:
    """A refund that is a negative credit of its own quarter, whole and of two fifths."""
    for name, back in (("E3C", "250000"), ("E3C40", "100000")):
        payee = company.payee(name, "fxiaoke")
        company.plan(
            name.lower(), [payee], rated("marginal", "quarter", E3_TABLE, more="refund: {mode: current_credit, window_days: 180}")
        )
        for order, day, net in (("X", "01-10", "250000"), ("Y", "02-10", "950000"), ("Z", "04-10", "1150000")):
            company.order(f"{name}-{order}", f"2026-{day}", net, payee)
        company.returned(f"{name}-X", "2026-05-10", back)


def e3_taken_back(company: CommissionCompany) -> None:
    """The same refunds that recompute their quarter, or return what they earned; and a debt recovered from wages."""
    for name, mode, back in (
        ("E3A", "recompute_origin", "250000"),
        ("E3A40", "recompute_origin", "100000"),
        ("E3B", "original_attribution", "250000"),
        ("E3B40", "original_attribution", "100000"),
        ("E3R", "recompute_origin", "250000"),
    ):
        payee = company.payee(name, "fxiaoke")
        refund = f"refund: {{mode: {mode}, window_days: 180}}"
        guard = "recovery: {offset_commission: false, wage_share: 0.20, minimum_wage: 2000}" if name == "E3R" else ""
        company.plan(name.lower(), [payee], rated("marginal", "quarter", E3_TABLE, more=refund), extra=guard)
        for order, day, net in (("X", "01-10", "250000"), ("Y", "02-10", "950000"), ("Z", "04-10", "1150000")):
            company.order(f"{name}-{order}", f"2026-{day}", net, payee)
        company.returned(f"{name}-X", "2026-05-10", back)
    company.say("wages", employee_no="E3R", month="2026-05", wages="15000")
    company.say("wages", employee_no="E3R", month="2026-06", wages="11000")


def e4_draws(company: CommissionCompany) -> None:
    """Six months below and above a minimum: repaid, and forgiven."""
    draws = {
        "E4R": "{kind: recoverable, amount: 1000, per: month, recover_from: 2026-04, recover_down_to: 1000}",
        "E4N": "{kind: non_recoverable, amount: 1000, per: month}",
    }
    for name, draw in draws.items():
        payee = company.payee(name)
        company.plan(name.lower(), [payee], flat("0.01"), extra=f"draw: {draw}")
        for number, net in enumerate(("50000", "70000", "40000", "150000", "90000", "220000"), start=1):
            company.order(f"{name}-{number}", f"2026-{number:02d}-15", net, payee)


def e7_locked_rate(company: CommissionCompany) -> None:
    """A contract in dollars at the rate of its signature, paid in March and April; a split is decided after March was closed."""
    for day, rate in (("2026-01-20", "7.17"), ("2026-03-10", "7.178"), ("2026-04-10", "7.287")):
        company.say("fx_rates", rate_type="SAFE_mid", currency_code="USD", rate_date=day, rate=rate, is_locked="true")
    payees = [company.payee("E7A"), company.payee("E7B")]
    company.plan("e7", payees, flat("0.03", "cash_applied"), extra="fx: {rate: signed_date, type: SAFE_mid, lock: true}")
    company.order("E7-1", "2026-01-20", "50000", "E7A", currency="USD", is_taxed=False)
    company.cash("E7-1", "2026-03-10", "20000", "USD")
    company.cash("E7-1", "2026-04-10", "30000", "USD")


def decided(company: CommissionCompany) -> None:
    """An adjustment and a dispute that happen to have one id; the adjustment turns out to be somebody else's."""
    for payee in ("DZA", "DZB"):
        company.payee(payee)
    said = {"reason": "更正", "evidence": "hr.pdf"}
    company.say(
        "adjustments",
        **{"adjustment_id": "A7", "entry_type": "MANUAL", "employee_no": "DZA", "amount": "-5.00"},
        **{"origin_month": "2026-02", "posting_month": "2026-02", "approved_by": "E901", "second_approver": "E905", **said},
    )
    company.say(
        "disputes",
        **{"dispute_id": "A7", "employee_no": "DZA", "month": "2026-01", "claim": "少计", "opened_on": "2026-02-03"},
        **{"triaged_on": "2026-02-12", "decision": "upheld", "decided_on": "2026-02-20", "decided_by": "E900"},
        **{"effect_amount": "12.34", **said},
    )


def split_of_april(company: CommissionCompany) -> None:
    """What people decided, and what became known, between the two nights."""
    next(row for row in company.rows["employees"] if row["employee_no"] == "LIL")["leave_date"] = "2026-02-10"
    company.rows["adjustments"][0]["employee_no"] = "DZB"
    for payee, share in (("E7A", "0.7"), ("E7B", "0.3")):
        company.say(
            "deal_splits",
            crm="zoho",
            order_no="E7-1",
            employee_no=payee,
            share=share,
            decided_on="2026-04-20",
            valid_from="2026-01-01",
            reason="申诉成立",
            approved_by="E900",
        )


def more_vectors(company: CommissionCompany) -> None:
    """V1, V2, V3, V7 and V10 of C11."""
    payee = company.payee("V1", "fxiaoke")
    company.plan("v1", [payee], flat("0.05", more="accumulate: month, multipliers: [{name: 新签, on: earning, x: 1.10}]"))
    company.order("V1-1", "2026-01-10", "750", payee)
    company.returned("V1-1", "2026-02-10", "750")
    payee = company.payee("V2")
    company.plan("v2", [payee], flat("0.10", more="accumulate: month, holdback: {share: 0.90, release: paid}"))
    company.order("V2-1", "2026-01-10", "1000", payee)
    company.say("milestones", crm="zoho", order_no="V2-1", milestone="paid", reached_on="2026-03-05")
    company.product("V3P", category="K")
    company.product("V3V", category="K", variant_of="V3P")
    company.product("V3K", category="K")
    company.product("V3G")
    rates = "[{category: K, rate: 0.02}, {variant: V3V, rate: 0.15}, {product: V3P, rate: 0.05}]"
    payee = company.payee("V3")
    company.plan(
        "v3", [payee], f"id: base, event: signed, accumulate: month, rate: {{kind: flat, rate: 0.01, products: {rates}}}"
    )
    for number, code in enumerate(("V3V", "V3P", "V3K", "V3G")):
        company.order(f"V3-{number}", f"2026-01-1{number}", "1000", payee, lines=[(code, "1000")])
    payee = company.payee("V7")
    points = "[{at: 0, amount: 0}, {at: 1000, amount: 10}, {at: 3000, amount: 50}, {at: 8000, amount: 150}]"
    company.plan("v7", [payee], rated("interpolated", "transaction", points))
    for number, amount in enumerate(ORACLE):
        company.order(f"V7-{number}", f"2026-01-1{number}", amount, payee)
    payee = company.payee("V10")
    company.plan("v10", [payee], flat("0.01"), extra="draw: {kind: recoverable, amount: 5000}")
    company.order("V10-1", "2026-01-10", "320000", payee)


def vectors(company: CommissionCompany) -> None:
    """V4, V5, V6 and V8 of C11."""
    payee = company.payee("V4", "fxiaoke")
    company.plan("v4", [payee], flat("0.20", "cash_applied"))
    company.order("V4-1", "2026-01-05", "20000", payee)
    company.cash("V4-1", "2026-01-10", "11300")
    company.cash("V4-1", "2026-02-10", "11300")
    payee = company.payee("V5")
    table = "[{from: 0, to: 150000, rate: 0.04}, {from: 150000, to: 250000, rate: 0.06}, {from: 250000, rate: 0.08}]"
    company.plan("v5", [payee], rated("marginal", "quarter", table))
    company.order("V5-1", "2026-01-10", "145000", payee)
    company.order("V5-2", "2026-02-10", "20000", payee)
    payee = company.payee("V6")
    low = "{from: 0, to: 1000, rate: 0.01}, {from: 1000, to: 3000, rate: 0.02}"
    table = f"[{low}, {{from: 3000, to: 8000, rate: 0.03}}, {{from: 8000, rate: 0.05}}]"
    company.plan("v6", [payee], rated("marginal", "transaction", table))
    for number, amount in enumerate(ORACLE):
        company.order(f"V6-{number}", f"2026-01-1{number}", amount, payee)
    payee = company.payee("V8")
    table = "[{from: 0, to: 1000, rate: 0.01}, {from: 1000, to: 5000, rate: 0.02}, {from: 5000, rate: 0.03}]"
    company.plan("v8", [payee], rated("marginal", "quarter", table))
    company.order("V8-1", "2026-01-10", "2500", payee)


def guarded(company: CommissionCompany) -> None:
    """What a cap carries, what is paid in parts, and what a SPIFF's budget still holds."""
    rules = {
        "CAP": flat("0.01", more="accumulate: month, cap: {amount: 100, per: month, excess: carry_forward}"),
        "INS": flat("0.01", more="accumulate: month, instalments: {parts: 3, on_leave: pay_rest}"),
        "SPF": flat("0.001"),
        "FLR": flat("0.01", more="accumulate: month, floor: {amount: 30}"),
    }
    spiff = "spiffs: [{id: spf, event: signed, per: deal, amount: 100, from: 2026-01-01, to: 2026-12-31, budget: 250}]"
    for name, component in rules.items():
        payee = company.payee(name)
        company.plan(name.lower(), [payee], component, extra=spiff if name == "SPF" else "")
        for number, net in enumerate(("20000", "5000", "1000"), start=1):
            company.order(f"{name}-{number}", f"2026-{number:02d}-10", net, payee)


def turned(company: CommissionCompany) -> None:
    """A plan that becomes another in the middle of February: what its sales earn, and a pool that is filled once."""
    payee = company.payee("TRN")
    company.plan("turn", [payee], flat("0.01"), extra="pools: [{id: turn, amount: 100, per: month}]")
    first = company.plans.pop("turn")
    company.signed["turn-1"] = company.signed["turn-2"] = company.signed.pop("turn")
    company.plans["turn-1"] = first.replace("to: 2026-12-31", "to: 2026-02-14").replace("turn.csv", "turn-1.csv")
    for old, new in (
        ("version: 1", "version: 2"),
        ("from: 2026-01-01", "from: 2026-02-15"),
        ("rate: 0.01", "rate: 0.02"),
        ("amount: 100", "amount: 200"),
        ("turn.csv", "turn-2.csv"),
    ):
        first = first.replace(old, new)
    company.plans["turn-2"] = first
    for number, day in enumerate(("01-10", "02-14", "02-15"), start=1):
        company.order(f"TRN-{number}", f"2026-{day}", "1000", payee)
    for month in ("2026-01", "2026-02", "2026-03"):
        company.say("pool_members", pool_id="turn", period=month, employee_no=payee, share="1", days="20")


def left(company: CommissionCompany) -> None:
    """Whoever leaves answers for what comes back; what comes in goes to who took over, or to nobody."""
    for name, crm in (("LFR", "fxiaoke"), ("LFC", "zoho")):
        payee = company.payee(name, crm)
        company.rows["employees"][-1]["leave_date"] = "2026-01-31"
        refund = "accumulate: month, refund: {mode: recompute_origin, window_days: 180}"
        event = "signed" if name == "LFR" else "cash_applied"
        company.plan(name.lower(), [payee], flat("0.01", event, refund), extra="leaver: {grace_days: 10, pending: new_owner}")
        company.order(f"{name}-1", "2026-01-10", "100000", payee)
    company.returned("LFR-1", "2026-03-10", "100000")
    heir = company.payee("LFH")
    company.rows["plan_assignments"].append({"employee_no": heir, "plan_id": "lfc", **DECIDED})
    company.signed["lfc"].append(heir)
    for leaver in ("LFR", "LFC"):
        company.say("handovers", leaver_no=leaver, successor_no=heir, **{**DECIDED, "valid_from": "2026-03-01"})
    for day in ("02-10", "02-11"):
        company.cash("LFC-1", f"2026-{day}", "11300")


def overridden(company: CommissionCompany) -> None:
    """A sale with ten managers above it."""
    names = [f"OV{level:02d}" for level in range(10, 0, -1)]
    for name, above in zip(names, [None, *names[:-1]], strict=True):
        company.payee(name, manager=above)
    seller = company.payee("OVS", manager=names[-1])
    company.plan("ovr", names, flat("0.001", more="accumulate: month, credit: {override: {levels: null}}"))
    company.order("OVS-1", "2026-01-10", "1000000", seller)


CASES = (
    decided,
    guarded,
    turned,
    left,
    overridden,
    e1_tiers,
    e2_part_payments,
    e2_product_rates,
    e3_current_credit,
    e3_taken_back,
    e4_draws,
    e7_locked_rate,
    rules,
    vectors,
    more_vectors,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """After the night of March, the closes of its quarter and the night of June."""
    root = tmp_path_factory.mktemp("commission")
    company = worked_company()
    home = Home(root=str(root / "home"), company=str(root / "company"))
    records = company.write_records(root / "records")
    company.write_folder(root / "company")
    with pytest.MonkeyPatch.context() as environment, serve(records, at=night_of(MARCH, ZONE)) as running:
        environment.setenv("DAGSTER_HOME", str(root / "dagster"))
        for name, value in surroundings(running.zoho_url, running.fxiaoke_url).items():
            environment.setenv(name, value)
        for as_of in (MARCH, JUNE):
            running.move_to(night_of(as_of, ZONE))
            execute("nightly", home, as_of=as_of, known_at=night_of(as_of, ZONE))
            if as_of == MARCH:
                for minutes, month in enumerate(CLOSED, start=30):
                    execute("close_month", home, partition=month, known_at=night_of(as_of, ZONE) + timedelta(minutes=minutes))
                split_of_april(company)
                company.write_folder(root / "company")
    return home


@pytest.fixture(scope="module")
def published(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """What readers have."""
    with duckdb.connect(str(home.published), read_only=True) as connection:
        yield connection


def earned(published: duckdb.DuckDBPyConnection, payee: str) -> dict[str, str]:
    """What each month earned one payee, all components together."""
    rows = published.execute(
        "select month, sum(amount) from finance.commission_earnings where payee_no = ? group by month order by month", [payee]
    ).fetchall()
    return {month: str(amount) for month, amount in rows}


def attributed(published: duckdb.DuckDBPyConnection, payee: str) -> list[str]:
    """The cents of each event, in order."""
    rows = published.execute(
        "select amount from finance.commission_earning_events where payee_no = ? order by event_date, event_id", [payee]
    ).fetchall()
    return [str(amount) for (amount,) in rows]


def attributed_by_product(published: duckdb.DuckDBPyConnection, payee: str) -> dict[str, list[str]]:
    """The cents of each event by product, in order."""
    rows = published.execute(
        """
        select events.product_code, earned.amount
        from finance.commission_earning_events as earned
        join core.commission_events as events using (event_id)
        where earned.payee_no = ? order by earned.event_date
        """,
        [payee],
    ).fetchall()
    found: dict[str, list[str]] = defaultdict(list)
    for product, amount in rows:
        found[product].append(str(amount))
    return dict(found)


def lines(published: duckdb.DuckDBPyConnection, payee: str, *types: str) -> list[tuple[str, str, str]]:
    """Month of posting, type and amount of the payee's ledger and draft lines, of these types or of all."""
    rows = published.execute(
        "select posting_period, entry_type, amount from finance.commission_lines where payee_no = ? order by 1, 2, 3", [payee]
    ).fetchall()
    return [(month, kind, str(amount)) for month, kind, amount in rows if not types or kind in types]


def paid(published: duckdb.DuckDBPyConnection, payee: str) -> dict[str, str]:
    """What each month pays."""
    rows = published.execute(
        "select posting_period, sum(amount) from finance.commission_lines where payee_no = ? group by 1 order by 1", [payee]
    ).fetchall()
    return {month: str(amount) for month, amount in rows}


def test_what_was_decided_posts_once_and_moves_with_whom_it_names(published: duckdb.DuckDBPyConnection) -> None:
    assert lines(published, "DZA") == [
        ("2026-02", "ADJ_DISPUTE", "12.34"),
        ("2026-02", "MANUAL", "-5.00"),
        ("2026-04", "MANUAL", "5.00"),
    ]
    assert lines(published, "DZB") == [("2026-04", "MANUAL", "-5.00")]
    late = "select is_triage_late, days_open from finance.commission_disputes where dispute_id = 'A7'"
    assert published.execute(late).fetchall() == [(True, 17)]


@pytest.mark.parametrize("month", CLOSED)
def test_the_expense_accrued_is_the_expense_of_the_journal(published: duckdb.DuckDBPyConnection, month: str) -> None:
    found = ask(published, ("finance_journal", "finance_accruals"), {"month": month})
    accrued = next(row for row in found.rows["finance_accruals"] if row["month"] == month)
    booked = sum(row["amount"] for row in found.rows["finance_journal"] if row["account"] == "expense")
    assert accrued["expense"] == booked - accrued["capitalised"] + accrued["amortised"]


def total(amounts: dict[str, str]) -> str:
    return str(sum(map(Decimal, amounts.values())))


@pytest.mark.parametrize(
    ("payee", "amount"),
    [
        ("E1A", "15637.50"),
        ("E1B", "28137.50"),
        ("E1C", "11816.73"),
        ("E1D", "14316.73"),
        ("E1FL", "7500.00"),
        ("E1FU", "5000.00"),
        ("E1FM", "5000.00"),
    ],
)
def test_e1_a_table_means_what_its_kind_says(published: duckdb.DuckDBPyConnection, payee: str, amount: str) -> None:
    assert total(earned(published, payee)) == amount


def test_e1_cents_go_to_events_by_telescoping(published: duckdb.DuckDBPyConnection) -> None:
    assert attributed(published, "E1A") == ["3800.00", "8585.19", "3252.31"]


def test_e2_part_payments_land_on_the_whole_and_unapplied_cash_earns_nothing(published: duckdb.DuckDBPyConnection) -> None:
    for name in E2_WINDOWS:
        assert earned(published, name) == {"2026-01": "1066.67", "2026-02": "1066.66", "2026-03": "1066.67"}


def test_e2_each_product_has_its_rate(published: duckdb.DuckDBPyConnection) -> None:
    for payee in ("E2P", "E2L"):
        assert earned(published, payee) == {"2026-01": "1066.67", "2026-02": "1066.66", "2026-03": "1066.67"}
        assert attributed_by_product(published, payee) == {"PA": ["400.00"] * 3, "PB": ["666.67", "666.66", "666.67"]}


@pytest.mark.parametrize(
    ("payee", "second_quarter"),
    [
        ("E3A", "8500.00"),
        ("E3A40", "11000.00"),
        ("E3B", "10500.00"),
        ("E3B40", "12000.00"),
        ("E3C", "9000.00"),
        ("E3C40", "11000.00"),
    ],
)
def test_e3_a_refund_takes_back_what_its_mode_says(published: duckdb.DuckDBPyConnection, payee: str, second_quarter: str) -> None:
    months = earned(published, payee)
    assert total({month: amount for month, amount in months.items() if month < "2026-04"}) == "14000.00"
    assert total({month: amount for month, amount in months.items() if month >= "2026-04"}) == second_quarter


def test_vectors_of_others(published: duckdb.DuckDBPyConnection) -> None:
    assert attributed(published, "V4") == ["2000.00", "2000.00"]
    assert attributed(published, "V5")[-1] == "1100.00"
    assert attributed(published, "V6") == ["2.00", "3.00", "20.00", "14.00", "30.00", "95.00"]
    assert attributed(published, "V8") == ["40.00"]


def test_e3_a_debt_is_recovered_under_the_legal_limit(published: duckdb.DuckDBPyConnection) -> None:
    assert lines(published, "E3R", "CLAWBACK", "CLAWBACK_RECOVERY") == [
        ("2026-05", "CLAWBACK", "-4500.00"),
        ("2026-05", "CLAWBACK_RECOVERY", "-3000.00"),
        ("2026-05", "CLAWBACK_RECOVERY", "4500.00"),
        ("2026-06", "CLAWBACK_RECOVERY", "-1500.00"),
    ]


def test_e4_draws_top_up_and_are_repaid_or_forgiven(published: duckdb.DuckDBPyConnection) -> None:
    months = [f"2026-{number:02d}" for number in range(1, 7)]
    assert paid(published, "E4R") == dict(zip(months, ["1000.00"] * 5 + ["1200.00"], strict=True))
    assert [(month, amount) for month, _, amount in lines(published, "E4R", "DRAW", "DRAW_RECOVERY")] == [
        ("2026-01", "500.00"),
        ("2026-02", "300.00"),
        ("2026-03", "600.00"),
        ("2026-04", "-500.00"),
        ("2026-05", "100.00"),
        ("2026-06", "-1000.00"),
    ]
    assert paid(published, "E4N") == dict(
        zip(months, ["1000.00", "1000.00", "1000.00", "1500.00", "1000.00", "2200.00"], strict=True)
    )


def test_e7_a_rate_is_locked_and_a_late_split_adjusts_the_open_month(published: duckdb.DuckDBPyConnection) -> None:
    assert lines(published, "E7A") == [
        ("2026-03", "EARN", "4302.00"),
        ("2026-04", "ADJ_SPLIT", "-1290.60"),
        ("2026-04", "EARN", "4517.10"),
    ]
    assert lines(published, "E7B") == [("2026-04", "ADJ_SPLIT", "1290.60"), ("2026-04", "EARN", "1935.90")]
    assert (paid(published, "E7A")["2026-04"], paid(published, "E7B")) == ("3226.50", {"2026-04": "3226.50"})
    restated = published.execute(
        """
        select payee_no, sum(amount) from finance.commission_lines
        where plan_id = 'e7' and origin_period = '2026-03' group by 1 order by 1
        """
    ).fetchall()
    assert restated == [("E7A", Decimal("3011.40")), ("E7B", Decimal("1290.60"))]


def test_more_vectors_of_others(published: duckdb.DuckDBPyConnection) -> None:
    assert attributed(published, "V1") == ["41.25", "-41.25"]
    assert paid(published, "V2") == {"2026-01": "10.00", "2026-03": "90.00"}
    assert attributed(published, "V3") == ["150.00", "50.00", "20.00", "10.00"]
    assert attributed(published, "V7") == ["2.00", "3.00", "20.00", "14.00", "30.00", "80.00"]
    assert lines(published, "V10", "DRAW")[0] == ("2026-01", "DRAW", "1800.00")


def test_caps_carry_parts_follow_and_a_budget_ends(published: duckdb.DuckDBPyConnection) -> None:
    first = ("2026-01", "2026-02", "2026-03")
    pays = {
        payee: [amount for month, amount in paid(published, payee).items() if month in first] for payee in ("CAP", "INS", "FLR")
    }
    assert pays == {"CAP": ["100.00", "100.00", "60.00"], "INS": ["66.67", "83.34", "86.67"], "FLR": ["200.00", "50.00", "30.00"]}
    assert [amount for _, _, amount in lines(published, "SPF", "SPIFF")] == ["100.00", "100.00", "50.00"]


def test_a_plan_that_turns_inside_a_month_pays_each_sale_and_one_pool(published: duckdb.DuckDBPyConnection) -> None:
    assert attributed(published, "TRN") == ["10.00", "10.00", "20.00"]
    assert lines(published, "TRN", "AWARD") == [
        ("2026-01", "AWARD", "100.00"),
        ("2026-02", "AWARD", "200.00"),
        ("2026-03", "AWARD", "200.00"),
    ]


def test_a_leaver_answers_for_returns_and_the_successor_has_what_comes_in(published: duckdb.DuckDBPyConnection) -> None:
    assert lines(published, "LFR", "EARN", "CLAWBACK") == [("2026-01", "EARN", "1000.00"), ("2026-03", "CLAWBACK", "-1000.00")]
    assert (attributed(published, "LFC"), attributed(published, "LFH")) == (["100.00"], ["100.00"])


def test_every_rule_earns_what_was_reckoned_by_hand(published: duckdb.DuckDBPyConnection) -> None:
    found = {payee: earned(published, payee) for payee in EARNED}
    assert found == EARNED


def test_what_is_gone_for_good_is_a_line_and_in_no_balance(published: duckdb.DuckDBPyConnection) -> None:
    kept = "select balance_kind, month, closing from finance.commission_balances where payee_no = ? and closing <> 0"
    for payee, (told, balances) in GONE.items():
        assert [line for line in lines(published, payee) if line[1] != "EARN"] == told
        standing = {row[:2]: str(row[2]) for row in published.execute(kept, [payee]).fetchall()}
        assert standing == balances
    accrued = published.execute(
        """
        select month, written_off
        from finance.commission_accruals where written_off <> 0 order by month
        """
    ).fetchall()
    assert accrued == [
        ("2026-01", Decimal("-100.00")),
        ("2026-02", Decimal("-133.33")),
        ("2026-04", Decimal("-593.33")),
        ("2026-05", Decimal("133.33")),
    ]


def test_every_gate_lets_through_what_was_reckoned_by_hand(published: duckdb.DuckDBPyConnection) -> None:
    found = {payee: {month: amount for month, amount in paid(published, payee).items() if month <= "2026-03"} for payee in PAID}
    assert found == PAID


def test_recoveries_of_one_person_under_two_plans_share_the_legal_limit(published: duckdb.DuckDBPyConnection) -> None:
    months = [f"2026-{number:02d}" for number in range(1, 5)]
    assert paid(published, "TWO") == dict(zip(months, ["-300.00", "-300.00", "-300.00", "-200.00"], strict=True))


def test_an_override_goes_up_ten_levels(published: duckdb.DuckDBPyConnection) -> None:
    names = [f"OV{level:02d}" for level in range(1, 11)]
    assert [earned(published, name) for name in names] == [{"2026-01": "1000.00"}] * 10


def test_every_line_of_every_payee_is_explained_to_the_cent(home: Home, published: duckdb.DuckDBPyConnection) -> None:
    """Each names its events with credit, clause, rate, rounding and record, or the clause that it follows from."""
    found: dict[tuple[str, str], Decimal] = {}
    unexplained, kinds = [], set()
    payable = dict(
        ((payee, month), amount)
        for payee, month, amount in published.execute(
            "select payee_no, month, payable from finance.commission_statements where month <= '2026-06'"
        ).fetchall()
    )
    for payee, month in payable:
        told = explanation(account_of(home, payee, month)[0])
        found[payee, month] = told["total"]
        for line in told["lines"]:
            kinds.add(line["entry_type"])
            moved = sum((event["cents"] for event in line["events"]), Decimal(0))
            whole = moved + line["without_event"] == line["amount"] if line["events"] else bool(line["steps"])
            rows = [event["steps"] + event["origins"] for event in line["events"]]
            words = ("归属", "计提基数", "条款", "四舍五入", "原始记录")
            if not whole or any(not any(step.startswith(word) or word in step for step in row) for row in rows for word in words):
                unexplained.append((payee, month, line["entry_type"], line["amount"], line["reason"], rows))
    assert (found, unexplained) == (payable, [])
    assert kinds >= {
        *("EARN", "CLAWBACK", "CLAWBACK_RECOVERY", "ADJ_SPLIT", "DRAW", "DRAW_RECOVERY", "SPIFF", "AWARD"),
        *("CAP_WITHHELD", "CAP_RELEASE", "HOLDBACK", "HOLDBACK_RELEASE", "WRITE_OFF"),
    }


def test_wages_that_are_known_are_not_asked_for_at_a_close(home: Home) -> None:
    asked, _ = verify(home.published, home.plans(), "2026-06")
    unknown = {line.split()[0] for month in ("2026-05", "2026-06") for line in asked.to_review(month).get("wages_unknown", [])}
    assert ("E3A" in unknown, "E3R" in unknown) == (True, False)
