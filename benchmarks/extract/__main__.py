"""How fast a first load lands: this connector, a plain loop and others, on one simulator, in one run, beside the bound.

    python -m benchmarks.extract [--deals 1000000] [--orders 300000] [--latency 40] [--limits] [--dlt PYTHON]

`--dlt` names the Python of an environment of its own (`python -m venv E && E/bin/pip install "dlt[parquet,filesystem]"`);
the official Zoho SDK takes part if this environment has it. Every contestant is a process: time, CPU and memory are its own.

What to add here: a contestant (`CONTESTANTS`), a thing to measure.
What belongs elsewhere: whether what lands is right (`tests/connectors`), how the simulators answer (`simulators`).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import requests
import zstandard

from connectors import fxiaoke, zoho
from connectors.client import Connection, Manners
from connectors.lake import Lake, extract
from simulators.server import CREDENTIALS, RunningSimulators, serve

AT = datetime(2026, 3, 1, tzinfo=UTC)
BEGIN = AT - timedelta(days=600)
HERE = Path(__file__).parent
THREADS = {"deals": 8, "orders": 16}  # walks side by side that each connector allows itself
SDK_ROWS = 20_000  # the SDK is measured on fewer: it would take hours
FIELDS = (
    "Deal_Name,Amount,Stage,Probability,Closing_Date,Type,Lead_Source,Currency,Exchange_Rate,Owner,Account_Name,"
    "Created_Time,Modified_Time"
)


def deals(count: int) -> Iterator[dict[str, Any]]:
    """Deals as Zoho writes them, a change every few seconds or minutes."""
    step = (AT - BEGIN - timedelta(days=1)) / count
    for n in range(count):
        stamp = (BEGIN + step * n).replace(microsecond=0).isoformat()
        yield {
            "id": str(4_100_000_000_000_000_000 + n),
            "Deal_Name": f"设备采购项目 {n}",
            "Amount": n * 7919 % 10_000_000 / 100,
            "Stage": ("Qualification", "Needs Analysis", "Closed Won")[n % 3],
            "Probability": (10, 50, 100)[n % 3],
            "Closing_Date": stamp[:10],
            "Lead_Source": "Web",
            "Currency": "CNY",
            "Exchange_Rate": 1,
            "Owner": {"id": "4100000000000000007", "name": "王小明", "email": "wang@example.cn"},
            "Account_Name": {"id": str(4_200_000_000_000_000_000 + n % 999), "name": "某某公司"},
            "Description": "需要跟进报价与交期",
            "Created_Time": stamp,
            "Modified_Time": stamp,
        }


def orders(count: int) -> Iterator[dict[str, Any]]:
    """Orders as Fxiaoke writes them."""
    step = (AT - BEGIN - timedelta(days=1)) / count
    for n in range(count):
        moment = int((BEGIN + step * n).timestamp() * 1000)
        yield {
            "_id": f"{n * 7919 % 16_777_216:06x}{n:018x}",
            "name": f"SO-{n}",
            "account_id": f"{n % 999:024x}",
            "order_amount": f"{n * 7919 % 10_000_000 / 100:.2f}",
            "order_time": moment // 86_400_000 * 86_400_000,
            "owner": ["FSUID_7"],
            "order_status": "7",
            "receivable_amount": "0.00",
            "mc_currency": "CNY",
            "mc_exchange_rate": "1.000000",
            "remark": "按合同交货",
            "life_status": "normal",
            "create_time": moment,
            "last_modified_time": moment,
        }


def write(path: Path, records: Iterator[dict[str, Any]]) -> None:
    """A file of the folder that the simulators serve."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.writelines(msgspec.json.encode(record) + b"\n" for record in records)


# --- the contestants: each returns how many rows it brought ---


def to_zoho(url: str, **settings: Any) -> zoho.ZohoConnection:
    """Our connection to the simulated organisation."""
    secrets = {name: CREDENTIALS["zoho"][name] for name in ("client_id", "client_secret", "refresh_token")}
    return zoho.connect(zoho.ZohoSettings(**secrets, accounts_url=url, api_url=url, settle=timedelta(0), **settings))


def to_fxiaoke(url: str, **settings: Any) -> fxiaoke.FxiaokeConnection:
    """Our connection to the simulated tenant."""
    names = ("app_id", "app_secret", "permanent_code", "open_user_id", "user_id")
    secrets = {name: CREDENTIALS["fxiaoke"][name] for name in names}
    return fxiaoke.connect(fxiaoke.FxiaokeSettings(**secrets, base_url=url, settle=timedelta(0), **settings))


def landed(connection: Connection, name: str, folder: Path) -> int:
    """Extract one object into a new lake."""
    (obj,) = (obj for obj in connection.objects if obj.name == name)
    return extract(connection, Lake(str(folder)), obj, known_at=AT, run_id="benchmark").versions


