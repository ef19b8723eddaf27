"""Who may receive a report, the mail that carries it, and the receipt that it was sent: `send` is the door.

Add a channel as a transport beside transport.py's two, with the same three methods of answering: sent, refused, or try later.
What a report says belongs to reports/; when it is sent belongs to the scheduler.
"""

from delivery.distribution import DistributionError, Employee, Recipient, doubtful_recipients, recipients
from delivery.mail import Letter, compose
from delivery.passwords import HOLDS_PAY, key_of, password_of
from delivery.receipts import Receipt, ReceiptLog
from delivery.send import send
from delivery.transport import MailServerError, Outbox, Smtp, SmtpSettings, transport_from_environment

__all__ = [
    "HOLDS_PAY",
    "DistributionError",
    "Employee",
    "Letter",
    "MailServerError",
    "Outbox",
    "Receipt",
    "ReceiptLog",
    "Recipient",
    "Smtp",
    "SmtpSettings",
    "compose",
    "doubtful_recipients",
    "key_of",
    "password_of",
    "recipients",
    "send",
    "transport_from_environment",
]
