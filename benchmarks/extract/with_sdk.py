"""The official Zoho SDK as a contestant: it reads pages of deals into its own objects.

What to add here: nothing. What belongs elsewhere: what is measured and how (`__main__.py`).
"""

from __future__ import annotations

from pathlib import Path

from zohocrmsdk.src.com.zoho.api.authenticator import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
from zohocrmsdk.src.com.zoho.api.logger import Logger
from zohocrmsdk.src.com.zoho.crm.api import HeaderMap, Initializer, ParameterMap, SDKConfig
from zohocrmsdk.src.com.zoho.crm.api.dc.data_center import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.record import GetRecordsParam, RecordOperations

from simulators.server import CREDENTIALS


def read_deals(url: str, folder: Path, fields: str, most: int) -> int:
    """How many deals came as objects of the SDK, up to about `most`."""
    given = CREDENTIALS["zoho"]
    Initializer.initialize(
        DataCenter.Environment(url, f"{url}/oauth/v2/token", url),
        OAuthToken(client_id=given["client_id"], client_secret=given["client_secret"], refresh_token=given["refresh_token"]),
        store=FileStore(str(folder / "tokens.txt")),
        sdk_config=SDKConfig(auto_refresh_fields=False, pick_list_validation=False),
        resource_path=str(folder),
        logger=Logger.get_instance(level=Logger.Levels.ERROR, file_path=str(folder / "sdk.log")),
    )
    rows, token = 0, None
    while rows < most:
        params = ParameterMap()
        params.add(GetRecordsParam.fields, fields)
        params.add(GetRecordsParam.per_page, 200)
        if token:
            params.add(GetRecordsParam.page_token, token)
        answer = RecordOperations("Deals").get_records(params, HeaderMap()).get_object()
        rows += len(answer.get_data())
        token = answer.get_info().get_next_page_token()
        if not answer.get_info().get_more_records():
            break
    return rows
