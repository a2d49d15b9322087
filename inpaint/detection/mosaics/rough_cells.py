"""Finds cells whose outlines a JPEG has blurred: a region all of sharp steps, as cells leave, with little between.

What: a step is isolated where it is higher than those beside it.  Of natural pictures a quarter of all steps' height
is, of cells more, and more than around them.  Strokes and letters are told apart by what lies behind them: after their
two steps a row has the colour that it had before, after those of a cell it seldom has.  Pieces of one colour, smoothed
out of the pixels, explain more than steps alone do: what they leave of cells is little against the steps between them.
Source: our own.  The weights are those of logistic regressions: for pieces on 800 regions of photographs and drawings
that no benchmark uses, untouched or censored, in JPEGs of 75 to 95 and WebP; for steps on 1,920 such, in JPEGs of 75
and 90, of which 640 were untouched or written and drawn upon (5 of these are taken for cells).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from inpaint.detection.mosaics.repeating_cells import windows_around_depth
from inpaint.detection.mosaics.smoothed_pieces import facts_of_pieces

LEAST_ISOLATED = 0.2  # share of the height of all steps; a blur has hardly any
LEAST_OF_TILES = 0.3  # share of the steps' height that lies in tiles with so many isolated ones
MOST_RETURNING = 0.75  # share of the clear steps after which a row does; in stripes it is all
STEP_EVIDENCE = (11.12, 13.28, -0.49, -11.84, 2.11, 2.26, -1.41, 11.06)  # as `evidence_of_steps` orders its facts
STEP_EVIDENCE_AT_ZERO, LEAST_STEP_EVIDENCE = -1.17, 1.0
WIDEST_SPACING = 50.0  # px, that counts
EVEN_TILE = 24  # px, side of the parts of a region that are looked at by themselves
LEAST_ISOLATED_IN_TILE = 0.26
LEAST_ROUGH_STEP = 3.0  # levels; less is noise or a gradient
CLEAR_STEP = 0.3  # of the highest but few, that a step needs to count as one
CLEAR_STEP_PERCENTILE = 98
RETURNED = 0.35  # of the height of two opposite steps, that may be left after both where a row returns to its colour
EVIDENCE = (-1.92, 19.22, -3.67, 3.05, -11.66)  # of what is left, inner pixels, size, tiles and returning rows
EVIDENCE_AT_ZERO, LEAST_EVIDENCE = -0.21, 2.5
LEAST_INNER, LEAST_ALIKE = 0.4, 0.55  # of the pieces of a mosaic
LEAST_LEFT_BY_PIECES = 0.05  # of the steps between pieces, that pixels inside them stray; less is all the same
SMALLEST_ROUGH_SIDE, LARGEST_ROUGH_SIDE = 4.0, 24.0  # px


class RoughCells(NamedTuple):
    """Cells of which only the size is known."""

    side: float  # of a square as large, px


class StepFacts(NamedTuple):
    """What the steps of a region tell."""

    isolated: float  # share of their height that stands out from the steps beside
    everywhere: float  # share of their height that lies in tiles with enough isolated ones
    spacing: float  # px from one step to the next
    returning: float  # share of the clear steps after which a row returns to the colour before


def find_rough_cells(levels: np.ndarray, luma: np.ndarray, inside: np.ndarray, around: np.ndarray) -> RoughCells | None:
    """Return the cells of a region, None where it shows none.

    levels: (H, W, 3) uint8.  luma: (H, W).  inside: (H, W) bool, the region.  around: (H, W) bool, its surroundings.
    """
    own, beside = facts_of_steps(luma, inside), facts_of_steps(luma, around)
    shown = own.isolated >= max(LEAST_ISOLATED, beside.isolated) and own.everywhere >= LEAST_OF_TILES
    shown = shown and own.returning <= MOST_RETURNING
    enough = evidence_of_steps(own, beside) > LEAST_STEP_EVIDENCE
    side = own.spacing if shown and enough else side_by_pieces(levels, inside, own)
    return None if side is None else RoughCells(round(min(max(side, SMALLEST_ROUGH_SIDE), LARGEST_ROUGH_SIDE), 1))


def evidence_of_steps(own: StepFacts, beside: StepFacts) -> float:
    """Return how much the steps of a region and of its surroundings speak for cells: 0 = as much as against."""
    spacing, around = (float(np.log(np.clip(it.spacing, 1, WIDEST_SPACING))) for it in (own, beside))
    more = own.isolated - beside.isolated
    seen = (
        more,
        beside.isolated,
        own.everywhere,
        own.returning,
        beside.returning,
        spacing,
        around,
        more * own.everywhere,
    )
    return float(np.dot(STEP_EVIDENCE, seen)) + STEP_EVIDENCE_AT_ZERO


def side_by_pieces(levels: np.ndarray, inside: np.ndarray, steps: StepFacts) -> float | None:
    """Return the side of a region's cells by the pieces that it consists of, None where these are no cells."""
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    window = windows_around_depth(inside[box])[0]
    pieces = facts_of_pieces(levels[box][window], inside[box][window])
    if pieces is None or pieces.inner < LEAST_INNER or pieces.alike < LEAST_ALIKE:
        return None
    seen = (
        np.log(max(pieces.left, LEAST_LEFT_BY_PIECES)),
        pieces.inner,
        np.log(pieces.side),
        steps.everywhere,
        steps.returning,
    )
    return pieces.side if float(np.dot(EVIDENCE, seen)) + EVIDENCE_AT_ZERO > LEAST_EVIDENCE else None


