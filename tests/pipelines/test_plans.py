"""Which plans a night takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from commission.plan import PlanErrors
from pipelines.resources import Home
from tests.pipelines.small_month import COMPANY


def home_of(folder: Path, plan: str, more: str = "") -> Home:
    """The small company with this plan alone and more to say in company.yaml."""
    for name, text in {**COMPANY, "plans/flat-1.yaml": plan}.items():
        if name != "plans/tiers-1.yaml":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    said = COMPANY["company.yaml"].replace("one_login_may_sign: true", f"one_login_may_sign: true\n{more}")
    (folder / "company.yaml").write_text(said, encoding="utf-8")
    (folder / "plan_assignments.csv").write_text(COMPANY["plan_assignments.csv"].replace("tiers", "flat"), encoding="utf-8")
    return Home(root=str(folder / "home"), company=str(folder))


def test_a_plan_on_collection_that_nobody_accepted_does_not_run_unless_the_company_says_so(tmp_path: Path) -> None:
    plan = COMPANY["plans/flat-1.yaml"]
    unsigned = "".join(line for line in plan.splitlines(keepends=True) if not line.startswith("accepted_by"))
    assert len(home_of(tmp_path / "signed", plan).plan_rows()) > 1
    with pytest.raises(PlanErrors, match=r"flat-1.yaml:\d+: pay that depends on collection .* Cure: add accepted_by"):
        home_of(tmp_path / "unsigned", unsigned).plan_rows()
    assert len(home_of(tmp_path / "allowed", unsigned, "  cash_needs_acceptance: false").plan_rows()) > 1


def test_what_a_plan_should_not_say_is_found_with_what_the_company_has(tmp_path: Path) -> None:
    plan = COMPANY["plans/flat-1.yaml"].replace("measure: amount_ex_tax", "measure: gross_margin")
    home = home_of(tmp_path, plan)
    without = {one.rule for one in home.plan_findings(home.load_company())}
    costs = "product_code,unit_cost,currency_code,valid_from,valid_to,reason,approved_by\nTD-1,60,CNY,2024-01-02,,成本,E9\n"
    (tmp_path / "cost_table.csv").write_text(costs, encoding="utf-8")
    assert without - {one.rule for one in home.plan_findings(home.load_company())} == {"measure_without_source"}
