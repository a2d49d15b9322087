"""Its place makes tests/ importable, so that every room's tests find checksums.py."""

from __future__ import annotations

import os
import signal

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two processes test side by side; set before torch is imported


def pytest_configure() -> None:
    """Take signals as a terminal gives them: a shell's background jobs ignore Ctrl-C, and those of nohup hanging up."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):  # not on Windows
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
