"""Plan files: the specification's own example is read whole, and every mistake is answered with file, line and cure.

Add the mistake a finance person really made. What a plan pays is tested with the engine.
"""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from commission.plan import (
    PLAN_TERM_COLUMNS,
    ExpressionFault,
    MissingValue,
    PlanError,
    PlanErrors,
    Signature,
    load_plan_text,
    load_plans,
    load_signatures,
    parse_expression,
    plan_rows,
)
from commission.plan.expression import NAMES
from commission.plan.values import Part
from tests.commission.commission_cases import flat, plan_of

COMPANY = Path(__file__).parents[2] / "company"


def errors_of(text: str) -> list[PlanError]:
    with pytest.raises(PlanErrors) as caught:
        load_plan_text(text, "north.yaml")
    return caught.value.errors


def test_the_plan_of_the_specification_is_read_whole(c2_text: str) -> None:
    plan = load_plan_text(c2_text, "north.yaml")
    base, new_customer = plan.components
    assert (plan.plan, plan.version, plan.valid.start, plan.valid.end) == (
        "north-rep-2025",
        3,
        date(2025, 4, 1),
        date(2025, 12, 31),
    )
    assert [(tier.start, tier.end, tier.rate) for tier in base.rate.table] == [
        (Decimal("0"), Decimal("500000"), Decimal("0.010")),
        (Decimal("500000"), Decimal("1000000"), Decimal("0.015")),
        (Decimal("1000000"), None, Decimal("0.025")),
    ]
    assert (new_customer.dated_by, new_customer.measure, new_customer.accumulate) == ("order_date", "amount_ex_tax", None)
    assert plan.award.monthly_champion.gates == ("overdue<=0.20",)
    assert plan.draw.recover_from == "2025-07"
    assert plan.line("components", 0, "rate", "boundary") == 22


def test_the_hash_is_of_what_the_plan_says_and_not_of_how_it_is_spelled(c2_text: str) -> None:
    said = load_plan_text(c2_text).hash
    respelled = re.sub(r"\s+#.*", "", c2_text).replace("0.010", "0.01").replace("500000", "500_000")
    other_rate = c2_text.replace("rate: 0.025", "rate: 0.026")
    assert re.fullmatch("[0-9a-f]{64}", said)
    assert load_plan_text(respelled).hash == said
    assert load_plan_text(other_rate).hash != said


def test_all_mistakes_of_a_file_are_named_at_once_with_line_and_cure(c2_text: str) -> None:
    broken = (
        c2_text.replace("currency: CNY", "currency: yuan")
        .replace("boundary: lower_inclusive", "bondary: lower_inclusive")
        .replace("kind: flat, rate: 0.03", "kind: flat, rate: '0.03'")
        .replace("overdue_ratio > 0.20", "overdue_ration > 0.20")
        .replace("measure: amount_ex_tax", "measure: revenue")
    )
    assert [(error.line, error.message.split(":")[0], error.cure) for error in errors_of(broken)] == [
        (5, "currency", "follow the pattern named in the message"),
        (16, "components.0.measure", "use one of the words named in the message"),
        (22, "components.0.rate.bondary", "did you mean 'boundary'? otherwise remove the key"),
        (31, "components.1.rate.rate", "write a plain decimal without quotes, such as 0.015"),
        (34, "gates.0.if", "write what the message asks for"),
    ]


