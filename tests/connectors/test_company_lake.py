"""The company folder in the lake: landed whole, a changed row is a version, a row that is gone is a tombstone.

What to add here: something a company file does over time.
What belongs elsewhere: mistakes in a file (`test_company.py`), the lake's own promises (`test_lake.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from connectors.company import Company
from connectors.lake import Lake, Manifest, extract
from tests.connectors.test_company import ROWS, changed, write_folder

NIGHT = datetime(2026, 11, 19, 18, tzinfo=UTC)


def land(lake: Lake, folder: Path, nights: int = 0) -> Manifest:
    """One nightly pull of the targets."""
    connection = Company.load(folder).connection()
    targets = next(obj for obj in connection.objects if obj.name == "targets")
    lake.ensure("company", [targets])
    return extract(connection, lake, targets, known_at=NIGHT + timedelta(days=nights), run_id=f"night-{nights}")


def test_a_night_lands_only_what_people_changed(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    first = land(lake, write_folder(tmp_path / "1", ROWS))
    again = land(lake, write_folder(tmp_path / "2", ROWS, xlsx=frozenset({"targets"})), nights=1)
    rows = changed("targets", 0, "amount", "1500000")
    del rows["targets"][2]
    after = land(lake, write_folder(tmp_path / "3", rows), nights=2)
    assert [(m.records, m.versions, m.deleted, m.unknown_fields, m.unparsed) for m in (first, again, after)] == [
        (3, 3, 0, [], {}), (3, 0, 0, [], {}), (2, 1, 1, [], {}),
    ]
    with duckdb.connect() as connection:
        found = connection.execute(f"""
            select key, pulled_at, is_deleted, amount, extra, errors
            from read_parquet('{lake.root}/raw_company/targets/*.parquet', union_by_name = true)
            where pulled_at > timestamp '2026-11-20' order by key
        """).fetchall()
    later = datetime.fromisoformat("2026-11-21T18:00")
    assert [row[:4] for row in found] == [
        ("1|signed_sales|product_line|轴承|2026-Q3|||2026-01-01", later, True, None),
        ("1|signed_sales|rep|E001|2026-07|||2026-01-01", later, False, Decimal("1500000.0000")),
    ]
    assert found[1][4:] == (None, None)
