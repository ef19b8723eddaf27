"""Asks: at a CRM's pace, with a live token, again where asking again can help; knows no CRM.

What to add here: what becomes of a question that did not go well.
What belongs elsewhere: counting and waiting (`manners.py`), the wire (`connectors/wire.py`), what an answer means (the dialects).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from connectors.client.exchange import Ask, Dialect, Reply
from connectors.client.manners import Budget, Manners, Pace
from connectors.faults import RetryLater, TokenRefused
from connectors.tokens import TokenKeeper
from connectors.wire import new_session, question

T = TypeVar("T")

RENEWALS = 2  # tokens fetched for one question: a new one may be revoked as well, one more never helped


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
        self._headers = dict(self._session.headers)
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

    def glance(self, ask: Ask, see: Callable[[bytes], T | None]) -> T | Mapping[str, msgspec.Raw]:
        """What `see` sees in the body of the answer; the envelope where it sees nothing."""

        def read(reply: Reply) -> T | Mapping[str, msgspec.Raw]:
            seen = see(reply.body) if reply.status == HTTPStatus.OK else None
            return self.dialect.read(ask, reply) if seen is None else seen

        return self._retrying(lambda: self._with_token(ask, read))

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
        with self._pace(ask.interface), self._places:
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
        headers = {**self._headers, **ask.headers}
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
        pace = Pace(calls, seconds, monotonic=self._monotonic, sleep=self.sleep)

        def wait() -> None:
            """Return when one more is within the rate."""
            with pace.call():
                return

        return wait

    def _way_to(self, url: str) -> Mapping[str, Any]:
        """Proxies and certificates on the way to a host, as this machine is set up; looked up once, since it takes long."""
        host = urlsplit(url).netloc
        if host not in self._ways:
            self._ways[host] = dict(self._session.merge_environment_settings(url, {}, True, None, None))
        return self._ways[host]

    def _pace(self, interface: str) -> AbstractContextManager[None]:
        """One more call of this interface, within its rate."""
        if self.manners.calls is None or not interface:
            return nullcontext()
        with self._paces_lock:
            if interface not in self._paces:
                calls, seconds = self.manners.calls, self.manners.seconds
                self._paces[interface] = Pace(calls, seconds, monotonic=self._monotonic, sleep=self.sleep)
            return self._paces[interface].call()


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
