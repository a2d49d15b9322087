"""What is compared: baselines, restorers that are called, and what other programs have left in a folder."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePath
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from inpaint.evaluation.baselines import BASELINES, Baseline, to_bytes
from inpaint.evaluation.cases import Case
from inpaint.evaluation.damaging import Damaged
from inpaint.evaluation.named_files import file_named
from inpaint.images import find, read
from inpaint.mosaic.grid import Grid
from inpaint.version import __version__

Restore = Callable[..., Tensor]  # restore(image (3, H, W), mask (1, H, W), *, censor, grid) -> (3, H, W)


class NoAnswer(ValueError):
    """A method has no result for one picture; the sentence says why."""


class Answer(NamedTuple):
    """What one method made of one picture."""

    restored: Tensor  # (3, H, W) uint8
    seconds: float  # NaN where another program took them
    changed: int = 0  # known pixels that did not come back bit for bit, as another program left them


class Method(Protocol):
    """One row of a table."""

    name: str
    baseline: bool
    identity: str | None  # what its numbers depend on beside the damage; None where nobody can say

    def restores(self, censor: str) -> bool: ...

    def answer(self, picture: str, case: Case, damaged: Damaged) -> Answer:
        """Restore one picture.  Raises NoAnswer where the method has none for it."""
        ...


class Called:
    """A restorer or a baseline that is called."""

    def __init__(self, name: str, restore: Restore, *, baseline: bool = False, identity: str | None = None) -> None:
        self.name = name
        self.restore = restore
        self.baseline = baseline
        self.identity = identity

    def restores(self, censor: str) -> bool:
        return censor in getattr(self.restore, "shows", BASELINES)

    def answer(self, picture: str, case: Case, damaged: Damaged) -> Answer:
        """Restore one picture, and round it as a file would hold it.

        Raises NoAnswer where the restorer refuses, and ValueError for an answer that breaks the contract.
        """
        image, mask, grid = damaged.image, damaged.mask, damaged.grid
        what = f"{self.name}, for {picture} ({case.name}),"
        start = time.perf_counter()
        try:
            with torch.no_grad():
                restored = self.restore(image.clone(), mask.clone(), censor=case.censor, grid=grid).detach().cpu()
        except ValueError as error:  # such as a network over cells that is given no grid
            raise NoAnswer(str(error)) from error
        seconds = time.perf_counter() - start
        if restored.shape != image.shape:
            raise ValueError(f"{what} returned the shape {tuple(restored.shape)} instead of {tuple(image.shape)}")
        if not restored.isfinite().all():
            raise ValueError(f"{what} returned values that are not finite")
        changed = (restored != image).any(0, keepdim=True) & (mask < 0.5)  # (1, H, W)
        if changed.any():
            raise ValueError(
                f"{what} changed {int(changed.sum())} known pixels: outside the mask the image must come back bit for "
                "bit"
            )
        return Answer(to_bytes(restored), seconds)


class RestoredFolder:
    """What another program has made of the damaged pictures, as files in a folder, or in one folder for each case.

    A file is found by the picture's name, or begins with it; see `file_named`.
    """

    baseline = False
    identity: str | None = None  # files are read anew every time: it is as fast, and they may have changed

    def __init__(self, name: str, folder: Path) -> None:
        if not folder.is_dir():
            raise ValueError(f"{folder} is not a folder; --restored {name}=FOLDER should hold what {name} has restored")
        self.name = name
        self.folder = folder

    def restores(self, censor: str) -> bool:
        return True

    def answer(self, picture: str, case: Case, damaged: Damaged) -> Answer:
        path = self.file(picture, case)
        restored = to_bytes(read(path).tensor())
        given = to_bytes(damaged.image)
        if restored.shape != given.shape:
            sizes = [f"{it.shape[2]} x {it.shape[1]}" for it in (restored, given)]
            raise NoAnswer(f"{path} has {sizes[0]} px instead of the {sizes[1]} of the damaged picture")
        changed = (restored != given).any(0, keepdim=True) & (damaged.mask < 0.5)
        return Answer(restored, float("nan"), int(changed.sum()))

    def file(self, picture: str, case: Case) -> Path:
        """Return the file of a picture.  Raises NoAnswer where there is none, or more than one."""
        own = self.folder / case.name
        folder = own if case.name in self.listed else self.folder
        try:
            return file_named(PurePath(picture).stem, self.listed[case.name if folder == own else ""], folder)
        except ValueError as error:
            raise NoAnswer(str(error)) from None

    @cached_property
    def listed(self) -> dict[str, list[Path]]:
        """The pictures of every folder directly inside by its name, and of the folder itself by ""."""
        listed = {path.name: find(path) for path in self.folder.iterdir() if path.is_dir()}
        return listed | {"": find(self.folder, recursive=False)}


def baselines_of(censor: str) -> list[Called]:
    """Return the methods that need no training for a censor."""
    return [
        Called(name, _by_baseline(baseline), baseline=True, identity=f"baseline {name} of {__version__}")
        for name, baseline in BASELINES[censor].items()
    ]


def _by_baseline(baseline: Baseline) -> Restore:
    def restore(image: Tensor, mask: Tensor, *, censor: str, grid: Grid | None) -> Tensor:
        return baseline(image, mask, grid)

    return restore


def identity_of(paths: Sequence[Path], *more: str) -> str:
    """Return what stands for a network in a cache: the content of its files, the version, and how it is run."""
    digests = [hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest() for path in paths]
    return " ".join([*digests, __version__, torch.__version__, *more])


def checked_names(restorers: Mapping[str, object]) -> None:
    """Raise ValueError where a restorer has the name of a baseline."""
    taken = set(restorers) & {name for choices in BASELINES.values() for name in choices}
    if taken:
        raise ValueError(f"a restorer cannot be named {min(taken)!r}: that is a baseline")
