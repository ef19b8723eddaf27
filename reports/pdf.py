"""A document as PDF through Typst, with the bundled fonts only, so that a bare server prints the same bytes.

Add a block type to templates/document.typ and to `block_data` together.
What stands on a page is decided in pages.py and statement.py.
"""

import datetime as dt
import importlib.util
import json
from functools import cache
from pathlib import Path

import typst

from reports.facts import ReportError
from reports.page import Beside, Block, Cards, Cell, Chart, Document, Notes, Table

TEMPLATES = Path(__file__).parent / "templates"
# Body and charts: static Noto Sans SC. Bold: the variable Noto Sans CJK SC, which Typst understands.
FONT_PACKAGES = ("pylopdf_fonts_zh_cn", "manimgx_fonts_cjk")


# Archival, embedded fonts. Not a-2a or ua-1: typst 0.15.2 refuses some tables that break over pages ("invalid table structure";
# first seen on a statement of 35 events), and a person's statement must not depend on how many events they had.
STANDARDS = ["a-2b"]


@cache
def fonts() -> typst.Fonts:
    """The fonts of the font wheels, looked through once: 37 MB, which took half of a statement's time."""
    folders = []
    for package in FONT_PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            raise ReportError(f"the font package {package} is not installed; install the pinned requirements")
        folders.append(str(Path(spec.origin).parent))
    return typst.Fonts(include_system_fonts=False, font_paths=folders)


def cell_data(cell: Cell) -> dict[str, object]:
    """A cell as the template reads it."""
    return {"shown": cell.shown, "tone": cell.tone, "bar": None if cell.bar_share is None else float(cell.bar_share)}


def block_data(block: Block) -> dict[str, object]:
    """A block as the template reads it."""
    match block:
        case Table():
            return {
                "kind": "table",
                "caption": block.caption,
                "compact": block.compact,
                "emphasis": sorted(block.emphasis),
                "columns": [{"title": column.title, "align": column.align, "width": column.width} for column in block.columns],
                "rows": [[cell_data(cell) for cell in row] for row in block.rows],
            }
        case Chart():
            return {"kind": "chart", "caption": block.caption, "svg": block.svg, "alt": block.alt, "width": block.width}
        case Cards():
            return {
                "kind": "cards",
                "cards": [
                    {
                        "label": card.label,
                        "value": card.value,
                        "unit": card.unit,
                        "lines": list(card.lines),
                        "svg": card.svg,
                        "alt": card.alt,
                    }
                    for card in block.cards
                ],
            }
        case Notes():
            return {"kind": "notes", "heading": block.heading, "points": list(block.points), "tone": block.tone}
        case Beside():
            return {
                "kind": "beside",
                "widths": list(block.widths),
                "columns": [[block_data(item) for item in column] for column in block.columns],
            }


def write_pdf(document: Document, path: Path, *, template: str = "document.typ") -> None:
    """`document` as a PDF at `path`; equal documents give equal bytes."""
    data = {
        "report_id": document.report_id,
        "kind": document.kind,
        "title": document.title,
        "subtitle": document.subtitle,
        "company": document.clocks.company,
        "as_of": document.clocks.as_of.isoformat(),
        "known_at": document.clocks.known_text,
        "version": document.version,
        "status": document.status,
        "secrecy": document.secrecy,
        "recipient": document.recipient,
        "cover": [list(pair) for pair in document.cover],
        "stamp": list(document.clocks.known_at.timetuple()[:6]),
        "pages": [
            {
                "number": page.number,
                "topic": page.topic,
                "title": page.title,
                "unit": page.unit,
                "sources": page.sources,
                "blocks": [block_data(b) for b in page.blocks],
            }
            for page in document.pages
        ],
    }
    try:
        content = typst.compile(
            str(TEMPLATES / template),
            root=str(TEMPLATES),
            font_paths=fonts(),
            ignore_system_fonts=True,
            pdf_standards=STANDARDS,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            timestamp=int(document.clocks.known_at.replace(tzinfo=dt.UTC).timestamp()),
        )
    except typst.TypstError as fault:
        raise ReportError(f"{template}: Typst could not set {document.report_id}: {fault}") from fault
    path.write_bytes(content)
