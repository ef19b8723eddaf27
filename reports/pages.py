"""The pages of the quarterly review: which numbers, in which order, under which conclusion.

A page is a function from facts to blocks; its words stand in templates/sentences.yaml and its numbers in queries/.
How a block looks belongs to the writers (pdf.py, xlsx.py, html.py); nothing here adds or divides.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from reports import charts
from reports import format as fmt
from reports.facts import Facts, Row
from reports.page import Beside, Block, Card, Cards, Cell, Chart, Column, Notes, Page, Table, amount, compared, count, measured, ratio, text
from reports.words import Commentary, Writer

NARROW_PASS, WIDE_PASS = Decimal("0.9"), Decimal("1.1")
MATERIAL_SHARE = Decimal("0.01")
AGE_NAMES = ("未到期", "1–30 天", "31–60 天", "61–90 天", "91–180 天", "181–365 天", "366 天以上")
AGES = ("not_due", "d1_30", "d31_60", "d61_90", "d91_180", "d181_365", "d366_plus")
# pack.md E2: a page without data is named with its reason, never renumbered away.
ABSENT = (
    ("2", "上季承诺兑现", "行动登记册（actions.csv）尚未启用"),
    ("5", "同比分析", "同比已并入记分卡各行"),
    ("6", "按区域", "指标表未按区域发布"),
    ("10–12", "过程、管道与赢输单", "指标表未含拜访效率与预测快照"),
    ("13–14", "客户分层、满意度", "无客户分层与满意度问卷数据"),
    ("16", "信用与无主应收款", "无信用额度文件"),
    ("18", "销售冠军", "奖项方案未配置"),
    ("19–20", "风险登记册、市场与竞品", "风险规则与市场数据尚未启用"),
    ("21–23", "人员、预算费用、下季计划", "无预算、编制与培训文件"),
)


@dataclass(frozen=True, slots=True)
class Brief:
    """What every page needs: the facts, the writer over them, people's comments and who reads."""

    facts: Facts
    writer: Writer
    commentary: Commentary
    quarter: str
    department_id: str | None
    distribution: tuple[tuple[str, ...], ...]

    @property
    def departments(self) -> list[str]:
        """The departments that have numbers this quarter, in their own order."""
        return sorted({str(row["scope"]) for row in self.facts.rows["kpi"] if row["scope_type"] == "department"})

    @property
    def scopes(self) -> list[str]:
        """The company, then its departments."""
        return ["company", *self.departments]

    def kpi(self, scope: str, metric_id: str) -> Row:
        """One metric of one scope this quarter."""
        return self.facts.find("kpi", scope, metric_id)

    def scope_name(self, scope: str) -> str:
        """A scope as readers call it."""
        if scope == "company":
            return "公司合计"
        return next((str(row["scope_name"]) for row in self.facts.rows["kpi"] if row["scope"] == scope), scope)


def decimals(row: Row, *columns: str) -> list[Decimal | None]:
    """These columns of `row` as numbers."""
    return [row.get(column) for column in columns]  # type: ignore[misc]


def scope_bullet(brief: Brief, row: Row, label: str) -> charts.Bullet:
    """One bar of a metric with target and last year."""
    value, target, attainment, before = decimals(row, "value", "target", "attainment", "same_period_last_year")
    return charts.Bullet(
        label, value, target, before, fmt.WAN.text(value), fmt.percent(attainment), None if attainment is None else attainment >= 1
    )


def card(brief: Brief, metric_id: str) -> Card:
    """The company's headline number for one metric."""
    row, measure = brief.kpi("company", metric_id), fmt.MEASURES[metric_id]
    value, target, attainment, previous, before = decimals(row, "value", "target", "attainment", "previous", "same_period_last_year")
    for column in ("value", "target", "attainment", "previous", "same_period_last_year"):
        brief.facts.value(f"kpi.company.{metric_id}.{column}")
    goal = f"目标 {measure.text(target)} · 完成 {fmt.percent(attainment)}" if target is not None else f"去年同期 {measure.text(before)}"
    lines = (goal, f"同比 {fmt.change(value, before, measure).full} · 环比 {fmt.change(value, previous, measure).full}")
    name = str(row.get("name_zh") or metric_id)
    alt = f"{name} 实际 {measure.text(value)},{goal}"
    return Card(name, measure.text(value), measure.unit_name.replace("%", "").strip("·"), lines, charts.bullet(charts.Bullet("", value, target, before, ""), alt), alt)


def share_card(brief: Brief, label: str, part: str, whole: str, line: str) -> Card:
    """A headline share of two bound amounts."""
    value = fmt.share(brief.writer.number(part), brief.writer.number(whole))
    return Card(label, fmt.percent(value), "", (line,))


