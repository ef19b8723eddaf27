"""What sales people do before anything is sold: visits, leads and the contacts they make.

What to add here: an activity.
What belongs elsewhere: opportunities and orders (`sales.py`), how a CRM writes an activity (`zoho.py`, `fxiaoke.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simulators.world import names
from simulators.world.clock import DAY, FIRST_DAY, LAST_DAY, is_workday, moment, month_of
from simulators.world.customers import Customer
from simulators.world.people import REP, Person
from simulators.world.products import Product
from simulators.world.sales import Opportunity, record_id

VISITS_A_DAY = 0.83


@dataclass(slots=True)
class Visit:
    """A visit or a meeting: when it began and ended as far as anybody noted it."""

    id: str
    customer: Customer
    owner: str
    started: int
    ended: int | None
    planned_end: int
    checked_in: bool
    scene: int
    note: str


@dataclass(slots=True)
class Contact:
    """A person at a customer."""

    id: str
    customer: Customer
    surname: str
    given: str
    title: str
    phone: str
    at: int


@dataclass(slots=True)
class Lead:
    """Somebody who may become a customer; converted when an opportunity came of it."""

    id: str
    crm: str
    company: str
    surname: str
    given: str
    owner: str
    source: int
    at: int
    touched: int
    state: str  # new, contacted, converted, closed
    opportunity: Opportunity | None


def make_contacts(seed: int, customers: list[Customer]) -> list[Contact]:
    """One contact at every customer."""
    rng = Random(f"{seed}:contacts")
    contacts = []
    for place, customer in enumerate(customers, start=1):
        given = "".join(rng.choices(names.GIVEN, k=rng.choice((1, 2))))
        contacts.append(
            Contact(
                record_id(rng, customer.crm, 4, place, customer.created),
                customer,
                rng.choice(names.SURNAMES),
                given,
                rng.choice(names.TITLES),
                f"1{rng.choice('3578')}{rng.randrange(10**9):09}",
                customer.created + 300,
            )
        )
    return contacts


def make_visits(
    seed: int,
    customers: list[Customer],
    contacts: list[Contact],
    people: list[Person],
    products: tuple[Product, ...],
    scale: float,
) -> list[Visit]:
    """What every seller did in the field, day by day."""
    rng = Random(f"{seed}:visits")
    contact_of = {contact.customer.account_id: f"{contact.surname}{contact.title[-2:]}" for contact in contacts}
    visits: list[Visit] = []
    month, round_of = "", dict[str, list[Customer]]()
    sellers = [person for person in people if any(stint.role == REP for stint in person.stints)]
    for ordinal in range(FIRST_DAY, LAST_DAY + 1):
        if not is_workday(ordinal):
            continue
        if month_of(ordinal) != month:
            month, round_of = month_of(ordinal), _rounds(customers, ordinal)
        for person in sellers:
            stint = person.stint_on(ordinal)
            mine = round_of.get(person.no)
            if stint is None or stint.role != REP or not mine or rng.random() > VISITS_A_DAY * min(scale, 1.0):
                continue
            customer = mine[int(rng.random() ** 1.6 * len(mine))]
            if customer.department == stint.department:
                visits.append(_visit(rng, customer, person.no, ordinal, contact_of[customer.account_id], products))
    visits.sort(key=lambda visit: (visit.started, visit.owner))
    for place, visit in enumerate(visits, start=1):
        visit.id = record_id(rng, visit.customer.crm, 5, place, visit.started)
    return visits


def _rounds(customers: list[Customer], ordinal: int) -> dict[str, list[Customer]]:
    """Each seller's customers in a month, the heavy ones first."""
    rounds: dict[str, list[Customer]] = {}
    for customer in customers:
        if customer.created // DAY < ordinal and customer.last_order >= ordinal:
            rounds.setdefault(customer.owner_on(ordinal), []).append(customer)
    for mine in rounds.values():
        mine.sort(key=lambda customer: (-customer.weight, customer.index))
    return rounds


def _visit(rng: Random, customer: Customer, owner: str, ordinal: int, contact: str, products: tuple[Product, ...]) -> Visit:
    started = moment(ordinal, 9 + rng.randrange(8), rng.randrange(60), rng.randrange(60))
    minutes = max(round(rng.lognormvariate(3.75, 0.5)), 12)
    dice = rng.random()
    note = rng.choice(names.VISIT_NOTES).format(contact=contact, product=rng.choice(products).name.split()[0])
    ended: int | None = started + minutes * 60 + rng.randrange(60)
    if dice < 0.05:
        ended = None  # forgot to check out
    elif dice < 0.10:
        ended = started + rng.randrange(60, 540)
    if dice > 0.93:
        note = rng.choice(names.SHORT_NOTES)
    checked_in = customer.crm == "fxiaoke" or rng.random() < (0.2 if customer.region == "海外" else 0.9)
    return Visit("", customer, owner, started, ended, started + minutes * 60, checked_in, rng.randrange(len(names.SCENES)), note)


def make_leads(seed: int, customers: list[Customer], opportunities: list[Opportunity], scale: float) -> list[Lead]:
    """Leads: those from which a customer's first opportunity came, and many that came to nothing."""
    rng = Random(f"{seed}:leads")
    leads: list[Lead] = []
    seen: set[str] = set()
    for chance in opportunities:
        customer = chance.customer
        if customer.account_id in seen or customer.created // DAY < FIRST_DAY:
            continue
        seen.add(customer.account_id)
        at = customer.created - rng.randrange(2, 20) * DAY
        leads.append(
            Lead(
                "",
                customer.crm,
                customer.name,
                rng.choice(names.SURNAMES),
                rng.choice(names.GIVEN),
                customer.owners[0][1],
                chance.source,
                at,
                min(customer.created, chance.stages[0].at),
                "converted",
                chance,
            )
        )
    owners = [(c.crm, c.owner_on, c.city, c.created) for c in customers if c.region != "海外"]
    for _ in range(round(1300 * scale)):
        crm, owner_on, city, _created = rng.choice(owners)
        ordinal = FIRST_DAY + rng.randrange(LAST_DAY - FIRST_DAY)
        owner = owner_on(ordinal)
        at = moment(ordinal, 9 + rng.randrange(8), rng.randrange(60), rng.randrange(60))
        trade = rng.choice(names.TRADE)[0]
        company = f"{city}{rng.choice(names.FIRST)}{rng.choice(names.SECOND)}{trade}有限公司"
        state = rng.choices(("new", "contacted", "closed"), (20, 30, 50))[0]
        leads.append(
            Lead(
                "",
                crm,
                company,
                rng.choice(names.SURNAMES),
                rng.choice(names.GIVEN),
                owner,
                rng.randrange(6),
                at,
                at + rng.randrange(1, 20) * DAY,
                state,
                None,
            )
        )
    leads.sort(key=lambda lead: (lead.at, lead.company))
    for place, lead in enumerate(leads, start=1):
        lead.id = record_id(rng, lead.crm, 0, place, lead.at)
    return leads
