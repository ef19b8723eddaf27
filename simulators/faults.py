"""Trouble on request: which call it meets, and what then happens to it.

What to add here: a new kind of trouble that both CRMs can have.
What belongs elsewhere: lasting behaviour (`options.py`); how a CRM words its refusals (`zoho/replies.py`, `fxiaoke/replies.py`).
"""

from __future__ import annotations

from random import Random
from typing import Any, Literal

import msgspec

Kind = Literal[
    "throttle",
    "quota",
    "server_error",
    "html",
    "truncated",
    "slow",
    "trickle",
    "stuck",
    "reset",
    "token_expired",
    "token_revoked",
    "token_throttled",
    "page_token_expired",
    "repeated_page_token",
    "endless_pages",
    "short_page",
    "skipped_row",
    "border_row",
    "doubled_row",
    "unsorted",
    "unfiltered",
    "wrong_info",
    "wrong_count",
    "broken_zip",
    "bulk_failure",
    "bulk_stuck",
    "refuse",
    "move",
    "put",
    "options",
    "schema",
]


class SchemaChange(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How an object's fields differ from the folder's from now on."""

    crm: Literal["zoho", "fxiaoke"]
    name: str
    drop: tuple[str, ...] = ()
    rename: dict[str, str] = {}
    as_text: tuple[str, ...] = ()
    add: dict[str, Any] = {}


class Fault(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One kind of trouble and the calls it meets.

    throttle        too many calls, as the CRM says it
    quota           the day's calls are used up
    server_error    `status` (Zoho), `code` 50009, -1 or -2 (Fxiaoke)
    html            an HTML page with `status` in place of an answer
    truncated       the answer cut at `share` of its length; `honest` false: the connection breaks there
    slow            the answer comes after `seconds`
    trickle         half of the answer comes, the rest after `seconds`
    stuck           nothing comes, for `seconds`, then the connection closes
    reset           the connection is reset
    token_expired   every access token dies before this call is looked at
    token_revoked   the refresh token (permanentCode) dies too
    token_throttled the login says that it was asked too often
    page_token_expired, repeated_page_token, endless_pages   what the names say, on this page
    short_page      the page lacks its last record, though nothing says so
    skipped_row     the page begins one record too late, as when a list shifts under an offset
    border_row      the page begins with a record of the page before, as when a list shifts the other way
    doubled_row     a record stands twice in the page
    unsorted        the page's records come in the wrong order
    unfiltered      the page's records are not those asked for: filters and If-Modified-Since count for nothing
    wrong_info      what the page says of its length (`info.count`, `total`) is not true
    wrong_count     the ZIP of a bulk read lacks `rows` records of those it announced
    broken_zip      the ZIP of a bulk read is damaged
    bulk_failure    the bulk job ends in FAILURE
    bulk_stuck      the bulk job is never done
    refuse          Zoho: `status`, `message` as code; Fxiaoke: errorCode `code`
    move            the simulators' clock moves to `at` before this call
    put             `versions` of `name` in `crm_of` are added before this call: a record is edited or deleted mid-walk
    options         options change before this call: limits clamped, rights lost, index lag
    schema          an object's fields change before this call
    """

    kind: Kind
    crm: str = ""
    path: str = ""
    """A part of path and query; empty meets all."""
    body: str = ""
    """A part of the request's body; empty meets all."""
    after: int = 0
    """So many matching calls pass unharmed first."""
    every: int = 1
    """Then each n-th is met."""
    times: int | None = 1
    """So many are met in all; None is without end."""
    rate: float | None = None
    """A chance for each call, instead of `every`."""
    seed: int = 0
    status: int = 503
    code: int = 50009
    message: str = ""
    retry_after: str = ""
    """What a `Retry-After` header says, in seconds or as a date; no document promises one. Empty: there is none."""
    seconds: float = 1.0
    share: float = 0.5
    rows: int = 1
    honest: bool = True
    at: str = ""
    crm_of: str = ""
    name: str = ""
    versions: list[dict[str, Any]] = []
    options: dict[str, Any] = {}
    change: SchemaChange | None = None


class BadNight(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A seeded mix of what passes by itself; never more than `in_a_row` times running, so that patience is rewarded."""

    seed: int = 0
    rate: float = 0.1
    in_a_row: int = 2
    crm: str = ""
    seconds: float = 0.05
    kinds: tuple[Kind, ...] = ("throttle", "server_error", "html", "truncated", "slow", "trickle", "reset", "token_expired")


class Call(msgspec.Struct):
    """What is known of a call when trouble is looked for."""

    crm: str
    method: str
    path: str
    body: bytes


class Faults:
    """The trouble that is ahead, and what has happened of it."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Nothing is ahead any more."""
        self.rules: list[Fault] = []
        self._seen: list[int] = []
        self._met: list[int] = []
        self._night: BadNight | None = None
        self._calls = 0
        self._running: dict[str, int] = {}

    def add(self, *rules: Fault) -> None:
        """More trouble ahead; where two meet one call, the earlier goes first."""
        for rule in rules:
            self.rules.append(rule)
            self._seen.append(0)
            self._met.append(0)

    def bad_night(self, night: BadNight | None) -> None:
        """A mix of everything that passes by itself, until told otherwise."""
        self._night, self._calls, self._running = night, 0, {}

    def next(self, call: Call) -> Fault | None:
        """What happens to this call."""
        due = [place for place, rule in enumerate(self.rules) if self._matches(rule, call) and self._due(place, rule)]
        if not due:
            return self._tonight(call)
        self._met[due[0]] += 1
        return self.rules[due[0]]

    @staticmethod
    def _matches(rule: Fault, call: Call) -> bool:
        return rule.crm in {"", call.crm} and rule.path in call.path and rule.body.encode() in call.body

    def _due(self, place: int, rule: Fault) -> bool:
        if rule.times is not None and self._met[place] >= rule.times:
            return False
        self._seen[place] += 1
        number = self._seen[place] - rule.after
        if number < 1:
            return False
        if rule.rate is None:
            return number % rule.every == 0
        return Random(f"{rule.seed}:{place}:{number}").random() < rule.rate

    def _tonight(self, call: Call) -> Fault | None:
        night = self._night
        if night is None or night.crm not in {"", call.crm}:
            return None
        self._calls += 1
        luck = Random(f"{night.seed}:{self._calls}")
        running = self._running.get(call.crm, 0)
        if luck.random() >= night.rate or running >= night.in_a_row:
            self._running[call.crm] = 0
            return None
        self._running[call.crm] = running + 1
        return Fault(
            kind=luck.choice(night.kinds),
            seconds=night.seconds,
            share=luck.uniform(0.05, 0.95),
            honest=luck.random() < 0.5,
            status=luck.choice((500, 502, 503)),
            code=luck.choice((50009, -1, -2)),
        )
