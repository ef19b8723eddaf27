"""What follows an order: invoices and their instalments, returns and credit notes, money received, write-offs.

What to add here: a way to be billed, to pay, or not to pay.
What belongs elsewhere: what was ordered (`sales.py`), finance's own books as files (`books.py`), surprises (`planted.py`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

from simulators.world import names
from simulators.world.clock import DAY, LAST_DAY, iso_day, moment, month_of, next_workday
from simulators.world.customers import Customer
from simulators.world.money import half_up
from simulators.world.products import VAT
from simulators.world.sales import Line, Order, record_id

WIRE, BILL, PREPAID, REBATE = "4", "10", "10000", "10001"
BANK_FEE = (1500, 2000, 2500, 3500)  # cents of a dollar that banks on the way keep


@dataclass(slots=True)
class Instalment:
    """A part of an invoice with its own due day."""

    no: int
    due: int
    amount: int
    credited: int = 0


@dataclass(slots=True)
class Invoice:
    """A bill for an order, amounts including VAT."""

    id: str
    no: str
    order: Order
    day: int
    at: int
    net: int
    tax: int
    amount: int
    instalments: list[Instalment]


@dataclass(slots=True)
class Return:
    """Goods that came back (Fxiaoke) or were credited (Zoho); amounts including VAT."""

    id: str
    no: str
    order: Order
    day: int
    at: int
    line: Line
    quantity: int
    net: int
    amount: int
    reason: str
    invoice: Invoice


@dataclass(slots=True)
class Entry:
    """A credit note or a write-off in finance's ledger."""

    kind: str
    invoice: Invoice
    instalment: int
    amount: int
    day: int
    at: int
    reason: str


@dataclass(slots=True)
class Part:
    """The share of a payment that settles one order."""

    id: str
    order: Order
    invoice: Invoice
    amount: int
    allocated: int


@dataclass(slots=True)
class Payment:
    """Money received, or what stands for it: `day` is when it came, `at` when somebody typed it in."""

    id: str
    no: str
    customer: Customer
    day: int
    at: int
    method: str
    amount: int
    currency: str
    parts: list[Part] = field(default_factory=list)
    dirty: str = ""
    kind: str = ""


@dataclass(slots=True)
class Cash:
    """Everything billed, credited and paid."""

    invoices: list[Invoice]
    returns: list[Return]
    entries: list[Entry]
    payments: list[Payment]


@dataclass(slots=True)
class _Due:
    """Money that will come in: for one invoice, on a day."""

    day: int
    invoice: Invoice
    amount: int