def ours_bulk(url: str, folder: Path) -> int:
    """This connector as it comes."""
    return landed(to_zoho(url), "opportunities", folder)


def ours_pages(url: str, folder: Path) -> int:
    """This connector without Bulk Read."""
    return landed(to_zoho(url, bulk_from=None), "opportunities", folder)


def ours_orders(url: str, folder: Path) -> int:
    """This connector, asked not to count calls."""
    return landed(to_fxiaoke(url, manners=Manners(concurrency=THREADS["orders"])), "orders", folder)


def ours_orders_limited(url: str, folder: Path) -> int:
    """This connector as it comes, under the documented 100 calls in 20 s."""
    return landed(to_fxiaoke(url), "orders", folder)


def zoho_login(url: str, http: requests.Session) -> None:
    """A token for the plain loops."""
    secrets = {name: CREDENTIALS["zoho"][name] for name in ("client_id", "client_secret", "refresh_token")}
    token = http.post(f"{url}/oauth/v2/token", data={"grant_type": "refresh_token", **secrets}, timeout=60).json()["access_token"]
    http.headers["Authorization"] = f"Zoho-oauthtoken {token}"


def plain_deals(url: str, folder: Path) -> int:
    """requests, one page after the other by page token, rows as NDJSON: no checks, no types, no proof."""
    rows, token = 0, None
    with requests.Session() as http, zstandard.open(folder / "rows.zst", "wb") as out:
        zoho_login(url, http)
        while True:
            params = {"fields": FIELDS, "per_page": 200, "sort_by": "Modified_Time", "sort_order": "asc"}
            answer = http.get(f"{url}/crm/v8/Deals", params={**params, **({"page_token": token} if token else {})}, timeout=60)
            said = msgspec.json.decode(answer.content)
            out.write(b"\n".join(map(msgspec.json.encode, said["data"])) + b"\n")
            rows += len(said["data"])
            token = said["info"]["next_page_token"]
            if not said["info"]["more_records"]:
                return rows


def plain_orders(url: str, folder: Path) -> int:
    """requests, one page after the other by `_id`, rows as NDJSON: no checks, no types, no proof."""
    rows, last = 0, ""
    names = {"app_id": "appId", "app_secret": "appSecret", "permanent_code": "permanentCode"}
    with requests.Session() as http, zstandard.open(folder / "rows.zst", "wb") as out:
        body = {theirs: CREDENTIALS["fxiaoke"][name] for name, theirs in names.items()}
        said = http.post(f"{url}/cgi/corpAccessToken/get/V2", json=body, params={"thirdTraceId": "b"}, timeout=60).json()
        login = {key: said[key] for key in ("corpAccessToken", "corpId")}
        login["currentOpenUserId"] = CREDENTIALS["fxiaoke"]["open_user_id"]
        while True:
            behind = [{"field_name": "_id", "field_values": [last], "operator": "GT"}] if last else []
            search = {"limit": 100, "offset": 0, "filters": behind, "orders": [{"fieldName": "_id", "isAsc": True}]}
            data = {"dataObjectApiName": "SalesOrderObj", "find_explicit_total_num": False, "search_query_info": search}
            answer = http.post(
                f"{url}/cgi/crm/v2/data/query", json={**login, "data": data}, params={"thirdTraceId": "b"}, timeout=60
            )
            found = msgspec.json.decode(answer.content)["data"]["dataList"]
            if not found:
                return rows
            out.write(b"\n".join(map(msgspec.json.encode, found)) + b"\n")
            rows, last = rows + len(found), found[-1]["_id"]


def sdk_deals(url: str, folder: Path) -> int:
    """The official SDK, one page after the other by page token, rows only counted."""
    from benchmarks.extract.with_sdk import read_deals

    return read_deals(url, folder, FIELDS, SDK_ROWS)


CONTESTANTS: dict[str, Callable[[str, Path], int]] = {
    "ours, bulk": ours_bulk,
    "ours, pages": ours_pages,
    "ours, orders": ours_orders,
    "ours, limited": ours_orders_limited,
    "plain, deals": plain_deals,
    "plain, orders": plain_orders,
    "sdk, deals": sdk_deals,
}


