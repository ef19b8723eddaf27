"""Bring the marts that Spark published back as the one DuckDB file that readers open.

What to add here: nothing per table; every table of a reader's schema comes along with its exact types.
What belongs elsewhere: building them (`models/`), swapping the published file (`pipelines`), comparing engines (`tests/spark`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb

READER_SCHEMAS = ("core", "finance", "management", "risk")


def bring_back(spark_warehouse: Path, target: Path, schemas: tuple[str, ...] = READER_SCHEMAS) -> dict[str, int]:
    """Write every table below `spark_warehouse` to the DuckDB file `target`, whole or not at all; rows by table name."""
    draft = target.with_name(f"{target.name}.part")
    draft.unlink(missing_ok=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    # Readers on DuckDB 1.5 still open the file.
    with duckdb.connect(str(draft), config={"storage_compatibility_version": "v1.5.0"}) as connection:
        for schema in schemas:
            for folder in sorted((spark_warehouse / f"{schema}.db").glob("*")):
                connection.execute(f'create schema if not exists "{schema}"')
                connection.execute(
                    f'create table "{schema}"."{folder.name}" as select * from read_parquet(?)',
                    [str(folder / "*.parquet")],
                )
                rows = connection.execute(f'select count(*) from "{schema}"."{folder.name}"').fetchone()
                counts[f"{schema}.{folder.name}"] = rows[0] if rows else 0
        connection.execute("checkpoint")
    draft.replace(target)
    return counts
