"""The quarterly review pack (季度经营回顾): one warehouse and one quarter in, PDF, XLSX, HTML and their manifest out.

A page is added in pages.py, a format of file beside xlsx.py and html.py.
Who receives a pack and whether it was sent belong to delivery/.
"""

import datetime as dt
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from reports import format as fmt
from reports.commentary import Commentary, read_commentary
from reports.facts import Facts, ReportError, ask, open_warehouse, plain, row_counts
from reports.html import write_html
from reports.page import Document
from reports.pages import Brief, headline, pack_pages
from reports.pdf import write_pdf
from reports.words import Writer
from reports.xlsx import write_xlsx

SECRECY = "内部机密"
QUARTER = re.compile(r"\d{4}-Q[1-4]")
COMMON = (
    "clocks",
    "kpi",
    "kpi_months",
    "kpi_history",
    "kpi_product_lines",
    "rep_distribution",
    "sales_bridge",
    "ageing",
    "overdue_customers",
    "commission_open",
    "data_trust",
    "data_trust_total",
    "table_trust",
    "quarantine",
    "metrics",
)
MANAGEMENT = ("commission", "commission_months", "ledger_head", "department_bridge")
DEPARTMENT = ("rep_attainment",)


@dataclass(frozen=True, slots=True)
class PackFiles:
    """A built pack: its id, its files and the headline that may stand in a mail (no customers, no pay)."""

    pack_id: str
    quarter: str
    version: int
    audience: str
    department_id: str | None
    as_of: dt.date
    status: str
    pdf: Path
    xlsx: Path
    html: Path
    manifest: Path
    headline: tuple[str, ...]

    @property
    def files(self) -> tuple[Path, Path, Path]:
        """What is handed to a reader."""
        return (self.pdf, self.xlsx, self.html)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def distribution_lines(folder: Path, report: str, scope: str) -> tuple[tuple[str, ...], ...]:
    """Who may receive this report, as its appendix prints it: numbers of employees, no names and no addresses."""
    path = folder / "distribution.yaml"
    if not path.is_file():
        return ()
    listed = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) or {}
    return tuple(
        (
            str(line["employee_no"]),
            str(line["role"]),
            str(line["scope"]),
            str(line["channel"]),
            f"{line['valid_from']} 至 {line['valid_to'] or '—'}",
        )
        for line in listed.get("recipients", [])
        if line["report"] == report and line["scope"] in {scope, "*"}
    )


def fingerprint(facts: Facts) -> str:
    """One hash over every row the pack was made from."""
    rows = {name: [{key: plain(value) for key, value in row.items()} for row in facts.rows[name]] for name in sorted(facts.rows)}
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def status_of(facts: Facts, quarter: str, as_of: dt.date, version: int) -> str:
    """初稿 while the quarter or one of its commission months is open, 重述 from the second version on, else 终稿."""
    is_open = as_of < fmt.quarter_end(quarter) or facts.one("commission_open")["open_lines"]
    return "初稿" if is_open else ("重述" if version > 1 else "终稿")


def read_facts(warehouse: Path, quarter: str, department_id: str | None) -> tuple[Facts, dict[str, int]]:
    """Every query of the pack, run once on one connection, and the size of every table."""
    parameters = {
        "quarter": quarter,
        "months": fmt.quarter_months(quarter),
        "run": fmt.quarter_run(quarter, 4),
        "history": fmt.quarter_run(quarter, 5),
        "department_id": department_id,
        "smallest_group": fmt.SMALLEST_GROUP,
    }
    with open_warehouse(warehouse) as database:
        facts = ask(database, (*COMMON, *(DEPARTMENT if department_id else MANAGEMENT)), parameters)
        counts = row_counts(database)
    if not facts.rows["kpi"]:
        raise ReportError(
            f"management.kpi of {warehouse.name} has nothing for {quarter}; build a nightly of a day in or after it"
        )
    return facts, counts