def facts_of_steps(luma: np.ndarray, inside: np.ndarray) -> StepFacts:
    """Measure the steps of a region along rows and columns.  luma, inside: (H, W)."""
    squared, count, pairs, returns = 0.0, 0, 0, 0
    rows, columns = (-(-side // EVEN_TILE) for side in luma.shape)
    height, apart = np.zeros((rows, columns)), np.zeros((rows, columns))  # of each tile
    for picture, region in ((luma, inside), (luma.T, inside.T)):
        steps = np.diff(picture, axis=1)
        whole = region[:, 1:] & region[:, :-1]
        counted = whole[:, 1:-1] & whole[:, :-2] & whole[:, 2:]
        size = np.abs(steps)
        out = np.clip(size[:, 1:-1] - np.maximum(size[:, :-2], size[:, 2:]), 0, None) * counted
        out[size[:, 1:-1] < LEAST_ROUGH_STEP] = 0
        for total, part in ((height, size[:, 1:-1] * counted), (apart, out)):
            total += summed_in_tiles(part if picture is luma else part.T, rows, columns)
        squared, count = squared + float((out**2).sum()), count + int(counted.sum())
        if (out > 0).any():
            clear = out > CLEAR_STEP * np.percentile(out[out > 0], CLEAR_STEP_PERCENTILE)
            followed, returned = returning_steps(steps[:, 1:-1], clear)
            pairs, returns = pairs + followed, returns + returned
    # Steps whose heights fall off exponentially, as those between cells do, have a mean square of twice their mean's.
    spacing = count * squared / max(apart.sum(), 1e-6) ** 2 / 2
    everywhere = height[apart > LEAST_ISOLATED_IN_TILE * height].sum() / max(height.sum(), 1e-6)
    return StepFacts(
        float(apart.sum() / max(height.sum(), 1e-6)), float(everywhere), float(spacing), returns / max(pairs, 1)
    )


def summed_in_tiles(picture: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Sum a picture (h, w) in tiles, (rows, columns)."""
    beyond = ((0, rows * EVEN_TILE - picture.shape[0]), (0, columns * EVEN_TILE - picture.shape[1]))
    return np.pad(picture, beyond).reshape(rows, EVEN_TILE, columns, EVEN_TILE).sum((1, 3))


def returning_steps(steps: np.ndarray, clear: np.ndarray) -> tuple[int, int]:
    """Count clear steps that another one follows in their row, and those with which it returns to its colour before."""
    rows, columns = np.nonzero(clear)
    first, second = steps[rows[:-1], columns[:-1]], steps[rows[1:], columns[1:]]
    followed = rows[1:] == rows[:-1]
    returned = (first * second < 0) & (np.abs(first + second) < RETURNED * (np.abs(first) + np.abs(second)))
    return int(followed.sum()), int((followed & returned).sum())
