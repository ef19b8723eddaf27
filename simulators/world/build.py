"""From a seed to files: the world is imagined once, then written for both CRMs, for finance and for tests.

What to add here: a file of the world.
What belongs elsewhere: what is in it (the modules beside this one).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from simulators.world.activity import Contact, Lead, Visit, make_contacts, make_leads, make_visits
from simulators.world.beside import BesideFxiaoke, BesideZoho, some
from simulators.world.books import write_books
from simulators.world.cash import Cash, make_cash
from simulators.world.customer_work import make_feedback, make_service, strategic_list, write_customer_work
from simulators.world.customers import Customer, make_customers
from simulators.world.dealing import write_dealing
from simulators.world.decisions import write_decisions
from simulators.world.dirty import Files, spoil
from simulators.world.fxiaoke import FxiaokeWriter
from simulators.world.merging import repoint
from simulators.world.outcomes import write_outcomes
from simulators.world.people import Person, cast
from simulators.world.performance import make_surveys, write_performance
from simulators.world.planted import (
    Merge,
    Planted,
    describe,
    plant_merges,
    plant_orders,
    plant_payments,
    plant_pool,
    plant_reowned,
)
from simulators.world.products import Product, catalogue
from simulators.world.sales import Sales, make_sales, number_sales
from simulators.world.tiering import write_tiering
from simulators.world.truth import events_of, write_truth
from simulators.world.zoho import ORGANISATION, ZohoWriter

SEED = 20260101
ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(slots=True)
class World:
    """Everything that happened."""

    people: list[Person]
    products: tuple[Product, ...]
    customers: list[Customer]
    sales: Sales
    cash: Cash
    contacts: list[Contact]
    leads: list[Lead]
    visits: list[Visit]
    merges: list[Merge]
    planted: list[Planted]


def imagine(seed: int, scale: float) -> World:
    """The whole world of a seed, in memory."""
    people, products = cast(), catalogue()
    customers = make_customers(seed, people, scale)
    sales = make_sales(seed, customers, products, scale)
    plant_orders(seed, sales)
    number_sales(seed, sales)
    merges = plant_merges(customers, sales)
    pooled = plant_pool(customers, sales)
    cash = make_cash(seed, sales.orders)
    plant_payments(seed, cash)
    plant_reowned(seed, sales, customers)
    contacts = make_contacts(seed, customers)
    visits = make_visits(seed, customers, contacts, people, products, scale)
    leads = make_leads(seed, customers, sales.opportunities, scale)
    return World(people, products, customers, sales, cash, contacts, leads, visits, merges, describe(sales, cash, merges, pooled))


def build_world(out: Path, seed: int = SEED, scale: float = 1.0) -> dict[str, int]:
    """Write the world of a seed under a folder; says how many lines each file of records has."""
    world = imagine(seed, scale)
    files = {"fxiaoke": _fxiaoke(world, seed), "zoho": _zoho(world, seed)}
    repoint(files, world.merges)
    planted = world.planted + spoil(files)
    counts: dict[str, int] = {}
    for crm, tables in files.items():
        for name, rows in tables.items():
            if name != "_departments":
                rows.sort(key=lambda row: row["$at"])
            path = out / "records" / crm / f"{name}.ndjson"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(ENCODER.encode_lines(rows))
            counts[f"{crm}/{name}"] = len(rows)
    (out / "records" / "zoho" / "_org.json").write_bytes(ENCODER.encode(ORGANISATION) + b"\n")
    moved = {merge.loser.account_id: merge.winner for merge in world.merges}
    asked = make_surveys(seed, world.customers)
    write_books(out / "company", world.cash, moved)
    strategic = strategic_list(world.customers, moved)
    served, raised = make_service(seed, world.customers), make_feedback(seed, world.customers, world.products)
    write_customer_work(out / "company", seed, world.people, world.sales, strategic, served, raised, moved)
    write_performance(out / "company", seed, world.people, world.products, world.sales, world.visits, asked, moved)
    write_truth(out / "truth", world.sales, world.cash, world.customers, world.people, world.merges, planted)
    events = events_of(world.sales, world.cash, world.people)
    write_outcomes(out / "truth", events, world.sales, world.visits, world.people, asked)
    write_tiering(out / "truth", events, world.sales, world.customers, world.merges, strategic, served, raised)
    write_dealing(out / "truth", events, world.sales, world.leads)
    return counts


def recipe(seed: int = SEED, scale: float = 1.0) -> str:
    """What a world is made of, as one line: two worlds of the same recipe are equal, byte by byte."""
    sources = hashlib.blake2b(digest_size=16)
    for path in sorted(Path(__file__).parent.glob("*.*")):
        sources.update(path.read_bytes())
    return f"seed {seed}, scale {scale}, made by {sources.hexdigest()}"


def company_decisions(folder: Path, seed: int = SEED, scale: float = 1.0) -> None:
    """Write what the demo company decided (people, targets, products, links, …) into a company folder."""
    world = imagine(seed, scale)
    write_decisions(folder, world.people, world.products, world.customers, world.sales, world.cash)


def _fxiaoke(world: World, seed: int) -> Files:
    writer = FxiaokeWriter(world.people)
    ours = [customer for customer in world.customers if customer.crm == "fxiaoke"]
    orders = [order for order in world.sales.orders if order.customer.crm == "fxiaoke"]
    chances = [chance for chance in world.sales.opportunities if chance.customer.crm == "fxiaoke"]
    losers = {merge.loser.account_id for merge in world.merges}
    return {
        **BesideFxiaoke(writer, seed).files(some(chances, losers)),
        "_staff": list(writer.staff(world.people)),
        "_departments": list(writer.departments()),
        "AccountObj": list(writer.accounts(ours, world.merges, world.contacts)),
        "ContactObj": list(writer.contacts([contact for contact in world.contacts if contact.customer.crm == "fxiaoke"])),
        "LeadsObj": list(writer.leads([lead for lead in world.leads if lead.crm == "fxiaoke"])),
        "ProductObj": list(writer.products(world.products)),
        "NewOpportunityObj": list(writer.opportunities(chances)),
        "SalesOrderObj": list(writer.orders(orders)),
        "SalesOrderProductObj": list(writer.order_lines(orders)),
        "PaymentPlanObj": list(writer.plans(world.cash)),
        "PaymentObj": list(writer.payments(world.cash)),
        "OrderPaymentObj": list(writer.payment_lines(world.cash)),
        "ReturnedGoodsInvoiceObj": list(writer.returns(world.cash)),
        "CheckinsObj": list(writer.visits([visit for visit in world.visits if visit.customer.crm == "fxiaoke"])),
    }


def _zoho(world: World, seed: int) -> Files:
    writer = ZohoWriter(world.people)
    ours = [customer for customer in world.customers if customer.crm == "zoho"]
    orders = [order for order in world.sales.orders if order.customer.crm == "zoho"]
    chances = [chance for chance in world.sales.opportunities if chance.customer.crm == "zoho"]
    losers = {merge.loser.account_id for merge in world.merges}
    return {
        **BesideZoho(writer, seed).files(some(chances, losers)),
        "Users": list(writer.users_of(world.people)),
        "Accounts": list(writer.accounts(ours, world.merges, world.contacts)),
        "Contacts": list(writer.contacts([contact for contact in world.contacts if contact.customer.crm == "zoho"])),
        "Leads": list(writer.leads([lead for lead in world.leads if lead.crm == "zoho"])),
        "Products": list(writer.products(world.products)),
        "Deals": list(writer.deals(chances)),
        "DealHistory": list(writer.deal_history(chances)),
        "Sales_Orders": list(writer.orders(orders)),
        "Ordered_Items": list(writer.order_lines(orders)),
        "Invoices": list(writer.invoices(world.cash)),
        "Events": list(writer.visits([visit for visit in world.visits if visit.customer.crm == "zoho"])),
    }
