"""What `quarterdeck doctor` and `status` look at: the company folder and its plans, each CRM, what the last pulls said of fields.

What to add here: a place where something can be wrong. What belongs elsewhere: what a CRM is asked (`connectors`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb

from connectors.client import Finding
from connectors.company.settings import read_settings
from connectors.examination import field_findings
from connectors.faults import Fault
from connectors.lake import Lake
from connectors.landing import Manifest
from connectors.sweeping import findings
from pipelines.authority import examined
from pipelines.resources import Crms, Home, MissingSetting
from pipelines.signing import approvals
from pipelines.written import Written

Found = tuple[str, Finding]  # where, and what
STOPS = "stops a night"  # what must be mended before anything is loaded
LATELY = timedelta(days=7)


def examine(home: Home) -> list[Found]:
    """Everything that is right and wrong, as far as it can be known: what is wrong in one place hides nothing in another."""
    written = home.written()
    found = _written(written, home)
    if read_settings(home.company_folder)[0] is not None:  # else nobody can tell which CRMs there are
        found += _asked(home)
    return found + [("lake", finding) for finding in field_findings(_newest(home.lake))]


def _written(written: Written, home: Home) -> list[Found]:
    """What is wrong with what people wrote; with the files' sizes and who may sign, once they can be read."""
    found: list[Found] = [
        (STOPS, Finding(cell.where, is_good=False, says=cell.found, cure=f"expected {cell.expected}"))
        for cell in written.bad_cells
    ]
    found += [
        (STOPS, Finding(f"{one.file}:{one.line}", is_good=False, says=one.message, cure=one.cure)) for one in written.plan_errors
    ]
    found += [
        ("plans", Finding(f"{one.file}:{one.line}", is_good=one.severity != "error", says=one.message, cure=one.cure))
        for one in written.findings
    ]
    if (company := written.company) is None:
        return found
    today = datetime.now(company.settings.zone).date()
    found += [("company folder", finding) for finding in company.connection().check()]
    found += [("signers", finding) for finding in examined(company, written.plans, today, approvals(home))]
    found += [("recipients", Finding(where, is_good=False, says=says)) for where, says in written.doubtful_recipients(today)]
    return found + [("orders", finding) for finding in orders_unknown(home)]


NAMING_ORDERS = ("deal_splits", "order_holds", "milestones", "handovers", "deliveries")
KNOWN_ORDERS = """
    select orders.crm, orders.order_no, list(distinct lines.product_code) as products
    from core.fct_orders as orders left join core.fct_order_lines as lines on orders.order_key = lines.order_key
    where orders.order_no in (select unnest(?)) group by all
"""


def orders_unknown(home: Home) -> list[Finding]:
    """Rows that name an order, or a product of it, that the published warehouse does not know: they have no effect."""
    company = home.written().company if home.has_company else None
    if company is None:
        return []
    rows = [
        (company.place(file, number), row["crm"], row["order_no"], row.get("product_code"))
        for file in NAMING_ORDERS
        for number, row in enumerate(company.rows[file])
        if row["order_no"] is not None
    ]
    if not rows or not home.published.exists():
        return []
    with duckdb.connect(str(home.published), read_only=True) as connection:
        found = connection.execute(KNOWN_ORDERS, [sorted({row[2] for row in rows})]).fetchall()
    known = {(crm, number): set(products) for crm, number, products in found}
    wrong = [
        (place, f"no order {number} in {crm}" if (crm, number) not in known else f"{crm} order {number} has no line of {product}")
        for place, crm, number, product in rows
        if product not in {None, *known.get((crm, number), ())} or (crm, number) not in known
    ]
    cure = "it has no effect; correct the number, or wait until the order is pulled"
    return [Finding(place, is_good=False, says=says, cure=cure) for place, says in wrong]


def _asked(home: Home) -> list[Found]:
    """What each CRM answers."""
    found: list[Found] = []
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
    return found


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
