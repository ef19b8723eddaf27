"""The quarterly pack: same bytes, numbers bound to queries, nothing about people or customers where it does not belong."""

import hashlib
import json
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pypdfium2
import pytest
import yaml

from connectors import company, fxiaoke, zoho
from reports.commentary import Commentary
from reports.facts import Facts, ReportError
from reports.pack import PackFiles, build_pack
from reports.pages.brief import Brief
from reports.words import SENTENCES, Writer
from tests.reports.conftest import COMPANY
from tests.reports.reading import all_words, pdf_pages, workbook_cells
from tests.reports.warehouse import make_warehouse


def people(warehouse: Path, condition: str) -> tuple[set[str], set[str]]:
    """Numbers and names of employees under a condition."""
    with duckdb.connect(str(warehouse), read_only=True) as database:
        rows = database.execute(f"select employee_no, name from core.dim_employees where {condition}").fetchall()
    return {number for number, _ in rows}, {name for _, name in rows}


def test_the_same_warehouse_gives_the_same_bytes(management_pack: PackFiles, empty_company: Path, tmp_path: Path) -> None:
    again = build_pack(
        make_warehouse(tmp_path / "warehouse.duckdb"),
        "2026-Q3",
        tmp_path / "pack",
        company_folder=empty_company,
        recipient="E900 沈国栋",
    )
    for first, second in zip((*management_pack.files, management_pack.manifest), (*again.files, again.manifest), strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def test_every_page_states_its_conclusion_unit_sources_and_clocks(management_pack: PackFiles) -> None:
    manifest = json.loads(management_pack.manifest.read_text(encoding="utf-8"))
    pages = pdf_pages(management_pack.pdf)
    assert [page["number"] for page in manifest["pages"]] == ["1", "3", "4", "8", "9", "15", "17", "A2", "A3–A6"]
    assert len(pages) == len(manifest["pages"]) + 1
    for place, (words, page) in enumerate(zip(pages[1:], manifest["pages"], strict=True), 2):
        flat = re.sub(r"\s", "", words)
        assert re.sub(r"\s", "", page["title"]) in flat
        assert "单位：" in flat
        assert f"来源：{page['sources'].replace(' ', '')}" in flat
        assert f"第{place}页/共{len(pages)}页" in flat
        assert "数据截至2026-11-20（抽取于2026-11-2102:00Asia/Shanghai）" in flat
        assert flat.count("E900沈国栋QBR-2026Q3-MGMT-v1") == 4


def test_no_glyph_is_missing_and_fonts_are_embedded(management_pack: PackFiles) -> None:
    assert "\ufffd" not in "".join(pdf_pages(management_pack.pdf))
    fonts = set(re.findall(rb"/BaseFont\s*/([A-Za-z0-9+-]+)", management_pack.pdf.read_bytes()))
    assert all(re.match(rb"[A-Z]{6}\+", font) for font in fonts)


def test_numbers_are_bound_to_queries_and_equal_the_mart(warehouse: Path, management_pack: PackFiles) -> None:
    numbers = json.loads(management_pack.manifest.read_text(encoding="utf-8"))["numbers"]
    with duckdb.connect(str(warehouse), read_only=True) as database:
        signed = database.execute(
            "select value from management.kpi where metric_id = 'signed_sales' and period = '2026-Q3' and scope_id = 'company'"
        ).fetchone()[0]
        outstanding = database.execute("select sum(outstanding) from finance.receivables_ageing").fetchone()[0]
    assert numbers["kpi.company.signed_sales.value"] == {"query": "Q02", "value": str(signed)}
    assert numbers["ageing.company.outstanding"] == {"query": "Q08", "value": str(outstanding)}
    assert f"签约额（不含税）{signed / 10000:,.1f} 万元" in management_pack.headline[0]


def test_what_departments_share_stands_beside_their_sum(management_pack: PackFiles, department_pack: PackFiles) -> None:
    said = "签约额：各部门合计比公司多 12.3 万元，是叠加分成的订单在两个部门各计一次；公司只计一次。"
    words = ["".join(all_words(pack.files).split()) for pack in (management_pack, department_pack)]
    assert [("".join(said.split()) in flat, "回款额：各部门合计" in flat) for flat in words] == [(True, False), (False, False)]


def test_the_manifest_names_every_file_by_its_hash(management_pack: PackFiles) -> None:
    manifest = json.loads(management_pack.manifest.read_text(encoding="utf-8"))
    assert manifest["files"] == {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
        for path in management_pack.files
    }
    assert (
        manifest["pack_id"],
        manifest["as_of"],
        manifest["known_at"],
        manifest["status"],
        manifest["row_counts"]["core.dim_employees"],
    ) == (
        "QBR-2026Q3-MGMT-v1",
        "2026-11-20",
        "2026-11-20T18:00:00",
        "初稿",
        40,
    )


def test_the_management_pack_tells_nothing_about_single_people(warehouse: Path, management_pack: PackFiles) -> None:
    numbers, names = people(warehouse, "true")
    words = all_words(management_pack.files)
    assert {name for name in names if name in words} == set()
    assert {number for number in numbers if re.search(rf"\b{number}\b", words)} == set()


def test_the_department_pack_names_its_own_people_only_and_no_pay(warehouse: Path, department_pack: PackFiles) -> None:
    numbers, names = people(warehouse, "department_id = 'D2'")
    others, other_names = people(warehouse, "department_id <> 'D2'")
    words = all_words(department_pack.files)
    assert {number for number in numbers if number in words} == numbers
    assert {number for number in others if re.search(rf"\b{number}\b", words)} == set()
    assert {name for name in other_names - names if name in words} == set()
    assert "提成费用率" not in words
    assert "应付提成" not in words


def test_the_headline_names_no_customer_and_no_pay(warehouse: Path, management_pack: PackFiles) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as database:
        customers = [name for (name,) in database.execute("select name from core.dim_customers").fetchall()]
    words = "".join(management_pack.headline)
    assert [name for name in customers if name in words] == []
    assert "提成" not in words


def test_small_groups_cannot_be_read_or_worked_out(management_pack: PackFiles) -> None:
    rows = workbook_cells(management_pack.xlsx)["人员分布"][3:]
    small = [row for row in rows if row[1] == "部门经理"]
    assert [row[3:] for row in small] == [["…"] * 4] * 2
    assert {row[3] for row in rows if row[1] != "全部"} == {"…"}


def test_a_department_of_few_payees_hides_every_department(warehouse: Path, empty_company: Path, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(warehouse.read_bytes())
    with duckdb.connect(str(path)) as database:
        database.execute("delete from finance.commission_by_payee_month where department_id = 'D1' and payee_no > 'E004'")
    pack = build_pack(path, "2026-Q3", tmp_path / "pack", company_folder=empty_company)
    rows = workbook_cells(pack.xlsx)["提成按部门"][3:]
    assert [(row[0], row[2]) for row in rows[1:]] == [("销售一部", "…"), ("销售二部", "…")]
    assert isinstance(rows[0][2], float)


def test_the_workbook_holds_every_table_and_chart_with_nothing_to_run(management_pack: PackFiles) -> None:
    sheets = workbook_cells(management_pack.xlsx)
    assert list(sheets) == [
        "说明",
        "图_近五季",
        "记分卡",
        "图_签约总额",
        "图_目标到实际",
        "目标到实际",
        "图_部门达成",
        "图_各月签约",
        "图_人员分布",
        "人员分布",
        "图_应收账龄",
        "应收账龄",
        "逾期前十客户",
        "图_提成",
        "提成按月",
        "提成按部门",
        "数据可信度",
        "表的等级", "隔离区",
        "指标口径",
        "查询",
        "分发名单",
        "本期无",
    ]
    formulas = [
        value for rows in sheets.values() for row in rows for value in row if isinstance(value, str) and value.startswith("=")
    ]
    assert formulas == []


def test_files_that_a_company_does_not_keep_are_counted_not_listed(management_pack: PackFiles) -> None:
    rows = workbook_cells(management_pack.xlsx)["数据可信度"]
    assert [row[1:4] for row in rows if row[0] == "公司文件"] == [["提成异议", 0, 12], ["目标", 924, 924]]
    assert "另有 2 份公司文件没有内容" in str(rows)


def test_every_object_that_is_read_has_a_name_for_managers() -> None:
    named = {obj.name for objects in (fxiaoke.OBJECTS, zoho.OBJECTS, company.OBJECTS) for obj in objects}
    assert named - set(yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))["objects"]) == set()


