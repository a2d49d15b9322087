"""Finds where in a picture the cells of a given grid lie: flat inside, with steps on the lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from inpaint.degradation.mosaic import Grid
from inpaint.detection.combs import Window

SURE = 0.45  # (line - inside) / (line + inside) over 3 x 3 cells, that makes a cell the core of a region
FAINT = 0.6  # levels that weigh against a grid wherever there is no step at all
FLAT, FLAT_EDGE = 0.3, 0.15  # how large the steps inside may be, in those on the lines near by
CROWD = 3.5 / 9  # of the cells around one must be flat
BOTH = 0.15  # the fainter axis must have this share of the other's steps
LEAST_CELLS, LEAST_CORE, CORE_SHARE, LEAST_SIDE = 8, 7, 0.35, 3
DIVISORS, SMALLEST, AS_STRONG = (2, 3, 4, 5), 4, 0.35
STEPPED = 0.6  # of a region's cells must show their lines themselves
LINE, LINES, LINE_SHARE = 0.25, 3, 0.6  # a line counts from this share of the mean step on; so many and such a share do
BETWEEN = 0.5  # of the steps on the lines, that the steps at any other place of all cells may have


class Found(NamedTuple):
    """A region of cells of one grid."""

    grid: Grid
    top: int  # of the cells, px
    left: int
    cells: np.ndarray  # (rows, columns) bool
    score: float  # (line - inside) / (line + inside)
    contrast: float  # levels between neighbouring cells beyond those inside

    @property
    def weight(self) -> float:
        """How much of the picture's steps it explains."""
        return self.contrast * float(self.cells.sum()) * self.grid.block[0] * self.grid.block[1]

    def pixels(self) -> np.ndarray:
        """Return its mask from its corner on, (h, w) bool."""
        return self.cells.repeat(self.grid.block[0], 0).repeat(self.grid.block[1], 1)


class Cells(NamedTuple):
    """What every cell of a grid shows, each (rows, columns), in levels."""

    top: int
    left: int
    across: np.ndarray  # mean step over its left line
    down: np.ndarray  # over its upper line
    inside: np.ndarray  # mean step within it

    @property
    def lines(self) -> np.ndarray:
        """Mean step over all four lines."""
        right = np.concatenate([self.across[:, 1:], self.across[:, -1:]], 1)
        below = np.concatenate([self.down[1:], self.down[-1:]], 0)
        return (self.across + right + self.down + below) / 4


def whole_block(across: np.ndarray, down: np.ndarray, grid: Grid, windows: Sequence[Window]) -> Grid:
    """Return the grid, or a finer one where its cells have lines inside that are as strong as those between them.

    across, down: plain steps along rows and along columns, (H, W).
    """
    seen = np.zeros(across.shape, bool)
    for window in windows:
        seen[window.top : window.top + window.side, window.left : window.left + window.side] = True
    block = finer(down, seen, grid, 0), finer(across, seen, grid, 1)
    return Grid(block, (grid.phase[0] % block[0], grid.phase[1] % block[1]))


