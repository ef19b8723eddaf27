"""A company made to be paid: orders, cash and returns of both CRMs, its plans and files, as the simulators and a run read them.

What to add here: a kind of record or file that a worked case needs.
What belongs elsewhere: the cases and their figures (`test_commission_cases.py`).
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.company import FILES

ZONE = ZoneInfo("Asia/Shanghai")
VAT = Decimal("1.13")
DECIDED = {"valid_from": "2025-01-01", "reason": "worked case", "approved_by": "E900"}
COMPANY = """\
name: 提成样例公司
departments:
  - {id: D1, name: 一部, crm: fxiaoke}
  - {id: D2, name: 二部, crm: zoho}
crm:
  fxiaoke: {order_amounts: incl_tax, cash: crm_payments, receivables: ar_ledger}
  zoho: {order_amounts: ex_tax, cash: cash_receipts, receivables: crm_invoices}
commission:
  signers: {prepare: [E902], review: [E902], approve: [E901], decide: [E900, E901, E902, E905], pay: [E904]}
"""
STANDARD = "STD"
Amount = str | int


def moment(day: str, hour: int = 10) -> datetime:
    """That hour of the business day."""
    return datetime.combine(date.fromisoformat(day), time(hour), ZONE)


def millis(day: str, hour: int = 0) -> int:
    """What Fxiaoke calls that hour."""
    return int(moment(day, hour).timestamp() * 1000)


@dataclass(slots=True)
class CommissionCompany:
    """Records by CRM and module, rows by company file, plans by name; written at once."""

    records: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    plans: dict[str, str] = field(default_factory=dict)
    signed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    products: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def payee(self, number: str, crm: str = "zoho", manager: str | None = None) -> str:
        """Somebody who sells in one CRM; managers first."""
        users = {"zoho": f"50000000000000{self._next('user'):05d}", "fxiaoke": f"FSUID_{number:0>32}"}
        self.rows["employees"].append(
            {
                "employee_no": number,
                "name": number,
                "department_id": "D2" if crm == "zoho" else "D1",
                "manager_no": manager,
                "role": "销售代表",
                "hire_date": "2020-01-01",
                f"{crm}_user_id": users[crm],
                **DECIDED,
            }
        )
        if crm == "zoho":
            self.records["zoho", "Users"].append(
                {"id": users[crm], "full_name": number, "status": "active", "created_time": "2020-01-01T00:00:00+08:00"}
            )
            self.records["zoho", "Accounts"].append(
                self._zoho(f"7{users[crm][1:]}", users[crm], "2020-01-01")
                | {
                    "Account_Name": f"客户{number}",
                    "Owner": {"id": users[crm], "name": number},
                }
            )
        else:
            self.records["fxiaoke", "_staff"].append(
                {
                    "openUserId": users[crm],
                    "name": number,
                    "mainDepartmentId": 1001,
                    "departmentIds": [1001],
                    "employeeNumber": number,
                    "isStop": False,
                }
            )
            self.records["fxiaoke", "AccountObj"].append(
                self._fxiaoke(users[crm], "2020-01-01")
                | {
                    "_id": f"65bb{number:0>20}",
                    "name": f"客户{number}",
                }
            )
        return number

    def plan(self, name: str, payees: Iterable[str], *components: str, extra: str = "", valid: str = "2026-01-01") -> None:
        """A plan of these components, each written as YAML flow text without its braces, and who is under it."""
        body = "\n".join(f"  - {{{component}}}" for component in components)
        self.plans[name] = (
            f"plan: {name}\nversion: 1\ntitle: 办法 {name}\nvalid: {{from: {valid}, to: 2026-12-31}}\ncurrency: CNY\n"
            "approved_by: [{role: finance, id: E901, at: 2025-12-01}]\n"
            f"accepted_by: signatures/{name}.csv\ncomponents:\n{body}\n{extra}\n"
        )
        for payee in payees:
            self.rows["plan_assignments"].append({"employee_no": payee, "plan_id": name, **DECIDED})
            self.signed[name].append(payee)

    def order(self, number: str, day: str, net: Amount, payee: str, lines: Sequence[tuple[str, Amount]] = (), **more: Any) -> str:
        """An order by day and amount without VAT; lines are product and amount, else there is one of the whole."""
        person = next(row for row in self.rows["employees"] if row["employee_no"] == payee)
        parts = [(code, Decimal(amount)) for code, amount in lines or [(STANDARD, net)]]
        if user := person.get("zoho_user_id"):
            self._zoho_order(number, day, Decimal(net), payee, user, parts, **more)
        else:
            self._fxiaoke_order(number, day, Decimal(net), payee, person["fxiaoke_user_id"], parts)
        return number

    def _zoho_order(
        self,
        number: str,
        day: str,
        net: Decimal,
        payee: str,
        user: str,
        parts: Sequence[tuple[str, Decimal]],
        currency: str = "CNY",
        is_taxed: bool = True,
    ) -> None:
        order_id = f"60000000000000{self._next('order'):05d}"
        tax = net * (VAT - 1) if is_taxed else Decimal(0)
        self.records["zoho", "Sales_Orders"].append(
            {
                **self._zoho(order_id, user, day),
                "SO_Number": number,
                "Subject": number,
                "Order_Date": day,
                "Status": "Approved",
                "Account_Name": {"id": f"7{user[1:]}", "name": payee},
                "Sub_Total": net,
                "Discount": 0,
                "Tax": tax,
                "Adjustment": 0,
                "Grand_Total": net + tax,
                "Currency": currency,
                "Exchange_Rate": 1,
            }
        )
        for code, amount in parts:
            self.records["zoho", "Ordered_Items"].append(
                {
                    **self._zoho(f"61000000000000{self._next('line'):05d}", user, day),
                    "Parent_Id": {"id": order_id, "name": number},
                    "Product_Name": {"id": self.product_id(code), "name": code},
                    "Quantity": 1,
                    "List_Price": amount,
                    "Total": amount,
                    "Discount": 0,
                    "Tax": 0,
                    "Net_Total": amount,
                }
            )

    def _fxiaoke_order(
        self, number: str, day: str, net: Decimal, payee: str, user: str, parts: Sequence[tuple[str, Decimal]]
    ) -> None:
        said = self._fxiaoke(user, day)
        self.records["fxiaoke", "SalesOrderObj"].append(
            said
            | {
                "_id": f"65aa{number:0>20}",
                "name": number,
                "account_id": f"65bb{payee:0>20}",
                "order_time": millis(day),
                "order_amount": f"{net * VAT:.4f}",
            }
        )
        for code, amount in parts:
            self.records["fxiaoke", "SalesOrderProductObj"].append(
                said
                | {
                    "_id": f"65ff{self._next('line'):020d}",
                    "name": f"{number}-{code}",
                    "order_id": f"65aa{number:0>20}",
                    "product_id": f"65ab{code:0>20}",
                    "quantity": "1",
                    "product_price": f"{amount * VAT:.4f}",
                    "sales_price": f"{amount * VAT:.4f}",
                    "subtotal": f"{amount * VAT:.4f}",
                }
            )

    def product(
        self, code: str, line: str | None = None, category: str | None = None, variant_of: str | None = None, **more: Any
    ) -> str:
        """A product that both CRMs sell, in its hierarchy."""
        self.rows["products"].append(
            {
                "product_code": code,
                "name": code,
                "product_line": line or "其他",
                "category": category,
                "variant_of": variant_of,
                "zoho_product_id": self.product_id(code),
                "fxiaoke_product_id": f"65ab{code:0>20}",
                **more,
                **DECIDED,
            }
        )
        return code

    def cash(
        self, order_no: str, day: str, amount: Amount, currency: str = "CNY", method: str = "wire", applied: bool = True
    ) -> None:
        """Money on the account; in Zoho's department finance applies it the same day, Fxiaoke keeps it itself."""
        order = next((one for one in self.records["zoho", "Sales_Orders"] if one["SO_Number"] == order_no), None)
        if order is None:
            self._payment(order_no, day, amount)
            return
        receipt = f"R{self._next('receipt'):04d}"
        booked = moment(day, 11).isoformat()
        self.rows["cash_receipts"].append(
            {
                "receipt_id": receipt,
                "crm": "zoho",
                "account_id": order["Account_Name"]["id"],
                "bank_value_date": day,
                "posting_date": day,
                "amount": amount,
                "currency_code": currency,
                "method": method,
                "booked_at": booked,
            }
        )
        if applied:
            self.rows["cash_allocations"].append(
                {
                    "allocation_id": f"A{receipt}",
                    "receipt_id": receipt,
                    "order_no": order_no,
                    "amount": amount,
                    "allocated_on": day,
                    "booked_at": booked,
                }
            )

    def returned(self, order_no: str, day: str, net: Amount) -> None:
        """Goods of a Fxiaoke order that came back, by their value without VAT."""
        order = next(one for one in self.records["fxiaoke", "SalesOrderObj"] if one["name"] == order_no)
        number = f"TH{self._next('return')}"
        self.records["fxiaoke", "ReturnedGoodsInvoiceObj"].append(
            self._fxiaoke(order["owner"][0], day)
            | {
                "_id": f"65cc{number:0>20}",
                "name": number,
                "account_id": order["account_id"],
                "order_id": order["_id"],
                "returned_goods_inv_amount": f"{Decimal(net) * VAT:.4f}",
                "returned_goods_time": millis(day),
            }
        )

    def refunded(self, order_no: str, day: str, amount: Amount) -> None:
        """Money of a Fxiaoke order that went back, with VAT."""
        order = next(one for one in self.records["fxiaoke", "SalesOrderObj"] if one["name"] == order_no)
        number = f"TK{self._next('refund')}"
        self.records["fxiaoke", "RefundObj"].append(
            self._fxiaoke(order["owner"][0], day)
            | {"_id": f"65ac{number:0>20}", "name": number, "account_id": order["account_id"], "order_id": order["_id"]}
            | {"refunded_amount": str(amount), "refunded_time": millis(day)}
        )

    def say(self, file: str, **values: Any) -> None:
        """A row of a company file."""
        self.rows[file].append(values)

    def write_records(self, folder: Path) -> Path:
        """Lay the records where the simulators read them."""
        self.records["fxiaoke", "_departments"] = [{"id": 1001, "name": "一部", "parentId": 0}]
        for (crm, module), records in self.records.items():
            (folder / crm).mkdir(parents=True, exist_ok=True)
            text = "".join(json.dumps(record, ensure_ascii=False, default=_number) + "\n" for record in records)
            (folder / crm / f"{module}.ndjson").write_text(text, encoding="utf-8")
        return folder

    def write_folder(self, folder: Path) -> Path:
        """Write the company folder as it stands now; a file without rows is left out."""
        for part in ("plans", "signatures"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "company.yaml").write_text(COMPANY, encoding="utf-8")
        for name, text in self.plans.items():
            (folder / "plans" / f"{name}.yaml").write_text(text, encoding="utf-8")
            lines = [f"{payee},2025-12-31,纸质" for payee in self.signed[name]]
            (folder / "signatures" / f"{name}.csv").write_text("\n".join(["employee,date,channel", *lines, ""]), encoding="utf-8")
        months = [f"2026-{month:02d},E902,E901,E905,E904,2026-{month:02d}-28" for month in range(1, 13)]
        header = "month,reviewed_by,approved_by,adjustments_approved_by,paid_by,paid_on"
        (folder / "commission_approvals.csv").write_text("\n".join([header, *months, ""]), encoding="utf-8")
        for file in FILES:
            if rows := self.rows.get(file.name):
                with (folder / f"{file.name}.csv").open("w", encoding="utf-8", newline="") as out:
                    writer = csv.DictWriter(out, [column.name for column in file.all_columns])
                    writer.writeheader()
                    writer.writerows(rows)
        return folder

    def product_id(self, code: str) -> str:
        """Under which id Zoho knows a product."""
        if code not in self.products:
            self.products[code] = f"62000000000000{self._next('product'):05d}"
        return self.products[code]

    def _payment(self, order_no: str, day: str, amount: Amount) -> None:
        order = next(one for one in self.records["fxiaoke", "SalesOrderObj"] if one["name"] == order_no)
        number = self._next("payment")
        said = {"payment_amount": str(amount), "payment_time": millis(day), "payment_term": "4", "$at": moment(day).isoformat()}
        person = order["owner"][0]
        self.records["fxiaoke", "PaymentObj"].append(
            self._fxiaoke(person, day)
            | said
            | {"_id": f"65dd{number:020d}", "name": f"P{number}", "account_id": order["account_id"]}
        )
        self.records["fxiaoke", "OrderPaymentObj"].append(
            self._fxiaoke(person, day)
            | said
            | {"_id": f"65ee{number:020d}", "payment_id": f"65dd{number:020d}", "order_id": order["_id"]}
        )

    def _zoho(self, record_id: str, user: str, day: str) -> dict[str, Any]:
        at = moment(day).isoformat()
        return {"$at": at, "id": record_id, "Owner": {"id": user, "name": user}, "Created_Time": at, "Modified_Time": at}

    def _fxiaoke(self, user: str, day: str) -> dict[str, Any]:
        return {
            "$at": moment(day).isoformat(),
            "owner": [user],
            "life_status": "normal",
            "create_time": millis(day, 10),
            "last_modified_time": millis(day, 10),
        }

    def _next(self, kind: str) -> int:
        self.numbers[kind] += 1
        return self.numbers[kind]


def _number(value: Decimal) -> float | int:
    """JSON has no decimals; a float prints these amounts as they are."""
    return int(value) if value == value.to_integral_value() else float(value)
