"""Both simulated CRMs in this process: a session whose calls never leave it, so that hundreds of histories take a minute.

What to add here: a way in which a connection can break.
What belongs elsewhere: what the CRMs answer (`simulators`), what happened in them (`histories.py`).
"""

from __future__ import annotations

import asyncio
import io
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from simulators import fxiaoke, zoho
from simulators.control import Simulation
from simulators.middleware import Door
from simulators.options import Options
from simulators.records import Records

CRMS = {"zoho": zoho.Zoho, "fxiaoke": fxiaoke.Fxiaoke}
HOST = "http://crm.example"


class Wire:
    """The connection of one call, as far as a fault can break it."""

    def __init__(self) -> None:
        self.is_broken = False

    def get_extra_info(self, _name: str) -> Wire:
        """The socket, which here is this."""
        return self

    def setsockopt(self, *_options: Any) -> None:
        """Nothing: there is no socket."""

    def close(self) -> None:
        """Break off."""
        self.is_broken = True

    abort = close


class CrmHere(BaseAdapter):
    """One CRM with a clock, switches and trouble of its own, reached through a session."""

    def __init__(self, crm: str, folder: Path, at: datetime, options: dict[str, Any]) -> None:
        super().__init__()
        self.simulation = Simulation(Records(folder), at, Options().changed(options))
        self.crm = CRMS[crm](self.simulation)
        self._door = Door(self.crm, self.simulation)
        self._loop, self._lock = asyncio.new_event_loop(), Lock()
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount(HOST, self)

    def send(self, request: requests.PreparedRequest, *_args: Any, **more: Any) -> requests.Response:
        """The answer to one call, or the error of a connection that broke or kept us waiting for longer than we would."""
        wire, sent = Wire(), []
        asked = False
        body = request.body or b""
        url = urlsplit(str(request.url))
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "scheme": url.scheme,
            "server": (url.hostname, 80),
            "path": url.path,
            "raw_path": url.path.encode(),
            "query_string": url.query.encode(),
            "headers": [(name.lower().encode(), str(value).encode()) for name, value in request.headers.items()],
            "transport": wire,
        }

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:  # we never hang up: whoever waits for that waits for ever
                await asyncio.Event().wait()
            asked = True
            return {"type": "http.request", "body": body.encode() if isinstance(body, str) else body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        timeout = more["timeout"][1] if isinstance(more.get("timeout"), tuple) else None
        try:
            with self._lock:
                self._loop.run_until_complete(asyncio.wait_for(self._door(scope, receive, send), timeout))
        except TimeoutError:
            raise requests.ReadTimeout(request=request) from None
        if wire.is_broken or not sent:
            raise requests.ConnectionError(request=request)
        response = requests.Response()
        response.status_code, response.request, response.url = sent[0]["status"], request, str(request.url)
        response.headers = CaseInsensitiveDict({name.decode(): value.decode() for name, value in sent[0]["headers"]})
        whole = b"".join(message.get("body", b"") for message in sent[1:])
        response.raw = HTTPResponse(io.BytesIO(whole), preload_content=False)
        return response

    def cure(self) -> None:
        """What was revoked is granted again."""
        self.crm.tokens.begin_anew()

    def close(self) -> None:
        """No more calls."""
        self._loop.close()
