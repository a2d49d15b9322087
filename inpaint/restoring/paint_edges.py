"""Which pixels of a JPEG are paint, which are picture, and which are neither for sure, by what its blocks say.

What: at the edge of a mark of one colour every pixel is judged by what it must be for its block to decode as it does,
all others being what they are taken for.  Where that is the paint, the picture around, or between the two, it is taken
for that, and the blocks are fitted again, for some rounds.
Source: our own, chosen on photographs with boxes, strokes and scratches, JPEG 50 to 95.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from inpaint.restoring.coded_parts import CodedPart, PlanePart, enlarged_plane, thinned_out_plane
from inpaint.restoring.jpeg_fit import Laid, means_around
from inpaint.restoring.paint_rings import distances

KNOWN, PAINT, LOOSE_PIXEL = 0, 1, 2
JUDGING_ROUNDS = 8  # of judging the edge at most
TURNED_APART = 3  # px a side of a square in which one pixel is turned in a round
LEAST_TURNING_VOTES = 1.0  # for turning a pixel
SURE_VOTES = 2.0  # against paint
VOTES_BESIDE = 8.0  # for what all pixels around are, against half of them
MOST_COST = 20.0  # of one plane
PAINT_FROM, KNOWN_TO = 0.75, 0.2  # of paint in a pixel; others are mixed
MOST_MIXED = 0.3  # of the pixels along a sharp edge that seem mixed nevertheless
UNSURE = 0.25  # standard deviation of a share, from which it is not told
SURROUNDINGS = (5, 13)  # samples a side, in which a pixel's surroundings are looked for
TIMES_VARIED = 2.0  # the variance of the surroundings, as which it counts
FEWEST_PURE = 8  # samples that tell the colour of paint
TIMES_WEIGHTED = 3  # that steps of the picture are weighted anew at last


class PaintEdges:
    """The pixels of a part of a JPEG by what they are; arrays (H, W) lie as in the file."""

    def __init__(
        self, part: CodedPart, kinds: np.ndarray, holes: np.ndarray, colours: np.ndarray, thin: np.ndarray
    ) -> None:
        """kinds: KNOWN, PAINT or LOOSE_PIXEL.  holes: the number of each pixel's hole, 0 = of none.

        colours: (count, C) in 0 to 255, of each hole, not a number for those that are not looked at.  thin: (count,)
        bool, those that may hold no pixel of nothing but paint: they and what touches them are uncertain.
        """
        self.part, self.kinds = part, kinds
        self.nearest = distances(holes)[1]
        self.thin = thin
        touched = cv2.dilate((thin[holes] & (holes > 0)).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        self.kinds = np.where(touched & (self.kinds == KNOWN) | thin[holes] & (holes > 0), LOOSE_PIXEL, self.kinds)
        weights, middles = np.stack([it.weights for it in part.planes]), np.array([it.middle for it in part.planes])
        self.levels = (np.nan_to_num(colours) @ weights.T - middles).astype(np.float32)  # (count, planes) of paint

    def settle(self) -> None:
        """Judge the edges round by round, then fit the planes as well as can be."""
        self.fit(0)
        self.find_mixed()
        for _ in range(JUDGING_ROUNDS):
            self.fit(0)
            if not self.judge():
                break
        self.fit(TIMES_WEIGHTED)

    def fit(self, times: int) -> None:
        """Fit every plane to the pixels as they are taken for."""
        self.find_levels()
        for number, plane in enumerate(self.part.planes):
            plane.fit.fit(self.laid(plane, number), times)

    def laid(self, plane: PlanePart, number: int) -> Laid:
        """Return where paint lies in a plane."""
        paint = (self.kinds == PAINT).astype(np.float32)
        share = thinned_out_plane(paint, plane.down, plane.across)
        loose = thinned_out_plane(self.kinds == LOOSE_PIXEL, plane.down, plane.across) > 0
        level = thinned_out_plane(paint * self.levels[self.nearest, number], plane.down, plane.across) / share.clip(
            min=1e-6
        )
        return Laid(np.where(loose, 0, share), np.where(loose, 0, level), loose)

    def find_levels(self) -> None:
        """Take what each hole's paint is in each plane from the samples that hold nothing else, if there are enough."""
        paint = (self.kinds == PAINT).astype(np.float32)
        for number, plane in enumerate(self.part.planes):
            pure = thinned_out_plane(paint, plane.down, plane.across) >= 1
            hole, held = self.nearest[:: plane.down, :: plane.across][pure], plane.fit.decoded[pure]
            for own in np.flatnonzero(np.bincount(hole, minlength=len(self.levels)) >= FEWEST_PURE):
                self.levels[own, number] = np.median(held[hole == own])

    def edge(self) -> np.ndarray:
        """Say which pixels lie on either side of an edge between paint and what is known, (H, W) bool."""
        square, outside = np.ones((3, 3), np.uint8), (self.kinds == KNOWN).astype(np.uint8)
        return (cv2.dilate(outside, square) > 0) & (cv2.dilate(1 - outside, square) > 0)

    def find_mixed(self) -> None:
        """Take pixels of smooth edges that are neither paint nor picture for what they are."""
        towards, weight = (np.zeros(self.kinds.shape, np.float32) for _ in range(2))
        for number, plane in enumerate(self.part.planes):
            if plane.down * plane.across == 1:
                seen = self.seen(plane, number)
                sure = seen.sure / (1 + seen.sure * seen.varied)
                towards += (seen.alone - seen.around) * (seen.level - seen.around) * sure
                weight += (seen.level - seen.around) ** 2 * sure
        share, told = towards / weight.clip(min=1e-6), self.edge() & (weight >= UNSURE**-2)
        mixed = told & (share > KNOWN_TO) & (share < PAINT_FROM)
        counts = [np.bincount(self.nearest[it], minlength=len(self.levels)) for it in (mixed, told)]
        smooth = counts[0] > MOST_MIXED * counts[1]
        self.kinds = np.where(mixed & smooth[self.nearest], LOOSE_PIXEL, self.kinds)

    def judge(self) -> bool:
        """Turn paint into picture and picture into paint where the blocks say so; says whether any was turned.

        Of pixels that lie near each other only one is turned at a time, for each changes what the others seem to be.
        """
        paint, votes = self.kinds == PAINT, self.votes()
        turnable = self.edge() & (self.kinds != LOOSE_PIXEL) & ~self.thin[self.nearest]
        gain = np.where(turnable, np.where(paint, -votes, votes), 0)
        best = (gain >= LEAST_TURNING_VOTES) & (gain >= cv2.dilate(gain, np.ones((TURNED_APART,) * 2, np.uint8)))
        self.kinds = np.where(best, np.where(paint, KNOWN, PAINT), self.kinds)
        return bool(best.any())

    def votes(self) -> np.ndarray:
        """Return by how much likelier each pixel is paint than picture, as logarithms, (H, W)."""
        paint = self.kinds == PAINT
        votes = VOTES_BESIDE * (cv2.blur(paint.astype(np.float32), (3, 3)) - 0.5)
        for number, plane in enumerate(self.part.planes):
            seen, count = self.seen(plane, number), plane.down * plane.across
            wide = [np.repeat(np.repeat(it, plane.down, 0), plane.across, 1) for it in (plane.fit.laid.share, *seen)]
            share, wide_seen = wide[0] - paint / count, SeenSamples(*wide[1:])  # of the sample's other pixels
            votes = votes + cost_of_share(share, wide_seen) - cost_of_share(share + 1 / count, wide_seen)
        return votes

    def doubtful(self) -> np.ndarray:
        """Say which pixels that are taken for picture may be paint, (H, W) bool."""
        return self.edge() & (self.kinds == KNOWN) & ~self.thin[self.nearest] & (self.votes() > -SURE_VOTES)

    def seen(self, plane: PlanePart, number: int) -> SeenSamples:
        """Return what is seen of each sample of a plane."""
        laid, fit = plane.fit.laid, plane.fit
        plain = ((laid.share <= 0) & ~laid.loose).astype(np.uint8)
        plain = cv2.erode(plain, np.ones((3, 3), np.uint8)).astype(np.float32)
        around = fit.samples
        for side in sorted(SURROUNDINGS, reverse=True):
            near = cv2.boxFilter(plain, -1, (side, side)) > 1e-6
            around = np.where(near, means_around(fit.samples, plain, side), around)
        varied = means_around((fit.samples - around) ** 2, plain, max(SURROUNDINGS)) + fit.texture
        level = thinned_out_plane(self.levels[self.nearest, number], plane.down, plane.across)
        return SeenSamples(*fit.without_own(), level, around, TIMES_VARIED * varied)


