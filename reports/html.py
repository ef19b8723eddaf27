"""A document as one HTML file that needs nothing else: inline SVG, inline style, no script and no address.

Add a block type to templates/document.html.j2 together with the other two writers.
What stands on a page is decided in pages.py and statement.py.
"""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.page import Beside, Cards, Chart, Document, Notes, Table

TEMPLATES = Path(__file__).parent / "templates"


def kind_of(block: object) -> str:
    """The template's word for a block."""
    return {Table: "table", Chart: "chart", Cards: "cards", Notes: "notes", Beside: "beside"}[type(block)]


def write_html(document: Document, path: Path) -> None:
    """`document` as a self-contained page at `path`; equal documents give equal bytes."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["kind"] = kind_of
    path.write_text(environment.get_template("document.html.j2").render(d=document), encoding="utf-8")
