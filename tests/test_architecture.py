"""The walls of the house: who may import whom, who may read what, and what no model may say."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.cli import app

ROOT = Path(__file__).parent.parent
OURS = {
    *("connectors", "simulators", "expectations", "identity", "commission", "reports", "delivery", "pipelines"),
    *("examples", "benchmarks"),
}
MAY_IMPORT = {
    "connectors": set(),
    "expectations": set(),
    "commission": set(),
    "identity": set(),
    "simulators": set(),
    "reports": set(),
    "delivery": set(),
    "pipelines": OURS - {"examples", "benchmarks"},
}
MODELS = sorted((ROOT / "dbt_project" / "models").rglob("*.sql"))


def imported(path: Path) -> set[str]:
    """Top-level names a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_imports_only_what_its_wall_allows(package: str) -> None:
    trespasses = {
        str(path.relative_to(ROOT)): sorted(others)
        for path in (ROOT / package).rglob("*.py")
        if (others := (imported(path) & OURS) - MAY_IMPORT[package] - {package})
    }
    assert trespasses == {}


def test_only_staging_reads_raw_tables() -> None:
    readers = {path.relative_to(ROOT).as_posix() for path in MODELS if re.search(r"\b(raw|run_input|source)\(", path.read_text())}
    assert {path for path in readers if "/models/staging/" not in path} == set()


def test_a_mart_reads_core_or_its_own_folder() -> None:
    manifest = json.loads((ROOT / "dbt_project" / "target" / "manifest.json").read_text())
    models = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    trespasses = []
    for name, node in models.items():
        path = Path(node["original_file_path"]).parts
        if "marts" not in path:
            continue
        own = path[path.index("marts") + 1]
        for parent in node["depends_on"]["nodes"]:
            there = Path(models[parent]["original_file_path"]).parts if parent in models else ()
            if "core" not in there and own not in there:
                trespasses.append(f"{name} reads {parent}")
    assert trespasses == []


def test_no_model_reads_the_wall_clock() -> None:
    clock = re.compile(r"\b(current_(date|timestamp|time)|now\(\)|getdate|today\(\)|localtime)", re.IGNORECASE)
    assert [str(path.relative_to(ROOT)) for path in MODELS if clock.search(path.read_text())] == []


def test_every_model_says_its_grain_and_tests_its_key() -> None:
    manifest = json.loads((ROOT / "dbt_project" / "target" / "manifest.json").read_text())
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node.get("attached_node") and "unique" in node["name"]
    }
    missing = {
        name: what
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and node["config"]["materialized"] != "ephemeral"
        and (
            what := [
                w for w, bad in (("grain", not node["description"].startswith("One row")), ("key", name not in tested)) if bad
            ]
        )
    }
    assert missing == {}


def test_published_tables_have_enforced_contracts() -> None:
    manifest = json.loads((ROOT / "dbt_project" / "target" / "manifest.json").read_text())
    loose = [
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and node["schema"] in {"core", "finance", "management", "risk"}
        and node["config"]["materialized"] != "ephemeral"
        and not node["config"]["contract"]["enforced"]
    ]
    assert loose == []


def test_definitions_load_with_an_empty_environment(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            "from pipelines.definitions import defs; print(len(list(defs.resolve_all_asset_specs())) > 50)",
        ],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout.strip(), done.returncode) == ("True", 0), done.stderr[-2000:]


def test_tracked_files_name_no_machine_and_no_registry() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    machine, hosts = (
        ("work", "root"),
        (".".join(parts) for parts in (("pypi", "org"), ("registry", "npmjs"), ("files", "pythonhosted"))),
    )
    bad = re.compile("|".join([*(f"/{folder}/" for folder in machine), *map(re.escape, hosts)]))
    hits = [
        name
        for name in tracked
        if name != "tests/test_architecture.py"
        and (ROOT / name).is_file()
        and bad.search((ROOT / name).read_text(errors="ignore"))
    ]
    assert hits == []


def test_the_readme_names_every_folder() -> None:
    readme = (ROOT / "README.md").read_text()
    folders = subprocess.run(
        ["git", "ls-tree", "-d", "--name-only", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [name for name in folders.stdout.split() if not name.startswith(".") and f"`{name}/`" not in readme] == []


def test_the_readme_names_only_commands_and_settings_that_exist() -> None:
    text = (ROOT / "README.md").read_text() + (ROOT / "docs" / "operate.md").read_text()
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    commands |= {group.name for group in app.registered_groups}
    sources = (ROOT / "dbt_project" / "profiles.yml").read_text()
    sources += "".join(path.read_text() for folder in ("pipelines", "delivery") for path in (ROOT / folder).rglob("*.py"))
    assert {name for name in re.findall(r"quarterdeck ([a-z]+)", text) if name not in commands} == set()
    assert {name for name in re.findall(r"QUARTERDECK_[A-Z_]+", text) if name not in sources} == set()
