"""What was changed in a line that no longer matches its hash: for one byte, found by trying every byte it can have been.

Add a way to tell what differs, in a line or from what readers were shown; nothing here mends a file, it only says what stood
there. Following the chain is `store`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from commission.ledger.records import PERIOD_STATES, Entry, PeriodStatus

_HASHES = (b"entry_hash", b"period_hash", b"batch_hash", b"line_hash")
_OWN = re.compile(rb'"(?:' + b"|".join(_HASHES) + rb')":"([0-9a-f]{64})",')
_LONGEST = 20_000  # bytes; a line of the ledger has about 700, and every byte of it is tried
_LIKELY = b'"_,:abcdefghijklmnopqrstuvwxyz0123456789'


def what_differs(data: bytes, first_byte: int, following: bytes = b"") -> str | None:
    """The one byte that makes the line whole again, with the field it stands in; None when it is more than one byte."""
    found = None if len(data) > _LONGEST or _holds(data) else _original(data, following)
    if found is None:
        return None
    at, was, line = found
    change = f"byte {first_byte + at} was {_shown(was)} and is {_shown(data[at])}"
    try:
        now = json.loads(data)
    except ValueError:
        return change
    return "; ".join([change, *(differing(json.loads(line), now) if isinstance(now, dict) else [])])


def differing(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Fields that are not the same, each with both values."""
    names = sorted(set(was) | set(now))
    return [f"{name} was {was.get(name)!r}, is {now.get(name)!r}" for name in names if was.get(name) != now.get(name)]


def unlike(
    records: Iterable[Entry | PeriodStatus], published: Sequence[Mapping[str, Any]], shown: Mapping[str, str]
) -> dict[str, Any] | None:
    """What readers were shown of entries and of months' states that a chain which holds does not say; None when it says all."""
    entries = {one.entry_id: one for one in records if isinstance(one, Entry)}
    states = {one.period: one.state for one in records if isinstance(one, PeriodStatus)}
    rows = {str(row["entry_id"]): row for row in published}
    if lost := sorted(set(rows) - set(entries)):
        return {"problem": f"{len(lost)} entries that were published are gone, from {lost[0]} to {lost[-1]}"}
    if changed := sorted(name for name, row in rows.items() if row["entry_hash"] != entries[name].entry_hash):
        first, now = rows[changed[0]], entries[changed[0]].record()
        said = {name: value for name, value in now.items() if name in first and name not in ("entry_hash", "prev_entry_hash")}
        return {
            "problem": f"{len(changed)} entries are not those that were published, from {changed[0]} to {changed[-1]}",
            "entry_id": changed[0],
            "differs": "; ".join(differing({name: first[name] for name in said}, said)) or None,
        }
    for period, state in sorted(shown.items()):
        if PERIOD_STATES.index(states.get(period, "draft")) < PERIOD_STATES.index(state):
            return {"problem": f"readers saw {period} {state}, the ledger says {states.get(period, 'draft')}"}
    return None


def _shown(byte: int) -> str:
    return repr(chr(byte)) if 32 <= byte < 127 else f"0x{byte:02x}"


def _original(data: bytes, following: bytes) -> tuple[int, int, bytes] | None:
    """Where one other byte makes a line of this, which byte, and that line."""
    return _line_end(data, following) or _in_line(data)


def _line_end(data: bytes, following: bytes) -> tuple[int, int, bytes] | None:
    """The end of the line was lost, so that two lines became one; or one was put into it, so that one became two."""
    for at in range(len(data)):
        if data[at - 1 : at] == b"}" and data[at : at + 1] != b"\n" and _holds(data[:at] + b"\n"):
            return at, 10, data[:at]
    if following:
        for value in range(256):
            line = data[:-1] + bytes([value]) + following
            if _holds(line):
                return len(data) - 1, value, line
    return None


def _in_line(data: bytes) -> tuple[int, int, bytes] | None:
    found = _OWN.search(data)
    if found is None:
        return _in_field_of_hash(data)
    return _in_rest(data, found) or _in_hash(data, found) or _in_field_of_hash(data)


def _in_rest(data: bytes, found: re.Match[bytes]) -> tuple[int, int, bytes] | None:
    """The byte lies in what is hashed: try each place and value until the hash is the one that stands there."""
    wanted, (start, end) = bytes.fromhex(found[1].decode()), found.span()
    body = (data[:start] + data[end:]).removesuffix(b"\n")
    for at in range(len(body)):
        start_of_hash, after = hashlib.sha256(body[:at]), body[at + 1 :]
        for value in range(256):
            tried = start_of_hash.copy()
            tried.update(bytes((value,)) + after)
            if tried.digest() == wanted:
                place = at if at < start else at + end - start
                return place, value, data[:place] + bytes((value,)) + data[place + 1 :]
    return None


def _in_hash(data: bytes, found: re.Match[bytes]) -> tuple[int, int, bytes] | None:
    """The byte lies in the hash itself: what is hashed says what it must be."""
    start, end = found.span()
    right = hashlib.sha256((data[:start] + data[end:]).removesuffix(b"\n")).hexdigest().encode()
    places = [at for at in range(64) if found[1][at] != right[at]]
    if len(places) != 1:
        return None
    at = found.start(1) + places[0]
    return at, right[places[0]], data[:at] + right[places[0] : places[0] + 1] + data[at + 1 :]


def _in_field_of_hash(data: bytes) -> tuple[int, int, bytes] | None:
    """The hash can no longer be read: put back each byte that makes it readable again, and ask it."""
    for at in range(len(data)):
        for value in _LIKELY:
            line = data[:at] + bytes((value,)) + data[at + 1 :]
            near = line[max(0, at - 90) : at + 90]
            if any(own in near for own in _HASHES) and _holds(line):
                return at, value, line
    return None


def _holds(line: bytes) -> bool:
    found = _OWN.search(line)
    if found is None:
        return False
    start, end = found.span()
    return hashlib.sha256((line[:start] + line[end:]).removesuffix(b"\n")).hexdigest().encode() == found[1]
