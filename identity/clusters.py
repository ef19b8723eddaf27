"""Who is one customer: people's decisions first, then the code, then name, phone and address, then likeness; the rest is asked.

What to add here: a rule between accounts, and its place in the order.
What belongs elsewhere: how likely two accounts are one (`linkage.py`), what is read of an account (`accounts.py`).

Two accounts are never brought together against a decision, against two right codes, or as a company and its branch, over however
many others. The order of accounts does not matter: links are taken by rule, then by likeness, then by key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations

from identity.accounts import Account, Traits, traits_of
from identity.linkage import Likeness, likenesses

SURE = 0.85  # likeness from which two accounts are one customer without a person
DOUBTFUL = 0.2  # likeness from which a person is asked
CROWD = 3  # a phone or an address of more accounts than this says nothing
DECISION, CODE, NAME, PHONE, ADDRESS, LIKENESS = RULES = (
    "decision",
    "code",
    "name",
    "name_and_phone",
    "name_and_address",
    "likeness",
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about two accounts."""

    one: str
    other: str
    is_same: bool
    approved_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Why two accounts are one customer."""

    one: str
    other: str
    rule: str
    likeness: float | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Two accounts about which a person should decide, and why the rules did not."""

    one: str
    other: str
    why: str  # doubtful, two_codes, branch, crowd
    likeness: float | None
    evidence: str


@dataclass(frozen=True, slots=True)
class Member:
    """An account with the customer it belongs to, and the link that brought it there; none for a customer of one account."""

    account: Account
    customer: str  # the smallest account that was ever brought into it, which names it
    link: Link | None

    @property
    def joined_to(self) -> str | None:
        """The account at the other end of its link."""
        if self.link is None:
            return None
        return self.link.other if self.link.one == self.account.key else self.link.one


@dataclass(frozen=True, slots=True)
class Resolution:
    """Every account with its customer, and what is left to people."""

    members: tuple[Member, ...]
    questions: tuple[Question, ...]

    @property
    def customers(self) -> dict[str, str]:
        """Account to customer."""
        return {member.account.key: member.customer for member in self.members}


@dataclass(slots=True)
class _Group:
    """Accounts that are one customer so far."""

    accounts: list[str]
    codes: set[str]
    branches: set[str]
    is_alive: bool
    parted: set[str] = field(default_factory=set)  # accounts it must not meet


Linkage = Callable[[Iterable[Traits]], list[Likeness]]


def resolve(accounts: Iterable[Account], decisions: Iterable[Decision] = (), linkage: Linkage = likenesses) -> Resolution:
    """Bring accounts together into customers."""
    traits = {account.key: traits_of(account) for account in sorted(accounts, key=lambda account: account.key)}
    decided = sorted((d for d in decisions if d.one in traits and d.other in traits), key=lambda d: (d.one, d.other))
    pairs = linkage(traits.values())
    groups = _Groups(traits, decided)
    refused: dict[tuple[str, str], str] = {}
    for link in _in_order(traits, decided, pairs):
        if why := groups.bring_together(link):
            refused.setdefault((link.one, link.other), why)
    return Resolution(tuple(groups.members()), tuple(_questions(traits, decided, pairs, groups, refused)))


def _in_order(traits: dict[str, Traits], decided: list[Decision], pairs: list[Likeness]) -> list[Link]:
    """Every link that a rule makes. Of one rule, accounts that a decision parts come last; the dead last of all."""
    likely = {(pair.one, pair.other): pair for pair in pairs}
    links = [
        *(Link(*sorted((d.one, d.other)), DECISION, None, f"{d.approved_by}: {d.reason}") for d in decided if d.is_same),
        *_exact(traits),
        *(Link(p.one, p.other, LIKENESS, p.probability, p.evidence) for p in pairs if p.probability >= SURE),
    ]
    told = [_with_likeness(link, likely.get((link.one, link.other))) for link in links]
    parted = {d.one for d in decided if not d.is_same}

    def place(link: Link) -> tuple[object, ...]:
        both = (link.one, link.other)
        is_dead = link.rule != DECISION and any(traits[key].account.is_gone for key in both)
        return is_dead, RULES.index(link.rule), not parted.isdisjoint(both), -(link.likeness or 0), both

    return sorted(told, key=place)


def _with_likeness(link: Link, pair: Likeness | None) -> Link:
    if pair is None or link.rule == DECISION:
        return link
    return replace(link, likeness=pair.probability, evidence=link.evidence or pair.evidence)


def _exact(traits: dict[str, Traits]) -> Iterator[Link]:
    """Links of accounts that say the same: one right code; one name; one core of a name and one phone, or one address."""
    for rule, said in _SAYINGS.items():
        by_saying: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for key, its in traits.items():
            if (words := said(its)) and all(words):
                by_saying[words].append(key)
        for words, keys in by_saying.items():
            if rule == CODE:
                yield from (Link(keys[0], key, CODE, None, words[0]) for key in keys[1:])
            elif len(keys) <= CROWD and _is_one_saying([traits[key] for key in keys], rule):
                yield from (Link(one, other, rule) for one, other in combinations(keys, 2) if _agree(traits[one], traits[other]))


