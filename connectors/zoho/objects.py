"""What is read from Zoho every night, named our way and theirs.

What to add here: an object of Zoho (a row of `OBJECTS`: an asset, a raw table and a suite), a field.
What belongs elsewhere: objects and fields that only one company has (its company.yaml), what a field means (dbt staging).
"""

from __future__ import annotations

from collections.abc import Iterable

from connectors.catalogue import CrmObject, Field, FieldType

T = FieldType

CHANGED = "Modified_Time"
# What Zoho says about itself, landed as records of their own.
FIELD_SETTINGS, STAGES, CURRENCIES = "settings/fields", "settings/fields?module=Deals", "org/currencies"
ABOUT = frozenset({FIELD_SETTINGS, STAGES, CURRENCIES})

OWNER = Field("owner_id", "Owner", T.ID)
CREATED = Field("created_at", "Created_Time", T.TIMESTAMP)
ACCOUNT = Field("account_id", "Account_Name", T.ID)
CONTACT = Field("contact_id", "Contact_Name", T.ID)
DEAL = Field("opportunity_id", "Deal_Name", T.ID)
CURRENCY = (
    Field("currency_code", "Currency"),
    Field("exchange_rate", "Exchange_Rate", T.NUMBER),
)
MONEY_HEADER = (
    Field("sub_total", "Sub_Total", T.MONEY),
    Field("discount", "Discount", T.MONEY),
    Field("tax", "Tax", T.MONEY),
    Field("adjustment", "Adjustment", T.MONEY),
    Field("grand_total", "Grand_Total", T.MONEY),
    *CURRENCY,
)
LINE = (
    Field("product_id", "Product_Name", T.ID),
    Field("quantity", "Quantity", T.NUMBER),
    Field("list_price", "List_Price", T.MONEY),
    Field("total", "Total", T.MONEY),
    Field("discount", "Discount", T.MONEY),
    Field("tax", "Tax", T.MONEY),
    Field("net_total", "Net_Total", T.MONEY),
    Field("sequence_number", "Sequence_Number", T.INTEGER),
    CREATED,
)
ACTIVITY = (
    OWNER,
    Field("contact_id", "Who_Id", T.ID),
    Field("related_id", "What_Id", T.ID),
    Field("related_module", "$se_module"),
    CREATED,
)
REACHED_BY = (
    Field("email", "Email", personal=True),
    Field("phone", "Phone", personal=True),
    Field("mobile", "Mobile", personal=True),
)


def custom_object(name: str, api_name: str, fields: Iterable[Field], *, is_read_whole: bool = False) -> CrmObject:
    """A module that only one company has; what it does not name and type is found in Zoho's own description."""
    cursor = None if is_read_whole else CHANGED
    obj = CrmObject(name=name, api_name=api_name, key="id", cursor=cursor, fields=(OWNER, CREATED), is_custom=True)
    return obj.with_fields(*fields)


