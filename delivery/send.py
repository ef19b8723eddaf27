"""Sending: each letter once, each outcome kept, one recipient's trouble never another's.

Rules about whether to send stand here; how a letter travels in transport.py, what was sent in receipts.py.
Building reports and choosing recipients do not belong here.
"""

import datetime as dt
from collections.abc import Sequence

from delivery.mail import Letter
from delivery.receipts import Receipt, ReceiptLog, Status
from delivery.transport import Refused, Transport, TryLater


def send(letters: Sequence[Letter], *, transport: Transport, receipts: ReceiptLog, at: dt.datetime) -> list[Receipt]:
    """Send what was not sent before; one receipt a letter, in order.

    A letter's key is report, recipient and version. Under a key that was sent, nothing is sent again, even when the content
    has changed: then the receipt says so, and a new version is the way to send it. A crash between the server's yes and the
    receipt leads to one repeat under the same Message-ID, which mail programs fold into one.
    """
    outcomes = []
    with receipts.locked():
        for letter in letters:
            before = receipts.sent(letter.report_id, letter.recipient, letter.version)
            if before is not None:
                changed = (
                    ""
                    if before.content_sha256 == letter.content_sha256
                    else "content differs from what was sent; raise the version to send it"
                )
                outcomes.append(receipt(letter, "already_sent", before.channel, 0, at, changed))
                continue
            outcome = attempt(letter, transport, at)
            receipts.append(outcome)
            outcomes.append(outcome)
    return outcomes


def attempt(letter: Letter, transport: Transport, at: dt.datetime) -> Receipt:
    """Carry one letter and say how it went."""
    try:
        return receipt(letter, "sent", transport.channel, transport.deliver(letter), at, "")
    except Refused as fault:
        return receipt(letter, "refused", transport.channel, 1, at, str(fault))
    except TryLater as fault:
        return receipt(letter, "failed", transport.channel, 0, at, str(fault))


def receipt(letter: Letter, status: Status, channel: str, attempts: int, at: dt.datetime, detail: str) -> Receipt:
    """The outcome for one letter; a server that repeats the address is quoted without it."""
    return Receipt(
        letter.report_id,
        letter.recipient,
        letter.version,
        status,
        channel,
        letter.message_id,
        letter.content_sha256,
        attempts,
        at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        detail.replace(letter.address, letter.recipient),
    )