@pytest.mark.parametrize(
    ("written", "instead", "line", "message"),
    [
        ("currency: CNY", "currency: CNY\ncurrency: USD", 6, "key 'currency' stands twice"),
        ("rate: 0.010", "rate: .nan", 23, "'.nan' is not a plain decimal number"),
        ("to: 2025-12-31", "to: 2025-13-31", 4, "'2025-13-31' is not a date"),
        ("version: 3", "version: 3\n  nested: 1", 3, "not YAML: mapping values are not allowed here"),
        (
            "rate: 0.03}",
            "rate: 0.0312345}",
            31,
            "components.1.rate.rate: Decimal input should have no more than 6 decimal places, found '0.0312345'",
        ),
        (
            "kind: marginal  ",
            "scale: attainment\n      kind: marginal  ",
            20,
            "components.0.rate: attainment is a share of the quota: write 1 for 100 %",
        ),
        ("id: new_customer", "id: base", 1, "plan: components: id base stands twice"),
        (
            "accumulate: quarter  ",
            "# accumulate",
            11,
            "components.0: a rate with a table needs `accumulate`: transaction, month, quarter or year",
        ),
        ("then: hold, ", "then: reduce, ", 34, "gates.0: `then: reduce` needs `x`, the share still paid; the others take none"),
    ],
)
def test_a_mistake_is_found_where_it_stands(c2_text: str, written: str, instead: str, line: int, message: str) -> None:
    (error,) = errors_of(c2_text.replace(written, instead))
    assert (error.file, error.line, error.message) == ("north.yaml", line, message)
    assert error.cure


def test_what_the_text_gets_wrong_hides_nothing_of_what_the_plan_gets_wrong(c2_text: str) -> None:
    broken = c2_text.replace("currency: CNY", "currency: CNY\ncurrency: USD\nbonus: 1").replace("amount: 15000", "amount: 0x10")
    assert [(error.line, error.message) for error in errors_of(broken)] == [
        (6, "key 'currency' stands twice"),
        (7, "bonus: unknown key"),
        (28, "'0x10' is not a plain decimal number"),
    ]


@pytest.mark.parametrize(
    ("written", "instead", "cure"),
    [
        ("currency: CNY", "currency：CNY", "write ： as :: YAML knows half-width punctuation only"),
        ("2025-04-01, to", "2025-04-01， to", "write ， as ,: YAML knows half-width punctuation only"),
        ("    name_zh", "\tname_zh", "indent with spaces, not tabs"),
    ],
)
def test_signs_of_a_chinese_keyboard_are_named(c2_text: str, written: str, instead: str, cure: str) -> None:
    assert [error.cure for error in errors_of(c2_text.replace(written, instead, 1))] == [cure]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("mode: recompute_origin", "mode: A"),
        ("plan: north", "\ufeffplan: north"),
        ("\n", "\r\n"),
        ("rate: 0.03}", "rate: 3e-2}"),
    ],
)
def test_the_same_plan_in_other_spelling(c2_text: str, written: str, instead: str) -> None:
    assert load_plan_text(c2_text.replace(written, instead)).hash == load_plan_text(c2_text).hash


def test_an_anchor_that_holds_itself_is_refused() -> None:
    assert any("nested too deep" in error.message for error in errors_of("plan: &a [*a]\n"))


