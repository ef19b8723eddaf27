"""What finance keeps: taxes, rates of exchange, receivables, cash.

What to add here: a file that finance keeps, as one row of `FILES`.
What belongs elsewhere: what a column may be (`columns.py`), what finance decides about commission (`commission.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from connectors.company.files.columns import (
    AMOUNT,
    BOOKED_AT,
    CRM,
    CURRENCY_CODE,
    PRODUCT_CODE,
    ZERO,
    Column,
    CompanyFile,
    Known,
    Mistake,
    Row,
    T,
)

# A rebate and a prepaid drawdown settle an invoice without new cash: core decides what counts, by these words.
METHODS = ("wire", "acceptance_bill", "cheque", "cash", "card", "prepaid_drawdown", "rebate", "refund", "other")


def _check_ar_entry(row: Row, known: Known) -> Iterator[Mistake]:
    if row["entry_type"] == "invoice":
        for column in ("invoice_date", "due_date"):
            if row[column] is None:
                yield column, "a date, because this entry is an invoice"
        invoiced, due = row["invoice_date"], row["due_date"]
        if isinstance(invoiced, date) and isinstance(due, date) and due < invoiced:
            yield "due_date", f"a day on or after invoice_date {invoiced}"
    elif row["entry_type"] and row["crm"] in known["crms with ar_ledger"] and row["invoice_no"] not in known["invoices"]:
        yield "invoice_no", "an invoice of this ledger that the entry reduces"


def _check_amount_not_zero(row: Row, known: Known) -> Iterator[Mistake]:
    if row["amount"] == 0:
        yield "amount", "an amount that is not zero"


FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="tax_rates", key=("tax_code",),
        description="税率: what turns an amount with VAT into one without.",
        columns=(
            Column(name="tax_code", label="税码", required=True),
            Column(name="rate", type=T.NUMBER, label="税率", note="0.13 or 13%", required=True, minimum=ZERO, maximum=Decimal(1)),
        ),
    ),
    CompanyFile(
        name="fx_rates", key=("rate_type", "currency_code", "rate_date"), is_decision=False,
        description="汇率: base currency per one unit of the foreign one.",
        columns=(
            Column(name="rate_type", label="汇率类型", required=True),
            CURRENCY_CODE,
            Column(name="rate_date", type=T.DATE, label="日期", required=True),
            Column(name="rate", type=T.NUMBER, label="汇率", required=True, above=ZERO),
            Column(name="is_locked", type=T.BOOLEAN, label="已锁定", required=True),
        ),
    ),
    CompanyFile(
        name="ar_ledger", key=("entry_id",), is_decision=False, check=_check_ar_entry,
        description="应收台账: invoices by instalment, and what reduces them. Amounts include VAT and are positive.",
        columns=(
            Column(name="entry_id", type=T.ID, label="分录号", required=True),
            Column(name="entry_type", label="类型", required=True, choices=("invoice", "credit_note", "write_off")),
            Column(name="invoice_no", type=T.ID, label="发票号", required=True),
            Column(name="instalment_no", type=T.INTEGER, label="分期号", minimum=Decimal(1)),
            CRM,
            Column(name="order_no", type=T.ID, label="订单号"),
            Column(name="account_id", type=T.ID, label="客户 id", required=True),
            Column(name="invoice_date", type=T.DATE, label="开票日"),
            Column(name="due_date", type=T.DATE, label="到期日"),
            Column(name="entry_date", type=T.DATE, label="分录日", required=True),
            Column(name="amount", type=T.MONEY, label="金额 (含税)", required=True, above=ZERO),
            CURRENCY_CODE,
            Column(name="reason", label="原因"),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="cash_receipts", key=("receipt_id",), is_decision=False, check=_check_amount_not_zero,
        description="收款: money on the bank account; refunds and bounced notes are negative.",
        columns=(
            Column(name="receipt_id", type=T.ID, label="收款号", required=True),
            CRM,
            Column(name="account_id", type=T.ID, label="客户 id", required=True),
            Column(name="bank_value_date", type=T.DATE, label="银行起息日", required=True),
            Column(name="posting_date", type=T.DATE, label="记账日", required=True),
            AMOUNT,
            CURRENCY_CODE,
            Column(name="method", label="方式", required=True, choices=METHODS),
            BOOKED_AT,
            Column(name="maturity_date", type=T.DATE, label="到期日", note="of an acceptance bill", may_be_absent=True),
        ),
    ),
    CompanyFile(
        name="cash_allocations", key=("allocation_id",), is_decision=False, check=_check_amount_not_zero,
        description="核销: which invoice or order a receipt settles.",
        columns=(
            Column(name="allocation_id", type=T.ID, label="核销号", required=True),
            Column(name="receipt_id", type=T.ID, label="收款号", required=True, exists_in="cash_receipts.receipt_id"),
            Column(name="invoice_no", type=T.ID, label="发票号"),
            Column(name="order_no", type=T.ID, label="订单号"),
            AMOUNT,
            Column(name="allocated_on", type=T.DATE, label="核销日", required=True),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="credit_limits", key=("crm", "account_id"),
        description="信用额度: how much a customer may owe, with VAT in base currency, and which share of it is insured.",
        columns=(
            CRM,
            Column(name="account_id", type=T.ID, label="客户 id", required=True),
            Column(name="limit_amount", type=T.MONEY, label="信用额度", required=True, minimum=ZERO),
            Column(name="insured_share", type=T.NUMBER, label="投保比例", note="0.9: 90 % of it is insured", minimum=ZERO,
                   maximum=Decimal(1)),
        ),
    ),
    CompanyFile(
        name="cost_table", key=("product_code",),
        description="成本: what one unit costs without VAT from the day it is valid; margin reads it as of the delivery.",
        columns=(
            PRODUCT_CODE,
            Column(name="unit_cost", type=T.MONEY, label="单位成本", required=True, minimum=ZERO),
            CURRENCY_CODE,
        ),
    ),
)
