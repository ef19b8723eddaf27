"""A plan printed for the person it pays, and a month explained to the cent, both in Chinese.

Add the sentence a new rule must print. That the figures are right is tested with the engine.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from commission.document import document
from commission.engine import Calculation, FxRate, Quota, Split, calculate, shadow_drafts
from commission.explain import Account, explanation, in_words
from commission.ledger import Ledger
from commission.plan import Plan, load_plan_text, load_plans
from tests.commission.commission_cases import cash, facts_of, flat, order, plan_of, rated, run

COMPANY = Path(__file__).parents[2] / "company"


def article(text: str, title: str) -> list[str]:
    _, _, rest = text.partition(f"条  {title}\n")
    return [line.strip() for line in rest.partition("\n\n")[0].splitlines()]


def test_the_demo_plan_reads_as_a_sales_person_would_read_it() -> None:
    plan = next(plan for plan in load_plans(COMPANY / "plans") if plan.plan == "key-accounts-2026")
    text = document(plan)
    assert text.splitlines()[:2] == ["一部重点客户回款提成办法 2026", "编号 key-accounts-2026  第 1 版"]
    assert article(text, "回款提成（collection）") == [
        "以回款核销为计提事件，按银行入账日归属期间，以不含税金额为计提基数。",
        "只有核销到订单的款项计提；返利抵款不计；预收款在核销时计提一次；承兑汇票按到期日计。",
        "业绩计给签约时的负责人，有分成约定的按约定份额，份额合计为 100%。",
        "计提方式：分段累进，按季累计。",
        "第 1 档：累计基数 0 至 1,500,000 的部分按 0.8%。",
        "第 2 档：累计基数 1,500,000 至 3,000,000 的部分按 1.2%。",
        "第 3 档：累计基数 3,000,000 至 5,000,000 的部分按 1.8%。",
        "第 4 档：累计基数 5,000,000 以上 的部分按 2.5%。",
        "恰好等于档位起点的，适用高一档（达到即适用）。",
    ]
    assert article(text, "计算示例") == [
        "设本人自2026年1月1日起有三笔业务，其他条件均为正常（回款提成）：",
        "第1笔：基数 2,000,000.00，累计 2,000,000.00，本笔提成 18,000.00。",
        "第2笔：基数 2,500,000.00，累计 4,500,000.00，本笔提成 39,000.00。",
        "第3笔：基数 1,500,000.00，累计 6,000,000.00，本笔提成 34,000.00。",
        "合计提成 91,000.00，占基数 1.52%。",
    ]
    assert plan.hash in text


def test_every_clause_of_the_specifications_plan_is_said(c2_text: str) -> None:
    text = document(load_plan_text(c2_text))
    for sentence in (
        "适用于公司书面指定执行本办法、岗位为销售代表，部门为一部，且在业务发生日在职的人员。",
        "只计：不含标记 赠品、样品、内部；产品线 A、B。",
        "逾期回款衰减：按逾期天数分档，30及以下乘 1；60及以下乘 0.8；90及以下乘 0.5；以上乘 0；乘在提成上（不影响档位）。",
        "每月封顶 15,000.00，超出部分记入暂扣余额，以后有空间时释放。",
        "180 天内发生退款、退货、红字发票的，按该笔业务从未发生重新计算原期间，差额在当期冲回。",
        "留存 30%，待 acceptance_signed 达成后发放。",
        "新签：客户类别 新签时乘 1.2；乘在提成上（不影响档位）。",
        "逾期应收占比高于0.2时当月暂停支付，逾期应收占比不高于0.2时恢复。缺少数据时先暂停，不视为达标。",
        "月度销售冠军奖 2,000.00，按不含税回款额排名；须满足逾期应收占比不高于0.2；并列时依次比较：毛利、先达成者优先、平分。",
        "当月应付不足 1,000.00 的先行补足（预支）；自 2025-07 起从超过 1,000.00 的部分收回；"
        "离职时未收回的转入待追回余额，在法定扣款上限内追回。",
        "外币按签约日的 SAFE_mid 汇率折算，一经确定不再变动，汇兑差额由公司承担。",
        "以回款为条件的提成和扣罚条款自本人签收后方有约束力。",
    ):
        assert sentence in text


def test_rules_the_demo_does_not_use_are_said_too() -> None:
    steps = "[{from: 0, to: 1, x: 1}, {from: 1, x: 1.5}]"
    plan = plan_of(
        "id: att, event: signed, accumulate: quarter, rate: {kind: attainment, target_pay: 9000, boundary: lower_inclusive, "
        f"table: {steps}, decelerator: {{below: 0.5, x: 0.6}}}}",
        "id: line, event: signed, accumulate: month, "
        "rate: {kind: interpolated, table: [{at: 0, amount: 0}, {at: 1000, amount: 10}]}",
        "id: bands, event: delivered, instalments: {parts: 3, on_leave: forfeit}, "
        "rate: {kind: flat, by: discount_rate, table: [{to: 0.1, rate: 0.15}, {rate: 0.075}]}",
        "id: team, event: invoiced, cap: {amount: 900, per: event}, "
        "rate: {kind: flat, rate: 0.002}, credit: {override: {levels: null}}",
        extra="quota: {source: targets, measure: 签约额}\n"
        "spiffs: [{id: unit, name_zh: 新品奖, event: signed, per: unit, amount: 100, "
        "from: 2026-03-01, to: 2026-03-31, budget: 5000}]\n"
        "pools: [{id: team-pool, name_zh: 团队奖, amount: 30000, per: quarter}]\n"
        "penalties: [{id: late, clause: 逾期未交报告, max_amount: 200}]\n"
        'gates: [{id: reports, if: "report_rate < 1", then: zero}]\n'
        "leaver: {grace_days: 30, pending: new_owner}\ncap: {amount: 50000, per: month, excess: review}\nfloor: {amount: 800}",
    )
    text = document(plan)
    for sentence in (
        "达成率 100% 以上 的部分按基准比例的 1.5 倍。",
        "设本人自2026年1月1日起有三笔业务，季度目标 1,000,000.00，其他条件均为正常（att）：",
        "达成率低于 50% 时全部按 0.6 倍。",
        "累计基数 0 得 0.00；累计基数 1,000 得 10.00；两点之间按直线计算，范围之外取端点。",
        "折扣率不高于 10%：15%。",
        "分 3 期按月支付，零头在前；离职时未到期部分不再支付。",
        "业绩为签约时的负责人的团队业绩，计给事件发生日其上各级主管；本人经手的业绩不重复计。",
        "新品奖：2026-03-01 至 2026-03-31，以签订订单计，每件 100.00，总额 5,000.00，先到先得；退货收回。",
        "团队奖：每季 30,000.00，按份额与在岗天数分配，零头按最大余数。",
        "扣罚：逾期未交报告，每次不超过 200.00；须有证据和批准，且本人已签收本办法，不自动扣。",
        "离职后 30 天内到账的仍归本人，此后由接手人计提。",
        "各项合计每月封顶 50,000.00，超出部分待财务审核。",
        "每笔封顶 900.00，超出部分不再支付。",
        "时当月不予支付。缺少数据时同样处理，数据补齐后重新计算。",
    ):
        assert sentence in text


WHOLE = """\
plan: p
version: 1
title: 办法
valid: {from: 2026-01-01, to: 2026-12-31}
currency: CNY
approved_by: [{role: finance, id: E901, at: 2025-12-01}]
accepted_by: signatures/p.csv
eligible: {role: [销售代表], department: [一部], region: [华东], employment: active_on_date}
timezone: Asia/Shanghai
components:
  - id: tiers
    name_zh: 分段
    event: cash_applied
    date_basis: bank_value_date
    acceptance_bill: maturity
    plan_version_by: event_date
    measure: amount_ex_tax
    filter: {product_line: [甲], discount_up_to: 0.2}
    credit: {primary: owner_at_signature, splits: split_table, overlays: [{role: 售前, share: 0.1, when: {region: [华东]}}]}
    accumulate: quarter
    rate: {kind: marginal, boundary: lower_inclusive, scale: amount, table: [{from: 0, to: 1, rate: 0.01}, {from: 1, rate: 0.02}]}
    multipliers: [{name: 新签, "on": earning, when: {customer_class: [new]}, x: 1.2}]
    cap: {amount: 100, per: month, excess: drop}
    floor: {amount: 10}
    refund: {mode: recompute_origin, window_days: 180, share: full}
    holdback: {share: 0.3, release: acceptance_signed, review_after_days: 90}
    instalments: {parts: 2, on_leave: forfeit}
  - id: line
    event: signed
    accumulate: month
    rate: {kind: interpolated, scale: amount, table: [{at: 0, amount: 0}, {at: 2, amount: 10}]}
  - id: att
    event: signed
    accumulate: quarter
    rate: {kind: attainment, target_pay: 9000, table: [{from: 0, to: 1, x: 1}, {from: 1, x: 1.5}],
      decelerator: {below: 0.5, x: 0.6}}
