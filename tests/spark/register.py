"""Run by Spark's own Python: every `schema/table.parquet` of a folder becomes a table of Spark, then dbt builds models on them.

    python register.py FOLDER "MODEL MODEL ..." DBT-OPTIONS...

Nothing to add here; what is in the folder and which models follow, `rules.py` says.
"""

import sys
from pathlib import Path

from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession


def main(folder: Path, models: list[str], options: list[str]) -> int:
    """0 when dbt succeeded."""
    dbtRunner().invoke(["--quiet", "show", "--inline", "select 1 as one", *options])  # a session with the profile's settings
    session = SparkSession.builder.getOrCreate()
    for path in sorted(folder.glob("*/*.parquet")):
        session.sql(f"create database if not exists {path.parent.name}")
        session.sql(f"create table {path.parent.name}.{path.stem} using parquet as select * from parquet.`{path}`")
    return 0 if dbtRunner().invoke(["run", "--select", *models, *options]).success else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2].split(), sys.argv[3:]))
