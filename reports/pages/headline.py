"""Page 1, 一页摘要, and page 3, the scorecard with the comments of its owners.

A card or a row is a metric of format.MEASURES; its sentence stands in templates/sentences.yaml.
What explains one number in depth belongs to the pages behind.
"""

from collections.abc import Iterable
from decimal import Decimal

from reports import charts
from reports import format as fmt
from reports.facts import Row
from reports.page import (
    Beside,
    Block,
    Card,
    Cards,
    Cell,
    Chart,
    Notes,
    Page,
    Table,
    compared,
    count,
    heads,
    measured,
    ratio,
    text,
)
from reports.pages.brief import Brief, decimals, scope_bullet

NARROW_PASS, WIDE_PASS = Decimal("0.9"), Decimal("1.1")
MATERIAL_SHARE = Decimal("0.01")


def card(brief: Brief, metric_id: str) -> Card:
    """The headline number for one metric."""
    row, measure = brief.kpi(brief.home, metric_id), fmt.MEASURES[metric_id]
    value, target, attainment, previous, before = decimals(
        row, "value", "target", "attainment", "previous", "same_period_last_year"
    )
    for column in ("value", "target", "attainment", "previous", "same_period_last_year"):
        brief.facts.value(f"kpi.{brief.home}.{metric_id}.{column}")
    goal = (
        f"目标 {measure.text(target)} · 完成 {fmt.percent(attainment)}"
        if target is not None
        else f"去年同期 {measure.text(before)}"
    )
    moves = (("同比", fmt.change(value, before, measure)), ("环比", fmt.change(value, previous, measure)))
    lines = (goal, " · ".join(f"{name} {move.text} {move.verdict}".strip() for name, move in moves))
    name = brief.metric_name(row)
    alt = f"{name} 实际 {measure.text(value)}，{goal}"
    return Card(
        name,
        measure.text(value),
        measure.unit_name.replace("%", "").strip("·"),
        lines,
        charts.bullet(charts.Bullet("", value, target, before, ""), alt),
        alt,
    )


def share_card(brief: Brief, label: str, part: str, whole: str, line: str) -> Card:
    """A headline share of two bound amounts."""
    value = fmt.share(brief.writer.number(part), brief.writer.number(whole))
    return Card(label, fmt.percent(value), "", (line,))


def trend(brief: Brief) -> Chart:
    """The last five quarters against plan, on one scale."""
    groups = []
    for metric_id in ("signed_sales", "collections"):
        rows = [brief.facts.find("kpi_history", metric_id, period) for period in fmt.quarter_run(brief.quarter, 5)]
        name = brief.metric_name(brief.kpi(brief.home, metric_id))
        groups.append(
            (
                f"{name}（{fmt.MEASURES[metric_id].tax}）",
                [scope_bullet(row, fmt.quarter_code(str(row["period"]))) for row in rows if row],
            )
        )
    alt = "近五季：" + "；".join(f"{name} " + "、".join(f"{b.label} {b.shown} 万元" for b in bullets) for name, bullets in groups)
    data: list[tuple] = [("指标", "季度", "实际（元）", "目标（元）", "去年同期（元）")]
    data += [(name, b.label, b.actual, b.target, b.last_year) for name, bullets in groups for b in bullets]
    return Chart(
        "图_近五季", "近五季实际、目标与完成率，万元；两图同一刻度", charts.columns(groups, alt, height=160), alt, tuple(data)
    )


def happened(brief: Brief) -> tuple[str, ...]:
    """What happened, in sentences."""
    whose = "本部门" if brief.department_id else ""
    return brief.writer.points("summary", "points", departments=brief.departments, home=brief.home, whose=whose)


