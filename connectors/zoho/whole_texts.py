"""Rich texts as a whole: lists cut them to 500 characters without a word, and only a question of its own brings the rest.

What to add here: another sign by which a text shows that it was cut.
What belongs elsewhere: how Zoho is asked (`calls.py`), what else a page may lack (`census.py`, `walk.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.catalogue import CrmObject
from connectors.client import Record
from connectors.faults import ContractBroken, Refused, TokenRefused
from connectors.texts import Texts
from connectors.zoho.calls import Calls

log = logging.getLogger("connectors.zoho")

CUT = 500  # characters that are left of a rich text; as Java counts them, so that one beyond the first plane is two
HALF = "\ufffd"  # what is left of one that was cut in the middle


def make_whole(obj: CrmObject, records: Sequence[Record], calls: Calls) -> None:
    """Put the whole text in the place of each that may have been cut."""
    cut = [
        (record, name)
        for record in records
        for name, value in record.items()
        if type(value) is str and len(value) >= CUT // 2 and _may_be_cut(value)
    ]
    if not cut:
        return
    keys, names = [str(record["id"]) for record, _ in cut], dict.fromkeys(name for _, name in cut)
    try:
        found = {row["id"]: row for row in calls.whole_texts(obj, list(dict.fromkeys(keys)), list(names))}
    except TokenRefused:
        raise
    except (Refused, ContractBroken) as fault:
        log.warning("zoho %s: %d texts may be cut to %d characters: %s", obj.name, len(cut), CUT, fault)
        return
    for (record, name), key in zip(cut, keys, strict=True):
        whole = found.get(key, {}).get(name)
        if isinstance(whole, str) and whole.startswith(record[name].removesuffix(HALF)):  # else it was edited meanwhile
            record[name] = whole


def uncut(texts: Texts) -> npt.NDArray[np.bool_]:
    """Which records of an export have no text that may have been cut."""
    sound = np.ones(len(texts), np.bool_)
    for name in texts.names:
        column = texts.column(name)
        long = np.asarray(pc.fill_null(pc.greater_equal(pc.utf8_length(column), CUT // 2), False))
        for place in np.flatnonzero(long).tolist():
            sound[place] &= not _may_be_cut(column[place].as_py())
    return sound


def ids_of(texts: Texts, mask: npt.NDArray[np.bool_]) -> list[str]:
    """The ids of the records where the mask does not hold."""
    return texts.column("id").filter(pa.array(~mask)).to_pylist()


def _may_be_cut(value: str) -> bool:
    """Whether a text is as long as one that was cut."""
    return len(value) == CUT or (len(value) < CUT and len(value.encode("utf-16-le", "surrogatepass")) == 2 * CUT)
