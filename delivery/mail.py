"""A report as a letter: Chinese subject and body, attachments, and bytes that depend on nothing but what goes in.

Words of the body are given by the report's headline; customers and pay never stand in a body.
How a letter travels is transport.py's business.
"""

import datetime as dt
import hashlib
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from html import escape
from pathlib import Path

from delivery.distribution import Recipient
from delivery.passwords import encrypted

ATTACHMENT_LIMIT = 10_000_000
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class LetterTooLarge(Exception):
    """Attachments beyond what mail servers commonly take."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One report for one person: the key that makes sending idempotent, and the message."""

    report_id: str
    recipient: str
    version: int
    address: str
    message_id: str
    content_sha256: str
    message: EmailMessage

    @property
    def data(self) -> bytes:
        """The message as it travels."""
        return self.message.as_bytes(policy=policy.SMTP)


def mime_type(path: Path) -> tuple[str, str]:
    """Main and sub type of an attachment."""
    known = SHEET if path.suffix == ".xlsx" else (mimetypes.guess_type(path.name)[0] or "application/octet-stream")
    main, _, sub = known.partition("/")
    return main, sub


def content_hash(subject: str, lines: Sequence[str], attachments: Sequence[Path]) -> str:
    """One hash over what the reader gets, leaving out when it was posted and how it was encrypted."""
    digest = hashlib.sha256("\n".join((subject, *lines)).encode())
    for path in attachments:
        digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def settle_boundaries(message: EmailMessage, seed: str) -> None:
    """Give every part boundary a name made from the letter's key; Python would draw random ones."""
    for place, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"=_{hashlib.sha256(f'{seed}/{place}'.encode()).hexdigest()[:32]}")


def compose(
    *,
    report_id: str,
    version: int,
    recipient: Recipient,
    sender: str,
    subject: str,
    lines: Sequence[str],
    attachments: Sequence[Path],
    date: dt.datetime,
    password: str = "",
) -> Letter:
    """The letter that brings `attachments`, encrypted if there is a password; `lines` tell neither customers nor pay."""
    size = sum(path.stat().st_size for path in attachments)
    if size > ATTACHMENT_LIMIT:
        raise LetterTooLarge(
            f"{report_id}: attachments of {size:,} bytes; many servers refuse more than {ATTACHMENT_LIMIT:,}. "
            "Send fewer files or a link to the archive"
        )
    key = f"{report_id}.v{version}.{recipient.employee_no}"
    name, address = parseaddr(sender)
    local, _, domain = address.partition("@")
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = Address(name, local, domain)
    to_local, _, to_domain = recipient.address.partition("@")
    message["To"] = Address(recipient.name, to_local, to_domain)
    message["Subject"] = subject
    message["Date"] = format_datetime(date.astimezone(dt.UTC))
    message["Message-ID"] = f"<{key}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Report-Id"] = report_id
    message["X-Report-Version"] = str(version)
    greeting, files = f"{recipient.name}，您好：", [path.name for path in attachments]
    closing = [
        *(["附件：" + "、".join(files)] if files else []),
        *(["附件已加密，用您的对账单密码打开。密码另行告知，不在邮件里发送。"] if password else []),
        f"报告编号 {report_id}，第 {version} 版。本邮件由系统发出，内容仅限收件人本人使用，请勿转发。",
    ]
    message.set_content("\n\n".join((greeting, "\n".join(f"· {line}" for line in lines), *closing)) + "\n", cte="base64")
    points = "".join(f"<li>{escape(line)}</li>" for line in lines)
    end = "".join(f"<p>{escape(line)}</p>" for line in closing)
    message.add_alternative(f"<p>{escape(greeting)}</p><ul>{points}</ul>{end}", subtype="html", cte="base64")
    for path in attachments:
        main, sub = mime_type(path)
        content = encrypted(path, password) if password else path.read_bytes()
        message.add_attachment(content, maintype=main, subtype=sub, filename=path.name)
    settle_boundaries(message, key)
    return Letter(
        report_id,
        recipient.employee_no,
        version,
        recipient.address,
        message["Message-ID"],
        content_hash(subject, lines, attachments),
        message,
    )
