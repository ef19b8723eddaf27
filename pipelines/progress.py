"""What a run says while it works: one listener that hears each step start and end, instead of the library's own log.

What belongs elsewhere: how it is shown (`cli.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg

Listener = Callable[[str, str], None]  # (event type, step name)
_listeners: list[Listener] = []
HEARD = {"STEP_START", "STEP_SUCCESS", "STEP_FAILURE"}


class _Hearing(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        meta = getattr(record, "dagster_meta", {}) or {}
        event = meta.get("dagster_event")
        if event is not None and event.event_type_value in HEARD:
            for listener in _listeners:
                listener(event.event_type_value, event.step_key or "")


@dg.logger(description="Tells listeners of this process about steps; prints nothing.")
def progress_logger(_: dg.InitLoggerContext) -> logging.Logger:
    """A logger without output: Dagster's event log keeps everything anyway."""
    logger = logging.Logger("quarterdeck.progress", logging.DEBUG)
    logger.addHandler(_Hearing())
    return logger


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Tell this listener about steps while the block runs."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
