"""Access tokens: one for all threads and processes, renewed once however many ask at the same time.

What to add here: nothing per CRM; a CRM's login is a function that returns a `Token`.
What belongs elsewhere: how a login is asked (`zoho`, `fxiaoke`), where the cache file lies (settings).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec

from connectors.faults import Fault, Refused, RetryLater


@dataclass(frozen=True, slots=True)
class Token:
    """One access token and whatever else its login told us (never shown)."""

    value: str = field(repr=False)
    expires_at: float  # seconds since the epoch; already early, so that no call starts with a dying token
    facts: dict[str, str] = field(default_factory=dict, repr=False)


def seconds_of(said: object) -> int | None:
    """How long a login says that its token lives; None if it says nothing that can be counted."""
    return int(said) or None if isinstance(said, int | str) and str(said).isdecimal() else None


def fingerprint(*parts: str) -> str:
    """A name for a set of credentials that does not give them away."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


class TokenKeeper:
    """Hands out the current token; renews it once however many threads find it dead."""

    def __init__(
        self,
        login: Callable[[], Token],
        *,
        owner: str,
        cache: Path | None,
        now: Callable[[], float],
        most: int | None,
        within: float,
    ) -> None:
        """`owner` is the fingerprint of the credentials, so that another secret never meets an old token."""
        self._login = login
        self._owner = owner
        self._cache = cache
        self._now = now
        self._most, self._within = most, within
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._renewed: deque[float] = deque()
        self._refusal: Fault | None = None
        self._refused_until = 0.0

    def current(self) -> Token:
        """The token in use, fetched when there is none or it has run out."""
        with self._lock:
            if self._token is None or self._token.expires_at <= self._now():
                self._token = self._fetch(refused=None)
            return self._token

    def renew(self, refused: Token) -> Token:
        """A token other than `refused`: another thread's or process's if one has renewed it already."""
        with self._lock:
            if self._token is None or self._token is refused:  # the value may come back: Fxiaoke gives a young token out again
                self._token = self._fetch(refused=refused.value)
            return self._token

    def _fetch(self, refused: str | None) -> Token:
        """The cache's token if it is alive and not the refused one, else a new login."""
        with self._cache_locked():
            kept = self._read_cache()
            if kept is not None and kept.value != refused and kept.expires_at > self._now():
                return Token(kept.value, kept.expires_at, kept.facts)
            self._count_renewal(kept)
            token = self._log_in()
            self._write_cache(_Kept(token.value, token.expires_at, token.facts, list(self._renewed)))
            return token

    def _log_in(self) -> Token:
        """A new login; one that was refused is not asked again by every thread that needs it."""
        if self._refusal is not None and self._now() < self._refused_until:
            raise self._refusal
        try:
            return self._login()
        except RetryLater as fault:
            if fault.after is not None:
                self._refusal, self._refused_until = fault, self._now() + fault.after.total_seconds()
            raise
        except Refused as fault:
            self._refusal, self._refused_until = fault, float("inf")
            raise

    def _count_renewal(self, kept: _Kept | None) -> None:
        """Stop before the CRM locks us out for logging in too often, whichever of our processes does."""
        now = self._now()
        if kept is not None and len(kept.renewed) >= len(self._renewed):  # ours stand there as well
            self._renewed = deque(kept.renewed)
        while self._renewed and self._renewed[0] <= now - self._within:
            self._renewed.popleft()
        if self._most is not None and len(self._renewed) >= self._most:
            raise RetryLater(
                "login",
                asked="another access token",
                came=f"{self._most} logins within {self._within:g} s, and each token was refused",
                cure="find out who revokes them (another program with the same credentials?) and run again later",
                after=timedelta(seconds=self._renewed[0] + self._within - now),
            )
        self._renewed.append(now)
        # Noted before it is tried: a login that fails, or a process that dies over it, has been counted by the CRM as well.
        self._write_cache(_Kept(*((kept.value, kept.expires_at, kept.facts) if kept else ("", 0.0, {})), list(self._renewed)))

    @contextmanager
    def _cache_locked(self) -> Iterator[None]:
        """Only one process at a time looks at the cache and renews."""
        if self._cache is None:
            yield
            return
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(f"{self._cache}.lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _read_cache(self) -> _Kept | None:
        """What another process kept for these credentials; none if the file is missing, torn or open to others."""
        if self._cache is None or not self._cache.exists() or self._cache.stat().st_mode & 0o077:
            return None
        try:
            kept = msgspec.json.decode(self._cache.read_bytes(), type=dict[str, _Kept])
        except msgspec.MsgspecError:
            return None
        return kept.get(self._owner)

    def _write_cache(self, entry: _Kept) -> None:
        """Keep the token for other processes, readable by this user alone."""
        if self._cache is None:
            return
        kept = {self._owner: entry}
        handle, name = tempfile.mkstemp(dir=self._cache.parent, prefix=".token-")  # mkstemp opens with mode 0600
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(kept))
        Path(name).replace(self._cache)


class _Kept(msgspec.Struct):
    """A token as the cache file holds it."""

    value: str
    expires_at: float
    facts: dict[str, str]
    renewed: list[float] = []  # when our processes logged in lately