def trend(brief: Brief) -> Chart:
    """The company's last five quarters against plan, on one scale."""
    groups = []
    for metric_id in ("signed_sales", "collections"):
        rows = [brief.facts.find("kpi_history", metric_id, period) for period in fmt.quarter_run(brief.quarter, 5)]
        name = str(brief.kpi("company", metric_id).get("name_zh") or metric_id)
        groups.append((f"{name}（{fmt.MEASURES[metric_id].tax}）", [scope_bullet(brief, row, fmt.quarter_code(str(row["period"]))) for row in rows if row]))
    alt = "近五季：" + "；".join(f"{name} " + "、".join(f"{b.label} {b.shown} 万元" for b in bullets) for name, bullets in groups)
    data: list[tuple] = [("指标", "季度", "实际（元）", "目标（元）", "去年同期（元）")]
    data += [(name, b.label, b.actual, b.target, b.last_year) for name, bullets in groups for b in bullets]
    return Chart("图_近五季", "近五季实际、目标与完成率，万元；两图同一刻度", charts.columns(groups, alt, height=186), alt, tuple(data))


def summary(brief: Brief) -> Page:
    """Page 1: five sentences, eight cards, decisions wanted and risks."""
    writer = brief.writer
    cards = [card(brief, metric_id) for metric_id in ("signed_sales", "collections", "win_rate", "average_deal", "sales_cycle_days", "new_customers")]
    cards.append(
        share_card(brief, "逾期率", "ageing.company.overdue", "ageing.company.outstanding",
                   f"逾期 {writer.quote('ageing.company.overdue')} / 应收 {writer.quote('ageing.company.outstanding')} 万元（含税）")
    )
    if "commission" in brief.facts.queries:
        cards.append(
            share_card(brief, "提成费用率", "commission.company.payable", "kpi.company.signed_sales.value",
                       f"应付提成 {writer.quote('commission.company.payable')} 万元 ÷ 净签约额")
        )
    else:
        cards.append(card(brief, "orders"))
    decisions = tuple(brief.commentary.decisions) or ("未填报：需要管理层决定的事项由部门负责人在评注文件中提出。",)
    words = {"departments": brief.departments, "receivables_of": "本部门" if brief.department_id else ""}
    blocks: tuple[Block, ...] = (
        Cards(tuple(cards)),
        Beside(
            (
                (Notes("发生了什么", writer.points("summary", "points", **words)),),
                (Notes("需要决定", decisions, "ask"), Notes("最大风险", writer.points("summary", "risks", **words), "risk")),
            ),
            ("1fr", "1fr"),
        ),
        trend(brief),
    )
    sources = brief.facts.cite("kpi", "kpi_history", "ageing", "overdue_customers", "data_trust_total", *(["commission"] if "commission" in brief.facts.queries else []))
    return Page("1", "一页摘要", writer.sentence("summary"), "金额：万元；签约与单值不含税，回款与应收含税", sources, blocks)


def needs_note(row: Row) -> bool:
    """Whether the owner must explain this number: far from target, or a gap that matters to the period's sales."""
    attainment, value, target = decimals(row, "attainment", "value", "target")
    if attainment is None or value is None or target is None:
        return False
    return not NARROW_PASS <= attainment <= WIDE_PASS or abs(value - target) > abs(value) * MATERIAL_SHARE


def scorecard_rows(brief: Brief) -> Iterable[tuple[str, str, Row, fmt.Measure]]:
    """Every metric and scope of the scorecard, in reading order."""
    for metric_id, measure in fmt.MEASURES.items():
        for scope in brief.scopes:
            row = brief.kpi(scope, metric_id)
            if row:
                yield metric_id, scope, row, measure


