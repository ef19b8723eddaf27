"""Which objects this tenant has and how it describes their fields: the folder's own `_describe.json`, or what records show.

What to add here: a preset object, the type of a preset field, an option's label.
What belongs elsewhere: records (`query.py`), people (`people.py`).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from simulators.control import Simulation
from simulators.fxiaoke.replies import Trouble
from simulators.records import Row, Table

OBJECTS = {
    "LeadsObj": "线索",
    "AccountObj": "客户",
    "ContactObj": "联系人",
    "NewOpportunityObj": "商机2.0",
    "OpportunityObj": "商机",
    "NewOpportunityLinesObj": "商机2.0明细",
    "QuoteObj": "报价单",
    "QuoteLinesObj": "报价单明细",
    "ContractObj": "合同",
    "SaleContractObj": "销售合同",
    "SalesOrderObj": "销售订单",
    "SalesOrderProductObj": "订单产品",
    "PaymentObj": "回款",
    "OrderPaymentObj": "回款明细",
    "PaymentPlanObj": "回款计划",
    "RefundObj": "退款",
    "ReturnedGoodsInvoiceObj": "退货单",
    "ReturnedGoodsInvoiceProductObj": "退货单产品",
    "InvoiceApplicationObj": "开票申请",
    "InvoiceApplicationLinesObj": "开票申请明细",
    "ProductObj": "产品",
    "SPUObj": "商品",
    "PriceBookObj": "价目表",
    "PriceBookProductObj": "价目表明细",
    "CheckinsObj": "高级外勤",
    "ActiveRecordObj": "销售记录",
    "CompetitorObj": "竞争对手",
    "CompetitiveLinesObj": "竞争分析",
    "MarketingEventObj": "市场活动",
    "CasesObj": "工单",
    "LeadsTransferLogObj": "线索转换日志",
    "PersonnelObj": "人员",
    "DepartmentObj": "部门",
}
REFERENCES = {
    "account_id": "AccountObj",
    "customer_id": "AccountObj",
    "parent_account_id": "AccountObj",
    "contact_id": "ContactObj",
    "new_opportunity_id": "NewOpportunityObj",
    "opportunity_id": "OpportunityObj",
    "order_id": "SalesOrderObj",
    "order_data_id": "SalesOrderObj",
    "product_id": "ProductObj",
    "payment_id": "PaymentObj",
    "payment_plan_id": "PaymentPlanObj",
    "quote_id": "QuoteObj",
    "leads_id": "LeadsObj",
    "price_book_id": "PriceBookObj",
    "contract_id": "ContractObj",
    "marketing_event_id": "MarketingEventObj",
    "competitor_id": "CompetitorObj",
    "returned_goods_inv_id": "ReturnedGoodsInvoiceObj",
}
NOT_REFERENCES = {("PaymentObj", "order_id")}  # there it is a text of order names
MASTERS = {
    ("OrderPaymentObj", "payment_id"),
    ("SalesOrderProductObj", "order_id"),
    ("QuoteLinesObj", "quote_id"),
    ("ReturnedGoodsInvoiceProductObj", "returned_goods_inv_id"),
    ("NewOpportunityLinesObj", "new_opportunity_id"),
}
COMMON = (
    "_id",
    "name",
    "record_type",
    "owner",
    "owner_department",
    "owner_department_id",
    "data_own_department",
    "created_by",
    "create_time",
    "last_modified_by",
    "last_modified_time",
    "life_status",
    "lock_status",
    "is_deleted",
    "version",
    "relevant_team",
)
EMPLOYEES = {"owner", "created_by", "last_modified_by", "lock_user", "assigner_id", "last_follower", "finance_employee_id"}
DATES = {
    "order_time",
    "payment_time",
    "close_date",
    "plan_payment_time",
    "new_stat_date",
    "delivery_date",
    "returned_goods_time",
    "expected_deal_closed_date",
    "started_time",
    "expired_time",
    "quote_time",
    "confirm_time",
}
LABELS = {
    "life_status": {
        "ineffective": "未生效",
        "under_review": "审核中",
        "normal": "正常",
        "in_change": "变更中",
        "invalid": "作废",
    },
    "lock_status": {"0": "未锁定", "1": "锁定"},
    "sales_status": {"1": "进行中", "2": "赢单", "3": "输单", "4": "无效"},
}
FIXED_TYPES = {
    "name": "text",
    "record_type": "record_type",
    "owner_department": "text",
    "owner_department_id": "text",
    "data_own_department": "department",
    "relevant_team": "embedded_object_list",
    "is_deleted": "true_or_false",
    "version": "number",
    "probability": "percentile",
    "opp_discount": "percentile",
    "sales_stage": "select_one",
    "settle_type": "select_one",
    "order_status": "select_one",
    "payment_term": "select_one",
    "account_level": "select_one",
    "account_source": "select_one",
    "deal_status": "select_one",
    "industry_level1": "select_one",
    "industry_level2": "select_one",
    "checkins_scene": "select_one",
    "loss_reason": "select_one",
    "returned_goods_reason": "select_one",
    "mc_currency": "select_one",
    "province": "province",
    "city": "city",
    "country": "country",
    "district": "district",
    "checkin_location": "location",
    "location": "location",
    "quantity": "number",
    "discount": "percentile",
    "mc_exchange_rate": "number",
    "cost_time": "formula",
    "tel": "phone_number",
    "mobile": "phone_number",
    "email": "email",
    "url": "url",
    "remark": "long_text",
    "communicate_record": "long_text",
}
MONEY = re.compile(r"(amount|price|subtotal|revenue)$")
TIMES = re.compile(r"(_time|Time)$")
SAMPLE = 3_000


class Objects:
    """What is known of the objects, worked out once per folder and schema."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._given = simulation.records.document("fxiaoke", "_describe.json") or {}
        self._described: dict[Any, dict[str, dict[str, Any]]] = {}

    def names(self) -> list[str]:
        """Every object there is: the preset ones, and those the folder has records of."""
        lacking = self.simulation.options.fxiaoke.lacks
        every = [*OBJECTS, *sorted({*self.simulation.records.names("fxiaoke"), *self._given} - OBJECTS.keys())]
        return [name for name in every if name not in lacking]

    def object_list(self) -> dict[str, Any]:
        """`/cgi/crm/v2/object/list`."""
        return {
            "data": {
                "objects": [
                    {
                        "describeApiName": name,
                        "describeDisplayName": self._title(name),
                        "defineType": _define_type(name),
                        "isActive": True,
                        "iconIndex": 0,
                        "hideButton": [],
                        "publicObject": False,
                    }
                    for name in self.names()
                ]
            }
        }

    def _title(self, name: str) -> str:
        given = self._given.get(name)
        return str(given["display_name"]) if isinstance(given, dict) and "display_name" in given else OBJECTS.get(name, name)

    def describe(self, body: dict[str, Any]) -> dict[str, Any]:
        """`/cgi/crm/v2/object/describe`, the object's name where the switch wants it."""
        where = self.simulation.options.fxiaoke.describe_api_name
        below = (body.get("data") or {}).get("apiName") if where in {"both", "data"} else None
        name = below or (body.get("apiName") if where in {"both", "top"} else None)
        if not name:
            raise Trouble(32000, "apiName 不能为空")
        if name not in self.names():
            raise Trouble(32000, f"object {name} not found")
        return {
            "data": {
                "describe": {
                    "api_name": name,
                    "display_name": self._title(name),
                    "define_type": _define_type(name),
                    "is_active": True,
                    "store_table_name": f"biz_{name.removesuffix('Obj').lower()}",
                    "fields": self.fields(name),
                }
            }
        }

    def fields(self, name: str) -> dict[str, dict[str, Any]]:
        """Field descriptions of an object by api name."""
        table = self.simulation.records.table("fxiaoke", name)
        key = (name, table and self.simulation.kind("fxiaoke", table))
        if key not in self._described:
            self._described[key] = self._worked_out(name, table)
        return self._described[key]

    def _worked_out(self, name: str, table: Table | None) -> dict[str, dict[str, Any]]:
        samples = self._samples(table)
        given = self._given.get(name) or {}
        given = given.get("fields", given)
        change = self.simulation.schema.get(("fxiaoke", name))
        dropped = {*change.drop, *change.rename} if change else set()
        names = dict.fromkeys(
            [*COMMON, *given, *(field for row in samples for field in row if "__r" not in field and "__l" not in field)]
        )
        as_text = {"type": "text"} if change else {}
        return {
            field: _described(name, field, [bytes(row[field]) for row in samples if field in row])
            | given.get(field, {})
            | (as_text if change and field in change.as_text else {})
            for field in names
            if field not in dropped
        }

    def _samples(self, table: Table | None) -> list[Row]:
        if table is None or not len(table):
            return []
        step = max(1, len(table) // SAMPLE)
        return [self.simulation.raw("fxiaoke", table, v) for v in dict.fromkeys([*range(0, len(table), step), len(table) - 1])]

    def references(self, name: str) -> dict[str, str]:
        """Fields that point to other objects, and to which."""
        return {field: about["target_api_name"] for field, about in self.fields(name).items() if about.get("target_api_name")}

    def labels(self, name: str) -> dict[str, dict[bytes, bytes]]:
        """Labels of selects as JSON text, by field and value; only where a label says more than the value."""
        found = {}
        for field, about in self.fields(name).items():
            options = {
                msgspec.json.encode(option["value"]): msgspec.json.encode(option["label"])
                for option in about.get("options", [])
                if option["label"] != option["value"]
            }
            if options:
                found[field] = options
        return found


def _define_type(name: str) -> str:
    return "custom" if name.endswith("__c") else "package"


def _described(name: str, field: str, values: list[bytes]) -> dict[str, Any]:
    """The description of one field as far as its name and its values tell it."""
    values = [value for value in values if value != b"null"]
    kind = _type(name, field, values)
    about: dict[str, Any] = {
        "api_name": field,
        "label": field,
        "type": kind,
        "define_type": "custom" if field.endswith("__c") else "package",
        "is_required": field in {"name", "owner"},
        "is_active": True,
        "is_index": True,
        "is_unique": field == "_id",
        "is_need_convert": False,
        "is_single": False,
        "status": "released",
        "help_text": "",
    }
    if kind in {"select_one", "select_many", "record_type"}:
        about["options"] = _options(field, values)
    elif kind in {"object_reference", "master_detail"}:
        about["target_api_name"] = REFERENCES[field]
        about["target_related_list_name"] = f"{name}_{field}_list"
    elif kind in {"currency", "number"}:
        about |= {"decimal_places": 2, "length": 14, "round_mode": 4}
        about |= {"currency_unit": "￥"} if kind == "currency" else {}
    elif kind == "date":
        about |= {"time_zone": "GMT+8", "date_format": "yyyy-MM-dd"}
    elif kind == "date_time":
        about |= {"time_zone": "GMT+8", "date_format": "yyyy-MM-dd HH:mm"}
    return about


def _type(name: str, field: str, values: list[bytes]) -> str:
    """The type of a field: by its name where that is known, else by its values."""
    by_name = {
        **FIXED_TYPES,
        **dict.fromkeys(DATES, "date"),
        **({} if (name, field) in NOT_REFERENCES else dict.fromkeys(REFERENCES, "object_reference")),
        **dict.fromkeys(LABELS, "select_one"),
        **dict.fromkeys(EMPLOYEES, "employee"),
    }
    if (name, field) in MASTERS:
        return "master_detail"
    return by_name.get(field) or _type_of_values(field, values)


def _type_of_values(field: str, values: list[bytes]) -> str:
    if values and all(value in {b"true", b"false"} for value in values):
        return "true_or_false"
    if values and values[0][:1] == b"[":
        return "embedded_object_list" if values[0][:2] == b"[{" else "select_many"
    if TIMES.search(field) and (not values or values[0].isdigit()):
        return "date_time"
    if MONEY.search(field):
        return "currency"
    return "number" if values and all(value[:1] in b"-0123456789" for value in values) else "text"


def _options(field: str, values: list[bytes]) -> list[dict[str, Any]]:
    labels = LABELS.get(field, {})
    used: list[str] = list(labels)
    for value in dict.fromkeys(values):
        decoded = msgspec.json.decode(value)
        used += [str(one) for one in decoded] if isinstance(decoded, list) else [str(decoded)]
    return [{"label": labels.get(value, value), "value": value} for value in dict.fromkeys(used)]
