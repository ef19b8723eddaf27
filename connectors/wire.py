"""One question on the wire and its answer off it: requests, without what a first load would pay for three thousand times.

What to add here: what makes one exchange cheaper or safer, whatever is asked.
What belongs elsewhere: when to ask, how often, and what an answer means (`client.py`, the dialects).
"""

from __future__ import annotations

from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode

import msgspec
import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict


class Cookieless(HTTPAdapter):
    """Answers as they come, with no look at their cookies."""

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """What is read of an answer: its status, its headers, its body."""
        response = requests.Response()
        response.status_code, response.reason, response.raw = resp.status, resp.reason, resp
        response.headers = CaseInsensitiveDict(resp.headers)
        response.request, response.url, response.connection = req, str(req.url), self  # type: ignore[attr-defined]
        return response


def new_session(concurrency: int) -> requests.Session:
    """A session that keeps connections, takes no cookies and never retries behind our back."""
    session = requests.Session()
    session.headers.update({"User-Agent": "quarterdeck", "Accept": "application/json"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, Cookieless(pool_connections=4, pool_maxsize=concurrency, pool_block=True, max_retries=0))
    return session


def question(
    method: str,
    url: str,
    params: Mapping[str, str | int],
    headers: Mapping[str, str | bytes],
    json: Mapping[str, object] | None,
    form: Mapping[str, str] | None,
) -> requests.PreparedRequest:
    """A request that is ready to be sent; URLs are ours, so nothing in them has to be mended."""
    asked = requests.PreparedRequest()
    asked.method, asked.url = method, f"{url}?{urlencode(params)}" if params else url
    asked.headers = CaseInsensitiveDict(headers)
    asked.hooks = {"response": []}
    if json is not None:
        asked.headers["Content-Type"], asked.body = "application/json", msgspec.json.encode(json)
    elif form is not None:
        asked.headers["Content-Type"], asked.body = "application/x-www-form-urlencoded", urlencode(form)
    if asked.body is not None:
        asked.headers["Content-Length"] = str(len(asked.body))
    elif method != "GET":
        asked.headers["Content-Length"] = "0"
    return asked
