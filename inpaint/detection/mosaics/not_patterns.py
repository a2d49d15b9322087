"""Tells a mosaic from what is as regular: walls, tiles, fronts of windows, chequers, matrix codes, pixel art.

Source: our own.  A mosaic shows steps on most of its lines, none at any other place of its cells, and many colours,
because each of its cells is the mean of other pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from inpaint.mosaic.grid import Grid

LINE, VISIBLE = 0.25, 3.0  # a line counts from this share of the mean step on, or from so many levels on
LINES, LINE_SHARE = 3, 0.6  # so many lines, and such a share of all, must count
BETWEEN, SOMETIMES = 0.65, 0.8  # of the steps on the lines, that those elsewhere may have: their median, their mean
SHADE = 2.0  # levels that make two shades one
SHADES, EACH = 6.0, 0.25  # that a mosaic has at least, weighed by how common each is; or per cell


class Look(NamedTuple):
    """A picture (or a tile of it) as it is searched, each (H, W) in levels 0..255."""

    luma: np.ndarray
    across: np.ndarray  # step from the pixel to the left
    down: np.ndarray  # step from the pixel above


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


def plausible(look: Look, cells: Cells, grid: Grid, region: np.ndarray, stepped: np.ndarray) -> bool:
    """Tell whether cells that lie on a grid can be a mosaic's.

    region, stepped: (rows, columns) bool, the cells and those of them that show their lines themselves.
    """
    if not (all_lines(cells.across, region, 0) and all_lines(cells.down, region, 1)):
        return False
    if shades(look, cells, grid, stepped) < min(SHADES, EACH * stepped.sum()):
        return False
    return nothing_between(look, cells, grid, stepped)


def all_lines(steps: np.ndarray, region: np.ndarray, axis: int) -> bool:
    """Tell whether most lines between the cells of a region show steps: edges of a drawing lie on few lines.

    steps: (rows, columns), over the left (upper) line of every cell.  axis: that the lines run along.
    """
    inner = region & np.roll(region, 1, 1 - axis)  # lines between two cells, not those around the region
    inner[(slice(None), 0) if axis == 0 else 0] = False
    counts = inner.sum(axis)
    means = (steps * inner).sum(axis)[counts > 0] / counts[counts > 0]
    shown = int((means > min(LINE * means.mean(), VISIBLE)).sum()) if len(means) else 0
    return shown >= min(LINES, len(means)) and shown >= max(2, LINE_SHARE * len(means))


def nothing_between(look: Look, cells: Cells, grid: Grid, stepped: np.ndarray) -> bool:
    """Tell whether no place within most cells has steps of its own, as the other side of a wall's joints has."""
    for steps, axis in ((look.down, 0), (look.across, 1)):
        period = grid.block[axis]
        if period < 6:  # JPEG and rescaling blur the lines over all of it
            continue
        profiles = each_cell(steps, cells, grid, stepped).mean(2 - axis)  # (cells, period)
        usual, mean = np.median(profiles, axis=0), np.mean(profiles, axis=0)  # (period,)
        if usual[2 : period - 1].max() > BETWEEN * usual[0] or mean[2 : period - 1].max() > SOMETIMES * mean[0]:
            return False
    return True


def shades(look: Look, cells: Cells, grid: Grid, stepped: np.ndarray) -> float:
    """Return how many shades the cells have, 1 / the sum of the squares of their shares (Simpson, 1949)."""
    means = each_cell(look.luma, cells, grid, stepped)[:, 1:-1, 1:-1].mean((1, 2))
    shares = np.unique((means / SHADE).round(), return_counts=True)[1] / len(means)
    return float(1 / (shares**2).sum())


def each_cell(picture: np.ndarray, cells: Cells, grid: Grid, chosen: np.ndarray) -> np.ndarray:
    """Return the chosen cells of a picture (H, W), one by one, (cells, height, width); chosen: (rows, columns) bool."""
    (height, width), (rows, columns) = grid.block, chosen.shape
    part = picture[cells.top : cells.top + rows * height, cells.left : cells.left + columns * width]
    return part.reshape(rows, height, columns, width).swapaxes(1, 2)[chosen]
