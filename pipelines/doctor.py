"""What `quarterdeck doctor` and `status` look at: the company folder and its plans, each CRM, what the last pulls said of fields.

What to add here: a place where something can be wrong. What belongs elsewhere: what a CRM is asked (`connectors`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.client import Finding
from connectors.examination import field_findings
from connectors.faults import Fault
from connectors.lake import Lake
from connectors.landing import Manifest
from connectors.sweeping import findings
from pipelines.agreement import plans_of
from pipelines.authority import examined
from pipelines.resources import Crms, Home, MissingSetting

Found = tuple[str, Finding]  # where, and what
LATELY = timedelta(days=7)


def examine(home: Home) -> list[Found]:
    """Everything that is right and wrong; a company folder with a wrong cell raises with every one of them, plans as well."""
    company = home.load_company()
    books = company.connection(home.plan_rows(), home.acceptance_rows())
    found: list[Found] = [("company folder", finding) for finding in books.check()]
    found += [
        ("plans", Finding(f"{one.file} line {one.line}", is_good=one.severity != "error", says=one.message, cure=one.cure))
        for one in home.plan_findings(company)
    ]
    today = datetime.now(home.settings.zone).date()
    found += [("signers", finding) for finding in examined(company, plans_of(home), today)]
    for crm, connect in (("zoho", Crms().zoho), ("fxiaoke", Crms().fxiaoke)):
        try:
            connection = connect(home)
        except MissingSetting as missing:
            found.append((crm, Finding(f"{crm} settings", is_good=False, says="secrets are missing", cure=str(missing))))
            continue
        if connection is None:
            continue
        compared = home.lake.comparisons(crm, [obj.name for obj in connection.objects])
        try:
            found += [(crm, finding) for finding in (*connection.check(), *findings(crm, compared))]
        except Fault as fault:  # between two questions that were both answered, the line or the CRM broke
            found.append((crm, Finding(f"{crm} answers", is_good=False, says=fault.came, cure=fault.cure)))
    return found + [("lake", finding) for finding in field_findings(_newest(home.lake))]


def _newest(lake: Lake) -> list[Manifest]:
    """The last pull of each object."""
    return list({(one.source, one.object): one for one in lake.manifests()}.values())


def field_changes(lake: Lake, known_at: datetime) -> list[dict[str, str]]:
    """Fields that came, went or changed their type in the week before a moment, a row each, oldest first."""
    return [
        {"source": one.source, "object": one.object, "pulled_at": one.pulled_at.isoformat(), "field": field, "what": what}
        for one in lake.manifests(known_at)
        if one.pulled_at > known_at - LATELY
        for field, what in (
            *((name, "appeared") for name in one.fields_appeared),
            *((name, "vanished") for name in one.fields_vanished),
            *((name, f"changed its type: {change}") for name, change in sorted(one.fields_retyped.items())),
        )
    ]
