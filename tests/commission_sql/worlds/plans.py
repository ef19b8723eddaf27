"""Plans drawn over the whole rule vocabulary.

Add a rule to the part of a plan it belongs to; the facts that make it act are in `told`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from commission.plan import Plan
from tests.commission_sql.worlds.drawing import D, Drawing

EVENTS = ("signed", "invoiced", "cash_applied", "delivered")


class Plans(Drawing):
    """Versions of one plan."""

    def tables(self, kind: str, scaled: bool) -> list[dict[str, Any]]:
        """A table from zero, without gaps."""
        count = self.random.randint(1, 4)
        unit = D("0.01") if scaled else D(1)
        starts = [
            D(0),
            *(start * unit for start in sorted(self.random.sample(range(20, 200) if scaled else range(1, 9000), count - 1))),
        ]
        if kind == "interpolated":
            points = [self.one(D(0), D(10)), *[start if scaled else start for start in starts[1:]], starts[-1] + 5000 * unit]
            found, amount = [], D(self.one(0, 0, 7))
            for at in sorted(set(points)):
                found.append({"at": at, "amount": amount})
                amount += self.decimal(0, 300, 2)
            return found if len(found) > 1 else [*found, {"at": found[0]["at"] + 100, "amount": amount}]
        key, places = ("x", 2) if kind == "attainment" else ("rate", 4)
        high = 3 if kind == "attainment" else 0
        rows: list[dict[str, Any]] = []
        for start, end in zip(starts, [*starts[1:], None], strict=True):
            value = self.decimal(0, high, places) if high else D(self.random.randint(0, 900)) / 10000
            rows.append({"from": start, key: value} | ({} if end is None else {"to": end}))
        return rows

    def rate(self) -> dict[str, Any]:
        """One of the five kinds."""
        kind = self.one("flat", "marginal", "retroactive", "interpolated", "attainment") if "rates" in self.parts else "flat"
        if kind == "flat":
            rate: dict[str, Any] = {"kind": "flat", "rate": D(self.random.randint(1, 999)) / 10000}
            if self.chance(30):
                rate |= {"by": "discount_rate", "table": tuple(self.bands("rate"))}
            if self.chance(30):
                rate["products"] = tuple(
                    {level: self.one("x", "y"), "rate": D(self.random.randint(1, 99)) / 1000}
                    for level in ("variant", "product", "category")
                )
            return rate
        scaled = kind == "attainment" or (kind in ("marginal", "retroactive", "interpolated") and self.chance(25))
        rate = {"kind": kind, "table": tuple(self.tables(kind, scaled))}
        if kind == "attainment":
            rate |= {"target_pay": self.decimal(100, 9000, 0)}
            rate |= {"decelerator": {"below": D("0.5"), "x": self.one(D("0.6"), D(0))}} if self.chance(50) else {}
        elif scaled:
            rate["scale"] = "attainment"
        return rate | ({"boundary": self.one("lower_inclusive", "upper_inclusive")} if kind != "interpolated" else {})

    def bands(self, key: str) -> list[dict[str, Any]]:
        """Bands by a figure; the last is open or ends."""
        ends = [D("0.10"), D("0.20"), self.one(None, D("0.50"))]
        return [({} if end is None else {"to": end}) | {key: D(self.random.randint(0, 12)) / 10} for end in ends]

    def filter(self) -> dict[str, Any]:
        """A few words of a filter."""
        words: dict[str, Any] = {}
        if self.chance(60):
            words["product_line"] = self.one(("L1",), ("L1", "L2"))
        if self.chance(30):
            words["exclude_tags"] = self.one(("gift",), ("gift", "sample"))
        if self.chance(20):
            words |= {"discount_above": D("0.05")} if self.chance(50) else {"discount_up_to": D("0.15")}
        if self.chance(20):
            words["customer_class"] = ("new",)
        return words

    def multipliers(self) -> list[dict[str, Any]]:
        """On the credit or on the earning, by class or by band."""
        found = []
        for number in range(self.random.randint(0, 2)):
            shape: dict[str, Any] = {"name": f"m{number}", "on": self.one("credit", "earning", "earning")}
            if self.chance(50):
                table = [{"to": D(30), "x": D(1)}, {"to": D(60), "x": D("0.8")}, {"to": D(90), "x": D("0.5")}]
                table += [{"x": D(0)}] if self.chance(50) else []
                found.append(shape | {"by": "days_past_due", "table": tuple(table)})
            else:
                found.append(
                    shape | {"when": self.filter() or {"customer_class": ("new",)}, "x": self.one(D("1.2"), D("0.95"), D("1.15"))}
                )
        return found

    def component(self, number: int) -> dict[str, Any]:
        """One way to earn."""
        rate = self.rate()
        event = self.one(*EVENTS, "cash_applied", "signed")
        part: dict[str, Any] = {"id": f"c{number}", "event": event, "rate": rate}
        part["filter"] = {"crm": (f"k{self.number}",)} | (self.filter() if self.has("filters", 40) else {})
        needs_quota = rate["kind"] == "attainment" or rate.get("scale") == "attainment"
        windows = ("month", "quarter", "year") if needs_quota else ("transaction", "month", "quarter", "year")
        if rate["kind"] != "flat" or self.chance(60):
            part["accumulate"] = self.one(*windows)
        if "dates" in self.parts:
            part |= (
                {"date_basis": self.one("order_date", "invoice_date", "bank_value_date", "posting_date")}
                if self.chance(30)
                else {}
            )
            part |= {
                "acceptance_bill": self.one("maturity", "receipt"),
                "plan_version_by": self.one("event_date", "event_date", "signed_date"),
            }
            part["measure"] = self.one(
                "amount_ex_tax", "amount_ex_tax", "amount_incl_tax", "gross_margin", "quantity", "mrr", "count"
            )
        if self.has("multipliers", 50):
            part["multipliers"] = tuple(self.multipliers())
        if "credit" in self.parts:
            part["credit"] = self.credit()
        if self.has("refunds", 75):
            refund: dict[str, Any] = {"mode": self.one("recompute_origin", "original_attribution", "current_credit")}
            refund |= {"window_days": self.one(0, 30, 60, 90, 400)} if self.chance(70) else {}
            part["refund"] = refund | {"share": self.one("full", "full", "prorated", "half_after_half")}
        return part | self.guards()

    def guards(self) -> dict[str, Any]:
        """Caps, floors, holdbacks, instalments."""
        part: dict[str, Any] = {}
        if self.has("caps", 40):
            part["cap"] = self.cap()
        if self.has("caps", 20):
            part["floor"] = {"amount": self.decimal(1, 60, 2)}
        if self.has("holds", 30):
            part["holdback"] = {"share": self.one(D("0.3"), D("0.5"), D("0.125")), "release": self.one("accepted", "signed_off")}
        if self.has("holds", 25):
            part["instalments"] = {"parts": self.random.randint(2, 5), "on_leave": self.one("pay_rest", "forfeit")}
        return part

    def cap(self) -> dict[str, Any]:
        """The most per event, month, quarter or year."""
        return {
            "amount": self.decimal(0, 120, 2),
            "per": self.one("event", "month", "month", "quarter", "year"),
            "excess": self.one("carry_forward", "carry_forward", "drop", "review"),
        }

    def credit(self) -> dict[str, Any]:
        """Owners, splits, overlays, managers."""
        words: dict[str, Any] = {
            "primary": self.one("owner_at_signature", "owner_at_event"),
            "splits": self.one("split_table", "split_table", "none"),
        }
        if self.chance(20):
            words["override"] = {"levels": self.one(1, 2, None)}
        elif self.chance(30):
            who = {"payee": self.payees[2]} if self.chance(50) else {"role": f"r{self.number}"}
            when = {"crm": (f"k{self.number}",)} | (self.filter() if self.chance(40) else {})
            words["overlays"] = ({**who, "share": D("0.2"), "when": when},)
        return words

    def plan(self, version: int, first: date, last: date | None, components: list[dict[str, Any]]) -> Plan:
        """One version."""
        said: dict[str, Any] = {
            "plan": f"p{self.number}",
            "version": version,
            "title": "办法",
            "valid": {"from": first} | ({} if last is None else {"to": last}),
            "currency": "CNY",
            "approved_by": ({"role": "finance", "id": "E901", "at": date(2025, 12, 1)},),
            "components": tuple(components),
            "quota": {
                "source": "targets",
                "measure": "签约额",
                "proration": self.one("calendar_days_inclusive", "workdays", "whole_months"),
            },
        }
        if self.has("people", 30):
            said["eligible"] = {
                "role": self.one(("rep",), ("rep", f"r{self.number}")),
                "employment": self.one("any", "active_on_date"),
            }
        if self.has("people", 40):
            said["leaver"] = {"grace_days": self.one(0, 10, 40), "pending": self.one("new_owner", "forfeit")}
        if self.has("dates", 60):
            said["fx"] = {"rate": self.one("signed_date", "event_date", "month_average"), "type": self.one("mid", "mid", "book")}
        return Plan.model_validate(said | self.over_all())

    def over_all(self) -> dict[str, Any]:
        """Rules over the payee's total."""
        said: dict[str, Any] = {}
        if self.has("caps", 25):
            said["cap"] = self.cap()
        if self.has("caps", 15):
            said["floor"] = {"amount": self.decimal(1, 90, 2)}
        if self.has("gates", 50):
            said["gates"] = tuple(self.gate(number) for number in range(self.random.randint(1, 2)))
        if self.has("draws", 60):
            kind = self.one("recoverable", "recoverable", "non_recoverable")
            draw: dict[str, Any] = {"kind": kind, "amount": self.decimal(10, 90, 0)}
            draw |= {"recover_from": self.one("2026-03", "2026-06")} if self.chance(40) else {}
            draw |= {"recover_down_to": D(20)} if self.chance(40) else {}
            draw |= {"until": self.one("2026-05", "2026-09")} if self.chance(30) else {}
            draw |= {"first_months": self.random.randint(1, 6)} if self.chance(30) else {}
            said["draw"] = draw | {"on_leave": self.one("settle_with_legal_limit", "write_off")}
        if self.has("draws", 60):
            said["recovery"] = {
                "wage_share": self.one(D("0.2"), D("0.333")),
                "minimum_wage": D(self.one(0, 80)),
                "offset_commission": self.chance(50),
                "limit_draws": self.chance(40),
            }
        if self.has("awards", 60):
            said |= self.awards()
        return said

    def gate(self, number: int) -> dict[str, Any]:
        """A sentence over figures that are sometimes unknown."""
        sentence = self.one(
            "overdue_ratio > 0.20",
            "overdue > 0.2 or report_rate < 0.9",
            "overdue_ratio > 0.1 and not report_rate >= 0.8",
            "not (overdue_ratio <= 0.2 and (report_rate > 0.5 or visits >= 3))",
        )
        gate: dict[str, Any] = {"id": f"g{number}", "if": sentence, "then": self.one("zero", "hold", "hold", "hold", "reduce")}
        gate |= {"x": self.one(D("0.5"), D("0.333"))} if gate["then"] == "reduce" else {}
        gate |= {"release": self.one("overdue_ratio <= 0.15", "report_rate > 0.9 or visits > 4")} if self.chance(50) else {}
        gate |= ({}, {"waived_by": "E900"}, {"waived_by": "boss"})[(self.number + number) % 3]
        return gate | ({"components": ("c0",)} if self.chance(25) else {})

    def awards(self) -> dict[str, Any]:
        """Prizes, pools, penalties."""
        said: dict[str, Any] = {}
        if self.chance(60):
            window = {"from": self.day(0, 60), "to": date(2026, 9, 30)}
            spiff: dict[str, Any] = {
                "id": f"s{self.number}",
                "event": self.one("signed", "cash_applied"),
                "per": self.one("unit", "deal"),
            }
            spiff |= {"amount": self.decimal(1, 50, 2)} | window | {"filter": {"crm": (f"k{self.number}",)}}
            said["spiffs"] = (spiff | ({"budget": self.decimal(20, 400, 2)} if self.chance(60) else {}),)
        if self.chance(50):
            said["pools"] = (
                {"id": f"t{self.number}", "amount": self.decimal(1, 500, 2), "per": self.one("month", "quarter", "year")},
            )
        if self.chance(50):
            said["penalties"] = ({"id": f"late{self.number}", "clause": "迟交", "max_amount": self.decimal(1, 50, 2)},)
        if self.chance(60):
            said["award"] = {
                f"{kind}_champion": self.champion(kind) for kind in ("monthly", "quarterly", "yearly") if self.chance(70)
            }
        return said

    def champion(self, kind: str) -> dict[str, Any]:
        """Gates, ties, waiting times."""
        said: dict[str, Any] = {"prize": self.decimal(1, 900, 2), "rank_by": "signed_ex_tax"}
        said |= {"gates": ("overdue <= 0.20",)} if self.chance(50) else {}
        said |= {
            "ties": self.one(("split",), ("gross_margin", "split"), ("earlier_date",), ("gross_margin", "earlier_date", "split"))
        }
        said |= {"repeat_after_months": self.random.randint(1, 3)} if self.chance(40) else {}
        if kind != "monthly" and self.chance(40):
            said["exclude_winners_of"] = self.one(("monthly_champion",), ("monthly_champion", "quarterly_champion"))
        return said
