"""Pages 4, 7 and 8: from target to actual, by product line, by department.

Add a page on signed sales here.
People are in people.py, cash in money.py.
"""

from decimal import Decimal

from reports import charts
from reports import format as fmt
from reports.page import Beside, Block, Cell, Chart, Notes, Page, Table, amount, compared, heads, ratio, text
from reports.pages.brief import Brief, decimals, scope_bullet


def bridge(brief: Brief) -> Page:
    """Page 4: from target to actual, part by part."""
    rows = brief.facts.rows["sales_bridge"]
    parts = [row for row in rows if row["component"] not in {"target", "actual"} and row["amount"]]
    worst = str(min(parts, key=lambda row: row["amount"])["component"]) if parts else "actual"
    worst_word = "拉低" if parts and brief.facts.find("sales_bridge", worst)["amount"] < 0 else "贡献最小的一项；其中增加"
    steps, body = [], []
    for row in rows:
        value = brief.writer.number(f"sales_bridge.{row['component']}.amount") or Decimal(0)
        is_total = row["component"] in {"target", "actual"}
        label = str(row["label_zh"])
        if not is_total:
            steps.append(charts.Step(label, value, fmt.WAN.text(value, signed=True), is_good=None if not value else value > 0))
        verdict = "" if is_total or not value else ("有利" if value > 0 else "不利")
        body.append(
            (
                text(label),
                amount(value, fmt.WAN, signed=not is_total),
                text(verdict, {"有利": "good", "不利": "bad"}.get(verdict, "")) if verdict else Cell(""),
            )
        )
    gap = fmt.difference(
        brief.writer.number("sales_bridge.actual.amount"), brief.writer.number("sales_bridge.target.amount")
    ) or Decimal(0)
    steps.append(charts.Step("较目标合计", gap, fmt.WAN.text(gap, signed=True), is_total=True))
    whole = [scope_bullet(brief.kpi("company", "signed_sales"), "公司合计")]
    whole_alt = f"签约额 实际 {whole[0].shown} 万元，完成 {whole[0].note}"
    whole_chart = Chart(
        "图_签约总额",
        "签约额，万元，不含税",
        charts.panels([("签约额", whole)], whole_alt),
        whole_alt,
        (
            ("范围", "实际（元）", "目标（元）", "去年同期（元）"),
            ("公司合计", whole[0].actual, whole[0].target, whole[0].last_year),
        ),
    )
    alt = "实际较目标的差额按原因分解：" + "，".join(f"{step.label} {step.shown} 万元" for step in steps)
    data = (("项目", "金额（元）"), *((step.label, step.amount) for step in steps))
    chart = Chart(
        "图_目标到实际", "实际较目标的差额，按原因分解，万元，不含税；自零起", charts.waterfall(steps, alt, height=236), alt, data
    )
    columns = heads("项目<", "金额（万元）>", "方向<")
    table = Table("目标到实际", "分项金额，万元，不含税", columns, tuple(body), frozenset({0, len(body) - 1}), compact=True)
    words = Notes(
        "读法",
        (
            "销量：数量差按目标均价计；价格：成交价与目标价之差；结构：产品组合之差；退货按退货日计入。",
            "因四舍五入，分项之和与合计可能有尾差；明细以附表为准。",
        ),
        "small",
    )
    blocks = (whole_chart, chart, Beside(((table,), (words,)), ("1.1fr", "1fr")))
    title = brief.writer.sentence("bridge", worst=worst, worst_word=worst_word)
    return Page("4", "目标到实际", title, "万元，不含税", brief.facts.cite("sales_bridge"), blocks)


