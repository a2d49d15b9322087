"""Every kind of damage in a window, restored by what is known of it: mosaics first, then blurs, then holes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from torch import Tensor

from inpaint.degradation.smooth import smooth_fill
from inpaint.detection.blurs import Blur
from inpaint.detection.damage import ORDER_OF_CENSORS, Damage
from inpaint.detection.layers import TranslucentLayer, without_layer
from inpaint.detection.mosaics.opacity import without_translucent_mosaic
from inpaint.detection.mosaics.rough_cells import RoughCells
from inpaint.detection.region_kinds import PointSamples, Spoiled, Translucent
from inpaint.mosaic.covered_pixels import covered_pixels
from inpaint.mosaic.grid import Grid
from inpaint.mosaic.lattice import Lattice
from inpaint.mosaic.projection import CellMeasures
from inpaint.mosaic.resampling import resampled_mosaic
from inpaint.restoring.answer_ranks import AnswerRank
from inpaint.restoring.deblurring import deblurred
from inpaint.restoring.free_cells_answers import restore_free_cells, restore_rough_cells
from inpaint.restoring.point_samples import restore_point_samples
from inpaint.restoring.turns import Flips
from inpaint.sample import composite
from inpaint.tiling import Box

Measures = dict[Box, CellMeasures]  # what the cells of a mosaic measure, by the crop that they were measured in


class Restores(Protocol):
    """What a repair needs of a restorer: the call of `inpaint.restoring.restorer.Restorer`."""

    def __call__(
        self,
        image: Tensor,
        mask: Tensor,
        *,
        censor: str,
        grid: Grid | None,
        flips: Flips,
        measures: dict[Box, CellMeasures] = ...,  # given where a mosaic is restored in several ways
        missed: list[Tensor] = ...,  # given where those are ranked
        judged: list[Tensor] = ...,  # given where drawn answers are ranked
        inputs: Mapping[str, Tensor] = ...,  # given where somebody drew something for the network
    ) -> Tensor: ...


def restore_damage(
    image: Tensor,
    damage: list[Damage],
    restorer: Restores,
    flips: Flips,
    measures: Measures | None = None,
    rank: AnswerRank | None = None,
    inputs: Mapping[str, Tensor] | None = None,
) -> Tensor:
    """Restore mosaics first, then holes with the restored mosaics as their context.

    image: (3, H, W).  Until their turn holes are filled smoothly, so that a mosaic never sees a bar beside it.
    measures: what the first mosaic's cells measure, handed from variation to variation; the others' surroundings are
    restored otherwise in each.  rank gets, for every mosaic of whole pixels, by how much the cells of the answer missed
    its own before they were corrected, and for holes how real they look, as far as either is asked for.  inputs: what
    somebody drew for the holes, by name, (channels, H, W).
    """
    for part in damage:
        if part.censor == "hole" and len(damage) > 1:
            image = smooth_fill(image[None], part.mask[None])[0]
    for number, part in enumerate(sorted(damage, key=lambda part: ORDER_OF_CENSORS.index(part.censor))):
        how: dict[str, Any] = {"censor": part.censor, "grid": part.grid, "flips": flips}
        if part.censor == "mosaic" and measures is not None and number == 0:
            how["measures"] = measures
        if isinstance(part.grid, Lattice):
            image = restore_rescaled(image, part.mask, part.grid, restorer, how)
            continue
        if part.trace is not None:
            image = restore_by_trace(image, part, restorer, flips)
            continue
        wanted = "judged" if part.censor == "hole" else "missed" if part.grid is not None else ""
        if rank is not None and wanted in rank.asked:
            how[wanted] = rank.asked[wanted]
        if part.censor == "hole" and inputs:
            how["inputs"] = inputs
        mask = part.mask if part.grid is None else covered_pixels(image, part.mask, part.grid)
        image = restorer(image, mask, **how)
    return image


def restore_by_trace(image: Tensor, part: Damage, restorer: Restores, flips: Flips) -> Tensor:
    """Restore regions from what is known of their pixels beside a grid."""
    mask, grid, trace = part.mask, part.grid, part.trace
    if isinstance(trace, Blur):
        return deblurred(image, mask, trace)
    if isinstance(trace, Spoiled):
        return image
    if isinstance(trace, TranslucentLayer):
        return without_layer(image, mask, trace)
    if isinstance(trace, Translucent):
        assert isinstance(grid, Grid)
        return without_translucent_mosaic(image, mask, grid, trace.opacity)

    def ask(seen: Tensor, inside: Tensor, grid: Grid) -> Tensor:
        return restorer(seen, inside, censor="mosaic", grid=grid, flips=flips)

    if isinstance(trace, PointSamples):
        assert isinstance(grid, Grid)
        return restore_point_samples(image, mask, grid, trace.place, ask)
    if isinstance(trace, RoughCells):
        return restore_rough_cells(image, mask, trace, ask)
    assert trace is not None
    return restore_free_cells(image, trace, ask)


def restore_rescaled(image: Tensor, mask: Tensor, lattice: Lattice, restorer: Restores, how: dict[str, Any]) -> Tensor:
    """Restore a mosaic whose cells are no whole pixels in a picture that is resampled so that they are."""
    seen = resampled_mosaic(image, mask, lattice)
    how = {**how, "grid": seen.grid}
    answer = restorer(seen.image, seen.mask, **how)
    return composite(seen.back(answer), image, mask)
