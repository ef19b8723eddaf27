"""A tenant whose stages, statuses, ways of payment and thresholds are nobody else's; in a year that no other case looks at.

What to add here: another word that a company may define. What belongs elsewhere: cases of amounts (`worked_cases.py`).
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

from tests.dbt_project.fixtures import Lake

D = Decimal
on = date.fromisoformat
at = datetime.fromisoformat  # UTC without a zone


def own_words(lake: Lake) -> None:
    """Deals in such stages, and what `stages`, `document_statuses`, `payment_methods` and `risk_thresholds` say of them."""
    for position, (stage, outcome, category) in enumerate(
        (("Anfrage", "Open", "Pipeline"), ("Angebot", "Open", "Best Case"), ("Auftrag", "Closed Won", "Closed"),
         ("Abgesagt", "Closed Lost", "Omitted"), ("Doppelt", "Closed Lost", "Omitted")),
        start=1,
    ):  # fmt: skip
        extra = json.dumps({"forecast_category": {"id": "1", "name": category}, "type": "used"})
        lake.add("zoho", "stages", stage, stage=stage, label=stage, outcome=outcome, position=position, extra=extra)
        lake.add(
            "zoho", "opportunities", f"z{position}", stage=stage, account_id="za1", owner_id="ZU2", amount=D(100),
            probability=D(50), created_at=at("2024-02-01 01:00"), stage_changed_at=at("2024-03-05 01:00"),
            modified_at=at("2024-03-05 01:00"), close_date=on("2024-03-05"),
        )  # fmt: skip
    lake.add("fxiaoke", "opportunities", "w9", stage="7", stage_name="合同评审", sales_status="1", amount=D(80), account_id="fa1",
             owner_id="FU1", life_status="normal", created_at=at("2024-02-01 01:00"), close_date=on("2025-12-31"))  # fmt: skip
    lake.decide("stages", "1", crm="zoho", object="opportunities", stage="Doppelt", ends_as="void")
    lake.decide("stages", "2", crm="zoho", object="opportunities", stage="Anfrage", is_qualified=True)
    lake.decide(
        "stages", "3", crm="fxiaoke", object="opportunities", stage="合同评审", stage_no=4, is_qualified=True, category="commit",
        valid_from=on("2025-06-30"),
    )  # fmt: skip
    lake.decide("stages", "4", crm="fxiaoke", object="opportunities", stage="合同评审", stage_no=9, valid_to=on("2025-06-29"))
    lake.decide("stages", "5", crm="fxiaoke", object="opportunities", stage="以后", stage_no=1, valid_from=on("2025-07-01"))
    lake.decide("document_statuses", "1", crm="zoho", object="orders", status="Zurückgezogen", is_counted=False)
    lake.decide(
        "payment_methods", "1", source="fxiaoke", code="10001", method="返利抵款", is_cash=False, is_drawdown=False
    )  # fmt: skip
    for account in lake.raw["fxiaoke", "accounts"]:
        if account["key"] == "fa1":
            account["location"] = '"116.3975#%$39.9087#%$北京"'
    text = "与采购经理确认了下季度的用量和交期,并约定复访"
    for key, place in (("g1", '"116.4020#%$39.9100#%$"'), ("g2", '"116.4220#%$39.9087#%$"'), ("g3", None), ("g4", '"#%$"')):
        start = at(f"2024-05-0{key[1]} 01:00")
        lake.add(
            "fxiaoke", "visits", key, account_id="fa1", owner_id="FU1", life_status="normal", record_text=text,
            checked_in_at=start, checked_out_at=start.replace(minute=30), checkin_location=place,
        )  # fmt: skip
    lake.decide("risk_thresholds", "1", threshold_id="visit_repeat_minutes", value=D(15))
    lake.decide("risk_thresholds", "2", threshold_id="visit_min_minutes", value=D(1), valid_to=on("2025-06-29"))
