"""What is read from Fxiaoke every night, named our way and theirs.

What to add here: an object of Fxiaoke (a row of `OBJECTS`: an asset, a raw table and a suite), a field.
What belongs elsewhere: objects and fields that only one company has (its company.yaml), what a field means (dbt staging).
"""

from __future__ import annotations

from collections.abc import Iterable

from connectors.catalogue import CrmObject, Field, FieldType

T = FieldType

CHANGED = "last_modified_time"
OWNER = Field("owner_id", "owner", T.ID)
LIFE = Field("life_status", "life_status")
CREATED = Field("created_at", "create_time", T.TIMESTAMP)
CURRENCY = (
    Field("currency_code", "mc_currency"),
    Field("exchange_rate", "mc_exchange_rate", T.NUMBER),
)
ACCOUNT = Field("account_id", "account_id", T.ID)
ORDER = Field("order_id", "order_id", T.ID)
OPPORTUNITY = Field("opportunity_id", "new_opportunity_id", T.ID)

# What Fxiaoke says about itself, landed as records of their own.
OBJECT_LIST, DESCRIBE = "object/list", "object/describe"
ABOUT = frozenset({OBJECT_LIST, DESCRIBE})


def custom_object(name: str, api_name: str, fields: Iterable[Field], *, is_read_whole: bool = False) -> CrmObject:
    """An object that only one company has; what it does not name and type is found in Fxiaoke's own description."""
    cursor = None if is_read_whole else CHANGED
    obj = CrmObject(name=name, api_name=api_name, key="_id", cursor=cursor, fields=(OWNER, LIFE, CREATED), is_custom=True)
    return obj.with_fields(*fields)


