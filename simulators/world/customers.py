"""The customers: who they are in which CRM, whose they are over time, how much they buy and how they pay.

What to add here: a trait of a customer, a way in which two records are or are not the same company.
What belongs elsewhere: what they order (`sales.py`) and pay (`cash.py`); how a CRM writes them (`zoho.py`, `fxiaoke.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from simulators.world import names
from simulators.world.clock import FIRST_DAY, LAST_DAY, day, moment, next_workday
from simulators.world.people import LEAVERS, Person, reps_on

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

KEY_ACCOUNTS, SMALL_ACCOUNTS, SHARED, BRANCHES = 640, 800, 60, 12
D1_SHARE = {"华东": 0.36, "华南": 0.26, "华北": 0.20, "中西部": 0.18}
D2_SHARE = {"华东": 0.30, "华南": 0.22, "华北": 0.13, "中西部": 0.13, "海外": 0.22}
FORGOTTEN = {"E124": 4, "E142": 2, "E212": 2}  # leaver -> customers that nobody took over


@dataclass(slots=True)
class Customer:
    """One record of a customer in one CRM. Two records of one company share `entity`."""

    index: int
    entity: int
    crm: str
    account_id: str
    account_no: str
    name: str
    uscc: str
    region: str
    province: str
    city: str
    street: str
    industry: str
    created: int
    first_order: int
    last_order: int
    weight: float
    currency: str
    terms: int
    habit: str  # prompt, slow, bad
    level: str
    discount: float
    favourite: int  # index of the product line bought most
    link: str = ""  # how its twin in the other CRM can be known: uscc, link (a person), undecided (by name and address only)
    orphaned: int | None = None  # from when on nobody looks after it
    owners: list[tuple[int, str]] = field(default_factory=list)

    def owner_on(self, ordinal: int) -> str:
        """Whose customer it is on a day (before the first hand-over: the first owner)."""
        current = self.owners[0][1]
        for since, owner in self.owners:
            if since > ordinal:
                break
            current = owner
        return current

    @property
    def department(self) -> str:
        """The department that sells to it."""
        return "D1" if self.crm == "fxiaoke" else "D2"


def uscc(rng: Random, division: str) -> str:
    """A unified social credit code with a right check character."""
    body = "91" + division + "".join(rng.choices(USCC_ALPHABET, k=9))
    total = sum(USCC_ALPHABET.index(sign) * weight for sign, weight in zip(body, USCC_WEIGHTS, strict=True))
    return body + USCC_ALPHABET[(31 - total % 31) % 31]


def make_customers(seed: int, people: list[Person], scale: float) -> list[Customer]:
    """All customer records of both CRMs, twins and look-alikes included, with their owners over time."""
    rng = Random(f"{seed}:customers")
    known: set[str] = set()
    customers: list[Customer] = []
    key, small = round(KEY_ACCOUNTS * scale), round(SMALL_ACCOUNTS * scale)
    shared, branches = max(round(SHARED * scale), 6), max(round(BRANCHES * scale), 2)
    for number in range(key):
        customers.append(_domestic(rng, len(customers), "fxiaoke", number, known))
    for number in range(small):
        foreign = rng.random() < D2_SHARE["海外"]
        make = _foreign if foreign else _domestic
        customers.append(make(rng, len(customers), "zoho", number, known))
    originals = [c for c in customers[:key] if c.weight < 4][:: max(key // (shared + branches + 2), 1)]
    for number, original in enumerate(originals[:shared]):
        customers.append(_twin(rng, len(customers), original, small + number, number, shared))
    for number, original in enumerate(originals[shared : shared + branches]):
        customers.append(_branch(rng, len(customers), original, small + shared + number))
    assign_owners(seed, customers, people)
    return customers


def _traits(rng: Random, crm: str) -> tuple[int, int, int, float, int, str, str, float, int]:
    """Created day, first and last order day, weight, terms, habit, level, discount, favourite line."""
    if rng.random() < 0.62:
        first = FIRST_DAY + int(100 * rng.random() ** 1.1)
        created = day(2022, 3, 1) + int(rng.random() * 980)
    else:
        first = day(2025, 3, 1) + int(rng.random() * (LAST_DAY - day(2025, 3, 1)))
        created = first - 20 - int(rng.random() * 110)
    last = LAST_DAY if rng.random() < 0.84 else min(first + 90 + int(rng.random() * 420), LAST_DAY)
    weight = min(rng.paretovariate(1.25 if crm == "fxiaoke" else 1.6), 28.0)
    habit = rng.choices(("prompt", "slow", "bad"), (70, 25, 5))[0]
    terms = rng.choices((30, 45, 60, 90), (15, 25, 40, 20) if crm == "fxiaoke" else (50, 25, 20, 5))[0]
    level = "1" if weight > 6 else "2" if weight > 2 else "3"
    discount = rng.uniform(0.04, 0.12) + (0.04 if weight > 6 else 0.0) if crm == "fxiaoke" else rng.uniform(0.0, 0.07)
    return created, next_workday(first), last, weight, terms, habit, level, discount, rng.choices((0, 1, 2), (42, 25, 33))[0]


def _domestic(rng: Random, index: int, crm: str, number: int, known: set[str]) -> Customer:
    shares = D1_SHARE if crm == "fxiaoke" else {region: share for region, share in D2_SHARE.items() if region != "海外"}
    region = rng.choices(list(shares), list(shares.values()))[0]
    province, city, division = rng.choice(names.CITIES[region])
    name = ""
    while not name or name in known:
        trade, industry = rng.choice(names.TRADE if crm == "fxiaoke" else names.SMALL_TRADE)
        brand = names.FIRST[2 * rng.randrange(len(names.FIRST) // 2) :][:2] + (
            rng.choice(names.SECOND) if rng.random() < 0.3 else ""
        )
        form = rng.choice(names.LEGAL_FORM) if not trade.endswith(("行", "部", "厂")) else ""
        name = f"{city}{brand}{trade}{form}"
    known.add(name)
    created, first, last, weight, terms, habit, level, discount, favourite = _traits(rng, crm)
    return Customer(
        index,
        index,
        crm,
        account_id(rng, crm, number, created),
        f"KH{number + 1:05}",
        name,
        uscc(rng, division),
        region,
        province,
        city,
        f"{city}市{rng.choice(names.DISTRICTS)}{rng.choice(names.STREETS)}路{rng.randrange(1, 999)}号",
        industry,
        moment(next_workday(created), 9 + rng.randrange(8), rng.randrange(60), rng.randrange(60)),
        first,
        last,
        weight,
        "CNY",
        terms,
        habit,
        level,
        discount,
        favourite,
    )


def _foreign(rng: Random, index: int, crm: str, number: int, known: set[str]) -> Customer:
    country, city = rng.choice(names.FOREIGN)
    name = ""
    while not name or name in known:
        form = names.FOREIGN_FORM[country]
        brand = f"{rng.choice(names.FOREIGN_FIRST)} {rng.choice(names.FOREIGN_SECOND)}"
        brand = brand if rng.random() < 0.5 else f"{city} {brand}"
        name = f"PT {brand}" if form == "PT" else f"{brand} {form}"
    known.add(name)
    created, first, last, weight, terms, habit, level, _, favourite = _traits(rng, crm)
    return Customer(
        index,
        index,
        crm,
        account_id(rng, crm, number, created),
        f"KH{number + 1:05}",
        name,
        "",
        "海外",
        country,
        city,
        f"{rng.randrange(1, 400)} Industrial Park, {city}",
        "Distribution",
        moment(next_workday(created), 9 + rng.randrange(8), rng.randrange(60), rng.randrange(60)),
        first,
        last,
        weight,
        "USD" if rng.random() < 0.8 else "CNY",
        terms,
        habit,
        level,
        0.03,
        favourite,
    )


def _twin(rng: Random, index: int, original: Customer, number: int, place: int, shared: int) -> Customer:
    """The same company met again by 二部: mostly the same code, sometimes only a name that differs a little."""
    created, first, last, weight, terms, habit, level, discount, favourite = _traits(rng, "zoho")
    share = place / shared
    link = "uscc" if share < 0.75 else "link" if share < 0.9 else "undecided"
    code = original.uscc
    if link != "uscc":
        code = ""
    elif place % 9 == 4:
        code = f" {code.lower()} "  # typed by hand
    name = _variant(original, place) if link != "undecided" else _turned(original)
    return Customer(
        index,
        original.entity,
        "zoho",
        account_id(rng, "zoho", number, created),
        f"KH{number + 1:05}",
        name,
        code,
        original.region,
        original.province,
        original.city,
        original.street,
        original.industry,
        moment(next_workday(created), 9 + rng.randrange(8), rng.randrange(60), rng.randrange(60)),
        first,
        last,
        weight,
        "CNY",
        terms,
        habit,
        level,
        discount,
        favourite,
        link,
    )


def _variant(original: Customer, place: int) -> str:
    """A name as somebody else would type it."""
    short = original.name.removesuffix("有限责任公司").removesuffix("股份有限公司").removesuffix("有限公司")
    kind = place % 4
    if kind == 0:
        return original.name
    if kind == 1:
        return f"{short}({original.city})有限公司" if not short.startswith(original.city) else f"{original.name} "
    if kind == 2:
        return original.name.replace("有限责任公司", "有限公司").replace("股份有限公司", "(股份)有限公司")
    return f"{original.province}{original.name}" if not original.province.startswith(original.city) else short


def _turned(original: Customer) -> str:
    """A name that only a person recognises: the city behind, in brackets, and no legal form."""
    short = original.name.removesuffix("有限责任公司").removesuffix("股份有限公司").removesuffix("有限公司")
    return f"{short.removeprefix(original.city)}({original.city})"


def _branch(rng: Random, index: int, original: Customer, number: int) -> Customer:
    """A branch or a namesake elsewhere: alike by name, another legal person."""
    created, first, last, weight, terms, habit, level, discount, favourite = _traits(rng, "zoho")
    city = rng.choice([place for place in names.CITIES[original.region] if place[1] != original.city])
    return Customer(
        index,
        index,
        "zoho",
        account_id(rng, "zoho", number, created),
        f"KH{number + 1:05}",
        f"{original.name}{city[1]}分公司",
        uscc(rng, city[2]),
        original.region,
        city[0],
        city[1],
        f"{city[1]}市工业园区{rng.randrange(1, 99)}号",
        original.industry,
        moment(next_workday(created), 9 + rng.randrange(8), rng.randrange(60), rng.randrange(60)),
        first,
        last,
        weight,
        "CNY",
        terms,
        habit,
        level,
        discount,
        favourite,
        "different",
    )


def account_id(rng: Random, crm: str, number: int, created: int) -> str:
    """An account's id as its CRM makes them; the first records of Fxiaoke carry 32 hexadecimal digits."""
    if crm == "zoho":
        return f"543700000000{1_000_000 + number * 19:07}"
    if created < day(2022, 9, 1):
        return f"{rng.getrandbits(128):032x}"
    return f"{(created - 719_163) * 86_400:08x}{rng.getrandbits(40):010x}{number:06x}"


