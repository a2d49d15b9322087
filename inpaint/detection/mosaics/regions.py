"""Finds where in a picture the cells of a given grid lie: flat inside, with steps on the lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from inpaint.detection.mosaics.not_patterns import Cells, Look, plausible
from inpaint.detection.mosaics.proposals import Window
from inpaint.mosaic.grid import Grid
from inpaint.mosaic.lattice import Lattice, edges

SURE = 0.45  # (line - inside) / (line + inside) over 3 x 3 cells, that makes a cell the core of a region
FAINT = 0.6  # levels that weigh against a grid wherever there is no step at all
FLAT, FLAT_EDGE = 0.3, 0.15  # how large the steps inside may be, in those on the lines near by
CROWD = 3.5 / 9  # of the cells around one must be flat
BOTH = 0.15  # the fainter axis must have this share of the other's steps
LEAST_CELLS, LEAST_CORE, CORE_SHARE, LEAST_SIDE = 8, 7, 0.35, 3
SQUARE, OBLONG = (600, 900), (1200, 5000)  # px that a region has at least, of clear and of blurred cells
DIVISORS, SMALLEST, AS_STRONG = (2, 3, 4, 5), 4, 0.35
STEPPED = 0.6  # of a region's cells must show their lines themselves
CLEAR = 0.75  # (line - inside) / (line + inside) of the usual cell, that only lossless mosaics have
JPEG_BLOCK, CLEAR_OF_JPEG = 8, 0.6  # blocks of JPEG are a faint mosaic of their own
LINED = 0.5  # with 1 twice too fine a grid would weigh as much as the right one, with 0 one twice too coarse
ALIKE = 1.015  # sides of square cells, rescaled or not, differ by less than this factor
TRIM = 0.2  # what a cell at the border must show of its own, or it is no more than smooth


class Found(NamedTuple):
    """A region of cells of one grid."""

    grid: Grid | Lattice
    top: int  # of the cells, px
    left: int
    cells: np.ndarray  # (rows, columns) bool
    score: float  # (line - inside) / (line + inside)
    contrast: float  # levels between neighbouring cells beyond those inside

    @property
    def weight(self) -> float:
        """How much of the picture's steps it explains; of a grid and one twice as fine, the right one more."""
        height, width = self.grid.block
        return self.contrast * float(self.cells.sum()) * height * width * (1 / height + 1 / width) ** LINED

    def pixels(self) -> np.ndarray:
        """Return its mask from its corner on, (h, w) bool."""
        heights = np.diff(edges(self.grid, 0, self.top, self.cells.shape[0]))
        widths = np.diff(edges(self.grid, 1, self.left, self.cells.shape[1]))
        return self.cells.repeat(heights, 0).repeat(widths, 1)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of its cells, px."""
        rows, columns = self.cells.shape
        bottom, right = edges(self.grid, 0, self.top, rows)[-1], edges(self.grid, 1, self.left, columns)[-1]
        return self.top, self.left, int(bottom), int(right)

    def within(self, picture: np.ndarray) -> np.ndarray:
        """Return the box of its cells in an array (H, W) as a view."""
        top, left, bottom, right = self.box
        return picture[top:bottom, left:right]


def finer_grid(look: Look, grid: Grid, windows: Sequence[Window]) -> Grid:
    """Return the grid, or a finer one where its cells have lines inside that are as strong as those between them."""
    top, left = min(window.top for window in windows), min(window.left for window in windows)
    bottom = max(window.top + window.side for window in windows)
    right = max(window.left + window.side for window in windows)
    part = slice(top, bottom), slice(left, right)
    seen = np.zeros((bottom - top, right - left), np.float32)
    for window in windows:
        seen[window.top - top :, window.left - left :][: window.side, : window.side] = 1
    block = (
        finer((look.down[part] * seen).sum(1), seen.sum(1), grid.block[0], grid.phase[0] - top),
        finer((look.across[part] * seen).sum(0), seen.sum(0), grid.block[1], grid.phase[1] - left),
    )
    return Grid(block, (grid.phase[0] % block[0], grid.phase[1] % block[1]))


def finer(sums: np.ndarray, counts: np.ndarray, period: int, phase: int) -> int:
    """Return the period along an axis, divided where the lines that this adds are as strong as the others.

    sums, counts: of the steps at every place along the axis.
    """
    place = (np.arange(len(sums)) - phase) % period
    mean = np.bincount(place, sums, period) / np.maximum(np.bincount(place, counts, period), 1)
    mean -= np.median(mean)
    best = period
    for divisor in DIVISORS:
        added = [mean[part * period // divisor] for part in range(1, divisor)]
        if period % divisor == 0 and period // divisor >= SMALLEST and min(added) > AS_STRONG * mean[0]:
            best = period // divisor
    return best


def cells_of(look: Look, grid: Grid, windows: Sequence[Window]) -> Cells | None:
    """Measure the whole cells in and around the windows; None where there are too few."""
    (height, width), (rows, columns) = grid.block, look.luma.shape
    top = max(0, min(window.top for window in windows) - 2 * height)
    left = max(0, min(window.left for window in windows) - 2 * width)
    bottom = min(rows, max(window.top + window.side for window in windows) + 2 * height)
    right = min(columns, max(window.left + window.side for window in windows) + 2 * width)
    top, left = top + (grid.phase[0] - top) % height, left + (grid.phase[1] - left) % width
    count = (bottom - top) // height, (right - left) // width
    if min(count) < LEAST_SIDE:
        return None
    part = slice(top, top + count[0] * height), slice(left, left + count[1] * width)
    edge = 1 if min(grid.block) < 6 else 2  # what JPEG and rescaling blur a line into
    across, within_across = line_and_inside(look.across[part], count, edge)
    down, within_down = (it.T for it in line_and_inside(look.down[part].T, count[::-1], edge))
    return Cells(top, left, across, down, (within_across + within_down) / 2)


def line_and_inside(steps: np.ndarray, count: tuple[int, int], edge: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean step over the left line of every cell, and within it, beyond its edges, both (rows, columns).

    steps: along the rows of so many whole cells.
    """
    height, width = steps.shape[0] // count[0], steps.shape[1] // count[1]
    summed = steps.reshape(count[0], height, -1).sum(1).reshape(*count, width)
    return summed[..., 0] / height, summed[..., edge : width - edge + 1].mean(2) / height


