"""What happens in two CRMs over some days, at random and from one seed: the folder that tells it, and what stands when.

What to add here: something that happens to a record.
What belongs elsewhere: the nights that read it, and what they must find (`test_histories.py`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

FIRST = datetime(2026, 3, 28, 18, tzinfo=UTC)  # European clocks change on the 29th
NIGHT = timedelta(days=1)
SECOND = timedelta(seconds=1)
DURING = 10 * SECOND  # how far a walk's clock moves, where one is made to
BEFORE = timedelta(hours=30)  # records are there so long before the first night
Content = dict[str, str]  # what a record says: `title`, `money`, `state`, `note`, and `life` where it can be 作废


@dataclass(frozen=True)
class Kind:
    """One object of a CRM: its names, and where each part of a record's content stands in the API and in the raw table."""

    crm: str
    name: str
    api_name: str
    title: tuple[str, str]
    state: tuple[str, str]
    money: tuple[str, str] | None = None
    can_convert: bool = False
    has_list: bool = True  # Zoho tells which were deleted

    def key(self, number: int) -> str:
        """The id of the n-th record; Fxiaoke's old ones have 32 digits."""
        if self.crm == "zoho":
            return str(4_100_000_000_000_000_000 + number)
        return f"{number * 7919:0{32 if number % 3 == 0 else 24}x}"

    def record(self, number: int, at: datetime, content: Content) -> dict[str, Any]:
        """The record as the API writes it, last changed at a moment."""
        told: dict[str, Any] = {self.title[0]: content["title"], self.state[0]: content["state"]}
        if self.crm == "zoho":
            stamp = at.isoformat()
            told |= {"id": self.key(number), "Modified_Time": stamp, "Created_Time": FIRST.isoformat(), "Note": content["note"]}
            told |= {"Owner": {"id": "7", "name": "王", "email": "wang@example.cn"}}
            if self.money:
                told[self.money[0]] = float(content["money"])
            if self.can_convert:
                told["Converted__s"] = content["state"] == "converted"
        else:
            told |= {"_id": self.key(number), "last_modified_time": _millis(at), "create_time": _millis(FIRST)}
            told |= {"field_note__c": content["note"], "owner": ["FSUID_7"], "life_status": content["life"]}
            if self.money:
                told[self.money[0]] = content["money"]
        return told

    def columns(self, content: Content) -> dict[str, Any]:
        """The content as the raw table should hold it."""
        told: dict[str, Any] = {self.title[1]: content["title"], self.state[1]: content["state"], "note": content["note"]}
        if self.money:
            told[self.money[1]] = Decimal(content["money"])
        if self.crm == "fxiaoke":
            told["life_status"] = content["life"]
        elif self.can_convert:
            told["is_converted"] = content["state"] == "converted"
        return told


KINDS = (
    Kind("zoho", "opportunities", "Deals", ("Deal_Name", "opportunity_name"), ("Stage", "stage"), ("Amount", "amount")),
    Kind("zoho", "accounts", "Accounts", ("Account_Name", "account_name"), ("Industry", "industry")),
    Kind(
        *("zoho", "leads", "Leads", ("Company", "company"), ("Lead_Status", "lead_status")),
        money=("Annual_Revenue", "annual_revenue"),
        can_convert=True,
    ),
    Kind(
        *("zoho", "order_lines", "Ordered_Items", ("Parent_Id", "order_id"), ("Product_Name", "product_id")),
        money=("Net_Total", "net_total"),
        has_list=False,
    ),
    Kind(
        "fxiaoke",
        "orders",
        "SalesOrderObj",
        ("name", "order_no"),
        ("order_status", "order_status"),
        ("order_amount", "order_amount"),
    ),
    Kind("fxiaoke", "accounts", "AccountObj", ("name", "account_name"), ("account_level", "account_level")),
    Kind("fxiaoke", "leads", "LeadsObj", ("company", "company"), ("leads_stage", "stage"), can_convert=True),
)


@dataclass
class Standing:
    """How a record stands from a moment on: its content, or the way in which it is gone."""

    at: datetime
    content: Content | None
    gone: str = ""
    modified: datetime | None = None  # when it says that it last changed, if that is not `at`

    @property
    def changed(self) -> datetime:
        """When it says that it last changed."""
        return self.modified or self.at


@dataclass
class History:
    """Everything that happens to the records of one object, by their number."""

    kind: Kind
    records: dict[int, list[Standing]] = field(default_factory=dict)

    def standing(self, number: int, at: datetime) -> Standing | None:
        """How a record stands at a moment; None before it is made."""
        begun = [one for one in self.records[number] if one.at <= at]
        return begun[-1] if begun else None

    def write(self, folder: Path) -> None:
        """The file that the simulators read."""
        lines = []
        for number, standings in self.records.items():
            for one in standings:
                told = {"$at": one.at.isoformat()}
                if one.content is not None:
                    told |= self.kind.record(number, one.changed, one.content)
                else:
                    told |= {"id" if self.kind.crm == "zoho" else "_id": self.kind.key(number), "$deleted": one.gone}
                lines.append(msgspec.json.encode(told))
        home = folder / self.kind.crm
        home.mkdir(parents=True, exist_ok=True)
        (home / f"{self.kind.api_name}.ndjson").write_bytes(b"\n".join(lines) + b"\n")


