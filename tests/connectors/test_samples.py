"""What `quarterdeck init` writes to start from: a plan without an error, and nobody who receives anything yet."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from commission.lint import company_settings, lint
from commission.plan import load_plan_text, load_plans
from connectors.company import FILES, Company, preset_names, write_templates
from delivery.distribution import load_permissions, recipients


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("new") / "company"
    write_templates(made)
    return made


def test_the_sample_plan_is_no_plan_yet_and_is_right_once_it_is_one(folder: Path) -> None:
    sample = folder / "plans" / "sales-2026.yaml.sample"
    assert load_plans(folder / "plans") == []
    plan = load_plan_text(sample.read_text(encoding="utf-8"), sample.name)
    assert [str(finding) for finding in lint([plan], company_settings([plan], folder))] == [
        "sales-2026.yaml.sample:12: error acceptance_missing: signatures/sales-2026-v1.csv is not there. "
        "Cure: add the file: employee,date,channel."
    ]


def test_nobody_receives_anything_until_somebody_says_so(folder: Path) -> None:
    assert load_permissions(folder) == ()
    assert recipients(folder, "quarterly_management_pack", "company", staff={}, on=date(2026, 6, 30)) == []


def test_the_commented_recipients_are_right_once_they_are_no_comment(folder: Path, tmp_path: Path) -> None:
    text = (folder / "distribution.yaml").read_text(encoding="utf-8")
    lines = text.split("recipients: []\n")[1].splitlines()
    (tmp_path / "distribution.yaml").write_text("\n".join(line.removeprefix("# ") for line in lines), encoding="utf-8")
    assert [(one.employee_no, one.report, one.scope) for one in load_permissions(tmp_path)] == [
        ("E001", "quarterly_management_pack", "company"),
        ("*", "commission_statement", "self"),
    ]
    assert len(yaml.safe_load((tmp_path / "distribution.yaml").read_text(encoding="utf-8"))["recipients"]) == 2


@pytest.mark.parametrize("preset", preset_names())
def test_a_trade_begins_with_thresholds_and_a_policy_that_load(preset: str, tmp_path: Path) -> None:
    made = {path.relative_to(tmp_path).as_posix() for path in write_templates(tmp_path, preset)}
    assert {"risk_thresholds.yaml", "tier_policy.yaml"} <= made
    assert not {"risk_thresholds.csv", "tier_policy.csv"} & made
    rows = Company.load(tmp_path).rows
    assert {name for name in rows if rows[name]} == {"risk_thresholds", "tier_policy"}
    assert [row["tier"] for row in rows["tier_policy"]] == ["vip", "high_value", "potential", "standard", "new"]
    lost = {row["threshold_id"]: row["value"] for row in rows["risk_thresholds"]}["loss_min_days"]
    assert lost == {"fmcg": 60, "industrial": 365, "saas": 90}[preset]
    assert write_templates(tmp_path, preset) == []
    assert {file.name for file in FILES} == set(rows)
