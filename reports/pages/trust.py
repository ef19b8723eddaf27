"""The pages behind the numbers: data trust, metric dictionary, queries, distribution, and the pages that are absent.

A page of the pack that comes to life leaves ABSENT.
What the checks are is decided in expectations/.
"""

from reports import format as fmt
from reports.facts import Row
from reports.page import Beside, Block, Cell, Notes, Page, Table, count, heads, ratio, text
from reports.pages.brief import Brief

GRADED = "已发布表中得分最低的十二张；得分 = 新鲜 × 覆盖 × 检查 ×（1 − 手工占比的一成）"
# pack.md E2: a page without data is named with its reason, never renumbered away.
ABSENT = (
    ("2", "上季承诺兑现", "本页尚未编制；行动登记在公司目录的 actions 文件"),
    ("5", "同比分析", "同比已并入记分卡各行"),
    ("6", "按区域", "本页尚未编制；数字见仓库 management.kpi"),
    ("10–12", "过程、管道与赢输单", "本页尚未编制；数字见 management.kpi、forecast_snapshots"),
    ("13–14", "客户分层、满意度", "本页尚未编制；数字见 management.customer_tiers、satisfaction"),
    ("16", "信用与无主应收款", "本页尚未编制；数字见 finance.receivables"),
    ("18", "销售冠军", "本页尚未编制"),
    ("19–20", "风险登记册、市场与竞品", "风险规则尚未启用；市场数字见 management.kpi"),
    ("21–23", "人员、预算费用、下季计划", "本页尚未编制；数字见 management.kpi、budget_execution"),
)


def trust(brief: Brief) -> Page:
    """Page A2: how far the numbers can be trusted."""
    words = brief.writer.sentences["objects"]
    local = {"fxiaoke": "纷享销客", "zoho": "Zoho CRM", "company": "公司文件"}
    columns = heads(
        "来源<",
        "对象<1.5",
        "记录数>",
        "版本数>",
        "隔离行>",
        "未过检查>",
        "滞后（小时）>",
        "等级<0.6",
    )
    # A company keeps the files it needs; that it keeps no others is no news.
    idle = [row for row in brief.facts.rows["data_trust"] if _is_idle(row)]
    body = tuple(
        (
            text(local.get(str(row["source"]), str(row["source"]))),
            text(words.get(str(row["object"]), str(row["object"]))),
            count(row["records"]),
            count(row["versions"]),
            count(row["quarantined"]),
            count(row["failed_checks"]),
            Cell(fmt.DAYS.text(row["hours_behind"]), row["hours_behind"], "#,##0.0"),
            text(row["grade"], "bad" if row["grade"] not in {"A", "B"} else ""),
        )
        for row in brief.facts.rows["data_trust"]
        if row not in idle
    )
    held_heads = heads(
        "来源·对象<1.2",
        "行数>0.5",
        "原因<2",
        "自<0.9",
    )
    held = tuple(
        (
            text(f"{local.get(str(row['source']), str(row['source']))}·{words.get(str(row['object']), row['object'])}"),
            count(row["held"]),
            text(row["reason"]),
            text(f"{row['first_seen_at']:%Y-%m-%d}"),
        )
        for row in brief.facts.rows["quarantine"]
    )
    graded = tuple(
        (
            text(row["table_name"]),
            text(row["grade"], "bad" if row["grade"] not in {"A", "B"} else ""),
            *(ratio(row[name]) for name in ("score", "freshness", "coverage", "checks", "hand_share")),
        )
        for row in brief.facts.rows["table_trust"]
    )
    grade_heads = heads("表<5.8", "等级<0.8", "得分>", "新鲜>", "覆盖>", "检查>", "手工>")
    right: tuple[Block, ...] = (
        Table("表的等级", GRADED, grade_heads, graded, compact=True),
        Table("隔离区", "隔离区：未进入统计的行，修复后自动回归", held_heads, held, compact=True),
        Notes("等级", ("A：按时、检查全过、无隔离；B：有少量隔离；C：迟到或有检查未过，引用该对象的页面请谨慎。",), "small"),
    )
    caption = "新鲜度、检查与隔离" + (f"；另有 {len(idle)} 份公司文件没有内容" if idle else "")
    blocks = (
        Beside(((Table("数据可信度", caption, columns, body, compact=len(body) > 20),), right), ("1.25fr", "1fr")),
    )
    return Page(
        "A2",
        "数据可信度",
        brief.writer.sentence("trust"),
        "行数；小时",
        brief.facts.cite("data_trust", "data_trust_total", "table_trust", "quarantine"),
        blocks,
    )


def _is_idle(row: Row) -> bool:
    """A file of the company folder that holds nothing, and nothing is wrong with it."""
    return row["source"] == "company" and not (row["records"] or row["versions"] or row["quarantined"] or row["failed_checks"])


def appendix(brief: Brief) -> Page:
    """The metric dictionary, the queries behind the pages, who receives the pack, and the pages that are absent."""
    metric_heads = heads(
        "编码<0.5",
        "指标<1.2",
        "口径<4",
        "责任<0.9",
        "版本<0.5",
    )
    metrics = tuple(
        (text(row["code"]), text(row["name_zh"]), text(row["formula"]), text(brief.owner(row)), text(row["version"]))
        for row in brief.facts.rows["metrics"]
        if row["metric_id"] in fmt.MEASURES  # what this pack prints; the workbook lists them all
    )
    query_heads = heads(
        "编号<0.4",
        "查询<1.5",
        "来源表<2.4",
        "行数>0.5",
    )
    queries = tuple(
        (text(query.id), text(query.title), text(query.tables), count(len(brief.facts.rows[name])))
        for name, query in sorted(brief.facts.queries.items(), key=lambda item: item[1].id)
    )
    list_heads = heads(
        "工号<0.7",
        "角色<1.2",
        "范围<",
        "渠道<0.7",
        "有效期<1.6",
    )
    recipients = tuple(tuple(text(cell) for cell in line) for line in brief.distribution) or (
        (text("未登记"), *(text(None),) * 4),
    )
    absent_heads = heads("页<0.5", "标题<1.6", "本期无：原因<2.6")
    gone = [*ABSENT, *([] if brief.facts.rows["kpi_product_lines"] else [("7", "按产品线", "指标表未按产品线发布")])]
    gone += [] if brief.facts.rows["sales_bridge"] else [("4", "目标到实际", "本季未设公司签约目标")]
    gone += [] if "commission" in brief.facts.queries else [("17", "提成成本", "部门版不含提成")]
    absent = tuple((text(a), text(b), text(c)) for a, b, c in sorted(gone, key=lambda line: int(line[0].split("–")[0])))
    title = f"{len(metrics)} 项指标各有唯一口径与责任人；每个数字都出自 {len(queries)} 条编号查询之一"
    lists = (
        Table("分发名单", "A6 分发名单", list_heads, recipients, compact=True),
        Table("本期无", "本期无的页面", absent_heads, absent, compact=True),
    )
    blocks: tuple[Block, ...] = (
        Table("指标口径", "A3 指标口径", metric_heads, metrics, compact=True),
        Beside(((Table("查询", "A5 查询编号", query_heads, queries, compact=True),), lists), ("1.15fr", "1fr")),
    )
    return Page("A3–A6", "口径、查询、分发与本期无", title, "—", brief.facts.cite("metrics"), blocks)
