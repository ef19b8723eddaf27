"""dlt as a contestant, run by the Python of an environment that has it: its `rest_api` source into Parquet files.

What to add here: a setting that makes dlt faster. What belongs elsewhere: what is measured and how (`__main__.py`).
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import dlt
import requests
from dlt.sources.rest_api import rest_api_source

os.environ |= {
    "NORMALIZE__WORKERS": "2",
    "DATA_WRITER__BUFFER_MAX_ITEMS": "20000",
    "NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS": "50000",
    "EXTRACT__DATA_WRITER__FILE_MAX_ITEMS": "50000",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
}
LOGIN = json.loads(os.environ["QUARTERDECK_BENCHMARK_LOGIN"])
FIELDS = (
    "Deal_Name,Amount,Stage,Probability,Closing_Date,Type,Lead_Source,Currency,Exchange_Rate,Owner,Account_Name,"
    "Created_Time,Modified_Time"
)


def deals(url: str) -> Any:
    """Deals by page token."""
    secrets = {name: LOGIN["zoho"][name] for name in ("client_id", "client_secret", "refresh_token")}
    said = requests.post(f"{url}/oauth/v2/token", data={"grant_type": "refresh_token", **secrets}, timeout=60).json()
    paginator = {"type": "cursor", "cursor_path": "info.next_page_token", "cursor_param": "page_token"}
    params = {"fields": FIELDS, "per_page": 200, "sort_by": "Modified_Time", "sort_order": "asc"}
    return rest_api_source(
        {
            "client": {
                "base_url": f"{url}/crm/v8/",
                "headers": {"Authorization": f"Zoho-oauthtoken {said['access_token']}"},
                "paginator": paginator,
            },
            "resources": [{"name": "deals", "endpoint": {"path": "Deals", "params": params, "data_selector": "data"}}],
        }
    )


@dlt.resource(name="orders")
def orders(url: str) -> Iterator[list[dict[str, Any]]]:
    """Orders by `_id`; no paginator of dlt keeps its place in the body."""
    names = {"app_id": "appId", "app_secret": "appSecret", "permanent_code": "permanentCode"}
    body = {theirs: LOGIN["fxiaoke"][name] for name, theirs in names.items()}
    http = requests.Session()
    said = http.post(f"{url}/cgi/corpAccessToken/get/V2", json=body, params={"thirdTraceId": "b"}, timeout=60).json()
    login = {key: said[key] for key in ("corpAccessToken", "corpId")}
    login["currentOpenUserId"] = LOGIN["fxiaoke"]["open_user_id"]
    last = ""
    while True:
        behind = [{"field_name": "_id", "field_values": [last], "operator": "GT"}] if last else []
        search = {"limit": 100, "offset": 0, "filters": behind, "orders": [{"fieldName": "_id", "isAsc": True}]}
        data = {"dataObjectApiName": "SalesOrderObj", "find_explicit_total_num": False, "search_query_info": search}
        answer = http.post(f"{url}/cgi/crm/v2/data/query", json={**login, "data": data}, params={"thirdTraceId": "b"}, timeout=60)
        found = answer.json()["data"]["dataList"]
        if not found:
            return
        yield found
        last = found[-1]["_id"]


def main(name: str, url: str, most: int) -> None:
    """Run one load of about `most` rows and print what it took."""
    source = (deals(url) if name.endswith("deals") else orders(url)).add_limit(most // (200 if name.endswith("deals") else 100))
    source.max_table_nesting = 0
    with tempfile.TemporaryDirectory() as folder:
        started, cpu = time.perf_counter(), time.process_time()
        pipeline = dlt.pipeline(
            "benchmark", destination=dlt.destinations.filesystem(folder), dataset_name="b", pipelines_dir=f"{folder}/p"
        )
        pipeline.run(source, loader_file_format="parquet")
        helpers = resource.getrusage(resource.RUSAGE_CHILDREN)
        helped = helpers.ru_utime + helpers.ru_stime
        took: dict[str, float] = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu + helped}
        counts = pipeline.last_trace.last_normalize_info.row_counts
        took["rows"] = counts["deals" if name.endswith("deals") else "orders"]
    sys.stdout.write("\n" + json.dumps({**took, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
