"""Stopping at a good moment: signals that ask a program to end are noted, and heeded between two steps.

The work of a thread that nobody waits for any more is called off in the same way.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Ctrl-C; kill, timeout, torchrun, SLURM and systemd; a terminal that closes (not on Windows).
STOP_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class StopRequest:
    """The number of the first signal that asked to stop, 0 while none did."""

    def __init__(self) -> None:
        self.signal = 0

    def note(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal by remembering it."""
        self.signal = self.signal or number


class Stopped(KeyboardInterrupt):
    """A signal asked to stop, and what was under way has been brought to an end."""

    def __init__(self, number: int):
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.signal = number


@contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Within this context a signal that asks to stop breaks nothing off: it is noted for whoever asks.

    Only signals that would end the program or raise KeyboardInterrupt are taken: one that is ignored (nohup) stays
    ignored, and who handles it in another way keeps doing so.
    """
    request, before = StopRequest(), {}
    for number in STOP_SIGNALS if in_main_thread() else ():  # only there can handlers be set
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            before[number] = signal.signal(number, request.note)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deaf_children() -> Iterator[None]:
    """Processes that are started within this context never get the signals that ask to stop: their parent ends them.

    What reaches this process meanwhile is handled at the end at the latest.  On Windows, see `ignore_stopping`.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore_stopping() -> None:
    """Ignore the signals that ask to stop from now on."""
    if in_main_thread():
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


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
