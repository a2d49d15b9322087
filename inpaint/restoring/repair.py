"""One picture and what is marked in it, repaired: mosaics first, for they hold information, then holes.

Marked places that lie far apart are cut out in windows with their context and worked on like small pictures, so that
neither the time nor the memory that a repair takes grows with the rest of the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from inpaint.detection.censored import Censored, mask_of
from inpaint.detection.damage import Damage, count_regions, find_damage, many_coloured_holes
from inpaint.detection.layers import TranslucentLayer
from inpaint.images import Picture
from inpaint.mosaic.grid import Grid
from inpaint.mosaic.lattice import Lattice, shifted_grid
from inpaint.restoring.answer_ranks import AnswerRank, new_rank, rank_key
from inpaint.restoring.clear_pixels import opaque_where_restored, without_clear_colours
from inpaint.restoring.coded_parts import CodedPicture
from inpaint.restoring.damage_restoring import Measures, Restores, restore_damage
from inpaint.restoring.grown_damage import grown_damage
from inpaint.restoring.paint_mixing import FARTHEST_REACH
from inpaint.restoring.paint_reach import with_chroma_of
from inpaint.restoring.paint_ringing_removed import CleanedPixels
from inpaint.restoring.turns import FLIPS, Flips
from inpaint.tiling import LEAST_CONTEXT, Box, context_windows

LARGEST_FOUND_CELL = 64  # px that detection looks for
NO_RANK = AnswerRank()


class RepairWindow(NamedTuple):
    """A part of a picture that is repaired by itself."""

    box: Box
    regions: int  # 8-connected marked places
    damage: list[Damage]  # masks and grids as seen from the corner of the box
    tinted: Tensor | None = None  # (1, h, w) bool, beside the holes, where only chroma is restored
    reach: int = 0  # px that its holes grew by because paint reaches so far
    cleaned: CleanedPixels | None = None  # known pixels whose ringing was taken out
    uncleaned: int = 0  # holes beside which it could not be, so that known pixels were given up
    unused: int = 0  # regions of many colours that their pixels say are holes
    inputs: Mapping[str, Tensor] = {}  # (channels, h, w) each, what somebody drew for the network

    def with_border(self, border: Tensor | None) -> RepairWindow:
        """Return the window with a further hole (1, h, w), which joins the one that there is."""
        if border is None or not border.any():
            return self
        border = (border > 0).float()
        beside = [part._replace(mask=part.mask * (1 - border)) for part in self.damage]
        plain = [part for part in beside if part.censor == "hole" and part.trace is None]
        others = [part for part in beside if not (part.censor == "hole" and part.trace is None) and part.mask.any()]
        hole = torch.stack([border, *(part.mask for part in plain)]).amax(0)
        return self._replace(damage=[*others, Damage("hole", None, hole)], regions=self.regions + 1)

    @property
    def mask(self) -> Tensor:
        """Everything that is restored in the window, (1, h, w)."""
        whole = torch.stack([part.mask for part in self.damage]).amax(0)
        return whole if self.tinted is None else torch.maximum(whole, self.tinted.to(whole.dtype))

    @property
    def holes(self) -> Tensor:
        """Where nothing is left in the window, (1, h, w)."""
        return torch.stack([part.mask * (part.censor == "hole") for part in self.damage]).amax(0)


def examine_marks(
    picture: Picture,
    mask: Tensor,
    *,
    censor: str,
    block: tuple[int, int] | None = None,
    grow: int | None = 0,
    context: float = 0,
    border: Tensor | None = None,
) -> list[RepairWindow]:
    """Return the windows that hold everything marked, and what was done to it.

    mask: (1, H, W), 1 or True = restore.  censor: "auto", "hole" or "mosaic", and block: as `find_damage` takes them.
    grow: restore holes so many px further, None as far as their paint reaches, but not over mosaics, which never grow:
    beside them all is original.  context: px around marks that the network must see, however far the picture goes.
    border: (1, H, W), where the picture was made larger: nothing is known there, and nothing was done.
    """
    margin = margin_of(picture, max(LARGEST_FOUND_CELL, context, *(block or ())), grow)
    found, coded = [], CodedPicture(picture)
    for box in context_windows(mask if border is None else (mask > 0) | (border > 0), margin):
        marked = (box.of(mask) > 0).float()  # (1, h, w)
        piece = part_of_picture(picture, box)
        damage = find_damage(piece.tensor(), marked, censor=censor, block=block) if marked.any() else []
        unused = many_coloured_holes(piece.tensor(), damage) if censor == "auto" else 0
        grown = grown_damage(piece, damage, grow, partial(coded.part, box))
        window = RepairWindow(box, count_regions(marked), *grown, unused)
        found.append(window.with_border(None if border is None else box.of(border)))
    return found


def margin_of(picture: Picture, wanted: float, grow: int | None) -> int:
    """Return how many px around marks a window has, at most all of the picture."""
    return int(min(max(LEAST_CONTEXT, wanted), max(picture.size))) + (FARTHEST_REACH if grow is None else grow)


def windows_of(
    found: Sequence[Censored],
    picture: Picture,
    *,
    grow: int | None = 0,
    context: float = 0,
    border: Tensor | None = None,
) -> list[RepairWindow]:
    """Return the windows that hold regions which were found in a picture, without examining them again.

    border: as of `examine_marks`.
    """
    whole, result, coded = mask_of(found, picture.size), [], CodedPicture(picture)
    for box in context_windows(
        whole if border is None else (whole > 0) | (border > 0),
        margin_of(picture, max(LARGEST_FOUND_CELL, context), grow),
    ):
        masks: dict[tuple[str, Grid | Lattice | None, TranslucentLayer | None], Tensor] = {}
        for region in found:
            own = region_in_box(region, box)  # (1, h, w)
            if own.any():
                grid = region.grid and shifted_grid(region.grid, -box.top, -box.left)
                kind = region.censor, grid, region.layer and region.layer.shifted(-box.top, -box.left)
                masks[kind] = torch.maximum(own, masks.get(kind, own))
        damage = [Damage(censor, grid, mask, layer) for (censor, grid, layer), mask in masks.items()]
        grown = grown_damage(part_of_picture(picture, box), damage, grow, partial(coded.part, box))
        window = RepairWindow(box, count_regions(box.of(whole)), *grown)
        result.append(window.with_border(None if border is None else box.of(border)))
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


def variations(
    frames: Sequence[Picture],
    found: Sequence[list[RepairWindow]],
    restorer: Restores,
    count: int,
    *,
    best: bool = False,
    reuse_samples: bool = False,
) -> Iterator[tuple[Picture, ...]]:
    """Yield the frames repaired in so many ways (1 to 8), mirrored or turned otherwise in each while they are restored.

    found: the windows of each frame; a still picture is an animation of one frame.
    best: begin with the variation whose mosaics, before they are corrected, are nearest to what their cells measure.
    The answers of a network that draws them begin with the one that its discriminators take for the most real.
    reuse_samples: the picture is not needed any more, so its last variation may be made of its own samples.
    """
    reuse_samples = reuse_samples and len(frames) == 1  # frames may share their samples
    known: list[list[Measures | None]] = [[{} if count > 1 else None for _ in of_frame] for of_frame in found]

    def pieces(flips: Flips, rank: AnswerRank = NO_RANK) -> Iterator[list[np.ndarray]]:
        for frame, of_frame, measures in zip(frames, found, known, strict=True):
            yield pieces_of(frame, of_frame, restorer, flips, measures, rank)

    ways: Iterable[Iterable[list[np.ndarray]]] = map(pieces, FLIPS[:count])  # each is restored when it is asked for
    if new_rank(restorer, count, best=best).asked:
        ranked = []
        for flips in FLIPS[:count]:
            rank = new_rank(restorer, count, best=best)
            ranked.append((list(pieces(flips, rank)), rank))
        ways = [
            way for way, _ in sorted(ranked, key=lambda it: rank_key(it[1].sums))
        ]  # as drawn where nothing is known
    for number, way in enumerate(ways, 1):
        last = reuse_samples and number == count
        yield tuple(assembled(*one, reuse_samples=last) for one in zip(frames, found, way, strict=True))


def pieces_of(
    picture: Picture,
    found: list[RepairWindow],
    restorer: Restores,
    flips: Flips,
    known: Sequence[Measures | None],
    rank: AnswerRank = NO_RANK,
) -> list[np.ndarray]:
    """Restore every window and return its samples, (h, w, 1 or 3); known and rank: see `restore_damage`."""
    pieces = []
    for window, measures in zip(found, known, strict=True):
        piece = part_of_picture(picture, window.box)
        piece = piece if window.cleaned is None else window.cleaned.shown_in(piece)
        seen = without_clear_colours(piece.tensor(), piece.alpha, window.mask)
        if window.tinted is not None:
            seen = untinted(seen, window, restorer, flips)
        restored = restore_damage(seen, window.damage, restorer, flips, measures, rank, window.inputs)
        pieces.append(piece.restored(restored, window.mask).colour)
    return pieces


def untinted(image: Tensor, window: RepairWindow, restorer: Restores, flips: Flips) -> Tensor:
    """Return an image whose tinted pixels have the chroma that is restored there together with the holes."""
    assert window.tinted is not None
    holes = [part for part in window.damage if part.censor == "hole"]
    wider = [part._replace(mask=torch.maximum(part.mask, window.tinted.to(part.mask.dtype))) for part in holes]
    return with_chroma_of(restore_damage(image, wider, restorer, flips), image, window.tinted)


def assembled(
    picture: Picture, found: list[RepairWindow], pieces: list[np.ndarray], *, reuse_samples: bool = False
) -> Picture:
    """Return the picture with its windows replaced, in its own samples if asked to and nothing else needs them.

    What a file holds in place of colours (a palette, inks, blocks of a JPEG) follows from which colours changed, so
    those are kept.
    Alpha becomes opaque where a hole of it was restored.
    """
    if not found:
        return picture
    needed = picture.stored is not None or picture.coded is not None
    owned = reuse_samples and not needed and picture.colour.flags.writeable
    colour = picture.colour if owned else picture.colour.copy()
    for window, piece in zip(found, pieces, strict=True):
        colour[window.box.slices] = piece
    return replace(
        picture, colour=colour, alpha=opaque_where_restored(picture.alpha, [(it.box, it.holes) for it in found])
    )


def part_of_picture(picture: Picture, box: Box) -> Picture:
    """Return the colours and the alpha of a part of a picture, as views."""
    alpha = None if picture.alpha is None else picture.alpha[box.slices]
    return Picture(picture.colour[box.slices], alpha, lossless=picture.lossless)
