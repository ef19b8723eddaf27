"""Finance's own books: the receivables ledger, receipts and what they settle, each row with the moment it was booked.

What to add here: a book that finance keeps outside of the CRMs.
What belongs elsewhere: what was billed and paid (`cash.py`), what people decide (`decisions.py`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from simulators.world.cash import BILL, PREPAID, REBATE, Cash
from simulators.world.clock import DAY, iso, iso_day, moment, moment_of
from simulators.world.customers import Customer
from simulators.world.fxiaoke import text

BOOKS = (
    "ar_ledger", "cash_receipts", "cash_allocations",
    # kept by others than finance's receivables (`performance.py`), handed over the same way
    "attendance", "expense_ledger", "training", "appraisal", "report_register",
    "survey_responses", "market_size", "competitor_price",
    # noted about single customers and deals (`customer_work.py`)
    "strategic_customers", "service_log", "feedback", "forecast_calls",
)
METHODS = {"1": "cheque", "4": "wire", "5": "wire", BILL: "acceptance_bill", PREPAID: "prepaid_drawdown", REBATE: "rebate"}
LEDGER = (
    "entry_id",
    "entry_type",
    "invoice_no",
    "instalment_no",
    "crm",
    "order_no",
    "account_id",
    "invoice_date",
    "due_date",
    "entry_date",
    "amount",
    "currency_code",
    "reason",
    "booked_at",
)
RECEIPTS = (
    "receipt_id",
    "crm",
    "account_id",
    "bank_value_date",
    "posting_date",
    "amount",
    "currency_code",
    "method",
    "booked_at",
)
ALLOCATIONS = ("allocation_id", "receipt_id", "invoice_no", "order_no", "amount", "allocated_on", "booked_at")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A CSV file with the header and rows given, written the same on every machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_books(folder: Path, cash: Cash, moved: dict[str, Customer]) -> None:
    """The three books with everything that will ever be booked, ordered by when it is."""
    ledger: list[tuple[int, tuple[object, ...]]] = []
    for invoice in cash.invoices:
        order = invoice.order
        if order.customer.crm == "fxiaoke":
            ledger += [
                (
                    invoice.at,
                    (
                        "invoice",
                        invoice.no,
                        instalment.no,
                        "fxiaoke",
                        order.no,
                        moved.get(order.customer.account_id, order.customer).account_id,
                        iso_day(invoice.day),
                        iso_day(instalment.due),
                        iso_day(invoice.day),
                        text(instalment.amount),
                        order.currency,
                        "",
                    ),
                )
                for instalment in invoice.instalments
            ]
    for entry in cash.entries:
        order, invoice = entry.invoice.order, entry.invoice
        owner = moved.get(order.customer.account_id, order.customer)
        ledger.append(
            (
                entry.at,
                (
                    entry.kind,
                    invoice.no,
                    entry.instalment,
                    order.customer.crm,
                    order.no,
                    owner.account_id,
                    iso_day(invoice.day),
                    iso_day(invoice.instalments[entry.instalment - 1].due),
                    iso_day(entry.day),
                    text(entry.amount),
                    order.currency,
                    entry.reason,
                ),
            )
        )
    ledger.sort(key=lambda row: (row[0], str(row[1][1]), row[1][2]))
    write_csv(
        folder / "ar_ledger.csv", LEDGER, ((f"AR{place:06}", *row, iso(at)) for place, (at, row) in enumerate(ledger, start=1))
    )
    receipts = [payment for payment in cash.payments if payment.customer.crm == "zoho"]
    write_csv(
        folder / "cash_receipts.csv",
        RECEIPTS,
        (
            (
                p.id,
                "zoho",
                moved.get(p.customer.account_id, p.customer).account_id,
                iso_day(p.day),
                iso_day(p.at // DAY if p.kind == "backdated" else p.day),
                text(p.amount),
                p.currency,
                METHODS[p.method],
                iso(p.at),
            )
            for p in receipts
        ),
    )
    write_csv(
        folder / "cash_allocations.csv",
        ALLOCATIONS,
        (
            (part.id, p.id, part.invoice.no, part.order.no, text(part.amount), iso_day(part.allocated), iso(p.at))
            for p in receipts
            for part in p.parts
        ),
    )


def company_books(out: Path, at: datetime, company_folder: Path) -> None:
    """Finance's books as they stood at a moment, written into a company folder."""
    until = iso(moment_of(at))
    for name in BOOKS:
        with (out / "company" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        write_csv(company_folder / f"{name}.csv", header, (row for row in rows if row[-1] <= until))


def month_end(month: str) -> int:
    """The last moment of a month."""
    year, number = int(month[:4]), int(month[5:])
    following = datetime(year + number // 12, number % 12 + 1, 1).toordinal()  # noqa: DTZ001  (a calendar day, no moment)
    return moment(following, 0) - 1
