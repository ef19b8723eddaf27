"""A small Zoho organisation in which every module has records, every kind of field has values and nothing is planted.

What to add here: a module, or a field with its kind.
What belongs elsewhere: how the simulator serves them, how the official SDK should show them (`test_zoho_sdk.py`).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

AT = datetime(2026, 3, 1, tzinfo=UTC)
BEGIN = datetime(2026, 1, 1, 9, tzinfo=UTC)
PEOPLE = (
    {"name": "Li Wei", "id": "4000000000000000901", "email": "li@company.example"},
    {"name": "王芳", "id": "4000000000000000902", "email": "wang@company.example"},
)
COMMON = (
    "Owner:owner Created_By:owner Modified_By:owner Created_Time:time Modified_Time:time Last_Activity_Time:time Tag:tags "
    "Record_Status__s:pick Locked__s:bool Description:text"
)
MONEY = "Sub_Total:money Discount:money Tax:money Adjustment:money Grand_Total:money Currency:pick Exchange_Rate:double"
LINE = (
    "Parent_Id:lookup Product_Name:product Quantity:double List_Price:money Total:money Discount:text Total_After_Discount:money "
    "Tax:money Net_Total:money Description:text Sequence_Number:int Line_Tax:line_tax Created_Time:time Modified_Time:time"
)
ACTIVITY = "Who_Id:lookup What_Id:lookup $se_module:text"
# Which fields a module has and of which kind each is, by the reference; what only comes with a single record is left out.
MODULES: dict[str, str] = {
    "Leads": "Last_Name:text First_Name:text Full_Name:text Salutation:pick Company:text Email:text Phone:text Website:text "
    "Lead_Source:pick Lead_Status:pick Industry:pick Rating:pick Annual_Revenue:money No_of_Employees:int Designation:text "
    "City:text State:text Country:text Converted__s:bool Converted_Date_Time:time Converted_Account:lookup "
    "Converted_Contact:lookup Converted_Deal:lookup Lead_Conversion_Time:int",
    "Accounts": "Account_Name:text Account_Number:text Account_Type:pick Account_Site:text Parent_Account:lookup Industry:pick "
    "Ownership:pick Rating:pick Annual_Revenue:money Employees:int SIC_Code:int Ticker_Symbol:text Website:text Phone:text "
    "Billing_City:text Billing_State:text Billing_Country:text",
    "Contacts": "Last_Name:text First_Name:text Full_Name:text Account_Name:lookup Reporting_To:lookup Email:text Phone:text "
    "Title:text Department:text Date_of_Birth:date Lead_Source:pick Mailing_City:text Email_Opt_Out:bool",
    "Deals": "Deal_Name:text Stage:pick Amount:money Expected_Revenue:money Probability:int Closing_Date:date Type:pick "
    "Lead_Source:pick Pipeline:pick Next_Step:text Account_Name:lookup Contact_Name:lookup Campaign_Source:lookup "
    "Reason_For_Loss__s:pick Lead_Conversion_Time:int Sales_Cycle_Duration:int Overall_Sales_Duration:int "
    "Stage_Modified_Time:time Currency:pick Exchange_Rate:double Change_Log_Time__s:time",
    "Products": "Product_Name:text Product_Code:text Product_Category:pick Product_Active:bool Unit_Price:money "
    "Commission_Rate:double Manufacturer:pick Usage_Unit:pick Qty_in_Stock:double Qty_in_Demand:double Qty_Ordered:double "
    "Reorder_Level:double Taxable:bool Tax:taxes Sales_Start_Date:date Sales_End_Date:date Handler:owner",
    "Price_Books": "Price_Book_Name:text Active:bool Pricing_Model:pick Pricing_Details:pricing",
    "Quotes": f"Subject:text Quote_Number:text Quote_Stage:pick Valid_Till:date Deal_Name:lookup Account_Name:lookup "
    f"Contact_Name:lookup Carrier:pick Team:text {MONEY} Terms_and_Conditions:text",
    "Sales_Orders": f"Subject:text SO_Number:text Status:pick Due_Date:date Quote_Name:lookup Deal_Name:lookup "
    f"Account_Name:lookup Contact_Name:lookup Customer_No:text Purchase_Order:text Pending:text Sales_Commission:money "
    f"Excise_Duty:money Carrier:pick {MONEY}",
    "Invoices": f"Subject:text Invoice_Number:text Invoice_Date:date Due_Date:date Status:pick Sales_Order:lookup "
    f"Purchase_Order:text Account_Name:lookup Contact_Name:lookup {MONEY}",
    "Campaigns": "Campaign_Name:text Type:pick Status:pick Start_Date:date End_Date:date Budgeted_Cost:money Actual_Cost:money "
    "Expected_Revenue:money Expected_Response:int Num_sent:int Parent_Campaign:lookup",
    "Cases": "Case_Number:text Subject:text Status:pick Priority:pick Type:pick Case_Origin:pick Case_Reason:pick "
    "Account_Name:lookup Deal_Name:lookup Product_Name:lookup Related_To:lookup Reported_By:text No_of_comments:int",
    "Calls": f"Subject:text Call_Type:pick Call_Start_Time:time Call_Duration:text Call_Duration_in_seconds:int "
    f"Call_Purpose:pick Call_Result:pick Outgoing_Call_Status:pick {ACTIVITY}",
    "Events": f"Event_Title:text Start_DateTime:time End_DateTime:time All_day:bool Venue:text Participants:participants "
    f"Check_In_Time:time Check_In_Status:pick Check_In_City:text Latitude:double Longitude:double {ACTIVITY}",
    "Tasks": f"Subject:text Status:pick Priority:pick Due_Date:date Closed_Time:time Remind_At:alarm Recurring_Activity:rrule "
    f"{ACTIVITY}",
    "Projects": "Name:text Budget:double Rounds:int Kick_Off:date Went_Live_At:time Is_Strategic:bool Regions:picks "
    "Account_Name:lookup",
}
SUBFORMS = {"Quotes": "Quoted_Items", "Sales_Orders": "Ordered_Items", "Invoices": "Invoiced_Items"}
HISTORY = (
    "Potential_Name:lookup Stage:pick Moved_To__s:pick Stage_Duration_Calendar_Days:int Amount:money Probability:int "
    "Expected_Revenue:money Closing_Date:date Modified_Time:time Modified_By:owner"
)
COUNTS = {"Deals": 230, "Leads": 9}
OPEN_LEADS = 5
STAGES = ("Qualification", "Proposal", "Closed Won", "Closed Lost")
MANDATORY = (
    *("Created_", "Modified_", "Owner", "Parent_Id", "Converted__s", "Stage", "Last_Name", "Account_Name", "Deal_Name", "Name"),
    *("Product_Name", "Price_Book_Name", "Subject", "Campaign_Name", "Event_Title"),
)
GONE = {"Deals": 3, "Accounts": 2, "Sales_Orders": 2}  # so many of the last were deleted, every second one for good


def kinds(module: str) -> dict[str, str]:
    """Field to kind, of one module."""
    if module in SUBFORMS.values():
        text = LINE
    elif module == "DealHistory":
        text = HISTORY
    else:
        text = f"{MODULES[module]} {COMMON}"
    return dict(part.split(":") for part in text.split())


def key(module: str, number: int) -> str:
    """The id of a module's n-th record: 19 digits, more than a float can hold."""
    modules = [*MODULES, *SUBFORMS.values(), "DealHistory"]
    return f"4{modules.index(module):03d}{number + 1:015d}"


