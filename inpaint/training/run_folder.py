"""A run's folder belongs to one training at a time."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from inpaint.files import sweep

LOCK_NAME = ".training"
WRITTEN = ("state-new.pt", "last.safetensors", "best.safetensors", "run.yaml", "journal.jsonl")


class FolderInUse(ValueError):
    """Another training writes into this folder; nothing of this one has begun."""


@contextmanager
def held_folder(folder: Path) -> Iterator[None]:
    """Hold a folder for this process, and clear away what a killed one left half-written.

    The system takes the lock back when the process ends, however it does.  Raises ValueError naming the process and the
    machine that hold it, and for what cannot be a folder.  On Windows, and where a disk knows no locks, nobody is
    refused.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ValueError(f"output {folder} cannot be a folder: {reason}; choose another output") from None
    try:
        import fcntl
    except ImportError:
        yield
        return
    # A lock of the process, not of the opened file (flock): workers that outlive a kill for seconds do not hold it.
    with (folder / LOCK_NAME).open("a+", encoding="utf-8") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise FolderInUse(
                f"{folder} is in use: {holder(file.name)} is training there; stop it or choose another output"
            ) from None
        except OSError:  # a network disk without locks
            yield
            return
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
        file.flush()
        sweep(*(folder / name for name in WRITTEN))
        yield


def holder(lock: str) -> str:
    """Say in words who holds a lock."""
    try:
        told = json.loads(Path(lock).read_text(encoding="utf-8"))
        return f"process {told['pid']} on {told['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