class SeenSamples(NamedTuple):
    """What is seen of the samples of a plane; all (h, w)."""

    alone: np.ndarray  # what each must be by its block
    sure: np.ndarray  # inverse of the variance of that
    level: np.ndarray  # of the paint
    around: np.ndarray  # mean of the picture
    varied: np.ndarray  # its variance


def cost_of_share(share: np.ndarray, seen: SeenSamples) -> np.ndarray:
    """Return how unlikely so much paint is in each sample: half the squared error by its variance."""
    missed = seen.alone - share * seen.level - (1 - share) * seen.around
    sure = seen.sure / (1 + seen.sure * (1 - share) ** 2 * seen.varied)
    return (0.5 * sure * missed**2).clip(max=MOST_COST)


def colours_fitted(edges: PaintEdges) -> np.ndarray:
    """Return the colours of all pixels without the paint's ringing, (H, W, C) in 0 to 255."""
    return edges.part.pixels([plane.fit.without_paint() for plane in edges.part.planes])


def pixels_beside_paint(edges: PaintEdges) -> np.ndarray:
    """Say which pixels come from blocks that hold paint and something else, (H, W) bool.

    Where a plane is enlarged, samples reach one pixel beyond their block.
    """
    found = np.zeros(edges.kinds.shape, bool)
    for plane in edges.part.planes:
        active = plane.fit.of_blocks(np.asarray(plane.fit.active)).astype(np.float32)
        found |= enlarged_plane(active, plane.down, plane.across) > 0
    return found
