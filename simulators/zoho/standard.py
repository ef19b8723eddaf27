"""Zoho's standard modules and fields, as its official SDK and recorded answers name them. Data only.

What to add here: a standard module, a standard field, a type that a field's name gives away.
What belongs elsewhere: what is worked out from records (`modules.py`).
"""

from __future__ import annotations

SUBFORMS = {
    "Quotes": "Quoted_Items",
    "Sales_Orders": "Ordered_Items",
    "Invoices": "Invoiced_Items",
    "Purchase_Orders": "Purchase_Items",
}
# Full names of the fields: developers of the official SDK list them; here are those that a sales warehouse reads.
STANDARD = {
    "Leads": (
        "Last_Name First_Name Full_Name Salutation Company Email Phone Mobile Website Lead_Source Lead_Status Industry "
        "Rating Annual_Revenue No_of_Employees Designation Street City State Zip_Code Country Converted__s "
        "Converted_Date_Time Converted_Account Converted_Contact Converted_Deal Lead_Conversion_Time Change_Log_Time__s"
    ),
    "Accounts": (
        "Account_Name Account_Number Account_Type Account_Site Parent_Account Industry Ownership Rating Annual_Revenue "
        "Employees SIC_Code Ticker_Symbol Website Phone Fax Billing_Street Billing_City Billing_State Billing_Code "
        "Billing_Country Shipping_Street Shipping_City Shipping_State Shipping_Code Shipping_Country Change_Log_Time__s"
    ),
    "Contacts": (
        "Last_Name First_Name Full_Name Account_Name Vendor_Name Reporting_To Email Phone Mobile Title Department "
        "Date_of_Birth Lead_Source Mailing_Street Mailing_City Mailing_State Mailing_Zip Mailing_Country "
        "Change_Log_Time__s"
    ),
    "Deals": (
        "Deal_Name Stage Amount Expected_Revenue Probability Closing_Date Type Lead_Source Pipeline Next_Step "
        "Account_Name Contact_Name Campaign_Source Reason_For_Loss__s Lead_Conversion_Time Sales_Cycle_Duration "
        "Overall_Sales_Duration Stage_Modified_Time Currency Exchange_Rate Change_Log_Time__s"
    ),
    "Products": (
        "Product_Name Product_Code Product_Category Product_Active Unit_Price Commission_Rate Manufacturer Vendor_Name "
        "Usage_Unit Qty_in_Stock Qty_in_Demand Qty_Ordered Reorder_Level Tax Taxable Sales_Start_Date Sales_End_Date "
        "Handler"
    ),
    "Quotes": (
        "Subject Quote_Number Quote_Stage Valid_Till Deal_Name Account_Name Contact_Name Carrier Team Sub_Total "
        "Discount Tax Adjustment Grand_Total Quoted_Items Terms_and_Conditions Currency Exchange_Rate"
    ),
    "Sales_Orders": (
        "Subject SO_Number Status Due_Date Quote_Name Deal_Name Account_Name Contact_Name Customer_No Purchase_Order "
        "Pending Sales_Commission Excise_Duty Carrier Sub_Total Discount Tax Adjustment Grand_Total Ordered_Items "
        "Currency Exchange_Rate"
    ),
    "Invoices": (
        "Subject Invoice_Number Invoice_Date Due_Date Status Sales_Order Purchase_Order Account_Name Contact_Name "
        "Sub_Total Discount Tax Adjustment Grand_Total Excise_Duty Sales_Commission Invoiced_Items Currency "
        "Exchange_Rate"
    ),
    "Purchase_Orders": (
        "Subject PO_Number PO_Date Due_Date Vendor_Name Requisition_No Tracking_Number Status Sub_Total Discount Tax "
        "Adjustment Grand_Total Purchase_Items Currency Exchange_Rate"
    ),
    "Vendors": "Vendor_Name Email Phone Website Category GL_Account Street City State Zip_Code Country",
    "Price_Books": "Price_Book_Name Active Pricing_Model Pricing_Details",
    "Campaigns": (
        "Campaign_Name Type Status Start_Date End_Date Budgeted_Cost Actual_Cost Expected_Revenue Expected_Response "
        "Num_sent Parent_Campaign Currency Exchange_Rate"
    ),
    "Cases": (
        "Case_Number Subject Status Priority Type Case_Origin Case_Reason Account_Name Deal_Name Product_Name "
        "Related_To Reported_By Email Phone No_of_comments"
    ),
    "Calls": (
        "Subject Call_Type Call_Start_Time Call_Duration Call_Duration_in_seconds Call_Purpose Call_Result "
        "Outgoing_Call_Status Who_Id What_Id $se_module"
    ),
    "Events": (
        "Event_Title Start_DateTime End_DateTime All_day Venue Participants Remind_At Recurring_Activity Check_In_Time "
        "Check_In_Status Check_In_State Check_In_City Check_In_Country Check_In_Address Check_In_Comment Check_In_By "
        "Latitude Longitude ZIP_Code Who_Id What_Id $se_module"
    ),
    "Tasks": "Subject Status Priority Due_Date Closed_Time Who_Id What_Id $se_module Remind_At Recurring_Activity",
    "Notes": "Note_Title Note_Content Parent_Id $se_module",
    "DealHistory": (
        "Potential_Name Stage Moved_To__s Stage_Duration_Calendar_Days Amount Probability Expected_Revenue Closing_Date "
        "Modified_Time Modified_By Last_Activity_Time"
    ),
    "Visits": "",
    "Actions_Performed": "",
    "Activities": "",
    "Forecasts": "",
}
LINES = (
    "Parent_Id Product_Name Quantity List_Price Total Discount Total_After_Discount Tax Net_Total Description Line_Tax "
    "Sequence_Number Created_Time Modified_Time"
)
COMMON = (
    "id Owner Created_By Created_Time Modified_By Modified_Time Tag Record_Status__s Locked__s Description Last_Activity_Time"
)
PICKLISTS = set(
    [
        "Stage",
        "Type",
        "Lead_Source",
        "Lead_Status",
        "Status",
        "Industry",
        "Account_Type",
        "Rating",
        "Ownership",
        "Priority",
        "Salutation",
        "Pipeline",
        "Quote_Stage",
        "Carrier",
        "Currency",
        "Product_Category",
        "Manufacturer",
        "Usage_Unit",
        "Pricing_Model",
        "Case_Origin",
        "Case_Reason",
        "Call_Type",
        "Call_Purpose",
        "Call_Result",
        "Outgoing_Call_Status",
        "Reason_For_Loss__s",
        "Check_In_Status",
        "Record_Status__s",
        "Moved_To__s",
    ]
)
MONEY = set(
    [
        "Amount",
        "Expected_Revenue",
        "Annual_Revenue",
        "Unit_Price",
        "Sub_Total",
        "Discount",
        "Tax",
        "Adjustment",
        "Grand_Total",
        "List_Price",
        "Total",
        "Net_Total",
        "Total_After_Discount",
        "Sales_Commission",
        "Excise_Duty",
        "Budgeted_Cost",
        "Actual_Cost",
    ]
)
OWNERS = {"Owner", "Created_By", "Modified_By", "Handler", "Check_In_By"}
LOOKUPS = {
    "Account_Name": "Accounts",
    "Contact_Name": "Contacts",
    "Deal_Name": "Deals",
    "Potential_Name": "Deals",
    "Quote_Name": "Quotes",
    "Sales_Order": "Sales_Orders",
    "Product_Name": "Products",
    "Vendor_Name": "Vendors",
    "Parent_Account": "Accounts",
    "Campaign_Source": "Campaigns",
    "Parent_Campaign": "Campaigns",
    "Reporting_To": "Contacts",
    "Converted_Account": "Accounts",
    "Converted_Contact": "Contacts",
    "Converted_Deal": "Deals",
    "Who_Id": "Contacts",
    "What_Id": "se_module",
    "Related_To": "Contacts",
}
TYPES_IN = {
    ("Tasks", "Remind_At"): "ALARM",
    ("Tasks", "Recurring_Activity"): "RRULE",
    ("Events", "Remind_At"): "event_reminder",
    ("Events", "Recurring_Activity"): "RRULE",
    ("Products", "Tax"): "multiselectpicklist",
    ("Price_Books", "Pricing_Details"): "jsonarray",
}
TYPES_BY_NAME = {
    "Exchange_Rate": "double",
    "Probability": "integer",
    "Quantity": "double",
    "Tag": "text",
    "Description": "textarea",
    "Email": "email",
    "Phone": "phone",
    "Mobile": "phone",
    "Fax": "phone",
    "Website": "website",
    "Converted__s": "boolean",
    "Locked__s": "boolean",
    "All_day": "boolean",
    "Product_Active": "boolean",
    "Taxable": "boolean",
    "Active": "boolean",
    "Sequence_Number": "integer",
    "Call_Duration_in_seconds": "integer",
    "Employees": "integer",
    "No_of_Employees": "integer",
    "SO_Number": "autonumber",
    "Quote_Number": "autonumber",
    "Invoice_Number": "autonumber",
    "PO_Number": "autonumber",
    "Case_Number": "autonumber",
    "Note_Content": "textarea",
    "Terms_and_Conditions": "textarea",
    "Tax_Codes": "multiselectpicklist",
    "Stage_Duration_Calendar_Days": "integer",
    "Line_Tax": "linetax",
    "Participants": "jsonarray",
    "Latitude": "double",
    "Longitude": "double",
    "Qty_in_Stock": "double",
    "Qty_in_Demand": "double",
    "Qty_Ordered": "double",
    "Reorder_Level": "double",
    "Commission_Rate": "double",
    "Num_sent": "integer",
    "Expected_Response": "integer",
    "No_of_comments": "integer",
    "Lead_Conversion_Time": "integer",
    "Sales_Cycle_Duration": "integer",
    "Overall_Sales_Duration": "integer",
}
