"""The records that are loaded: deals as Zoho writes them, orders as Fxiaoke does.

What to add here: a kind of record that is loaded. What belongs elsewhere: who loads them (`contestants.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

AT = datetime(2026, 3, 1, tzinfo=UTC)
BEGIN = AT - timedelta(days=600)


def deals(count: int) -> Iterator[dict[str, Any]]:
    """Deals as Zoho writes them, a change every few seconds or minutes."""
    step = (AT - BEGIN - timedelta(days=1)) / count
    for n in range(count):
        stamp = (BEGIN + step * n).replace(microsecond=0).isoformat()
        yield {
            "id": str(4_100_000_000_000_000_000 + n),
            "Deal_Name": f"设备采购项目 {n}",
            "Amount": n * 7919 % 10_000_000 / 100,
            "Stage": ("Qualification", "Needs Analysis", "Closed Won")[n % 3],
            "Probability": (10, 50, 100)[n % 3],
            "Closing_Date": stamp[:10],
            "Lead_Source": "Web",
            "Currency": "CNY",
            "Exchange_Rate": 1,
            "Owner": {"id": "4100000000000000007", "name": "王小明", "email": "wang@example.cn"},
            "Account_Name": {"id": str(4_200_000_000_000_000_000 + n % 999), "name": "某某公司"},
            "Description": "需要跟进报价与交期",
            "Created_Time": stamp,
            "Modified_Time": stamp,
        }


def orders(count: int) -> Iterator[dict[str, Any]]:
    """Orders as Fxiaoke writes them."""
    step = (AT - BEGIN - timedelta(days=1)) / count
    for n in range(count):
        moment = int((BEGIN + step * n).timestamp() * 1000)
        yield {
            "_id": f"{n * 7919 % 16_777_216:06x}{n:018x}",
            "name": f"SO-{n}",
            "account_id": f"{n % 999:024x}",
            "order_amount": f"{n * 7919 % 10_000_000 / 100:.2f}",
            "order_time": moment // 86_400_000 * 86_400_000,
            "owner": ["FSUID_7"],
            "order_status": "7",
            "receivable_amount": "0.00",
            "mc_currency": "CNY",
            "mc_exchange_rate": "1.000000",
            "remark": "按合同交货",
            "life_status": "normal",
            "create_time": moment,
            "last_modified_time": moment,
        }


def write(path: Path, records: Iterator[dict[str, Any]]) -> None:
    """A file of the folder that the simulators serve."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(msgspec.json.encode(record) + b"\n" for record in records)
