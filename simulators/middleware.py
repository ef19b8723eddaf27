"""What stands between the network and a CRM's answers: counting, limits, waiting, and trouble on the wire.

What to add here: what can go wrong with any reply, whatever it says.
What belongs elsewhere: which calls it meets (`faults.py`), how a CRM words a refusal (`zoho`, `fxiaoke`).
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, Protocol

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from simulators.control import Simulation
from simulators.faults import Call, Fault

ON_THE_WIRE = {"truncated", "slow", "trickle", "stuck", "reset"}
IN_THE_WORLD = {"move", "put", "options", "schema"}
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP, with the connection at hand so that a fault can break it."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["transport"] = self.transport  # type: ignore[typeddict-unknown-key]


class Crm(Protocol):
    """What a simulated CRM shows to the door."""

    name: str
    app: ASGIApp

    def admit(self, call: Call) -> Response | None:
        """A refusal where limits are used up; otherwise the call counts as being inside."""

    def leave(self, call: Call) -> None:
        """The call is inside no longer."""

    def suffer(self, fault: Fault, call: Call) -> Response | None:
        """What a fault does to this CRM: its answer, or None when the call goes on."""


class Door:
    """One CRM as the network sees it."""

    def __init__(self, crm: Crm, simulation: Simulation) -> None:
        self.crm, self.simulation = crm, simulation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, with what limits, latency and faults make of it."""
        if scope["path"].startswith("/_control"):
            await self.crm.app(scope, receive, send)
            return
        body = b"" if scope["method"] == "GET" else await _body(receive)
        query = scope["query_string"].decode("latin-1")
        call = Call(self.crm.name, scope["method"], scope["path"] + (f"?{query}" if query else ""), body)
        counts = self.simulation.counts
        counts[f"{self.crm.name} calls"] += 1
        counts[f"{self.crm.name} {call.method} {scope['path']}"] += 1
        latency = self.simulation.options.latency_ms
        refusal = self.crm.admit(call)
        if refusal is not None:
            counts[f"{self.crm.name} refused by limits"] += 1
            await asyncio.sleep(latency / 1000)
            await refusal(scope, receive, send)
            return
        try:
            if latency:
                await asyncio.sleep(latency / 1000)
            await self._answer(call, scope, receive, send)
        finally:
            self.crm.leave(call)

    async def _answer(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self.simulation.faults.next(call)
        app = self.crm.app
        if fault is not None:
            self.simulation.counts[f"{self.crm.name} fault {fault.kind}"] += 1
            scope["fault"] = fault
            if fault.kind in IN_THE_WORLD:
                self.simulation.apply(fault)
            elif fault.kind not in ON_THE_WIRE:
                app = self.crm.suffer(fault, call) or app
        if fault is None or fault.kind not in ON_THE_WIRE:
            await app(scope, _replayed(call.body), send)
        else:
            await _on_the_wire(fault, app, call, scope, receive, send)


async def _body(receive: Receive) -> bytes:
    """The whole body of a request."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replayed(body: bytes) -> Receive:
    """A body that was read already, to be read once more."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _on_the_wire(fault: Fault, app: ASGIApp, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
    """An answer that is right, and does not arrive as it should."""
    if fault.kind == "reset":
        _reset(scope)
        return
    if fault.kind == "stuck":
        await _until_gone(receive, fault.seconds)
        _reset(scope)
        return
    start, body = await _made(app, call, scope)
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        await send(start)
        await send({"type": "http.response.body", "body": body})
    elif fault.kind == "trickle":
        await send(start)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        await asyncio.sleep(fault.seconds)
        await send({"type": "http.response.body", "body": body[len(body) // 2 :]})
    else:
        await _cut(fault, start, body, scope, send)


async def _cut(fault: Fault, start: Message, body: bytes, scope: Scope, send: Send) -> None:
    """Send a part of the body: as if it were all of it, or breaking off."""
    part = body[: int(len(body) * min(fault.share, 0.99))]
    if fault.honest:
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        await send({**start, "headers": [*headers, (b"content-length", b"%d" % len(part))]})
        await send({"type": "http.response.body", "body": part})
        return
    await send(start)
    await send({"type": "http.response.body", "body": part, "more_body": True})
    await asyncio.sleep(0.02)
    scope["transport"].close()


async def _made(app: ASGIApp, call: Call, scope: Scope) -> tuple[Message, bytes]:
    """The answer an application gives, kept instead of sent."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, _replayed(call.body), keep)
    return messages[0], b"".join(message.get("body", b"") for message in messages[1:])


async def _until_gone(receive: Receive, seconds: float) -> None:
    """Wait until the caller hangs up, at most so long."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(gone(), seconds)
    except TimeoutError:
        return


def _reset(scope: Scope) -> None:
    """Break the connection so that the caller sees a reset."""
    transport: Any = scope["transport"]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    transport.abort()
