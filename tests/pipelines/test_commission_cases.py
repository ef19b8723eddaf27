"""The worked cases of the commission specification through the whole line: records in the simulators, files in a company folder,
two nights and three closes, figures out of `finance.*`.

What to add here: a case, as a payee of its own with a plan of their own, and what must come out.
What belongs elsewhere: how records and files are written (`commission_company.py`), cases on one engine (`tests/commission`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from pipelines.demo import surroundings
from pipelines.execute import execute
from pipelines.resources import Home, night_of
from simulators.server import serve
from tests.pipelines.commission_company import STANDARD, CommissionCompany

ZONE = "Asia/Shanghai"
MARCH, JUNE = date(2026, 3, 31), date(2026, 6, 30)
E1_TABLE = "[{from: 0, to: 500000, rate: 0.010}, {from: 500000, to: 1000000, rate: 0.015}, {from: 1000000, rate: 0.025}]"
E3_TABLE = "[{from: 0, to: 1000000, rate: 0.01}, {from: 1000000, rate: 0.02}]"
ORACLE = ["200", "300", "1500", "1200", "2000", "4500"]


def rated(kind: str, window: str, table: str = E1_TABLE, boundary: str = "lower_inclusive", more: str = "") -> str:
    words = "" if kind == "interpolated" else f"boundary: {boundary}, "
    tail = f", {more}" if more else ""
    return f"id: base, event: signed, accumulate: {window}, rate: {{kind: {kind}, {words}table: {table}}}{tail}"


def flat(rate: str, event: str = "signed", more: str = "accumulate: month") -> str:
    return f"id: base, event: {event}, rate: {{kind: flat, rate: {rate}}}, {more}"


def worked_company() -> CommissionCompany:
    """Every case that the SQL engine computes."""
    company = CommissionCompany()
    for boss in ("E900", "E901", "E902"):
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


def e2_part_payments(company: CommissionCompany) -> None:
    """An invoice of 113 000.00 paid in three; at one rate, and cash that nobody applied."""
    payee = company.payee("E2T")
    company.plan("e2t", [payee], flat("0.032", "cash_applied", "accumulate: year"))
    company.order("E2T-1", "2026-01-05", "100000", payee)
    for month, amount in (("01", "37666.67"), ("02", "37666.67"), ("03", "37666.66")):
        company.cash("E2T-1", f"2026-{month}-15", amount)
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


def vectors(company: CommissionCompany) -> None:
    """V4, V5, V6 and V8 of C11, and V1 without its multiplier: goods that come back pay back."""
    payee = company.payee("V1", "fxiaoke")
    company.plan("v1", [payee], flat("0.05"))
    company.order("V1-1", "2026-01-10", "750", payee)
    company.returned("V1-1", "2026-02-10", "750")
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


CASES = (e1_tiers, e2_part_payments, e3_current_credit, vectors)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """What readers have after the night of March, the closes of its quarter and the night of June."""
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
    assert earned(published, "E2T") == {"2026-01": "1066.67", "2026-02": "1066.66", "2026-03": "1066.67"}


@pytest.mark.parametrize(("payee", "second_quarter"), [("E3C", "9000.00"), ("E3C40", "11000.00")])
def test_e3_a_refund_is_a_credit_of_its_own_quarter(
    published: duckdb.DuckDBPyConnection, payee: str, second_quarter: str
) -> None:
    months = earned(published, payee)
    assert total({month: amount for month, amount in months.items() if month < "2026-04"}) == "14000.00"
    assert total({month: amount for month, amount in months.items() if month >= "2026-04"}) == second_quarter


def test_vectors_of_others(published: duckdb.DuckDBPyConnection) -> None:
    assert attributed(published, "V1") == ["37.50", "-37.50"]
    assert attributed(published, "V4") == ["2000.00", "2000.00"]
    assert attributed(published, "V5")[-1] == "1100.00"
    assert attributed(published, "V6") == ["2.00", "3.00", "20.00", "14.00", "30.00", "95.00"]
    assert attributed(published, "V8") == ["40.00"]
