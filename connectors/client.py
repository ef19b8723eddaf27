"""Ask a CRM over HTTP: one session, one pace, one retry rule; knows no CRM.

What to add here: manners that every CRM deserves (waiting, counting, giving up).
What belongs elsewhere: what to ask and what an answer means (`zoho`, `fxiaoke`), where pages land (`lake.py`).
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable
from urllib.parse import urlsplit

import msgspec
import requests
from pyrate_limiter import InMemoryBucket, Rate, RateItem
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from connectors.answers import legible
from connectors.catalogue import CrmObject, Field
from connectors.faults import Deferred, RetryLater, TokenRefused
from connectors.texts import Texts
from connectors.tokens import Token, TokenKeeper
from connectors.wire import new_session, question

log = logging.getLogger("connectors")

T = TypeVar("T")

RENEWALS = 2  # tokens fetched for one question: a new one may be revoked as well, one more never helped

Record = dict[str, Any]  # as the CRM wrote it: numbers with a point are Decimals, the rest as JSON has it


@dataclass(frozen=True, slots=True)
class Window:
    """The changes a pull is about: from `start` (None: from the beginning) up to, not including, `end`. Aware, UTC."""

    start: datetime | None
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether a change at `moment` belongs to this window."""
        return (self.start is None or moment >= self.start) and moment < self.end


@dataclass(frozen=True, slots=True)
class Page:
    """Records of one answer, without personal data that the company did not ask for."""

    records: Sequence[Record] | Texts
    withheld: frozenset[str] = frozenset()  # names of the keys that were kept out
    missing: frozenset[str] = frozenset()  # fields of the catalogue that the CRM does not have (any more)
    held_back: int = 0  # records that changed at or after the window's end: the next pull brings them
    fields: Mapping[str, str] | None = None  # the fields that the CRM says the object has now, with its own names for their types
    reached: datetime | None = None  # with this page, every change of the window before this moment has come, and is proved
    note: str = ""  # should the pull break off after this page, this is told to the one that goes on with it


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a pull may keep files until it is complete, and what the pages noted that an earlier try of it brought."""

    folder: Path
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """Some of the records that exist, as a look at all of them shows them."""

    keys: Sequence[str]
    moments: Sequence[datetime | None]  # when each last changed
    states: Mapping[str, Sequence[object]] = field(default_factory=dict)  # by field: what may change without a new moment


@dataclass(frozen=True, slots=True)
class Deletion:
    """A record that the CRM says is gone."""

    key: str
    deleted_at: datetime | None
    kind: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What `quarterdeck doctor` says about one thing of a connection, in plain words."""

    subject: str
    is_good: bool
    says: str
    cure: str = ""


class Connection(Protocol):
    """One source of records, ready to be pulled: a CRM, or the company folder."""

    source: str
    objects: tuple[CrmObject, ...]
    overlap: timedelta  # how far before the last watermark a pull reads again
    settle: timedelta  # how long before `known_at` a pull ends, for changes the source shows late
    vanishing_limit: float | None  # share of a whole object that may vanish in one pull and be believed; None: all of it

    def pull(self, obj: CrmObject, window: Window) -> Iterator[Page]:
        """Every record of `obj` changed inside `window`, page by page."""

    def deleted(self, obj: CrmObject, since: datetime | None) -> Iterator[Deletion]:
        """Every record of `obj` that the source lists as deleted since then."""

    def cast(self, field: Field, value: object) -> object:
        """`value` in the type of `field`; ValueError when it will not parse."""

    def check(self) -> list[Finding]:
        """What is right and what is wrong with this connection."""


@runtime_checkable
class Sweepable(Protocol):
    """A source whose deletions are found by looking at every id."""

    def sweep_after(self, obj: CrmObject) -> timedelta | None:
        """How long after the last look at every id of `obj` it is due again; None: never, deletions are told otherwise."""

    def sweep(self, obj: CrmObject) -> Iterator[Sight]:
        """All records of `obj` that exist now."""

    def again(self, obj: CrmObject, keys: Sequence[str]) -> Iterator[Page]:
        """The records with these keys as they are now; what is gone brings none."""


@runtime_checkable
class Discovering(Protocol):
    """A source that describes its objects, so that a custom one can be typed."""

    def discovered(self, obj: CrmObject, before: Mapping[str, str]) -> CrmObject:
        """`obj` with a column for each field that it has now, or had `before` (the source's types by its names)."""


@runtime_checkable
class Resumable(Protocol):
    """A source whose long pulls may go on where they broke off."""

    def reading(self, obj: CrmObject) -> str:
        """What is read of `obj` and how, in one line; a pull only goes on from one that read the same."""


