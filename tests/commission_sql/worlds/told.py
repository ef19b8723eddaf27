"""Facts drawn so that every rule of a drawn plan has something to act on.

Add a fact here when a rule needs one; what must come out, the reference engine says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from commission.engine import (
    Absence,
    Acceptance,
    Assignment,
    Event,
    Facts,
    Figure,
    FxRate,
    Handover,
    Milestone,
    OrderHold,
    Penalty,
    Person,
    PoolMember,
    Quota,
    Split,
    Wage,
    Waiver,
)
from commission.engine.money import cents, part_payment_bases
from tests.commission_sql.worlds.drawing import FIRST, D
from tests.commission_sql.worlds.plans import Plans

WORKDAYS = frozenset(day for number in range(-40, 420) if (day := FIRST + timedelta(days=number)).weekday() < 5)


class Told(Plans):
    """What happened under the plan."""

    def event(self, number: int, kind: str, day: date, amount: Decimal) -> Event:
        """One event with all its words."""
        values: dict[str, Any] = {"transaction_id": f"O{self.number}-{self.random.randint(0, 3)}"}
        if "dates" in self.parts:
            values |= {
                "dates": {
                    name: day + timedelta(days=self.random.randint(-20, 40))
                    for name in ("order_date", "invoice_date", "posting_date")
                    if self.chance(50)
                }
            }
            values |= {"signed_date": day - timedelta(days=self.random.randint(0, 90))} if self.chance(60) else {}
            values |= {"bill_maturity_date": day + timedelta(days=60)} if self.chance(15) else {}
            values |= {"currency": self.currency} if self.chance(25) else {}
            values |= {"is_cash": self.chance(92), "is_applied": self.chance(92)}
            values |= {
                "amount_incl_tax": cents(amount * D("1.13")),
                "gross_margin": cents(amount * D("0.3")),
                "mrr": cents(amount / 12),
            }
        values |= {"event_time": datetime.combine(day, time(self.random.randint(0, 3)))} if self.chance(40) else {}
        values["quantity"] = D(self.random.randint(1, 9))
        owner = self.one(*self.payees, *self.payees[:2])
        return Event(
            event_id=f"T{self.number}-{number}",
            event_type=kind,
            event_date=day,
            amount_ex_tax=amount,
            owner_at_signature=owner if self.chance(97) else None,
            owner_at_event=self.one(owner, owner, *self.payees),
            product_line=self.one("L1", "L2", None),
            product_code=self.one("x", "y", "z", None),
            variant=self.one("x", None, None),
            category=self.one("x", "z"),
            customer_class=self.one("new", "renew"),
            crm=f"k{self.number}",
            tags=self.one(frozenset(), frozenset(), frozenset({"gift"}), frozenset({"sample", "vip"})),
            days_past_due=D(self.one(0, 0, 30, 31, 60, 75, 91)),
            discount_rate=self.one(D(0), D("0.05"), D("0.10"), D("0.15"), D("0.2"), D("0.6")),
            **values,
        )

    def events(self, kinds: Sequence[str]) -> list[Event]:
        """Sales, part payments of one net total, and refunds of some."""
        found = [
            self.event(
                number,
                self.one(*kinds),
                self.day(),
                self.one(self.decimal(1, 9000, 2), self.decimal(1, 90, 0) * 50, D(0) if self.chance(5) else D(100)),
            )
            for number in range(self.random.randint(1, 9))
        ]
        if self.chance(30):
            found += self.part_payments(len(found), self.one(*kinds))
        if self.chance(10):
            found.append(replace(found[0], event_id=f"N{self.number}", amount_ex_tax=-self.decimal(1, 400, 2)))
        if "refunds" in self.parts:
            for number, sale in enumerate(self.random.sample(found, min(len(found), self.random.randint(0, 4)))):
                found += self.refunds(number, sale)
        return found

    def part_payments(self, number: int, kind: str) -> list[Event]:
        """One transaction in parts that together are its net total exactly."""
        net, count = self.decimal(10, 9000, 2), self.random.randint(2, 4)
        gross = cents(net * D("1.13"))
        cuts = sorted(D(self.random.randint(1, int(gross * 100))) / 100 for _ in range(count - 1))
        parts = [end - start for start, end in zip([D(0), *cuts], [*cuts, gross], strict=True)]
        first = self.event(number, kind, self.day(0, 60), net)
        return [
            replace(
                first,
                event_id=f"{first.event_id}-{place}",
                amount_ex_tax=base,
                transaction_id=f"OP{self.number}",
                transaction_total=net,
                event_date=first.event_date + timedelta(days=30 * place),
                dates={},
                event_time=None,
            )
            for place, base in enumerate(part_payment_bases(net, gross, parts))
        ]

    def refunds(self, number: int, sale: Event) -> list[Event]:
        """Some of it back, once or twice, sometimes of a sale nobody knows or before the sale."""
        found = []
        for again in range(self.one(1, 1, 2)):
            part = self.one(D(1), D("0.5"), D("0.333")) / (again + 1)
            back: dict[str, Any] = {
                name: -cents(getattr(sale, name) * part) for name in ("amount_ex_tax", "amount_incl_tax", "gross_margin", "mrr")
            }
            back["quantity"] = -D(int(sale.quantity * part))
            day = sale.event_date + timedelta(days=self.random.randint(-3 if self.chance(10) else 0, 120))
            found.append(
                replace(
                    sale,
                    event_id=f"R{self.number}-{number}-{again}",
                    event_date=day,
                    event_time=None,
                    dates={},
                    bill_maturity_date=None,
                    transaction_total=self.one(None, sale.transaction_total),
                    transaction_id=self.one(sale.transaction_id, sale.transaction_id, None)
                    if sale.event_type != "cash_applied"
                    else sale.transaction_id,
                    original_event_id=sale.event_id if self.chance(95) else f"gone{self.number}",
                    owner_at_signature=self.one(sale.owner_at_signature, None),
                    owner_at_event=self.one(sale.owner_at_event, None, *self.payees),
                    customer_class="renew",
                    days_past_due=D(0),
                    **back,
                )
            )
        return found

    def facts(self, events: list[Event]) -> Facts:
        """Everything else that is told."""
        a, b, c, m = self.payees
        assigned = [Assignment(payee_no=payee, plan_id=f"p{self.number}", valid_from=date(2025, 6, 1)) for payee in self.payees]
        if "people" in self.parts and self.chance(40):
            assigned[0] = replace(assigned[0], valid_from=self.day(0, 90), valid_to=self.day(100, 364))
        assigned += [replace(assigned[-1], payee_no=f"D{level:02d}x{self.number}") for level in (5, 7, 8, 11)]
        told: dict[str, Any] = {"events": tuple(events), "assignments": tuple(assigned), "workdays": WORKDAYS}
        told |= {"people": tuple(self.people())}
        told["quotas"] = tuple(
            Quota(
                payee_no=payee,
                measure="签约额",
                first_day=date(2026, month, 1),
                last_day=date(2026, month, 28),
                amount=self.decimal(100, 3000, 2),
            )
            for payee in self.payees
            for month in range(1, 13)
            if self.chance(85)
        )
        if self.has("people", 40):
            told["absences"] = (Absence(payee_no=a, first_day=date(2026, 2, 1), last_day=self.day(32, 80)),)
        if self.has("credit", 60):
            told["splits"] = tuple(self.splits())
        if self.has("people", 60):
            told["handovers"] = tuple(self.handovers())
        if "dates" in self.parts:
            told["fx_rates"] = tuple(
                FxRate(
                    rate_type=kind,
                    currency=self.currency,
                    rate_date=date(2025, 10, 1) + timedelta(days=20 * step + offset),
                    rate=self.decimal(6, 8, 4),
                )
                for offset, kind in enumerate(("mid", "book"))
                for step in range(self.one(3, 22))
            )
        return Facts(**told | self.facts_of_guards())

    def people(self) -> list[Person]:
        """A and B under M, C under B; A may move, join or leave."""
        a, b, c, m = self.payees
        long_ago = date(2025, 1, 1)
        rows = [
            Person(payee_no=a, valid_from=long_ago, manager_no=m, role="rep"),
            Person(payee_no=b, valid_from=long_ago, manager_no=m, role="rep"),
            Person(payee_no=c, valid_from=long_ago, manager_no=b, role=f"r{self.number}"),
        ]
        if self.chance(80):
            rows.append(Person(payee_no=m, valid_from=long_ago, role="boss", manager_no=self.one(None, c)))
        if self.has("credit", 20):
            chain = [m, *(f"D{level:02d}x{self.number}" for level in range(12))]
            rows = [row for row in rows if row.payee_no != m]
            rows += [
                Person(payee_no=below, valid_from=long_ago, manager_no=above, role="boss")
                for below, above in zip(chain, [*chain[1:], self.one(None, m, a)], strict=True)
            ]
        if self.has("people", 40):
            moves = self.day(20, 200)
            rows[0] = replace(rows[0], valid_to=moves - timedelta(days=1))
            rows.append(replace(rows[0], valid_from=moves, valid_to=None, manager_no=b, role=self.one("rep", "boss")))
        if self.has("people", 50):
            hired, left = self.one(None, self.day(0, 60)), self.one(None, self.day(90, 300))
            rows = [replace(row, hire_date=hired, leave_date=left) if row.payee_no == a else row for row in rows]
        return rows

    def handovers(self) -> list[Handover]:
        """For all and for one order, for ever or one after the other."""
        a, b, c, m = self.payees
        first, second = self.one(None, None, self.day(60, 200)), self.day(60, 300)
        found = [Handover(leaver_no=a, successor_no=b, valid_from=first, valid_to=self.one(None, None, second))]
        if self.chance(40):
            found.append(Handover(leaver_no=a, successor_no=m, valid_from=self.one(second, second, first)))
        return [
            *found,
            Handover(leaver_no=a, successor_no=c, transaction_id=f"O{self.number}-1", valid_from=self.one(None, second)),
        ]

    def splits(self) -> list[Split]:
        """Shares of some transactions, whole or not, for ever or for a while."""
        a, b, c, m = self.payees
        found = []
        for place in range(3):
            transaction = self.one(f"O{self.number}-{place}", f"OP{self.number}")
            first, last = self.one(None, self.day(0, 60)), self.one(None, None, self.day(90, 300))
            shares = self.one(
                {a: D("0.7"), b: D("0.3")},
                {a: D("0.3334"), b: D("0.3333"), c: D("0.3333")},
                {b: D(1)},
                {a: D("0.4"), b: D("0.4")},
            )
            found += [
                Split(transaction_id=transaction, payee_no=payee, share=share, valid_from=first, valid_to=last)
                for payee, share in shares.items()
            ]
            if self.chance(20):
                found.append(Split(transaction_id=transaction, payee_no=m, share=D("0.1"), is_overlay=True, valid_from=first))
        if self.chance(80):
            return list({(one.transaction_id, one.payee_no): one for one in found}.values())
        return [part for one in found for part in (replace(one, share=one.share / 2), replace(one, share=one.share / 2))]

    def facts_of_guards(self) -> dict[str, Any]:
        """Wages, milestones, holds, figures, waivers, pools, penalties."""
        a, b, c, m = self.payees
        months = [f"2026-{number:02d}" for number in range(1, 13)]
        told: dict[str, Any] = {}
        if "draws" in self.parts:
            told["wages"] = tuple(
                Wage(payee_no=payee, month=month, wages=self.decimal(50, 400, 2), minimum_wage=self.one(None, None, D(90)))
                for payee in self.payees
                for month in months
                if self.chance(80)
            )
        if "holds" in self.parts:
            orders = [f"O{self.number}-{place}" for place in range(4)]
            told["milestones"] = tuple(
                Milestone(transaction_id=order, name=self.one("accepted", "signed_off"), reached_on=self.day(60, 330))
                for order in orders
                if self.chance(50)
            )
            told["order_holds"] = tuple(
                OrderHold(
                    transaction_id=order,
                    reason="争议",
                    held_from=self.day(0, 150),
                    released_on=self.one(None, self.day(150, 330)),
                )
                for order in orders
                if self.chance(40)
            )
        if "gates" in self.parts or "awards" in self.parts:
            periods = [*months, "2026-Q1", "2026-Q2", "2026-Q3", "2026"]
            told["figures"] = tuple(
                Figure(payee_no=payee, period=period, name=name, value=value, reached_on=self.one(None, self.day(0, 30)))
                for payee in self.payees
                for period in periods
                for name, value in (
                    ("overdue_ratio", self.decimal(0, 1, 1) / 2),
                    ("report_rate", self.decimal(0, 1, 1)),
                    ("visits", D(self.random.randint(0, 6))),
                    ("signed_ex_tax", D(self.random.randint(1, 3))),
                    ("gross_margin", D(self.random.randint(1, 2))),
                )
                if self.chance(85)
            )
            told["waivers"] = tuple(
                Waiver(payee_no=a, month=month, gate_id="g0", approved_by="E900" if int(month[5:]) % 2 else m)
                for month in months
                if self.chance(15)
            )
        if "awards" in self.parts:
            told |= self.facts_of_awards(months)
        return told

    def facts_of_awards(self, months: Sequence[str]) -> dict[str, Any]:
        """Pool members, penalties and their papers."""
        members = tuple(
            PoolMember(
                pool_id=f"t{self.number}",
                period=period,
                payee_no=payee,
                share=self.one(D(1), D("0.5"), D("0.333")),
                days=self.one(0, 10, 30),
            )
            for payee in self.payees
            for period in ("2026-02", "2026-Q1", "2026-Q2", "2026")
            if self.chance(80)
        )
        penalties = tuple(
            Penalty(
                payee_no=payee,
                month=self.one(*months),
                clause_id=f"late{self.number}",
                amount=self.decimal(1, 70, 2),
                evidence=self.one("a.pdf", "a.pdf", None),
                approved_by=self.one("E900", "E900", None, payee),
            )
            for payee in self.payees[:2]
        )
        accepted = tuple(
            Acceptance(payee_no=payee, plan_id=f"p{self.number}", version=version, accepted_on=FIRST)
            for payee in self.payees
            for version in (1, 2)
            if self.chance(75)
        )
        return {"pool_members": members, "penalties": penalties, "acceptances": accepted}
