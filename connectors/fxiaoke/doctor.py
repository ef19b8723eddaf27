"""What `quarterdeck doctor` finds out about one Fxiaoke tenant: login, cloud, identity, rights, clock, limits.

What to add here: a thing an administrator of Fxiaoke can have wrong.
What belongs elsewhere: what is the same for every CRM (`connectors/examination.py`), reading records (`connection.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from connectors.catalogue import CrmObject
from connectors.client import Finding, Window
from connectors.examination import budget_finding, clock_finding
from connectors.faults import Absent, Fault
from connectors.fxiaoke.dialect import Style
from connectors.fxiaoke.objects import ABOUT

if TYPE_CHECKING:
    from connectors.fxiaoke.connection import FxiaokeConnection

FAR = Window(None, datetime(1971, 1, 1, tzinfo=UTC))  # asks for the right to read, not for rows
ZONE = re.compile(r"^GMT([+-]\d{1,2})(?::?(\d{2}))?$")


def examine(fxiaoke: FxiaokeConnection) -> Iterator[Finding]:
    """Everything that can be wrong, in the order in which to mend it; nothing more is asked when we do not get in."""
    login = _login(fxiaoke)
    yield login
    if not login.is_good:
        return
    for obj in fxiaoke.objects:
        yield _right(fxiaoke, obj)
    yield from _unknown_fields(fxiaoke)
    yield _own_objects(fxiaoke)
    yield clock_finding(fxiaoke.client)
    yield _time_zone(fxiaoke)
    yield _rate(fxiaoke)
    yield budget_finding(fxiaoke.client)


def _login(fxiaoke: FxiaokeConnection) -> Finding:
    """A new login, even where an old token still lives: it is the secrets that are asked about."""
    settings, keeper = fxiaoke.settings, fxiaoke.client.keeper
    if keeper is None:
        raise ValueError("a connection without a token keeper")
    try:
        keeper.renew(keeper.current())
    except Fault as fault:
        return Finding("fxiaoke login", is_good=False, says=fault.came, cure=fault.cure)
    style = "newer login" if settings.style is Style.CURRENT else "legacy login"
    return Finding("fxiaoke login", is_good=True, says=f"in, {style}, cloud {urlsplit(settings.base_url).netloc}")


def _right(fxiaoke: FxiaokeConnection, obj: CrmObject) -> Finding:
    """Whether one object may be read, by asking for no row of it; metadata and staff are asked for as they are."""
    name = f"fxiaoke {obj.name}"
    window = FAR if obj.cursor else Window(None, fxiaoke.moment)
    rows = 0
    try:
        for page in fxiaoke.pull(obj, window):
            rows += len(page.records)
            if rows:
                break
    except Absent as fault:
        says = f"the tenant has no {obj.api_name}; the rest is read"
        return Finding(name, is_good=not obj.is_custom, says=says, cure=fault.cure)
    except Fault as fault:
        return Finding(name, is_good=False, says=fault.came, cure=fault.cure)
    if obj.cursor is None and not rows and obj.api_name not in ABOUT:
        return Finding(
            name, is_good=False, says="may be asked for, and nothing is shown",
            cure="widen the app's visible range; PersonnelObj needs a share rule for the API user itself",
        )
    return Finding(name, is_good=True, says="may be read")


def _unknown_fields(fxiaoke: FxiaokeConnection) -> Iterator[Finding]:
    """Fields that company.yaml names and the object does not have: misspelt, or hidden."""
    for obj in fxiaoke.objects:
        named = {field.api_name for field in fxiaoke.settings.custom_fields.get(obj.name, ())}
        named |= {field.api_name for field in obj.fields if obj.is_custom}
        if not named:
            continue
        try:
            known = fxiaoke.listed_fields(obj)
        except Fault:
            continue  # whatever it is, the right to read this object has told of it
        if known and (gone := sorted(named - known)):
            yield Finding(
                f"fxiaoke {obj.name} fields", is_good=False, says=f"{obj.api_name} has no {', '.join(gone)}",
                cure="look the API name up under 对象管理, 字段",
            )


def _own_objects(fxiaoke: FxiaokeConnection) -> Finding:
    """Which objects the tenant has made for itself and company.yaml does not name: they are not read."""
    name = "fxiaoke objects of its own"
    try:
        theirs = fxiaoke.objects_of_its_own()
    except Fault as fault:
        return Finding(name, is_good=False, says=f"could not be asked for: {fault.came}", cure=fault.cure)
    unread = sorted(theirs - {obj.api_name for obj in fxiaoke.objects})
    if not unread:
        return Finding(name, is_good=True, says=f"{len(theirs)}, all of them read" if theirs else "none")
    return Finding(
        name, is_good=True, says=f"not read, since custom_objects of company.yaml does not name them: {', '.join(unread)}"
    )


def _time_zone(fxiaoke: FxiaokeConnection) -> Finding:
    """Whether dates are midnights of the company's own zone: the description of a date field says which they are."""
    ours = fxiaoke.settings.time_zone
    orders = next((obj for obj in fxiaoke.objects if obj.name == "orders"), None)
    try:
        theirs = {str(zone) for zone in fxiaoke.date_zones(orders)} if orders else set()
    except Fault as fault:
        return Finding("fxiaoke time zone", is_good=False, says=f"could not be asked for: {fault.came}", cure=fault.cure)
    here = fxiaoke.moment.astimezone(ZoneInfo(ours)).utcoffset() or timedelta(0)
    others = sorted(zone for zone in theirs if (found := ZONE.match(zone)) and _offset(found) != here)
    if others:
        return Finding(
            "fxiaoke time zone",
            is_good=False,
            says=f"dates are midnights of {', '.join(others)}, the settings say {ours}",
            cure="set time_zone of company.yaml to the tenant's, or dates move by a day",
        )
    return Finding("fxiaoke time zone", is_good=True, says=f"{ours}{', as the tenant describes its dates' if theirs else ''}")


def _offset(zone: re.Match[str]) -> timedelta:
    hours, minutes = int(zone[1]), int(zone[2] or 0)
    return timedelta(hours=hours, minutes=minutes if hours >= 0 else -minutes)


def _rate(fxiaoke: FxiaokeConnection) -> Finding:
    """The rate that is kept to; Fxiaoke tells nobody what is left of a pack."""
    manners = fxiaoke.client.manners
    rate = "none is kept to" if manners.calls is None else f"{manners.calls:,} calls in {manners.seconds:g} s of one interface"
    return Finding("fxiaoke rate", is_good=True, says=f"{rate}; Fxiaoke does not tell what is left of the day's pack")
