"""How a letter leaves the house: as an .eml file in a folder, or by SMTP with STARTTLS and a login.

A new channel is a class with `deliver`, which returns how many attempts it took or raises Refused or TryLater.
Who may receive, and whether a letter was sent before, is decided elsewhere.
"""

import os
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep as real_sleep
from typing import Protocol
from urllib.parse import unquote, urlsplit

from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from delivery.mail import Letter

TIMEOUT_SECONDS = 30.0


class Refused(Exception):
    """The server will never take this letter for this recipient."""


class TryLater(Exception):
    """The server cannot take this letter now."""


class MailServerError(Exception):
    """The server or its settings are wrong for every letter, with the cure."""


class Transport(Protocol):
    """What carries letters."""

    channel: str

    def deliver(self, letter: Letter) -> int:
        """Carry one letter; how many attempts it took."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """A folder that takes letters as .eml files a mail program can open."""

    folder: Path
    channel: str = "outbox"

    def deliver(self, letter: Letter) -> int:
        """Write the letter whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{letter.report_id}.v{letter.version}.{letter.recipient}.eml"
        half = path.with_suffix(".part")
        with half.open("wb") as file:
            file.write(letter.data)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
        return 1


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where the mail server is and how to log in; the password stays out of every repr."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    is_implicit_tls: bool = False
    ca_file: Path | None = None
    attempts: int = 4
    wait_seconds: float = 2.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "SmtpSettings | None":
        """Settings from QUARTERDECK_SMTP_URL (smtp://user:password@host:587 or smtps://…) and QUARTERDECK_SMTP_CA, if set."""
        url = environment.get("QUARTERDECK_SMTP_URL", "")
        if not url:
            return None
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or port == -1:
            raise MailServerError(
                "QUARTERDECK_SMTP_URL reads like smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465"
            )
        secure = parts.scheme == "smtps"
        authority = environment.get("QUARTERDECK_SMTP_CA")
        return cls(
            parts.hostname,
            port or (465 if secure else 587),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            secure,
            Path(authority) if authority else None,
        )


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server that is always spoken to under TLS."""

    settings: SmtpSettings
    sleep: Callable[[float], None] = real_sleep
    channel: str = "smtp"

    def deliver(self, letter: Letter) -> int:
        """Send one letter, again after a 4xx or a lost line, never after a 5xx."""
        retrying = Retrying(
            retry=retry_if_exception_type(TryLater),
            stop=stop_after_attempt(self.settings.attempts),
            wait=wait_exponential(multiplier=self.settings.wait_seconds, max=60),
            sleep=self.sleep,
        )
        try:
            for attempt in retrying:
                with attempt:
                    self.post(letter)
        except RetryError as fault:
            raise TryLater(f"{fault.last_attempt.exception()} (after {self.settings.attempts} attempts)") from fault
        return int(retrying.statistics["attempt_number"])

    def post(self, letter: Letter) -> None:
        """One attempt, its answer turned into what to do next."""
        settings = self.settings
        where = f"mail server {settings.host}:{settings.port}"
        try:
            with self.connect() as server:
                server.send_message(letter.message, to_addrs=[letter.address])
        except smtplib.SMTPAuthenticationError as fault:
            if 400 <= fault.smtp_code < 500:
                raise TryLater(answer(fault.smtp_code, fault.smtp_error)) from fault
            raise MailServerError(
                f"{where} refused the login of {settings.user!r} ({fault.smtp_code}); check QUARTERDECK_SMTP_URL"
            ) from fault
        except smtplib.SMTPRecipientsRefused as fault:
            code, words = next(iter(fault.recipients.values()))
            raise (TryLater if 400 <= code < 500 else Refused)(answer(code, words)) from fault
        except smtplib.SMTPResponseException as fault:
            raise (TryLater if 400 <= fault.smtp_code < 500 else Refused)(answer(fault.smtp_code, fault.smtp_error)) from fault
        except smtplib.SMTPNotSupportedError as fault:
            raise MailServerError(f"{where} does not offer what is required: {fault}; letters are sent under TLS only") from fault
        except ssl.SSLCertVerificationError as fault:
            raise MailServerError(
                f"{where} shows a certificate that is not trusted ({fault.verify_message}); "
                "name its authority in QUARTERDECK_SMTP_CA"
            ) from fault
        except (smtplib.SMTPServerDisconnected, OSError) as fault:
            raise TryLater(f"{where}: {type(fault).__name__}: {fault}") from fault

    def connect(self) -> smtplib.SMTP:
        """A session under TLS, logged in when a user is set."""
        settings = self.settings
        context = ssl.create_default_context(cafile=None if settings.ca_file is None else str(settings.ca_file))
        if settings.is_implicit_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_SECONDS)
        try:
            if not settings.is_implicit_tls:
                server.starttls(context=context)
            if settings.user:
                server.login(settings.user, settings.password)
        except (smtplib.SMTPException, OSError):
            server.close()
            raise
        return server


def answer(code: int, words: bytes | str) -> str:
    """A server's reply on one line, at most 200 characters."""
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}".replace("\n", " ")[:200]


def transport_from_environment(environment: Mapping[str, str], outbox: Path) -> Outbox | Smtp:
    """SMTP when QUARTERDECK_SMTP_URL is set, the outbox folder otherwise."""
    settings = SmtpSettings.from_environment(environment)
    return Outbox(outbox) if settings is None else Smtp(settings)