def scorecard(brief: Brief) -> list[Page]:
    """Page 3: every measure with target, attainment, 同比 and 环比; then what its owners say about it."""
    year, quarter = brief.quarter[:4], brief.quarter[-1]
    run = fmt.quarter_run(brief.quarter, 2)
    rows, notes, emphasis = [], [], set()
    targets = [row for _, _, row, _ in scorecard_rows(brief) if row.get("attainment") is not None]
    for place, (metric_id, scope, row, measure) in enumerate(scorecard_rows(brief)):
        value, target, attainment, previous, before = decimals(row, "value", "target", "attainment", "previous", "same_period_last_year")
        for column in ("value", "target", "attainment", "previous", "same_period_last_year"):
            brief.facts.value(f"kpi.{scope}.{metric_id}.{column}")
        note = brief.commentary.notes.get((metric_id, scope))
        remark = ""
        if note is not None:
            remark = f"见评注 {len(notes) + 1}"
            notes.append(note_row(brief, len(notes) + 1, row, note.parts))
        elif needs_note(row):
            remark = f"未填报：责任人 {row.get('owner') or fmt.MISSING}"
        if scope == "company":
            emphasis.add(place)
        rows.append((
            text(row.get("name_zh") or metric_id) if scope == "company" else Cell("", str(row.get("name_zh") or metric_id)),
            text(measure.unit_name, "mute") if scope == "company" else Cell("", measure.unit_name),
            text(brief.scope_name(scope)), measured(target, measure), measured(value, measure), ratio(attainment, bar=True),
            measured(before, measure), compared(fmt.change(value, before, measure)), measured(previous, measure),
            compared(fmt.change(value, previous, measure)), text(remark, "mute") if remark else Cell(""),
        ))
    columns = (
        Column("指标", "left", "1.3fr"), Column("单位", "left", "1.15fr"), Column("范围", "left", "0.9fr"), Column("目标"), Column("实际"),
        Column("完成率", "left", "1.3fr"), Column(f"去年同期 {int(year) - 1}Q{quarter}"), Column("同比", "left", "1.2fr"),
        Column(f"上季 {fmt.quarter_code(run[0])}"), Column("环比", "left", "1.2fr"), Column("评注", "left", "2fr"),
    )
    title = brief.writer.sentence(
        "scorecard", count_reached=sum(1 for row in targets if row["attainment"] >= 1), count_targets=len(targets)  # type: ignore[operator]
    )
    table = Table("记分卡", "指标·目标·实际·完成率·同比·环比；比率的同比、环比为百分点（pp）", columns, tuple(rows), frozenset(emphasis), compact=True)
    reading = Notes("读法", (
        "公司合计按合并后的客户与订单计算，跨部门共享客户只计一次；没有目标的指标完成率为“—”。",
        "完成率偏离 100% 超过 10 个百分点，或与目标之差超过本期实际的 1%，须由责任人填报原因、影响、措施。",
    ), "small")
    pages = [Page("3", "记分卡", title, "见各行；签约与单值不含税，回款含税", brief.facts.cite("kpi"), (table, reading))]
    if notes:
        heads = (Column("编号", "left", "0.4fr"), Column("指标·范围", "left", "1.3fr"), Column("完成率", "right", "0.7fr"), Column("原因", "left", "2.4fr"),
                 Column("影响", "left", "2.2fr"), Column("措施", "left", "2.4fr"), Column("责任人", "left", "0.8fr"), Column("期限", "left", "0.9fr"))
        title = f"{len(notes)} 项指标已由责任人填报原因、影响与措施"
        body = Table("评注", "评注由责任人填报，数字由查询带出", heads, tuple(notes))
        pages.append(Page("3", "记分卡·评注", title, "—", brief.facts.cite("kpi"), (body,)))
    return pages


def note_row(brief: Brief, place: int, row: Row, parts: dict[str, str]) -> tuple[Cell, ...]:
    """One filed comment as a table row."""
    scope = brief.scope_name(str(row["scope"]))
    cells = [text(parts.get(name)) for name in ("原因", "影响", "措施", "责任人", "日期")]
    return (count(place), text(f"{row.get('name_zh')}·{scope}"), ratio(row.get("attainment")), *cells)  # type: ignore[arg-type]