@runtime_checkable
class Keeping(Protocol):
    """A source that keeps files during a long pull, to go on with them should it break off."""

    def pull_keeping(self, obj: CrmObject, window: Window, kept: Kept) -> Iterator[Page]:
        """As `pull`, going on with what an earlier try kept and noted."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    at: float = 0.0  # when it came, by our clock

    @property
    def text(self) -> str:
        """The start of the body, for an error."""
        return self.body[:400].decode("utf-8", errors="replace")

    @property
    def wait(self) -> timedelta | None:
        """How long it asks us to wait, in seconds or until a moment; None if it does not, or not in a way that is known."""
        said = self.headers.get("Retry-After", "").strip()
        if said.isdigit():
            return timedelta(seconds=int(said))
        try:
            until = parsedate_to_datetime(said)
        except ValueError:
            return None
        return max(timedelta(seconds=until.timestamp() - self.at), timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question: where, with what, and whose pace it keeps to."""

    about: str  # the object, for errors and logs
    method: str
    url: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, object] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    interface: str = ""  # what the CRM counts calls by; "" when it counts none

    @property
    def shown(self) -> str:
        """The question without parameters, headers or body."""
        return f"{self.method} {urlsplit(self.url).path}"


class Dialect(Protocol):
    """What a CRM must teach us."""

    source: str

    def authorized(self, ask: Ask, token: Token) -> Ask:
        """The question with the token where this CRM wants it."""

    def read(self, ask: Ask, reply: Reply) -> Mapping[str, msgspec.Raw]:
        """The envelope of an answer, or the fault it stands for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a company wants its CRM to be asked."""

    attempts: int = 6
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    reply_timeout: float = 300.0  # a whole answer, so that one that drips for ever ends
    longest_wait: timedelta = timedelta(minutes=3)
    concurrency: int = 8
    calls: int | None = None  # per `seconds` and interface; None: the CRM does not count them
    seconds: float = 20.0
    calls_per_day: int | None = None
    logins: int | None = 8  # per `logins_seconds`, under the 10 of both CRMs; None: the CRM does not count them
    logins_seconds: float = 600.0
    day_begins: Callable[[float], date] | None = None  # which day a moment counts to; None: UTC


