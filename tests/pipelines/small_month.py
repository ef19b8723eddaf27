"""A company of two sellers on one CRM and one month to close, and what arrives after its close.

What to add here: a record or a line of a company file that a closing test needs. What must come out is in the tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

COMPANY: dict[str, str] = {
    "company.yaml": """\
name: 小公司
time_zone: Asia/Shanghai
currency: CNY
departments: [{id: D0, name: 总部, crm: fxiaoke}, {id: D1, name: 一部, crm: fxiaoke}]
crm:
  fxiaoke: {order_amounts: incl_tax, cash: crm_payments, receivables: ar_ledger}
commission:
  one_login_may_sign: true
  signers:
    decide: [财务负责人, 销售运营]
    pay: [提成会计, 部门总监, 财务负责人]
""",
    "employees.csv": """\
employee_no,name,department_id,manager_no,role,region,hire_date,leave_date,fxiaoke_user_id,valid_from,valid_to,reason,approved_by
E1,甲,D1,E8,销售代表,华东,2020-01-01,,FU1,2020-01-01,,入职,E9
E2,乙,D1,E8,销售代表,华东,2020-01-01,,FU2,2020-01-01,,入职,E9
E6,己,D0,E9,提成会计,,2020-01-01,,,2020-01-01,,入职,E9
E7,庚,D0,E9,销售运营,,2020-01-01,,,2020-01-01,,入职,E9
E8,辛,D1,E9,部门总监,,2020-01-01,,,2020-01-01,,入职,E9
E9,壬,D0,,财务负责人,,2020-01-01,,,2020-01-01,,入职,E9
""",
    "tax_rates.csv": "tax_code,rate,valid_from,valid_to,reason,approved_by\nvat,0.13,2019-04-01,,增值税,E9\n",
    "products.csv": """\
product_code,name,product_line,unit,list_price,fxiaoke_product_id,valid_from,valid_to,reason,approved_by
TD-1,泵,液压,台,100.00,fp1,2024-01-02,,产品目录,E9
""",
    "plan_assignments.csv": """\
employee_no,plan_id,valid_from,valid_to,reason,approved_by
E1,tiers,2026-01-01,,办法,E9
E2,flat,2026-01-01,,办法,E9
""",
    "plans/tiers-1.yaml": """\
plan: tiers
version: 1
title: 分段办法
author: E7
valid: {from: 2026-01-01, to: 2026-12-31}
currency: CNY
approved_by: [{role: 财务负责人, id: E9, at: 2025-12-20}]
accepted_by: signatures/tiers.csv
components:
  - id: cash
    name_zh: 回款提成
    event: cash_applied
    date_basis: bank_value_date
    plan_version_by: event_date
    measure: amount_ex_tax
    credit: {primary: owner_at_signature, splits: split_table, overlays: []}
    accumulate: quarter
    rate:
      kind: marginal
      boundary: lower_inclusive
      table: [{from: 0, to: 100000, rate: 0.01}, {from: 100000, rate: 0.02}]
    acknowledge: {unbounded_top: 不封顶}
rounding: {mode: HALF_UP, places: 2, unit: payee_component_period}
""",
    "plans/flat-1.yaml": """\
plan: flat
version: 1
title: 固定办法
author: E7
valid: {from: 2026-01-01, to: 2026-12-31}
currency: CNY
approved_by: [{role: 财务负责人, id: E9, at: 2025-12-20}]
accepted_by: signatures/flat.csv
components:
  - id: cash
    name_zh: 回款提成
    event: cash_applied
    date_basis: bank_value_date
    plan_version_by: event_date
    measure: amount_ex_tax
    credit: {primary: owner_at_signature, splits: split_table, overlays: []}
    accumulate: month
    rate: {kind: flat, rate: 0.03}
rounding: {mode: HALF_UP, places: 2, unit: payee_component_period}
""",
    "signatures/tiers.csv": "employee,date,channel\nE1,2025-12-24,纸面\n",
    "signatures/flat.csv": "employee,date,channel\nE2,2025-12-24,纸面\n",
    "commission_approvals.csv": "month,reviewed_by,approved_by,paid_by,paid_on,reason\n",
}
# After the close of March: E2's rate is corrected, two accounts turn out to be one customer, an order was shared,
# a dispute of E1 is upheld, and something is put right by hand.
LATER: dict[str, str] = {
    "plans/flat-1.yaml": COMPANY["plans/flat-1.yaml"].replace("rate: 0.03", "rate: 0.035"),
    "customer_links.csv": """\
crm,account_id,other_crm,other_account_id,decision,valid_from,valid_to,reason,approved_by
fxiaoke,A2,fxiaoke,A1,same,2026-04-08,,同一客户,E9
""",
    "deal_splits.csv": """\
crm,order_no,employee_no,share,is_overlay,decided_on,valid_from,valid_to,reason,approved_by
fxiaoke,SO4,E2,0.7,,2026-04-08,2026-01-01,,共同开发,E9
fxiaoke,SO4,E1,0.3,,2026-04-08,2026-01-01,,共同开发,E9
""",
    "disputes.csv": """\