def bridge(brief: Brief) -> Page:
    """Page 4: from target to actual, part by part."""
    rows = brief.facts.rows["sales_bridge"]
    parts = [row for row in rows if row["component"] not in {"target", "actual"} and row["amount"]]
    worst = str(min(parts, key=lambda row: row["amount"])["component"]) if parts else "actual"  # type: ignore[arg-type, return-value]
    worst_word = "拉低" if parts and brief.facts.find("sales_bridge", worst)["amount"] < 0 else "贡献最小的一项；其中增加"  # type: ignore[operator]
    steps, body = [], []
    for row in rows:
        value = brief.writer.number(f"sales_bridge.{row['component']}.amount") or Decimal(0)
        is_total = row["component"] in {"target", "actual"}
        label = str(row["label_zh"])
        if not is_total:
            steps.append(charts.Step(label, value, fmt.WAN.text(value, signed=True), is_good=None if not value else value > 0))
        verdict = "" if is_total or not value else ("有利" if value > 0 else "不利")
        body.append((text(label), amount(value, fmt.WAN, signed=not is_total), text(verdict, {"有利": "good", "不利": "bad"}.get(verdict, "")) if verdict else Cell("")))
    gap = fmt.difference(brief.writer.number("sales_bridge.actual.amount"), brief.writer.number("sales_bridge.target.amount")) or Decimal(0)
    steps.append(charts.Step("较目标合计", gap, fmt.WAN.text(gap, signed=True), is_total=True))
    whole = [scope_bullet(brief, brief.kpi("company", "signed_sales"), "公司合计")]
    whole_alt = f"净签约额 实际 {whole[0].shown} 万元，完成 {whole[0].note}"
    whole_chart = Chart("图_签约总额", "净签约额，万元，不含税", charts.panels([("净签约额", whole)], whole_alt), whole_alt,
                        (("范围", "实际（元）", "目标（元）", "去年同期（元）"), ("公司合计", whole[0].actual, whole[0].target, whole[0].last_year)))
    alt = "实际较目标的差额按原因分解:" + "，".join(f"{step.label} {step.shown} 万元" for step in steps)
    data = (("项目", "金额（元）"), *((step.label, step.amount) for step in steps))
    chart = Chart("图_目标到实际", "实际较目标的差额，按原因分解，万元，不含税；自零起", charts.waterfall(steps, alt, height=236), alt, data)
    heads = (Column("项目", "left", "1fr"), Column("金额（万元）", "right", "1fr"), Column("方向", "left", "1fr"))
    table = Table("目标到实际", "分项金额，万元，不含税", heads, tuple(body), frozenset({0, len(body) - 1}), compact=True)
    words = Notes("读法", (
        "销量：数量差按目标均价计；价格：成交价与目标价之差；结构：产品组合之差；退货按退货日计入。",
        "因四舍五入，分项之和与合计可能有尾差；明细以附表为准。",
    ), "small")
    blocks = (whole_chart, chart, Beside(((table,), (words,)), ("1.1fr", "1fr")))
    title = brief.writer.sentence("bridge", worst=worst, worst_word=worst_word)
    return Page("4", "目标到实际", title, "万元，不含税", brief.facts.cite("sales_bridge"), blocks)


def departments(brief: Brief) -> Page:
    """Page 8: both departments and the total on one scale, and the months inside the quarter."""
    groups = []
    for metric_id in ("signed_sales", "collections"):
        row = brief.kpi("company", metric_id)
        bullets = [scope_bullet(brief, brief.kpi(scope, metric_id), brief.scope_name(scope)) for scope in brief.scopes]
        groups.append((f"{row.get('name_zh')}（{fmt.MEASURES[metric_id].tax}）", bullets))
    alt = "各部门达成:" + ";".join(f"{heading} " + ",".join(f"{b.label} {b.shown} 万元、完成 {b.note}" for b in bullets) for heading, bullets in groups)
    data: list[tuple] = [("指标", "范围", "实际（元）", "目标（元）", "去年同期（元）")]
    data += [(heading, b.label, b.actual, b.target, b.last_year) for heading, bullets in groups for b in bullets]
    months = []
    for scope in brief.scopes:
        rows = [brief.facts.find("kpi_months", scope, "signed_sales", month) for month in fmt.quarter_months(brief.quarter)]
        months.append((brief.scope_name(scope), [scope_bullet(brief, row, f"{int(str(row['period'])[5:])}月") for row in rows if row]))
    monthly_alt = "各月净签约额:" + ";".join(f"{name} " + "、".join(f"{b.label} {b.shown} 万元" for b in bullets) for name, bullets in months)
    monthly: list[tuple] = [("范围", "月份", "实际（元）", "目标（元）", "去年同月（元）")]
    monthly += [(name, b.label, b.actual, b.target, b.last_year) for name, bullets in months for b in bullets]
    blocks: list[Block] = [Chart("图_部门达成", "本季实际、目标、去年同期与完成率，万元；两图同一刻度", charts.panels(groups, alt), alt, tuple(data))]
    if all(bullets for _, bullets in months):
        blocks.append(Chart("图_各月签约", "各月净签约额与完成率，万元，不含税；三图同一刻度", charts.columns(months, monthly_alt), monthly_alt, tuple(monthly)))
    title = brief.writer.sentence("departments", departments=brief.departments)
    return Page("8", "按部门", title, "万元；签约不含税，回款含税", brief.facts.cite("kpi", "kpi_months"), tuple(blocks))