class Story:
    """A history of two objects of each CRM, told from a seed."""

    def __init__(self, seed: int) -> None:
        """Some records at first, then some events each day, a few of them at awkward moments."""
        self.luck = random.Random(seed)
        self.nights = self.luck.randrange(3, 5)
        kinds = {crm: [kind for kind in KINDS if kind.crm == crm] for crm in ("zoho", "fxiaoke")}
        self.settle = self.luck.choice((timedelta(0), timedelta(minutes=10)))
        self.bumps = {crm: self.luck.random() < 0.5 for crm in ("zoho", "fxiaoke")}  # whether what is restored counts as modified
        self.walked = self.luck.choice((None, 0, 0, *range(self.nights - 1)))  # the night during which people go on working
        self.histories = [self._told(kind) for of_crm in kinds.values() for kind in self.luck.sample(of_crm, 2)]

    def night(self, number: int) -> datetime:
        """When the n-th night is."""
        return FIRST + number * NIGHT

    def _told(self, kind: Kind) -> History:
        history = History(kind)
        for number in range(self.luck.choice((0, 1, 12, 25, 25))):
            at = FIRST - BEFORE + self.luck.choice((0, 0, 1, 40)) * SECOND  # imports stamp many records with one second
            history.records[number] = [Standing(at, self._content())]
        for moment in self._moments():
            self._happens(history, moment)
        return history

    def _moments(self) -> list[datetime]:
        """When something happens: at any second of a day, or on a border between two nights; never after the last night."""
        found = []
        for night in range(self.nights):
            end = self.night(night)
            borders = [end, end - SECOND, end - self.settle, end - self.settle - SECOND, end - self.settle + SECOND]
            for _ in range(self.luck.randrange(7)):
                anywhere = end - timedelta(seconds=self.luck.randrange(1, 86_400))
                found.append(self.luck.choice(borders) if self.luck.random() < 0.2 else anywhere)
            if night == self.walked:
                found += [end + self.luck.randrange(1, 10) * SECOND for _ in range(6)]
        last = self.night(self.nights - 1) - self.settle - SECOND
        return sorted(moment for moment in found if moment <= last)

    def _content(self) -> Content:
        luck = self.luck
        money = f"{luck.randrange(1, 10_000)}.{luck.randrange(100):02d}"
        state = luck.choice(("a", "b", "c"))
        return {"title": f"t{luck.randrange(99)}", "money": money, "state": state, "note": f"n{luck.random()}", "life": "normal"}

    def _happens(self, history: History, at: datetime) -> None:
        """One event: to a new record, to one that is there, or to one that is gone."""
        kind, luck = history.kind, self.luck
        alive = [number for number, standings in history.records.items() if standings[-1].content is not None]
        gone = [number for number, standings in history.records.items() if standings[-1].content is None]
        events: list[tuple[int, Callable[[], None]]] = [(15, lambda: self._create(history, at))]
        if alive:
            one = luck.choice(alive)
            events += [(45, lambda: self._edit(history, one, at)), (12, lambda: self._delete(history, one, at))]
            events += [(8, lambda: self._merge(history, one, luck.choice(alive), at))]
            events += [(10, lambda: self._edit(history, one, at, state="converted"))] if kind.can_convert else []
            events += [(12, lambda: self._invalidate(history, one, at))] if kind.crm == "fxiaoke" else []
        if gone:
            lost = luck.choice(gone)
            events += [(25, lambda: self._back(history, lost, at))]
        luck.choices([event for _, event in events], [weight for weight, _ in events])[0]()

    def _create(self, history: History, at: datetime) -> None:
        history.records[len(history.records)] = [Standing(at, self._content())]

    def _edit(self, history: History, number: int, at: datetime, **changes: str) -> None:
        before = history.records[number][-1].content or {}
        kept = {"state": "converted"} if before.get("state") == "converted" else {}  # a converted lead stays one
        life = {"life": before.get("life", "normal")}
        history.records[number].append(Standing(at, self._content() | life | kept | changes))

    def _invalidate(self, history: History, number: int, at: datetime) -> None:
        """作废, or back from it, as it was: the record stays, and says so."""
        last = history.records[number][-1]
        content = last.content or self._content()
        life, modified = ("normal", self._restored(history, last, at)) if content["life"] == "invalid" else ("invalid", None)
        history.records[number].append(Standing(at, content | {"life": life}, modified=modified))

    def _restored(self, history: History, last: Standing, at: datetime) -> datetime | None:
        """When a record that comes back says that it last changed: now, or as it last said."""
        return None if self.bumps[history.kind.crm] else last.changed

    def _delete(self, history: History, number: int, at: datetime) -> None:
        recycled = history.kind.crm == "zoho" and history.kind.has_list and self.luck.random() < 0.7
        history.records[number].append(Standing(at, None, "recycle" if recycled else "permanent"))

    def _merge(self, history: History, loser: int, winner: int, at: datetime) -> None:
        """One record takes the other in, and that is gone for good."""
        if loser != winner:
            history.records[loser].append(Standing(at, None, "permanent"))
        self._edit(history, winner, at)

    def _back(self, history: History, number: int, at: datetime) -> None:
        """Out of the recycle bin, or out of it for good."""
        last = history.records[number][-1]
        if last.gone == "permanent":
            return
        if self.luck.random() < 0.3:
            history.records[number].append(Standing(at, None, "permanent"))
        else:
            before = history.records[number][-2]
            modified = self._restored(history, before, at)
            content = before.content if modified or self.luck.random() < 0.5 else self._content()
            history.records[number].append(Standing(at, content or self._content(), modified=modified))


def _millis(at: datetime) -> int:
    return int(at.timestamp()) * 1000