gates: [{id: g, if: "overdue_ratio > 0.2", then: hold, release: "overdue_ratio <= 0.2", components: [tiers], waived_by: 总经理}]
quota: {source: targets, measure: 签约额, proration: workdays}
draw: {kind: recoverable, amount: 1000, recover_from: 2026-04, recover_down_to: 900, until: 2026-11,
  on_leave: settle_with_legal_limit}
recovery: {wage_share: 0.2, minimum_wage: 2000, offset_commission: true, limit_draws: false}
award: {monthly_champion: {prize: 1, rank_by: visits, gates: ["overdue_ratio <= 0.2"], ties: [split], repeat_after_months: 3,
  exclude_winners_of: [quarterly_champion]}}
spiffs: [{id: s, name_zh: 新品奖, event: signed, per: unit, amount: 1, from: 2026-03-01, to: 2026-03-31, budget: 5,
  filter: {category: [泵]}}]
pools: [{id: w, name_zh: 团队奖, amount: 3, per: quarter}]
penalties: [{id: late, clause: 迟报, max_amount: 2}]
leaver: {grace_days: 30, pending: new_owner}
cap: {amount: 500, per: month, excess: review}
floor: {amount: 8}
fx: {rate: signed_date, type: SAFE_mid, lock: true}
backdating_review_days: 5
"""
OTHERWISE = {
    "event_date": "signed_date",
    "bank_value_date": "posting_date",
    "maturity": "receipt",
    "active_on_date": "any",
    "cash_applied": "invoiced",
    "signed": "delivered",
    "amount_ex_tax": "amount_incl_tax",
    "owner_at_signature": "owner_at_event",
    "split_table": "none",
    "lower_inclusive": "upper_inclusive",
    "amount": "attainment",
    "earning": "credit",
    "month": "quarter",
    "quarter": "year",
    "year": "month",
    "drop": "carry_forward",
    "review": "drop",
    "recompute_origin": "current_credit",
    "full": "prorated",
    "forfeit": "pay_rest",
    "hold": "zero",
    "workdays": "whole_months",
    "settle_with_legal_limit": "write_off",
    "visits": "valid_visits",
    "split": "earlier_date",
    "quarterly_champion": "monthly_champion",
    "unit": "deal",
    "new_owner": "forfeit",
    "signed_date": "event_date",
    "overdue_ratio > 0.2": "overdue_ratio > 0.3",
    "overdue_ratio <= 0.2": "overdue_ratio <= 0.1",
    "2026-04": "2026-05",
    "2026-11": "2026-10",
    "tiers": "line",
    "p": "q",
    "CNY": "USD",
    "Asia/Shanghai": "UTC",
    "acceptance_signed": "delivered",
    "new": "renew",
}
SAME = {"id", "kind", "source"}  # names of parts, what decides the other keys beside it, and what there is only one of


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Every value of a plan and where it stands."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        yield path, value
    else:
        for key, part in parts:
            yield from leaves(part, (*path, key))


def changed(said: object, path: tuple[str | int, ...], value: object) -> dict[str, object]:
    """The same plan with another value in one place."""
    whole = copy.deepcopy(said)
    place: Any = whole
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return whole  # type: ignore[return-value]


def other(value: object) -> object:
    """Another value that may stand in the same place."""
    match value:
        case bool():
            return not value
        case float():
            return round(value + 0.05, 2)
        case int():
            return value + (1 if value > 1 else 2)
        case date():
            return value.replace(day=value.day % 28 + 1)
    return OTHERWISE.get(str(value), f"另{value}")


def test_whatever_a_plan_says_its_document_says() -> None:
    said = yaml.safe_load(WHOLE)

    def words(plan: object) -> list[str]:
        text = document(load_plan_text(yaml.safe_dump(plan, allow_unicode=True, default_flow_style=False)))
        return [line for line in text.splitlines() if "指纹" not in line]

    before, unsaid = words(said), []
    for path, value in leaves(said):
        if path[-1] in SAME:
            continue
        turned = other(value)
        if words(changed(said, path, turned)) == before:
            unsaid.append((path, value, turned))
    assert not unsaid, "\n".join(map(str, unsaid))


def rows_of(done: Calculation) -> list[dict[str, object]]:
    """What the engine found, as the finance marts lay it out."""
    credits = {(one.event_id, one.payee_no, one.plan_id, one.component_id): asdict(one) for one in done.credits}
    renamed = {"window": "window_period", "base": "base_amount", "exact": "earned_to_date", "transaction_id": "order_key"}
    rows = []
    for one in done.earning_events:
        credit = credits[one.event_id, one.payee_no, one.plan_id, one.component_id]
        event = {renamed.get(name, name): value for name, value in asdict(one).items()}
        rows.append(
            {
                **{
                    name: credit[name]
                    for name in ("role", "share", "path", "event_date", "measured", "fx_rate", "fx_date", "factor", "plan_hash")
                },
                **event,
            }
        )
    return rows


def told(plan: Plan, done: Calculation, payee: str, month: str, ledger: Ledger | None = None, **more: object) -> str:
    """The explanation of a payee's month from what the engine found, or from the ledger where the month is closed."""
    own = [line.said() | {"amount": line.amount} for line in done.lines]
    lines = [entry.row() for entry in ledger.entries()] if ledger else own
    account = Account(
        payee_no=payee,
        month=month,
        is_closed=ledger is not None,
        lines=[
            {"entry_id": None, "approved_by": None, "entry_hash": None, **line}
            for line in lines
            if (line["payee_no"], line["posting_period"]) == (payee, month)
        ],
        events=[row for row in rows_of(done) if row["payee_no"] == payee],
        plans={} if more.pop("without_plans", False) else {plan.hash: plan},
        steps=ledger.steps() if ledger else (),
        **more,
    )
    return in_words(explanation(account))


