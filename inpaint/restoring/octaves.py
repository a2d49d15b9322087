"""Mosaics of any block, restored octave by octave by a network that makes one step of 2 or 4, or of another factor.

Cells of b pixels become cells of b/4 or b/2, the same problem one octave finer, and so on down to the pixels; after
every step the answer is corrected until the means of the original cells are the measured ones.  At every octave the
known pixels are the picture, averaged to that octave's resolution, so the rim becomes sharper as the mosaic does.
A block that is no power of two is restored at the next larger one and averaged to its own pixels, along each axis by
itself: the network sees rectangular cells as square.

Source: our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.mosaic.grid import Grid
from inpaint.restoring.turns import TURNS
from inpaint.sample import Prediction

LARGEST_STEPS = 4  # a cell of more than 4^4 pixels a side is no mosaic any more
TOLERANCE = 1e-6  # what is masked by less is masked by rounding


class Stepper(Protocol):
    """What makes one step: `generators.cells`, or a network of super-resolution; it may be given noise to vary with.

    It may say by `tells_guesses` whether it restores estimates otherwise than measured cells, and by `resampled` that
    an answer is averaged before the last step, so that the step ends at the block and not beyond.
    """

    @property
    def cell_steps(self) -> tuple[int, ...]:
        """Which steps it has learned: 4, or 2 and 4, or the one factor of a network of super-resolution."""
        ...

    def __call__(
        self, image: Tensor, mask: Tensor, /, *, block: int, guessed: float, **noise: Tensor
    ) -> Prediction: ...


class Cellwise(NamedTuple):
    """A picture whose grid begins in its corner and ends in the opposite one."""

    image: Tensor  # (3, rows * block height, columns * block width), masked cells hold their value
    mask: Tensor  # (1, ...)
    present: Tensor  # (1, ...), the mask without what lies beyond the picture
    cells: Tensor  # (3, rows, columns), measured on masked pixels where there are any
    block: tuple[int, int]


@torch.no_grad()
def restore_cells(
    generator: Stepper,
    image: Tensor,
    mask: Tensor,
    grid: Grid,
    *,
    cells: Tensor | None = None,
    rng: torch.Generator | None = None,
    passes: int = 1,
) -> Tensor:
    """Restore a mosaic in a crop whose grid is known in whole pixels.

    image: (3, H, W) in [0, 1].  mask: (1, H, W), 1 = mosaic.  cells: their values, (3, rows, columns) of the grid on
    this picture, where they are known better than as the means of the masked pixels.  rng: draws the noise of a network
    that varies with it.  passes: every step is the mean of so many, over cells that are mirrored and turned.
    Returns (3, H, W): the mean of every cell's masked pixels is the cell's value, known pixels are the image's.
    """
    seen = cellwise(image, mask, grid, cells)
    answer, fine = seen.cells, 1
    steps = steps_of(max(seen.block), generator.cell_steps)
    for number, step in enumerate(steps, 1):
        needed = -(-max(seen.block) // step)  # px a cell, of which a step makes the block
        if number == len(steps) and getattr(generator, "resampled", False) and needed < fine:
            answer, fine = resampled(answer, fine, (needed, needed)), needed
        answer, fine = stepped(generator, seen, answer, fine, step, rng, passes), fine * step
    whole = resampled(answer, fine, seen.block)  # (3, rows * bh, columns * bw)
    whole = masked_to(whole, seen.present, seen.cells, seen.block)
    top, left = (-phase % block for phase, block in zip(grid.phase, grid.block, strict=True))
    restored = whole[:, top : top + image.shape[1], left : left + image.shape[2]]
    return restored.where(mask > 0.5, image)


def steps_of(block: int, known: Sequence[int] = (2, 4)) -> list[int]:
    """Return the steps by which a block is restored: by the largest, and once by a smaller one where that is enough.

    The first step is the cheapest, for it is made on the fewest cells, so the small one comes first.  known: the steps
    that the network has learned; with 4 alone every block is reached by steps of 4.
    """
    largest, count = max(known), 1
    if block > 4**LARGEST_STEPS:
        raise ValueError(f"a cell of {block} pixels is too large; at most {4**LARGEST_STEPS} can be restored")
    if block == 1:
        return []
    while largest**count < block:
        count += 1
    first = min(step for step in known if step * largest ** (count - 1) >= block)
    return [first] + [largest] * (count - 1)


def stepped(
    generator: Stepper,
    seen: Cellwise,
    answer: Tensor,
    fine: int,
    step: int,
    rng: torch.Generator | None = None,
    passes: int = 1,
) -> Tensor:
    """Make one step: from an answer of fine by fine pixels a cell to one of step times as many."""
    finer = (fine * step, fine * step)
    known, mask = resampled(seen.image, seen.block, finer), touched(seen.mask, seen.block, finer)
    shown = repeat(answer, step).where(mask > 0.5, known)
    rows, columns = shown.shape[1:]
    beyond = (0, -columns % (2 * step), 0, -rows % (2 * step))  # the network wants an even number of cells
    image, masked = (F.pad(it[None], beyond, mode="replicate") for it in (shown, mask))
    guessed = fine > 1 and getattr(generator, "tells_guesses", len(generator.cell_steps) > 1)
    mean = torch.zeros_like(image)
    for turn in TURNS[:passes]:
        shown, own = (turn.there(it) for it in (image, masked))
        noise = {} if rng is None else {"noise": noise_for(generator, shown, step, rng)}
        mean += turn.back(generator(shown, own, block=step, guessed=float(guessed), **noise).extras["raw"]) / passes
    raw = mean[0, :, :rows, :columns].to(answer.dtype)
    return masked_to(raw.where(mask > 0.5, known), mask, seen.cells, finer)


def noise_for(generator: Stepper, image: Tensor, step: int, rng: torch.Generator) -> Tensor:
    """Draw noise for a step, the same on every device."""
    channels: int = getattr(generator, "noise_channels", 0)
    if not channels:
        raise ValueError("this network does not vary with noise: it has one answer")
    rows, columns = image.shape[2] // step, image.shape[3] // step
    return torch.randn(1, channels, rows, columns, generator=rng).to(image)


def cellwise(image: Tensor, mask: Tensor, grid: Grid, cells: Tensor | None = None) -> Cellwise:
    """Lay a picture out so that its grid begins in its corner; cells that its border cuts are completed by repeating.

    What the border cuts of a masked cell is masked too and holds the cell's value.
    """
    (bh, bw), (y, x) = grid.block, grid.phase
    height, width = image.shape[1:]
    top, left = -y % bh, -x % bw
    beyond = (left, -(left + width) % bw, top, -(top + height) % bh)
    padded, masked = (F.pad(it[None], beyond, mode="replicate")[0] for it in (image, mask))
    present = F.pad(mask, beyond)
    if cells is None:
        values, share = averaged(F.pad(image, beyond) * present, (bh, bw)), averaged(present, (bh, bw))
        cells = (values / share.clamp(min=TOLERANCE)).where(share > 0, averaged(padded, (bh, bw)))
    return Cellwise(repeat(cells, (bh, bw)).where(masked > 0.5, padded), masked, present, cells, (bh, bw))


def masked_to(picture: Tensor, mask: Tensor, cells: Tensor, block: tuple[int, int]) -> Tensor:
    """Correct the masked pixels of every cell as little as possible until their mean is the cell's value."""
    share = averaged(mask, block)
    missing = cells - averaged(picture * mask, block) / share.clamp(min=TOLERANCE)
    return picture + mask * repeat(missing, block)


