"""Samples that cannot be made, such as of a picture that was deleted in mid-run: replaced, counted and named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch.utils.data import Dataset, default_collate

from inpaint.degradation.drafts import Draft, Drafts, joined_drafts
from inpaint.sample import Sample

TRIES_IN_A_ROW = 20  # positions in a row; that so many fail is no accident
COUNTED_FROM = 1000  # samples: a share of fewer says little


class Replacing(Dataset[tuple[Any, list[str]]]):
    """The samples of a table, and why some were left out: a position that fails is replaced by the next one."""

    def __init__(self, samples: Dataset[Any]):
        self.samples = samples

    def __getitem__(self, position: int) -> tuple[Any, list[str]]:
        faults: list[str] = []
        for number in range(position, position + TRIES_IN_A_ROW):
            try:
                return self.samples[number], faults
            except (ValueError, OSError) as error:
                faults.append(sample_fault(error))
        raise ValueError(f"{faults[0]}; nor could the {TRIES_IN_A_ROW - 1} samples after this one be made")


def sample_fault(error: Exception) -> str:
    """Say in one line why a sample cannot be made.

    >>> sample_fault(FileNotFoundError(2, "No such file or directory", "cat.png"))
    'cat.png cannot be read: no such file or directory'
    """
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename} cannot be read: {error.strerror[0].lower()}{error.strerror[1:]}"
    return " ".join(str(error).split())


def some_of(faults: Sequence[str]) -> str:
    """Name the first faults, and count the others.

    >>> some_of(["a", "b", "c", "d", "e"])
    'a; b; c; and 2 more'
    """
    return "; ".join(faults[:3]) + (f"; and {len(faults) - 3} more" if len(faults) > 3 else "")


def collated(items: list[tuple[Sample | Draft, list[str]]]) -> tuple[Sample | Drafts, list[str]]:
    """Join samples to a batch, and their faults to a list."""
    samples, faults = zip(*items, strict=True)
    return joined_to_batch(samples), [fault for each in faults for fault in each]


def joined_to_batch(samples: Sequence[Any]) -> Sample | Drafts:
    """Join samples, or drafts of samples, to a batch."""
    return joined_drafts(samples) if isinstance(samples[0], Draft) else default_collate(list(samples))


class Skipped:
    """The faults of a run's samples, of which no more than a share may be skipped."""

    def __init__(self, share: float, batch: int = 1):
        """share: of the samples that were drawn since this start.  batch: of one rank."""
        self.share, self.batch = share, batch
        self.new: list[str] = []
        self.count, self.began = 0, 0

    def take(self) -> list[str]:
        """Return the faults since this was last called."""
        faults, self.new = self.new, []
        return faults

    def check(self, batches: int) -> None:
        """Raise ValueError where more than the share is skipped; batches: how many all ranks have drawn in all."""
        self.began = self.began or batches
        allowed = self.share * max(COUNTED_FROM, (batches - self.began) * self.batch)
        if self.count > allowed:
            raise ValueError(
                f"{self.count} samples could not be made since this start, more than data.skip {self.share:g} allows: "
                "see the journal for the files"
            )
