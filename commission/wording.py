"""The Chinese words of commission: what a statement, an explanation and the printed plan call each thing.

Add a word here once; figures keep two places and thousands, rates are per cent.
Sentences belong to `explain` and `document`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

_CENT = Decimal("0.01")
EVENTS: Mapping[str, str] = {"signed": "签订订单", "invoiced": "开具发票", "cash_applied": "回款核销", "delivered": "交付"}
DATES: Mapping[str, str] = {
    "order_date": "订单日期",
    "delivery_date": "交付日期",
    "invoice_date": "开票日期",
    "bank_value_date": "银行入账日",
    "posting_date": "记账日期",
}
MEASURES: Mapping[str, str] = {
    "amount_ex_tax": "不含税金额",
    "amount_incl_tax": "含税金额",
    "gross_margin": "毛利",
    "quantity": "数量",
    "mrr": "月度经常性收入",
    "count": "单数",
}
WINDOWS: Mapping[str | None, str] = {
    "transaction": "逐单",
    "month": "按月累计",
    "quarter": "按季累计",
    "year": "按年累计",
    None: "不分期累计",
}
RATES: Mapping[str, str] = {
    "flat": "固定比例",
    "marginal": "分段累进",
    "retroactive": "全额累进",
    "interpolated": "线性内插",
    "attainment": "按目标达成率计提",
}
ROLES: Mapping[str, str] = {"primary": "负责人", "split": "分成", "overlay": "协同（另计）", "override": "管理提成"}
ENTRIES: Mapping[str, str] = {
    "EARN": "本期计提",
    "ADJ_DATA": "数据调整",
    "ADJ_SPLIT": "分成调整",
    "ADJ_PLAN": "办法更正",
    "ADJ_DISPUTE": "争议处理",
    "CLAWBACK": "退款冲回",
    "CLAWBACK_RECOVERY": "待追回余额",
    "WRITE_OFF": "核销",
    "DRAW": "预支/保障补足",
    "DRAW_RECOVERY": "预支收回",
    "CAP_WITHHELD": "封顶暂扣",
    "CAP_RELEASE": "封顶释放",
    "HOLD": "暂停支付",
    "HOLD_RELEASE": "恢复支付",
    "HOLDBACK": "留存",
    "HOLDBACK_RELEASE": "留存释放",
    "SPIFF": "单品奖",
    "AWARD": "奖励",
    "PENALTY": "扣罚",
    "MANUAL": "人工调整",
    "FX_DIFF": "汇兑差额",
    "ROUNDING": "尾差",
}
BALANCES: Mapping[str, str] = {
    "draw": "预支",
    "clawback": "待追回",
    "cap": "封顶暂扣",
    "hold": "暂停支付",
    "holdback": "留存",
}
STEPS: Mapping[str, str] = {"calculated": "计算", "reviewed": "复核", "approved": "批准", "closed": "关账", "paid": "支付"}
FIGURES: Mapping[str, str] = {
    "days_past_due": "逾期天数",
    "discount_rate": "折扣率",
    "margin_rate": "毛利率",
    "quantity": "数量",
    "collected_ex_tax": "不含税回款额",
    "signed_ex_tax": "不含税签约额",
    "gross_margin": "毛利",
    "attainment": "目标达成率",
    "new_customers": "新客户数",
    "visits": "拜访次数",
    "valid_visits": "有效拜访次数",
}
FILTERS: Mapping[str, str] = {
    "product_line": "产品线",
    "product_code": "产品",
    "category": "品类",
    "customer_class": "客户类别",
    "customer_tier": "客户等级",
    "region": "区域",
    "department": "部门",
    "crm": "系统",
    "method": "收款方式",
    "exclude_tags": "不含标记",
    "discount_above": "折扣率高于",
    "discount_up_to": "折扣率不高于",
}
VALUES: Mapping[str, str] = {"new": "新签", "renew": "续签", "expansion": "增购"}


def money(amount: Decimal) -> str:
    """1,234.50"""
    return f"{amount:,.2f}"


def exact(amount: Decimal) -> str:
    """1,234.50, and as many places as there are."""
    return money(amount) if amount == amount.quantize(_CENT) else f"{amount.normalize():,f}"


def amount_of(number: Decimal) -> str:
    """A boundary as people write it: 1,500,000 or 0.8."""
    return f"{number.normalize():,f}"


def percent(rate: Decimal) -> str:
    """1.2%"""
    return f"{(rate * 100).normalize():f}%"


def day(value: date) -> str:
    """2026年1月31日"""
    return f"{value.year}年{value.month}月{value.day}日"
