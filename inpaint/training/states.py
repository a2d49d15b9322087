"""The last states of a run: state.pt is the newest, state-1.pt the one before, and so on."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from inpaint.checkpoint import load_state, save_state

NEEDED = ("step", "best", "seconds", "recipe", "average", "optimizers")  # in a state, to go on from it


class States:
    """The states that a run's folder holds, `keep` at the most."""

    def __init__(self, folder: Path, keep: int = 2):
        self.folder, self.keep = folder, keep

    def path(self, age: int) -> Path:
        """Return the path of the newest state (age 0) or of an older one."""
        return self.folder / (f"state-{age}.pt" if age else "state.pt")

    def found(self) -> list[Path]:
        """Return the states that are there, the newest first; a kill between two names can leave no state.pt."""
        older = sorted(self.folder.glob("state-*.pt"), key=lambda path: (len(path.name), path.name))
        return [path for path in [self.path(0), *older] if path.is_file()]

    def write(self, state: dict[str, Any]) -> None:
        """Write the newest state and drop the oldest; at every moment one whole state is there."""
        new = self.folder / "state-new.pt"
        save_state(new, state)
        ages = range(self.keep - 1, 0, -1)
        for age in ages:
            if self.path(age - 1).is_file():
                os.replace(self.path(age - 1), self.path(age))
        os.replace(new, self.path(0))
        for path in self.found()[self.keep :]:
            path.unlink()

    def read(self) -> dict[str, Any]:
        """Return the newest state that is whole; a damaged one is set aside, with a warning, for the one before.

        Raises ValueError where there is none.
        """
        found = self.found()
        if not found:
            raise ValueError(f"{self.path(0)} does not exist, so there is nothing to resume")
        faults = []
        for path in found:
            try:
                state = load_state(path)
                check_parts(path, state)
            except ValueError as error:
                faults.append(str(error))
                continue
            for damaged in found[: len(faults)]:
                os.replace(damaged, damaged.with_suffix(".damaged"))
            if faults:
                warnings.warn(
                    f"{'; '.join(faults)}; going on from {path.name}, of step {state.get('step')}", stacklevel=2
                )
            return state
        raise ValueError("; ".join(faults))


def check_parts(path: Path, state: dict[str, Any]) -> None:
    """Raise ValueError for a mapping that is no state of a training."""
    missing = [key for key in NEEDED if key not in state]
    if missing:
        raise ValueError(f"{path} is not a training state: it has no {missing[0]}")
