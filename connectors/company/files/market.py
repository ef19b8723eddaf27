"""What is known of the market: its size, competitors' prices, what customers answered, through which channel they buy.

What to add here: a file about customers as a whole or about the market, as one row of `FILES`.
What belongs elsewhere: what a column may be (`columns.py`), what we sell (`sales.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from connectors.company.files.columns import (
    BOOKED_AT,
    CRM,
    CURRENCY_CODE,
    PERIOD,
    ZERO,
    Column,
    CompanyFile,
    Known,
    Mistake,
    Row,
    T,
)


def _check_answer(row: Row, known: Known) -> Iterator[Mistake]:
    sent, answered = row["sent_on"], row["answered_on"]
    if isinstance(sent, date) and isinstance(answered, date) and answered < sent:
        yield "answered_on", f"a day on or after sent_on {sent}"
    if answered is None and row["score"] is not None:
        yield "score", "nothing as long as there is no answered_on"


def _check_channel(row: Row, known: Known) -> Iterator[Mistake]:
    if row["channel"] is not None and (row["attribute"] == "lead_source") != (row["channel"] == "paid"):
        yield "channel", "paid for a lead_source, a channel of sale for an industry or account"


def _check_border(row: Row, known: Known) -> Iterator[Mistake]:
    if row["region"] is not None and row["region"] == row["neighbour"]:
        yield "neighbour", "another region"


PRICE_LEVEL = Column(name="price_level", label="价格口径", required=True, choices=("factory", "wholesale", "retail"))

FILES: tuple[CompanyFile, ...] = (
    CompanyFile(
        name="market_size", key=("region", "product_line", "period", "price_level"), is_decision=False,
        description="市场容量: what everybody sells in a region, product line and period, in base currency.",
        columns=(
            Column(name="region", label="区域", required=True),
            Column(name="product_line", label="产品线", required=True, exists_in="products.product_line"),
            Column(name="period", label="期间", required=True, pattern=PERIOD),
            PRICE_LEVEL,
            Column(name="amount", type=T.MONEY, label="容量", required=True, above=ZERO),
            Column(name="source", label="来源", required=True),
            Column(name="grade", label="可信度", required=True, choices=("A", "B", "C")),
            Column(name="is_estimate", type=T.BOOLEAN, label="估计", required=True),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="competitor_price", key=("observation_id",), is_decision=False,
        description="竞品价格: what somebody saw a competitor ask, where, when and at which level.",
        columns=(
            Column(name="observation_id", type=T.ID, label="编号", required=True),
            Column(name="competitor", label="竞争对手", required=True),
            Column(name="product_code", type=T.ID, label="对标产品", exists_in="products.product_code"),
            PRICE_LEVEL,
            Column(name="price", type=T.MONEY, label="价格", required=True, above=ZERO),
            CURRENCY_CODE,
            Column(name="place", label="地点"),
            Column(name="observed_on", type=T.DATE, label="日期", required=True),
            Column(name="employee_no", type=T.ID, label="工号", required=True, exists_in="employees.employee_no"),
            Column(name="confirmed_by", label="核实人"),
            Column(name="used_in", label="用于决策"),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="survey_responses", key=("response_id",), is_decision=False, check=_check_answer,
        description="满意度调查: one row per person asked; only questionnaires feed the rate, the rest feeds quotes.",
        columns=(
            Column(name="response_id", type=T.ID, label="编号", required=True),
            Column(name="method", label="方式", required=True,
                   choices=("questionnaire", "phone", "interview", "focus_group", "observation")),
            Column(name="channel", label="渠道", note="how the question came: wechat, mail, paper"),
            CRM,
            Column(name="account_id", type=T.ID, label="客户 id", required=True),
            Column(name="sent_on", type=T.DATE, label="发出日", required=True),
            Column(name="answered_on", type=T.DATE, label="回收日",
                   note="empty = no answer; a late one counts in the wave it comes in"),
            Column(name="score", type=T.INTEGER, label="评分", note="1 to 5", minimum=Decimal(1), maximum=Decimal(5)),
            Column(name="comment", label="意见"),
            BOOKED_AT,
        ),
    ),
    CompanyFile(
        name="region_neighbours", key=("region", "neighbour"), check=_check_border,
        description="相邻区域: between which regions goods wander when prices differ, each pair once. Without it: all.",
        columns=(
            Column(name="region", label="区域", required=True),
            Column(name="neighbour", label="相邻区域", required=True),
        ),
    ),
    CompanyFile(
        name="channel_map", key=("attribute", "value"), check=_check_channel,
        description="渠道对照: through which channel a customer buys, by its industry or alone; which leads are paid for.",
        columns=(
            Column(name="attribute", label="依据", required=True, choices=("industry", "account", "lead_source")),
            Column(name="value", label="取值", note="an industry, crm:account_id, or crm:lead source", required=True),
            Column(name="channel", label="渠道", note="of a lead source: paid", required=True,
                   choices=("direct", "agent", "distributor", "ecommerce", "community", "paid")),
        ),
    ),
)
