"""The page of published tables: every table a reader is given and every column of it, as the dbt project describes them.

What to add here: a fact about a table that the project knows and a reader asks for.
What belongs elsewhere: what a table or column means (`_*.yml` beside its model), metrics (`quarterdeck metrics`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.publish import READER_SCHEMAS

READERS = {"core": "everybody: the one company truth", "finance": "finance", "management": "management", "risk": "risk"}
HEAD = """\
# Published tables

What `published/warehouse.duckdb` holds: open it read-only with anything that speaks DuckDB. Written by
`quarterdeck tables --out docs/tables.md`, never by hand; a test compares it with the models. `quarterdeck metrics` explains
the metrics of `management.kpi`, `quarterdeck status` says how far each table is to be trusted.
"""


def tables_page(manifest: Mapping[str, Any]) -> str:
    """The whole page as Markdown, from dbt's manifest."""
    return "\n".join([HEAD, *_lines(manifest)])


def _lines(manifest: Mapping[str, Any]) -> Iterator[str]:
    models = sorted(
        (
            node
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model"
            and node["schema"] in READER_SCHEMAS
            and node["config"]["materialized"] not in ("ephemeral", "view")
        ),
        key=lambda node: (READER_SCHEMAS.index(node["schema"]), node["name"]),
    )
    for schema in dict.fromkeys(node["schema"] for node in models):
        own = [node for node in models if node["schema"] == schema]
        yield f"## {schema}\n\nFor {READERS[schema]}: {', '.join(f'[{_name(node)}](#{_anchor(node)})' for node in own)}.\n"
        for node in own:
            yield f"### {schema}.{node['name']}\n\n{_plain(node['description'])}\n"
            yield "| column | type | what it holds |\n|---|---|---|"
            for column in node["columns"].values():
                said = _plain(column["description"]).replace("|", "\\|")
                yield f"| `{column['name']}` | {column['data_type']} | {said} |"
            yield ""


def _name(node: Mapping[str, Any]) -> str:
    return str(node["name"])


def _anchor(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}{node['name']}"


def _plain(text: str) -> str:
    """A description on one line, without the list that may follow: `management.kpi` lists every metric there."""
    return " ".join(text.partition("\n- ")[0].split())