def _is_one_saying(said: list[Traits], rule: str) -> bool:
    """Two right codes under one name leave those without a code to neither; and a name that one CRM gives twice says who it is
    only when it is whole: place, own word and legal form, as a registry gives it once. What was deleted is not given any more."""
    if len({its.valid_code for its in said} - {""}) > 1:
        return False
    crms = [its.account.crm for its in said if not its.account.is_gone and (not its.valid_code or rule != NAME)]
    return rule != NAME or len(crms) == len(set(crms)) or all(its.name.place and its.name.form for its in said)


def _agree(one: Traits, other: Traits) -> bool:
    """Whether neither place nor legal form says otherwise."""
    if one.name.form and other.name.form and one.name.form != other.name.form:
        return False
    return _are_near(one, other)


def _are_near(one: Traits, other: Traits) -> bool:
    """Whether nothing says that they are in different places."""
    if one.name.place and other.name.place and one.name.place != other.name.place:
        return False
    return bool(one.name.place or other.name.place) or not one.seat or not other.seat or one.seat == other.seat


def _whole(its: Traits) -> tuple[str, ...]:
    return its.name.core, its.name.branch or "-", its.name.place or its.seat or "-"


_SAYINGS: dict[str, Callable[[Traits], tuple[str, ...]]] = {
    CODE: lambda its: (its.valid_code,),
    NAME: _whole,
    PHONE: lambda its: (its.name.core, its.name.branch or "-", its.phone),
    ADDRESS: lambda its: (its.name.core, its.name.branch or "-", its.street),
}


class _Groups:
    """The customers while links are taken one after another."""

    def __init__(self, traits: dict[str, Traits], decided: list[Decision]) -> None:
        self._traits = traits
        self._links: dict[str, Link] = {}
        self._of = {
            key: _Group([key], {its.valid_code} - {""}, {its.name.branch}, not its.account.is_gone) for key, its in traits.items()
        }
        for decision in decided:
            if not decision.is_same:
                self._of[decision.one].parted.add(decision.other)
                self._of[decision.other].parted.add(decision.one)

    def are_one(self, one: str, other: str) -> bool:
        """Whether two accounts are one customer."""
        return self._of[one] is self._of[other]

    def bring_together(self, link: Link) -> str:
        """Take a link, or say what stands against it."""
        one, other = self._of[link.one], self._of[link.other]
        if one is other:
            return ""
        if why := self._against(link, one, other):
            return why
        for key in (link.one, link.other):
            self._links.setdefault(key, link)
        one.accounts += other.accounts
        one.codes |= other.codes
        one.branches |= other.branches
        one.parted |= other.parted
        one.is_alive |= other.is_alive
        for key in other.accounts:
            self._of[key] = one
        return ""

    def _against(self, link: Link, one: _Group, other: _Group) -> str:
        if not one.parted.isdisjoint(other.accounts):
            return "decided"
        if link.rule == DECISION:
            return ""
        if one.codes and other.codes and one.codes.isdisjoint(other.codes):
            return "two_codes"
        if one.branches.isdisjoint(other.branches):
            return "branch"
        is_of_the_dead = any(self._traits[key].account.is_gone for key in (link.one, link.other))
        return "gone" if is_of_the_dead and one.is_alive and other.is_alive else ""

    def members(self) -> Iterator[Member]:
        """Every account, by key."""
        for key, its in self._traits.items():
            yield Member(its.account, min(self._of[key].accounts), self._links.get(key))


def _questions(
    traits: dict[str, Traits],
    decided: list[Decision],
    pairs: list[Likeness],
    groups: _Groups,
    refused: dict[tuple[str, str], str],
) -> Iterator[Question]:
    """Pairs that a person should look at: too alike to be passed over, not alike enough, or something stands against it."""
    settled = {tuple(sorted((d.one, d.other))) for d in decided}
    likely = {(pair.one, pair.other): pair for pair in pairs if pair.probability >= DOUBTFUL}
    for one, other in sorted({*likely, *refused}):
        if groups.are_one(one, other) or (one, other) in settled:
            continue
        if traits[one].account.is_gone or traits[other].account.is_gone:
            continue
        pair, why = likely.get((one, other)), refused.get((one, other), "")
        why = why or _why_not(traits[one], traits[other])
        if why != "decided":
            yield Question(one, other, why, pair.probability if pair else None, pair.evidence if pair else "")


def _why_not(one: Traits, other: Traits) -> str:
    if one.valid_code and other.valid_code and one.valid_code != other.valid_code:
        return "two_codes"
    return "branch" if one.name.branch != other.name.branch else "doubtful"