class Pace:
    """Keeps the calls of one interface under its documented rate."""

    def __init__(self, rate: Rate, *, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        """A sliding log of calls: no window of the rate's length ever holds more than it allows."""
        self._bucket = InMemoryBucket([rate])
        self._lock = threading.Lock()
        self._monotonic = monotonic
        self._sleep = sleep

    def wait(self) -> None:
        """Return when one more call is within the rate."""
        while (delay := self._delay()) > 0:
            self._sleep(delay)

    def _delay(self) -> float:
        """Seconds until a call fits; 0 when this call has been counted in."""
        with self._lock:
            now = int(self._monotonic() * 1000)
            self._bucket.leak(now)
            item = RateItem("call", now)
            if self._bucket.put(item):
                return 0.0
            return (int(self._bucket.waiting(item)) + 1) / 1000


LEASE = 20  # calls that a run takes from the day's at a time: a crash costs at most these, and no limit is ever passed


class Budget:
    """Counts a day's calls, in a file when several runs share the day, and stops at the company's limit.

    Calls are taken from the file before they are made, a few at a time, and what was not used is given back.
    """

    def __init__(self, limit: int | None, *, path: Path | None, today: Callable[[], date]) -> None:
        """`limit` None counts without stopping."""
        self._limit = limit
        self._path = path
        self._today = today
        self._lock = threading.Lock()
        self._day = today()
        self._here = 0  # used today, where no file is shared
        self._left = 0  # taken and not used yet

    @property
    def used(self) -> int:
        """Calls made today, by every run that shares the day."""
        with self._lock, self._shared() as taken:
            return taken - (self._left if self._day == self._today() else 0)

    def allows(self, calls: float) -> bool:
        """Whether so many calls are left today."""
        return self._limit is None or self._limit - self.used >= calls

    def spend(self, source: str, ask: Ask) -> None:
        """Count one call, or say that today's budget is used up."""
        with self._lock:
            if self._day != self._today():
                self._day, self._left = self._today(), 0
            if not self._left:
                self._take(LEASE)
            if not self._left:
                raise Deferred(
                    f"{source} {ask.about}",
                    asked=ask.shown,
                    came=f"today's own budget of {self._limit:,} calls is used up",
                    cure="what is complete is kept; run again tomorrow, or raise calls_per_day",
                )
            self._left -= 1

    def save(self) -> None:
        """Give back what was not used."""
        with self._lock:
            if self._left and self._day == self._today():
                self._take(-self._left)
            self._left = 0

    def _take(self, calls: int) -> None:
        """Take calls from those of the day, as many as are left; a negative number gives them back."""
        with self._shared() as taken:
            granted = calls if self._limit is None else min(calls, max(self._limit - taken, 0))
            self._left += granted
            self._here = taken + granted
            if self._path is not None:
                draft = self._path.with_suffix(".draft")
                draft.write_bytes(msgspec.json.encode({"day": self._day.isoformat(), "used": self._here}))
                draft.replace(self._path)

    @contextmanager
    def _shared(self) -> Iterator[int]:
        """How many calls of today are taken, and nobody else takes any until the block ends."""
        if self._path is None:
            yield self._here if self._day == self._today() else 0
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield self._read()
        finally:
            os.close(handle)

    def _read(self) -> int:
        """Calls of today that are taken; none if the file is of another day, missing or torn."""
        try:
            kept = msgspec.json.decode(self._path.read_bytes(), type=dict[str, str | int]) if self._path else {}
        except (FileNotFoundError, msgspec.MsgspecError):
            kept = {}
        return int(kept.get("used", 0)) if kept.get("day") == self._today().isoformat() else 0


class Client:
    """Asks one CRM: at its pace, with a live token, again where asking again can help."""

    def __init__(
        self,
        dialect: Dialect,
        manners: Manners,
        *,
        budget_file: Path | None = None,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`sleep` and the clocks are passed in, so that tests neither wait nor patch."""
        self.dialect = dialect
        self.manners = manners
        self.keeper: TokenKeeper | None = None
        self._session = session or new_session(manners.concurrency)
        self.sleep = sleep
        self._monotonic, self.now = monotonic, now
        self._last: tuple[float, Mapping[str, str]] = (0.0, {})
        day_begins = manners.day_begins or (lambda moment: datetime.fromtimestamp(moment, UTC).date())
        self.budget = Budget(manners.calls_per_day, path=budget_file, today=lambda: day_begins(now()))
        self._paces: dict[str, Pace] = {}
        self._paces_lock = threading.Lock()
        self._ways: dict[str, Mapping[str, Any]] = {}
        self._places = threading.BoundedSemaphore(manners.concurrency)

    def __repr__(self) -> str:
        """Says whom it asks, and no secret."""
        return f"Client({self.dialect.source})"

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the last answer."""
        return self._last[1]

    @property
    def ahead(self) -> timedelta | None:
        """How far our clock was ahead of the CRM's at the last answer; None when it did not say the time."""
        at, headers = self._last
        try:
            theirs = parsedate_to_datetime(headers.get("Date", ""))
        except ValueError:
            return None
        return timedelta(seconds=round(at - theirs.timestamp()))

    def threads_for(self, calls: float) -> int:
        """How many walks to have side by side; one after another when today's budget ends before they do, so that some end."""
        return self.manners.concurrency if self.budget.allows(2 * calls) else 1

    def ask(self, ask: Ask) -> Mapping[str, msgspec.Raw]:
        """The envelope of the answer to `ask`, with a token and after as many tries as help."""
        return self._retrying(lambda: self._with_token(ask, lambda reply: self.dialect.read(ask, reply)))

    def download(self, ask: Ask) -> bytes:
        """The bare body of an answer that is a file; one that is not is read as any other answer."""

        def read(reply: Reply) -> bytes:
            if reply.status == HTTPStatus.OK and "json" not in reply.headers.get("Content-Type", ""):
                return reply.body
            self.dialect.read(ask, reply)
            return b""

        return self._retrying(lambda: self._with_token(ask, read))

    def ask_without_token(self, ask: Ask) -> Reply:
        """The bare answer to a login: one try, since whoever needs the token tries again as a whole."""
        return self._send(ask)

    def _retrying(self, attempt: Callable[[], T]) -> T:
        """Try, wait as asked or ever longer with jitter, try again; only what may pass is tried again."""
        faults: list[RetryLater] = []
        try:
            return attempt()
        except RetryLater as fault:
            faults.append(fault)

        def told() -> T:
            """The first try as it went, then further ones: the machinery of waiting is only made where one failed."""
            if faults:
                raise faults.pop()
            return attempt()

        return Retrying(
            retry=retry_if_exception_type(RetryLater) & _wait_is_bearable(self.manners.longest_wait),
            stop=stop_after_attempt(self.manners.attempts),
            wait=_as_asked_or_backoff,
            sleep=self.sleep,
            reraise=True,
        )(told)

    def _with_token(self, ask: Ask, read: Callable[[Reply], T]) -> T:
        """One try, and further ones with a new token when the CRM does not take the last."""
        if self.keeper is None:
            raise ValueError(f"{self.dialect.source}: a client needs a token keeper before it can ask")
        token = self.keeper.current()
        for _ in range(RENEWALS):
            try:
                return read(self._send(self.dialect.authorized(ask, token)))
            except TokenRefused:
                token = self.keeper.renew(token)
        return read(self._send(self.dialect.authorized(ask, token)))

    def _send(self, ask: Ask) -> Reply:
        """The answer to one call; every fault of the network is a RetryLater that carries no secret."""
        self.budget.spend(self.dialect.source, ask)
        self._pace(ask.interface)
        with self._places:
            reply = self._exchange(ask)
        if isinstance(reply, Reply):
            self._last = self.now(), reply.headers
            return reply
        # Raised here, outside of any `except`: a requests exception holds the request, and with it the token.
        raise RetryLater(
            f"{self.dialect.source} {ask.about}",
            asked=ask.shown,
            came=f"no answer ({reply})",
            cure=f"check the network and that {urlsplit(ask.url).netloc} is the right host",
        )

    def _exchange(self, ask: Ask) -> Reply | str:
        """The answer, or the name of what the network did."""
        manners = self.manners
        deadline = self._monotonic() + manners.reply_timeout
        headers = {**self._session.headers, **ask.headers}
        try:
            asked = question(ask.method, ask.url, ask.params, headers, ask.json, ask.form)
            with self._session.get_adapter(ask.url).send(
                asked, timeout=(manners.connect_timeout, manners.read_timeout), **self._way_to(ask.url)
            ) as response:
                chunks = []
                for chunk in response.iter_content(1 << 18):
                    chunks.append(chunk)
                    if self._monotonic() > deadline:
                        return f"still not whole after {manners.reply_timeout:g} s"
                return Reply(response.status_code, response.headers, b"".join(chunks), self.now())
        except requests.RequestException as fault:
            return type(fault).__name__

    def pace(self, calls: int, seconds: float) -> Callable[[], None]:
        """A wait that keeps so many calls within that time; for those of which a CRM allows less than of others."""
        return Pace(Rate(calls, int(seconds * 1000)), monotonic=self._monotonic, sleep=self.sleep).wait

    def _way_to(self, url: str) -> Mapping[str, Any]:
        """Proxies and certificates on the way to a host, as this machine is set up; looked up once, since it takes long."""
        host = urlsplit(url).netloc
        if host not in self._ways:
            self._ways[host] = dict(self._session.merge_environment_settings(url, {}, True, None, None))
        return self._ways[host]

    def _pace(self, interface: str) -> None:
        """Wait until one more call of this interface is within its rate."""
        if self.manners.calls is None or not interface:
            return
        with self._paces_lock:
            if interface not in self._paces:
                # Wider than documented by 2 %, at least 0.2 s: calls may bunch up on their way to the CRM's own clock.
                rate = Rate(self.manners.calls, int(max(self.manners.seconds * 1020, self.manners.seconds * 1000 + 200)))
                self._paces[interface] = Pace(rate, monotonic=self._monotonic, sleep=self.sleep)
        self._paces[interface].wait()


_backoff = wait_random_exponential(multiplier=1, max=60)


def _as_asked_or_backoff(state: RetryCallState) -> float:
    """As long as the CRM asks; else up to 1, 2, 4 … 60 seconds, drawn at random."""
    fault = state.outcome.exception() if state.outcome else None
    if isinstance(fault, RetryLater) and fault.after is not None:
        return fault.after.total_seconds()
    return _backoff(state)


class _wait_is_bearable(retry_if_exception_type):  # noqa: N801 - tenacity's conditions are named so
    """Do not sit out a wait that is longer than the company would want a night to stand still."""

    def __init__(self, longest: timedelta) -> None:
        """`longest` wait that is worth sitting out."""
        super().__init__(RetryLater)
        self.predicate = lambda fault: isinstance(fault, RetryLater) and (fault.after is None or fault.after <= longest)


def decoded(ask: Ask, source: str, body: bytes) -> Mapping[str, msgspec.Raw]:
    """The top level of a JSON answer; a torn or foreign body is worth another try."""
    for text in (lambda: body, lambda: legible(body)):
        try:
            return _envelope.decode(text())
        except ValueError:
            continue
    raise RetryLater(
        f"{source} {ask.about}",
        asked=ask.shown,
        came=f"{len(body)} bytes that are not a whole JSON object",
        cure="if it stays so, something between here and the CRM rewrites answers",
    )


_envelope = msgspec.json.Decoder(dict[str, msgspec.Raw])


def redacted(text: str, secrets: Sequence[str]) -> str:
    """`text` without any of the secrets, for errors that repeat what a CRM said."""
    for secret in secrets:
        if len(secret) >= 4:
            text = text.replace(secret, "***")
    return text
