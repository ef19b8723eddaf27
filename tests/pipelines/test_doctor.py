"""What the doctor says of a company before any CRM is asked.

What belongs elsewhere: what it says of a CRM (`tests/connectors/test_doctor.py`), of a played home (`test_objects.py`).
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

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
    assert (code, "!! stops a night: plans/flat-1.yaml:" in said, "rte" in said) == (2, True, True)


def test_what_is_wrong_in_one_place_hides_nothing_in_another(tmp_path: Path) -> None:
    employees = COMPANY["employees.csv"].replace("E6,己,D0", "E6,己,D7")
    plan = COMPANY["plans/flat-1.yaml"].replace("rate:", "rte:")
    write_company(tmp_path / "company", {**COMPANY, "employees.csv": employees, "plans/flat-1.yaml": plan})
    code, said = doctor(tmp_path)
    wrong = [line.split(" -> ")[0] for line in said.splitlines() if line.startswith("!!")]
    assert (code, wrong) == (
        2,
        [
            "!! stops a night: employees.csv row 4, column department_id: 'D7'",
            "!! stops a night: plans/flat-1.yaml:10: components.0.rate: missing",
            "!! stops a night: plans/flat-1.yaml:18: components.0.rte: unknown key",
            "!! fxiaoke: fxiaoke settings: secrets are missing",
        ],
    )


def test_files_that_hold_nothing_take_one_line(tmp_path: Path) -> None:
    write_company(tmp_path / "company", COMPANY)
    found = [line for line in doctor(tmp_path)[1].splitlines() if line.startswith("ok company folder")]
    assert found[:4] == [
        "ok company folder: employees: 6 rows",
        "ok company folder: products: 1 rows",
        "ok company folder: tax_rates: 1 rows",
        "ok company folder: plan_assignments: 2 rows",
    ]
    empty = found[4].partition(" files not kept or empty: ")[2].split(", ")
    assert (len(found), {"absences", "deal_splits", "wages"} <= {*empty}, "employees" in empty) == (5, True, False)


LIST = """\
recipients:
  - {employee_no: E9, role: 财务, report: quarterly_department_pack, scope: D77, channel: email,
     valid_from: 2026-01-01, valid_to: null, reason: 例会, approved_by: E9}
  - {employee_no: E5, role: 财务, report: commission_workbook, scope: company, channel: email,
     valid_from: 2026-01-01, valid_to: null, reason: 月结, approved_by: E9}
  - {employee_no: E5, role: 财务, report: commission_workbook, scope: company, channel: email,
     valid_from: 2026-01-01, valid_to: 2026-01-31, reason: 月结, approved_by: E9}
  - {employee_no: "*", role: 本人, report: commission_statement, scope: self, channel: email,
     valid_from: 2026-01-01, valid_to: null, reason: 本人, approved_by: E9}
"""


def test_a_list_of_readers_names_only_departments_and_people_that_there_are(tmp_path: Path) -> None:
    write_company(tmp_path / "company", {**COMPANY, "distribution.yaml": LIST})
    found = [line for line in doctor(tmp_path)[1].splitlines() if "recipients" in line]
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    assert found == [
        "!! recipients: distribution.yaml line 2: scope 'D77' of quarterly_department_pack for E9 is none of *, D0, D1: "
        "nothing is sent",
        f"!! recipients: distribution.yaml line 4: E5 is not an active employee on {today}, which stops commission_workbook",
    ]


def test_a_duty_that_nobody_holds_and_one_person_with_two_in_a_row_are_told(tmp_path: Path) -> None:
    month = "month,reviewed_by,approved_by,paid_by,paid_on,reason\n2026-03,E7,E9,,,\n"
    write_company(tmp_path / "company", {**COMPANY, "commission_approvals.csv": month})
    nobody = COMPANY["company.yaml"].replace("pay: [提成会计, 部门总监, 财务负责人]", "pay: [出纳]\n    review: [E9]")
    write_company(tmp_path / "company", {"company.yaml": nobody})
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
        "!! signers: commission_approvals.csv month 2026-03: reviewed by E7 庚 (销售运营), who may not review on 2026-03-31 -> "
        "let E9 do it, or add the number or the role in company.yaml line 12, commission.signers.review (now: E9)",
    ]