def assign_owners(seed: int, customers: list[Customer], people: list[Person]) -> None:
    """Give every customer its owner, and hand customers over whenever somebody leaves, moves or is promoted."""
    rng = Random(f"{seed}:owners")
    for department in ("D1", "D2"):
        ours = [customer for customer in customers if customer.department == department]
        for customer in ours:
            start = max(customer.created // 86_400, FIRST_DAY)
            customer.owners.append((customer.created // 86_400, rng.choice(reps_on(people, start, department, customer.region))))
        for on, no, arriving in _seat_changes(people, department):
            if arriving:
                _welcome(rng, ours, people, no, on)
            else:
                _hand_over(rng, ours, people, no, on)


def _seat_changes(people: list[Person], department: str) -> list[tuple[int, str, bool]]:
    """When a selling seat of the department was taken (True) or given up (False) after the story began, in order."""
    changes = []
    for person in people:
        seats = [(s.first, s.last, s.region) for s in person.stints if s.role == "销售代表" and s.department == department]
        for place, (first, _last, region) in enumerate(seats):
            if place and seats[place - 1][1] == first - 1 and seats[place - 1][2] == region:
                continue  # only the manager changed
            if first > FIRST_DAY:
                changes.append((first, person.no, True))
        for place, (_first, last, region) in enumerate(seats):
            if last is None or (place + 1 < len(seats) and seats[place + 1][0] == last + 1 and seats[place + 1][2] == region):
                continue
            changes.append((last + 1, person.no, False))
    return sorted(changes)


def _hand_over(rng: Random, customers: list[Customer], people: list[Person], no: str, on: int) -> None:
    mine = [customer for customer in customers if customer.owners[-1][1] == no]
    forgotten = FORGOTTEN.get(no, 0) if no in LEAVERS else 0
    heavy = sorted((c for c in mine if c.created // 86_400 < on - 200 and c.last_order > on), key=lambda c: -c.weight)[:forgotten]
    for customer in mine:
        if customer in heavy:
            customer.last_order = on - 1
            customer.orphaned = on
        elif customer.owners[0][0] >= on:
            customer.owners[0] = (customer.owners[0][0], rng.choice(reps_on(people, on, customer.department, customer.region)))
        else:
            customer.owners.append((on, rng.choice(reps_on(people, on, customer.department, customer.region))))


def _welcome(rng: Random, customers: list[Customer], people: list[Person], no: str, on: int) -> None:
    """A newcomer gets a fair share of the region's customers from the colleagues, and the newer ones at once."""
    region = next(stint.region for person in people if person.no == no for stint in person.stints if stint.first == on)
    share = 1 / max(len(reps_on(people, on, customers[0].department, region)), 1)
    for customer in customers:
        if customer.region == region and customer.owners[-1][1] != no and rng.random() < share * 0.9:
            if customer.owners[0][0] >= on:
                customer.owners[0] = (customer.owners[0][0], no)
            elif customer.owners[-1][0] < on:
                customer.owners.append((on, no))
