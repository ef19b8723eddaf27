"""Which modules this Zoho has and which fields each has: the folder's own metadata, or what its records show.

What to add here: a standard module, a standard field's type, a way to tell a type from values.
What belongs elsewhere: the calls that show it (`metadata.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import msgspec

from simulators.control import Simulation
from simulators.records import Row, Table

SUBFORMS = {
    "Quotes": "Quoted_Items", "Sales_Orders": "Ordered_Items", "Invoices": "Invoiced_Items", "Purchase_Orders": "Purchase_Items",
}
# Full names of the fields: developers of the official SDK list them; here are those that a sales warehouse reads.
STANDARD = {
    "Leads": "Last_Name First_Name Full_Name Salutation Company Email Phone Mobile Website Lead_Source Lead_Status Industry Rating "
             "Annual_Revenue No_of_Employees Designation Street City State Zip_Code Country Converted__s Converted_Date_Time "
             "Converted_Account Converted_Contact Converted_Deal Lead_Conversion_Time Change_Log_Time__s",
    "Accounts": "Account_Name Account_Number Account_Type Account_Site Parent_Account Industry Ownership Rating Annual_Revenue "
                "Employees SIC_Code Ticker_Symbol Website Phone Fax Billing_Street Billing_City Billing_State Billing_Code "
                "Billing_Country Shipping_Street Shipping_City Shipping_State Shipping_Code Shipping_Country Change_Log_Time__s",
    "Contacts": "Last_Name First_Name Full_Name Account_Name Vendor_Name Reporting_To Email Phone Mobile Title Department "
                "Date_of_Birth Lead_Source Mailing_Street Mailing_City Mailing_State Mailing_Zip Mailing_Country Change_Log_Time__s",
    "Deals": "Deal_Name Stage Amount Expected_Revenue Probability Closing_Date Type Lead_Source Pipeline Next_Step Account_Name "
             "Contact_Name Campaign_Source Reason_For_Loss__s Lead_Conversion_Time Sales_Cycle_Duration Overall_Sales_Duration "
             "Stage_Modified_Time Currency Exchange_Rate Change_Log_Time__s",
    "Products": "Product_Name Product_Code Product_Category Product_Active Unit_Price Commission_Rate Manufacturer Vendor_Name "
                "Usage_Unit Qty_in_Stock Qty_in_Demand Qty_Ordered Reorder_Level Tax Taxable Sales_Start_Date Sales_End_Date Handler",
    "Quotes": "Subject Quote_Number Quote_Stage Valid_Till Deal_Name Account_Name Contact_Name Carrier Team Sub_Total Discount Tax "
              "Adjustment Grand_Total Quoted_Items Terms_and_Conditions Currency Exchange_Rate",
    "Sales_Orders": "Subject SO_Number Status Due_Date Quote_Name Deal_Name Account_Name Contact_Name Customer_No Purchase_Order "
                    "Pending Sales_Commission Excise_Duty Carrier Sub_Total Discount Tax Adjustment Grand_Total Ordered_Items "
                    "Currency Exchange_Rate",
    "Invoices": "Subject Invoice_Number Invoice_Date Due_Date Status Sales_Order Purchase_Order Account_Name Contact_Name "
                "Sub_Total Discount Tax Adjustment Grand_Total Excise_Duty Sales_Commission Invoiced_Items Currency Exchange_Rate",
    "Purchase_Orders": "Subject PO_Number PO_Date Due_Date Vendor_Name Requisition_No Tracking_Number Status Sub_Total Discount Tax "
                       "Adjustment Grand_Total Purchase_Items Currency Exchange_Rate",
    "Vendors": "Vendor_Name Email Phone Website Category GL_Account Street City State Zip_Code Country",
    "Price_Books": "Price_Book_Name Active Pricing_Model Pricing_Details",
    "Campaigns": "Campaign_Name Type Status Start_Date End_Date Budgeted_Cost Actual_Cost Expected_Revenue Expected_Response "
                 "Num_sent Parent_Campaign Currency Exchange_Rate",
    "Cases": "Case_Number Subject Status Priority Type Case_Origin Case_Reason Account_Name Deal_Name Product_Name Related_To "
             "Reported_By Email Phone No_of_comments",
    "Calls": "Subject Call_Type Call_Start_Time Call_Duration Call_Duration_in_seconds Call_Purpose Call_Result "
             "Outgoing_Call_Status Who_Id What_Id $se_module",
    "Events": "Event_Title Start_DateTime End_DateTime All_day Venue Participants Remind_At Recurring_Activity Check_In_Time "
              "Check_In_Status Check_In_State Check_In_City Check_In_Country Check_In_Address Check_In_Comment Check_In_By "
              "Latitude Longitude ZIP_Code Who_Id What_Id $se_module",
    "Tasks": "Subject Status Priority Due_Date Closed_Time Who_Id What_Id $se_module Remind_At Recurring_Activity",
    "Notes": "Note_Title Note_Content Parent_Id $se_module",
    "DealHistory": "Potential_Name Stage Moved_To__s Stage_Duration_Calendar_Days Amount Probability Expected_Revenue Closing_Date "
                   "Modified_Time Modified_By Last_Activity_Time",
    "Visits": "", "Actions_Performed": "", "Activities": "", "Forecasts": "",
}
LINES = ("Parent_Id Product_Name Quantity List_Price Total Discount Total_After_Discount Tax Net_Total Description Line_Tax "
         "Sequence_Number Created_Time Modified_Time")
COMMON = "id Owner Created_By Created_Time Modified_By Modified_Time Tag Record_Status__s Locked__s Description Last_Activity_Time"
PICKLISTS = set(
    "Stage Type Lead_Source Lead_Status Status Industry Account_Type Rating Ownership Priority Salutation Pipeline Quote_Stage "
    "Carrier Currency Product_Category Manufacturer Usage_Unit Pricing_Model Case_Origin Case_Reason Call_Type Call_Purpose "
    "Call_Result Outgoing_Call_Status Reason_For_Loss__s Check_In_Status Record_Status__s Moved_To__s".split()
)
MONEY = set(
    "Amount Expected_Revenue Annual_Revenue Unit_Price Sub_Total Discount Tax Adjustment Grand_Total List_Price Total Net_Total "
    "Total_After_Discount Sales_Commission Excise_Duty Budgeted_Cost Actual_Cost".split()
)
OWNERS = {"Owner", "Created_By", "Modified_By", "Handler", "Check_In_By"}
LOOKUPS = {
    "Account_Name": "Accounts", "Contact_Name": "Contacts", "Deal_Name": "Deals", "Potential_Name": "Deals", "Quote_Name": "Quotes",
    "Sales_Order": "Sales_Orders", "Product_Name": "Products", "Vendor_Name": "Vendors", "Parent_Account": "Accounts",
    "Campaign_Source": "Campaigns", "Parent_Campaign": "Campaigns", "Reporting_To": "Contacts", "Converted_Account": "Accounts",
    "Converted_Contact": "Contacts", "Converted_Deal": "Deals", "Who_Id": "Contacts", "What_Id": "Accounts", "Related_To": "Contacts",
}
TYPES_BY_NAME = {
    "Exchange_Rate": "double", "Probability": "integer", "Quantity": "double", "Tag": "text", "Description": "textarea",
    "Email": "email", "Phone": "phone", "Mobile": "phone", "Fax": "phone", "Website": "website", "Converted__s": "boolean",
    "Locked__s": "boolean", "All_day": "boolean", "Product_Active": "boolean", "Taxable": "boolean", "Active": "boolean",
    "Sequence_Number": "integer", "Call_Duration_in_seconds": "integer", "Employees": "integer", "No_of_Employees": "integer",
    "SO_Number": "autonumber", "Quote_Number": "autonumber", "Invoice_Number": "autonumber", "PO_Number": "autonumber",
    "Case_Number": "autonumber", "Note_Content": "textarea", "Terms_and_Conditions": "textarea", "Tax_Codes": "multiselectpicklist",
    "Stage_Duration_Calendar_Days": "integer", "Line_Tax": "linetax", "Participants": "jsonarray", "Latitude": "double",
    "Longitude": "double", "Qty_in_Stock": "double", "Qty_in_Demand": "double", "Qty_Ordered": "double", "Reorder_Level": "double",
    "Commission_Rate": "double", "Num_sent": "integer", "Expected_Response": "integer", "No_of_comments": "integer",
    "Lead_Conversion_Time": "integer", "Sales_Cycle_Duration": "integer", "Overall_Sales_Duration": "integer",
}
DATETIME = re.compile(rb'^"\d{4}-\d\d-\d\dT')
DATE = re.compile(rb'^"\d{4}-\d\d-\d\d"$')
SAMPLE = 5_000
JSON_TYPES = {
    "integer": "integer", "double": "double", "currency": "double", "percent": "double", "boolean": "boolean",
    "lookup": "jsonobject", "ownerlookup": "jsonobject", "multiselectpicklist": "jsonarray", "subform": "jsonarray",
    "linetax": "jsonarray", "jsonarray": "jsonarray",
}


class Modules:
    """What is known of the modules; asked for by name, worked out once per folder and schema."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._fields: dict[Any, dict[str, dict[str, Any]]] = {}
        self._given = simulation.records.document("zoho", "_fields.json") or {}

    def names(self) -> list[str]:
        """Every module there is: the standard ones, and those the folder has records of."""
        standard = [*STANDARD, *SUBFORMS.values()]
        more = {*self.simulation.records.names("zoho"), *self._given} - {*standard, "Users"}
        return [*standard, *sorted(more)]

    def kind(self, name: str) -> str:
        """`generated_type` of a module."""
        if name in SUBFORMS.values():
            return "subform"
        return "default" if name in STANDARD else "custom"

    def subforms(self, name: str) -> list[str]:
        """Fields of a module that are subforms."""
        return [field["api_name"] for field in self.fields(name).values() if field["data_type"] == "subform"]

    def fields(self, name: str) -> dict[str, dict[str, Any]]:
        """Field metadata of a module by api name, from `_fields.json` or from the records; empty for one without fields."""
        if name in self.simulation.options.zoho.modules_without_fields:
            return {}
        table = self.simulation.records.table("zoho", name)
        key = (name, table and self.simulation.kind("zoho", table))
        if key not in self._fields:
            self._fields[key] = self._worked_out(name, table)
        return self._fields[key]

    def _worked_out(self, name: str, table: Table | None) -> dict[str, dict[str, Any]]:
        samples = self._samples(table)
        standard = f"{COMMON} {STANDARD.get(name, '')}" if name not in SUBFORMS.values() else f"id {LINES}"
        names = [*standard.split(), *SUBFORMS.get(name, "").split()]
        names += [seen for row in samples for seen in row]
        given = {field["api_name"]: field for field in self._given.get(name, [])}
        change = self.simulation.schema.get(("zoho", name))
        dropped = {*change.drop, *change.rename} if change else set()
        found: dict[str, dict[str, Any]] = {}
        for field in dict.fromkeys([*given, *names]):
            if field not in dropped:
                found[field] = _described(name, field, samples) | given.get(field, {})
        return found

    def _samples(self, table: Table | None) -> list[Row]:
        """Raw rows from all over a table, the newest among them."""
        if table is None or not len(table):
            return []
        step = max(1, len(table) // SAMPLE)
        return [self.simulation.raw("zoho", table, v) for v in dict.fromkeys([*range(0, len(table), step), len(table) - 1])]


def _described(module: str, name: str, samples: list[Row]) -> dict[str, Any]:
    """Metadata of one field as far as its name and its values tell it."""
    values = [bytes(row[name]) for row in samples if name in row and bytes(row[name]) != b"null"]
    data_type = _type(module, name, values)
    standard = name in f"{COMMON} {STANDARD.get(module, '')} {LINES}".split()
    field: dict[str, Any] = {
        "id": f"4150868{sum(name.encode()) % 1000:03d}{len(name):03d}000001", "api_name": name, "field_label": name.replace("_", " "),
        "data_type": data_type, "json_type": JSON_TYPES.get(data_type, "string"), "length": 255, "decimal_place": None,
        "custom_field": not standard, "visible": True, "read_only": name in {"id", "Created_Time", "Modified_Time"},
        "virtual_field": False, "system_mandatory": name in {"Deal_Name", "Stage", "Last_Name", "Account_Name", "Subject"},
        "view_type": {"view": True, "edit": True, "create": True, "quick_create": False}, "pick_list_values": [], "lookup": {},
        "associated_module": None, "multiselectlookup": {}, "formula": {}, "rollup_summary": {}, "currency": {}, "created_source": "default",
    }
    if data_type == "currency":
        field |= {"decimal_place": 2, "currency": {"rounding_option": "normal", "precision": 2}}
    elif data_type == "lookup":
        field["lookup"] = {"module": {"api_name": LOOKUPS.get(name, "Accounts"), "id": "4150868000000002175"}, "display_label": name}
    elif data_type == "subform":
        field["associated_module"] = {"module": name, "id": "4150868000000002199"}
    elif data_type in {"picklist", "multiselectpicklist"}:
        field["pick_list_values"] = _choices(module, name, values, samples)
    return field


def _type(module: str, name: str, values: list[bytes]) -> str:  # noqa: PLR0911 one line a type
    if name == "id":
        return "bigint"
    if name in OWNERS:
        return "ownerlookup"
    if name in SUBFORMS.values() or (values and values[0][:2] == b"[{" and name not in TYPES_BY_NAME):
        return "subform"
    if values and values[0][:1] == b"{":
        return "lookup"
    if not values and name in LOOKUPS and f"{module[:-1]}_Name" != name:
        return "lookup"
    if values and values[0][:1] == b"[":
        return "multiselectpicklist"
    if name in PICKLISTS:
        return "picklist"
    if name in MONEY:
        return "currency"
    if name in TYPES_BY_NAME:
        return TYPES_BY_NAME[name]
    return _type_of_values(name, values)


def _type_of_values(name: str, values: list[bytes]) -> str:
    if values and all(value in {b"true", b"false"} for value in values):
        return "boolean"
    if values and all(value[:1] in b"-0123456789" for value in values):
        return "integer" if all(value.lstrip(b"-").isdigit() for value in values) else "double"
    if values and all(DATETIME.match(value) for value in values):
        return "datetime"
    if values and all(DATE.match(value) for value in values):
        return "date"
    if not values and name.endswith(("_Time", "_DateTime", "_Time__s")):
        return "datetime"
    return "date" if not values and name.endswith("_Date") else "text"


def _choices(module: str, name: str, values: list[bytes], samples: list[Row]) -> list[dict[str, Any]]:
    """The values of a picklist as the records use them; a deal's stages say which of them win."""
    texts: list[str] = []
    for value in dict.fromkeys(values):
        decoded = msgspec.json.decode(value)
        texts += decoded if isinstance(decoded, list) else [decoded]
    chosen = [str(text) for text in dict.fromkeys(texts)]
    rows: list[dict[str, Any]] = [
        {"display_value": text, "actual_value": text, "reference_value": text, "sequence_number": place + 1, "type": "used",
         "id": f"4150868000000{place:06d}"}
        for place, text in enumerate(chosen)
    ]
    if (module, name) == ("Deals", "Stage"):
        for row in rows:
            row |= _outcome(str(row["actual_value"]), samples)
    return rows


def _outcome(stage: str, samples: list[Row]) -> dict[str, Any]:
    """Whether a stage is open, won or lost, and its usual probability."""
    quoted = msgspec.json.encode(stage)
    usual = Counter(bytes(row["Probability"]) for row in samples if "Probability" in row and bytes(row.get("Stage", b"")) == quoted)
    probability = int(float(usual.most_common(1)[0][0])) if usual and usual.most_common(1)[0][0] != b"null" else 0
    lower = stage.lower()
    outcome = "Closed Won" if "won" in lower else "Closed Lost" if "lost" in lower else "Open"
    category = {"Closed Won": "Closed", "Closed Lost": "Omitted", "Open": "Pipeline"}[outcome]
    return {"deal_category": outcome, "forecast_type": outcome, "probability": probability,
            "forecast_category": {"name": category, "id": "4150868000000006001"}}
