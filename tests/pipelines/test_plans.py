"""Which plans a night takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from commission.plan import PlanErrors
from pipelines.cli import app
from pipelines.resources import Home
from pipelines.written import WrittenWrongly
from tests.pipelines.small_month import COMPANY, write_company

SIGNED = "employee,date,channel\nE1,2026-03-20,纸面\nE2,{},纸面\n"


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
    without = {one.rule for one in home.written().findings}
    costs = "product_code,unit_cost,currency_code,valid_from,valid_to,reason,approved_by\nTD-1,60,CNY,2024-01-02,,成本,E9\n"
    (tmp_path / "cost_table.csv").write_text(costs, encoding="utf-8")
    assert without - {one.rule for one in home.written().findings} == {"measure_without_source"}


def test_monthly_revenue_has_a_source_once_a_product_says_its_months(tmp_path: Path) -> None:
    plan = COMPANY["plans/flat-1.yaml"].replace("measure: amount_ex_tax", "measure: mrr")
    home = home_of(tmp_path, plan)
    (told,) = [one for one in home.written().findings if one.rule == "measure_without_source"]
    cure = "fill in subscription_months in products, or use another measure"
    assert str(told).endswith(f"no source supplies mrr, which is nothing without it. Cure: {cure}.")
    said = (tmp_path / "products.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"{said[0]},subscription_months", *(f"{row},12" for row in said[1:])]
    (tmp_path / "products.csv").write_text("\n".join([*rows, ""]), encoding="utf-8")
    assert "measure_without_source" not in {one.rule for one in home.written().findings}


def test_a_version_that_pays_less_from_before_it_was_accepted_does_not_run_unless_the_company_says_so(tmp_path: Path) -> None:
    plan = COMPANY["plans/flat-1.yaml"].replace("to: 2026-12-31", "to: 2026-03-31")
    worse = COMPANY["plans/flat-1.yaml"].replace("version: 1", "version: 2").replace("rate: 0.03", "rate: 0.02")
    worse = worse.replace("from: 2026-01-01", "from: 2026-04-01").replace("signatures/flat", "signatures/flat-2")
    for name, more, accepted in (
        ("late", "", "2026-04-02"),
        ("in-time", "", "2026-04-01"),
        ("allowed", "  worsening_needs_acceptance: false", "2026-04-02"),
    ):
        home = home_of(tmp_path / name, plan, more)
        (home.company_folder / "plans" / "flat-2.yaml").write_text(worse, encoding="utf-8")
        (home.company_folder / "signatures" / "flat-2.csv").write_text(SIGNED.format(accepted), encoding="utf-8")
        if name == "late":
            with pytest.raises(PlanErrors, match=r"flat-2.yaml:5: valid from 2026-04-01, E2 accepted on 2026-04-02: cash may"):
                home.plan_rows()
        else:
            assert len(home.plan_rows()) > 2


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    """Cells, a plan that cannot be read, a signature, a plan that may not run, and what the lint says of the others."""
    home = home_of(tmp_path, COMPANY["plans/flat-1.yaml"].replace("accepted_by: signatures/flat.csv\n", ""))
    files = {
        "plans/tiers-1.yaml": COMPANY["plans/tiers-1.yaml"].replace("marginal", "retroactive"),
        "plans/third.yaml": COMPANY["plans/flat-1.yaml"].replace("plan: flat", "plan: third").replace("rate:", "rte:"),
        "signatures/tiers.csv": COMPANY["signatures/tiers.csv"].replace("2025-12-24", "24.12.2025"),
        "tax_rates.csv": COMPANY["tax_rates.csv"].replace("0.13", "13 %x"),
    }
    write_company(home.company_folder, files)
    with pytest.raises(WrittenWrongly) as wrong:
        home.written().must_be_sound()
    said = str(wrong.value)
    assert said.startswith(f"5 mistakes in company folder {tmp_path}; nothing was loaded:\n  tax_rates.csv row 2, column rate: ")
    places = [line.strip().split(": ")[0] for line in said.splitlines()[1:]]
    assert places == [
        "tax_rates.csv row 2, column rate",
        "plans/flat-1.yaml:9",
        "plans/third.yaml:10",
        "plans/third.yaml:18",
        "signatures/tiers.csv:2",
        "what else the lint says of plans; this alone would stop nothing:",
        "plans/tiers-1.yaml:21",  # a cliff; whether nobody has signed cannot be told
    ]


def test_a_night_says_all_mistakes_even_where_company_yaml_itself_is_wrong(tmp_path: Path) -> None:
    home = home_of(tmp_path / "company", COMPANY["plans/flat-1.yaml"].replace("rate:", "rte:"))
    wrong = COMPANY["company.yaml"].replace("currency: CNY", "currency: cny")
    write_company(home.company_folder, {"company.yaml": wrong})
    places = ["--home", str(tmp_path / "home"), "--company", str(home.company_folder)]
    done = CliRunner().invoke(app, ["run", *places, "--as-of", "2026-03-31"])
    assert (done.exit_code, [line.strip().split(": ")[0] for line in done.output.splitlines() if line.startswith("  ")]) == (
        2,
        ["company.yaml line 3, key currency", "plans/flat-1.yaml:10", "plans/flat-1.yaml:18"],
    )


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    lint = CliRunner().invoke(app, ["plan", "lint", "--company", str(nowhere)])
    verified = CliRunner().invoke(app, ["ledger", "verify", "--home", str(nowhere)])
    assert (lint.exit_code, verified.exit_code) == (2, 3)
    assert f"there is no company folder at {nowhere}" in lint.output.replace("\n", "")
    assert f"There is no ledger at {nowhere}" in verified.output.replace("\n", "")
