"""One question on the wire and its answer off it: requests, without what a first load would pay for three thousand times.

What to add here: what makes one exchange cheaper or safer, whatever is asked.
What belongs elsewhere: when to ask, how often, and what an answer means (`client`, the dialects).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode

import msgspec
import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class _AtOnce:
    """A connection that sends head and body of a question together: one packet for both ends, where there were two."""

    _held: list[bytes] | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a question."""
        self._held = []
        try:
            super().request(*args, **kwargs)  # type: ignore[misc]
        finally:
            held, self._held = self._held, None
        self.send(b"".join(held))

    def send(self, data: Any) -> None:
        """Send, or keep until the question is whole."""
        if self._held is None:
            super().send(data)  # type: ignore[misc]
        else:
            self._held.append(data)


class _Connection(_AtOnce, HTTPConnectionPool.ConnectionCls):  # type: ignore[misc]
    """To a host on http."""


class _SafeConnection(_AtOnce, HTTPSConnectionPool.ConnectionCls):  # type: ignore[misc]
    """To a host on https."""


class _Pool(HTTPConnectionPool):
    """Of such connections."""

    ConnectionCls = _Connection


class _SafePool(HTTPSConnectionPool):
    """Of such connections."""

    ConnectionCls = _SafeConnection


class Cookieless(HTTPAdapter):
    """Answers as they come, with no look at their cookies; how to reach a host is thought out once."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Pools that send at once."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SafePool}
        self._pools: dict[Hashable, Any] = {}

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        """The pool of the host that is asked."""
        way = (_host_of(request), verify, cert, tuple(sorted((proxies or {}).items())))
        if way not in self._pools:
            self._pools[way] = super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
        return self._pools[way]

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """What is asked of the host, or of the proxy on the way to it."""
        return super().request_url(request, proxies) if proxies else str(request.url)[len(_host_of(request)) :]

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        """What is read of an answer: its status, its headers, its body."""
        response = requests.Response()
        response.status_code, response.reason, response.raw = resp.status, resp.reason, resp
        response.headers = resp.headers
        response.request, response.url, response.connection = req, str(req.url), self  # type: ignore[attr-defined]
        return response


def _host_of(request: requests.PreparedRequest) -> str:
    """Scheme and host of a question; what stands behind them begins with a slash, as in all URLs of ours."""
    return "/".join(str(request.url).split("/", 3)[:3])


def new_session(concurrency: int) -> requests.Session:
    """A session that keeps connections, takes no cookies and never retries behind our back."""
    session = requests.Session()
    session.headers.update({"User-Agent": "quarterdeck", "Accept": "application/json"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, Cookieless(pool_connections=8, pool_maxsize=concurrency, pool_block=True, max_retries=0))
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
    asked.headers = dict(headers)  # type: ignore[assignment]
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
