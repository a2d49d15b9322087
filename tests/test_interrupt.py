"""Signals that ask to stop break nothing off: they are noted, and children never get them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from inpaint.interrupt import STOP_SIGNALS, Stopped, deaf_children, ignore_stopping, stop_requests

posix = pytest.mark.skipif(os.name != "posix", reason="sends signals")


@posix
@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_is_noted_and_raises_nothing(number: signal.Signals):
    before = signal.getsignal(number)
    with stop_requests() as stop:
        assert stop.signal == 0
        signal.raise_signal(number)
        signal.raise_signal(signal.SIGTERM)  # torchrun asks twice; the first one counts
        assert stop.signal == number
    assert signal.getsignal(number) is before


@posix
def test_who_ignores_or_handles_a_signal_keeps_doing_so():
    seen = []
    before = [signal.getsignal(it) for it in (signal.SIGTERM, signal.SIGHUP)]
    signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with stop_requests() as stop:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGHUP)
            assert (seen, stop.signal) == ([signal.SIGTERM], 0)
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGHUP), before, strict=True):
            signal.signal(number, handler)


def test_an_error_passes_and_gives_ctrl_c_back():
    with pytest.raises(OSError, match="gone"), stop_requests():
        raise OSError("gone")
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_in_another_thread_nothing_is_taken():
    seen = []

    def work() -> None:
        with stop_requests() as stop:
            ignore_stopping()
            seen.append(stop.signal)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [0]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@posix
@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_children_outlive_what_reaches_their_group(number: signal.Signals):
    with deaf_children():
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    time.sleep(0.05)
    child.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.3)
    child.kill()
    child.wait()


@posix
def test_what_reaches_the_parent_meanwhile_is_not_lost():
    with stop_requests() as stop:
        with deaf_children():
            os.kill(os.getpid(), signal.SIGTERM)
        assert stop.signal == signal.SIGTERM


def test_stopped_is_a_keyboard_interrupt_that_knows_its_signal():
    stopped = Stopped(signal.SIGTERM)
    assert isinstance(stopped, KeyboardInterrupt)
    assert (stopped.signal, str(stopped)) == (15, "stopped by SIGTERM")
