"""Company files to start from: commented YAML, CSV with a comment per column, and one XLSX per file with drop-downs.

What to add here: help that a spreadsheet can give while somebody types; a YAML file to start from goes into `samples/`.
What belongs elsewhere: columns and their words (`files`), checking what was typed (`cells.py`, `folder.py`).
"""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import xlsxwriter

from connectors.catalogue import FieldType
from connectors.company.files import FILES, Column, CompanyFile

T = FieldType
ROWS = 2000  # rows of a template that carry drop-downs
FORMATS = {T.TEXT: "@", T.ID: "@", T.MONEY: "#,##0.00##", T.NUMBER: "0.######", T.INTEGER: "0", T.DATE: "yyyy-mm-dd",
           T.TIMESTAMP: "yyyy-mm-dd hh:mm", T.BOOLEAN: "General", T.JSON: "@"}
# Bytes of a template depend on nothing but the columns.
CREATED = datetime(2026, 1, 1)  # noqa: DTZ001 - a workbook's property has no zone
SAMPLES, PRESETS = Path(__file__).parent / "samples", Path(__file__).parent / "presets"


def preset_names() -> list[str]:
    """Trades for which there are thresholds and a tier policy to begin with."""
    return sorted(path.name for path in PRESETS.iterdir() if path.is_dir())


def write_templates(folder: Path | str, preset: str = "") -> list[Path]:
    """The samples, a CSV per file to start from, and XLSX templates with drop-downs beside them; nothing is overwritten.

    `preset`, one of `preset_names()`: what such a trade begins with, instead of those empty files.
    """
    folder = Path(folder)
    wanted = {
        folder / path.relative_to(begin): path.read_bytes()
        for begin in (SAMPLES, *([PRESETS / preset] if preset else []))
        for path in sorted(begin.rglob("*")) if path.is_file()
    }
    wanted |= {
        folder / f"{file.name}.csv": _csv(file) for file in FILES
        if not any((other := folder / f"{file.name}.{kind}").exists() or other in wanted for kind in ("xlsx", "yaml"))
    }
    wanted |= {folder / "templates" / f"{file.name}.xlsx": _xlsx(file) for file in FILES}
    fresh = [path for path in wanted if not path.exists()]
    for path in fresh:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[path])
    return fresh


def _csv(file: CompanyFile) -> bytes:
    """Comments that explain the columns, then the header. With a BOM, so that Excel reads it as UTF-8."""
    text = io.StringIO()
    text.write(f"# {file.description}\r\n")
    for column in file.all_columns:
        text.write(f"# {column.name} {column.label}: {_help(column)}\r\n")
    csv.writer(text).writerow([column.name for column in file.all_columns])
    return ("\ufeff" + text.getvalue()).encode()


def _help(column: Column) -> str:
    must = "required" if column.required else "may be empty"
    return "; ".join(part for part in (column.expected, must, column.note) if part).replace("\n", " ")


def _xlsx(file: CompanyFile) -> bytes:
    """A sheet named like the file: header with comments, columns in their formats, drop-downs for closed lists."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"title": file.name, "comments": file.description, "created": CREATED})
    sheet = book.add_worksheet(file.name)
    required = book.add_format({"bold": True, "bg_color": "#DCE6F1", "border": 1})
    optional = book.add_format({"bg_color": "#F2F2F2", "border": 1})
    for position, column in enumerate(file.all_columns):
        sheet.set_column(position, position, max(12, len(column.name) + 2), book.add_format({"num_format": FORMATS[column.type]}))
        sheet.write_string(0, position, column.name, required if column.required else optional)
        sheet.write_comment(0, position, f"{column.label}\n{_help(column)}", {"x_scale": 2})
        if rule := _rule(column):
            sheet.data_validation(1, position, ROWS, position, rule)
    sheet.freeze_panes(1, 0)
    book.close()
    return out.getvalue()


def _rule(column: Column) -> dict[str, object] | None:
    """What Excel itself can refuse while somebody types."""
    choices = column.choices or (("true", "false") if column.type is T.BOOLEAN else ())
    if choices:
        return {"validate": "list", "source": list(choices), "error_message": column.expected[:255]}
    if column.type in (T.DATE, T.TIMESTAMP):
        return {"validate": "date", "criteria": ">=", "value": datetime(1990, 1, 1), "error_message": column.expected[:255]}  # noqa: DTZ001
    return None
