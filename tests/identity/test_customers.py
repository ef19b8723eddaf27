"""Who is one customer: each rule, what stands above it, and that the order of things does not matter."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.identity.__main__ import measure
from benchmarks.identity.companies import make_world
from identity.accounts import Account, traits_of
from identity.clusters import Decision, Resolution, resolve
from identity.linkage import CROWD, likenesses

CODE, OTHER_CODE = "91320505XUBE8TNRD4", "913204127CA8737CBX"
ADDRESS = "苏州市工业路766号"


def f(key: str, name: str, **more: object) -> Account:
    return Account("fxiaoke", key, name, **more)


def z(key: str, name: str, **more: object) -> Account:
    return Account("zoho", key, name, **more)


def groups(resolution: Resolution) -> dict[str, list[tuple[str, str]]]:
    """Customer to accounts, each with the rule that brought it."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for member in resolution.members:
        found[member.customer].append((member.account.key, member.link.rule if member.link else "alone"))
    return dict(found)


def asked(resolution: Resolution) -> list[tuple[str, str, str]]:
    return [(question.one, question.other, question.why) for question in resolution.questions]


SAME = [
    ("code", f("1", "苏州恒瑞机械有限公司", code=CODE), z("1", "Hengrui", code=CODE.lower() + " ")),
    ("name", f("1", "上海 永信（集团）有限责任公司"), z("1", "上海永信(集團)有限公司")),
    ("name_and_phone", f("1", "恒瑞机械", phone="0512-61234567"), z("1", "苏州恒瑞机械有限公司", phone="61234567")),
    ("name_and_address", f("1", "苏州恒瑞机械公司", address=ADDRESS), z("1", "恒瑞机械", address="工业路766号3楼")),
    ("likeness", f("1", "苏州恒瑞机械有限公司", address=ADDRESS), z("1", "苏州衡瑞机械有限公司", address=ADDRESS)),
]


@pytest.mark.parametrize(("rule", "one", "other"), SAME, ids=[rule for rule, *_ in SAME])
def test_two_accounts_are_one_customer_by(rule: str, one: Account, other: Account) -> None:
    assert groups(resolve([one, other])) == {"fxiaoke:1": [("fxiaoke:1", rule), ("zoho:1", rule)]}


APART = [
    ("two right codes, one name", f("1", "苏州恒瑞机械有限公司", code=CODE), z("1", "苏州恒瑞机械有限公司", code=OTHER_CODE)),
    ("a branch", f("1", "苏州恒瑞机械有限公司", address=ADDRESS), z("1", "苏州恒瑞机械有限公司上海分公司", address=ADDRESS)),
    ("a branch under its mother's code", f("1", "恒瑞机械有限公司", code=CODE), z("1", "恒瑞机械有限公司上海分公司", code=CODE)),
    ("zeros for a code", f("1", "甲机械", code="0" * 18), z("1", "乙贸易", code="0" * 18)),
    ("another city", f("1", "苏州恒瑞机械有限公司"), z("1", "上海恒瑞机械有限公司")),
    ("sisters at one address", f("1", "苏州恒瑞机械有限公司", address=ADDRESS), z("1", "苏州恒瑞贸易有限公司", address=ADDRESS)),
    ("a code that is typed wrong", f("1", "Alpha", code="91110000A"), z("1", "Beta", code="91110000A")),
]


@pytest.mark.parametrize(("what", "one", "other"), APART, ids=[what for what, *_ in APART])
def test_two_accounts_stay_two_customers(what: str, one: Account, other: Account) -> None:
    assert groups(resolve([one, other])) == {"fxiaoke:1": [("fxiaoke:1", "alone")], "zoho:1": [("zoho:1", "alone")]}


def test_what_no_rule_decides_is_asked_until_a_person_answers() -> None:
    head, branch = f("1", "苏州恒瑞机械有限公司", address=ADDRESS), z("1", "苏州恒瑞机械有限公司上海分公司", address=ADDRESS)
    decisions = {same: Decision(head.key, branch.key, same, "E902", "核对执照") for same in (True, False)}
    assert asked(resolve([head, branch])) == [("fxiaoke:1", "zoho:1", "branch")]
    assert [asked(resolve([head, branch], [decision])) for decision in decisions.values()] == [[], []]
    joined = resolve([head, branch], [decisions[True]])
    assert groups(joined) == {"fxiaoke:1": [("fxiaoke:1", "decision"), ("zoho:1", "decision")]}
    assert joined.members[1].link.evidence == "E902: 核对执照"


def test_a_name_that_one_crm_gives_twice_and_two_codes_under_one_name_tell_nobody_apart() -> None:
    accounts = [f("1", "丁公司"), f("2", "丁公司"), z("1", "丁公司"), z("4", "同名公司")]
    two_codes = [f("3", "同名公司", code=CODE), z("3", "同名公司", code=OTHER_CODE)]
    found = groups(resolve([*accounts, *two_codes]))
    assert {rule for members in found.values() for _, rule in members} == {"alone"}


