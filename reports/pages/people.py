"""Page 9: attainment of sales people, without identities for management and by name for their own department.

Whoever adds a page about people keeps groups under five hidden, in the query.
Pay is never shown beside a person here.
"""

from reports import charts
from reports import format as fmt
from reports.page import Beside, Cell, Chart, Page, Table, amount, count, heads, ratio, text
from reports.pages.brief import Brief, decimals


def reps_anonymous(brief: Brief) -> Page:
    """Page 9 for management: how attainment spreads, nobody named, no group under five."""
    every = brief.facts.rows["rep_distribution"]
    sizes = {row["department_id"]: row["people"] for row in every if row["role"] == "all"}
    # A role that is the whole department would only repeat the department's row.
    rows = [row for row in every if row["role"] == "all" or row["people"] < sizes[row["department_id"]]]
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
        body.append(
            (
                text(row["department_name"]),
                text("全部" if is_total else row["role"]),
                count(row["people"]),
                hidden if row["reached"] is None else count(row["reached"]),
                *(hidden if middle is None else ratio(value) for value in (low, middle, high)),
            )
        )
    alt = "销售人员签约完成率分布：" + "；".join(
        f"{item.label.strip()} 中位数 {fmt.percent(item.middle)},{item.shown}" for item in items
    )
    data = (
        ("部门", "岗位", "P25", "中位数", "P75"),
        *((row["department_name"], row["role"], *decimals(row, "quartile_low", "middle", "quartile_high")) for row in rows),
    )
    columns = heads(
        "部门<1.2",
        "岗位<1.2",
        "人数>",
        "达成人数>",
        "P25>",
        "中位数>",
        "P75>",
    )
    blocks = (
        Chart("图_人员分布", "签约完成率：中间一半的人与中位数；岗位不足 5 人不显示", charts.spreads(items, alt), alt, data),
        Table(
            "人员分布",
            "签约完成率分布（匿名），“…”为不足 5 人或可被反推而不显示",
            columns,
            tuple(body),
            frozenset(emphasis),
            compact=True,
        ),
    )
    return Page(
        "9", "按销售人员（匿名分布）", brief.writer.sentence("reps_anonymous"), "%", brief.facts.cite("rep_distribution"), blocks
    )


def reps_named(brief: Brief) -> Page:
    """Page 9 for a department head: own people, ranked within the department."""
    rows = brief.facts.rows["rep_attainment"]
    run = fmt.quarter_run(brief.quarter, 4)[:3]
    items, body = [], []
    for row in rows:
        value, target, attainment, collected, collected_rate = decimals(
            row, "value", "target", "attainment", "collected", "collected_attainment"
        )
        gone = "" if row["is_active"] else "（已离职）"
        items.append(
            charts.Ranked(f"{row['name']} {row['employee_no']}", attainment, fmt.percent(attainment), not row["is_active"])
        )
        past = dict(zip(row["periods"] or [], row["attainments"] or [], strict=True))
        body.append(
            (
                count(row["place"]),
                text(f"{row['name']}{gone}"),
                text(row["employee_no"], "mute"),
                text(row["role"]),
                amount(target, fmt.WAN),
                amount(value, fmt.WAN),
                ratio(attainment),
                amount(collected, fmt.WAN),
                ratio(collected_rate),
                *(ratio(past.get(period)) for period in run),
            )
        )
    alt = "部门内签约完成率排名：" + "，".join(f"{item.label} {item.shown}" for item in items)
    data = (("人员", "完成率"), *((item.label, item.value) for item in items))
    columns = heads(
        "名次>0.6",
        "姓名<1.5",
        "工号<0.7",
        "岗位<1.2",
        "目标>0.8",
        "签约>0.8",
        "完成率>0.8",
        "回款>0.8",
        "回款完成率>0.9",
        *(f"{fmt.quarter_code(period)}>0.85" for period in run),
    )
    table = Table(
        "销售人员", "部门内排名，万元；签约不含税，回款含税；右侧为前三季签约完成率", columns, tuple(body), compact=True
    )
    ranks = Chart("图_人员排名", "签约完成率，部门内排名；实心为达成", charts.ranking(items, alt), alt, data)
    blocks = (Beside(((ranks,), (table,)), ("1fr", "2.1fr")),)
    title = brief.writer.sentence("reps_named", department=brief.department_id)
    return Page(
        "9", "按销售人员", title, "万元；签约不含税，回款含税", brief.facts.cite("rep_attainment", "rep_distribution"), blocks
    )
