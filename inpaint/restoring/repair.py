"""One picture and what is marked in it, repaired: mosaics first, for they hold information, then holes.

Marked places that lie far apart are cut out in windows with their context and worked on like small pictures, so that
neither the time nor the memory that a repair takes grows with the rest of the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from inpaint.degradation.smooth import smooth_fill
from inpaint.detection.blurs import Blur
from inpaint.detection.censored import Censored, mask_of
from inpaint.detection.damage import ORDER_OF_CENSORS, Damage, count_regions, find_damage
from inpaint.detection.layers import TranslucentLayer, without_layer
from inpaint.detection.mosaics.opacity import without_translucent_mosaic
from inpaint.detection.mosaics.rough_cells import RoughCells
from inpaint.detection.region_kinds import CornerSamples, Translucent
from inpaint.images import Picture
from inpaint.mosaic.grid import Grid
from inpaint.mosaic.lattice import Lattice, shifted_grid
from inpaint.mosaic.projection import CellMeasures
from inpaint.mosaic.resampling import resampled_mosaic
from inpaint.restoring.corner_samples import restore_corner_samples
from inpaint.restoring.deblurring import deblurred
from inpaint.restoring.free_cells_answers import restore_free_cells, restore_rough_cells
from inpaint.sample import composite
from inpaint.tiling import LEAST_CONTEXT, Box, context_windows, grown_mask

LARGEST_FOUND_CELL = 64  # px that detection looks for
# Variant number -> mirrored (top-bottom, left-right) while restoring, in the order of DeepCreamPy.
FLIPS = ((False, False), (False, True), (True, False), (True, True))


class Restores(Protocol):
    """What a repair needs of a restorer: the call of `inpaint.restoring.restorer.Restorer`."""

    def __call__(
        self,
        image: Tensor,
        mask: Tensor,
        *,
        censor: str,
        grid: Grid | None,
        flips: tuple[bool, bool],
        measures: dict[Box, CellMeasures] = ...,  # given where a mosaic is restored in several ways
        missed: list[Tensor] = ...,  # given where those are ranked
    ) -> Tensor: ...


class RepairWindow(NamedTuple):
    """A part of a picture that is repaired by itself."""

    box: Box
    regions: int  # 8-connected marked places
    damage: list[Damage]  # masks and grids as seen from the corner of the box

    @property
    def mask(self) -> Tensor:
        """Everything that is restored in the window, (1, h, w)."""
        return torch.stack([part.mask for part in self.damage]).amax(0)


def examine_marks(
    picture: Picture, mask: Tensor, *, censor: str, block: tuple[int, int] | None = None, grow: int = 0
) -> list[RepairWindow]:
    """Return the windows that hold everything marked, and what was done to it.

    mask: (1, H, W), 1 or True = restore.  censor: "auto", "hole" or "mosaic", and block: as `find_damage` takes them.
    grow: restore holes so many px further, but not over mosaics, which never grow: beside them all is original.
    """
    margin = max(LEAST_CONTEXT, LARGEST_FOUND_CELL, *(block or ())) + grow
    found = []
    for box in context_windows(mask, margin):
        marked = (box.of(mask) > 0).float()  # (1, h, w)
        damage = find_damage(part_of_picture(picture, box).tensor(), marked, censor=censor, block=block)
        found.append(RepairWindow(box, count_regions(marked), [grown_damage(part, damage, grow) for part in damage]))
    return found


def windows_of(found: Sequence[Censored], size: tuple[int, int], *, grow: int = 0) -> list[RepairWindow]:
    """Return the windows that hold regions which were found in a picture of this size, without examining them again."""
    whole, result = mask_of(found, size), []
    for box in context_windows(whole, max(LEAST_CONTEXT, LARGEST_FOUND_CELL) + grow):
        masks: dict[tuple[str, Grid | Lattice | None], Tensor] = {}
        for region in found:
            own = region_in_box(region, box)  # (1, h, w)
            if own.any():
                kind = region.censor, region.grid and shifted_grid(region.grid, -box.top, -box.left)
                masks[kind] = torch.maximum(own, masks.get(kind, own))
        damage = [Damage(censor, grid, mask) for (censor, grid), mask in masks.items()]
        result.append(
            RepairWindow(box, count_regions(box.of(whole)), [grown_damage(part, damage, grow) for part in damage])
        )
    return result


def region_in_box(region: Censored, box: Box) -> Tensor:
    """Return the mask of what lies of a region in a box, (1, h, w), without making one of the whole picture."""
    own = torch.zeros(1, box.bottom - box.top, box.right - box.left)
    height, width = region.mask.shape
    top, bottom = max(region.top, box.top), min(region.top + height, box.bottom)
    left, right = max(region.left, box.left), min(region.left + width, box.right)
    if top < bottom and left < right:
        inner = region.mask[top - region.top : bottom - region.top, left - region.left : right - region.left]
        Box(top, left, bottom, right).within(box).of(own).copy_(torch.from_numpy(inner))
    return own


def grown_damage(part: Damage, damage: list[Damage], grow: int) -> Damage:
    """Return holes grown up to the mosaics and blurs of the same window."""
    if part.censor != "hole":
        return part
    mask = grown_mask(part.mask, grow)
    for other in damage:
        if other.censor != "hole":
            mask = mask * (1 - other.mask)
    return part._replace(mask=mask)


Measures = dict[Box, CellMeasures]  # what the cells of a mosaic measure, by the crop that they were measured in


def variations(
    frames: Sequence[Picture],
    found: Sequence[list[RepairWindow]],
    restorer: Restores,
    count: int,
    *,
    best: bool = False,
    reuse_samples: bool = False,
) -> Iterator[tuple[Picture, ...]]:
    """Yield the frames repaired in so many ways (1 to 4), mirrored otherwise in each while they are restored.

    found: the windows of each frame; a still picture is an animation of one frame.
    best: begin with the variation whose mosaics, before they are corrected, are nearest to what their cells measure.
    reuse_samples: the picture is not needed any more, so its last variation may be made of its own samples.
    """
    reuse_samples = reuse_samples and len(frames) == 1  # frames may share their samples
    known: list[list[Measures | None]] = [[{} if count > 1 else None for _ in of_frame] for of_frame in found]

    def pieces(flips: tuple[bool, bool], missed: list[Tensor] | None = None) -> Iterator[list[np.ndarray]]:
        for frame, of_frame, measures in zip(frames, found, known, strict=True):
            yield pieces_of(frame, of_frame, restorer, flips, measures, missed)

    ways: Iterable[Iterable[list[np.ndarray]]] = map(pieces, FLIPS[:count])  # each is restored when it is asked for
    if best and count > 1:
        ranked = []
        for flips in FLIPS[:count]:
            missed: list[Tensor] = []
            way = list(pieces(flips, missed))
            ranked.append((torch.cat(missed).mean().item() if missed else 0.0, way))
        ranked.sort(key=lambda it: it[0])  # the order of FLIPS where nothing is measured
        ways = [way for _, way in ranked]
    for number, way in enumerate(ways, 1):
        last = reuse_samples and number == count
        yield tuple(assembled(*one, reuse_samples=last) for one in zip(frames, found, way, strict=True))


def pieces_of(
    picture: Picture,
    found: list[RepairWindow],
    restorer: Restores,
    flips: tuple[bool, bool],
    known: Sequence[Measures | None],
    missed: list[Tensor] | None = None,
) -> list[np.ndarray]:
    """Restore every window and return its samples, (h, w, 1 or 3); known and missed: see `restore`."""
    pieces = []
    for window, measures in zip(found, known, strict=True):
        piece = part_of_picture(picture, window.box)
        restored = restore_damage(piece.tensor(), window.damage, restorer, flips, measures, missed)
        pieces.append(piece.restored(restored, window.mask).colour)
    return pieces


def assembled(
    picture: Picture, found: list[RepairWindow], pieces: list[np.ndarray], *, reuse_samples: bool = False
) -> Picture:
    """Return the picture with its windows replaced, in its own samples if asked to and nothing else needs them.

    What a file holds in place of colours (a palette, inks) follows from which colours changed, so those are kept.
    """
    if not found:
        return picture
    owned = reuse_samples and picture.stored is None and picture.colour.flags.writeable
    colour = picture.colour if owned else picture.colour.copy()
    for window, piece in zip(found, pieces, strict=True):
        colour[window.box.slices] = piece
    return replace(picture, colour=colour)


def part_of_picture(picture: Picture, box: Box) -> Picture:
    """Return the colours of a part of a picture, as a view."""
    return Picture(picture.colour[box.slices])


def restore_damage(
    image: Tensor,
    damage: list[Damage],
    restorer: Restores,
    flips: tuple[bool, bool],
    measures: Measures | None = None,
    missed: list[Tensor] | None = None,
) -> Tensor:
    """Restore mosaics first, then holes with the restored mosaics as their context.

    image: (3, H, W).  Until their turn holes are filled smoothly, so that a mosaic never sees a bar beside it.
    measures: what the first mosaic's cells measure, handed from variation to variation; the others' surroundings are
    restored otherwise in each.  missed gets, for every mosaic of whole pixels, by how much the cells of the answer
    missed its own before they were corrected.
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
        if part.grid is not None and missed is not None:
            how["missed"] = missed
        image = restorer(image, part.mask, **how)
    return image


def restore_by_trace(image: Tensor, part: Damage, restorer: Restores, flips: tuple[bool, bool]) -> Tensor:
    """Restore regions from what is known of their pixels beside a grid."""
    mask, grid, trace = part.mask, part.grid, part.trace
    if isinstance(trace, Blur):
        return deblurred(image, mask, trace)
    if isinstance(trace, TranslucentLayer):
        return without_layer(image, mask, trace)
    if isinstance(trace, Translucent):
        assert isinstance(grid, Grid)
        return without_translucent_mosaic(image, mask, grid, trace.opacity)

    def ask(seen: Tensor, inside: Tensor, grid: Grid) -> Tensor:
        return restorer(seen, inside, censor="mosaic", grid=grid, flips=flips)

    if isinstance(trace, CornerSamples):
        assert isinstance(grid, Grid)
        return restore_corner_samples(image, mask, grid, trace.corner, ask)
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