def test_the_dead_stay_with_their_customer_and_bring_nobody_together() -> None:
    winner = f("1", "苏州恒瑞机械有限公司", code=CODE)
    loser = f("2", "苏州恒瑞机械有限公司(旧)", code=CODE, is_gone=True)
    assert groups(resolve([winner, loser])) == {"fxiaoke:1": [("fxiaoke:1", "code"), ("fxiaoke:2", "code")]}
    bridge = f("0", "Bridge", code=CODE, phone="61234567", is_gone=True)
    others = [f("1", "Nord", code=CODE), z("1", "Bridge", phone="61234567")]
    assert sorted(groups(resolve([bridge, *others])).values()) == [
        [("fxiaoke:0", "code"), ("fxiaoke:1", "code")], [("zoho:1", "alone")],
    ]


WORLD = make_world("exam", 3, 90).accounts


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_decisions_win_and_no_order_matters(data: st.DataObject) -> None:
    keys = [account.key for account in WORLD]
    draw = st.tuples(st.sampled_from(keys), st.sampled_from(keys), st.booleans()).filter(lambda pair: pair[0] != pair[1])
    drawn = data.draw(st.lists(draw, max_size=6, unique_by=lambda pair: frozenset(pair[:2])))
    same = [Decision(one, other, True) for one, other, is_same in drawn if is_same]
    customers = _closure(same)
    apart = [
        Decision(one, other, False)
        for one, other, is_same in drawn
        if not is_same and customers.get(one, one) != customers.get(other, other)
    ]
    decisions = [*same, *apart]
    accounts = list(WORLD)
    first = resolve(accounts, decisions)
    Random(data.draw(st.integers(0, 99))).shuffle(accounts)
    assert resolve(accounts, decisions[::-1]) == first
    found = first.customers
    assert [d for d in decisions if (found[d.one] == found[d.other]) != d.is_same] == []


def _closure(decisions: list[Decision]) -> dict[str, str]:
    """Accounts that 'same' joins over any number of others."""
    found: dict[str, str] = {}
    for decision in decisions:
        one, other = found.get(decision.one, decision.one), found.get(decision.other, decision.other)
        found = {key: one if root == other else root for key, root in found.items()} | {decision.one: one, decision.other: one}
    return found


def test_it_is_right_99_times_of_100_and_finds_95_of_100() -> None:
    world = make_world("exam", 7, 1500)
    precision, recall = measure("exam", world.owner, resolve(world.accounts), world.same | world.alike)
    assert (precision >= 0.99, recall >= 0.95) == (True, True), (precision, recall)


FULL_WIDTH = CODE.translate({sign: sign + 0xFEE0 for sign in range(33, 127)})


@pytest.mark.parametrize("typed", [FULL_WIDTH, " ".join(CODE.lower()), f"\u200b{CODE[:8]}-{CODE[8:]}\u00a0"])
def test_a_code_is_the_same_however_it_was_typed(typed: str) -> None:
    accounts = [f("1", "苏州恒瑞机械有限公司", code=typed), f("2", "恒瑞（旧）", code=CODE), z("1", "Hengrui", code=CODE)]
    assert groups(resolve(accounts)) == {
        "fxiaoke:1": [("fxiaoke:1", "code"), ("fxiaoke:2", "code"), ("zoho:1", "code")],
    }


def test_an_account_that_was_deleted_and_made_again_is_no_new_customer() -> None:
    """Even under a name that is not whole: of the two the CRM gives it to one only."""
    gone, again, namesake = f("1", "恒瑞机械", is_gone=True), f("2", "恒瑞机械"), f("3", "恒瑞机械")
    assert groups(resolve([gone, again])) == {"fxiaoke:1": [("fxiaoke:1", "name"), ("fxiaoke:2", "name")]}
    assert {rule for members in groups(resolve([gone, again, namesake])).values() for _, rule in members} == {"alone"}


def test_people_s_different_holds_over_a_code_and_over_any_chain() -> None:
    accounts = [f("1", "甲", code=CODE), z("1", "乙", code=CODE), f("2", "丙", code=CODE)]
    found = resolve(accounts, [Decision("fxiaoke:1", "fxiaoke:2", False, "E902", "两家")])
    assert groups(found) == {
        "fxiaoke:1": [("fxiaoke:1", "code"), ("zoho:1", "code")], "fxiaoke:2": [("fxiaoke:2", "alone")],
    }
    assert asked(found) == []


def test_what_a_crowd_shares_finds_nobody_and_what_two_share_still_does() -> None:
    names = [f"苏州散客{one}{other}" for one, other in combinations("金木水火土山石田禾竹米羊牛马鱼鸟地人日月星云风雪花", 2)]
    crowd = [z(f"{number:04d}", name, province="江苏") for number, name in enumerate(names[: CROWD + 1], start=1000)]
    twins = [z("1", "苏州散客鼎盛机械有限公司", phone="13800000001"), f("2", "苏州散客鼎盛机械厂", phone="13800000001")]
    found = likenesses(traits_of(account) for account in [*crowd, *twins])
    assert [(pair.one, pair.other) for pair in found] == [("fxiaoke:2", "zoho:1")]
    few = likenesses(traits_of(account) for account in crowd[: CROWD // 2])
    assert len(few) > CROWD  # what is no crowd is compared, each with each
