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
from zoneinfo import ZoneInfo

import yaml

from reports import format as fmt
from reports.facts import Facts, ReportError, ask, open_warehouse, plain, row_counts
from reports.html import write_html
from reports.page import Document
from reports.pages import Brief, pack_pages
from reports.pdf import write_pdf
from reports.words import Commentary, Writer, read_commentary
from reports.xlsx import write_xlsx

QUARTER = re.compile(r"\d{4}-Q[1-4]")
COMMON = (
    "clocks", "kpi", "kpi_months", "kpi_history", "kpi_product_lines", "rep_distribution", "sales_bridge", "ageing", "overdue_customers",
    "commission_open", "data_trust", "data_trust_total", "quarantine", "metrics",
)
MANAGEMENT = ("commission", "commission_months", "ledger_head")
DEPARTMENT = ("rep_attainment",)


@dataclass(frozen=True, slots=True)
class PackFiles:
    """A built pack: its id, its files and the headline that may stand in a mail (no customers, no pay)."""

    pack_id: str
    quarter: str
    version: int
    audience: str
    as_of: dt.date
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
    listed = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return tuple(
        (str(line["employee_no"]), str(line["role"]), str(line["scope"]), str(line["channel"]), f"{line['valid_from']} 至 {line['valid_to'] or '—'}")
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
        raise ReportError(f"audience is 'management', or 'department' together with department_id; got {audience!r} and {department_id!r}")
    with open_warehouse(warehouse) as database:
        parameters = {
            "quarter": quarter, "months": fmt.quarter_months(quarter), "run": fmt.quarter_run(quarter, 4), "history": fmt.quarter_run(quarter, 5),
            "department_id": department_id, "smallest_group": fmt.SMALLEST_GROUP,
        }
        facts = ask(database, (*COMMON, *(MANAGEMENT if department_id is None else DEPARTMENT)), parameters)
        counts = row_counts(database)
    if not facts.rows["kpi"]:
        raise ReportError(f"management.kpi in {warehouse.name} has no figures for {quarter}; build the nightly of a date in or after that quarter")
    clocks = facts.one("clocks")
    zone = str(clocks["time_zone"])
    as_of, known_at = clocks["as_of"], clocks["known_at"]
    if not isinstance(as_of, dt.date) or not isinstance(known_at, dt.datetime):
        raise ReportError("core.clocks must hold as_of as a date and known_at as a timestamp")
    report = "quarterly_management_pack" if department_id is None else "quarterly_department_pack"
    pack_id = f"QBR-{fmt.quarter_code(quarter)}-{department_id or 'MGMT'}-v{version}"
    status = status_of(facts, quarter, as_of, version)
    writer = Writer(facts)
    commentary = read_commentary(company_folder, quarter, writer) if department_id is None else Commentary()
    brief = Brief(facts, writer, commentary, quarter, department_id, distribution_lines(company_folder, report, department_id or "company"))
    edition = "管理层版" if department_id is None else f"部门版 · {brief.scope_name(department_id)}"
    known_text = f"{known_at.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
    pages = pack_pages(brief)
    headline = writer.points("summary", "points", departments=brief.departments, receivables_of="本部门" if department_id else "")
    document = Document(
        report_id=pack_id, kind=report, title="季度经营回顾", subtitle=f"{fmt.quarter_title(quarter)} ", company=str(clocks["company_name"]),
        as_of=as_of, known_at=known_at, known_at_text=known_text, version=version, status=status, secrecy="内部机密", recipient=recipient,
        cover=(
            ("版本", f"{edition} 第 {version} 版"), ("状态", status), ("数据截至", as_of.isoformat()), ("抽取时刻", known_text),
            ("收件人", recipient), ("密级", "内部机密"), ("报告编号", pack_id), ("数据指纹", fingerprint(facts)[:16]),
        ),
        pages=pages, headline=headline,
    )
    out.mkdir(parents=True, exist_ok=True)
    stem = f"季度经营回顾_{fmt.quarter_code(quarter)}_{'管理层' if department_id is None else department_id}_v{version}"
    files = PackFiles(pack_id, quarter, version, audience, as_of, out / f"{stem}.pdf", out / f"{stem}.xlsx", out / f"{stem}.html", out / "manifest.json", headline)
    write_pdf(document, files.pdf)
    write_xlsx(document, files.xlsx)
    write_html(document, files.html)
    manifest = {
        "pack_id": pack_id, "report": report, "quarter": quarter, "version": version, "audience": audience, "department_id": department_id, "status": status,
        "recipient": recipient, "as_of": as_of.isoformat(), "known_at": known_at.isoformat(), "code_hash": code_hash, "data_fingerprint": fingerprint(facts),
        "ledger_head": facts.rows["ledger_head"][0]["entry_hash"] if facts.rows.get("ledger_head") else None,
        "row_counts": counts,
        "pages": [{"number": page.number, "topic": page.topic, "title": page.title, "sources": page.sources} for page in pages],
        "queries": {query.id: {"name": query.name, "tables": query.tables, "sha256": hashlib.sha256(query.sql.encode()).hexdigest(),
                               "rows": len(facts.rows[query.name])} for query in sorted(facts.queries.values(), key=lambda query: query.id)},
        "numbers": {binding: {"query": facts.queries[binding.split(".")[0]].id, "value": plain(value)} for binding, value in sorted(facts.used.items())},
        "files": {path.name: {"sha256": sha256(path), "bytes": path.stat().st_size} for path in files.files},
    }
    files.manifest.write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return files