def compete(name: str, url: str) -> None:
    """Run one contestant in this process and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        started, cpu = time.perf_counter(), time.process_time()
        rows = CONTESTANTS[name](url, Path(folder))
        took = {"rows": rows, "seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    sys.stdout.write(json.dumps({**took, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def measured(name: str, url: str, python: str | None = None) -> dict[str, float] | None:
    """What one contestant took, in a process of its own; None if it cannot take part."""
    script = [str(HERE / "with_dlt.py"), name, url] if python else ["-m", "benchmarks.extract", "--compete", name, url]
    surroundings = {**os.environ, "QUARTERDECK_BENCHMARK_LOGIN": json.dumps(CREDENTIALS)}
    run = subprocess.run([python or sys.executable, *script], capture_output=True, text=True, check=False, env=surroundings)
    if run.returncode != 0:
        sys.stdout.write(f"  {name:<16} did not run: {(run.stderr.strip().splitlines() or [run.returncode])[-1]}\n")
        return None
    result: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return result


def show(name: str, took: dict[str, float] | None, calls: int, least: dict[str, float] | None = None) -> None:
    """One line of the table."""
    if took is None:
        return
    rate = took["rows"] / took["seconds"]
    ratio = "" if least is None else f"{rate / (least['rows'] / least['seconds']):7.1f} x plain"
    sys.stdout.write(
        f"  {name:<16}{took['rows']:>10,.0f} rows {took['seconds']:>8.1f} s {rate:>10,.0f} rows/s"
        f" {took['cpu'] / took['rows'] * 1e6:>7.1f} µs CPU/row {took['mib']:>6.0f} MiB {calls:>7,} calls{ratio}\n"
    )
    sys.stdout.flush()


def round_of(crms: RunningSimulators, latency: float, given: argparse.Namespace) -> None:
    """All contestants, one after the other, at one latency."""
    sys.stdout.write(f"\nlimits off, {latency:g} ms latency\n")
    fields: list[tuple[str, str, int, int]] = [
        ("deals", crms.zoho_url, given.deals, 200),
        ("orders", crms.fxiaoke_url, given.orders, 100),
    ]
    for what, url, rows, page in fields:
        if not rows:
            continue
        bound = latency / 1000 * rows / page / THREADS[what]
        bulk = "; Bulk Read is not bound by it" if what == "deals" else ""
        sum_of = f"{rows / page:,.0f} pages x {latency:g} ms / {THREADS[what]} at a time"
        sys.stdout.write(f"  bound of {what}: {sum_of} = {bound:.1f} s{bulk}\n")
        also = ("ours, bulk", "ours, pages") if what == "deals" else ()
        names = [name for name in CONTESTANTS if name.endswith(what) or name in also]
        names.sort(key=lambda name: not name.startswith("plain"))
        plain: dict[str, float] | None = None
        for name in [*names, *([f"dlt, {what}"] if given.dlt else [])]:
            crms.reset()
            # Plain loops and dlt would end at the 100,000 records that one page token reaches.
            crms.options(limits="off", latency_ms=latency, zoho={"page_token_records": 10_000_000})
            took = measured(name, url, given.dlt if name.startswith("dlt") else None)
            plain = plain or took
            show(name, took, crms.counts().get(f"{'zoho' if what == 'deals' else 'fxiaoke'} calls", 0), plain)


def under_limits(crms: RunningSimulators, given: argparse.Namespace) -> None:
    """The share of the allowed call rate that is used, and whether a throttle is ever tripped."""
    crms.reset()
    crms.options(limits="documented", latency_ms=given.latency)
    took = measured("ours, limited", crms.fxiaoke_url)
    counts = crms.counts()
    if took is None:
        return
    calls = counts["fxiaoke calls"]
    bound = (calls - 1) // 100 * 20
    refused = {name: count for name, count in counts.items() if "throttle" in name or "refused" in name}
    sys.stdout.write(
        f"\ndocumented limits: {calls} calls in {took['seconds']:.1f} s; 100 in 20 s need {bound} s:"
        f" {bound / took['seconds']:.0%} of the allowed rate; refusals: {refused or 'none'}\n"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extract", description=__doc__.splitlines()[0])
    parser.add_argument("--deals", type=int, default=400_000)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--latency", type=float, nargs="*", default=[0.0, 40.0], help="milliseconds, a round for each")
    parser.add_argument("--limits", action="store_true", help="also a load under the documented limits (minutes)")
    parser.add_argument("--dlt", help="the Python of an environment with dlt")
    parser.add_argument("--compete", nargs=2, metavar=("NAME", "URL"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.compete:
        compete(*given.compete)
        return
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "zoho" / "Deals.ndjson", deals(max(given.deals, 1)))
        write(Path(folder) / "fxiaoke" / "SalesOrderObj.ndjson", orders(max(given.orders, 1)))
        with serve(Path(folder), at=AT, options={"limits": "off"}) as crms:
            for latency in given.latency:
                round_of(crms, latency, given)
            if given.limits:
                given.latency = given.latency[-1] if given.latency else 0.0
                under_limits(crms, given)


if __name__ == "__main__":
    main()