def make_cash(seed: int, orders: list[Order]) -> Cash:
    """Bills and payments of all orders that went through, in order of time."""
    rng = Random(f"{seed}:cash")
    cash = Cash([], [], [], [])
    coming: dict[str, list[_Due]] = defaultdict(list)
    for order in orders:
        if order.gone_at is not None or order.dirty or order.delivery_day > LAST_DAY:
            continue
        for invoice in _bill(rng, order):
            cash.invoices.append(invoice)
            _credit(rng, invoice, cash)
            coming[order.customer.account_id] += _promises(rng, invoice, cash)
    for dues in coming.values():
        dues.sort(key=lambda due: (due.day, due.invoice.order.no, due.amount))
        cash.payments += _receive(rng, dues)
    cash.payments = [payment for payment in cash.payments if payment.day <= LAST_DAY and payment.at // DAY <= LAST_DAY]
    _number(rng, cash)
    return cash


def _bill(rng: Random, order: Order) -> list[Invoice]:
    """One invoice an order, now and then two; key accounts pay by one to three instalments."""
    shares = [100]
    if order.customer.crm == "zoho" and rng.random() < 0.05 and order.gross > 500_000:
        shares = [60, 40]
    invoices, net_left, tax_left = [], order.gross - order.tax, order.tax
    for place, share in enumerate(shares):
        last = place == len(shares) - 1
        net = net_left if last else half_up((order.gross - order.tax) * share, 100)
        tax = tax_left if last else half_up(order.tax * share, 100)
        net_left, tax_left = net_left - net, tax_left - tax
        day = next_workday(order.delivery_day + place * 12)
        if day > LAST_DAY:
            continue
        at = moment(day, 10 + rng.randrange(7), rng.randrange(60), rng.randrange(60))
        amount = net + tax
        invoices.append(Invoice("", "", order, day, at, net, tax, amount, _instalments(rng, order.customer, day, amount)))
    return invoices


def _instalments(rng: Random, customer: Customer, day: int, amount: int) -> list[Instalment]:
    if customer.crm == "zoho" or amount < 3_000_000:
        return [Instalment(1, day + customer.terms, amount)]
    scheme = rng.choices((1, 2, 3), (45, 30, 25))[0]
    if scheme == 1:
        return [Instalment(1, day + customer.terms, amount)]
    first = half_up(amount * 30, 100)
    if scheme == 2:
        return [Instalment(1, day + 7, first), Instalment(2, day + customer.terms, amount - first)]
    kept = half_up(amount * 10, 100)
    return [
        Instalment(1, day + 7, first),
        Instalment(2, day + customer.terms, amount - first - kept),
        Instalment(3, day + 180, kept),
    ]


def _credit(rng: Random, invoice: Invoice, cash: Cash) -> None:
    """Some goods come back: a return where the CRM knows returns, a credit note in the ledger always."""
    if rng.random() >= 0.028:
        return
    order = invoice.order
    line = rng.choice(order.lines)
    day = next_workday(invoice.day + rng.randrange(8, 60))
    quantity = max(line.quantity * rng.randrange(10, 60) // 100, 1)
    if day > LAST_DAY:
        return
    if order.customer.crm == "fxiaoke":
        amount = min(quantity * line.sales_price, invoice.amount - 100)
        net = 0
    else:
        net = half_up((line.total - line.discount) * quantity, line.quantity)
        tax = half_up(net * VAT, 100) if order.tax else 0
        amount = net + tax
        if amount >= invoice.amount:
            return
    at = moment(day, 11 + rng.randrange(5), rng.randrange(60), rng.randrange(60))
    back = Return("", "", order, day, at, line, quantity, net, amount, rng.choice(names.RETURN_REASONS), invoice)
    cash.returns.append(back)
    left = amount
    for instalment in reversed(invoice.instalments):
        taken = min(left, instalment.amount)
        if taken:
            instalment.credited += taken
            cash.entries.append(Entry("credit_note", invoice, instalment.no, taken, day, at + 3600, f"退货:{back.reason}"))
        left -= taken


def _promises(rng: Random, invoice: Invoice, cash: Cash) -> list[_Due]:
    """When the money for an invoice comes in, by the customer's habit; what never comes is written off at last."""
    customer = invoice.order.customer
    dues = []
    for instalment in invoice.instalments:
        owed = instalment.amount - instalment.credited
        if owed <= 0:
            continue
        if customer.habit == "bad" and rng.random() < 0.14:
            _give_up(rng, invoice, instalment, owed, cash)
            continue
        late = _lateness(rng, customer.habit)
        if customer.orphaned is not None and instalment.due + late > customer.orphaned:
            late += rng.randrange(120, 300)  # nobody asks for it any more
        day = next_workday(max(instalment.due + late, invoice.day + 1))
        if rng.random() < 0.13 and owed > 200_000:
            part = half_up(owed * rng.randrange(30, 71), 100)
            part -= part % 100_00 if part > 200_00 else 0
            dues.append(_Due(day, invoice, part))
            day, owed = next_workday(day + rng.randrange(8, 45)), owed - part
        if customer.currency == "USD" and owed > 50_000 and rng.random() < 0.12:
            fee = rng.choice(BANK_FEE)
            owed -= fee
            written = next_workday(day + rng.randrange(20, 60))
            if rng.random() < 0.7 and written <= LAST_DAY:
                cash.entries.append(
                    Entry("write_off", invoice, instalment.no, fee, written, moment(written, 16, 30), "银行手续费")
                )
        dues.append(_Due(day, invoice, owed))
    return dues


def _lateness(rng: Random, habit: str) -> int:
    if habit == "prompt":
        return rng.randrange(-10, 7)
    if habit == "slow":
        return rng.randrange(6, 50)
    return rng.randrange(30, 170)


def _give_up(rng: Random, invoice: Invoice, instalment: Instalment, owed: int, cash: Cash) -> None:
    day = next_workday(instalment.due + rng.randrange(280, 420))
    if day <= LAST_DAY and rng.random() < 0.6:
        cash.entries.append(Entry("write_off", invoice, instalment.no, owed, day, moment(day, 17), "坏账核销"))


def _receive(rng: Random, dues: list[_Due]) -> list[Payment]:
    """One customer's money as it arrives: neighbours in time often come in one payment."""
    payments: list[Payment] = []
    group: list[_Due] = []
    for due in dues:
        if group and (
            due.day - group[0].day > 6 or due.invoice.order.currency != group[0].invoice.order.currency or rng.random() < 0.35
        ):
            payments.append(_payment(rng, group))
            group = []
        group.append(due)
    if group:
        payments.append(_payment(rng, group))
    return payments


def _payment(rng: Random, group: list[_Due]) -> Payment:
    customer = group[0].invoice.order.customer
    day = group[-1].day
    at = moment(next_workday(day + rng.choice((0, 0, 0, 1))), 14 + rng.randrange(4), rng.randrange(60), rng.randrange(60))
    methods = (WIRE, "5", "1", BILL, PREPAID, REBATE)
    method = rng.choices(methods, (66, 15, 5, 8, 4, 2))[0]
    if customer.currency == "USD":
        method = WIRE
    total = sum(due.amount for due in group)
    extra = 0
    if method == WIRE and rng.random() < 0.012:
        extra = half_up(total * rng.randrange(5, 40), 100)
        extra -= extra % 100
    by_invoice: dict[int, _Due] = {}
    for due in group:
        same = by_invoice.get(id(due.invoice))
        by_invoice[id(due.invoice)] = _Due(due.day, due.invoice, due.amount + (same.amount if same else 0))
    parts = [Part("", due.invoice.order, due.invoice, due.amount, at // DAY) for due in by_invoice.values()]
    return Payment("", "", customer, day, at, method, total + extra, customer.currency, parts, kind="overpaid" if extra else "")


def _number(rng: Random, cash: Cash) -> None:
    """Numbers and ids, in order of time."""
    cash.invoices.sort(key=lambda invoice: (invoice.at, invoice.order.no, invoice.amount))
    cash.returns.sort(key=lambda back: (back.at, back.order.no))
    cash.payments.sort(key=lambda payment: (payment.at, payment.customer.index, payment.amount))
    for place, invoice in enumerate(cash.invoices, start=1):
        crm = invoice.order.customer.crm
        invoice.id = record_id(rng, crm, 9, place, invoice.at)
        invoice.no = f"{'FP' if crm == 'fxiaoke' else 'INV'}{month_of(invoice.day).replace('-', '')}-{place:05}"
    for place, back in enumerate(cash.returns, start=1):
        back.id = record_id(rng, back.order.customer.crm, 3, place, back.at)
        back.no = f"TH{month_of(back.day).replace('-', '')}-{place:04}"
    for place, payment in enumerate(cash.payments, start=1):
        number_payment(rng, payment, place)
    cash.entries.sort(key=lambda entry: (entry.at, entry.invoice.no, entry.instalment))


def number_payment(rng: Random, payment: Payment, place: int) -> None:
    """Give a payment its id and number, and its parts theirs."""
    crm = payment.customer.crm
    payment.id = record_id(rng, "fxiaoke", 1, place, payment.at) if crm == "fxiaoke" else f"RC{place:06}"
    payment.no = f"{iso_day(payment.at // DAY).replace('-', '')}-{place:06}"
    for number, part in enumerate(payment.parts):
        part.id = (
            record_id(rng, "fxiaoke", 2, place * 8 + number, payment.at) if crm == "fxiaoke" else f"AL{place:06}-{number + 1}"
        )