def finer(steps: np.ndarray, seen: np.ndarray, grid: Grid, axis: int) -> int:
    """Return the period along an axis, divided where the lines that this adds are as strong as the others."""
    period, phase = grid.block[axis], grid.phase[axis]
    sums, counts = (steps * seen).sum(1 - axis), seen.sum(1 - axis)
    place = (np.arange(len(sums)) - phase) % period
    mean = np.bincount(place, sums, period) / np.maximum(np.bincount(place, counts, period), 1)
    mean -= np.median(mean)
    best = period
    for divisor in DIVISORS:
        added = [mean[part * period // divisor] for part in range(1, divisor)]
        if period % divisor == 0 and period // divisor >= SMALLEST and min(added) > AS_STRONG * mean[0]:
            best = period // divisor
    return best


def cells_of(across: np.ndarray, down: np.ndarray, grid: Grid, windows: Sequence[Window]) -> Cells | None:
    """Measure the whole cells in and around the windows; None where there are too few."""
    (height, width), (rows, columns) = grid.block, across.shape
    top = max(0, min(window.top for window in windows) - 2 * height)
    left = max(0, min(window.left for window in windows) - 2 * width)
    bottom = min(rows, max(window.top + window.side for window in windows) + 2 * height)
    right = min(columns, max(window.left + window.side for window in windows) + 2 * width)
    top, left = top + (grid.phase[0] - top) % height, left + (grid.phase[1] - left) % width
    count = (bottom - top) // height, (right - left) // width
    if min(count) < LEAST_SIDE:
        return None
    part = slice(top, top + count[0] * height), slice(left, left + count[1] * width)
    shape = count[0], height, count[1], width
    horizontal, vertical = across[part].reshape(shape), down[part].reshape(shape)
    edge = 1 if min(grid.block) < 6 else 2  # what JPEG and rescaling blur a line into
    inside_across = horizontal[..., edge : width - edge + 1].mean((1, 3))
    inside_down = vertical[:, edge : height - edge + 1].mean((1, 3))
    inside = (inside_across + inside_down) / 2
    return Cells(top, left, horizontal[..., 0].mean(1), vertical[:, 0].mean(2), inside)


def regions_of(across: np.ndarray, down: np.ndarray, grid: Grid, windows: Sequence[Window]) -> list[Found]:
    """Return the regions in and around the windows that are cells of the grid.  across, down: plain steps, (H, W)."""
    cells = cells_of(across, down, grid, windows)
    if cells is None:
        return []
    lines, inside = cells.lines, cells.inside
    core, flat = core_of(cells, lines)
    closed = morphology(core, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    opened = morphology(closed & flat, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    number, labels, stats, _ = cv2.connectedComponentsWithStats(opened.astype(np.uint8), connectivity=8)
    found = []
    for index in range(1, number):
        region = morphology(labels == index, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        cored, size = int((core & region).sum()), int(region.sum())
        if min(stats[index, 2:4]) < LEAST_SIDE or size < LEAST_CELLS or cored < max(LEAST_CORE, CORE_SHARE * size):
            continue
        stepped = (lines - inside > SURE * (lines + inside + FAINT)) & region  # by itself, not by its neighbours
        if stepped.sum() < STEPPED * size or not (
            all_lines(cells.across, region, 0) and all_lines(cells.down, region, 1)
        ):
            continue
        if not nothing_between(across, down, grid, cells, region):
            continue
        contrast = float((lines - inside)[region].mean())
        score = contrast * size / float((lines + inside + FAINT)[region].sum())
        found.append(Found(grid, cells.top, cells.left, edged(region, lines, inside), score, contrast))
    return found


def all_lines(steps: np.ndarray, region: np.ndarray, axis: int) -> bool:
    """Tell whether most lines between the cells of a region show steps: edges of a drawing lie on few lines.

    steps: (rows, columns), over the left (upper) line of every cell.  axis: that the lines run along.
    """
    inner = region & np.roll(region, 1, 1 - axis)  # lines between two cells, not those around the region
    inner[(slice(None), 0) if axis == 0 else 0] = False
    counts = inner.sum(axis)
    means = (steps * inner).sum(axis)[counts > 0] / counts[counts > 0]
    shown = int((means > LINE * means.mean()).sum()) if len(means) else 0
    return shown >= min(LINES, len(means)) and shown >= max(2, LINE_SHARE * len(means))


def nothing_between(across: np.ndarray, down: np.ndarray, grid: Grid, cells: Cells, region: np.ndarray) -> bool:
    """Tell whether no place within the cells has steps of its own, as the other side of a wall's joints has."""
    rows, columns = np.nonzero(region)
    for steps, axis in ((down, 0), (across, 1)):
        period = grid.block[axis]
        if period < 6:  # JPEG and rescaling blur the lines over all of it
            continue
        tops, lefts = cells.top + rows * grid.block[0], cells.left + columns * grid.block[1]
        profile = np.zeros(period)
        for top, left in zip(tops.tolist(), lefts.tolist(), strict=True):
            profile += steps[top : top + grid.block[0], left : left + grid.block[1]].mean(1 - axis)
        if profile[2 : period - 1].max() > BETWEEN * profile[0]:
            return False
    return True


def core_of(cells: Cells, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which cells surely belong to the grid, and which are flat enough to."""
    inside = cells.inside
    own = (lines - inside) / (lines + inside + FAINT)
    near = cv2.dilate(np.where(own > SURE - 0.1, lines, 0).astype(np.float32), np.ones((3, 3), np.uint8))
    flat = inside < np.maximum(FLAT * near, 1.0)
    crowd = around(flat)
    line, within = around(flat * lines), around(flat * inside)
    score = (line - within) / (line + within + FAINT * crowd + 1e-6)
    axes = around(flat * (cells.across - inside)), around(flat * (cells.down - inside))
    both = np.minimum(*axes) > BOTH * np.maximum(*axes)
    return flat & (score > SURE) & (crowd > CROWD) & both & (line > np.maximum(crowd, 0.1)), flat


def edged(region: np.ndarray, lines: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Return the region with the flat cells at its border, whose neighbours outside hid them."""
    own = (lines - inside) / (lines + inside + FAINT)
    middle = cv2.erode(np.pad(region.astype(np.uint8), 1), np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
    usual = 1.5 * float(np.quantile(inside[middle if middle.any() else region], 0.9)) + 0.2
    region = region & (middle | (inside <= usual))
    for _ in range(2):
        near = cv2.dilate(np.where(region, lines, 0).astype(np.float32), np.ones((5, 5), np.uint8))
        beside = cv2.dilate(region.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        limit = np.minimum(np.maximum(FLAT_EDGE * near, FAINT / 2), usual)
        region = region | (beside & (inside < limit) & (own > SURE / 2))
    return region


def around(values: np.ndarray) -> np.ndarray:
    """Return the mean over 3 x 3 cells."""
    return cv2.blur(values.astype(np.float32), (3, 3), borderType=cv2.BORDER_REPLICATE)


def morphology(region: np.ndarray, operation: int, element: np.ndarray) -> np.ndarray:
    """Close or open a region as if nothing lay beyond the border."""
    padded = cv2.morphologyEx(np.pad(region.astype(np.uint8), 4), operation, element)
    return padded[4:-4, 4:-4] > 0
