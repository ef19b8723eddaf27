"""What `quarterdeck doctor` finds out about one Zoho organisation: login, data centre, scopes, rights, clock, limits.

What to add here: a thing an administrator of Zoho can have wrong.
What belongs elsewhere: what is the same for every CRM (`connectors/examination.py`), reading records (`connection.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from connectors.catalogue import CrmObject
from connectors.client import Finding, Record
from connectors.examination import budget_finding, clock_finding
from connectors.faults import Absent, Fault, Refused
from connectors.zoho.objects import ABOUT
from connectors.zoho.walk import rows_of

if TYPE_CHECKING:
    from connectors.zoho.connection import ZohoConnection

SCOPES: Mapping[str, str] = {  # what stops working without it; docs/zoho.md has the same table
    "ZohoCRM.org.READ": "time zone and edition cannot be checked",
    "ZohoCRM.settings.fields.READ": "deals in stages of your own naming are never won or lost; new fields and options go unseen",
    "ZohoCRM.settings.currencies.READ": "the organisation's own exchange rates are not read",
    "ZohoCRM.users.READ": "people are not read",
    "ZohoCRM.coql.READ": "windows are proved and ids compared by a second listing, at ten times the calls",
    "ZohoSearch.securesearch.READ": "what is too long to be listed by COQL cannot be counted, and is listed all the same",
    "ZohoCRM.bulk.READ": "large first loads come page by page",
}
CREDITS = {  # of 24 hours: base, for each user, at most
    "free": (5_000, 0, 5_000),
    "standard": (50_000, 250, 100_000),
    "professional": (50_000, 500, 3_000_000),
    "enterprise": (50_000, 1_000, 5_000_000),
    "ultimate": (50_000, 2_000, 10**12),
}
AT_ONCE = {"free": 5, "standard": 10, "professional": 15, "enterprise": 20, "ultimate": 25}
NO_JOB = "0"  # asked about, to see whether we may ask at all


def examine(zoho: ZohoConnection) -> Iterator[Finding]:
    """Everything that can be wrong, in the order in which to mend it; nothing more is asked when we do not get in."""
    login = _login(zoho)
    yield login
    if not login.is_good:
        return
    yield _data_centre(zoho)
    organisation: list[Record] = []
    for scope, lost in SCOPES.items():
        finding, rows = _scope(zoho, scope, lost)
        yield finding
        organisation = rows if scope == "ZohoCRM.org.READ" else organisation
    for obj in zoho.objects:
        if obj.api_name not in ABOUT:
            yield _right(zoho, obj)
    yield from _unknown_fields(zoho)
    yield clock_finding(zoho.client)
    for row in organisation:
        yield _time_zone(zoho, row)
        yield _credits(row, zoho.client.manners.concurrency)
    if (left := zoho.client.headers.get("X-API-CREDITS-REMAINING")) is not None:
        yield Finding("zoho credits left", is_good=int(left) > 0, says=f"Zoho says {int(left):,} are left of these 24 hours",
                      cure="wait, buy more, or look which other program uses them")
    yield budget_finding(zoho.client)


def _login(zoho: ZohoConnection) -> Finding:
    """A new login, even where an old token still lives: it is the secrets that are asked about."""
    keeper = zoho.client.keeper
    if keeper is None:
        raise ValueError("a connection without a token keeper")
    try:
        keeper.renew(keeper.current())
    except Fault as fault:
        return Finding("zoho login", is_good=False, says=fault.came, cure=fault.cure)
    return Finding("zoho login", is_good=True, says=f"in, through {urlsplit(zoho.settings.accounts_url).netloc}")


def _data_centre(zoho: ZohoConnection) -> Finding:
    """Whether the API host is the one that the login names: tokens of one data centre are worth nothing in another."""
    ours, keeper = zoho.settings.api_url, zoho.client.keeper
    theirs = keeper.current().facts.get("api_domain", "") if keeper else ""
    is_same = not theirs or _host(theirs) == _host(ours)
    return Finding(
        "zoho data centre",
        is_good=is_same,
        says=f"{_host(ours)}" if is_same else f"the login belongs to {_host(theirs)}, the settings say {_host(ours)}",
        cure=f"set QUARTERDECK_ZOHO_API_URL={theirs}, and QUARTERDECK_ZOHO_ACCOUNTS_URL to the same data centre's",
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc.removeprefix("www.")


def _scope(zoho: ZohoConnection, scope: str, lost: str) -> tuple[Finding, list[Record]]:
    """Whether a scope was granted, by a question that needs it and costs one credit; and what came."""
    asks: Mapping[str, Callable[[], Any]] = {
        "ZohoCRM.org.READ": lambda: rows_of(zoho.ask("organisation", "org"), "organisation", "org"),
        "ZohoCRM.settings.fields.READ": lambda: zoho.ask("fields", "settings/fields", {"module": "Accounts"}),
        "ZohoCRM.settings.currencies.READ": lambda: zoho.ask("currencies", "org/currencies"),
        "ZohoCRM.users.READ": lambda: zoho.ask("users", "users", {"type": "ActiveUsers", "per_page": 1}),
        "ZohoCRM.coql.READ": lambda: zoho.select_one("Accounts"),
        "ZohoSearch.securesearch.READ": lambda: zoho.ask(
            "counts", "Accounts/actions/count", {"criteria": "(Modified_Time:less_than:1971-01-01T00:00:00+00:00)"}
        ),
        "ZohoCRM.bulk.READ": lambda: zoho.ask("bulk", f"read/{NO_JOB}", base="crm/bulk"),
    }
    rows: list[Record] = []
    try:
        answer = asks[scope]()
        rows = answer if isinstance(answer, list) else []
    except Refused as fault:
        if fault.code == "OAUTH_SCOPE_MISMATCH":
            return Finding(f"zoho scope {scope}", is_good=False, says=f"not granted: {lost}", cure=f"grant {scope}"), rows
        says = f"granted, though this was refused: {fault.came}"
        return Finding(f"zoho scope {scope}", is_good=isinstance(fault, Absent), says=says, cure=fault.cure), rows
    except Fault as fault:
        if scope != "ZohoCRM.bulk.READ":  # there is no such job, and that Zoho says so is the right
            return Finding(f"zoho scope {scope}", is_good=False, says=fault.came, cure=fault.cure), rows
    return Finding(f"zoho scope {scope}", is_good=True, says="granted"), rows


def _right(zoho: ZohoConnection, obj: CrmObject) -> Finding:
    """Whether one object may be read, by asking for one record of it."""
    name = f"zoho {obj.name}"
    asked: tuple[str, dict[str, str | int]] = (
        ("users", {"type": "ActiveUsers", "per_page": 1})
        if obj.api_name == "Users"
        else (obj.api_name, {"fields": "id,Modified_Time" if obj.cursor else "id", "per_page": 1})
    )
    try:
        zoho.ask(obj.name, *asked)
    except Absent as fault:
        says = f"the organisation has no {obj.api_name}, or the API user's profile does not show it; the rest is read"
        return Finding(name, is_good=not obj.is_custom, says=says, cure=fault.cure)
    except Fault as fault:
        return Finding(name, is_good=False, says=fault.came, cure=fault.cure)
    return Finding(name, is_good=True, says="may be read")


def _unknown_fields(zoho: ZohoConnection) -> Iterator[Finding]:
    """Fields that company.yaml names and the module does not have: misspelt, or hidden from the profile."""
    for obj in zoho.objects:
        named = {field.api_name for field in zoho.settings.custom_fields.get(obj.name, ())}
        named |= {field.api_name for field in obj.fields if obj.is_custom}
        if not named:
            continue
        try:
            known = zoho.listed_fields(obj)
        except Fault:
            continue  # whatever it is, the right to read this object has told of it
        if known and (gone := sorted(named - known)):
            yield Finding(
                f"zoho {obj.name} fields", is_good=False, says=f"{obj.api_name} has no {', '.join(gone)}",
                cure="look the API name up under Setup, Developer Hub, APIs and SDKs; a hidden field is missing too",
            )


def _time_zone(zoho: ZohoConnection, organisation: Record) -> Finding:
    """Whether dates mean the same here and there."""
    theirs, ours = organisation.get("time_zone"), zoho.settings.time_zone
    if not theirs or theirs == ours:
        return Finding("zoho time zone", is_good=True, says=f"{ours}, as the organisation's")
    return Finding(
        "zoho time zone",
        is_good=False,
        says=f"the organisation keeps {theirs}, the settings say {ours}",
        cure="set time_zone to the organisation's, or dates move",
    )


def _credits(organisation: Record, at_once: int) -> Finding:
    """How many credits the organisation's edition allows, and whether it allows as many calls at once as we make."""
    name, licence = str(organisation.get("company_name") or "the organisation"), organisation.get("license_details") or {}
    edition, users = str(licence.get("paid_type") or "").lower(), int(licence.get("users_license_purchased") or 0)
    if edition not in CREDITS:
        return Finding("zoho credits", is_good=True, says=f"{name} does not say which edition it has")
    base, each, most = CREDITS[edition]
    allowed = min(base + each * users, most)
    says = f"{name}, {edition} with {users} users: {allowed:,} in 24 hours, for all programs"
    if at_once <= AT_ONCE[edition]:
        return Finding("zoho credits", is_good=True, says=says)
    return Finding(
        "zoho credits",
        is_good=False,
        says=f"{says}, and {AT_ONCE[edition]} calls at a time: we make up to {at_once}",
        cure=f"set crm: zoho: limits: concurrency: {AT_ONCE[edition]} in company.yaml, or less beside other programs",
    )
