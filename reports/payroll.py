"""What finance's systems read of a closed month: payroll's payable file, a journal voucher, and a control file over both.

A column is added here and in docs/operate.md; an account in `ACCOUNTS`. What is payable is decided in the finance marts.
No customer and no name stands in these files: numbers of employees, accounts and amounts.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from reports.facts import Facts, ReportError, ask, check_month, open_warehouse, plain

# Names of company.yaml's commission.accounts, with the code a company uses until it writes its own.
ACCOUNTS: Mapping[str, tuple[str, str]] = {
    "expense": ("660105", "销售费用-销售提成"),
    "payable": ("221105", "应付职工薪酬-销售提成"),
    "withheld": ("224105", "其他应付款-暂扣提成"),
    "draw_receivable": ("122105", "其他应收款-提成预支"),
    "clawback_receivable": ("122106", "其他应收款-待追回提成"),
    "contract_cost": ("147305", "合同取得成本-销售提成"),
}
QUERIES = ("clocks", "finance_payables", "finance_journal", "finance_accruals", "finance_totals", "finance_close")
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")
ZERO = Decimal("0.00")


def safe(text: str) -> str:
    """Words that no spreadsheet runs when the file is opened there."""
    return f"'{text}" if text.startswith(RUNS) else text


def build_payroll_files(warehouse: Path, month: str, out: Path, accounts: Mapping[str, str]) -> list[Path]:
    """The month's payable file, journal and control file in folder `out`; equal ledgers give equal bytes."""
    check_month(month)
    if unknown := sorted(set(accounts) - set(ACCOUNTS)):
        known = ", ".join(ACCOUNTS)
        raise ReportError(f"company.yaml commission.accounts: no such account {', '.join(unknown)}; there are {known}")
    with open_warehouse(warehouse) as database:
        facts = ask(database, QUERIES, {"month": month})
        currency = str(database.execute("select currency_code from core.clocks").fetchone()[0])
    payees = facts.rows["finance_payables"]
    if not facts.one("finance_close"):
        raise ReportError(f"{month} is not closed: payroll is given closed months only")
    total = sum((row["payable"] for row in payees), ZERO)
    if total != facts.one("finance_totals")["line_amount"]:
        raise ReportError(f"{month}: payables of {total} differ from {facts.one('finance_totals')['line_amount']} in the ledger")
    payroll = [("pay_month", "employee_no", "amount", "currency")]
    payroll += [(month, safe(row["payee_no"]), f"{row['payable']:.2f}", currency) for row in payees]
    payroll.append(("TOTAL", str(len(payees)), f"{total:.2f}", currency))
    files = {f"payroll_{month}.csv": _csv(payroll), f"journal_{month}.csv": _csv(_journal(facts, month, accounts, total))}
    control = {
        "month": month,
        "currency": currency,
        "payees": len(payees),
        "payable": f"{total:.2f}",
        "ledger_head": facts.one("finance_close")["ledger_head"],
        "reviewed_by": facts.one("finance_close")["reviewed_by"],
        "approved_by": facts.one("finance_close")["approved_by"],
        "accruals": {name: plain(value) for name, value in _month_of(facts, month).items()},
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    files[f"control_{month}.json"] = (json.dumps(control, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    out.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        _replace(out / name, data)
    return [out / name for name in files]


def _journal(facts: Facts, month: str, accounts: Mapping[str, str], total: Decimal) -> list[tuple[str, ...]]:
    """Debits and credits per account and department; what the ledger pays stands on the credit of what is owed to staff."""
    moved = [(row["account"], row["department_id"], row["amount"]) for row in facts.rows["finance_journal"]]
    accrued = _month_of(facts, month)
    change = accrued.get("amortised", ZERO) - accrued.get("capitalised", ZERO)
    moved += [("contract_cost", "", -change), ("expense", "", change)] if change else []
    owed = [("payable", "", -total)] if total else []
    rows = []
    for account, department, amount in [*moved, *owed]:
        if amount:
            code, title = accounts.get(account, ACCOUNTS[account][0]), ACCOUNTS[account][1]
            debit, credit = (amount, ZERO) if amount > 0 else (ZERO, -amount)
            rows.append((month, safe(code), title, safe(department), f"{debit:.2f}", f"{credit:.2f}", f"{month} 销售提成"))
    debits, credits = (sum((Decimal(row[at]) for row in rows), ZERO) for at in (4, 5))
    if debits != credits:
        raise ReportError(f"{month}: the journal does not balance, debit {debits}, credit {credits}")
    head = ("month", "account", "account_name", "department", "debit", "credit", "summary")
    return [head, *rows, ("TOTAL", "", "", "", f"{debits:.2f}", f"{credits:.2f}", "")]


def _month_of(facts: Facts, month: str) -> dict[str, Decimal]:
    """The month's accruals."""
    found = next((row for row in facts.rows["finance_accruals"] if row["month"] == month), {})
    return {name: value for name, value in found.items() if name != "month" and value is not None}


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return ("\ufeff" + text.getvalue()).encode("utf-8")


def _replace(path: Path, data: bytes) -> None:
    """The whole file or the former one, never a part."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)
