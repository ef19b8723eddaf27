"""Reports as assets: each builds files from an archived warehouse, and a note of what may be delivered to whom.

What to add here: a report. What belongs elsewhere: what is on a page (`reports/`), sending (`delivery.py`).
"""

import hashlib
import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb

from delivery import Recipient, recipients
from pipelines.partitions import Period, months, quarters
from pipelines.publish import archived, clocks_of
from pipelines.resources import Clocks, Home
from reports.pack import PackFiles, build_pack
from reports.payroll import build_payroll_files
from reports.statement import build_statement
from reports.workbook import build_finance_workbook

NOTES = "letters.json"
STATED = """
    select payee_no from finance.commission_by_payee_month where month = $month
    union select payee_no from finance.commission_balances where month = $month and (opening <> 0 or closing <> 0)
    union select payee_no from finance.commission_disputes where state in ('open', 'triaged') and month <= $month
    order by payee_no
"""
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Note:
    """One report that may be delivered: for which scope, what the mail says, which files go with it."""

    report: str
    scope: str
    report_id: str
    version: int
    recipient: str  # employee number the files are watermarked for; empty: for everyone whom the scope lets
    subject: str
    lines: tuple[str, ...]
    files: tuple[str, ...]  # beside the note


def write_notes(folder: Path, notes: Iterable[Note]) -> None:
    """Leave the notes beside the files they speak of."""
    text = json.dumps([asdict(note) for note in notes], ensure_ascii=False, indent=1)
    (folder / NOTES).write_text(text + "\n", encoding="utf-8")


def read_notes(folder: Path) -> list[Note]:
    """The notes of a folder of reports."""
    found = json.loads((folder / NOTES).read_text(encoding="utf-8"))
    return [Note(**{**note, "lines": tuple(note["lines"]), "files": tuple(note["files"])}) for note in found]


def code_hash(*folders: str) -> str:
    """SHA-256 over the code and SQL of these folders: what turned facts into these figures."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".sql", ".yml", ".typ", ".j2"} and "target" not in path.parts:
                digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def warehouse_of(home: Home, period: Period) -> Path:
    """The archived warehouse that describes a period's last day; raises when no run has described it yet."""
    found = archived(home.archive, period.last)
    if found is None:
        raise dg.Failure(
            f"No published warehouse describes {period.last}, the last day of {period.name}: "
            f"run a nightly with --as-of {period.last}."
        )
    return found


def warehouse_after_close(home: Home, period: Period) -> Path:
    """The first archived warehouse that shows a month closed, so that a statement is the same whenever it is made."""
    for path in sorted(home.archive.glob("*.duckdb"), key=lambda path: clocks_of(path)[1]):
        with duckdb.connect(str(path), read_only=True) as connection:
            closed = "select count(*) from core.dim_commission_periods where period = ? and state in ('closed', 'paid')"
            if clocks_of(path)[0] >= period.last and connection.execute(closed, [period.name]).fetchone()[0]:
                return path
    raise dg.Failure(f"No published warehouse shows {period.name} closed: run `quarterdeck close {period.name}` first.")


def newest_version(folder: Path) -> int:
    """The highest version built of a quarter's packs; 0 before the first."""
    return max((int(path.name[1:]) for path in folder.glob("v[0-9]*")), default=0)


def _hashes(folder: Path, notes: Iterable[Note]) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for note in notes for name in note.files}


@dg.asset(
    key=["reports", "quarterly_management_pack"],
    deps=[["published", "warehouse"]],
    partitions_def=quarters,
    group_name="reports",
    kinds={"pdf", "excel", "html"},
    owners=["team:management"],
)
def quarterly_management_pack(context: dg.AssetExecutionContext, home: Home, clocks: Clocks) -> dg.MaterializeResult:
    """季度经营回顾: the quarter's review pack for management and for each department; a changed one becomes a new version."""
    period = Period.named(context.partition_key)
    today = clocks.of(context, home.settings.time_zone).known_at.astimezone(home.settings.zone).date()
    warehouse, folder = warehouse_of(home, period), home.path / "packs" / period.name
    version = newest_version(folder)
    building, standing = folder / "building", folder / f"v{max(version, 1)}"
    shutil.rmtree(building, ignore_errors=True)
    notes = _packs(home, warehouse, period, building, max(version, 1), today)
    before = read_notes(standing) if version else []
    old, new = _hashes(standing, before), _hashes(building, notes)
    if any(old[name] != new[name] for name in old.keys() & new.keys()):
        shutil.rmtree(building)
        standing, before = folder / f"v{version + 1}", []
        notes = _packs(home, warehouse, period, building, version + 1, today)
    shutil.copytree(building, standing, dirs_exist_ok=True)  # the same bytes again, and those of readers who are new
    shutil.rmtree(building)
    kept = [note for note in before if note.files not in {one.files for one in notes}]
    write_notes(standing, [*kept, *notes])
    return dg.MaterializeResult(
        metadata={"folder": str(standing), "version": int(standing.name[1:]), "files": sum(len(note.files) for note in notes)}
    )


