"""The CSV of a bulk read: look-ups as bare ids, numbers as they were written, quotes only where they must be.

What to add here: a way in which Zoho's CSV differs from what the switches can say.
What belongs elsewhere: which records an export holds, its ZIP (`bulk.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import msgspec

from simulators.options import ZohoOptions
from simulators.records import Ints

CHUNK = 2_000


def sheet(fields: tuple[str, ...], rows: Ints, line: Callable[[int], bytes], options: ZohoOptions) -> bytes:
    """A whole CSV; `line` gives a version as JSON text."""
    decode, write = _reader(fields), _writer(fields, options)
    head = _quoted(["Id", *fields]) if options.bulk_quoting == "all" else _line(["Id", *fields])
    parts = ["\ufeff" if options.bulk_bom else "", head, options.bulk_newline]
    for start in range(0, len(rows), CHUNK):
        text = b",".join(map(line, rows[start : start + CHUNK].tolist()))
        for one in decode(b"[" + text + b"]"):
            parts.append(write(one))
            parts.append(options.bulk_newline)
    return "".join(parts).encode()


def _reader(fields: tuple[str, ...]) -> Callable[[bytes], list[Any]]:
    """Decodes only the wanted fields of many rows."""
    bases = dict.fromkeys(["id", *(name.partition(".")[0] for name in fields)])
    columns = {f"c{place}": name for place, name in enumerate(bases)}
    row = msgspec.defstruct("Row", [(column, Any, None) for column in columns], rename=columns, gc=False)
    return msgspec.json.Decoder(list[row], float_hook=str).decode  # type: ignore[valid-type]


def _writer(fields: tuple[str, ...], options: ZohoOptions) -> Callable[[Any], str]:
    """Writes one decoded row as a line."""
    places = {name: place for place, name in enumerate(dict.fromkeys(["id", *(name.partition(".")[0] for name in fields)]))}
    wanted = [f"c{places[name.partition('.')[0]]}" for name in ("id", *fields)]
    values = attrgetter(*wanted, wanted[0])
    inner = {place: name.partition(".")[2] for place, name in enumerate(("id", *fields)) if "." in name}
    quotes_all = options.bulk_quoting == "all"
    separator, last = options.bulk_list_separator, len(wanted)

    def write(one: Any) -> str:
        found = values(one)
        cells = [value if value.__class__ is str else _cell(value, separator) for value in found]
        cells.pop()
        for place, name in inner.items():
            lookup = found[place]
            cells[place] = str(lookup.get("id" if name == "id" else "name") or "") if isinstance(lookup, dict) else ""
        if quotes_all:
            return _quoted(cells)
        line = ",".join(cells)
        return _line(cells) if '"' in line or "\n" in line or "\r" in line or line.count(",") != last - 1 else line

    return write


def _cell(value: Any, separator: str) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return str(value.get("id") or "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return separator.join(str(one.get("name", one.get("id"))) if isinstance(one, dict) else str(one) for one in value)
    return str(value)


def _quoted(cells: list[str]) -> str:
    """A line, every value quoted."""
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


def _line(cells: list[str]) -> str:
    """A line, quoted where it must be."""
    return ",".join('"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in ',"\n\r') else cell for cell in cells)
