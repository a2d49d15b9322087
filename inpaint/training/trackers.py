"""Where a run tells of itself beside its journal: TensorBoard, Weights & Biases, or whatever keeps the promise.

What fails there is said once and ends the telling, never the training.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from inpaint.files import write_text
from inpaint.images import read


class Tracker(Protocol):
    """What hears of a run's numbers and pictures."""

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        """Take finite numbers by their names."""
        ...

    def picture(self, step: int, path: Path) -> None:
        """Take a sheet of samples, which lies in a file."""
        ...

    def close(self) -> None:
        """End, with all that was told written down."""
        ...


Begin = Callable[[Path, dict[str, Any], int], Tracker]  # from the run's folder, its tree and the step where it begins


class TensorBoard:
    """Writes events below the run's folder: `tensorboard --logdir runs`."""

    def __init__(self, folder: Path, run: dict[str, Any], step: int):
        """Begin at a step: what was told of later ones is hidden."""
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(folder / "tensorboard"), purge_step=step)

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)

    def picture(self, step: int, path: Path) -> None:
        self.writer.add_image("samples", read(path).tensor().numpy(), step)

    def close(self) -> None:
        self.writer.close()


class WeightsAndBiases:
    """Tells the service of that name, or with WANDB_MODE=offline the folder wandb in that of the run."""

    def __init__(self, folder: Path, run: dict[str, Any], step: int):
        """Begin, or go on with what the folder's file wandb_id names."""
        import wandb  # pyright: ignore[reportMissingImports]

        known = folder / "wandb_id"
        name = known.read_text(encoding="utf-8").strip() if known.is_file() and step else None
        self.wandb = wandb
        self.run = wandb.init(project="inpaint", name=folder.name, dir=str(folder), config=run, id=name, resume="allow")
        self.run.define_metric("*", step_metric="step")  # its own count of steps never goes back, as a resumed run may
        write_text(known, f"{self.run.id}\n")

    def numbers(self, step: int, values: Mapping[str, float]) -> None:
        self.run.log({**values, "step": step})

    def picture(self, step: int, path: Path) -> None:
        self.run.log({"samples": self.wandb.Image(str(path)), "step": step})

    def close(self) -> None:
        self.run.finish()


TRACKERS: dict[str, tuple[str, Begin]] = {  # by name: what must be installed, and how it begins
    "tensorboard": ("tensorboard", TensorBoard),
    "wandb": ("wandb", WeightsAndBiases),
}


class Audience:
    """The trackers of a run; one that fails is left."""

    def __init__(self, begins: Mapping[str, Begin], say: Callable[[str], None]):
        self.begins, self.say = dict(begins), say
        self.trackers: dict[str, Tracker] = {}

    def begin(self, folder: Path, run: dict[str, Any], step: int) -> None:
        """Let all of them begin."""
        for name, begun in self.begins.items():
            self.attempt(name, lambda name=name, begun=begun: self.trackers.update({name: begun(folder, run, step)}))

    def numbers(self, line: Mapping[str, Any]) -> None:
        """Tell the numbers of a line of the journal."""
        values = told_numbers(line)
        for name, tracker in list(self.trackers.items()) if values else ():
            self.attempt(name, lambda tracker=tracker: tracker.numbers(line["step"], values))

    def picture(self, step: int, path: Path) -> None:
        """Show a sheet of samples."""
        for name, tracker in list(self.trackers.items()):
            self.attempt(name, lambda tracker=tracker: tracker.picture(step, path))

    def close(self) -> None:
        """End all of them."""
        for name, tracker in list(self.trackers.items()):
            self.attempt(name, tracker.close)
        self.trackers = {}

    def attempt(self, name: str, action: Callable[[], Any]) -> None:
        """Do something with a tracker; where it fails, say so and leave the tracker, for the run matters more."""
        try:
            action()
        except Exception as error:  # of a service that may fail in any way
            self.trackers.pop(name, None)
            self.say(f"{name} failed ({' '.join(str(error).split())}); the training goes on without it")


def told_numbers(line: Mapping[str, Any]) -> dict[str, float]:
    """Return the finite numbers of a journal's line by what they measure.

    >>> told_numbers({"step": 5, "psnr": 21.5, "losses": {"l1": 0.5, "tv": None}, "rates": {"generator": 0.1}})
    {'psnr': 21.5, 'loss l1': 0.5, 'rate generator': 0.1}
    """
    found = {key: value for key, value in line.items() if key != "step"}
    for kind, key in (("loss", "losses"), ("rate", "rates")):
        found |= {f"{kind} {name}": value for name, value in (line.get(key) or {}).items()}
    plain = {key: it for key, it in found.items() if isinstance(it, int | float) and not isinstance(it, bool)}
    return {key: float(value) for key, value in plain.items() if math.isfinite(value)}


def trackers_named(names: Sequence[str]) -> dict[str, Begin]:
    """Return how trackers begin.  Raises ValueError for an unknown name, and for one that is not installed."""
    from importlib.util import find_spec

    for name in names:
        if name not in TRACKERS:
            raise ValueError(f"trackers are {list(names)}: choose among {', '.join(TRACKERS)}")
        if find_spec(TRACKERS[name][0]) is None:
            raise ValueError(f"the tracker {name} needs the extra: pip install 'inpaint[{name}]'")
    return {name: TRACKERS[name][1] for name in names}