def product_lines(brief: Brief) -> Page | None:
    """Page 7: signed sales by product line, when the mart has it."""
    rows = brief.facts.rows["kpi_product_lines"]
    if not rows:
        return None
    measure = fmt.MEASURES["signed_sales"]
    bullets = [scope_bullet(brief, row, str(row["scope_name"])) for row in rows]
    alt = "各产品线净签约额:" + ",".join(f"{b.label} {b.shown} 万元" for b in bullets)
    data = (("产品线", "实际（元）", "目标（元）", "去年同期（元）"), *((b.label, b.actual, b.target, b.last_year) for b in bullets))
    heads = (Column("产品线", "left", "1.4fr"), Column("目标"), Column("实际"), Column("完成率", "left", "1.4fr"), Column("去年同期"), Column("同比", "left", "1.2fr"),
             Column("上季"), Column("环比", "left", "1.2fr"))
    body = []
    for row in rows:
        value, target, attainment, previous, before = decimals(row, "value", "target", "attainment", "previous", "same_period_last_year")
        body.append((text(row["scope_name"]), amount(target, fmt.WAN), amount(value, fmt.WAN), ratio(attainment, bar=True), amount(before, fmt.WAN),
                     compared(fmt.change(value, before, measure)), amount(previous, fmt.WAN), compared(fmt.change(value, previous, measure))))
    blocks = (Chart("图_产品线", "净签约额，万元，不含税", charts.panels([("净签约额（不含税）", bullets)], alt), alt, data), Table("产品线", "净签约额，万元，不含税", heads, tuple(body)))
    title = brief.writer.sentence("product_lines", first=str(rows[0]["scope"]), last=str(rows[-1]["scope"]))
    return Page("7", "按产品线", title, "万元，不含税", brief.facts.cite("kpi_product_lines"), blocks)


def reps_anonymous(brief: Brief) -> Page:
    """Page 9 for management: how attainment spreads, nobody named, no group under five."""
    rows = brief.facts.rows["rep_distribution"]
    items, body, emphasis = [], [], set()
    for place, row in enumerate(rows):
        low, middle, high = decimals(row, "quartile_low", "middle", "quartile_high")
        is_total = row["role"] == "all"
        label = str(row["department_name"]) if is_total else f"\u3000{row['role']}"
        shown = f"n={row['people']}" + (f" 达成 {row['reached']} 人" if row["reached"] is not None else "")
        if middle is not None:
            items.append(charts.Spread(label, low, middle, high, shown, is_total))
        if is_total:
            emphasis.add(place)
        hidden = Cell(fmt.SUPPRESSED)
        body.append((text(row["department_name"]), text("全部" if is_total else row["role"]), count(row["people"]),  # type: ignore[arg-type]
                     hidden if row["reached"] is None else count(row["reached"]),  # type: ignore[arg-type]
                     *(hidden if middle is None else ratio(value) for value in (low, middle, high))))
    alt = "销售人员签约完成率分布:" + ";".join(f"{item.label.strip()} 中位数 {fmt.percent(item.middle)},{item.shown}" for item in items)
    data = (("部门", "岗位", "P25", "中位数", "P75"), *((row["department_name"], row["role"], *decimals(row, "quartile_low", "middle", "quartile_high")) for row in rows))
    heads = (Column("部门", "left", "1.2fr"), Column("岗位", "left", "1.2fr"), Column("人数"), Column("达成人数"), Column("P25"), Column("中位数"), Column("P75"))
    blocks = (
        Chart("图_人员分布", "签约完成率：中间一半的人与中位数；岗位不足 5 人不显示", charts.spreads(items, alt), alt, data),  # type: ignore[arg-type]
        Table("人员分布", "签约完成率分布（匿名），“…”为不足 5 人或可被反推而不显示", heads, tuple(body), frozenset(emphasis), compact=True),
    )
    return Page("9", "按销售人员（匿名分布）", brief.writer.sentence("reps_anonymous"), "%", brief.facts.cite("rep_distribution"), blocks)