def test_a_month_is_explained_from_event_to_amount() -> None:
    plan = plan_of(rated())
    done = run(plan, [order("T1", "01-10", "380000.00"), order("T2", "02-10", "612345.67")])
    assert told(plan, done, "A", "2026-02", origins={"T2": ["原始记录：zoho orders T2，raw_zoho/orders/p1.parquet"]}) == (
        "提成说明  员工 A  月份 2026-02  草稿，尚未关账\n"
        "\n"
        "一、适用办法\n"
        f"  《办法》第 1 版  2026年1月1日至2026年12月31日  plan.yaml  指纹 {plan.hash}\n"
        "  批准：finance E901（2025-12-01）\n"
        "\n"
        "二、逐行逐笔\n"
        "  1. 本期计提「base」  8,585.19\n"
        "     · 2026-02-10  事件 T2  8,585.19\n"
        "         原始记录：zoho orders T2，raw_zoho/orders/p1.parquet\n"
        "         归属：负责人，份额 100%（依据：owner_at_signature）\n"
        "         计提基数：不含税金额 612,345.67 = 612,345.67\n"
        "         条款：《办法》第 1 版第 2 条「base」（plan.yaml 第 9 行）：签订订单，订单日期，分段累进，按季累计（2026-Q1）\n"
        "         累计基数：380,000.00 → 992,345.67\n"
        "           其中 120,000.00 × 1% = 1,200.00\n"
        "           其中 492,345.67 × 1.5% = 7,385.18505\n"
        "         累计精确值 12385.18505，四舍五入到分后与上一笔之差：8,585.19\n"
        "\n"
        "三、本月应付（税前）合计 8,585.19\n"
    )


