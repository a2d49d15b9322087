"""Its place makes tests/ importable, so that every room's tests find checksums.py."""

from __future__ import annotations

import os
import signal

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two processes test side by side; set before torch is imported


def pytest_configure() -> None:
    """Take Ctrl-C as a terminal gives it: a shell's background jobs are started with it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