# Names marked "by describe" differ between tenants; a tenant that has another name sets it as a custom field.
OBJECTS: tuple[CrmObject, ...] = (
    CrmObject(
        name="departments", api_name="department/list", key="id", people=True,
        description="The department tree.",
        fields=(
            Field("department_name", "name"),
            Field("parent_id", "parentId", T.ID),
            Field("is_stopped", "isStop", T.BOOLEAN),
        ),
    ),
    CrmObject(
        name="users", api_name="user/list", key="openUserId", people=True,
        description="Staff, those who left included.",
        fields=(
            Field("full_name", "name"),
            Field("employee_no", "employeeNumber"),
            Field("department_id", "mainDepartmentId", T.ID),
            Field("position", "position"),
            Field("leader_id", "leaderId", T.ID),
            Field("is_stopped", "isStop", T.BOOLEAN),
            Field("hire_date", "hireDate", T.DATE),
            Field("email", "email", personal=True),
            Field("mobile", "mobile", personal=True),
        ),
    ),
    CrmObject(
        name="accounts", api_name="AccountObj", key="_id", cursor=CHANGED,
        description="客户: customers as Fxiaoke keeps them.",
        fields=(
            Field("account_name", "name"),
            Field("account_no", "account_no"),
            Field("account_level", "account_level"),
            Field("account_source", "account_source"),
            Field("industry", "industry_level1"),
            Field("uscc", "uniform_social_credit_code"),
            OWNER,
            Field("parent_account_id", "parent_account_id", T.ID),
            Field("province", "province"),
            Field("city", "city"),
            Field("address", "address"),
            Field("location", "location", T.JSON, personal=True),
            Field("deal_status", "deal_status"),
            LIFE, CREATED,
            Field("tel", "tel", personal=True),
        ),
    ),
    CrmObject(
        name="opportunities", api_name="NewOpportunityObj", key="_id", cursor=CHANGED,
        description="商机 2.0: stage, amount and close date as they stand.",
        fields=(
            Field("opportunity_name", "name"),
            ACCOUNT, OWNER,
            Field("stage", "sales_stage"),
            Field("stage_name", "sales_stage__r"),
            Field("sales_status", "sales_status"),
            Field("sales_status_name", "sales_status__r"),
            Field("amount", "amount", T.MONEY),
            Field("probability", "probability", T.NUMBER),
            Field("close_date", "close_date", T.DATE),
            Field("stage_changed_at", "stg_changed_time", T.TIMESTAMP),
            Field("cost_time_ms", "cost_time", T.INTEGER),
            Field("loss_reason", "loss_reason"),
            *CURRENCY, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="orders", api_name="SalesOrderObj", key="_id", cursor=CHANGED,
        description="订单: sales orders, amounts including VAT.",
        fields=(
            Field("order_no", "name"),
            ACCOUNT,
            Field("opportunity_id", "new_opportunity_id", T.ID),
            OWNER,
            Field("order_date", "order_time", T.DATE),
            Field("order_amount", "order_amount", T.MONEY),
            Field("product_amount", "product_amount", T.MONEY),
            Field("order_status", "order_status"),
            Field("settle_type", "settle_type"),
            *CURRENCY, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="order_lines", api_name="SalesOrderProductObj", key="_id", cursor=CHANGED,
        description="订单产品: lines of sales orders, amounts including VAT.",
        fields=(
            ORDER,
            Field("product_id", "product_id", T.ID),
            Field("quantity", "quantity", T.NUMBER),
            Field("list_price", "product_price", T.MONEY),
            Field("sales_price", "sales_price", T.MONEY),
            Field("subtotal", "subtotal", T.MONEY),
            LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="payments", api_name="PaymentObj", key="_id", cursor=CHANGED,
        description="回款: money received. The amount is `payment_amount` or, by version, `amount`.",
        fields=(
            Field("payment_no", "name"),
            ACCOUNT, OWNER,
            Field("payment_amount", "payment_amount", T.MONEY),
            Field("amount", "amount", T.MONEY),
            Field("payment_date", "payment_time", T.DATE),
            Field("payment_term", "payment_term"),
            *CURRENCY, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="payment_lines", api_name="OrderPaymentObj", key="_id", cursor=CHANGED,
        description="回款明细: which order a payment settles. Money per order lives here.",
        fields=(
            Field("payment_id", "payment_id", T.ID),
            ORDER,
            Field("payment_amount", "payment_amount", T.MONEY),
            Field("payment_date", "payment_time", T.DATE),
            Field("payment_term", "payment_term"),
            LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="returns", api_name="ReturnedGoodsInvoiceObj", key="_id", cursor=CHANGED,
        description="退货单: goods that came back, amounts including VAT.",
        fields=(
            Field("return_no", "name"),
            ACCOUNT, ORDER, OWNER,
            Field("return_amount", "returned_goods_inv_amount", T.MONEY),
            Field("return_date", "returned_goods_time", T.DATE),
            Field("return_reason", "returned_goods_reason"),
            LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="visits", api_name="CheckinsObj", key="_id", cursor=CHANGED,
        description="高级外勤: field visits with check-in and check-out.",
        fields=(
            OWNER,
            Field("account_id", "customer_id", T.ID),
            Field("checked_in_at", "checkin_time", T.TIMESTAMP),
            Field("checked_out_at", "checkout_time", T.TIMESTAMP),
            Field("visit_date", "new_stat_date", T.DATE),
            Field("scene", "checkins_scene"),
            Field("record_text", "communicate_record"),
            LIFE, CREATED,
            Field("checkin_location", "checkin_location", T.JSON, personal=True),
        ),
    ),
    CrmObject(
        name="leads", api_name="LeadsObj", key="_id", cursor=CHANGED,
        description="线索: leads and what became of them.",
        fields=(
            Field("company", "company"),
            Field("source", "source"),
            Field("campaign_id", "marketing_event_id", T.ID),
            Field("stage", "leads_stage"),
            Field("stage_changed_at", "leads_stage_changed_time", T.TIMESTAMP),
            Field("lead_status", "biz_status"),
            Field("assigned_at", "assigned_time", T.TIMESTAMP),
            Field("converted_account_id", "account_id", T.ID),
            Field("converted_contact_id", "contact_id", T.ID),
            Field("converted_opportunity_id", "new_opportunity_id", T.ID),
            Field("close_reason", "close_reason"),
            OWNER, LIFE, CREATED,
            Field("full_name", "name", personal=True),
            Field("mobile", "mobile", personal=True),
            Field("tel", "tel", personal=True),
        ),
    ),
    CrmObject(
        name="contacts", api_name="ContactObj", key="_id", cursor=CHANGED,
        description="联系人: people at customers, without what identifies them.",
        fields=(
            ACCOUNT,
            Field("job_title", "job_title"),
            Field("is_primary", "primary_contact"),
            OWNER, LIFE, CREATED,
            Field("full_name", "name", personal=True),
            Field("mobile", "mobile1", personal=True),
            Field("tel", "tel1", personal=True),
            Field("email", "email", personal=True),
        ),
    ),
    CrmObject(
        name="legacy_opportunities", api_name="OpportunityObj", key="_id", cursor=CHANGED,
        description="商机 1.0: opportunities of older tenants; others do not have it (amount by describe).",
        fields=(
            Field("opportunity_name", "name"),
            ACCOUNT,
            Field("process_name", "sales_process_name"),
            Field("stage_id", "oppo_stage_id", T.ID),
            Field("stage_changed_at", "sales_stg_changed_time", T.TIMESTAMP),
            Field("expected_close_date", "expected_deal_closed_date", T.DATE),
            OWNER, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="quotes", api_name="QuoteObj", key="_id", cursor=CHANGED,
        description="报价单: quotes, amounts including VAT.",
        fields=(
            Field("quote_no", "name"),
            ACCOUNT,
            Field("opportunity_id", "opportunity_id", T.ID),
            Field("quote_date", "quote_time", T.DATE),
            Field("quote_amount", "quote_amount", T.MONEY),
            Field("quote_discount", "quote_discount", T.NUMBER),
            OWNER, *CURRENCY, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="contracts", api_name="ContractObj", key="_id", cursor=CHANGED,
        description="合同: signed contracts.",
        fields=(
            Field("contract_no", "name"),
            ACCOUNT,
            Field("contract_amount", "contract_amount", T.MONEY),
            Field("confirmed_on", "confirm_time", T.DATE),
            Field("starts_on", "started_time", T.DATE),
            Field("expires_on", "expired_time", T.DATE),
            Field("status", "status"),
            OWNER, *CURRENCY, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="payment_plans", api_name="PaymentPlanObj", key="_id", cursor=CHANGED,
        description="回款计划: when an order is to be paid, and how much of it was.",
        fields=(
            Field("plan_no", "name"),
            ACCOUNT, ORDER,
            Field("planned_amount", "plan_payment_amount", T.MONEY),
            Field("planned_on", "plan_payment_time", T.DATE),
            Field("planned_method", "plan_payment_method"),
            Field("paid_amount", "actual_payment_amount", T.MONEY),
            Field("plan_status", "plan_payment_status"),
            OWNER, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="refunds", api_name="RefundObj", key="_id", cursor=CHANGED,
        description="退款: money given back (account and order by describe).",
        fields=(
            Field("refund_no", "name"),
            ACCOUNT, ORDER,
            Field("refund_amount", "refunded_amount", T.MONEY),
            Field("refund_date", "refunded_time", T.DATE),
            OWNER, *CURRENCY, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="return_lines", api_name="ReturnedGoodsInvoiceProductObj", key="_id", cursor=CHANGED,
        description="退货单产品: lines of returns, amounts including VAT.",
        fields=(
            Field("return_id", "returned_goods_inv_id", T.ID),
            ORDER,
            Field("product_id", "product_id", T.ID),
            Field("quantity", "quantity", T.NUMBER),
            Field("subtotal", "subtotal", T.MONEY),
            LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="invoices", api_name="InvoiceApplicationObj", key="_id", cursor=CHANGED,
        description="开票申请: invoices asked for (amount and date by describe).",
        fields=(
            Field("invoice_no", "name"),
            ACCOUNT, ORDER,
            Field("invoice_amount", "invoice_applied_amount", T.MONEY),
            Field("invoice_date", "invoice_date", T.DATE),
            Field("invoice_type", "invoice_type"),
            OWNER, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="products", api_name="ProductObj", key="_id", cursor=CHANGED,
        description="产品: products with their list price.",
        fields=(
            Field("product_name", "name"),
            Field("product_code", "product_code"),
            Field("unit_price", "price", T.MONEY),
            Field("unit", "unit"),
            Field("category", "category"),
            Field("product_line", "product_line"),
            Field("product_status", "product_status"),
            LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="price_books", api_name="PriceBookObj", key="_id", cursor=CHANGED,
        description="价目表: price books (all but the name by describe).",
        fields=(Field("price_book_name", "name"), OWNER, LIFE, CREATED),
    ),
    CrmObject(
        name="activities", api_name="ActiveRecordObj", key="_id", cursor=CHANGED,
        description="销售记录: what sales people wrote about calls, meetings and visits.",
        fields=(
            ACCOUNT, OPPORTUNITY,
            Field("activity_type", "interactive_types"),
            Field("scenario", "interactive_scenario"),
            Field("record_text", "active_record_content"),
            Field("related", "related_object_data", T.JSON),
            OWNER, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="competitors", api_name="CompetitorObj", key="_id", cursor=CHANGED,
        description="竞争对手: competitors (all but the name by describe).",
        fields=(Field("competitor_name", "name"), OWNER, LIFE, CREATED),
    ),
    CrmObject(
        name="competitive_lines", api_name="CompetitiveLinesObj", key="_id", cursor=CHANGED,
        description="竞争明细: who competed for which opportunity, and whether they won it.",
        fields=(
            Field("competitor_id", "competitor_id", T.ID),
            OPPORTUNITY,
            Field("quoted_amount", "quotation_amount", T.MONEY),
            Field("is_won_by_competitor", "is_win"),
            Field("advantage", "advantage"),
            Field("weaknesses", "weaknesses"),
            OWNER, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="campaigns", api_name="MarketingEventObj", key="_id", cursor=CHANGED,
        description="市场活动: campaigns (all but the name by describe).",
        fields=(
            Field("campaign_name", "name"),
            Field("campaign_type", "event_type"),
            Field("status", "status"),
            Field("start_date", "begin_time", T.DATE),
            Field("end_date", "end_time", T.DATE),
            Field("budgeted_cost", "expected_cost", T.MONEY),
            Field("actual_cost", "actual_cost", T.MONEY),
            OWNER, LIFE, CREATED,
        ),
    ),
    CrmObject(
        name="cases", api_name="CasesObj", key="_id", cursor=CHANGED,
        description="工单: service cases.",
        fields=(Field("case_no", "name"), ACCOUNT, Field("record_type", "record_type"), OWNER, LIFE, CREATED),
    ),
    CrmObject(
        name="objects", api_name=OBJECT_LIST, key="describeApiName",
        description="对象: the objects of the tenant.",
        fields=(
            Field("label", "describeDisplayName"),
            Field("define_type", "defineType"),
            Field("is_active", "isActive", T.BOOLEAN),
        ),
    ),
    CrmObject(
        name="fields", api_name=DESCRIBE, key="key",
        description="字段: fields of every object that is read: label, type, options.",
        fields=(
            Field("object", "object"),
            Field("api_name", "api_name"),
            Field("label", "label"),
            Field("data_type", "type"),
            Field("define_type", "define_type"),
            Field("is_active", "is_active", T.BOOLEAN),
            Field("options", "options", T.JSON),
        ),
    ),
)

# The current login knows no list services: staff and departments are objects there, and people have short ids.
STAFF_OBJECTS: tuple[CrmObject, ...] = (
    CrmObject(
        name="departments", api_name="DepartmentObj", key="_id", people=True,
        description="The department tree.",
        fields=(
            Field("department_name", "name"),
            Field("parent_id", "parent_id", T.ID),
            Field("is_stopped", "status", T.BOOLEAN),
        ),
    ),
    CrmObject(
        name="users", api_name="PersonnelObj", key="user_id", people=True,
        description="Staff, those who left included, as far as the API user may see them.",
        fields=(
            Field("full_name", "full_name"),
            Field("employee_no", "employee_number"),
            Field("department_id", "main_department", T.ID),
            Field("position", "position"),
            Field("leader_id", "leader", T.ID),
            Field("is_stopped", "status", T.BOOLEAN),
            Field("hire_date", "date_of_joining", T.DATE),
            Field("email", "email", personal=True),
            Field("mobile", "phone", personal=True),
        ),
    ),
)