def test_every_kind_of_rate_says_which_row_applied() -> None:
    tiers = "table: [{from: 0, to: 500000, rate: 0.01}, {from: 500000, rate: 0.015}]"
    new = "multipliers: [{name: 新签, on: earning, x: 1.2}]"
    steps = "[{from: 0, to: 1, x: 1}, {from: 1, x: 1.5}]"
    plan = plan_of(
        f"id: whole, event: signed, accumulate: quarter, rate: {{kind: retroactive, boundary: lower_inclusive, {tiers}}}, {new}",
        "id: line, event: signed, accumulate: month, "
        "rate: {kind: interpolated, table: [{at: 0, amount: 0}, {at: 1000000, amount: 10}]}",
        "id: each, event: signed, measure: count, rate: {kind: flat, rate: 50}",
        f"id: att, event: signed, accumulate: quarter, rate: {{kind: attainment, target_pay: 9000, table: {steps}}}",
        extra="quota: {source: targets, measure: 签约额}",
    )
    amount = Decimal("599999.990000001")
    quota = Quota(payee_no="A", measure="签约额", first_day=date(2026, 1, 1), last_day=date(2026, 3, 31), amount=Decimal(900000))
    text = told(
        plan, calculate([plan], facts_of([order("T1", "01-10", str(amount))], "A", quotas=(quota,)), "2026-01"), "A", "2026-01"
    )
    for said in (
        "  达到的比例：全部 599,999.990000001 × 1.5% = 8,999.999850000015",
        "  内插：0.00 得 0.00，599,999.990000001 得 5.99999990000001",
        "比例：1 × 每单 50.00",
        "  达成率 100% 以上 的部分按基准比例的 1.5 倍。",
    ):
        assert said in text, text
    done = run(plan, [order("T1", "01-10", "1000")])
    rows = [{**row, "earning_factor": Decimal("1.2")} for row in rows_of(done) if row["component_id"] == "whole"]
    account = Account(
        payee_no="A",
        month="2026-01",
        is_closed=False,
        lines=[{**line.said(), "amount": line.amount, "entry_hash": None} for line in done.lines if line.component_id == "whole"],
        events=rows,
        plans={plan.hash: plan},
    )
    assert "提成系数（新签）：本笔提成 × 1.2" in in_words(explanation(account))


