"""Pages that do not hold what they should, for both CRMs alike.

What to add here: another way in which a page of a list can deceive whoever walks it.
What belongs elsewhere: which calls it meets (`faults.py`), which records a right page holds (`zoho`, `fxiaoke`).
"""

from __future__ import annotations

import numpy as np

from simulators.records import Ints

MISREAD = frozenset({"short_page", "skipped_row", "border_row", "doubled_row", "unsorted"})


def misread(fault: str, page: Ints, rows: Ints, position: int) -> Ints:
    """What a page holds instead of its records, where a fault says so; `rows` are those of the whole list."""
    if fault == "short_page":
        return page[:-1]
    if fault == "skipped_row":
        return rows[position + 1 : position + 1 + len(page)]
    if fault == "border_row":
        return rows[max(0, position - 1) : max(0, position - 1) + len(page)]
    if fault == "doubled_row":
        return np.append(page, page[-1:])
    if fault == "unsorted":
        return page[::-1]
    return page
