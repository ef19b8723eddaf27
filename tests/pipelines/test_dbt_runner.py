"""Dagster sees the models that the project's folder has now, after an upgrade as after an edit.

What belongs elsewhere: how tables are built (`tests/dbt_project/test_materializations.py`).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dagster_dbt import DbtProject

from pipelines.dbt_runner import Unreadable, current


def models_of(project: DbtProject) -> list[str]:
    return sorted(json.loads(project.manifest_path.read_text())["nodes"])


def test_a_manifest_follows_its_project(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text('{name: shop, version: "1.0", config-version: 2, profile: shop}')
    (tmp_path / "profiles.yml").write_text("shop: {target: now, outputs: {now: {type: duckdb}}}")
    (tmp_path / "models" / "sales.sql").write_text("select 1 as amount")
    project = current(DbtProject(project_dir=tmp_path, profiles_dir=tmp_path))
    assert models_of(project) == ["model.shop.sales"]

    written = project.manifest_path.stat().st_mtime_ns
    assert current(project).manifest_path.stat().st_mtime_ns == written, "read again although nothing changed"

    (tmp_path / "models" / "returns.sql").write_text("select 2 as amount")
    assert models_of(current(project)) == ["model.shop.returns", "model.shop.sales"]

    (tmp_path / "models" / "sales.sql").unlink()
    assert models_of(current(project)) == ["model.shop.returns"]

    (tmp_path / "models" / "returns.sql").write_text("select * from {{ ref('sales') }}")
    with pytest.raises(Unreadable, match=r"returns(.|\n)*depends on a node named 'sales' which was not found"):
        current(project)
    assert models_of(project) == ["model.shop.returns"]
    assert [path.name for path in project.manifest_path.parent.glob("manifest*")] == ["manifest.json"]
