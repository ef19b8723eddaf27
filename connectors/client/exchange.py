"""One question and its answer, before and after they were on the wire, and what a CRM must teach us about them.

What to add here: what every CRM's questions or answers have in common.
What belongs elsewhere: asking (`asking.py`), the wire (`connectors/wire.py`), what an answer means (the dialects).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from connectors.answers import legible
from connectors.faults import RetryLater
from connectors.tokens import Token


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