dispute_id,employee_no,month,plan_id,component_id,line,claim,evidence,opened_on,triaged_on,decision,decided_on,decided_by,effect_amount,reason
DSP1,E1,2026-03,tiers,cash,SO1,少计一笔,mail-17.pdf,2026-04-03,2026-04-05,upheld,2026-04-09,E9,12.34,补记
DSP2,E2,2026-03,flat,cash,SO3,比例不对,mail-18.pdf,2026-04-04,,,,,,
""",
    "adjustments.csv": """\
adjustment_id,entry_type,employee_no,plan_id,component_id,origin_month,posting_month,amount,reason,evidence,approved_by,second_approver
ADJ1,MANUAL,E2,flat,cash,2026-03,2026-04,-5.00,多发更正,hr-3.pdf,E9,E7
""",
}


def write_company(folder: Path, files: Mapping[str, str]) -> None:
    """Put these files into a company folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def millis(text: str) -> int:
    """A Shanghai time as the CRM keeps it."""
    return int(datetime.fromisoformat(f"{text}+08:00").timestamp() * 1000)


def record(kind: str, key: str, at: str, owner: str, **values: Any) -> dict[str, Any]:
    """One version of a record from a moment on."""
    return {
        "$at": f"{at}+08:00",
        "_id": key,
        "name": values.pop("name", key),
        "object_describe_api_name": kind,
        "record_type": "default__c",
        "life_status": "normal",
        "lock_status": "0",
        "is_deleted": False,
        "version": "1",
        "create_time": millis(at),
        "last_modified_time": millis(at),
        "owner": [owner],
        "created_by": [owner],
        "data_own_department": ["1001"],
        **values,
    }


def sold(number: int, owner: str, account: str, gross: str, on: str) -> list[tuple[str, dict[str, Any]]]:
    """A confirmed order of one line."""
    at = f"{on}T10:00:00"
    order = {"account_id": account, "order_time": millis(f"{on}T00:00:00"), "order_amount": gross, "order_status": "7"}
    line = {"order_id": f"O{number}", "product_id": "fp1", "quantity": "1.00", "product_price": gross, "subtotal": gross}
    return [
        ("SalesOrderObj", record("SalesOrderObj", f"O{number}", at, owner, name=f"SO{number}", **order)),
        ("SalesOrderProductObj", record("SalesOrderProductObj", f"L{number}", at, owner, **line)),
    ]


def paid(key: str, order: str, owner: str, account: str, amount: str, on: str, at: str = "") -> list[tuple[str, dict[str, Any]]]:
    """A payment applied to an order, entered on its day or later."""
    at = at or f"{on}T11:00:00"
    day = millis(f"{on}T00:00:00")
    return [
        (
            "PaymentObj",
            record("PaymentObj", key, at, owner, account_id=account, payment_amount=amount, payment_time=day, payment_term="4"),
        ),
        (
            "OrderPaymentObj",
            record(
                "OrderPaymentObj",
                f"{key}-1",
                at,
                owner,
                payment_id=key,
                order_id=order,
                payment_amount=amount,
                payment_time=day,
                payment_term="4",
            ),
        ),
    ]


def write_records(folder: Path) -> None:
    """March as it was known at its close, and what the CRM said in April."""
    records = [
        *(
            ("AccountObj", record("AccountObj", key, "2025-06-01T09:00:00", "FU1", name=name, account_no=key))
            for key, name in (("A1", "宏达机械有限公司"), ("A2", "鸿达机械厂"))
        ),
        *sold(1, "FU1", "A1", "90400.00", "2026-03-02"),
        *sold(2, "FU1", "A1", "56500.00", "2026-03-03"),
        *sold(3, "FU2", "A2", "22600.00", "2026-03-04"),
        *sold(4, "FU2", "A1", "11300.00", "2026-03-05"),
        *paid("P1", "O1", "FU1", "A1", "90400.00", "2026-03-10"),
        *paid("P2", "O2", "FU1", "A1", "22600.00", "2026-03-20"),
        *paid("P3", "O3", "FU2", "A2", "22600.00", "2026-03-15"),
        *paid("P4", "O4", "FU2", "A1", "11300.00", "2026-03-16"),
        # April: a payment of March that was entered late, one of April, and money of March that went back.
        *paid("P5", "O2", "FU1", "A1", "22600.00", "2026-03-28", at="2026-04-10T09:00:00"),
        *paid("P6", "O2", "FU1", "A1", "11300.00", "2026-04-12"),
        *paid("P7", "O1", "FU1", "A1", "-5650.00", "2026-04-14"),
    ]
    (folder / "fxiaoke").mkdir(parents=True)
    for kind in sorted({kind for kind, _ in records}):
        lines = [json.dumps(one, ensure_ascii=False) for own, one in records if own == kind]
        (folder / "fxiaoke" / f"{kind}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    staff = [
        {
            "$at": "2020-01-01T08:00:00+08:00",
            "openUserId": user,
            "name": name,
            "isStop": False,
            "departmentIds": [1001],
            "mainDepartmentId": 1001,
            "employeeNumber": number,
            "createTime": 1577836800000,
            "updateTime": 1577836800000,
        }
        for user, name, number in (("FU1", "甲", "E1"), ("FU2", "乙", "E2"))
    ]
    for name, rows in (
        ("_staff", staff),
        ("_departments", [{"id": 1001, "name": "一部", "parentId": 0, "isStop": False, "order": 1}]),
    ):
        text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (folder / "fxiaoke" / f"{name}.ndjson").write_text(text + "\n", encoding="utf-8")
