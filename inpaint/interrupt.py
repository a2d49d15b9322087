"""Ctrl-C at a good moment: what must be done as a whole is not broken off in the middle; other work is left at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unbroken(*, excuse: bool = False) -> Iterator[None]:
    """Hold Ctrl-C back until the end, and raise KeyboardInterrupt then.

    Only signals that would raise KeyboardInterrupt are held: who handles them in another way keeps doing so.
    excuse: let KeyboardInterrupt take the place of an error, as of workers that the same Ctrl-C has ended.
    """
    held: list[int] = []
    main = threading.current_thread() is threading.main_thread()  # only there can handlers be set
    ours = [it for it in (signal.SIGINT, signal.SIGTERM) if main and signal.getsignal(it) is signal.default_int_handler]
    for each in ours:
        signal.signal(each, lambda number, frame: held.append(number))
    try:
        yield
    except Exception:
        if not (held and excuse):
            raise
    finally:
        for each in ours:
            signal.signal(each, signal.default_int_handler)
    if held:
        raise KeyboardInterrupt


class CalledOff(BaseException):
    """Nobody waits for this work any more; like Ctrl-C it passes through what catches errors."""


class _OwnStop(threading.local):
    event: threading.Event | None = None


_OWN = _OwnStop()


@contextmanager
def until(stop: threading.Event) -> Iterator[None]:
    """Let the work of this thread be called off by setting an event; `go_on` notices."""
    before, _OWN.event = _OWN.event, stop
    try:
        yield
    finally:
        _OWN.event = before


def stop_of_thread() -> threading.Event:
    """Return the event that calls off the work of this thread, to hand it to others; a new one where there is none."""
    return _OWN.event or threading.Event()


def go_on() -> None:
    """Raise CalledOff where the work of this thread was called off; long work asks between its steps."""
    if _OWN.event is not None and _OWN.event.is_set():
        raise CalledOff
