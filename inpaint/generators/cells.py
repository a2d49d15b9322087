"""Super-resolution of a mosaic on the grid of its cells, with the sharp rim in sight.

A mosaic is a small picture, one pixel a cell, so its restoration costs a network over the cells a fraction of what one
over the pixels costs, and it sees as many times further.  What surrounds a mosaic is known, and sharply: of every cell
the network is told its mean, and, where it is known, the pixels one step finer less that mean.  Its answer is that
step, 2 or 4 times finer, added to the bicubic enlargement of the means and corrected until the means are the measured
ones.  Larger cells are restored by several such steps; the later ones start from cells that are the network's own
estimates, which it is told.

Source: our own.  Residual blocks without normalisation are EDSR's (Lim et al. 2017), sub-pixel convolutions those of
Shi et al. 2016; most of the body works at half the resolution, where a parameter costs a quarter and sees twice as far.
The projection is that of `mosaic.project` for cells that are measured on their masked pixels alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import ExtraInput, Generator
from inpaint.layers.residual import ResidualBlock
from inpaint.sample import Prediction

STEPS = (2, 4)  # pixels along a cell that one step makes
CENTRE = 0.5  # of [0, 1]; means are shown around zero


class Body(nn.Module):
    """Residual blocks at the cells, and between them at every second one: (B, width, h, w), h and w even."""

    def __init__(self, width: int, blocks: int, deep: int, deep_blocks: int):
        super().__init__()
        self.first = nn.Sequential(*[ResidualBlock(width) for _ in range(blocks)])
        self.down = nn.Conv2d(width, deep, 2, stride=2)
        self.middle = nn.Sequential(*[ResidualBlock(deep) for _ in range(deep_blocks)])
        self.up = nn.Sequential(nn.Conv2d(deep, 4 * width, 1), nn.PixelShuffle(2))
        self.last = nn.Sequential(*[ResidualBlock(width) for _ in range(blocks)])

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        return self.last(x + self.up(self.middle(self.down(x))))


class Cells(Generator):
    """See the module's docstring.  image: every cell is block by block pixels, aligned to the picture's corner."""

    multiple = 2 * max(STEPS)

    def __init__(self, width: int, blocks: int, deep: int, deep_blocks: int, noise: int, steps: tuple[int, ...]):
        super().__init__()
        self.cell_steps = steps
        self.noise_channels = noise
        self.mean_is_nearer = not noise  # then it is trained to be near the original, and not to invent
        if noise:
            self.samples, self.inputs = True, {"noise": ExtraInput(noise, noise=True, every=max(STEPS))}
        self.stems = nn.ModuleDict({str(step): nn.Conv2d(4 + 4 * step**2, width, 3, padding=1) for step in steps})
        self.body = Body(width, blocks, deep, deep_blocks)
        self.heads = nn.ModuleDict({str(step): nn.Conv2d(width, 3 * step**2, 3, padding=1) for step in steps})
        for head in self.heads.values():
            assert isinstance(head, nn.Conv2d)
            assert head.bias is not None
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
        self.noise = nn.Conv2d(noise, width, 1, bias=False) if noise else None

    def forward(
        self,
        image: Tensor,
        mask: Tensor,
        *,
        block: int = 4,
        guessed: Tensor | float = 0.0,
        noise: Tensor | None = None,
    ) -> Prediction:
        """Restore mosaics of one block, 2 or 4 px; extras hold the answer before the projection, "raw".

        image: (B, 3, block h, block w), a masked pixel holds its cell's value, h and w even.  guessed: 1 where the
        masked cells are estimates instead of measurements, a number or (B, 1, 1, 1).  noise: (B, channels, h, w) for a
        network that was built to vary with it, of unit variance; none is the same as zeros.
        """
        means = masked_means(image, mask, block)  # (B, 3, h, w)
        x = self.stems[str(block)](seen(image, mask, means, block, guessed))
        if noise is not None:
            assert self.noise is not None
            x = x + self.noise(noise)
        step = F.pixel_shuffle(self.heads[str(block)](self.body(x)), block)
        raw = bicubic(means, block) + step  # (B, 3, block h, block w)
        return Prediction(with_means(raw, mask, means, block), {"raw": raw})


def masked_means(image: Tensor, mask: Tensor, block: int) -> Tensor:
    """Average every cell, one that is masked in part over its masked pixels alone: (B, 3, h, w)."""
    share = F.avg_pool2d(mask, block)
    masked = F.avg_pool2d(image * mask, block) / torch.where(share > 0, share, torch.ones_like(share))
    return torch.where(share > 0, masked, F.avg_pool2d(image, block))


def seen(image: Tensor, mask: Tensor, means: Tensor, block: int, guessed: Tensor | float) -> Tensor:
    """Return what the network is told of every cell: (B, 4 + 4 block², h, w).

    The mean (3), known pixels less the mean (3 block²), which pixels are masked (block²), whether it is guessed (1).
    """
    detail = (image - repeated(means, block)) * (1 - mask)
    bits = F.pixel_unshuffle(mask, block)
    guess = bits.amax(1, keepdim=True) * guessed
    return torch.cat([means - CENTRE, F.pixel_unshuffle(detail, block), bits, guess], dim=1)


def with_means(raw: Tensor, mask: Tensor, means: Tensor, block: int) -> Tensor:
    """Correct the masked pixels of every cell as little as possible until their mean is as given."""
    return raw + mask * repeated(means - masked_means(raw, mask, block), block)


def repeated(cells: Tensor, block: int) -> Tensor:
    """Enlarge by repetition: (B, C, h, w) -> (B, C, block h, block w)."""
    return F.interpolate(cells, scale_factor=float(block), mode="nearest")


def bicubic(cells: Tensor, block: int) -> Tensor:
    """Enlarge by Keys' cubic (a = -0.5), the border repeated: (B, C, h, w) -> (B, C, block h, block w).

    The same numbers as `mosaic.enlarge`, by slices and sums, which neither autocast nor TF32 rounds.
    """
    rows = F.pad(cells, (0, 0, 2, 2), mode="replicate")
    tall = torch.stack([weighed(rows, 2, taps) for taps in taps_of(block)], dim=3).flatten(2, 3)
    columns = F.pad(tall, (2, 2, 0, 0), mode="replicate")
    return torch.stack([weighed(columns, 3, taps) for taps in taps_of(block)], dim=4).flatten(3, 4)


def weighed(padded: Tensor, axis: int, taps: list[tuple[int, float]]) -> Tensor:
    """Sum shifted copies of what is padded by 2 along an axis."""
    length = padded.shape[axis] - 4
    terms = [padded.narrow(axis, 2 + offset, length) * weight for offset, weight in taps]
    return terms[0] + terms[1] + terms[2] + terms[3]


def taps_of(block: int) -> list[list[tuple[int, float]]]:
    """Return for every pixel of a cell the four cells around it, as offsets, and their weights."""
    taps = []
    for pixel in range(block):
        place = (pixel + 0.5) / block - 0.5
        offsets = [math.floor(place) + tap for tap in (-1, 0, 1, 2)]
        taps.append([(offset, keys(abs(offset - place))) for offset in offsets])
    return taps


def keys(t: float) -> float:
    """Return Keys' cubic convolution kernel with a = -0.5 (1981, eq. 15)."""
    if t <= 1:
        return (1.5 * t - 2.5) * t * t + 1
    return ((-0.5 * t + 2.5) * t - 4) * t + 2 if t < 2 else 0.0


def build(
    *,
    width: int = 48,
    blocks: int = 2,
    deep: int = 96,
    deep_blocks: int = 6,
    noise: int = 0,
    steps: Sequence[int] = STEPS,
) -> Generator:
    """Build the network over cells.

    width, blocks: channels at the cells, and residual blocks there on the way in and out.  deep, deep_blocks: the same
    at every second cell.  noise: channels of noise that its answers vary with.  steps: [2, 4], or [4] for a network
    that learns that one alone and reaches every block by it.  Raises ValueError where a number is below 1, noise
    below 0.
    """
    if min(width, blocks, deep, deep_blocks) < 1:
        given = f"{width}, {blocks}, {deep} and {deep_blocks}"
        raise ValueError(f"width, blocks, deep and deep_blocks are {given}: each must be at least 1")
    if noise < 0:
        raise ValueError(f"noise is {noise}: it must be a number of channels, at least 0")
    if not steps or not set(steps) <= set(STEPS) or 4 not in steps:
        raise ValueError(f"steps {list(steps)} must be [4], or [2, 4]")
    return Cells(width, blocks, deep, deep_blocks, noise, tuple(sorted(set(steps))))
