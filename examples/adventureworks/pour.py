"""Pour AdventureWorks into a folder: `records/` for the simulators, `company/` for the run.

What to add here: nothing but the two halves and their count.
What belongs elsewhere: records (`records.py`), the company folder (`decisions.py`), the Parquet files (`source.py`).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from examples.adventureworks.decisions import write_company
from examples.adventureworks.records import write_records
from examples.adventureworks.source import open_source


@dataclass(frozen=True, slots=True, kw_only=True)
class Poured:
    """Where the two halves lie and how many lines each file got."""

    records: Path
    company: Path
    lines: dict[str, int]


def pour(data: Path, out: Path) -> Poured:
    """Write `<out>/records` and `<out>/company` from the Parquet folder `data`; the same data gives the same bytes."""
    with open_source(data) as source:
        records, company = out / "records", out / "company"
        lines = write_records(source, records) | write_company(source, company)
    return Poured(records=records, company=company, lines=lines)


def main(arguments: list[str]) -> int:
    """The command line: DATA OUT."""
    parser = argparse.ArgumentParser(prog="python -m examples.adventureworks.pour", description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, metavar="DATA", help="the folder of AdventureWorks Parquet files")
    parser.add_argument("out", type=Path, metavar="OUT", help="gets records/ and company/")
    options = parser.parse_args(arguments)
    try:
        poured = pour(options.data, options.out)
    except FileNotFoundError as missing:
        parser.exit(2, f"{missing}\n")
    for name, count in poured.lines.items():
        sys.stdout.write(f"{count:>8,}  {name}\n")
    sys.stdout.write(f"records: {poured.records}\ncompany: {poured.company}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
