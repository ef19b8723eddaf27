"""Zoho CRM: its catalogue, its login, its dialect.

What to add here: an object of Zoho (a row of `OBJECTS`), a field, a way in which Zoho answers.
What belongs elsewhere: retry and throttling (`client.py`), where pages land (`lake.py`).
"""

from __future__ import annotations

from connectors.catalogue import CrmObject, Field, FieldType

T = FieldType

OWNER = Field("owner_id", "Owner", T.ID)
CREATED = Field("created_at", "Created_Time", T.TIMESTAMP)
MONEY_HEADER = (
    Field("sub_total", "Sub_Total", T.MONEY),
    Field("discount", "Discount", T.MONEY),
    Field("tax", "Tax", T.MONEY),
    Field("adjustment", "Adjustment", T.MONEY),
    Field("grand_total", "Grand_Total", T.MONEY),
    Field("currency_code", "Currency"),
    Field("exchange_rate", "Exchange_Rate", T.NUMBER),
)

OBJECTS: tuple[CrmObject, ...] = (
    CrmObject(
        name="users", api_name="Users", key="id",
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
        name="accounts", api_name="Accounts", key="id", cursor="Modified_Time",
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
        name="opportunities", api_name="Deals", key="id", cursor="Modified_Time",
        description="Deals: stage, amount and closing date as they stand.",
        fields=(
            Field("opportunity_name", "Deal_Name"),
            Field("account_id", "Account_Name", T.ID),
            OWNER,
            Field("stage", "Stage"),
            Field("amount", "Amount", T.MONEY),
            Field("probability", "Probability", T.NUMBER),
            Field("close_date", "Closing_Date", T.DATE),
            Field("opportunity_type", "Type"),
            Field("lead_source", "Lead_Source"),
            Field("loss_reason", "Reason_For_Loss__s"),
            Field("stage_changed_at", "Stage_Modified_Time", T.TIMESTAMP),
            Field("currency_code", "Currency"),
            Field("exchange_rate", "Exchange_Rate", T.NUMBER),
            CREATED,
        ),
    ),
    CrmObject(
        name="orders", api_name="Sales_Orders", key="id", cursor="Modified_Time",
        description="Sales orders. Zoho has no order date of its own: companies keep it in `Order_Date`, else it was created then.",
        fields=(
            Field("order_no", "SO_Number"),
            Field("subject", "Subject"),
            Field("order_date", "Order_Date", T.DATE),
            Field("status", "Status"),
            Field("account_id", "Account_Name", T.ID),
            Field("opportunity_id", "Deal_Name", T.ID),
            OWNER,
            *MONEY_HEADER,
            CREATED,
        ),
    ),
    CrmObject(
        name="order_lines", api_name="Ordered_Items", key="id", cursor="Modified_Time",
        description="Lines of sales orders, read through the subform's own module.",
        fields=(
            Field("order_id", "Parent_Id", T.ID),
            Field("product_id", "Product_Name", T.ID),
            Field("quantity", "Quantity", T.NUMBER),
            Field("list_price", "List_Price", T.MONEY),
            Field("total", "Total", T.MONEY),
            Field("discount", "Discount", T.MONEY),
            Field("tax", "Tax", T.MONEY),
            Field("net_total", "Net_Total", T.MONEY),
            Field("sequence_number", "Sequence_Number", T.INTEGER),
            CREATED,
        ),
    ),
    CrmObject(
        name="invoices", api_name="Invoices", key="id", cursor="Modified_Time",
        description="Invoices with one due date each.",
        fields=(
            Field("invoice_no", "Invoice_Number"),
            Field("subject", "Subject"),
            Field("invoice_date", "Invoice_Date", T.DATE),
            Field("due_date", "Due_Date", T.DATE),
            Field("status", "Status"),
            Field("order_id", "Sales_Order", T.ID),
            Field("account_id", "Account_Name", T.ID),
            OWNER,
            *MONEY_HEADER,
            CREATED,
        ),
    ),
    CrmObject(
        name="visits", api_name="Events", key="id", cursor="Modified_Time",
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
)