def reps_named(brief: Brief) -> Page:
    """Page 9 for a department head: own people, ranked within the department."""
    rows = brief.facts.rows["rep_attainment"]
    run = fmt.quarter_run(brief.quarter, 4)[:3]
    items, body = [], []
    for row in rows:
        value, target, attainment, collected, collected_rate = decimals(row, "value", "target", "attainment", "collected", "collected_attainment")
        gone = "" if row["is_active"] else "（已离职）"
        items.append(charts.Ranked(f"{row['name']} {row['employee_no']}", attainment, fmt.percent(attainment), not row["is_active"]))
        past = dict(zip(row["periods"] or [], row["attainments"] or [], strict=True))  # type: ignore[arg-type]
        body.append((count(row["place"]), text(f"{row['name']}{gone}"), text(row["employee_no"], "mute"), text(row["role"]), amount(target, fmt.WAN),  # type: ignore[arg-type]
                     amount(value, fmt.WAN), ratio(attainment), amount(collected, fmt.WAN), ratio(collected_rate), *(ratio(past.get(period)) for period in run)))
    alt = "部门内签约完成率排名:" + ",".join(f"{item.label} {item.shown}" for item in items)
    data = (("人员", "完成率"), *((item.label, item.value) for item in items))
    heads = (Column("名次", "right", "0.6fr"), Column("姓名", "left", "1.1fr"), Column("工号", "left", "0.7fr"), Column("岗位", "left", "1.2fr"), Column("目标", "right", "0.8fr"),
             Column("签约", "right", "0.8fr"), Column("完成率", "right", "0.8fr"), Column("回款", "right", "0.8fr"), Column("回款完成率", "right", "0.9fr"),
             *(Column(fmt.quarter_code(period), "right", "0.85fr") for period in run))
    table = Table("销售人员", "部门内排名，万元；签约不含税，回款含税；右侧为前三季签约完成率", heads, tuple(body), compact=True)
    ranks = Chart("图_人员排名", "签约完成率，部门内排名；实心为达成", charts.ranking(items, alt), alt, data)
    blocks = (Beside(((ranks,), (table,)), ("1fr", "2.1fr")),)
    title = brief.writer.sentence("reps_named", department=brief.department_id)
    return Page("9", "按销售人员", title, "万元；签约不含税，回款含税", brief.facts.cite("rep_attainment", "rep_distribution"), blocks)


def receivables(brief: Brief) -> Page:
    """Page 15: collections, the age of what is owed and who owes the most overdue."""
    rows = brief.facts.rows["ageing"]
    if brief.department_id:
        rows = rows[:1]
    bars, body = [], []
    for row in rows:
        parts = [row[age] or Decimal(0) for age in AGES]
        total = f"{fmt.WAN.text(row['outstanding'])}（逾期 {fmt.percent(fmt.share(row['overdue'], row['outstanding']))}）"  # type: ignore[arg-type]
        bars.append((str(row["scope_name"]), parts, [fmt.WAN.text(part) for part in parts], total))  # type: ignore[arg-type]
        for column in (*AGES, "outstanding", "overdue", "unapplied"):
            brief.facts.value(f"ageing.{row['scope']}.{column}")
        body.append((text(row["scope_name"]), count(row["customers"]), *(amount(row[age], fmt.WAN) for age in AGES), amount(row["outstanding"], fmt.WAN),  # type: ignore[arg-type]
                     amount(row["overdue"], fmt.WAN), ratio(fmt.share(row["overdue"], row["outstanding"])), amount(row["unapplied"], fmt.WAN)))  # type: ignore[arg-type]
    alt = "应收账龄:" + ";".join(f"{label} " + "、".join(f"{name} {shown} 万元" for name, shown in zip(AGE_NAMES, words, strict=True)) for label, _, words, _ in bars)
    data = (("范围", *AGE_NAMES), *((label, *parts) for label, parts, _, _ in bars))
    heads = (Column("范围", "left", "1.1fr"), Column("客户数", "right", "0.8fr"), *(Column(name) for name in AGE_NAMES), Column("应收合计"), Column("其中逾期"), Column("逾期率"), Column("未核销"))
    top = []
    for row in brief.facts.rows["overdue_customers"]:
        brief.facts.value(f"overdue_customers.{row['place']}.overdue")
        top.append((count(row["place"]), text(row["customer_name"]), text(row["department_name"]), text(row["employee_no"], "mute"),  # type: ignore[arg-type]
                    amount(row["outstanding"], fmt.WAN_FINE), amount(row["overdue"], fmt.WAN_FINE), amount(row["d91_180"], fmt.WAN_FINE),  # type: ignore[arg-type]
                    amount(row["d181_365"], fmt.WAN_FINE), amount(row["d366_plus"], fmt.WAN_FINE), count(row["days_past_due"])))  # type: ignore[arg-type]
    owner = "负责人工号" if brief.department_id else "责任部门"
    if not brief.department_id:
        top = [(*cells[:3], *cells[4:]) for cells in top]
    names = ["名次", "客户", "部门", *([owner] if brief.department_id else []), "应收", "其中逾期", "91–180 天", "181–365 天", "366 天以上", "最长逾期天数"]
    widths = {"名次": "0.5fr", "客户": "3fr", "部门": "1fr"}
    top_heads = tuple(Column(name, "left" if name in {"客户", "部门", owner} else "right", widths.get(name, "1fr")) for name in names)
    blocks = (
        Chart("图_应收账龄", "应收账龄，万元，含税；越深越旧，同一刻度", charts.stacked(bars, AGE_NAMES, alt), alt, data),  # type: ignore[arg-type]
        Table("应收账龄", "按到期日计，万元，含税", heads, tuple(body), frozenset({0})),
        Table("逾期前十客户", "逾期前十客户，万元（两位小数），含税；原因与措施由责任部门在例会上填报", top_heads, tuple(top)),
    )
    return Page("15", "回款与应收", brief.writer.sentence("receivables"), "万元，含税", brief.facts.cite("ageing", "overdue_customers"), blocks)