def test_a_posted_month_names_entries_approvers_rates_and_shares(tmp_path: Path) -> None:
    plan = plan_of(flat("0.03", event="cash_applied"), extra="fx: {rate: signed_date, type: SAFE_mid, lock: true}")
    rate = FxRate(rate_type="SAFE_mid", currency="USD", rate_date=date(2026, 1, 20), rate=Decimal("7.17"))
    splits = tuple(
        Split(transaction_id="O1", payee_no=payee, share=Decimal(share)) for payee, share in (("A", "0.7"), ("B", "0.3"))
    )
    events = [cash("C1", "03-10", "20000", currency="USD", signed_date=date(2026, 1, 20))]
    done = calculate([plan], facts_of(events, "AB", fx_rates=(rate,), splits=splits), "2026-03")
    ledger = Ledger(tmp_path)
    ledger.close(
        "2026-03",
        shadow_drafts(done, [], "2026-03", {}),
        closed_at=datetime(2026, 4, 3, tzinfo=UTC),
        approved_by="E901",
        reviewed_by="E905",
    )
    text = told(plan, done, "A", "2026-03", ledger)
    head = ledger.entries()[0].entry_hash[:16]
    assert "         归属：分成，份额 70%（依据：split table 0.7）" in text
    assert "         计提基数：不含税金额 20,000.00 × 汇率 7.17（2026-01-20） × 份额 70% = 100,380.00" in text
    assert "  1. 本期计提「base」  3,011.40\n     分录 2026-03-0000001  批准 E901  哈希 " + head in text
    assert "  复核  E905  2026-04-03T00:00+00:00" in text


