"""`python -m simulators.world OUT [--seed N] [--scale X]` writes the world, `--company FOLDER` the demo company's decisions.

What to add here: an option of the generator.
What belongs elsewhere: the generator (`build.py`); the `quarterdeck` command line (`pipelines/cli`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simulators.world.build import SEED, build_world, company_decisions


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; says what was written."""
    parser = argparse.ArgumentParser(prog="python -m simulators.world", description="The demo company's world, from a seed.")
    parser.add_argument("out", nargs="?", type=Path, help="folder for records/, company/ (finance's books) and truth/")
    parser.add_argument("--company", type=Path, help="write the company's decisions (employees, targets, products, ...) here")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full size, for tests")
    given = parser.parse_args(arguments)
    if given.out is None and given.company is None:
        parser.error("say where to write: OUT, or --company FOLDER")
    if given.out is not None:
        for name, count in build_world(given.out, given.seed, given.scale).items():
            sys.stdout.write(f"{name:32} {count:>7}\n")
    if given.company is not None:
        company_decisions(given.company, given.seed, given.scale)
        sys.stdout.write(f"decisions written to {given.company}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