def test_a_customer_named_like_a_formula_stays_words(warehouse: Path, empty_company: Path, tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(warehouse.read_bytes())
    with duckdb.connect(str(path)) as database:
        database.execute("update finance.receivables_ageing set overdue = 99999999 where customer_name like '=%'")
    pack = build_pack(path, "2026-Q3", tmp_path / "pack", company_folder=empty_company)
    cell = openpyxl.load_workbook(pack.xlsx)["逾期前十客户"]["B4"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=合众传动设备（昆山）有限公司", "s", True)


def test_the_html_needs_nothing_from_outside(management_pack: PackFiles) -> None:
    page = management_pack.html.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:https?:)?//[^\s\"'<>]+", page)) == {"http://www.w3.org/2000/svg"}
    assert re.findall(r"<(?:script|link|img|iframe)|src=|url\(|@import", page) == []
    assert page.count("<svg") == page.count("<title>") - 1


def test_every_picture_has_words(management_pack: PackFiles) -> None:
    titles = re.findall(r"<svg[^>]*><title>([^<]+)</title>", management_pack.html.read_text(encoding="utf-8"))
    assert len(titles) == 14
    assert all(re.search(r"\d", title) for title in titles)


def test_comments_are_printed_with_bound_numbers(warehouse: Path, tmp_path: Path) -> None:
    folder = tmp_path / "company" / "commentary"
    folder.mkdir(parents=True)
    (folder / "2026-Q3.md").write_text(
        "# 评注\n## signed_sales @ D2\n- 原因：海外订单推迟，完成率 {{ q('kpi.D2.signed_sales.attainment', 'percent') }}\n"
        "- 影响：少签\n- 措施：补签\n"
        "- 责任人：E200\n- 日期：2026-12-15\n## 决策\n- 是否追加海外样机预算\n",
        encoding="utf-8",
    )
    pack = build_pack(warehouse, "2026-Q3", tmp_path / "pack", company_folder=tmp_path / "company")
    assert workbook_cells(pack.xlsx)["评注"][3:] == [
        [1, "签约额·销售二部", pytest.approx(0.83156), "海外订单推迟，完成率 83.2%", "少签", "补签", "E200", "2026-12-15"]
    ]
    remarks = {(row[0], row[2]): row[10] for row in workbook_cells(pack.xlsx)["记分卡"][3:] if row[10]}
    assert remarks["签约额", "销售二部"] == "见评注 1"
    assert remarks["签约额", "销售一部"] == "未填报：责任人 销售运营"


def test_the_demo_companys_comments_read_and_every_page_fits(warehouse: Path, tmp_path: Path) -> None:
    pack = build_pack(warehouse, "2026-Q3", tmp_path, company_folder=COMPANY)
    pages = json.loads(pack.manifest.read_text(encoding="utf-8"))["pages"]
    assert [page["topic"] for page in pages][:3] == ["一页摘要", "记分卡", "记分卡·评注"]
    assert len(pdf_pages(pack.pdf)) == len(pages) + 1


def test_the_longest_decisions_still_fit_the_summary(warehouse: Path, tmp_path: Path) -> None:
    folder = tmp_path / "company" / "commentary"
    folder.mkdir(parents=True)
    (folder / "2026-Q3.md").write_text("## 决策\n" + ("- " + "决" * 80 + "\n") * 4, encoding="utf-8")
    pack = build_pack(warehouse, "2026-Q3", tmp_path / "pack", company_folder=tmp_path / "company")
    pages = json.loads(pack.manifest.read_text(encoding="utf-8"))["pages"]
    assert len(pdf_pages(pack.pdf)) == len(pages) + 1


def test_a_wrong_comment_is_answered_with_every_mistake(warehouse: Path, tmp_path: Path) -> None:
    folder = tmp_path / "company" / "commentary"
    folder.mkdir(parents=True)
    (folder / "2026-Q3.md").write_text(
        "## signed_sales @ D2\n- 原因：{{ q('kpi.D9.signed_sales.value') }}\n- 影响：大幅下降\n- 感想：无\n## 随笔\n- 措施："
        + "长" * 90
        + "\n",
        encoding="utf-8",
    )
    with pytest.raises(ReportError) as refused:
        build_pack(warehouse, "2026-Q3", tmp_path / "pack", company_folder=tmp_path / "company")
    assert [line.split(": ", 1)[0] for line in str(refused.value).splitlines()] == [
        f"commentary/2026-Q3.md line {n}" for n in (2, 3, 4, 5, 6)
    ]
    assert not (tmp_path / "pack").exists()


@pytest.mark.parametrize(
    ("quarter", "options", "words"),
    [
        ("2026Q3", {}, "a quarter reads like 2026-Q3"),
        ("2031-Q1", {}, "has nothing for 2031-Q1"),
        ("2026-Q3", {"audience": "department"}, "'department' with a department_id"),
        ("2026-Q3", {"audience": "everyone"}, "audience is 'management'"),
    ],
)
def test_what_cannot_be_built_says_why(
    warehouse: Path, empty_company: Path, tmp_path: Path, quarter: str, options: dict, words: str
) -> None:
    with pytest.raises(ReportError, match=words):
        build_pack(warehouse, quarter, tmp_path, company_folder=empty_company, **options)


def test_a_missing_warehouse_or_table_says_what_to_run(warehouse: Path, empty_company: Path, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="run a nightly first"):
        build_pack(tmp_path / "none.duckdb", "2026-Q3", tmp_path, company_folder=empty_company)
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(warehouse.read_bytes())
    with duckdb.connect(str(path)) as database:
        database.execute("drop table core.data_trust")
    with pytest.raises(ReportError, match="Q13 data_trust: .*data_trust.*run a nightly first"):
        build_pack(path, "2026-Q3", tmp_path, company_folder=empty_company)


def test_a_department_without_a_figure_of_the_scorecard_has_no_rows() -> None:
    def row(scope: str, metric_id: str, value: int | None) -> dict[str, object]:
        return {"scope_type": "department", "scope": scope, "metric_id": metric_id, "value": value, "target": None}

    rows = [row("D2", "orders", 3), row("unassigned", "orders", 0), row("unassigned", "csat", 5), row("D1", "signed_sales", 7)]
    facts = Facts(rows={"kpi": rows})
    assert Brief(facts, Writer(facts), Commentary(), "2026-Q3", None, ()).departments == ["D1", "D2"]


def test_pages_are_a4_across(management_pack: PackFiles) -> None:
    document = pypdfium2.PdfDocument(str(management_pack.pdf))
    sizes = {(Decimal(str(round(page.get_width(), 1))), Decimal(str(round(page.get_height(), 1)))) for page in document}
    document.close()
    assert sizes == {(Decimal("841.9"), Decimal("595.3"))}