def commission(brief: Brief) -> Page | None:
    """Page 17: what commission cost, in totals only."""
    rows = brief.facts.rows["commission"]
    total = brief.facts.find("commission", "company")
    if not rows or total.get("earned") is None:
        return None
    steps = []
    for column, label in (("earned", "计提"), ("adjusted", "调整"), ("withheld", "暂扣"), ("recovered", "扣回"), ("payable", "应付")):
        value = brief.writer.number(f"commission.company.{column}") or Decimal(0)
        is_total = column in {"earned", "payable"}
        steps.append(charts.Step(label, value, fmt.WAN_FINE.text(value, signed=not is_total), is_total))
    alt = "提成从计提到应付:" + ",".join(f"{step.label} {step.shown} 万元" for step in steps)
    data = (("项目", "金额（元）"), *((step.label, step.amount) for step in steps))
    heads = (Column("范围", "left", "1.1fr"), Column("人数", "right", "0.7fr"), *(Column(name) for name in ("计提", "调整", "暂扣", "扣回", "应付", "其中已过账", "应付 ÷ 净签约额")))
    # One suppressed department could be worked out from the total: then no department is shown.
    hide = any(row["earned"] is None for row in rows)
    body = []
    for row in rows:
        shown = row["scope"] == "company" or not hide
        sales = brief.kpi(str(row["scope"]), "signed_sales").get("value")
        cells = [amount(row[name], fmt.WAN_FINE) for name in ("earned", "adjusted", "withheld", "recovered", "payable", "posted")]  # type: ignore[arg-type]
        cells.append(ratio(fmt.share(row["payable"], sales)))  # type: ignore[arg-type]
        body.append((text(row["scope_name"]), count(row["payees"]), *(cells if shown else [Cell(fmt.SUPPRESSED)] * 7)))  # type: ignore[arg-type]
    month_heads = (Column("月份", "left", "1.1fr"), Column("人数", "right", "0.7fr"), Column("计提"), Column("调整"), Column("应付"), Column("状态", "left"))
    months = tuple(
        (text(fmt.month_title(str(row["month"]))), count(row["payees"]), amount(row["earned"], fmt.WAN_FINE), amount(row["adjusted"], fmt.WAN_FINE),  # type: ignore[arg-type]
         amount(row["payable"], fmt.WAN_FINE), text({"posted": "已过账", "draft": "草稿"}[str(row["status"])]))  # type: ignore[arg-type]
        for row in brief.facts.rows["commission_months"]
    )
    head = str(brief.facts.one("ledger_head").get("entry_hash") or fmt.MISSING)
    blocks = (
        Chart("图_提成", "提成：计提 → 应付，万元", charts.waterfall(steps, alt, height=250), alt, data),
        Table("提成按部门", "万元（两位小数）；不足 5 人的部门不单列；不含个人数据", heads, tuple(body), frozenset({0}), compact=True),
        Beside(((Table("提成按月", "万元（两位小数）", month_heads, months, compact=True),),
                (Notes("口径", ("计提按回款核销月计；已结账月份不重算，差异在首个未结账月份以调整过账。", f"台账头哈希 {head[:16]}"), "small"),)), ("1.4fr", "1fr")),
    )
    return Page("17", "提成成本", brief.writer.sentence("commission"), "万元；净签约额不含税", brief.facts.cite("commission", "commission_months", "ledger_head", "kpi"), blocks)


