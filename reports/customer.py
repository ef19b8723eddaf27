"""客户资料卡, 客户策略卡 and 客户月评卡: one page each for one customer.

A fact is added in the mart `customer_cards` and here.
Tiers and scores are decided in the management marts; nothing here works them out.
"""

import re
from pathlib import Path

from reports import format as fmt
from reports.facts import Facts, ask, open_warehouse
from reports.page import Block, Document, Notes, Page, Raw, Table, amount, count, heads, ratio, text
from reports.pdf import write_pdf

CARDS = ("clocks", "customer_card", "customer_review", "customer_history")
TIERS = {"vip": "VIP", "high_value": "高价值", "potential": "潜力", "standard": "普通", "new": "新客"}
SOURCES = {"computed": "按数据", "held": "变动未满两个月，维持原层", "manual": "人工指定"}
SCORES = (("sales_score", "销售"), ("collection_score", "回款"), ("price_score", "价格纪律"), ("loyalty_score", "忠诚度"),
          ("complaint_score", "投诉"))


def _facts(caption: str, lines: tuple[tuple[str, Raw], ...]) -> Table:
    """Two columns: what it is called, and what it is."""
    return Table(caption, caption, heads("项目<", "内容<2.6"), tuple((text(name), text(value)) for name, value in lines))


def _money(value: Raw) -> str:
    return fmt.YUAN.text(value)


def _profile(facts: Facts) -> Page:
    card = facts.one("customer_card")
    lines = (
        ("客户", card["name"]), ("统一社会信用代码", card["uscc"]), ("区域", card["region"]), ("行业", card["industry"]),
        ("渠道", card["channel"]), ("所在 CRM", card["crms"]), ("负责人", card["owner_name"]), ("首单", card["first_order_date"]),
        ("近 365 天末单", card["last_order_date"]), ("近 365 天下单天数", card["order_days"]),
        ("近 365 天签约额（不含税）", _money(card["signed_base"])), ("近 365 天回款（含税）", _money(card["collected_base"])),
        ("应收余额（含税，负为预收）", _money(card["receivables_base"])),
    )
    blocks: tuple[Block, ...] = (_facts("资料", lines),)
    return Page("1", "客户资料卡", str(card["name"]), "元", facts.cite("customer_card"), blocks)


def _strategy(facts: Facts) -> Page:
    card = facts.one("customer_card")
    overdue = {True: "已超期", False: "未超期", None: "无要求"}[card["is_visit_overdue"]]
    lines = (
        ("分层", TIERS[card["tier"]]), ("依据", SOURCES[card["tier_source"]]), ("自", card["tier_since"]),
        ("此前", TIERS.get(card["tier_before"])), ("客户策略", card["strategy"]), ("下一步", card["next_step"]),
        ("期限", card["next_step_due"]), ("批准人", card["strategy_approved_by"]),
        ("在跟商机", card["open_opportunities"]), ("商机金额", _money(card["pipeline_base"])),
        ("最近预计成交", card["next_close_date"]),
        ("年采购估计", _money(card["wallet_base"])), ("客户内份额", fmt.percent(card["wallet_share"])),
        ("拜访要求（天）", card["visit_within_days"]), ("最近有效拜访", card["last_visit_on"]), ("拜访", overdue),
        ("最高折扣", fmt.percent(card["max_discount"])), ("最长账期（天）", card["max_credit_days"]),
    )
    history = Table(
        "分层历史", "分层历史", heads("自<", "至<", "分层<", "依据<2"),
        tuple(
            (text(row["valid_from"]), text(row["valid_to"]), text(TIERS[row["tier"]]), text(SOURCES[row["tier_source"]]))
            for row in facts.rows["customer_history"]
        ),
    )
    title, sources = f"{card['name']}：{TIERS[card['tier']]}", facts.cite("customer_card", "customer_history")
    return Page("2", "客户策略卡", title, "元", sources, (_facts("策略", lines), history))


def _review(facts: Facts) -> Page:
    card = facts.one("customer_card")
    scores = Table(
        "月评", "近 365 天在同组客户中的五分位得分（5 为最好）", heads(*(f"{name}>" for _, name in SCORES)),
        (tuple(count(card[column]) for column, _ in SCORES),),
    )
    shares = (ratio(card["collection_share"]), ratio(card["price_realisation"]))
    ratios = Table(
        "比率", "近 365 天", heads("回款 ÷ 开票>", "净价 ÷ 目录价>", "有单月数>", "服务工单>"),
        ((*shares, count(card["active_months"]), count(card["cases"])),),
    )
    months = Table(
        "月度",
        "近十二个月，元",
        heads("月份<", "分层<", "R>0.5", "F>0.5", "M>0.5", "订单>", "签约额>", "回款>", "拜访>", "工单>"),
        tuple(
            (
                text(f"{row['month']:%Y-%m}"),
                text(TIERS[row["tier"]]),
                *(count(row[name]) for name in ("r_score", "f_score", "m_score", "month_orders")),
                *(amount(row[name], fmt.YUAN) for name in ("month_signed_base", "month_collected_base")),
                *(count(row[name]) for name in ("month_valid_visits", "month_cases")),
            )
            for row in facts.rows["customer_review"]
        ),
        compact=True,
    )
    notes = Notes("说明", ("签约额不含税，回款含税；两者不相比。", "没有下单的客户不评分。"), "small")
    title, sources = f"{card['name']}：{card['review_month']:%Y-%m} 月评", facts.cite("customer_card", "customer_review")
    return Page("3", "客户月评卡", title, "元", sources, (scores, ratios, months, notes))


def build_cards(warehouse: Path, customer_key: str, out: Path) -> Path:
    """The three cards of a customer as one PDF in folder `out`."""
    with open_warehouse(warehouse) as database:
        facts = ask(database, CARDS, {"customer_key": customer_key})
    card = facts.one("customer_card")
    document = Document(
        report_id=f"CUS-{facts.clocks.as_of:%Y%m%d}-{customer_key[:8]}",
        kind="customer_cards",
        title="客户卡",
        subtitle=str(card["name"]),
        clocks=facts.clocks,
        version=1,
        status="正式",
        secrecy="内部",
        recipient=str(card["owner_name"] or "未分配"),
        cover=(("客户", str(card["name"])), ("分层", TIERS[card["tier"]]), ("数据截至", facts.clocks.as_of.isoformat())),
        pages=(_profile(facts), _strategy(facts), _review(facts)),
    )
    out.mkdir(parents=True, exist_ok=True)
    named = re.sub(r"\W+", "", str(card["name"]))[:24]
    path = out / f"客户卡_{facts.clocks.as_of}_{named}_{customer_key[:8]}.pdf"
    write_pdf(document, path)
    return path
