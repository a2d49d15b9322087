"""Finds the cells of a mosaic that has no grid by their own outlines: pieces of one colour, all about as large.

What: neighbouring pixels whose colours differ by no more than a tolerance are one piece.  Tolerances from none, for
lossless files, to that of rounding twice are tried until most of a region lies in pieces; the pixels between them,
where edges were drawn softly, go to the neighbouring piece that is most like them.  What JPEG leaves of such pieces is
the business of `rough_cells`.
Source: our own.  The thresholds were chosen with `scripts/bench_shapes.py`, and so that of marks on untouched pictures
of BSD100, with and without JPEG, none is taken for cells.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch

from inpaint.mosaic.free_cells import FreeCells

PIECE_TOLERANCES = (0, 1)  # levels of the channel that differs most
LEAST_PIECE = 5  # px
LEAST_MIDDLE_PIECE = 12  # px, of the piece of middle size
FEWEST_PIECES = 9
LEAST_COVERED_BY_PIECES = 0.5  # share of the region; softly drawn cells of 8 px leave a bit more than half
LIKE_SIZES = 4  # times as large or as small as the middle one, that pieces of one mosaic may be
LEAST_OF_LIKE_SIZE = 0.5  # share of the pieces' area in such
EDGE_ROUNDS = 3  # px that soft edges reach into pieces from either side
LEAST_COMPACT = 0.5  # on average: thickness^2 / area, which is 1 for squares
FEWEST_COLOURS = 8  # of all pieces
LEAST_GROUND = 0.25  # share of the pieces that have one colour, where that is the ground of round cells
MOST_OF_GROUND = 0.6  # of the middle size of the others, that pieces of the ground have
OF_NONE, OF_GROUND = -1, -2  # in the place of a piece's number
MIXTURE_STRAY = 3  # levels that a mixture of two pieces may be off
LEAST_MIXED = 0.85  # share of the pixels between pieces, that soft edges make
STEP_OF_TOLERANCE = 2.0  # times the tolerance, that most neighbouring pieces differ by
LEAST_STEP_OF_PIECES = 3.0  # levels; less is the staircase of a smooth gradient


def find_free_cells(levels: np.ndarray, inside: np.ndarray) -> FreeCells | None:
    """Return the cells of a region, None where it shows none.

    levels: (h, w, 3) uint8.  inside: (h, w) bool.  The means of the cells are in [0, 1].
    """
    for tolerance in PIECE_TOLERANCES:
        pieces = cell_pieces(levels, inside, tolerance)
        if pieces is not None and stand_apart(levels, pieces, tolerance):
            return measured_pieces(levels, with_soft_edges(levels, inside, pieces), pieces)
    return None


def cell_pieces(levels: np.ndarray, inside: np.ndarray, tolerance: int) -> np.ndarray | None:
    """Return the number of each pixel's piece (h, w), or OF_NONE or OF_GROUND; None where they are no mosaic's."""
    numbers = joined_pixels(levels, inside, tolerance)
    areas = np.bincount(numbers.ravel())
    areas[0] = 0
    ground = ground_pieces(levels, numbers, areas)
    areas[ground] = 0
    kept = np.flatnonzero(areas >= LEAST_PIECE)
    if len(kept) < FEWEST_PIECES or areas[kept].sum() < LEAST_COVERED_BY_PIECES * inside.sum():
        return None
    sizes = np.sort(areas[kept])
    middle = float(sizes[np.searchsorted(sizes.cumsum(), sizes.sum() / 2)])  # half the area lies in larger ones
    like = sizes[(sizes * LIKE_SIZES >= middle) & (sizes <= middle * LIKE_SIZES)]
    if middle < LEAST_MIDDLE_PIECE or len(like) < FEWEST_PIECES or like.sum() < LEAST_OF_LIKE_SIZE * sizes.sum():
        return None
    if compactness(numbers, areas)[kept] @ areas[kept] < LEAST_COMPACT * sizes.sum():
        return None
    if len(np.unique(piece_colours(levels, numbers, len(areas))[kept])) < FEWEST_COLOURS:
        return None
    renumbered = np.full(len(areas), OF_NONE)
    renumbered[ground] = OF_GROUND
    renumbered[kept] = np.arange(len(kept))
    return renumbered[numbers]


def piece_colours(levels: np.ndarray, numbers: np.ndarray, count: int) -> np.ndarray:
    """Return the colour of a pixel of each of so many pieces as one number, (count,)."""
    places = np.zeros(count, int)
    places[numbers.ravel()] = np.arange(numbers.size)
    return levels.reshape(-1, 3)[places].astype(int) @ (65536, 256, 1)


def compactness(numbers: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Return for every piece the square of its thickness over its area, (pieces,): 1 for a square, 0 for a thread."""
    inner = (~piece_outlines(numbers)).astype(np.uint8)
    depth = cv2.distanceTransform(inner, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    thickest = np.zeros(len(areas))
    np.maximum.at(thickest, numbers.ravel(), depth.ravel())
    return (2 * thickest + 1) ** 2 / np.maximum(areas, 1)


def piece_outlines(numbers: np.ndarray) -> np.ndarray:
    """Return the pixels above, below or beside which another piece begins, (h, w) bool."""
    outline = np.zeros(numbers.shape, bool)
    down, across = numbers[1:] != numbers[:-1], numbers[:, 1:] != numbers[:, :-1]
    outline[1:] |= down
    outline[:-1] |= down
    outline[:, 1:] |= across
    outline[:, :-1] |= across
    return outline


def ground_pieces(levels: np.ndarray, numbers: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Return the numbers of pieces that are the one colour on which round cells lie, and smaller than these."""
    colours = piece_colours(levels, numbers, len(areas))
    large = np.flatnonzero(areas >= LEAST_PIECE)
    if len(large) < FEWEST_PIECES:
        return large[:0]
    shown, counts = np.unique(colours[large], return_counts=True)
    ground = colours[large] == shown[counts.argmax()]
    alike = ground.mean() >= LEAST_GROUND and not ground.all()
    small = alike and np.median(areas[large][ground]) < MOST_OF_GROUND * np.median(areas[large][~ground])
    return np.flatnonzero(colours == shown[counts.argmax()]) if small else large[:0]


def joined_pixels(levels: np.ndarray, inside: np.ndarray, tolerance: int) -> np.ndarray:
    """Return the number of each pixel's piece, from 1, (h, w); 0 outside.

    Pixels and the joints between them are drawn as one map of nearly twice the size, whose parts are counted.
    """
    height, width = inside.shape
    wide = levels.astype(np.int16)
    drawn = np.zeros((2 * height - 1, 2 * width - 1), np.uint8)
    drawn[::2, ::2] = inside
    drawn[1::2, ::2] = (np.abs(wide[1:] - wide[:-1]).max(2) <= tolerance) & inside[1:] & inside[:-1]
    drawn[::2, 1::2] = (np.abs(wide[:, 1:] - wide[:, :-1]).max(2) <= tolerance) & inside[:, 1:] & inside[:, :-1]
    return cv2.connectedComponents(drawn, connectivity=4)[1][::2, ::2]


def stand_apart(levels: np.ndarray, pieces: np.ndarray, tolerance: int) -> bool:
    """Tell whether neighbouring pieces differ by more than what makes them pieces."""
    means = piece_means(levels, pieces)
    steps = []
    for one, other in neighbours(with_soft_edges(levels, pieces >= OF_GROUND, pieces)):
        steps.append(np.abs(means[one] - means[other]).max(1))
    found = np.concatenate(steps)
    return len(found) > 0 and float(np.median(found)) >= max(STEP_OF_TOLERANCE * tolerance, LEAST_STEP_OF_PIECES)


def neighbours(pieces: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the numbers of pieces on both sides of every line between two pixels, below and beside each other."""
    pairs = (pieces[1:], pieces[:-1]), (pieces[:, 1:], pieces[:, :-1])
    met = [(one >= 0) & (other >= 0) & (one != other) for one, other in pairs]
    return [(one[here], other[here]) for (one, other), here in zip(pairs, met, strict=True)]


def piece_means(levels: np.ndarray, pieces: np.ndarray) -> np.ndarray:
    """Return the mean colour of every piece, (pieces, 3) levels."""
    on = pieces >= 0
    counts = np.maximum(np.bincount(pieces[on]), 1)
    return np.stack([np.bincount(pieces[on], levels[..., channel][on]) / counts for channel in range(3)], 1)


def with_soft_edges(levels: np.ndarray, inside: np.ndarray, pieces: np.ndarray) -> np.ndarray:
    """Return the pieces with the pixels of soft edges between them, each given to the neighbouring piece most like it.

    Where what lies between the pieces is no mixture of them, as between round dots, it belongs to none; the ground of
    round cells always belongs to them.
    """
    means = piece_means(levels, pieces)
    between = inside & (pieces == OF_NONE)
    if between.any() and mixed_pixels(levels, pieces, means)[between].mean() < LEAST_MIXED:
        inside = inside & ~between
    return grown_pieces(levels, inside, pieces, means, EDGE_ROUNDS)


def grown_pieces(
    levels: np.ndarray, inside: np.ndarray, pieces: np.ndarray, means: np.ndarray, rounds: int
) -> np.ndarray:
    """Return pieces grown by so many px into what belongs to none, each pixel of it to the piece most like it."""
    (height, width), grown = pieces.shape, pieces.copy()
    for _ in range(rounds):
        around = np.pad(grown, 1, constant_values=-1)
        best, nearest = np.full(pieces.shape, np.inf), np.full(pieces.shape, -1)
        for y, x in ((0, 1), (2, 1), (1, 0), (1, 2)):
            beside = around[y : y + height, x : x + width]
            away = np.where(beside >= 0, np.abs(levels - means[beside]).sum(2), np.inf)
            better = away < best
            best, nearest = np.where(better, away, best), np.where(better, beside, nearest)
        grown = np.where((grown < 0) & (nearest >= 0) & inside, nearest, grown)
    return grown


def mixed_pixels(levels: np.ndarray, pieces: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Tell which pixels lie, in every channel, between the colours of the pieces around them, (h, w) bool."""
    drawn, on = means[pieces].astype(np.float32), (pieces >= 0)[..., None]
    element = np.ones((2 * EDGE_ROUNDS - 1, 2 * EDGE_ROUNDS - 1), np.uint8)
    highest = cv2.dilate(np.where(on, drawn, -np.inf).astype(np.float32), element)
    lowest = cv2.erode(np.where(on, drawn, np.inf).astype(np.float32), element)
    return np.all((levels >= lowest - MIXTURE_STRAY) & (levels <= highest + MIXTURE_STRAY), axis=2)


def measured_pieces(levels: np.ndarray, pieces: np.ndarray, cores: np.ndarray) -> FreeCells:
    """Return pieces as cells whose means are those of their cores, which no soft edge changed."""
    means = torch.from_numpy(piece_means(levels, cores) / 255).float().T.contiguous()
    return FreeCells(torch.from_numpy(np.maximum(pieces, OF_NONE)).long(), means)


def placed_cells(cells: FreeCells, size: tuple[int, int], top: int, left: int) -> FreeCells:
    """Return cells of a part of a picture, whose corner is given, as they lie in the whole picture."""
    labels = torch.full(size, -1, dtype=torch.long)
    height, width = cells.labels.shape
    labels[top : top + height, left : left + width] = cells.labels
    return cells._replace(labels=labels)
