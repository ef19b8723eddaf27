"""Reads produced files back as their readers would: the words of a PDF, the cells of a workbook."""

import re
from decimal import Decimal
from pathlib import Path

import openpyxl
import pypdfium2


def pdf_pages(path: Path) -> list[str]:
    """The words of each page."""
    document = pypdfium2.PdfDocument(str(path))
    pages = [page.get_textpage().get_text_range() for page in document]
    document.close()
    return pages


def workbook_cells(path: Path) -> dict[str, list[list[object]]]:
    """Every sheet as rows of values, formulas as written."""
    book = openpyxl.load_workbook(path)
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}


class Recomputed:
    """A workbook's formulas worked out from its cells, as a spreadsheet would; one of another shape is an error."""

    def __init__(self, path: Path) -> None:
        self.written = openpyxl.load_workbook(path)
        self.stored = openpyxl.load_workbook(path, data_only=True)

    def formulas(self) -> dict[str, tuple[str, object, object]]:
        """Of every formula its text, what comes out, and the value that stands beside it in the file."""
        return {
            f"{sheet.title}!{cell.coordinate}": (
                cell.value,
                self.value(sheet.title, cell.value),
                self.stored[sheet.title][cell.coordinate].value,
            )
            for sheet in self.written.worksheets
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f"
        }

    def value(self, sheet: str, said: object) -> Decimal | str:
        """A number, or what a formula on that sheet comes to."""
        if not isinstance(said, str):
            return Decimal(str(said or 0))
        if found := re.fullmatch(r"=ROUND\((\w+)-(\w+),2\)", said):
            return self.one(sheet, found[1]) - self.one(sheet, found[2])
        if found := re.fullmatch(r"=COUNTA\((.+)\)", said):
            return Decimal(sum(cell is not None for cell in self.cells(sheet, found[1])))
        if found := re.fullmatch(r"=SUM\(([^(),]+)\)", said):
            return sum((self.value(self.place(sheet, found[1])[0], cell) for cell in self.cells(sheet, found[1])), Decimal(0))
        if found := re.fullmatch(r"=SUMPRODUCT\(--\(ROUND\((.+),2\)<>0\)\)", said):
            where = self.place(sheet, found[1])[0]
            return Decimal(sum(self.value(where, cell) != 0 for cell in self.cells(sheet, found[1])))
        if found := re.fullmatch(r"=SUMPRODUCT\(\(([^=]+)=(\w+)\)\*\(([^=]+)=(\w+)\),([^,]+)\)", said):
            ones, others, amounts = (self.cells(sheet, found[at]) for at in (1, 3, 5))
            wanted = tuple(self.written[sheet][found[at]].value for at in (2, 4))
            rows = zip(amounts, ones, others, strict=True)
            return sum((Decimal(str(amount)) for amount, *keys in rows if tuple(keys) == wanted), Decimal(0))
        if found := re.fullmatch(r'=IF\(ROUND\((\w+)-(\w+),2\)=0,"(.)","(.)"\)', said):
            return found[4 if self.one(sheet, found[1]) - self.one(sheet, found[2]) else 3]
        raise AssertionError(f"{sheet}: {said} is of no known shape")

    def one(self, sheet: str, cell: str) -> Decimal:
        """One cell."""
        return self.value(sheet, self.written[sheet][cell].value)

    def cells(self, sheet: str, said: str) -> list[object]:
        """The cells of a range."""
        where, area = self.place(sheet, said)
        return [cell.value for row in self.written[where][area] for cell in row]

    def place(self, sheet: str, said: str) -> tuple[str, str]:
        """Sheet and area of a range."""
        where, _, area = said.replace("$", "").rpartition("!")
        return where.strip("'") or sheet, area


def all_words(files: tuple[Path, ...]) -> str:
    """Everything a reader of these files can see."""
    words = []
    for path in files:
        if path.suffix == ".pdf":
            words += pdf_pages(path)
        elif path.suffix == ".xlsx":
            words += [str(value) for rows in workbook_cells(path).values() for row in rows for value in row if value is not None]
        else:
            words.append(path.read_text(encoding="utf-8"))
    return "\n".join(words)
