"""Pages 15 and 17: what customers owe and what commission costs.

Add a page on cash or cost here.
Statements of single people are statement.py's.
"""

from decimal import Decimal

from reports import charts
from reports import format as fmt
from reports.page import Beside, Cell, Chart, Notes, Page, Table, amount, count, heads, ratio, text
from reports.pages.brief import Brief

AGE_NAMES = ("未到期", "1–30 天", "31–60 天", "61–90 天", "91–180 天", "181–365 天", "366 天以上")
AGES = ("not_due", "d1_30", "d31_60", "d61_90", "d91_180", "d181_365", "d366_plus")
COMMISSION_STEPS = {"earned": "计提", "adjusted": "调整", "withheld": "暂扣", "recovered": "扣回", "payable": "应付"}


def receivables(brief: Brief) -> Page:
    """Page 15: collections, the age of what is owed and who owes the most overdue."""
    rows = brief.facts.rows["ageing"]
    if brief.department_id:
        rows = rows[:1]
    bars, body = [], []
    for row in rows:
        parts = [row[age] or Decimal(0) for age in AGES]
        total = f"{fmt.WAN.text(row['outstanding'])}（逾期 {fmt.percent(fmt.share(row['overdue'], row['outstanding']))}）"
        bars.append((str(row["scope_name"]), parts, [fmt.WAN.text(part) for part in parts], total))
        for column in (*AGES, "outstanding", "overdue"):
            brief.facts.value(f"ageing.{row['scope']}.{column}")
        body.append(
            (
                text(row["scope_name"]),
                count(row["customers"]),
                *(amount(row[age], fmt.WAN) for age in AGES),
                amount(row["outstanding"], fmt.WAN),
                amount(row["overdue"], fmt.WAN),
                ratio(fmt.share(row["overdue"], row["outstanding"])),
            )
        )
    alt = "应收账龄：" + "；".join(
        f"{label} " + "、".join(f"{name} {shown} 万元" for name, shown in zip(AGE_NAMES, words, strict=True))
        for label, _, words, _ in bars
    )
    data = (("范围", *AGE_NAMES), *((label, *parts) for label, parts, _, _ in bars))
    columns = heads(
        "范围<1.1",
        "客户数>0.8",
        *(f"{name}>" for name in AGE_NAMES),
        "应收合计>",
        "其中逾期>",
        "逾期率>",
    )
    top = []
    for row in brief.facts.rows["overdue_customers"]:
        brief.facts.value(f"overdue_customers.{row['place']}.overdue")
        top.append(
            (
                count(row["place"]),
                text(row["customer_name"]),
                text(row["department_name"]),
                *([text(row["employee_no"], "mute")] if brief.department_id else []),
                amount(row["outstanding"], fmt.WAN_FINE),
                amount(row["overdue"], fmt.WAN_FINE),
                amount(row["d91_180"], fmt.WAN_FINE),
                amount(row["d181_365"], fmt.WAN_FINE),
                amount(row["d366_plus"], fmt.WAN_FINE),
                count(row["days_past_due"]),
            )
        )
    # The number of the person in charge is for the own department's head only.
    is_own = brief.department_id is not None
    overdue_columns = heads(
        "名次>0.5",
        "客户<3",
        "部门<",
        *(["负责人工号<"] if is_own else []),
        "应收>",
        "其中逾期>",
        "91–180 天>",
        "181–365 天>",
        "366 天以上>",
        "最长逾期天数>",
    )
    blocks = (
        Chart("图_应收账龄", "应收账龄，万元，含税；越深越旧，同一刻度", charts.stacked(bars, AGE_NAMES, alt), alt, data),
        Table("应收账龄", "按到期日计，万元，含税", columns, tuple(body), frozenset({0})),
        *([] if is_own else [Notes("未核销", (brief.writer.sentence("receivables", "unapplied"),), "small")]),
        Table(
            "逾期前十客户",
            "逾期前十客户，万元（两位小数），含税；原因与措施由责任部门在例会上填报",
            overdue_columns,
            tuple(top),
            compact=True,
        ),
    )
    return Page(
        "15",
        "回款与应收",
        brief.writer.sentence("receivables"),
        "万元，含税",
        brief.facts.cite("ageing", "overdue_customers"),
        blocks,
    )


def commission(brief: Brief) -> Page | None:
    """Page 17: what commission cost, in totals only."""
    rows = brief.facts.rows["commission"]
    total = brief.facts.find("commission", "company")
    if not rows or total.get("earned") is None:
        return None
    steps = []
    for column, label in COMMISSION_STEPS.items():
        value = brief.writer.number(f"commission.company.{column}") or Decimal(0)
        is_total = column in {"earned", "payable"}
        if value or is_total:
            steps.append(charts.Step(label, value, fmt.WAN_FINE.text(value, signed=not is_total), is_total))
    alt = "提成从计提到应付：" + "，".join(f"{step.label} {step.shown} 万元" for step in steps)
    data = (("项目", "金额（元）"), *((step.label, step.amount) for step in steps))
    columns = heads(
        "范围<1.1",
        "人数>0.7",
        "计提>",
        "调整>",
        "暂扣>",
        "扣回>",
        "应付>",
        "其中已过账>",
        "应付 ÷ 签约额>",
    )
    # One suppressed department could be worked out from the total: then no department is shown.
    hide = any(row["earned"] is None for row in rows)
    body = []
    for row in rows:
        shown = row["scope"] == "company" or not hide
        sales = brief.kpi(str(row["scope"]), "signed_sales").get("value")
        cells = [amount(row[name], fmt.WAN_FINE) for name in ("earned", "adjusted", "withheld", "recovered", "payable", "posted")]
        cells.append(ratio(fmt.share(row["payable"], sales)))
        body.append((text(row["scope_name"]), count(row["payees"]), *(cells if shown else [Cell(fmt.SUPPRESSED)] * 7)))
    month_heads = heads(
        "月份<1.1",
        "人数>0.7",
        "计提>",
        "调整>",
        "应付>",
        "状态<",
    )
    months = tuple(
        (
            text(fmt.month_title(str(row["month"]))),
            count(row["payees"]),
            amount(row["earned"], fmt.WAN_FINE),
            amount(row["adjusted"], fmt.WAN_FINE),
            amount(row["payable"], fmt.WAN_FINE),
            text(fmt.STATES[row["status"]]),
        )
        for row in brief.facts.rows["commission_months"]
    )
    head = str(brief.facts.one("ledger_head").get("entry_hash") or fmt.MISSING)
    notes = ("计提按回款核销月计；已结账月份不重算，差异在首个未结账月份以调整过账；为零的项目不画。", f"台账头哈希 {head[:16]}")
    chart = Chart("图_提成", "提成：计提 → 应付，万元", charts.waterfall(steps, alt, width=560, height=250), alt, data)
    by_month = Table("提成按月", "各月，万元（两位小数）", month_heads, months)
    caption = "万元（两位小数）；不足 5 人的部门不单列；不含个人数据"
    blocks = (
        Beside(((chart,), (by_month, Notes("口径", notes, "small"))), ("1.2fr", "1fr")),
        Table("提成按部门", caption, columns, tuple(body), frozenset({0})),
    )
    return Page(
        "17",
        "提成成本",
        brief.writer.sentence("commission"),
        "万元；签约额不含税",
        brief.facts.cite("commission", "commission_months", "ledger_head", "kpi"),
        blocks,
    )
