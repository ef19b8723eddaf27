"""A mail server with STARTTLS and a login on loopback, and a company folder."""

import datetime as dt
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from delivery import Letter, Recipient, SmtpSettings, compose

NIGHT = dt.datetime(2026, 11, 21, 6, 30, tzinfo=dt.timezone(dt.timedelta(hours=8)))


@dataclass
class Mailbox:
    """What the server took, and the answers it gives before it takes anything."""

    taken: list[Envelope] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    sessions: list[tuple[bool, bool]] = field(default_factory=list)

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802
        """Refuse one address for good."""
        if address.startswith("gone@"):
            return f"550 no such user <{address}>"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Give the prepared answers first, then take the letter."""
        if self.answers:
            return self.answers.pop(0)
        self.taken.append(envelope)
        self.sessions.append((session.ssl is not None, session.authenticated))
        return "250 OK"


class StrictController(Controller):
    """A server that demands STARTTLS and a login."""

    def __init__(self, mailbox: Mailbox, context: ssl.SSLContext) -> None:
        """A server on a free port of loopback; aiosmtpd cannot find out a port of zero."""
        self.context = context
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        super().__init__(mailbox, hostname="127.0.0.1", port=port)

    def factory(self) -> SMTP:
        """One session's protocol."""

        def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
            return AuthResult(
                handled=False,
                success=isinstance(data, LoginPassword) and (data.login, data.password) == (b"reports", b"s3cret:/@"),
            )

        return SMTP(self.handler, tls_context=self.context, require_starttls=True, authenticator=authenticate, auth_required=True)


@dataclass(frozen=True)
class MailServer:
    """A running server and how to reach it."""

    mailbox: Mailbox
    settings: SmtpSettings


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server whose certificate only its own authority vouches for."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    mailbox = Mailbox()
    controller = StrictController(mailbox, context)
    controller.start()
    settings = SmtpSettings("127.0.0.1", controller.port, "reports", "s3cret:/@", ca_file=tmp_path / "ca.pem", wait_seconds=0.5)
    yield MailServer(mailbox, settings)
    controller.stop()


@pytest.fixture
def company_folder(tmp_path: Path) -> Path:
    """A company folder that holds nothing yet."""
    folder = tmp_path / "company"
    folder.mkdir()
    return folder


@pytest.fixture
def letter_to(tmp_path: Path) -> Callable[..., Letter]:
    """Composes the quarterly pack's letter to an address."""
    pdf, sheet = tmp_path / "季度经营回顾_2026Q3_管理层_v1.pdf", tmp_path / "季度经营回顾_2026Q3_管理层_v1.xlsx"
    pdf.write_bytes(b"%PDF-1.7 pages")
    sheet.write_bytes(b"PK sheets")

    def make(
        address: str, *, number: str = "E900", version: int = 1, lines: tuple[str, ...] = ("净签约额（不含税）3,966.4 万元",)
    ) -> Letter:
        return compose(
            report_id="QBR-2026Q3-MGMT",
            version=version,
            recipient=Recipient(number, "沈国栋", address, "销售总监", "company"),
            sender="经营报告 <reports@example.com>",
            subject="【季度经营回顾】2026年第三季度 第 1 版",
            lines=lines,
            attachments=(pdf, sheet),
            date=NIGHT,
        )

    return make
