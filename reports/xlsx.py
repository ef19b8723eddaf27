"""A document as a workbook: every table and the data behind every chart on its own sheet, formatted and frozen.

Add a sheet by adding a block to a page; nothing is arranged here by hand.
Formulas are written only by statement.py's finance workbook, whose control totals must recompute.
"""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from reports.page import Chart, Document, Raw, Table, tables_of

# What a spreadsheet may run when such text is typed in, pasted or saved as CSV and opened again.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "＝", "＋", "－", "＠")
WIDEST = 60


class Book:
    """A workbook being written, with one style for all its sheets."""

    def __init__(self, path: Path, *, title: str, author: str, created: dt.datetime, properties: dict[str, str]) -> None:
        """A new workbook whose bytes depend on its content only."""
        self.book = xlsxwriter.Workbook(
            str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        )
        self.book.set_properties({"title": title, "author": author, "created": created})
        for name, value in properties.items():
            self.book.set_custom_property(name, value)
        self.styles: dict[tuple, Format] = {}

    def style(self, **wanted: object) -> Format:
        """A cell format, made once."""
        key = tuple(sorted(wanted.items()))
        if key not in self.styles:
            self.styles[key] = self.book.add_format(
                {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "vcenter", **wanted}
            )
        return self.styles[key]

    def sheet(self, name: str) -> Worksheet:
        """A new sheet set up for printing on A4 across."""
        sheet = self.book.add_worksheet(name[:31])
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&F · &A&R第 &P 页 / 共 &N 页")
        return sheet

    def put(self, sheet: Worksheet, row: int, column: int, value: Raw, **wanted: object) -> None:
        """One value: numbers as numbers, words as words that no spreadsheet will run."""
        match value:
            case None:
                sheet.write_blank(row, column, None, self.style(**wanted))
            case bool() | str():
                words = str(value)
                if words.startswith(DANGEROUS):
                    wanted["quote_prefix"] = True
                sheet.write_string(row, column, words, self.style(**wanted))
            case Decimal() | int():
                sheet.write_number(row, column, value, self.style(**wanted))
            case dt.datetime():
                sheet.write_datetime(row, column, value, self.style(**{"num_format": "yyyy-mm-dd hh:mm", **wanted}))
            case dt.date():
                sheet.write_datetime(
                    row, column, dt.datetime.combine(value, dt.time()), self.style(**{"num_format": "yyyy-mm-dd", **wanted})
                )
            case _:
                raise TypeError(f"a workbook takes exact numbers, words and dates, not {type(value).__name__}: {value!r}")

    def head(self, sheet: Worksheet, row: int, titles: list[str], right: set[int]) -> None:
        """The header row of a table."""
        sheet.set_row(row, 20)
        for column, title in enumerate(titles):
            self.put(
                sheet,
                row,
                column,
                title,
                bold=True,
                font_color="#FFFFFF",
                bg_color="#22384F",
                align="right" if column in right else "left",
            )

    def close(self) -> None:
        """Write the file."""
        self.book.close()


def cell_width(value: object) -> float:
    """About how wide a value is in a spreadsheet's own measure."""
    return sum(2.1 if ord(letter) > 0x2E80 else 1.1 for letter in str(value if value is not None else ""))


def write_table(book: Book, table: Table, source: str) -> None:
    """One table on its own sheet, exact values under the same units as printed."""
    sheet = book.sheet(table.sheet)
    right = {index for index, column in enumerate(table.columns) if column.align == "right"}
    book.put(sheet, 0, 0, table.caption, bold=True, font_size=12)
    book.put(sheet, 1, 0, f"来源 {source}", font_color="#66727F")
    book.head(sheet, 2, [column.title for column in table.columns], right)
    for line, row in enumerate(table.rows):
        for index, cell in enumerate(row):
            wanted: dict[str, object] = {"bottom": 4, "bottom_color": "#D9DFE5"}
            if line in table.emphasis:
                wanted["bold"] = True
            value = cell.value if cell.value is not None else (cell.shown or None)
            if isinstance(value, Decimal | int) and cell.excel:
                wanted["num_format"] = cell.excel
            elif index in right:
                wanted["align"] = "right"
            book.put(sheet, line + 3, index, value, **wanted)
    for index, column in enumerate(table.columns):
        widest = max([cell_width(column.title), *(cell_width(row[index].shown) for row in table.rows)], default=8)
        sheet.set_column(index, index, min(widest + 2.5, WIDEST))
    sheet.freeze_panes(3, 1)
    sheet.repeat_rows(2)
    if table.rows:
        sheet.autofilter(2, 0, len(table.rows) + 2, len(table.columns) - 1)


def write_chart(book: Book, chart: Chart, source: str) -> None:
    """The numbers a chart was drawn from."""
    sheet = book.sheet(chart.sheet)
    book.put(sheet, 0, 0, chart.sheet.removeprefix("图_") + "：图表数据，金额单位元", bold=True, font_size=12)
    book.put(sheet, 1, 0, f"来源 {source}", font_color="#66727F")
    book.head(
        sheet,
        2,
        [str(title) for title in chart.data[0]],
        {i for i, value in enumerate(chart.data[1] if len(chart.data) > 1 else ()) if isinstance(value, Decimal)},
    )
    for line, row in enumerate(chart.data[1:], 3):
        for index, value in enumerate(row):
            wanted: dict[str, object] = {"bottom": 4, "bottom_color": "#D9DFE5"}
            if isinstance(value, Decimal):
                wanted["num_format"] = "#,##0.00" if abs(value) >= 20 else "0.0000"
            book.put(sheet, line, index, value, **wanted)
    for index in range(len(chart.data[0])):
        sheet.set_column(index, index, min(max(cell_width(row[index]) for row in chart.data) + 3, 40))
    sheet.freeze_panes(3, 1)


def write_xlsx(document: Document, path: Path) -> None:
    """`document` as a workbook at `path`; equal documents give equal bytes."""
    book = Book(
        path,
        title=f"{document.subtitle} {document.title} {document.report_id}",
        author=document.clocks.company,
        created=document.clocks.known_at,
        properties={"quarterdeck_report_id": document.report_id, "quarterdeck_recipient": document.recipient},
    )
    sheet = book.sheet("说明")
    book.put(sheet, 0, 0, f"{document.subtitle} {document.title}", bold=True, font_size=16)
    book.put(sheet, 1, 0, document.clocks.company, font_color="#66727F")
    for line, (name, value) in enumerate(document.cover, 3):
        book.put(sheet, line, 0, name, font_color="#66727F")
        book.put(sheet, line, 1, value)
    first = len(document.cover) + 5
    book.head(sheet, first, ["页", "结论", "单位", "来源"], set())
    for line, page in enumerate(document.pages, first + 1):
        for column, value in enumerate((f"{page.number} {page.topic}", page.title, page.unit, page.sources)):
            book.put(sheet, line, column, value, text_wrap=column == 1)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    sheet.set_column(2, 3, 34)
    sheet.freeze_panes(2, 0)
    for page in document.pages:
        for block in tables_of(page.blocks):
            if isinstance(block, Table):
                write_table(book, block, page.sources)
            else:
                write_chart(book, block, page.sources)
    book.close()