def departments(brief: Brief) -> Page:
    """Page 8: both departments and the total on one scale, and the months inside the quarter."""
    groups = []
    for metric_id in ("signed_sales", "collections"):
        row = brief.kpi("company", metric_id)
        bullets = [scope_bullet(brief.kpi(scope, metric_id), brief.scope_name(scope)) for scope in brief.scopes]
        groups.append((f"{brief.metric_name(row)}（{fmt.MEASURES[metric_id].tax}）", bullets))
    alt = "各部门达成：" + "；".join(
        f"{heading} " + "，".join(f"{b.label} {b.shown} 万元、完成 {b.note}" for b in bullets) for heading, bullets in groups
    )
    data: list[tuple] = [("指标", "范围", "实际（元）", "目标（元）", "去年同期（元）")]
    data += [(heading, b.label, b.actual, b.target, b.last_year) for heading, bullets in groups for b in bullets]
    months = []
    for scope in brief.scopes:
        rows = [brief.facts.find("kpi_months", scope, "signed_sales", month) for month in fmt.quarter_months(brief.quarter)]
        months.append((brief.scope_name(scope), [scope_bullet(row, f"{int(str(row['period'])[5:])}月") for row in rows if row]))
    monthly_alt = "各月签约额：" + "；".join(
        f"{name} " + "、".join(f"{b.label} {b.shown} 万元" for b in bullets) for name, bullets in months
    )
    monthly: list[tuple] = [("范围", "月份", "实际（元）", "目标（元）", "去年同月（元）")]
    monthly += [(name, b.label, b.actual, b.target, b.last_year) for name, bullets in months for b in bullets]
    blocks: list[Block] = [
        Chart("图_部门达成", "本季实际、目标、去年同期与完成率，万元；两图同一刻度", charts.panels(groups, alt), alt, tuple(data))
    ]
    if all(bullets for _, bullets in months):
        blocks.append(
            Chart(
                "图_各月签约",
                "各月签约额与完成率，万元，不含税；三图同一刻度",
                charts.columns(months, monthly_alt),
                monthly_alt,
                tuple(monthly),
            )
        )
    shared = () if brief.department_id else shared_by_departments(brief)
    if shared:
        blocks.append(Notes("部门合计与公司", shared, "small"))
    title = brief.writer.sentence("departments", departments=brief.departments)
    sources = brief.facts.cite("kpi", "kpi_months", *(("department_bridge",) if shared else ()))
    return Page("8", "按部门", title, "万元；签约不含税，回款含税", sources, tuple(blocks))


def shared_by_departments(brief: Brief) -> tuple[str, ...]:
    """How far departments add up to more than the company, because two of them share orders."""
    return tuple(
        f"{brief.metric_name(brief.kpi('company', metric_id))}：各部门合计比公司多"
        f" {brief.writer.quote(f'department_bridge.{metric_id}.shared')} 万元，是叠加分成的订单在两个部门各计一次；公司只计一次。"
        for metric_id in ("signed_sales", "collections")
        if brief.facts.find("department_bridge", metric_id).get("shared")
    )


def product_lines(brief: Brief) -> Page | None:
    """Page 7: signed sales by product line, when the mart has it."""
    rows = brief.facts.rows["kpi_product_lines"]
    if not rows:
        return None
    measure = fmt.MEASURES["signed_sales"]
    bullets = [scope_bullet(row, str(row["scope_name"])) for row in rows]
    alt = "各产品线签约额：" + "，".join(f"{b.label} {b.shown} 万元" for b in bullets)
    data = (
        ("产品线", "实际（元）", "目标（元）", "去年同期（元）"),
        *((b.label, b.actual, b.target, b.last_year) for b in bullets),
    )
    columns = heads(
        "产品线<1.4",
        "目标>",
        "实际>",
        "完成率<1.4",
        "去年同期>",
        "同比<1.2",
        "上季>",
        "环比<1.2",
    )
    body = []
    for row in rows:
        value, target, attainment, previous, before = decimals(
            row, "value", "target", "attainment", "previous", "same_period_last_year"
        )
        body.append(
            (
                text(row["scope_name"]),
                amount(target, fmt.WAN),
                amount(value, fmt.WAN),
                ratio(attainment, bar=True),
                amount(before, fmt.WAN),
                compared(fmt.change(value, before, measure)),
                amount(previous, fmt.WAN),
                compared(fmt.change(value, previous, measure)),
            )
        )
    blocks = (
        Chart("图_产品线", "签约额，万元，不含税", charts.panels([("签约额（不含税）", bullets)], alt), alt, data),
        Table("产品线", "签约额，万元，不含税", columns, tuple(body)),
    )
    title = brief.writer.sentence("product_lines", first=str(rows[0]["scope"]), last=str(rows[-1]["scope"]))
    return Page("7", "按产品线", title, "万元，不含税", brief.facts.cite("kpi_product_lines"), blocks)