def summary(brief: Brief) -> Page:
    """Page 1: five sentences, eight cards, decisions wanted and risks."""
    writer = brief.writer
    cards = [
        card(brief, metric_id)
        for metric_id in ("signed_sales", "collections", "win_rate", "average_deal", "sales_cycle_days", "new_customers")
    ]
    cards.append(
        share_card(
            brief,
            "逾期率",
            "ageing.company.overdue",
            "ageing.company.outstanding",
            f"逾期 {writer.quote('ageing.company.overdue')} / 应收 {writer.quote('ageing.company.outstanding')} 万元（含税）",
        )
    )
    if "commission" in brief.facts.queries:
        cards.append(
            share_card(
                brief,
                "提成费用率",
                "commission.company.payable",
                "kpi.company.signed_sales.value",
                f"应付提成 {writer.quote('commission.company.payable')} 万元 ÷ 签约额",
            )
        )
    else:
        cards.append(card(brief, "orders"))
    decisions = tuple(brief.commentary.decisions[:3]) or ("未填报：需要管理层决定的事项由部门负责人在评注文件中提出。",)
    blocks: tuple[Block, ...] = (
        Cards(tuple(cards)),
        Beside(
            (
                (Notes("发生了什么", happened(brief)),),
                (Notes("需要决定", decisions, "ask"), Notes("最大风险", writer.points("summary", "risks"), "risk")),
            ),
            ("1fr", "1.15fr"),
        ),
        trend(brief),
    )
    sources = brief.facts.cite(
        "kpi",
        "kpi_history",
        "ageing",
        "overdue_customers",
        "data_trust_total",
        *(["commission"] if "commission" in brief.facts.queries else []),
    )
    return Page(
        "1",
        "一页摘要",
        writer.sentence("summary", home=brief.home),
        "金额：万元；签约与单值不含税，回款与应收含税",
        sources,
        blocks,
    )


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
        value, target, attainment, previous, before = decimals(
            row, "value", "target", "attainment", "previous", "same_period_last_year"
        )
        for column in ("value", "target", "attainment", "previous", "same_period_last_year"):
            brief.facts.value(f"kpi.{scope}.{metric_id}.{column}")
        note = brief.commentary.notes.get((metric_id, scope))
        remark = ""
        if note is not None:
            remark = f"见评注 {len(notes) + 1}"
            notes.append(note_row(brief, len(notes) + 1, row, note))
        elif needs_note(row):
            remark = f"未填报：责任人 {brief.owner(row)}"
        if scope == "company":
            emphasis.add(place)
        rows.append(
            (
                text(brief.metric_name(row)) if scope == "company" else Cell("", brief.metric_name(row)),
                text(measure.unit_name, "mute") if scope == "company" else Cell("", measure.unit_name),
                text(brief.scope_name(scope)),
                measured(target, measure),
                measured(value, measure),
                ratio(attainment, bar=True),
                measured(before, measure),
                compared(fmt.change(value, before, measure)),
                measured(previous, measure),
                compared(fmt.change(value, previous, measure)),
                text(remark, "mute") if remark else Cell(""),
            )
        )
    columns = heads(
        "指标<1.3",
        "单位<1.15",
        "范围<0.9",
        "目标>",
        "实际>",
        "完成率<1.3",
        f"去年同期 {int(year) - 1}Q{quarter}>",
        "同比<1.2",
        f"上季 {fmt.quarter_code(run[0])}>",
        "环比<1.2",
        "评注<2",
    )
    title = brief.writer.sentence(
        "scorecard",
        count_reached=sum(1 for row in targets if row["attainment"] >= 1),
        count_targets=len(targets),
    )
    table = Table(
        "记分卡",
        "指标·目标·实际·完成率·同比·环比；比率的同比、环比为百分点（pp）",
        columns,
        tuple(rows),
        frozenset(emphasis),
        compact=True,
    )
    reading = Notes(
        "读法",
        (
            "公司合计按合并后的客户与订单计算，跨部门共享客户只计一次；没有目标的指标完成率为“—”。",
            "完成率偏离 100% 超过 10 个百分点，或与目标之差超过本期实际的 1%，须由责任人填报原因、影响、措施。",
        ),
        "small",
    )
    pages = [Page("3", "记分卡", title, "见各行；签约与单值不含税，回款含税", brief.facts.cite("kpi"), (table, reading))]
    if notes:
        columns = heads(
            "编号<0.4",
            "指标·范围<1.3",
            "完成率>0.7",
            "原因<2.4",
            "影响<2.2",
            "措施<2.4",
            "责任人<0.8",
            "期限<0.9",
        )
        title = f"{len(notes)} 项指标已由责任人填报原因、影响与措施"
        body = Table("评注", "评注由责任人填报，数字由查询带出", columns, tuple(notes))
        pages.append(Page("3", "记分卡·评注", title, "—", brief.facts.cite("kpi"), (body,)))
    return pages


def note_row(brief: Brief, place: int, row: Row, parts: dict[str, str]) -> tuple[Cell, ...]:
    """One filed comment as a table row."""
    scope = brief.scope_name(str(row["scope"]))
    cells = [text(parts.get(name)) for name in ("原因", "影响", "措施", "责任人", "日期")]
    return (count(place), text(f"{brief.metric_name(row)}·{scope}"), ratio(row.get("attainment")), *cells)
