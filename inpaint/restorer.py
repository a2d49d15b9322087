"""An image and a mask in, a restored image out.

Every masked pixel is restored at every size: masked places that lie near each other are seen together, in a crop with
context around it; a crop that is too large for comfort is worked through in tiles, whose first guess is made on the
whole crop so that they agree.  Only masked pixels are taken from the network's answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.degradation.fills import FILLS
from inpaint.degradation.mosaic import Grid, cell_means, cell_sums, enlarge, project
from inpaint.plan import CONTEXT, Box, planned, tiles
from inpaint.sample import composite

CENSORS = ("hole", "mosaic")
TILE = 512  # px, side of the part of a large crop that is restored at once
FLAT = 2.5 / 255  # a mosaic cell's pixels stray at most this far from their mean in a lossless file


class Crop(NamedTuple):
    """What is looked at to restore a region."""

    image: Tensor  # (3, h, w)
    mask: Tensor  # (1, h, w), of every region
    own: Tensor  # (1, h, w), of this region
    grid: Grid | None  # as seen from the corner of the crop


class Restorer:
    """A generator and how it wants to be shown a censored picture.

    shows: for each censor that the network learned, how the censored pixels are presented to it: a fill value for
    "hole" ("smooth", "grey", ...), an enlargement for "mosaic" ("nearest", "bicubic").
    """

    def __init__(
        self, generator: nn.Module, *, shows: Mapping[str, str], device: str = "auto", precision: str = "float32"
    ):
        if precision not in ("float32", "bfloat16"):
            raise ValueError(f"precision {precision!r} is unknown; choose float32 or bfloat16")
        self.device = find_device(device)
        self.generator = generator.eval().to(self.device, memory_format=torch.channels_last)  # pyright: ignore
        self.multiple = int(generator.multiple)  # pyright: ignore[reportArgumentType]
        self.shows = dict(shows)
        self.bfloat16 = precision == "bfloat16"

    @torch.no_grad()
    def __call__(
        self,
        image: Tensor,
        mask: Tensor,
        *,
        censor: str = "hole",
        grid: Grid | None = None,
        flips: tuple[bool, bool] = (False, False),
    ) -> Tensor:
        """Restore the masked pixels of one picture; all others come back bit for bit.

        image: (3, H, W) in [0, 1], any size.  mask: (1, H, W), 1 = restore; pixel values under a hole are not read.
        censor: "hole" or "mosaic".  grid: of the mosaic; where it is known, the cell means of the answer equal the
        mosaic's.  flips: mirror (top-bottom, left-right) before and after, for variations.  Returns (3, H, W) on the
        CPU.  Raises ValueError for shapes that do not fit and for a censor that the network never learned.
        """
        self.check(image, mask, censor)
        image, mask = image.float().cpu(), (mask.cpu() > 0.5).float()
        restored = image.clone()
        cell = grid.block if grid else (1, 1)
        for region, box in planned(mask, cell):
            own = torch.zeros_like(box.of(mask))
            region.box.within(box).of(own).copy_(region.own)
            crop = Crop(box.of(image), box.of(mask), own, shifted(grid, box) if censor == "mosaic" else None)
            answer = self.restore_crop(crop, region.box.within(box), censor, flips)
            box.of(restored).copy_(composite(answer, box.of(restored), own))
        return restored

    def check(self, image: Tensor, mask: Tensor, censor: str) -> None:
        if not image.is_floating_point():
            raise ValueError(f"the image holds {image.dtype}; it should hold floating-point numbers from 0 to 1")
        if image.ndim != 3 or image.shape[0] != 3 or mask.shape != (1, *image.shape[1:]):
            raise ValueError(
                f"image {tuple(image.shape)} and mask {tuple(mask.shape)} must have the shapes (3, H, W) and (1, H, W)"
            )
        if censor not in CENSORS:
            raise ValueError(f"censor {censor!r} is unknown; choose {' or '.join(CENSORS)}")
        if censor not in self.shows:
            raise ValueError(f"this network never learned to restore a {censor}; it learned {', '.join(self.shows)}")

    def restore_crop(self, crop: Crop, region: Box, censor: str, flips: tuple[bool, bool]) -> Tensor:
        """Restore the own pixels of a crop, tile by tile, and keep the cell means of a mosaic whose grid is known."""
        guess = self.present(crop, censor)  # (3, h, w)
        answer = guess.clone()
        for core in tiles(region, TILE):
            if not core.of(crop.own).any():
                continue  # a frame or a chain of specks leaves most of its box alone
            view = core.grown(CONTEXT, (guess.shape[1], guess.shape[2]))
            restored = self.ask(view.of(guess), view.of(crop.mask), flips)
            core.of(answer).copy_(core.within(view).of(restored))
        answer = answer.clamp(0, 1)
        return answer if crop.grid is None else keep_cells(answer, crop)

    def present(self, crop: Crop, censor: str) -> Tensor:
        """Return the crop as the network learned to be shown this censor, (3, h, w)."""
        if censor == "hole":
            shown, _ = FILLS["hole"](value=self.shows["hole"])(crop.image, crop.mask, torch.Generator())
            return shown
        if crop.grid is None or self.shows["mosaic"] == "nearest":
            return crop.image
        size = (crop.image.shape[1], crop.image.shape[2])
        smooth = enlarge(measured_cells(crop), crop.grid, size, self.shows["mosaic"]).clamp(0, 1)
        return composite(smooth, crop.image, crop.mask)

    def ask(self, image: Tensor, mask: Tensor, flips: tuple[bool, bool]) -> Tensor:
        """Run the network on one picture of any size, (3, h, w) -> (3, h, w)."""
        axes = [axis for axis, flip in zip((-2, -1), flips, strict=True) if flip]
        height, width = image.shape[-2:]
        padding = (0, -width % self.multiple, 0, -height % self.multiple)
        batch = torch.cat([image, mask])[None].flip(axes)  # (1, 4, h, w)
        batch = F.pad(batch, padding, mode="replicate").to(self.device, memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16):
            prediction = self.generator(batch[:, :3], batch[:, 3:])
        return prediction.image[0, :, :height, :width].float().cpu().flip(axes)


def find_device(name: str) -> torch.device:
    """Return the device of this name; "auto" is the first of cuda, mps and cpu that this machine has."""
    counts = {"cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available()), "cpu": 1}
    here = [kind for kind, count in counts.items() if count]
    kind, colon, number = (here[0] if name == "auto" else name).partition(":")
    there = number.isdecimal() and int(number) < counts.get(kind, 0) if colon else kind in here
    if not there:
        more = f" (cuda:0 to cuda:{counts['cuda'] - 1})" if counts["cuda"] > 1 else ""
        raise ValueError(f"device {name!r} is not on this machine; choose auto, {', '.join(here)}{more}")
    return torch.device(kind + colon + number)


def shifted(grid: Grid | None, box: Box) -> Grid | None:
    """Return the grid as seen from the corner of a box."""
    if grid is None:
        return None
    (bh, bw), (y, x) = grid
    return Grid((bh, bw), ((y - box.top) % bh, (x - box.left) % bw))


def measured_cells(crop: Crop) -> Tensor:
    """Return the cell means that a mosaic tells, (3, rows, columns).

    A cell with masked pixels is measured on those alone: beside them there may be original pixels.
    """
    assert crop.grid is not None
    masked = cell_sums(crop.mask, crop.grid)  # (1, rows, columns)
    measured = cell_sums(crop.image * crop.mask, crop.grid) / masked.clamp(min=1)
    return measured.where(masked > 0, cell_means(crop.image, crop.grid))


def keep_cells(answer: Tensor, crop: Crop) -> Tensor:
    """Correct the answer until its cell means equal the mosaic's, (3, h, w).

    A cell that is masked in part is corrected only where its masked pixels are flat, as a mosaic's are, and at least
    a quarter of it: a mark that reaches over original pixels measures nothing.
    """
    assert crop.grid is not None
    size = (answer.shape[1], answer.shape[2])
    masked = cell_sums(crop.mask, crop.grid)  # (1, rows, columns)
    present = cell_sums(torch.ones_like(crop.mask), crop.grid)
    cells = measured_cells(crop)
    away = (crop.image - enlarge(cells, crop.grid, size)).abs().amax(0, keepdim=True) * crop.mask
    flat = cell_sums((away > FLAT).float(), crop.grid) == 0
    told = (masked == present) | (flat & (masked >= present / 4))
    answer = composite(answer, crop.image, crop.mask)  # the known pixels of a cell count towards its mean
    return project(answer, cells, crop.grid, crop.own * enlarge(told.float(), crop.grid, size), clamp=True)
