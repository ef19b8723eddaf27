"""Reads produced files back as their readers would: the words of a PDF, the cells of a workbook."""

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