def trust(brief: Brief) -> Page:
    """Page A2: how far the numbers can be trusted."""
    words = brief.writer.sentences["objects"]
    local = {"fxiaoke": "纷享销客", "zoho": "Zoho CRM", "company": "公司文件"}
    heads = (Column("来源", "left", "1fr"), Column("对象", "left", "1.5fr"), Column("记录数"), Column("版本数"), Column("隔离行"), Column("未过检查"), Column("滞后（小时）"), Column("等级", "left", "0.6fr"))
    body = tuple(
        (text(local.get(str(row["source"]), str(row["source"]))), text(words.get(str(row["object"]), str(row["object"]))), count(row["records"]), count(row["versions"]), count(row["quarantined"]),  # type: ignore[arg-type]
         count(row["failed_checks"]), Cell(fmt.DAYS.text(row["hours_behind"]), row["hours_behind"], "#,##0.0"), text(row["grade"], "bad" if row["grade"] not in {"A", "B"} else ""))  # type: ignore[arg-type]
        for row in brief.facts.rows["data_trust"]
    )
    held_heads = (Column("来源·对象", "left", "1.2fr"), Column("行数", "right", "0.5fr"), Column("原因", "left", "2fr"), Column("自", "left", "0.9fr"))
    held = tuple(
        (text(f"{local.get(str(row['source']), str(row['source']))}·{words.get(str(row['object']), row['object'])}"), count(row["held"]), text(row["reason"]), text(f"{row['first_seen_at']:%Y-%m-%d}"))  # type: ignore[arg-type]
        for row in brief.facts.rows["quarantine"]
    )
    right: tuple[Block, ...] = (
        Table("隔离区", "隔离区：未进入统计的行，修复后自动回归", held_heads, held, compact=True),
        Notes("等级", ("A：按时、检查全过、无隔离；B：有少量隔离；C：迟到或有检查未过，引用该对象的页面请谨慎。",), "small"),
    )
    blocks = (Beside(((Table("数据可信度", "新鲜度、检查与隔离", heads, body, compact=len(body) > 20),), right), ("1.5fr", "1fr")),)
    return Page("A2", "数据可信度", brief.writer.sentence("trust"), "行数；小时", brief.facts.cite("data_trust", "data_trust_total", "quarantine"), blocks)


def appendix(brief: Brief) -> list[Page]:
    """The metric dictionary, the queries behind the pages, who receives the pack, and the pages that are absent."""
    metric_heads = (Column("编码", "left", "0.5fr"), Column("指标", "left", "1.2fr"), Column("口径", "left", "4fr"), Column("责任", "left", "0.9fr"), Column("版本", "left", "0.5fr"))
    metrics = tuple((text(row["code"]), text(row["name_zh"]), text(row["formula"]), text(row["owner"]), text(row["version"])) for row in brief.facts.rows["metrics"])
    query_heads = (Column("编号", "left", "0.4fr"), Column("查询", "left", "1.5fr"), Column("来源表", "left", "2.4fr"), Column("行数", "right", "0.5fr"))
    queries = tuple(
        (text(query.id), text(query.title), text(query.tables), count(len(brief.facts.rows[name])))
        for name, query in sorted(brief.facts.queries.items(), key=lambda item: item[1].id)
    )
    list_heads = (Column("工号", "left", "0.7fr"), Column("角色", "left", "1.2fr"), Column("范围", "left", "1fr"), Column("渠道", "left", "0.7fr"), Column("有效期", "left", "1.6fr"))
    recipients = tuple(tuple(text(cell) for cell in line) for line in brief.distribution) or ((text("未登记"), *(text(None),) * 4),)
    absent_heads = (Column("页", "left", "0.5fr"), Column("标题", "left", "1.6fr"), Column("本期无：原因", "left", "2.6fr"))
    present_product = bool(brief.facts.rows["kpi_product_lines"])
    gone = [*ABSENT, *([] if present_product else [("7", "按产品线", "指标表未按产品线发布")])]
    gone += [] if "commission" in brief.facts.queries else [("17", "提成成本", "部门版不含提成")]
    absent = tuple((text(a), text(b), text(c)) for a, b, c in sorted(gone, key=lambda line: int(line[0].split("–")[0])))
    return [
        Page("A3", "指标口径", f"本册 {len(metrics)} 项指标，各有唯一口径与责任人", "—", brief.facts.cite("metrics"), (Table("指标口径", "指标口径", metric_heads, metrics),)),
        Page("A5", "查询、分发与本期无", f"每个数字都出自 {len(queries)} 条编号查询之一；缺页列明原因", "—", "—", (
            Beside(((Table("查询", "A5 查询编号", query_heads, queries, compact=True),),
                    (Table("分发名单", "A6 分发名单", list_heads, recipients, compact=True), Table("本期无", "本期无的页面", absent_heads, absent, compact=True))), ("1.15fr", "1fr")),
        )),
    ]


def pack_pages(brief: Brief) -> tuple[Page, ...]:
    """All pages of the pack, in the order of pack.md."""
    reps = reps_named(brief) if brief.department_id else reps_anonymous(brief)
    pages: list[Page | None] = [summary(brief), *scorecard(brief)]
    pages += [bridge(brief)] if brief.facts.rows["sales_bridge"] else []
    pages += [product_lines(brief), departments(brief), reps, receivables(brief)]
    pages += [commission(brief)] if "commission" in brief.facts.queries else []
    pages += [trust(brief), *appendix(brief)]
    return tuple(page for page in pages if page is not None)
