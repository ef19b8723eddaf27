"""What both simulators share: the moment they show, their switches and trouble, what was asked of them; and the control endpoint.

What to add here: what a test or a demo wants to set or see while the simulators run.
What belongs elsewhere: the switches (`options.py`), the kinds of trouble (`faults.py`), what a CRM answers (`zoho`, `fxiaoke`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zlib import crc32

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.faults import BadNight, Fault, Faults, SchemaChange
from simulators.options import Options
from simulators.records import Habits, Records, Row, Table, View, from_micros, to_micros
from simulators.rendering import Blocks

Clock = Callable[[], float]


class Simulation:
    """The world both simulators serve, as it stands at one moment."""

    def __init__(self, records: Records, at: datetime, options: Options, clock: Clock = time.monotonic) -> None:
        self.records, self.first_options, self.clock = records, options, clock
        self.options = options
        self.faults, self.counts = Faults(), Counter[str]()
        self.blocks = Blocks(options.page_cache_mib << 20)
        self.on_reset: list[Callable[[], None]] = []
        self.schema: dict[tuple[str, str], SchemaChange] = {}
        self.move_to(at)

    @property
    def options(self) -> Options:
        """The switches."""
        return self._options

    @options.setter
    def options(self, options: Options) -> None:
        """Set the switches, those by which the folder is read among them."""
        self._options = options
        zoho, fxiaoke = options.zoho, options.fxiaoke
        self.records.habits = {
            "zoho": Habits(restore_bumps_modified=zoho.restore_bumps_modified),
            "fxiaoke": Habits(fxiaoke.id_style, fxiaoke.restore_bumps_modified),
        }

    def move_to(self, at: datetime) -> None:
        """Show the world as it stands then."""
        if at.tzinfo is None:
            raise ValueError(f"a moment needs its offset, {at.isoformat()} has none")
        self.at = at
        self.moment = to_micros(at)

    @property
    def limited(self) -> bool:
        """Whether documented limits hold."""
        return self.options.limits == "documented"

    def view(self, crm: str, name: str, *, lag: int = 0, share: float | None = None) -> View | None:
        """One module as it stands, or stood `lag` microseconds ago; of which only a share is to be seen."""
        table = self.records.table(crm, name)
        if table is None:
            return None
        view = table.view(self.moment - lag)
        return view if share is None else _part(view, share)

    def raw(self, crm: str, table: Table, version: int) -> Row:
        """One version under the field names of today's schema."""
        row = table.raw(version)
        change = self.schema.get((crm, table.name))
        return row if change is None else _changed(row, change)

    def kind(self, crm: str, table: Table, *more: Any) -> tuple[Any, ...]:
        """What the text of a module's rows depends on, beside the version."""
        change = self.schema.get((crm, table.name))
        return (table.serial, None if change is None else msgspec.json.encode(change), *more)

    def apply(self, fault: Fault) -> None:
        """What a fault does to the world before the call is looked at."""
        if fault.kind == "move":
            self.move_to(datetime.fromisoformat(fault.at))
        elif fault.kind == "put":
            self.records.put(fault.crm_of or fault.crm, fault.name, fault.versions)
        elif fault.kind == "options":
            self.options = self.options.changed(fault.options)
        elif fault.kind == "schema" and fault.change is not None:
            self.schema[fault.change.crm, fault.change.name] = fault.change

    def status(self) -> dict[str, Any]:
        """The moment shown, the switches, and what was asked so far."""
        return {
            "at": from_micros(self.moment).isoformat(),
            "options": msgspec.to_builtins(self.options),
            "faults": [msgspec.to_builtins(rule) for rule in self.faults.rules],
            "counts": dict(sorted(self.counts.items())),
            "cpu_seconds": time.process_time(),
        }


def _part(view: View, share: float) -> View:
    """A view of those records that a lesser right still sees: the same ones each time."""
    part = view.kept.get(("part", share))
    if not isinstance(part, View):
        part = View(view.table, view.moment)
        seen = [crc32(key.encode()) % 10_000 < share * 10_000 for key in part.keys(part.rows)]
        part.rows = part.rows[np.array(seen, np.bool_)]
        view.kept["part", share] = part
    return part


def _changed(row: Row, change: SchemaChange) -> Row:
    """A row under a changed schema."""
    for name in change.as_text:
        if name in row and bytes(row[name])[:1] not in (b'"', b"n"):
            row[name] = msgspec.json.encode(bytes(row[name]).decode())
    row = {change.rename.get(name, name): value for name, value in row.items() if name not in change.drop}
    return row | {name: msgspec.json.encode(value) for name, value in change.add.items()}


def control_routes(simulation: Simulation) -> list[Route]:
    """`/_control`: see; `/_control/{at,options,faults,records,schema}`: change; `/_control/reset`: as at the start."""

    def answer(value: Any, status: int = 200) -> Response:
        return Response(msgspec.json.encode(value), status, media_type="application/json")

    async def control(request: Request) -> Response:
        what = request.path_params.get("what", "")
        if request.method == "GET":
            return answer(simulation.status())
        body = await request.body()
        try:
            _change(simulation, what, msgspec.json.decode(body or b"{}"))
        except (msgspec.MsgspecError, ValueError, KeyError) as wrong:
            return answer({"error": f"{type(wrong).__name__}: {wrong}"}, 400)
        return answer(simulation.status())

    return [Route("/_control", control, methods=["GET"]), Route("/_control/{what}", control, methods=["GET", "POST"])]


def _change(simulation: Simulation, what: str, body: Any) -> None:
    """One order of the control endpoint carried out."""
    if what == "at":
        simulation.move_to(datetime.fromisoformat(body["at"]))
    elif what == "options":
        simulation.options = simulation.options.changed(body)
        simulation.blocks.size = simulation.options.page_cache_mib << 20
    elif what == "faults":
        _change_faults(simulation.faults, body)
    elif what == "records":
        simulation.records.put(body["crm"], body["name"], body["versions"])
    elif what == "schema":
        change = msgspec.convert(body, SchemaChange)
        simulation.schema[change.crm, change.name] = change
    elif what == "reset":
        simulation.faults.clear()
        simulation.schema.clear()
        simulation.counts.clear()
        simulation.options = simulation.first_options
        for begin_anew in simulation.on_reset:
            begin_anew()
    else:
        raise ValueError(f"nothing to control is called {what!r}")


def _change_faults(faults: Faults, body: Any) -> None:
    """Add faults (one, a list, or `{"faults": […]}`), set `bad_night` (null ends it), or `{"clear": true}`."""
    if isinstance(body, dict) and body.get("clear"):
        faults.clear()
        return
    if isinstance(body, dict) and "bad_night" in body:
        night = body["bad_night"]
        faults.bad_night(None if night is None else msgspec.convert(night, BadNight))
        body = body.get("faults", [])
    rules = body if isinstance(body, list) else body.get("faults", [body])
    faults.add(*(msgspec.convert(rule, Fault) for rule in rules))