def manifest_of(files: PackFiles, document: Document, facts: Facts, counts: dict[str, int], code_hash: str) -> dict[str, object]:
    """What a reader needs a year later to see that the pack is the pack."""
    clocks, queries = facts.clocks, sorted(facts.queries.values(), key=lambda query: query.id)
    head = facts.rows.get("ledger_head") or [{"entry_hash": None}]
    return {
        "pack_id": files.pack_id,
        "report": document.kind,
        "quarter": files.quarter,
        "version": files.version,
        "audience": files.audience,
        "department_id": files.department_id,
        "status": document.status,
        "recipient": document.recipient,
        "as_of": clocks.as_of.isoformat(),
        "known_at": clocks.known_at.isoformat(),
        "code_hash": code_hash,
        "data_fingerprint": fingerprint(facts),
        "ledger_head": head[0]["entry_hash"],
        "row_counts": counts,
        "pages": [
            {"number": page.number, "topic": page.topic, "title": page.title, "sources": page.sources} for page in document.pages
        ],
        "queries": {
            query.id: {
                "name": query.name,
                "tables": query.tables,
                "rows": len(facts.rows[query.name]),
                "sha256": hashlib.sha256(query.sql.encode()).hexdigest(),
            }
            for query in queries
        },
        "numbers": {
            binding: {"query": facts.queries[binding.split(".")[0]].id, "value": plain(value)}
            for binding, value in sorted(facts.used.items())
        },
        "files": {path.name: {"sha256": sha256(path), "bytes": path.stat().st_size} for path in files.files},
    }


def build_pack(
    warehouse: Path,
    quarter: str,
    out: Path,
    *,
    company_folder: Path,
    version: int = 1,
    audience: str = "management",
    department_id: str | None = None,
    recipient: str = "存档",
    code_hash: str = "",
) -> PackFiles:
    """The pack of `quarter` for one audience ('management', or 'department' with its id) and one recipient, in folder `out`."""
    if not QUARTER.fullmatch(quarter):
        raise ReportError(f"a quarter reads like 2026-Q3, not {quarter!r}")
    if audience not in {"management", "department"} or (audience == "department") != (department_id is not None):
        raise ReportError(
            f"audience is 'management', or 'department' with a department_id; got {audience!r} and {department_id!r}"
        )
    facts, counts = read_facts(warehouse, quarter, department_id)
    clocks, writer = facts.clocks, Writer(facts)
    report = "quarterly_department_pack" if department_id else "quarterly_management_pack"
    code = fmt.quarter_code(quarter)
    pack_id = f"QBR-{code}-{department_id or 'MGMT'}-v{version}"
    commentary = Commentary() if department_id else read_commentary(company_folder, quarter, writer)
    readers = distribution_lines(company_folder, report, department_id or "company")
    brief = Brief(facts, writer, commentary, quarter, department_id, readers)
    edition = f"部门版 · {brief.scope_name(department_id)}" if department_id else "管理层版"
    status = status_of(facts, quarter, clocks.as_of, version)
    cover = (
        ("版本", f"{edition} 第 {version} 版"),
        ("状态", status),
        ("数据截至", clocks.as_of.isoformat()),
        ("抽取时刻", clocks.known_text),
        ("收件人", recipient),
        ("密级", SECRECY),
        ("报告编号", pack_id),
        ("数据指纹", fingerprint(facts)[:16]),
    )
    document = Document(
        report_id=pack_id,
        kind=report,
        title="季度经营回顾",
        subtitle=fmt.quarter_title(quarter),
        clocks=clocks,
        version=version,
        status=status,
        secrecy=SECRECY,
        recipient=recipient,
        cover=cover,
        pages=pack_pages(brief),
    )
    out.mkdir(parents=True, exist_ok=True)
    stem = f"季度经营回顾_{code}_{department_id or '管理层'}_v{version}"
    files = PackFiles(
        pack_id,
        quarter,
        version,
        audience,
        department_id,
        clocks.as_of,
        status,
        out / f"{stem}.pdf",
        out / f"{stem}.xlsx",
        out / f"{stem}.html",
        out / "manifest.json",
        headline(brief),
    )
    write_pdf(document, files.pdf)
    write_xlsx(document, files.xlsx)
    write_html(document, files.html)
    manifest = manifest_of(files, document, facts, counts, code_hash)
    files.manifest.write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return files
