"""Spark's own environment, started and stopped for one comparison: what is run there, with which settings, for how long.

What to add here: a setting that only small tables need.
What belongs elsewhere: what all companies need (`dbt_project/profiles.yml`), what is compared (`compare.py`, `rules.py`).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.dbt_project.build import PROJECT

SPARK = PROJECT.parent / ".venv-spark" / "bin"
PATIENCE = 3600  # seconds for Spark
# Plans of a small company are run once: what it takes to compile them, and to make that code fast, is never earned back.
FOR_SMALL_TABLES = """
spark.sql.adaptive.enabled false
spark.sql.codegen.wholeStage false
spark.sql.codegen.factoryMode NO_CODEGEN
spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
"""
DBT = (
    *("--log-level-file", "none", "--target", "spark"),
    *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
)


def run_on_spark(home: Path, command: Sequence[str]) -> Path:
    """Run a command of Spark's environment over `home` (`QUARTERDECK_SPARK_MASTER`, here local[2]); the folder of its tables."""
    spark = home / "spark"
    shutil.rmtree(spark, ignore_errors=True)
    (spark / "conf").mkdir(parents=True)
    (spark / "conf" / "spark-defaults.conf").write_text(FOR_SMALL_TABLES)
    log = spark / "dbt.log"
    surroundings = {
        **os.environ,
        "QUARTERDECK_LAKE": str(home / "lake"),
        "QUARTERDECK_BUILD": str(home / "build"),
        "QUARTERDECK_SPARK_WAREHOUSE": str(spark / "warehouse"),
        "QUARTERDECK_SPARK_METASTORE": str(spark / "metastore"),
        "DBT_TARGET_PATH": str(spark / "target"),
        "DBT_LOG_PATH": str(spark / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONF_DIR": str(spark / "conf"),
    }
    with log.open("wb") as output:
        run = subprocess.Popen(
            command, env=surroundings, cwd=spark, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            code = run.wait(timeout=PATIENCE)
        finally:
            if run.poll() is None:  # dbt leaves its JVM behind when it is stopped
                os.killpg(run.pid, signal.SIGKILL)
    if code != 0:
        words = [line for line in log.read_text(errors="replace").splitlines() if " WARN " not in line]
        raise SystemExit("dbt on Spark failed:\n" + "\n".join(words[-60:]))
    return spark / "warehouse"