def averaged(picture: Tensor, block: tuple[int, int]) -> Tensor:
    """Average cells that begin in the corner: (C, rows * bh, columns * bw) -> (C, rows, columns)."""
    return F.avg_pool2d(picture[None], block)[0]


def repeat(cells: Tensor, block: int | tuple[int, int]) -> Tensor:
    """Repeat every cell over block by block pixels."""
    bh, bw = (block, block) if isinstance(block, int) else block
    return cells.repeat_interleave(bh, 1).repeat_interleave(bw, 2)


def touched(mask: Tensor, block: tuple[int, int], finer: tuple[int, int]) -> Tensor:
    """Return which of the finer pixels of every cell hold a masked pixel, or a part of one."""
    return (resampled(mask, block, finer) > TOLERANCE).to(mask.dtype)


def resampled(picture: Tensor, block: int | tuple[int, int], finer: tuple[int, int]) -> Tensor:
    """Average a picture of one number of pixels a cell to another, which keeps the means of the cells.

    (C, rows * bh, columns * bw) -> (C, rows * fh, columns * fw), where more pixels are wanted they repeat.
    """
    given = (block, block) if isinstance(block, int) else block
    if given == finer:
        return picture
    (bh, bw), (fh, fw) = given, finer
    rows, columns = picture.shape[1] // bh, picture.shape[2] // bw
    down, across = (overlaps(a, b).to(picture) for a, b in ((bh, fh), (bw, fw)))
    wide = (picture.reshape(-1, rows * bh, columns, bw) @ across.T).reshape(-1, rows, bh, columns * fw)
    return (down @ wide).reshape(-1, rows * fh, columns * fw)


def overlaps(given: int, wanted: int) -> Tensor:
    """Return which share of each wanted pixel of a cell each given one covers, (wanted, given)."""
    starts = torch.arange(wanted)[:, None] * given  # in units of 1 / (given * wanted) of the cell
    pixels = torch.arange(given) * wanted
    common = torch.minimum(starts + given, pixels + wanted) - torch.maximum(starts, pixels)
    return common.clamp(min=0) / given
