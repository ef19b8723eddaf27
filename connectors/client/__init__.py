"""Ask a CRM over HTTP: one session, one pace, one retry rule; knows no CRM.

What to add here: nothing; this file only names what others use.
What belongs elsewhere: what to ask and what an answer means (`zoho`, `fxiaoke`), where pages land (`connectors/lake`).
"""

from connectors.client.asking import Client
from connectors.client.exchange import Ask, Dialect, Reply, decoded, redacted
from connectors.client.manners import Budget, Manners, Pace
from connectors.client.source import (
    Connection,
    Deletion,
    Discovering,
    Finding,
    Keeping,
    Kept,
    Page,
    Record,
    Resumable,
    Sight,
    Sweepable,
    Window,
)

__all__ = [
    "Ask",
    "Budget",
    "Client",
    "Connection",
    "Deletion",
    "Dialect",
    "Discovering",
    "Finding",
    "Keeping",
    "Kept",
    "Manners",
    "Pace",
    "Page",
    "Record",
    "Reply",
    "Resumable",
    "Sight",
    "Sweepable",
    "Window",
    "decoded",
    "redacted",
]
