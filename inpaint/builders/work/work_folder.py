"""The work folder of a build, from which one that was killed goes on.

DATASET.building/store.sqlite   what is known of every picture
DATASET.building/staging/       patches, written before the row that names them is committed
DATASET.building/dataset/       the dataset while it is put together; renamed to DATASET at the end
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from inpaint.builders.work.store import DATABASE_FILE, Store

PICTURES_PER_FOLDER = 1000  # pictures whose patches share a staging folder


def open_store(output: Path, command: Mapping[str, Any], *, restart: bool = False) -> Store:
    """Open the work folder beside the output for a command, which is a new one or the one that it was begun with.

    restart: throw away what was begun.  Raises ValueError where the folder was begun by another command.
    """
    folder = work_folder(output)
    store = Store(folder)
    if restart:
        clear_store(store)
        store = Store(folder)
    begun, wanted = store.fact("command"), json.dumps(command, sort_keys=True)
    if begun is None:
        store.remember("command", wanted)
    elif begun != wanted:
        store.close()
        changed = "; ".join(_changes(json.loads(begun), json.loads(wanted)))
        raise ValueError(
            f"{folder} was begun by another command ({changed}): run that command again, start over with "
            "--restart, or choose another output"
        )
    return store


def clear_store(store: Store) -> None:
    """Close a store and throw away all that it knows; downloads beside it stay, and the folder if there are any."""
    store.close()
    for name in ("staging", "dataset"):
        shutil.rmtree(store.folder / name, ignore_errors=True)
    for file in store.folder.glob(f"{DATABASE_FILE}*"):
        file.unlink()
    if not any(store.folder.iterdir()):
        store.folder.rmdir()


def work_folder(output: Path) -> Path:
    """Return where the dataset is made: beside the output, so that it can be renamed."""
    return output.absolute().with_name(f"{output.absolute().name}.building")


def staging_folder(folder: Path, number: int) -> Path:
    """Return the folder of a work folder in which the patches of a picture are staged."""
    return folder / "staging" / str(number // PICTURES_PER_FOLDER)


def _changes(begun: Any, wanted: Any, path: str = "") -> Iterator[str]:
    """Yield every value that differs, such as "clean.blur was 20.0 and is null"."""
    if isinstance(begun, dict) and isinstance(wanted, dict):
        for key in sorted({*begun, *wanted}):
            yield from _changes(begun.get(key), wanted.get(key), f"{path}.{key}" if path else key)
    elif begun != wanted:
        yield f"{path} was {json.dumps(begun)} and is {json.dumps(wanted)}"


def finish_dataset(store: Store, folder: Path, output: Path) -> None:
    """Let a finished dataset take the place of the output, and remove the work folder."""
    store.close()
    output.parent.mkdir(parents=True, exist_ok=True)
    if output.exists():
        output.rmdir()  # empty; not every system replaces a folder by renaming
    folder.rename(output)
    shutil.rmtree(store.folder, ignore_errors=True)
