"""The validation site: what was checked at both doors, what failed, which rows, and why. One folder, opens offline.

What to add here: something a person asks when a check is red.
What belongs elsewhere: running the checks (`validate.py`, `doors.py`); how pages look (`templates/`).
GX's own Data Docs load from a dozen hosts and call home, so they are not used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from expectations.suites import Rule
from expectations.validate import SQL_RULE, Validation

DOORS = {
    "door_in": "入口 Door in · CRM 与公司文件 → 建模",
    "door_in_pulls": "入口 Door in · 抽取是否新鲜、是否完整",
    "door_out": "出口 Door out · 建好的仓库 → 读者",
}
TEMPLATES = Path(__file__).parent / "templates"


def keep(
    folder: Path,
    door: str,
    validations: Iterable[Validation],
    guarded: Sequence[str],
    *,
    as_of: date,
    known_at: datetime,
    time_zone: str = "UTC",
) -> Path:
    """Keep what one door found, for the site; `door` is `door_in` or `door_out`, `guarded` every table it asks about.

    A guarded table that was not asked about this time keeps what was found of it, and when; one that is guarded no more goes.
    """
    if door not in DOORS:
        raise ValueError(f"door: {door!r}; expected one of {', '.join(DOORS)}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{door}.json"
    clocks = {"as_of": as_of.isoformat(), "known_at": known_at.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%d %H:%M:%S %z")}
    before = _kept(path)["tables"] if path.exists() else []
    place = {name: number for number, name in enumerate(guarded)}
    tables = {table["name"]: table for table in before if table["name"] in place}
    tables |= {validation.suite.name: {**clocks, **_table(validation)} for validation in validations}
    found = {"door": door, **clocks, "tables": sorted(tables.values(), key=lambda table: place.get(table["name"], -1))}
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def render(folder: Path) -> Path:
    """Write `index.html` and a page per table from what both doors kept; the path of the index."""
    kept = [path for path in (folder / f"{door}.json" for door in DOORS) if path.exists()]
    doors = [_kept(path) for path in kept]
    pages = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )
    pages.filters["count"] = lambda number: f"{number:,}"
    wanted = {"index.html": pages.get_template("index.html.j2").render(doors=doors, titles=DOORS, totals=_totals(doors))}
    for door in doors:
        for table in door["tables"]:
            wanted[table["page"]] = pages.get_template("table.html.j2").render(door=door, table=table, titles=DOORS)
    for page in folder.glob("*.html"):
        if page.name not in wanted:
            page.unlink()  # the page of a table that is checked no more would tell an old story
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "index.html"


def _kept(path: Path) -> dict[str, Any]:
    """What a door found; before tables had clocks of their own, the door's were theirs."""
    door = json.loads(path.read_text(encoding="utf-8"))
    clocks = {name: door[name] for name in ("as_of", "known_at")}
    return {**door, "tables": [{**clocks, **table} for table in door["tables"]]}


def _table(validation: Validation) -> dict[str, Any]:
    """One table's results as the templates want them."""
    results = []
    for result, kept in zip(validation.results, validation.to_json_dict()["results"], strict=True):
        results.append({**kept, "asked": asked(result.rule), "effect": _effect(result.rule, error=bool(result.error))})
    failed = [result for result in results if not result["is_passed"]]
    return {
        "name": validation.suite.name, "page": f"{validation.suite.name}.html", "notes": validation.suite.notes,
        "key": [name for name in validation.suite.key if name not in ("record_hash", "pulled_at")],
        "checked_count": validation.checked_count, "results": results, "rules": len(results), "failed": len(failed),
        "state": _worst(result["effect"] for result in failed),
        "quarantined": len({(row.key, row.record_hash) for r in validation.results if r.rule.quarantines for row in r.failing}),
    }


def _effect(rule: Rule, *, error: bool) -> str:
    """What a failure of the rule does."""
    if rule.is_blocking or error:
        return "stops"
    if rule.quarantines:
        return "quarantines"
    return "look" if rule.severity.value == "warning" else "info"


def _worst(effects: Iterable[str]) -> str:
    order = ("stops", "quarantines", "look", "info")
    return min(effects, key=order.index, default="passed")


def _totals(doors: list[dict[str, Any]]) -> Mapping[str, int]:
    tables = [table for door in doors for table in door["tables"]]
    failed = [result for table in tables for result in table["results"] if not result["is_passed"]]
    return {
        "tables": len(tables), "rows": sum(table["checked_count"] for table in tables), "rules": sum(t["rules"] for t in tables),
        "failed": len(failed), "stops": sum(result["effect"] == "stops" for result in failed),
        "quarantined": sum(table["quarantined"] for table in tables),
    }


def asked(rule: Rule) -> str:
    """The rule in words, Chinese then English, as somebody who does not know Great Expectations reads it."""
    say = WORDS.get(rule.type)
    return say(rule.kwargs) if say else f"{rule.type} {', '.join(rule.columns)}".strip()


def _range(kwargs: Mapping[str, Any]) -> str:
    """The bounds of a rule; a bound that a run gives is named, not shown."""
    def bound(value: Any) -> str:
        return f"({value['$PARAMETER']})" if isinstance(value, dict) else str(value)

    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    if low is not None and high is not None:
        return f"= {bound(low)}" if low == high else f"{bound(low)} … {bound(high)}"
    if low is not None:
        return f"{'>' if kwargs.get('strict_min') else '≥'} {bound(low)}"
    return f"{'<' if kwargs.get('strict_max') else '≤'} {bound(high)}"


WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "expect_column_values_to_not_be_null": lambda k: f"{k['column']} 不为空 · is given",
    "expect_column_values_to_be_null": lambda k: f"{k['column']} 为空 · is empty",
    "expect_column_values_to_be_unique": lambda k: f"{k['column']} 不重复 · is unique",
    "expect_column_values_to_be_in_set": lambda k: f"{k['column']} 属于 · is one of: {', '.join(map(str, k['value_set']))}",
    "expect_column_values_to_match_regex": lambda k: f"{k['column']} 符合 · matches {k['regex']}",
    "expect_column_values_to_be_between": lambda k: f"{k['column']} {_range(k)}",
    "expect_column_pair_values_a_to_be_greater_than_b": lambda k: f"{k['column_A']} ≥ {k['column_B']}",
    "expect_table_row_count_to_be_between": lambda k: f"行数 rows {_range(k)}",
    "expect_table_row_count_to_equal": lambda k: f"行数 rows = {k['value']}",
    "expect_table_columns_to_match_set": lambda k: f"{len(k['column_set'])} 列齐全 · columns: {', '.join(k['column_set'])}",
    SQL_RULE: lambda k: f"查不到这样的行 · no such row: {k['unexpected_rows_query']}",
}
