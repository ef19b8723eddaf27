"""The world as Zoho keeps it: records under its own field names, times with the offset, money as JSON numbers.

What to add here: a module of Zoho, a field that the demo organisation fills.
What belongs elsewhere: what happened (`sales.py`, `cash.py`, `activity.py`); how the API answers (`simulators/zoho`).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeAlias

from simulators.world import names
from simulators.world.activity import Contact, Lead, Visit
from simulators.world.cash import Cash
from simulators.world.clock import DAY, LAST_DAY, day, iso, iso_day, moment
from simulators.world.customers import Customer
from simulators.world.money import cents, half_up, rate_on
from simulators.world.people import Person
from simulators.world.planted import Merge
from simulators.world.products import Product
from simulators.world.sales import LOST, WON, Opportunity, Order, Stage

Record: TypeAlias = dict[str, Any]
STAGES = {
    1: ("Qualification", 10),
    2: ("Needs Analysis", 20),
    3: ("Proposal/Price Quote", 50),
    4: ("Negotiation/Review", 75),
    5: ("Closed Won", 100),
    6: ("Closed Lost", 0),
}
LEAD_STATES = {"new": "Not Contacted", "contacted": "Contacted", "converted": "Pre-Qualified", "closed": "Lost Lead"}
PROFILE = {"name": "Standard", "id": "5437000000000015974"}
ORGANISATION = {
    "id": "5437000000000010001",
    "zgid": "700154370",
    "company_name": "北辰工业部件有限公司",
    "iso_code": "CNY",
    "currency": "Chinese Yuan - CNY",
    "currency_symbol": "¥",
    "time_zone": "Asia/Shanghai",
    "mc_status": True,
    "country_code": "CN",
    "license_details": {"paid": True, "paid_type": "enterprise", "trial_type": None, "users_license_purchased": 30},
}


class ZohoWriter:
    """Writes one department's world in Zoho's shapes."""

    def __init__(self, people: list[Person]) -> None:
        self.users = {
            person.no: {"name": person.name, "id": person.zoho_id, "email": person.email} for person in people if person.zoho_id
        }

    def base(self, key: str, created: int, at: int, owner: str) -> Record:
        """What every record carries."""
        who = self.users[owner]
        return {
            "$at": iso(at),
            "id": key,
            "Owner": who,
            "Created_By": who,
            "Modified_By": who,
            "Created_Time": iso(created),
            "Modified_Time": iso(at),
            "Record_Status__s": "Available",
            "Locked__s": False,
            "Tag": [],
        }

    def users_of(self, people: list[Person]) -> Iterator[Record]:
        """Users with a seat, those who left as disabled."""
        for person in people:
            if not person.zoho_id:
                continue
            seats = [stint for stint in person.stints if stint.department in ("D0", "D2")]
            for place, seat in enumerate(seats):
                since = seat.first if place else person.hired if person.stints[0] is seat else seat.first
                yield self._user(person, seat.role, seat.manager, since, seats[0].first, "active")
            last = seats[-1]
            if last.last is not None:
                yield self._user(person, last.role, last.manager, last.last + 1, seats[0].first, "disabled")

    def _user(self, person: Person, role: str, manager: str, since: int, created: int, status: str) -> Record:
        boss = self.users.get(manager)
        at = iso(moment(since, 8))
        return {
            "$at": at,
            "id": person.zoho_id,
            "full_name": person.name,
            "first_name": person.name[1:],
            "last_name": person.name[:1],
            "email": person.email,
            "mobile": f"139{int(person.no[1:]) * 37 + 10_000_000:08}",
            "status": status,
            "profile": PROFILE,
            "role": {"name": role, "id": f"54370000000000{15_000 + len(role) * 7 + ord(role[0]) % 97:05}"},
            "Reporting_To": {"name": boss["name"], "id": boss["id"]} if boss else None,
            "time_zone": "Asia/Shanghai",
            "zuid": f"7{int(person.no[1:]):08}",
            "created_time": iso(moment(created, 8)),
            "Modified_Time": at,
        }

    def accounts(self, customers: list[Customer], merges: list[Merge], contacts: list[Contact]) -> Iterator[Record]:
        """Accounts with every change of owner."""
        phones = {contact.customer.account_id: contact.phone for contact in contacts}
        losers = {merge.loser.account_id: merge for merge in merges}
        for customer in customers:
            merge = losers.get(customer.account_id)
            for version, (since, owner) in enumerate(customer.owners, start=1):
                at = customer.created if version == 1 else moment(since, 9, 5)
                if merge and at >= merge.at:
                    break
                foreign = customer.region == "海外"
                yield self.base(customer.account_id, customer.created, at, owner) | {
                    "Account_Name": customer.name,
                    "Account_Number": customer.account_no,
                    "Industry": customer.industry,
                    "Account_Type": "Distributor" if customer.industry in ("经销", "Distribution") else "Customer",
                    "Parent_Account": None,
                    "Billing_Country": customer.province if foreign else "中国",
                    "Billing_State": None if foreign else customer.province,
                    "Billing_City": customer.city,
                    "Billing_Street": customer.street,
                    "Phone": phones[customer.account_id],
                    "Website": None,
                    "USCC": customer.uscc or None,
                    "Currency": customer.currency,
                    "Exchange_Rate": rate(at // DAY, customer.currency),
                }
            if merge:
                yield {"$at": iso(merge.at), "$deleted": "recycle", "id": customer.account_id}

    def contacts(self, contacts: list[Contact]) -> Iterator[Record]:
        """Contacts."""
        for contact in contacts:
            yield self.base(contact.id, contact.at, contact.at, contact.customer.owners[0][1]) | {
                "Last_Name": contact.surname,
                "First_Name": contact.given,
                "Full_Name": contact.surname + contact.given,
                "Account_Name": account(contact.customer),
                "Title": contact.title,
                "Mobile": contact.phone,
                "Email": None,
            }

    def leads(self, leads: list[Lead]) -> Iterator[Record]:
        """Leads, those converted with what they became."""
        for lead in leads:
            first = self.base(lead.id, lead.at, lead.at, lead.owner) | {
                "Last_Name": lead.surname,
                "First_Name": lead.given,
                "Full_Name": lead.surname + lead.given,
                "Company": lead.company,
                "Lead_Source": names.ZOHO_LEAD_SOURCES[lead.source],
                "Lead_Status": "Not Contacted",
                "Converted__s": False,
                "Converted_Date_Time": None,
                "Converted_Account": None,
                "Converted_Deal": None,
            }
            yield first
            if lead.state == "new" or lead.touched // DAY > LAST_DAY:
                continue
            second = first | {
                "$at": iso(lead.touched),
                "Modified_Time": iso(lead.touched),
                "Lead_Status": LEAD_STATES[lead.state],
            }
            if lead.opportunity is not None:
                second |= {
                    "Converted__s": True,
                    "Converted_Date_Time": iso(lead.touched),
                    "Converted_Account": account(lead.opportunity.customer),
                    "Converted_Deal": {"name": deal_name(lead.opportunity), "id": lead.opportunity.id},
                }
            yield second

    def products(self, products: tuple[Product, ...]) -> Iterator[Record]:
        """Products, there from the beginning."""
        created = moment(day(2024, 1, 2), 9)
        for product in products:
            yield self.base(product.zoho_id, created, created, "E902") | {
                "Product_Name": product.name,
                "Product_Code": product.code,
                "Product_Category": product.line,
                "Product_Active": True,
                "Unit_Price": product.price,
                "Usage_Unit": product.unit,
                "Taxable": True,
                "Tax": ["VAT - 13.0 %"],
            }

    def deals(self, chances: list[Opportunity]) -> Iterator[Record]:
        """Deals with every stage they stood in."""
        seen: set[str] = set()
        for chance in chances:
            created = chance.stages[0].at
            kind = "Existing Business" if chance.customer.account_id in seen else "New Business"
            seen.add(chance.customer.account_id)
            for stage in chance.stages:
                label, probability = STAGES[stage.stage]
                owner = chance.customer.owner_on(stage.at // DAY)
                days = (stage.at - created) // DAY if stage.stage in (WON, LOST) else None
                yield self.base(chance.id, created, stage.at, owner) | {
                    "Deal_Name": deal_name(chance),
                    "Account_Name": account(chance.customer),
                    "Contact_Name": None,
                    "Stage": label,
                    "Pipeline": "Standard",
                    "Amount": cents(stage.amount),
                    "Probability": probability,
                    "Expected_Revenue": cents(half_up(stage.amount * probability, 100)),
                    "Closing_Date": iso_day(stage.close_day),
                    "Type": kind,
                    "Lead_Source": names.ZOHO_LEAD_SOURCES[chance.source],
                    "Stage_Modified_Time": iso(stage.at),
                    "Reason_For_Loss__s": names.ZOHO_LOSS_REASONS[chance.loss_reason] if stage.stage == LOST else None,
                    "Sales_Cycle_Duration": days,
                    "Overall_Sales_Duration": days,
                    "Change_Log_Time__s": iso(stage.at),
                    "Currency": chance.currency,
                    "Exchange_Rate": rate(created // DAY, chance.currency),
                }

    def deal_history(self, chances: list[Opportunity]) -> Iterator[Record]:
        """DealHistory: a stage's row appears when the stage is left, the last one when it is entered."""
        for chance in chances:
            for place, stage in enumerate(chance.stages):
                after = chance.stages[place + 1] if place + 1 < len(chance.stages) else None
                yield self._history(chance, stage, after, place)

    def _history(self, chance: Opportunity, stage: Stage, after: Stage | None, place: int) -> Record:
        label, probability = STAGES[stage.stage]
        return {
            "$at": iso(after.at if after else stage.at),
            "id": f"{int(chance.id) - 5 * 10**9 + chance.no * 8 + place}",
            "Potential_Name": {"name": deal_name(chance), "id": chance.id},
            "Stage": label,
            "Moved_To__s": STAGES[after.stage][0] if after else None,
            "Stage_Duration_Calendar_Days": (after.at // DAY - stage.at // DAY) if after else None,
            "Amount": cents(stage.amount),
            "Probability": probability,
            "Expected_Revenue": cents(half_up(stage.amount * probability, 100)),
            "Closing_Date": iso_day(stage.close_day),
            "Created_Time": iso(stage.at),
            "Modified_Time": iso(stage.at),
            "Modified_By": {key: self.users[chance.customer.owner_on(stage.at // DAY)][key] for key in ("name", "id")},
        }

    def orders(self, orders: list[Order]) -> Iterator[Record]:
        """Sales orders: approved, delivered, handed over, cancelled, deleted."""
        for order in orders:
            subtotal = sum(line.total - line.discount for line in order.lines)
            first = self.base(order.id, order.at, order.at, order.owner) | {
                "Subject": f"{order.customer.name[:16]} {order.no}",
                "SO_Number": order.no,
                "Order_Date": iso_day(order.day),
                "Status": "Approved",
                "Account_Name": account(order.customer),
                "Contact_Name": None,
                "Deal_Name": {"name": deal_name(order.opportunity), "id": order.opportunity.id} if order.opportunity else None,
                "Due_Date": iso_day(order.delivery_day),
                "Sub_Total": cents(subtotal),
                "Discount": cents(order.header_discount),
                "Tax": cents(order.tax),
                "Adjustment": 0,
                "Grand_Total": cents(order.gross),
                "Currency": order.currency,
                "Exchange_Rate": rate(order.day, order.currency),
            }
            yield first
            events: list[tuple[int, Record]] = [(at, {"Owner": self.users[owner]}) for at, owner in order.reowned]
            if order.cancelled_at is not None:
                events.append((order.cancelled_at, {"Status": "Cancelled"}))
            elif not order.deleted:
                events.append((max(moment(order.delivery_day, 16, order.at % 60), order.at + 60), {"Status": "Delivered"}))
            current = first
            for at, change in sorted(events, key=lambda event: event[0]):
                if at // DAY <= LAST_DAY:
                    current = current | change | {"$at": iso(at), "Modified_Time": iso(at)}
                    yield current
            if order.deleted and order.deleted_at is not None:
                yield {"$at": iso(order.deleted_at), "$deleted": order.deleted, "id": order.id}

    def order_lines(self, orders: list[Order]) -> Iterator[Record]:
        """Ordered_Items, the subform of orders."""
        for order in orders:
            parent = {"name": f"{order.customer.name[:16]} {order.no}", "id": order.id}
            for number, line in enumerate(order.lines, start=1):
                yield {
                    "$at": iso(order.at),
                    "id": line.id,
                    "Parent_Id": parent,
                    "Created_Time": iso(order.at),
                    "Modified_Time": iso(order.at),
                    "Product_Name": {
                        "Product_Code": line.product.code,
                        "Currency": order.currency,
                        "name": line.product.name,
                        "id": line.product.zoho_id,
                    },
                    "Quantity": line.quantity,
                    "List_Price": cents(line.list_price),
                    "Total": cents(line.total),
                    "Discount": cents(line.discount),
                    "Total_After_Discount": cents(line.total - line.discount),
                    "Tax": cents(line.tax),
                    "Net_Total": cents(line.total - line.discount + line.tax),
                    "Description": None,
                    "Sequence_Number": number,
                }
                if order.deleted and order.deleted_at is not None:
                    yield {"$at": iso(order.deleted_at), "$deleted": order.deleted, "id": line.id}

    def invoices(self, cash: Cash) -> Iterator[Record]:
        """Invoices with one due date each."""
        for invoice in cash.invoices:
            order = invoice.order
            if order.customer.crm != "zoho":
                continue
            owner = order.customer.owner_on(invoice.day)
            yield self.base(invoice.id, invoice.at, invoice.at, owner) | {
                "Subject": f"{order.customer.name[:16]} {invoice.no}",
                "Invoice_Number": invoice.no,
                "Invoice_Date": iso_day(invoice.day),
                "Due_Date": iso_day(invoice.instalments[0].due),
                "Status": "Approved",
                "Account_Name": account(order.customer),
                "Sales_Order": {"name": f"{order.customer.name[:16]} {order.no}", "id": order.id},
                "Sub_Total": cents(invoice.net),
                "Discount": 0,
                "Tax": cents(invoice.tax),
                "Adjustment": 0,
                "Grand_Total": cents(invoice.amount),
                "Currency": order.currency,
                "Exchange_Rate": rate(order.day, order.currency),
            }

    def visits(self, visits: list[Visit]) -> Iterator[Record]:
        """Events: visits with a check-in, meetings without."""
        for visit in visits:
            at = (visit.ended or visit.started) + 5
            spot = int(visit.customer.account_id[-6:])
            checked = visit.checked_in
            yield self.base(visit.id, visit.started - 2 * DAY, at, visit.owner) | {
                "Event_Title": f"{names.SCENES[visit.scene]}:{visit.customer.name[:14]}",
                "Start_DateTime": iso(visit.started),
                "End_DateTime": iso(visit.ended or visit.planned_end),
                "All_day": False,
                "Venue": visit.customer.city,
                "What_Id": account(visit.customer),
                "$se_module": "Accounts",
                "Who_Id": None,
                "Participants": [],
                "Check_In_Time": iso(visit.started) if checked else None,
                "Check_In_Status": "VISITED" if checked else "PLANNED",
                "Description": visit.note,
                "Latitude": str(Decimal(spot % 9_999 + 280_000).scaleb(-4)) if checked else None,
                "Longitude": str(Decimal(spot % 9_999 + 1_120_000).scaleb(-4)) if checked else None,
            }


def account(customer: Customer) -> Record:
    """The lookup of an account."""
    return {"name": customer.name, "id": customer.account_id}


def deal_name(chance: Opportunity) -> str:
    """What a deal is called."""
    return f"{chance.customer.name[:16]}-{chance.product.name.split()[0]}-{chance.no:05}"


def rate(ordinal: int, currency: str) -> Decimal | int:
    """Exchange_Rate: units of the currency for one yuan, with six places."""
    if currency == "CNY":
        return 1
    return Decimal(half_up(10_000 * 1_000_000, rate_on(ordinal, currency))).scaleb(-6)
