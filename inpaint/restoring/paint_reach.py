"""How far the paint of a hole reaches into what is beside it, and holes grown by that.

A fill copies what touches it, so a rim that is mixed with paint (the soft edge of a brush, the chroma of a JPEG, an
anti-aliased line) spreads over the whole hole.  What: the pixels at each distance from a hole are compared with those
a few pixels further out.  Where they are nearer to the colour of the hole, and by more than the picture's own texture
varies, paint is mixed into them; the hole grows up to the last such distance.  In a lossless file paint moves a pixel
straight to its own colour, so the whole colour is looked at.  In a lossy one luma and chroma are looked at apart: files
that hold chroma at half the size spread its paint over pixels whose luma is good, and there luma is kept.  Holes of
many colours hide no paint and never grow.  In lossy files a hole also takes in the gaps of its mark.  Ringing has no
mean: where the blocks of a JPEG tell it, it is taken out of the known pixels, else the hole takes in what it spoils.
Source: our own.  The thresholds were chosen with `scripts/bench_marks.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.restoring.coded_parts import CodedPart
from inpaint.restoring.paint_gaps import with_gaps_of_paint
from inpaint.restoring.paint_mixing import LEAST_PAINT_CONTRAST, last_mixed
from inpaint.restoring.paint_ringing import is_clear_paint, last_spoiled, rings_at_all
from inpaint.restoring.paint_ringing_removed import CleanedPixels, without_paint_ringing
from inpaint.restoring.paint_rings import (
    LUMA_CHROMA,
    PaintedPixels,
    PartBesideHoles,
    Rings,
    parts_beside_holes,
    pooled,
)

LUMA, CHROMA, COLOUR = slice(0, 1), slice(1, 3), slice(0, 3)
ROUND_HALVED = 1  # px; halved chroma ends softly, and spoils luma beside a sharp edge
SOFT = 3  # px that luma of a soft edge reaches at least
SOFT_LUMA, SOFT_CHROMA = 2, 5  # px of soft edges, beside which there is hardly any ringing
EVEN_LEVELS = 24.0  # by which pixels of one paint differ at most, after JPEG too
INNER = 0.25  # of a hole's pixels, those deepest in it, that tell its colour
THIN = 3.0  # px; holes that are hardly anywhere so deep are mixed with their surroundings all over
LEAST_SHARE_OF_THIN = 0.3  # of paint in their pixels
EVEN_SHARE = 0.9  # of the inner pixels of a hole of one paint, or of all those of a thin one


class Reached(NamedTuple):
    """Holes as far as their paint reaches."""

    mask: Tensor  # (1, H, W), where it covers luma
    tinted: Tensor | None  # (1, H, W) bool, further pixels in which it only tints chroma; None where there are none
    farthest: int  # px beyond the hole that grew most
    cleaned: CleanedPixels | None = None  # known pixels without the ringing of paint
    uncleaned: int = 0  # holes beside which known pixels were given up, for their ringing could not be taken out


class SeenPaint(NamedTuple):
    """What is seen of the holes of a picture, of which there are so many."""

    pixels: PaintedPixels
    rings: Rings
    colours: np.ndarray  # (count, 3), luma and chroma of each, not a number for one of many colours
    thin: np.ndarray  # (count,) bool
    clear: np.ndarray  # (count,) bool, surely paint

    def ringing(self, luma: np.ndarray, chroma: np.ndarray) -> np.ndarray:
        """Return the colours (count, 3) of the holes beside which there is ringing; luma, chroma: px of their reach."""
        sharp = (luma < SOFT_LUMA) & (chroma < SOFT_CHROMA)
        return np.where((self.clear & rings_at_all(self.pixels, self.colours) & sharp)[:, None], self.colours, np.nan)


def grown_to_reach(
    image: Tensor,
    holes: Tensor,
    blocked: np.ndarray | None = None,
    *,
    lossless: bool = True,
    coded: Callable[[], CodedPart | None] = lambda: None,
) -> Reached:
    """Return holes grown by how far their paint reaches, each by its own distance.

    image: (3, H, W) in [0, 1].  holes: (1, H, W).  blocked: (H, W) bool, further pixels that are no surroundings.
    lossless: whether the file held luma and chroma as they are; else chroma may reach further, and luma be kept.
    coded: returns what a JPEG holds of the image; asked for only where it helps.
    """
    marked = holes[0].numpy() > 0.5
    blocked = np.zeros_like(marked) if blocked is None else blocked & ~marked
    inside = marked if lossless else with_gaps_of_paint(image, marked, blocked)
    count, labels = label_holes(inside)
    parts = parts_beside_holes(image, labels, blocked)
    seen = seen_paint(parts, count)
    if np.isnan(seen.colours).all():
        return Reached(holes, None, 0)
    luma, chroma = mixed_reach(seen, lossless=lossless)
    cleaned, part, uncleaned = None, None if lossless else coded(), 0
    if part is not None:
        rung = seen.ringing(luma, chroma)
        cleaned = without_paint_ringing(image, part, marked, labels, rung, thin=seen.thin, blocked=blocked)
        inside = (inside & ~cleaned.holes[labels]) | cleaned.mask
    if not lossless:
        luma, chroma, rings = with_ringing(*reach_in_files(luma, chroma), seen)
        uncleaned = int((rings if cleaned is None else rings & ~cleaned.holes).sum())
    luma, chroma = (it if cleaned is None else np.where(cleaned.holes, 0, it) for it in (luma, chroma))
    mask, whole = (inside | (reached_pixels(parts, reach, inside.shape) & ~blocked) for reach in (luma, chroma))
    return Reached(
        torch.from_numpy(mask).to(holes.dtype)[None],
        torch.from_numpy(whole & ~mask)[None] if (chroma > luma).any() else None,
        max(int(chroma.max(initial=0)), farthest_beyond(marked, inside)),
        None if cleaned is None else cleaned.pixels.beside(whole),
        uncleaned,
    )


def seen_paint(parts: list[PartBesideHoles], count: int) -> SeenPaint:
    """Return what is seen of so many holes."""
    pixels, rings = (pooled([part.paint for part in parts]), pooled([part.rings for part in parts]))
    colours = paint_colours(pixels, count)
    return SeenPaint(pixels, rings, colours, deepest(pixels, count) < THIN, is_clear_paint(pixels, rings, colours))


def label_holes(inside: np.ndarray) -> tuple[int, np.ndarray]:
    """Return how many numbers there are, 0 = of none among them, and that of each pixel's hole, (H, W)."""
    count, labels = cv2.connectedComponents(inside.astype(np.uint8), connectivity=8)
    return count, np.asarray(labels, np.int32)


