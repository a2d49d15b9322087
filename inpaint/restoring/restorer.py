"""An image and a mask in, a restored image out.

Every masked pixel is restored at every size: masked places that lie near each other are seen together, in a crop with
context around it, and only masked pixels are taken from the network's answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor

from inpaint.contracts import VIEWS, View
from inpaint.mosaic.grid import Grid
from inpaint.mosaic.projection import CellMeasures, keep_cells, missed_cells
from inpaint.restoring.blending import meet_known
from inpaint.restoring.censors import CENSORS
from inpaint.restoring.given_planes import given_planes
from inpaint.restoring.network_answers import NetworkAnswers
from inpaint.restoring.region_crops import crop_of
from inpaint.restoring.turns import PASSES, Flips
from inpaint.sample import composite
from inpaint.tiling import Box, Region, crops_planned, grown_mask

SMALL_MOSAICS = 250_000  # px of a picture's crops around mosaics, context included, that are looked at in every way


class Restorer(NetworkAnswers):
    """A generator and how it wants to be shown a censored picture.

    shows: for each censor that the network learned, how the censored pixels are presented to it: a fill value for
    "hole" ("smooth", "grey", ...), an enlargement for "mosaic" ("nearest", "bicubic").
    side: of the squares that it learned from, in px, which a view of a square shows it at least.
    borders: whether it learned to draw what lies around a picture; None where nobody knows.
    judges: discriminators that tell the best of the answers of a network that samples.
    """

    @property
    def unranked(self) -> bool:
        """Whether it draws its answers but has nothing that tells the best of them."""
        return self.generator.samples and self.judges is None

    def reach(self, view: str = "auto") -> float:
        """Return how many px around a mark it must be shown where the picture has them; infinite for all."""
        chosen = self.generator.view if view == "auto" else view
        return {"crop": 0, "square": self.side}.get(chosen, math.inf)

    @torch.no_grad()
    def __call__(
        self,
        image: Tensor,
        mask: Tensor,
        *,
        censor: str = "hole",
        grid: Grid | None = None,
        flips: Flips = (False, False),
        grow: int = 0,
        feather: int = 0,
        match_colour: bool = False,
        keep: bool = True,
        view: str = "auto",
        passes: int | str = "auto",
        measures: dict[Box, CellMeasures] | None = None,
        missed: list[Tensor] | None = None,
        judged: list[Tensor] | None = None,
        inputs: Mapping[str, Tensor] | None = None,
    ) -> Tensor:
        """Restore the masked pixels of one picture; all others come back bit for bit.

        image: (3, H, W) in [0, 1], any size.  mask: (1, H, W), 1 = restore; pixel values under a hole are not read.
        censor: "hole" or "mosaic".  grid: of the mosaic; where it is known, the cell means of the answer equal the
        mosaic's, unless keep is False.  flips: mirror (top-bottom, left-right) before and after, for variations; a
        network that samples is given other noise for each instead.  A third True lays it on its side before.
        grow: restore holes so many px further; a mosaic is never grown, for what lies beside it is original.
        feather: blend the restored edge into the known pixels over so many px, inside the mask; match_colour does so
        through the whole region.
        view: what the network sees around a hole: "crop", "square", "whole", "small", or "auto" for what it was made
        for.
        passes: 1, 2, 4 or 8; the answer is the mean of so many, to the picture mirrored and turned, and takes as many
        times as long.  "auto" is 8 for small mosaics, 0.25 MP with their context in all, and a network that restores
        them faithfully, else 1; a variation is never a mean.
        measures: a dict that is handed to every call with the same image, mask and grid, empty to the first, so that
        the mosaic's cells are measured in the first alone.  missed gets, for each region, by how much the cells of the
        answer missed the mosaic's before they were corrected, (n,).  judged gets, for each crop around holes, how real
        the answer looks to the network's discriminators, (1,), where it has any.
        inputs: what else the network takes and somebody gives, by name, such as a sketch, (channels, H, W) each.
        Returns (3, H, W) on the CPU.  Raises ValueError for shapes that do not fit, for a censor that the network never
        learned, and where not even the smallest tile fits in memory.

        >>> import torch, inpaint
        >>> restore = inpaint.load("default", device="cpu")
        >>> image, mask = torch.full((3, 48, 64), 0.5), torch.zeros(1, 48, 64)
        >>> mask[:, 20:30, 20:40] = 1
        >>> restored = restore(image, mask, censor="hole", feather=2)
        >>> tuple(restored.shape), torch.equal(restored[:, :20], image[:, :20])
        ((3, 48, 64), True)
        """
        self.check(image, mask, censor, grid)
        if passes not in ("auto", *PASSES):
            raise ValueError(f"passes are {passes!r}; choose auto, {', '.join(map(str, PASSES[:-1]))} or {PASSES[-1]}")
        seen = self.view_of(censor, view)
        given = given_planes(self.generator, inputs or {}, (image.shape[1], image.shape[2]))
        image, mask = image.float().cpu(), (mask.cpu() > 0.5).float()
        if censor == "hole":
            mask = grown_mask(mask, grow)
        restored = image.clone()
        measures = {} if measures is None else measures
        of_mosaic = grid if censor == "mosaic" else None
        planned = crops_planned(mask, grid.block if grid else (1, 1), view=seen, side=self.side)
        if passes == "auto":
            small = sum(box.area for _, box in planned) <= SMALL_MOSAICS
            passes = PASSES[-1] if of_mosaic and small and self.generator.mean_is_nearer and not any(flips) else 1
        for plan in self.batches(planned):
            crops = [
                crop_of(image, mask, region, box, of_mosaic, measures)._replace(
                    view=seen, inputs=tuple(box.of(plane) for plane in given)
                )
                for region, box in plan
            ]
            answers = self.answers(crops, censor, flips, int(passes))
            for (_, box), crop, answer in zip(plan, crops, answers, strict=True):
                if feather or match_colour:
                    answer = meet_known(answer, crop.image, crop.mask, feather=None if match_colour else feather)
                answer = answer.clamp(0, 1)
                if judged is not None and self.judges is not None and censor == "hole":
                    judged.append(self.judges.score(answer, crop.image, crop.mask))
                if crop.grid is not None:
                    of_cells = {"own": crop.own, "measures": crop.measures}
                    if missed is not None:
                        missed.append(missed_cells(answer, crop.image, crop.mask, crop.grid, **of_cells))
                    if keep:
                        answer = keep_cells(answer, crop.image, crop.mask, crop.grid, **of_cells)
                box.of(restored).copy_(composite(answer, box.of(restored), crop.own))
        return restored

    def view_of(self, censor: str, view: str) -> View:
        """Return what the network sees around a region; a mosaic is restored from the cells around it by no other."""
        if view not in ("auto", *VIEWS):
            raise ValueError(f"view {view!r} is unknown; choose auto, {', '.join(VIEWS)}")
        if view == "auto" or (censor == "mosaic" and self.generator.cell_steps):
            return self.generator.view
        return cast(View, view)

    def check(self, image: Tensor, mask: Tensor, censor: str, grid: Grid | None) -> None:
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
        if censor == "mosaic" and grid is None and self.generator.cell_steps:
            raise ValueError("this network restores a mosaic from its cells: it needs their grid (block and phase)")

    def batches(self, plan: Sequence[tuple[Region, Box]]) -> Iterator[list[tuple[Region, Box]]]:
        """Yield the crops of a plan that are worked on together, those of one padded size beside each other."""
        ordered = sorted(plan, key=lambda it: self.padded(it[1], self.together))
        while ordered:
            count = self.together  # which may fall before the next turn
            yield ordered[:count]
            ordered = ordered[count:]
