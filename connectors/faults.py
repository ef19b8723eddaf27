"""What can go wrong with a CRM, named by what to do next.

What to add here: a fault that asks for a different next step; never one per status code.
What belongs elsewhere: which answer means which fault (`zoho`, `fxiaoke`), waiting and retrying (`client`).

    Fault
     ├─ RetryLater       the same question may well be answered later; `after` says when, if the CRM did
     ├─ Deferred         a budget is used up: stop cleanly, keep what is complete, go on in the next run
     ├─ Refused          a person has to change a right, a secret or a setting; asking again is useless
     │   └─ Absent       the CRM has no such object, or does not let us know of it
     └─ ContractBroken   the CRM answered outside of its contract: nothing of this pull may be believed
         └─ Unlisted     more is gone than the CRM lists: only a look at every key tells what
"""

from __future__ import annotations

from datetime import timedelta

SHOWN = 200  # characters of an answer that an error repeats


class Fault(Exception):
    """A question to a CRM that has no good answer: which object, what was asked, what came back, what to do."""

    def __init__(self, about: str, *, asked: str, came: str, cure: str, code: str = "", subject: str = "") -> None:
        """A fault that explains itself in one line; `subject` is what the CRM names as its reason."""
        self.about = about
        self.asked = asked
        self.came = came if len(came) <= SHOWN else f"{came[:SHOWN]}…"
        self.cure = cure
        self.code = code
        self.subject = subject
        super().__init__(f"{about}: asked {asked}; came back {self.came}; {cure}")


class RetryLater(Fault):
    """The same question may be answered later."""

    def __init__(self, about: str, *, asked: str, came: str, cure: str, code: str = "", after: timedelta | None = None) -> None:
        """A passing fault; `after` is the wait the CRM asked for, if it did."""
        self.after = after
        super().__init__(about, asked=asked, came=came, cure=cure, code=code)


class Deferred(Fault):
    """A budget is used up; what is complete stays, the rest goes on in the next run."""


class Refused(Fault):
    """Only a person can mend this: a right, a secret, a setting."""


class Absent(Refused):
    """The CRM has no such object, or hides it from us; nothing else is wrong."""


class TokenRefused(Refused):
    """The access token is not taken (any more); one renewal may mend it."""


class ContractBroken(Fault):
    """The CRM answered outside of its contract; this pull does not count."""


class Unlisted(ContractBroken):
    """More is gone than the CRM lists; only a look at every key tells what."""