def test_a_folder_answers_for_all_its_files_and_for_doubled_versions(tmp_path: Path, c2_text: str) -> None:
    (tmp_path / "a.yaml").write_text(c2_text, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(c2_text, encoding="utf-8")
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(PlanErrors) as caught:
        load_plans(tmp_path)
    assert [str(error) for error in caught.value.errors] == [
        "b.yaml:2: plan north-rep-2025 version 3 also stands in a.yaml. Cure: give the newer file the next version number.",
        "c.yaml:1: not UTF-8 at byte 0. Cure: save the file as UTF-8.",
    ]


def test_the_page_of_plan_files_names_every_key_and_every_word() -> None:
    page = (COMPANY.parent / "docs" / "commission-plans.md").read_text(encoding="utf-8")
    told = set(re.findall(r"[A-Za-z_]+", page))
    keys, words = set(), set(NAMES)
    for model in Part.__subclasses__():
        for name, field in model.model_fields.items():
            keys.add(field.alias or name)
            words |= {word for word in re.findall(r"'([A-Za-z_]+)'", repr(field)) if "Literal" in repr(field)}
    assert (keys | words) - told == set()


def test_rows_for_the_lake_carry_every_tier_as_exact_text() -> None:
    rows = plan_rows(load_plans(COMPANY / "plans"))
    assert all(tuple(row) == PLAN_TERM_COLUMNS for row in rows)
    assert [
        (row["term_no"], json.loads(row["body"] or ""))
        for row in rows
        if (row["plan_id"], row["plan_version"], row["kind"]) == ("key-accounts-2026", "1", "rate")
    ] == [
        ("1", {"tier_from": "0", "tier_to": "1500000", "rate": "0.008"}),
        ("2", {"tier_from": "1500000", "tier_to": "3000000", "rate": "0.012"}),
        ("3", {"tier_from": "3000000", "tier_to": "5000000", "rate": "0.018"}),
        ("4", {"tier_from": "5000000", "rate": "0.025"}),
    ]


def test_a_sentence_leaves_as_the_ways_in_which_it_is_decided() -> None:
    text = "overdue_ratio > 0.2 and not (visits < 3 or report_rate >= 1)"
    gate = f'gates: [{{id: late, if: "{text}", then: zero}}]'
    rows = [row for row in plan_rows([plan_of(flat("0.01"), extra=gate)]) if row["kind"] == "gate_open"]
    said = [(row["term_no"], row["part_no"], json.loads(row["body"] or "")) for row in rows]
    assert [(term, part, one["left_name"], one["sign"], one["right_value"], one["literals"]) for term, part, one in said] == [
        ("1", "1", "overdue_ratio", ">", "0.2", "2"),
        ("1", "2", "visits", "<", "3", "2"),
        ("2", "1", "overdue_ratio", ">", "0.2", "3"),
        ("2", "2", "visits", ">=", "3", "3"),
        ("2", "3", "report_rate", ">=", "1", "3"),
        ("3", "1", "overdue_ratio", "<=", "0.2", "1"),
    ]


def test_bands_that_overlap_leave_as_the_first_that_fits() -> None:
    table = "[{to: 30, x: 1}, {to: 20, x: 9}, {to: 60, x: 0.5}]"
    plan = plan_of(flat("0.01", f"multipliers: [{{name: 衰减, on: earning, by: days_past_due, table: {table}}}]"))
    rows = [json.loads(row["body"] or "") for row in plan_rows([plan]) if row["kind"] == "multiplier"]
    assert [(one.get("above"), one.get("up_to"), one["x"]) for one in rows] == [
        (None, "30", "1"),
        ("30", "60", "0.5"),
        ("60", None, "0"),
    ]


def test_signatures_are_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "v1.csv"
    file.write_text("employee,date,channel\nE101,2025-12-20,纸面\n", encoding="utf-8")
    assert load_signatures(file) == [Signature("E101", date(2025, 12, 20), "纸面")]
    file.write_text("employee,date,channel\nE101,20/12/2025,纸面\n", encoding="utf-8")
    with pytest.raises(PlanErrors, match=r"v1\.csv:2: date '20/12/2025' is not a date"):
        load_signatures(file)


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("overdue_ratio > 0.20", {"overdue_ratio": "0.20"}, False),
        ("overdue<=0.20", {"overdue_ratio": "0.20"}, True),
        ("not (attainment < 0.8 or overdue_ratio > 0.2)", {"attainment": "0.8", "overdue_ratio": "0.1"}, True),
        ("attainment >= 1 and report_rate == 1 or overdue_ratio < 0.05", {"attainment": "0", "overdue_ratio": "0.01"}, True),
    ],
)
def test_the_expression_language_says_what_it_says(text: str, values: dict[str, str], holds: bool) -> None:
    assert parse_expression(text).holds({name: Decimal(value) for name, value in values.items()}) is holds


@pytest.mark.parametrize(
    "text",
    ["__import__('os')", "salary > 3", "overdue_ratio", "overdue_ratio > 0.2 or", "(attainment > 1", "attainment > 1)", ""],
)
def test_nothing_else_can_be_said(text: str) -> None:
    with pytest.raises(ExpressionFault):
        parse_expression(text)


def test_an_unknown_figure_is_missing_and_not_zero() -> None:
    with pytest.raises(MissingValue, match="attainment"):
        parse_expression("attainment >= 1").holds({})