OBJECTS: tuple[CrmObject, ...] = (
    CrmObject(
        name="users", api_name="Users", key="id", people=True,
        description="People with a seat in Zoho, those who left included.",
        fields=(
            Field("full_name", "full_name"),
            Field("status", "status"),
            Field("role_id", "role", T.ID),
            Field("profile_id", "profile", T.ID),
            Field("reporting_to_id", "Reporting_To", T.ID),
            Field("time_zone", "time_zone"),
            Field("created_at", "created_time", T.TIMESTAMP),
            Field("email", "email", personal=True),
            Field("mobile", "mobile", personal=True),
        ),
    ),
    CrmObject(
        name="leads", api_name="Leads", key="id", cursor=CHANGED,
        description="Leads, those converted included.",
        fields=(
            Field("company", "Company"),
            Field("full_name", "Full_Name", personal=True),
            Field("lead_source", "Lead_Source"),
            Field("lead_status", "Lead_Status"),
            Field("industry", "Industry"),
            Field("rating", "Rating"),
            Field("annual_revenue", "Annual_Revenue", T.MONEY),
            OWNER,
            Field("is_converted", "Converted__s", T.BOOLEAN),
            Field("converted_at", "Converted_Date_Time", T.TIMESTAMP),
            Field("converted_account_id", "Converted_Account", T.ID),
            Field("converted_contact_id", "Converted_Contact", T.ID),
            Field("converted_opportunity_id", "Converted_Deal", T.ID),
            Field("state", "State"),
            Field("country", "Country"),
            CREATED,
            *REACHED_BY,
        ),
    ),
    CrmObject(
        name="contacts", api_name="Contacts", key="id", cursor=CHANGED,
        description="People at customers, without what identifies them.",
        fields=(
            ACCOUNT,
            Field("title", "Title"),
            Field("department", "Department"),
            Field("lead_source", "Lead_Source"),
            OWNER, CREATED,
            Field("full_name", "Full_Name", personal=True),
            *REACHED_BY,
        ),
    ),
    CrmObject(
        name="accounts", api_name="Accounts", key="id", cursor=CHANGED,
        description="Customers as Zoho keeps them.",
        fields=(
            Field("account_name", "Account_Name"),
            Field("account_number", "Account_Number"),
            Field("account_type", "Account_Type"),
            Field("industry", "Industry"),
            OWNER,
            Field("parent_account_id", "Parent_Account", T.ID),
            Field("billing_state", "Billing_State"),
            Field("billing_city", "Billing_City"),
            Field("billing_street", "Billing_Street"),
            Field("billing_country", "Billing_Country"),
            Field("phone", "Phone", personal=True),
            Field("website", "Website"),
            CREATED,
        ),
    ),
    CrmObject(
        name="opportunities", api_name="Deals", key="id", cursor=CHANGED,
        description="Deals: stage, amount and closing date as they stand.",
        fields=(
            Field("opportunity_name", "Deal_Name"),
            ACCOUNT, OWNER,
            Field("stage", "Stage"),
            Field("amount", "Amount", T.MONEY),
            Field("probability", "Probability", T.NUMBER),
            Field("close_date", "Closing_Date", T.DATE),
            Field("opportunity_type", "Type"),
            Field("lead_source", "Lead_Source"),
            Field("loss_reason", "Reason_For_Loss__s"),
            Field("stage_changed_at", "Stage_Modified_Time", T.TIMESTAMP),
            *CURRENCY, CREATED,
        ),
    ),
    CrmObject(
        name="stage_history", api_name="DealHistory", key="id", cursor=CHANGED,
        description="Each stage a deal entered; `Modified_Time` is the moment it was entered.",
        fields=(
            Field("opportunity_id", "Potential_Name", T.ID),
            Field("stage", "Stage"),
            Field("next_stage", "Moved_To__s"),
            Field("days_in_stage", "Stage_Duration_Calendar_Days", T.INTEGER),
            Field("amount", "Amount", T.MONEY),
            Field("probability", "Probability", T.NUMBER),
            Field("expected_revenue", "Expected_Revenue", T.MONEY),
            Field("close_date", "Closing_Date", T.DATE),
            Field("changed_by_id", "Modified_By", T.ID),
        ),
    ),
    CrmObject(
        name="products", api_name="Products", key="id", cursor=CHANGED,
        description="Products with their list price.",
        fields=(
            Field("product_name", "Product_Name"),
            Field("product_code", "Product_Code"),
            Field("category", "Product_Category"),
            Field("is_active", "Product_Active", T.BOOLEAN),
            Field("unit_price", "Unit_Price", T.MONEY),
            Field("unit", "Usage_Unit"),
            Field("quantity_in_stock", "Qty_in_Stock", T.NUMBER),
            OWNER, CREATED,
        ),
    ),
    CrmObject(
        name="price_books", api_name="Price_Books", key="id", cursor=CHANGED,
        description="Price books and their discount scheme.",
        fields=(
            Field("price_book_name", "Price_Book_Name"),
            Field("is_active", "Active", T.BOOLEAN),
            Field("pricing_model", "Pricing_Model"),
            OWNER, CREATED,
        ),
    ),
    CrmObject(
        name="quotes", api_name="Quotes", key="id", cursor=CHANGED,
        description="Quotes with the stage they are in.",
        fields=(
            Field("quote_no", "Quote_Number"),
            Field("subject", "Subject"),
            Field("stage", "Quote_Stage"),
            Field("valid_until", "Valid_Till", T.DATE),
            DEAL, ACCOUNT, CONTACT, OWNER, *MONEY_HEADER, CREATED,
        ),
    ),
    CrmObject(
        name="quote_lines", api_name="Quoted_Items", key="id", cursor=CHANGED,
        description="Lines of quotes, read through the subform's own module.",
        fields=(Field("quote_id", "Parent_Id", T.ID), *LINE),
    ),
    CrmObject(
        name="orders", api_name="Sales_Orders", key="id", cursor=CHANGED,
        description="Sales orders. Zoho has no order date of its own: companies keep it in `Order_Date`.",
        fields=(
            Field("order_no", "SO_Number"),
            Field("subject", "Subject"),
            Field("order_date", "Order_Date", T.DATE),
            Field("status", "Status"),
            ACCOUNT, DEAL, OWNER, *MONEY_HEADER, CREATED,
        ),
    ),
    CrmObject(
        name="order_lines", api_name="Ordered_Items", key="id", cursor=CHANGED,
        description="Lines of sales orders, read through the subform's own module.",
        fields=(Field("order_id", "Parent_Id", T.ID), *LINE),
    ),
    CrmObject(
        name="invoices", api_name="Invoices", key="id", cursor=CHANGED,
        description="Invoices with one due date each.",
        fields=(
            Field("invoice_no", "Invoice_Number"),
            Field("subject", "Subject"),
            Field("invoice_date", "Invoice_Date", T.DATE),
            Field("due_date", "Due_Date", T.DATE),
            Field("status", "Status"),
            Field("order_id", "Sales_Order", T.ID),
            ACCOUNT, OWNER, *MONEY_HEADER, CREATED,
        ),
    ),
    CrmObject(
        name="invoice_lines", api_name="Invoiced_Items", key="id", cursor=CHANGED,
        description="Lines of invoices, read through the subform's own module.",
        fields=(Field("invoice_id", "Parent_Id", T.ID), *LINE),
    ),
    CrmObject(
        name="campaigns", api_name="Campaigns", key="id", cursor=CHANGED,
        description="Campaigns, what they were to cost and what they did.",
        fields=(
            Field("campaign_name", "Campaign_Name"),
            Field("campaign_type", "Type"),
            Field("status", "Status"),
            Field("start_date", "Start_Date", T.DATE),
            Field("end_date", "End_Date", T.DATE),
            Field("budgeted_cost", "Budgeted_Cost", T.MONEY),
            Field("actual_cost", "Actual_Cost", T.MONEY),
            Field("expected_revenue", "Expected_Revenue", T.MONEY),
            OWNER, CREATED,
        ),
    ),
    CrmObject(
        name="cases", api_name="Cases", key="id", cursor=CHANGED,
        description="Complaints and questions of customers.",
        fields=(
            Field("case_no", "Case_Number"),
            Field("subject", "Subject"),
            Field("status", "Status"),
            Field("priority", "Priority"),
            Field("case_type", "Type"),
            Field("origin", "Case_Origin"),
            Field("reason", "Case_Reason"),
            ACCOUNT, DEAL,
            Field("product_id", "Product_Name", T.ID),
            OWNER, CREATED,
        ),
    ),
    CrmObject(
        name="calls", api_name="Calls", key="id", cursor=CHANGED,
        description="Calls with their length.",
        fields=(
            Field("subject", "Subject"),
            Field("call_type", "Call_Type"),
            Field("started_at", "Call_Start_Time", T.TIMESTAMP),
            Field("seconds", "Call_Duration_in_seconds", T.INTEGER),
            Field("purpose", "Call_Purpose"),
            Field("result", "Call_Result"),
            *ACTIVITY,
        ),
    ),
    CrmObject(
        name="visits", api_name="Events", key="id", cursor=CHANGED,
        description="Events, of which those with a check-in are visits.",
        fields=(
            Field("title", "Event_Title"),
            Field("started_at", "Start_DateTime", T.TIMESTAMP),
            Field("ended_at", "End_DateTime", T.TIMESTAMP),
            OWNER,
            Field("related_id", "What_Id", T.ID),
            Field("related_module", "$se_module"),
            Field("checked_in_at", "Check_In_Time", T.TIMESTAMP),
            Field("check_in_status", "Check_In_Status"),
            Field("record_text", "Description"),
            Field("latitude", "Latitude", personal=True),
            Field("longitude", "Longitude", personal=True),
            CREATED,
        ),
    ),
    CrmObject(
        name="tasks", api_name="Tasks", key="id", cursor=CHANGED,
        description="Tasks and when they were done.",
        fields=(
            Field("subject", "Subject"),
            Field("status", "Status"),
            Field("priority", "Priority"),
            Field("due_date", "Due_Date", T.DATE),
            Field("closed_at", "Closed_Time", T.TIMESTAMP),
            *ACTIVITY,
        ),
    ),
    CrmObject(
        name="currencies", api_name=CURRENCIES, key="iso_code",
        description="Currencies of the organisation, with the rate that its own conversions use.",
        fields=(
            Field("currency_name", "name"),
            Field("exchange_rate", "exchange_rate", T.NUMBER),
            Field("is_base", "is_base", T.BOOLEAN),
            Field("is_active", "is_active", T.BOOLEAN),
        ),
    ),
    CrmObject(
        name="stages", api_name=STAGES, key="actual_value",
        description="Stages of deals in their order, and whether they are open, won or lost: the only place where Zoho says so.",
        fields=(
            Field("stage", "actual_value"),
            Field("label", "display_value"),
            Field("outcome", "forecast_type"),
            Field("probability", "probability", T.NUMBER),
            Field("position", "sequence_number", T.INTEGER),
        ),
    ),
    CrmObject(
        name="fields", api_name=FIELD_SETTINGS, key="key",
        description="Fields of every module that is read: label, type, options of picklists.",
        fields=(
            Field("module", "module"),
            Field("api_name", "api_name"),
            Field("label", "field_label"),
            Field("data_type", "data_type"),
            Field("is_custom", "custom_field", T.BOOLEAN),
            Field("options", "pick_list_values", T.JSON),
        ),
    ),
)