def regions_of(
    look: Look, grid: Grid, windows: Sequence[Window], *, block: tuple[float, float] | None = None
) -> list[Found]:
    """Return the regions in and around the windows that are cells of the grid; block: of the cells as they were."""
    cells = cells_of(look, grid, windows)
    if cells is None:
        return []
    lines, inside = cells.lines, cells.inside
    own = (lines - inside) / (lines + inside + FAINT)  # by itself, not by its neighbours
    core, flat = core_of(cells, lines)
    closed = morphology(core, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    opened = morphology(closed & flat, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    number, labels, stats, _ = cv2.connectedComponentsWithStats(opened.astype(np.uint8), connectivity=8)
    found = []
    for index in range(1, number):
        if min(stats[index, 2:4]) < LEAST_SIDE or stats[index, 4] < LEAST_CORE:
            continue
        region = trimmed(morphology(labels == index, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), own)
        cored, size = int((core & region).sum()), int(region.sum())
        stepped = region & (own > SURE)
        if cored < max(LEAST_CORE, CORE_SHARE * size) or stepped.sum() < STEPPED * size:
            continue
        contrast = float((lines - inside)[region].mean())
        score = contrast * size / float((lines + inside + FAINT)[region].sum())
        clear = float(np.median(own[stepped])) > CLEAR
        if not enough(block or grid.block, size, clear) or (
            grid.block == (JPEG_BLOCK, JPEG_BLOCK) and score < CLEAR_OF_JPEG
        ):
            continue
        if not plausible(look, cells, grid, region, stepped):
            continue
        found.append(Found(grid, cells.top, cells.left, edged(region, lines, inside), score, contrast))
    return found


def enough(block: tuple[float, float], size: int, clear: bool) -> bool:
    """Tell whether a region has so many cells, clear or blurred ones, that it is not there by chance."""
    height, width = block
    least = SQUARE if max(block) < ALIKE * min(block) else OBLONG
    return size >= LEAST_CELLS and size * height * width >= least[not clear]


def trimmed(region: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Return the region without the cells at its border that show no lines: smooth ground beside a mosaic."""
    for _ in range(2):
        middle = cv2.erode(np.pad(region.astype(np.uint8), 1), np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
        region = region & (middle | (own > TRIM))
    return region


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