def stamp(number: int, minutes: int = 0) -> str:
    """A moment, in the offset of the API user."""
    return (BEGIN + timedelta(hours=number, minutes=minutes)).astimezone(timezone(timedelta(hours=8))).isoformat()


def value(module: str, field: str, kind: str, number: int) -> Any:
    """What a field of the n-th record holds; every fourth one is empty where that may be."""
    if number % 4 == 3 and not field.startswith(MANDATORY):
        return None
    if (module, kind) == ("Deals", "pick") and field == "Stage":
        return STAGES[number % len(STAGES)]
    values: dict[str, Any] = {
        "text": f"{field} {number}",
        "pick": f"{field} option {number % 3}",
        "picks": [f"{field} {letter}" for letter in "AB"[: number % 3]] or ["C"],
        "money": 1234.56 + number,
        "double": 2.5 + number,
        "int": 7 + number,
        "bool": number % 2 == 0,
        "date": f"2026-02-{number % 28 + 1:02d}",
        "time": stamp(number, len(field)),
        "lookup": {"name": f"{field} {number}", "id": key("Accounts", number % 3)},
        "owner": PEOPLE[number % 2],
        "product": {
            "Product_Code": f"P-{number}",
            "Currency": "CNY",
            "name": f"Product {number}",
            "id": key("Products", number % 3),
        },
        "tags": [{"name": f"tag {number}", "id": key("Projects", 500 + number), "color_code": None}],
        "line_tax": [{"percentage": 13.0, "name": "VAT", "id": key("Projects", 600), "value": 13.5}],
        "taxes": [{"id": key("Projects", 601), "value": "VAT - 13.0 %"}],
        "pricing": [{"id": key("Projects", 700 + number), "from_range": 1.0, "to_range": 100.0, "discount": 5.0}],
        "participants": [
            {"name": "Zhao", "id": key("Projects", 800 + number), "type": "contact", "participant": key("Contacts", 0)}
        ],
        "alarm": {"ALARM": "FREQ=NONE;ACTION=EMAIL;TRIGGER=DATE-TIME:2026-02-03T10:00:00+08:00"},
        "rrule": {"RRULE": "FREQ=DAILY;INTERVAL=1;DTSTART=2026-02-01;UNTIL=2026-02-05"},
    }
    return values[kind]


