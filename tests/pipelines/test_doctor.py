"""What the doctor says of a company before any CRM is asked.

What belongs elsewhere: what it says of a CRM (`tests/connectors/test_doctor.py`), of a played home (`test_objects.py`).
"""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from pipelines.cli import app
from tests.pipelines.small_month import COMPANY, write_company


def doctor(folder: Path) -> tuple[int, str]:
    """How it ends and what it says."""
    done = CliRunner().invoke(app, ["doctor", "--company", str(folder / "company"), "--home", str(folder / "home")])
    return done.exit_code, done.output


def test_plans_are_looked_at_too(tmp_path: Path) -> None:
    write_company(tmp_path / "company", COMPANY)
    code, said = doctor(tmp_path)
    assert (code, "flat-1.yaml" in said, "!! plans" in said) == (1, True, False)  # secrets are missing, plans only warn
    plan = tmp_path / "company" / "plans" / "flat-1.yaml"
    plan.write_text(plan.read_text(encoding="utf-8").replace("rate:", "rte:"), encoding="utf-8")
    code, said = doctor(tmp_path)
    assert (code, "flat-1.yaml:" in said, "rte" in said) == (2, True, True)


def test_a_duty_that_nobody_holds_and_one_person_with_two_in_a_row_are_told(tmp_path: Path) -> None:
    nobody = COMPANY["company.yaml"].replace("pay: [部门总监]", "pay: [出纳]\n    review: [E9]")
    write_company(tmp_path / "company", {**COMPANY, "company.yaml": nobody})
    _, said = doctor(tmp_path)
    assert [line for line in said.splitlines() if "signers" in line] == [
        "ok signers: who may prepare: E6, E7",
        "ok signers: who may review: E9",
        "ok signers: who may approve: E9",
        "ok signers: who may decide: E7, E9",
        "!! signers: who may pay: nobody employed today is one of: 出纳 -> "
        "name a role or an employee number in company.yaml line 11, commission.signers.pay",
        "!! signers: who may approve: E9 alone may review and approve, and nobody may do both -> "
        "name somebody else in company.yaml, commission.signers",
    ]