def mixed_reach(seen: SeenPaint, *, lossless: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return how far paint is mixed into luma and into chroma beside each hole, px, both (count,)."""
    if lossless:
        reach = last_mixed(seen.rings, seen.colours, COLOUR, seen.thin)
        return reach, reach
    luma, chroma = (last_mixed(seen.rings, seen.colours, part, seen.thin) for part in (LUMA, CHROMA))
    return luma, chroma


def reach_in_files(luma: np.ndarray, chroma: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the same with what files that hold chroma at half the size, as most lossy ones do, round off."""
    halved = chroma > luma
    chroma = np.where(halved, chroma + ROUND_HALVED, luma)
    return np.where(halved & (luma < SOFT), luma + ROUND_HALVED, luma), chroma


def with_ringing(luma: np.ndarray, chroma: np.ndarray, seen: SeenPaint) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how far ringing, which has no mean, spoils luma and chroma or paint reaches, and whether luma rings."""
    paint, rings, colours, _, clear = seen
    spoiled = [last_spoiled(paint, rings, colours, part) * clear for part in (LUMA, CHROMA)]
    luma, chroma = (np.maximum(it, far) for it, far in zip(spoiled, (luma, chroma), strict=True))
    return luma, np.maximum(chroma, luma), spoiled[0] > 0


def farthest_beyond(marked: np.ndarray, inside: np.ndarray) -> int:
    """Return how far holes reach beyond what is marked, px."""
    if not (inside & ~marked).any():
        return 0
    return round(float(cv2.distanceTransform((~marked).astype(np.uint8), cv2.DIST_L2, 5)[inside].max()))


def reached_pixels(parts: list[PartBesideHoles], reach: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the pixels that lie no further from their hole than it reaches, (H, W) bool.  reach: (count,) px."""
    found = np.zeros(size, bool)
    for core, far, nearest in (part[:3] for part in parts):
        found[core.slices] = np.rint(far) <= reach[nearest]
    return found


def paint_colours(paint: PaintedPixels, count: int) -> np.ndarray:
    """Return the colour of each hole, (count, 3), by the pixels deepest in it; not a number for one of many colours.

    A thin hole may hold no pixel of pure paint, so its colour is that of the pixels that differ most from what is
    around it, if the others lie between the two.
    """
    colours = np.full((count, 3), np.nan, np.float32)
    order = np.argsort(paint.hole, kind="stable")
    bounds = np.searchsorted(paint.hole[order], np.arange(count + 1))
    for hole in range(1, count):
        own = order[bounds[hole] : bounds[hole + 1]]
        depth, here, around = paint.depth[own], paint.here[own], paint.around[own]
        thin = np.quantile(depth, 1 - INNER) < THIN
        rank = np.linalg.norm(here - around, axis=1) if thin else depth
        inner = here[rank >= np.quantile(rank, 1 - INNER)]
        colour = np.median(inner, axis=0)
        if thin:
            even = paint_shares(colour, here, around) >= LEAST_SHARE_OF_THIN
        else:
            even = np.linalg.norm(inner - colour, axis=1) <= EVEN_LEVELS
        if even.size and even.mean() >= EVEN_SHARE:
            colours[hole] = colour
    return colours


def paint_shares(colour: np.ndarray, pixels: np.ndarray, around: np.ndarray) -> np.ndarray:
    """Return how much of a colour is mixed into pixels (N, 3), judged by what is around them, where that differs."""
    towards = colour - around
    squared = (towards**2).sum(1)
    differs = squared >= LEAST_PAINT_CONTRAST**2
    return ((pixels - around) * towards).sum(1)[differs] / squared[differs]


def deepest(paint: PaintedPixels, count: int) -> np.ndarray:
    """Return how far from its border each hole is at most, px, (count,)."""
    found = np.zeros(count, np.float32)
    np.maximum.at(found, paint.hole, paint.depth)
    return found


def with_chroma_of(other: Tensor, image: Tensor, where: Tensor) -> Tensor:
    """Return an image (3, H, W) with its own luma and the chroma of another where asked, (1, H, W) bool."""
    weights = torch.tensor(LUMA_CHROMA[0], dtype=image.dtype)[:, None, None]
    brighter = ((image - other) * weights).sum(0, keepdim=True)
    return torch.where(where, (other + brighter).clamp(0, 1), image)
