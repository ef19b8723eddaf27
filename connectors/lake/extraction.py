"""Extraction: what is pulled of each object, from which moment on, and where a broken pull is taken up.

What to add here: what decides about a pull before anything is asked.
What belongs elsewhere: how a source reads (`zoho`, `fxiaoke`), where its records lie (`store.py`), when pulls run (pipelines).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.catalogue import CrmObject
from connectors.client import Connection, Discovering, Keeping, Page, Resumable, Sweepable, Window
from connectors.faults import Fault, RetryLater
from connectors.lake.store import Lake
from connectors.landing import Manifest, Resume
from connectors.sweeping import Sweep


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a round of pulls came to: for each object its manifest, or what went wrong with it."""

    outcomes: tuple[tuple[CrmObject, Manifest | Fault], ...]

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """Of the objects that are complete."""
        return tuple(outcome for _, outcome in self.outcomes if isinstance(outcome, Manifest))

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Of the others."""
        return tuple(outcome for _, outcome in self.outcomes if isinstance(outcome, Fault))


def extract(connection: Connection, lake: Lake, obj: CrmObject, *, known_at: datetime, run_id: str) -> Manifest:
    """Pull what changed in one object since its last complete pull, and land it; nothing is asked that is known already."""
    if known_at.tzinfo is None:
        raise ValueError("known_at needs a time zone")
    if obj.is_custom and isinstance(connection, Discovering):
        obj = connection.discovered(obj, lake.fields_ever(connection.source, obj.name))
    lake.mend(connection.source, obj, cast=connection.cast)
    newest = lake.newest(connection.source, obj.name)
    end = known_at.astimezone(UTC) - connection.settle
    if newest is not None and end <= newest.window_end:
        return newest
    at = known_at.astimezone(UTC)
    sweep = _sweep(connection, obj, newest, at)
    start = None if newest is None or obj.cursor is None else newest.window_end - connection.overlap
    window = Window(start, end)
    reading = connection.reading(obj) if isinstance(connection, Resumable) and obj.cursor is not None else None
    resume = None if reading is None else lake.resume_point(connection.source, obj.name, reading, window)
    # A first pull needs no deletions, but what an earlier try read may be gone by now.
    since = start if start is not None or resume is None else resume.unwatched_since - connection.overlap
    return lake.land(
        connection.source,
        obj,
        _pages(connection, obj, window if resume is None else Window(resume.reached, end), lake, resume),
        pulled_at=at,
        run_id=run_id,
        window=window,
        cast=connection.cast,
        deletions=lambda: () if since is None else connection.deleted(obj, since),
        sweep=sweep,
        swept_at=newest.swept_at if newest is not None else resume.pulled_at if resume is not None else at,
        vanishing_limit=connection.vanishing_limit,
        reading=reading,
        resume=resume,
        fields_before=None if newest is None else newest.field_types,
    )


def _pages(connection: Connection, obj: CrmObject, window: Window, lake: Lake, resume: Resume | None) -> Iterator[Page]:
    """What the source brings; one that keeps files does so beside the pages."""
    if isinstance(connection, Keeping):
        return connection.pull_keeping(obj, window, lake.kept(connection.source, obj.name, resume))
    return connection.pull(obj, window)


def _sweep(connection: Connection, obj: CrmObject, newest: Manifest | None, at: datetime) -> Sweep | None:
    """A look at every key, due where the source needs one and it is time; a first pull sees everything anyway."""
    if not isinstance(connection, Sweepable):
        return None
    every = connection.sweep_after(obj)
    is_due = newest is not None and every is not None and (newest.swept_at is None or at - newest.swept_at >= every)
    return Sweep(lambda: connection.sweep(obj), lambda keys: connection.again(obj, keys), is_due)


def extract_all(
    connection: Connection, lake: Lake, objects: Sequence[CrmObject], *, known_at: datetime, run_id: str, threads: int = 4
) -> Extraction:
    """Pull several objects side by side; one that cannot be pulled is reported and the others go on."""

    def one(obj: CrmObject) -> Manifest | Fault:
        """The object's manifest, or what went wrong."""
        try:
            return extract(connection, lake, obj, known_at=known_at, run_id=run_id)
        except Fault as fault:
            return fault
        except OSError as fault:  # a full disk, a lost share: the others may fare better, and are not to be forgotten
            return RetryLater(
                f"{connection.source} {obj.name}",
                asked=f"{lake} to keep what came",
                came=str(fault),
                cure="nothing of this pull is kept; make room there, or make it writable, and run again",
            )

    lake.ensure(connection.source, objects)
    with ThreadPoolExecutor(threads, thread_name_prefix=connection.source) as pool:
        return Extraction(tuple(zip(objects, pool.map(one, objects), strict=True)))