def test_a_plan_that_is_nowhere_is_said_to_be_missing() -> None:
    plan = plan_of(flat("0.03"))
    text = told(plan, run(plan, [order("T1", "01-10", "1000")]), "A", "2026-01", without_plans=True)
    assert f"指纹 {plan.hash}：公司文件夹和关账留存里都没有能读的原文，以下缺条款" in text


def test_a_refund_is_explained_by_its_mode() -> None:
    for mode, words in (
        ("recompute_origin", "按该笔从未发生重算，累计基数 0.00"),
        ("original_attribution", "按该笔当初所得比例退回，累计基数 1,000.00"),
    ):
        plan = plan_of(rated(more=f"refund: {{mode: {mode}, window_days: 180}}"))
        done = run(plan, [order("T1", "01-10", "1000"), order("R1", "05-10", "-1000", original_event_id="T1")])
        text = told(plan, done, "A", "2026-05")
        assert f"退款冲回（2026-01）：{words}" in text
        assert "退款冲回（归属 2026-01）「base」：退款冲回  -10.00" in text


def test_an_adjustment_is_explained_by_the_events_that_changed() -> None:
    plan = plan_of(flat("0.10"))
    before = rows_of(run(plan, [order("T1", "01-10", "100.00"), order("T2", "01-11", "50.00")]))
    now = rows_of(run(plan, [order("T1", "01-10", "90.00"), order("T3", "01-12", "20.00")]))
    line = {
        "entry_type": "ADJ_DATA",
        "payee_no": "A",
        "plan_id": "p",
        "plan_hash": plan.hash,
        "component_id": "base",
        "component_name": "base",
        "origin_period": "2026-01",
        "posting_period": "2026-02",
        "amount": Decimal("-4.00"),
        "reason": "迟到事实 1 笔",
        "entry_hash": None,
        "approved_by": None,
    }
    found = explanation(
        Account(payee_no="A", month="2026-02", is_closed=False, lines=[line], events=now, before=before, plans={plan.hash: plan})
    )
    (told_line,) = found["lines"]
    assert [(one["event_id"], one["was"], one["is"], one["cents"]) for one in told_line["events"]] == [
        ("T1", Decimal("10.00"), Decimal("9.00"), Decimal("-1.00")),
        ("T2", Decimal("5.00"), None, Decimal("-5.00")),
        ("T3", None, Decimal("2.00"), Decimal("2.00")),
    ]
    assert (told_line["without_event"], found["total"]) == (Decimal("0.00"), Decimal("-4.00"))
    assert "  1. 数据调整（归属 2026-01）「base」：迟到事实 1 笔  -4.00" in in_words(found)


def test_a_draw_that_ends_by_both_a_month_and_the_time_since_hiring_says_both() -> None:
    draw = "draw: {kind: non_recoverable, amount: 1000, until: 2026-06, first_months: 3}"
    assert "补足到该数，不需归还，至 2026-06 止，限入职后 3 个月。" in document(plan_of(flat("0.01"), extra=draw))
