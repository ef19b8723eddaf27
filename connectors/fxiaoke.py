"""纷享销客 Fxiaoke: its catalogue, its two logins, its dialect.

What to add here: an object of Fxiaoke (a row of `OBJECTS`), a field, a way in which Fxiaoke answers.
What belongs elsewhere: retry and throttling (`client.py`), where pages land (`lake.py`).
"""

from __future__ import annotations

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

OBJECTS: tuple[CrmObject, ...] = (
    CrmObject(
        name="departments", api_name="department/list", key="id",
        description="The department tree.",
        fields=(
            Field("department_name", "name"),
            Field("parent_id", "parentId", T.ID),
            Field("is_stopped", "isStop", T.BOOLEAN),
        ),
    ),
    CrmObject(
        name="users", api_name="user/list", key="openUserId",
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
            Field("account_id", "account_id", T.ID),
            OWNER,
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
            Field("account_id", "account_id", T.ID),
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
            Field("order_id", "order_id", T.ID),
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
            Field("account_id", "account_id", T.ID),
            OWNER,
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
            Field("order_id", "order_id", T.ID),
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
            Field("account_id", "account_id", T.ID),
            Field("order_id", "order_id", T.ID),
            OWNER,
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
)