def _packs(home: Home, warehouse: Path, period: Period, out: Path, version: int, today: date) -> list[Note]:
    code, staff = code_hash("reports", "dbt_project/models", "dbt_project/macros"), home.staff(today)
    editions: list[tuple[str, str, str | None, Recipient]] = [
        (report, scope, department, reader)
        for report, scope, department in (
            ("quarterly_management_pack", "company", None),
            *(("quarterly_department_pack", d.id, d.id) for d in home.settings.departments),
        )
        for reader in recipients(home.company_folder, report, scope, staff=staff, on=today)
    ]
    notes = []
    for report, scope, department, reader in editions:
        files: PackFiles = build_pack(
            warehouse,
            period.name,
            out / scope / reader.employee_no,
            company_folder=home.company_folder,
            version=version,
            audience="department" if department else "management",
            department_id=department,
            recipient=reader.employee_no,
            code_hash=code,
        )
        notes.append(
            Note(
                report,
                scope,
                files.pack_id,
                version,
                reader.employee_no,
                f"【季度经营回顾】{period.name} 第 {version} 版",
                files.headline,
                tuple(str(path.relative_to(out)) for path in files.files),
            )
        )
    return notes


@dg.asset(
    key=["reports", "commission_statements"],
    deps=[["published", "warehouse"]],
    partitions_def=months,
    group_name="reports",
    kinds={"pdf", "excel"},
    owners=["team:finance"],
)
def commission_statements(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """提成对账单: one for each person who earned, was adjusted, carries a balance or disputes something, written once."""
    period = Period.named(context.partition_key)
    warehouse, folder = warehouse_after_close(home, period), home.path / "statements" / period.name
    if (folder / NOTES).exists():
        return dg.MaterializeResult(metadata={"folder": str(folder), "statements": len(read_notes(folder))})
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        payees = [row[0] for row in connection.execute(STATED, {"month": period.name}).fetchall()]
        notes = []
        for payee in payees:  # within the connection: 38 statements that open the warehouse one by one take a third longer
            files = build_statement(warehouse, payee, period.name, folder)
            notes.append(
                Note(
                    "commission_statement",
                    payee,
                    files.statement_id,
                    1,
                    payee,
                    f"【提成对账单】{period.name}",
                    (f"您 {period.name} 的提成对账单见附件。", "如有异议，请在五个工作日内回复本邮件。"),
                    tuple(str(path.relative_to(folder)) for path in files.files),
                )
            )
    folder.mkdir(parents=True, exist_ok=True)
    write_notes(folder, notes)
    return dg.MaterializeResult(metadata={"folder": str(folder), "statements": len(notes)})


@dg.asset(
    key=["reports", "commission_workbook"],
    deps=[["published", "warehouse"]],
    partitions_def=months,
    group_name="reports",
    kinds={"excel", "csv"},
    owners=["team:finance"],
)
def commission_workbook(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """提成财务表: a closed month's workbook, payroll's payable file, the journal and their control file, written once."""
    period = Period.named(context.partition_key)
    folder = home.path / "finance" / period.name
    if not folder.exists():
        building = folder.with_name(f".{period.name}.part")
        shutil.rmtree(building, ignore_errors=True)
        warehouse = warehouse_after_close(home, period)
        file = build_finance_workbook(warehouse, period.name, building)
        build_payroll_files(warehouse, period.name, building, home.settings.commission.accounts)
        write_notes(
            building,
            [
                Note(
                    "commission_workbook",
                    "company",
                    f"CFN-{period.name}",
                    1,
                    "",
                    f"【提成财务表】{period.name}",
                    (f"{period.name} 提成财务表见附件。",),
                    (file.name,),
                )
            ],
        )
        building.replace(folder)
    names = sorted(path.name for path in folder.iterdir() if path.name != NOTES)
    return dg.MaterializeResult(metadata={"folder": str(folder), "file": str(folder / names[-1]), "files": names})
