"""What was seen of a file while its frames went by: how many regions, what was done to them, and what is to be said."""

from __future__ import annotations

from pathlib import Path

import torch

from inpaint import images
from inpaint.detection.damage import Damage, count_regions
from inpaint.detection.region_kinds import Translucent
from inpaint.folder.damage_notes import notes_on_damage, trace_in_words
from inpaint.mosaic.lattice import Lattice, sides_in_words
from inpaint.restoring.repair import RepairWindow


class SeenFrames:
    """What was seen of the frames of a file; of their damage only what is said of it is kept."""

    def __init__(self) -> None:
        self.regions, self.reach, self.unused, self.cleaned, self.uncleaned = 0, 0, 0, 0, 0
        self.form = ""  # of the file
        self.first: tuple[images.Picture, list[RepairWindow]] | None = None  # frame in which something is restored
        self.kinds: dict[tuple, tuple[Damage, int]] = {}  # one of each kind, and of how many regions

    def add(self, frame: images.Picture, windows: list[RepairWindow]) -> bool:
        """Count what is restored in a frame; says whether it is the first in which something is."""
        self.form = self.form or frame.format
        self.regions += sum(window.regions for window in windows)
        self.unused += sum(window.unused for window in windows)
        self.cleaned += sum(int(it.cleaned.where.sum()) for it in windows if it.cleaned is not None)
        self.uncleaned += sum(window.uncleaned for window in windows)
        self.reach = max([self.reach, *(window.reach for window in windows)])
        for part in (part for window in windows for part in window.damage):
            sides = sides_in_words(part.grid) if isinstance(part.grid, Lattice) else part.grid is None
            words = None if part.trace is None else trace_in_words(part.trace)
            kind = part.censor, sides, words
            known, count = self.kinds.get(kind, (part, 0))
            self.kinds[kind] = known, count + count_regions(part.mask)
        is_first = bool(windows) and self.first is None
        if is_first:
            self.first = frame, windows
        return is_first

    @property
    def damage(self) -> list[Damage]:
        """One of each kind of damage, whose mask has as many regions as there were of it."""
        return [part._replace(mask=dots(count)) for part, count in self.kinds.values()]

    @property
    def shows_cells(self) -> bool:
        """Whether a mosaic was among it from whose cells a network restores."""
        parts = [part for part, _ in self.kinds.values() if part.censor == "mosaic"]
        return any(it.grid is not None if it.trace is None else not isinstance(it.trace, Translucent) for it in parts)

    @property
    def censors(self) -> str:
        """Name the kinds of censoring for the user."""
        return " and ".join(sorted({part.censor for part, _ in self.kinds.values()}, reverse=True))

    def note(self, base: Path, block: tuple[int, int] | None, *others: str | None) -> str | None:
        """Say what the user should know: a wrong suffix, paint that reaches far, a block not used, kinds of censoring.

        base: the file that was read.  others: what else there is to say before that.
        """
        notes, named = [note for note in others if note], images.format_of(base)
        if self.form != named:
            notes.append(f"{base.name} is a {self.form} file, but its name says {named}, as which it was written")
        if self.reach:
            notes.append(
                f"paint is mixed in up to {self.reach} px beyond the marks, and so far was restored: "
                "--grow 0 keeps that"
            )
        if self.cleaned:
            notes.append(
                f"{self.cleaned} known pixels beside paint were cleaned of the ringing that it left in their "
                "blocks: --grow 0 keeps them as they are"
            )
        if self.uncleaned:
            many = f"{self.uncleaned} mark{'s' * (self.uncleaned != 1)}"
            notes.append(
                f"the ringing beside {many} could not be taken out (the blocks cannot be read, or do not say what flat "
                "paint does to them), so the known pixels that it spoils were restored: --grow 0 keeps them"
            )
        if block is not None and self.censors == "hole":
            notes.append(
                "taken for a hole, so the block was not used: a mosaic needs its own pixels and the censor mosaic"
            )
        notes += notes_on_damage(self.damage)
        if self.unused:
            many = f"{self.unused} region{'s' * (self.unused != 1)} of many colours"
            notes.append(
                f"{many} filled as holes, for nothing in them shows a mosaic or a blur "
                "(--censor mosaic restores from their pixels)"
            )
        return "; ".join(notes) or None


def dots(count: int) -> torch.Tensor:
    """Return a mask (1, 1, W) of so many regions."""
    mask = torch.zeros(1, 1, 2 * count)
    mask[..., ::2] = 1
    return mask
