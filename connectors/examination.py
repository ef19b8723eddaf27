"""What `quarterdeck doctor` asks of any CRM: are our clocks the same, what is left of today's calls, which fields went.

What to add here: a question that makes sense whichever CRM it is.
What belongs elsewhere: logins, scopes, rights (`zoho/doctor.py`, `fxiaoke/doctor.py`), how findings are shown (the command line).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from connectors.client import Client, Finding
from connectors.landing import Manifest

APART = timedelta(minutes=2)  # what a network and a second's rounding explain, many times over


def clock_finding(client: Client) -> Finding:
    """Whether the CRM's clock and ours agree: windows of changes are cut by ours, and changes bear its."""
    source, ahead = client.dialect.source, client.ahead
    if ahead is None:
        return Finding(f"{source} clock", is_good=True, says="its answers do not tell the time, so the clocks cannot be compared")
    whose = "ahead of" if ahead > timedelta(0) else "behind"
    if abs(ahead) <= APART:
        return Finding(f"{source} clock", is_good=True, says=f"ours and the CRM's are {abs(ahead).total_seconds():.0f} s apart")
    return Finding(
        f"{source} clock",
        is_good=False,
        says=f"our clock is {abs(ahead).total_seconds() / 60:.0f} minutes {whose} the CRM's",
        cure="let this machine keep time by NTP: which changes a night reads is cut by its clock",
    )


def budget_finding(client: Client) -> Finding:
    """What is left of the company's own budget of calls today."""
    used, limit = client.budget.used, client.manners.calls_per_day
    name = f"{client.dialect.source} calls today"
    if limit is None:
        return Finding(name, is_good=True, says=f"{used:,} made; no budget of our own (company.yaml, limits: calls_per_day)")
    return Finding(
        name,
        is_good=used < limit,
        says=f"{used:,} of our own budget of {limit:,} made, {max(limit - used, 0):,} left",
        cure="what is not read tonight is read tomorrow; raise limits: calls_per_day in company.yaml if that is too late",
    )


def field_findings(manifests: Iterable[Manifest]) -> Iterator[Finding]:
    """What the last pull of each object said of its fields: those that went, changed their type, or could not be read."""
    for one in manifests:
        said = [
            *(f"{name} is gone" for name in one.fields_vanished),
            *(f"{name} was {change.replace(' -> ', ', is now ')}" for name, change in sorted(one.fields_retyped.items())),
            *(f"{name} is not there" for name in one.missing_fields),
            *(f"{count:,} values of {name} could not be read" for name, count in sorted(one.unparsed.items())),
        ]
        if said:
            yield Finding(
                f"{one.source} {one.object} fields",
                is_good=False,
                says=f"at the last pull ({one.pulled_at:%Y-%m-%d}): {'; '.join(said)}",
                cure="give the right back, or tell company.yaml (custom_fields) the new name or type; old values are kept",
            )