def record(module: str, number: int) -> dict[str, Any]:
    """The n-th record of a module."""
    return {"id": key(module, number)} | {field: value(module, field, kind, number) for field, kind in kinds(module).items()}


def records(module: str) -> list[dict[str, Any]]:
    """Every record of a module that was ever there, in the order of their ids."""
    rows = [record(module, number) for number in range(COUNTS.get(module, 5))]
    if module == "Leads":
        for place, row in enumerate(rows):
            row["Converted__s"] = place >= OPEN_LEADS
    if module == "Events":
        for row in rows:
            row["$se_module"] = "Accounts"
    return rows


def lines(parent: str) -> list[dict[str, Any]]:
    """The subform rows of a module: two for each of its records."""
    module = SUBFORMS[parent]
    owners = [{"name": f"{parent} {place}", "id": row["id"]} for place, row in enumerate(records(parent))]
    return [record(module, number) | {"Parent_Id": owners[number // 2]} for number in range(2 * len(owners))]


def deleted(module: str) -> list[dict[str, Any]]:
    """The endings of the records of a module that are gone."""
    rows = records(module)[-GONE[module] :] if module in GONE else []
    return [
        {"id": row["id"], "$at": stamp(24 * 30 + place), "$deleted": "permanent" if place % 2 else "recycle"}
        for place, row in enumerate(rows)
    ]


def standing(module: str) -> list[dict[str, Any]]:
    """The records of a module that are still there."""
    if module in SUBFORMS.values():
        (parent,) = (parent for parent, name in SUBFORMS.items() if name == module)
        return lines(parent)
    gone = {row["id"] for row in deleted(module)}
    return [row for row in records(module) if row["id"] not in gone]


def history() -> list[dict[str, Any]]:
    """Stages that the first three deals went through."""
    deals = [{"name": f"Deal {number}", "id": key("Deals", number)} for number in range(3)]
    return [
        record("DealHistory", number) | {"Potential_Name": deals[number // 2], "Moved_To__s": None if number % 2 else "Proposal"}
        for number in range(6)
    ]


USERS = [
    {
        "id": person["id"],
        "full_name": person["name"],
        "last_name": person["name"],
        "email": person["email"],
        "status": "active" if place == 0 else "deleted",
        "created_time": "2020-01-01T00:00:00+08:00",
        "Modified_Time": "2021-01-01T00:00:00+08:00",
        "profile": {"name": "Administrator", "id": "4000000000000000911"},
        "role": {"name": "CEO", "id": "4000000000000000912"},
        "time_zone": "Asia/Shanghai",
        "zuid": "700",
    }
    for place, person in enumerate(PEOPLE)
]
CURRENCIES = [
    {"iso_code": "CNY", "exchange_rate": "1.000000000", "is_base": True},
    {"iso_code": "USD", "exchange_rate": "0.140000000", "is_base": False},
]


def write(folder: Path) -> None:
    """The whole organisation, as the simulators read it."""
    home = folder / "zoho"
    home.mkdir(parents=True)
    modules = {module: [*records(module), *deleted(module)] for module in MODULES}
    modules |= {SUBFORMS[parent]: lines(parent) for parent in SUBFORMS}
    modules |= {"DealHistory": history(), "Users": USERS}
    for module, rows in modules.items():
        (home / f"{module}.ndjson").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    (home / "_org.json").write_text(
        json.dumps({"company_name": "Conformance", "time_zone": "Asia/Shanghai", "currencies": CURRENCIES})
    )
