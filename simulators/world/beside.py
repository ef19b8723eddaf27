"""What stands beside the selling: quotes, calls, tasks, cases, campaigns, price books, competitors; a few dozen of each.

What to add here: an object that no figure of the demo hangs on; it shows that the object is read, whole and typed.
What belongs elsewhere: whatever a figure is made of (`sales.py`, `cash.py`, `activity.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from simulators.world.clock import DAY, LAST_DAY, epoch_ms, iso_day, midnight_ms
from simulators.world.fxiaoke import FxiaokeWriter, text
from simulators.world.money import cents
from simulators.world.sales import Opportunity
from simulators.world.zoho import Record, ZohoWriter, account, deal_name, rate

SOME = 48
TOPICS = ("密封件漏油", "交期咨询", "发票信息更正", "轴承异响", "样品试用", "包装破损")
RIVALS = ("恒力传动", "东海密封", "Nordik Bearings")
FAIRS = ("上海工业博览会", "深圳机械展", "Hannover Messe", "客户开放日")
TALKS = ("电话确认需求", "微信沟通交期", "会议讨论方案", "上门回访使用情况")


def some(chances: list[Opportunity], losers: set[str]) -> list[Opportunity]:
    """A few dozen opportunities from all over the time, of customers that are never merged away."""
    fit = [one for one in chances if one.customer.account_id not in losers and one.stages[0].at // DAY < LAST_DAY - 10]
    return fit[:: max(1, len(fit) // SOME)][:SOME]


class BesideZoho:
    """The second department's other modules."""

    def __init__(self, writer: ZohoWriter, seed: int) -> None:
        self._writer, self._rng = writer, Random(f"{seed}:beside:zoho")

    def files(self, chances: list[Opportunity]) -> dict[str, list[Record]]:
        """Every module with its records."""
        quotes = [self._quote(place, chance) for place, chance in enumerate(chances, start=1)]
        return {
            "Quotes": quotes,
            "Quoted_Items": [self._line(place, *pair) for place, pair in enumerate(zip(quotes, chances, strict=True), start=1)],
            "Calls": [self._call(place, chance) for place, chance in enumerate(chances, start=1)],
            "Tasks": [self._task(place, chance) for place, chance in enumerate(chances, start=1)],
            "Cases": [self._case(place, chance) for place, chance in enumerate(chances, start=1)],
            "Campaigns": [self._campaign(place, chance) for place, chance in enumerate(chances[:: SOME // 8], start=1)],
            "Price_Books": [self._price_book(place, chance) for place, chance in enumerate(chances[:2], start=1)],
        }

    def _base(self, kind: int, place: int, chance: Opportunity, days: int = 0) -> Record:
        at = chance.stages[0].at + days * DAY + 600 * kind
        return self._writer.base(f"54370001{kind}{place * 17 + 10_000_000:010}", at, at, chance.owner)

    def _quote(self, place: int, chance: Opportunity) -> Record:
        first = chance.stages[0]
        return self._base(1, place, chance, 2) | {
            "Quote_Number": f"QT-{place:04}",
            "Subject": deal_name(chance),
            "Quote_Stage": self._rng.choice(("Draft", "Delivered", "Negotiation", "Closed Won")),
            "Valid_Till": iso_day(first.at // DAY + 30),
            "Deal_Name": {"name": deal_name(chance), "id": chance.id},
            "Account_Name": account(chance.customer),
            "Contact_Name": None,
            "Sub_Total": cents(first.amount),
            "Discount": 0,
            "Tax": 0,
            "Adjustment": 0,
            "Grand_Total": cents(first.amount),
            "Currency": chance.currency,
            "Exchange_Rate": rate(first.at // DAY, chance.currency),
        }

    def _line(self, place: int, quote: Record, chance: Opportunity) -> Record:
        product = chance.product
        return {
            **{name: quote[name] for name in ("$at", "Created_Time", "Modified_Time")},
            "id": f"543700012{place * 17 + 10_000_000:010}",
            "Parent_Id": {"name": quote["Subject"], "id": quote["id"]},
            "Product_Name": {"Product_Code": product.code, "name": product.name, "id": product.zoho_id},
            "Quantity": 1,
            "List_Price": quote["Grand_Total"],
            "Total": quote["Grand_Total"],
            "Discount": 0,
            "Tax": 0,
            "Net_Total": quote["Grand_Total"],
            "Sequence_Number": 1,
        }

    def _about(self, chance: Opportunity) -> Record:
        return {"Who_Id": None, "What_Id": {"name": deal_name(chance), "id": chance.id}, "$se_module": "Deals"}

    def _call(self, place: int, chance: Opportunity) -> Record:
        record, minutes = self._base(3, place, chance, 1), self._rng.randint(2, 30)
        return record | self._about(chance) | {
            "Subject": self._rng.choice(TALKS),
            "Call_Type": self._rng.choice(("Outbound", "Inbound")),
            "Call_Start_Time": record["Created_Time"],
            "Call_Duration": f"{minutes:02}:00",
            "Call_Duration_in_seconds": minutes * 60,
            "Call_Purpose": "Negotiation",
            "Call_Result": "Interested",
        }

    def _task(self, place: int, chance: Opportunity) -> Record:
        done = self._rng.random() < 0.7
        record = self._base(4, place, chance, 3)
        return record | self._about(chance) | {
            "Subject": self._rng.choice(TALKS),
            "Status": "Completed" if done else "Not Started",
            "Priority": "High",
            "Due_Date": iso_day(chance.stages[0].at // DAY + 7),
            "Closed_Time": record["Modified_Time"] if done else None,
        }

    def _case(self, place: int, chance: Opportunity) -> Record:
        return self._base(5, place, chance, 9) | {
            "Case_Number": str(1_000 + place),
            "Subject": self._rng.choice(TOPICS),
            "Status": self._rng.choice(("New", "Closed")),
            "Priority": "Medium",
            "Type": "Problem",
            "Case_Origin": self._rng.choice(("Phone", "Email")),
            "Case_Reason": "User did not attend any training",
            "Account_Name": account(chance.customer),
            "Deal_Name": None,
            "Product_Name": {"name": chance.product.name, "id": chance.product.zoho_id},
        }

    def _campaign(self, place: int, chance: Opportunity) -> Record:
        starts, cost = chance.stages[0].at // DAY, self._rng.randint(20, 90) * 100_000
        return self._base(6, place, chance) | {
            "Campaign_Name": f"{self._rng.choice(FAIRS)} {place}",
            "Type": "Trade Show",
            "Status": "Complete",
            "Start_Date": iso_day(starts),
            "End_Date": iso_day(starts + 3),
            "Budgeted_Cost": cents(cost),
            "Actual_Cost": cents(cost - 50_000),
            "Expected_Revenue": cents(cost * 10),
        }

    def _price_book(self, place: int, chance: Opportunity) -> Record:
        return self._base(7, place, chance) | {
            "Price_Book_Name": ("标准价", "经销价")[place - 1],
            "Active": True,
            "Pricing_Model": "Flat",
            "Pricing_Details": [{"from_range": 1, "to_range": 1_000, "discount": 5 * place}],
        }


class BesideFxiaoke:
    """The first department's other objects."""

    def __init__(self, writer: FxiaokeWriter, seed: int) -> None:
        self._writer, self._rng = writer, Random(f"{seed}:beside:fxiaoke")

    def files(self, chances: list[Opportunity]) -> dict[str, list[Record]]:
        """Every object with its records."""
        rivals = [self._base(21, place, chances[place], "CompetitorObj", RIVALS[place - 1]) for place in range(1, 4)]
        return {
            "QuoteObj": list(self._quotes(chances)),
            "ActiveRecordObj": list(self._activities(chances)),
            "CasesObj": list(self._cases(chances)),
            "MarketingEventObj": list(self._campaigns(chances[:: SOME // 8])),
            "PriceBookObj": [self._base(20, 1, chances[0], "PriceBookObj", "标准价目表")],
            "CompetitorObj": rivals,
            "CompetitiveLinesObj": list(self._competitive_lines(chances[::2], rivals)),
        }

    def _base(self, kind: int, place: int, chance: Opportunity, api_name: str, name: str, days: int = 0) -> Record:
        at = chance.stages[0].at + days * DAY + 60 * kind
        key = f"{epoch_ms(at) // 1000:08x}{kind:02x}{place:014x}"
        return self._writer.base(key, name, at, at, 1, chance.owner, api_name)

    @staticmethod
    def _about(chance: Opportunity) -> dict[str, Any]:
        return {"account_id": chance.customer.account_id, "new_opportunity_id": chance.id}

    def _quotes(self, chances: list[Opportunity]) -> Iterator[Record]:
        for place, chance in enumerate(chances, start=1):
            first = chance.stages[0]
            yield self._base(22, place, chance, "QuoteObj", f"BJ-{place:04}", 2) | {
                "account_id": chance.customer.account_id,
                "opportunity_id": chance.id,
                "quote_time": midnight_ms(first.at // DAY + 2),
                "quote_amount": text(first.amount),
                "quote_discount": "100",
            }

    def _activities(self, chances: list[Opportunity]) -> Iterator[Record]:
        for place, chance in enumerate(chances, start=1):
            yield self._base(23, place, chance, "ActiveRecordObj", f"XS-{place:04}", 1) | self._about(chance) | {
                "interactive_types": self._rng.choice(("call", "meeting", "chat")),
                "interactive_scenario": "requirements_research",
                "active_record_content": self._rng.choice(TALKS),
                "related_object_data": [{"id": chance.id, "describe_api_name": "NewOpportunityObj"}],
            }

    def _cases(self, chances: list[Opportunity]) -> Iterator[Record]:
        for place, chance in enumerate(chances, start=1):
            topic = self._rng.choice(TOPICS)
            yield self._base(24, place, chance, "CasesObj", f"GD-{place:04} {topic}", 9) | {
                "account_id": chance.customer.account_id
            }

    def _campaigns(self, chances: list[Opportunity]) -> Iterator[Record]:
        for place, chance in enumerate(chances, start=1):
            starts, cost = chance.stages[0].at // DAY, self._rng.randint(20, 90) * 100_000
            name = f"{self._rng.choice(FAIRS)} {place}"
            yield self._base(25, place, chance, "MarketingEventObj", name) | {
                "event_type": "exhibition",
                "status": "finished",
                "begin_time": midnight_ms(starts),
                "end_time": midnight_ms(starts + 3),
                "expected_cost": text(cost),
                "actual_cost": text(cost - 50_000),
            }

    def _competitive_lines(self, chances: list[Opportunity], rivals: list[Record]) -> Iterator[Record]:
        for place, chance in enumerate(chances, start=1):
            yield self._base(26, place, chance, "CompetitiveLinesObj", f"JZ-{place:04}", 3) | {
                "competitor_id": self._rng.choice(rivals)["_id"],
                "new_opportunity_id": chance.id,
                "quotation_amount": text(chance.stages[0].amount * 97 // 100),
                "is_win": "0",
                "advantage": "价格低",
                "weaknesses": "交期长",
            }
