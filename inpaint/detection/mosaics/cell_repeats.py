"""Cells that repeat in two directions of any angle: which pixel belongs to which, and how well they explain a picture.

What: the centres of hexagons, diamonds and turned squares lie on a lattice, and each cell is all that is nearest to its
centre.  Two steps from cell to cell and one centre describe it, which are found by making what the cells' means leave
of the picture least, for one of them after the other.
Source: our own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

TRIAL_CENTRES = 5  # along each step, at which a centre is tried first
ROUNDS_OF_REPEATS, STEP_SMALLER = 7, 1.6  # of the search for the least, and by which its steps shrink after each
FIRST_MOVE = 1.2  # px, of the centre, and of the steps at the rim of the region


class Repeats(NamedTuple):
    """Two steps from cell to cell and the centre of one."""

    steps: np.ndarray  # (2, 2) px, rows are (y, x)
    start: np.ndarray  # (2,) px, (y, x)

    @property
    def side(self) -> float:
        """Side of a square as large as a cell, px."""
        return float(abs(np.linalg.det(self.steps)) ** 0.5)

    def cells_at(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Return the number of the cell of each pixel, (n,), from 0."""
        back = np.linalg.inv(self.steps)
        along = [(y - self.start[0]) * back[0, axis] + (x - self.start[1]) * back[1, axis] for axis in (0, 1)]
        first, second = (np.floor(it) for it in along)
        nearest, best = np.full(len(y), np.inf), [first, second]
        for one in (0, 1):
            for other in (0, 1):  # the steps are reduced, so the nearest centre is one of the four around
                rest = along[0] - first - one, along[1] - second - other
                away = sum((rest[0] * self.steps[0, axis] + rest[1] * self.steps[1, axis]) ** 2 for axis in (0, 1))
                closer = away < nearest
                nearest = np.where(closer, away, nearest)
                best = [np.where(closer, it, old) for it, old in zip((first + one, second + other), best, strict=True)]
        rows, columns = (it - it.min() for it in best)
        return (rows * (columns.max() + 1) + columns).astype(np.int64)


class Explained(NamedTuple):
    """How well cells explain a picture."""

    repeats: Repeats
    left: float  # share of the squared differences from the mean, that the cells' means leave
    usual: float  # the same for cells that lie elsewhere, in the middle of all

    @property
    def ratio(self) -> float:
        """What is left, against what cells that lie elsewhere leave: 0 for a mosaic, nearly 1 for any other picture."""
        return self.left / max(self.usual, 1e-9)


def reduced_steps(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shortest two steps of the lattice that two span (Lagrange and Gauss), the shorter first."""
    while True:
        one, other = (one, other) if one @ one <= other @ other else (other, one)
        times = np.round(one @ other / (one @ one))
        if times == 0:
            return one, other
        other = other - times * one


def placed_best(luma: np.ndarray, inside: np.ndarray, steps: np.ndarray) -> Explained:
    """Return how well cells of these steps (2, 2) explain a region (h, w), with the best of some centres."""
    y, x, values = region_samples(luma, inside)
    middle, total = np.array([y.mean(), x.mean()]), max(float((values**2).sum()), 1e-9)
    shares = [np.array(index)[:, None] / TRIAL_CENTRES for index in np.ndindex(TRIAL_CENTRES, TRIAL_CENTRES)]
    starts = [middle + (steps * share).sum(0) for share in shares]
    left = [left_by_repeats(Repeats(steps, start), y, x, values) / total for start in starts]
    best = int(np.argmin(left))
    return Explained(Repeats(steps, starts[best]), left[best], float(np.median(left)))


def fitted_repeats(luma: np.ndarray, inside: np.ndarray, found: Explained) -> Explained:
    """Return cells moved, stretched and turned a bit so that they explain a region (h, w) best."""
    y, x, values = region_samples(luma, inside)
    total = max(float((values**2).sum()), 1e-9)
    extent = max(np.ptp(y), np.ptp(x), 1) / 2
    numbers = np.concatenate([found.repeats.steps.ravel(), found.repeats.start])
    moves = np.array([FIRST_MOVE * found.repeats.side / extent] * 4 + [FIRST_MOVE] * 2)
    left = found.left * total
    for _ in range(ROUNDS_OF_REPEATS):
        for index in range(len(numbers)):
            for way in (1, -1):
                tried = numbers.copy()
                tried[index] += way * moves[index]
                rest = left_by_repeats(Repeats(tried[:4].reshape(2, 2), tried[4:]), y, x, values)
                if rest < left:
                    numbers, left = tried, rest
                    break
        moves /= STEP_SMALLER
    return found._replace(repeats=Repeats(numbers[:4].reshape(2, 2), numbers[4:]), left=left / total)


def region_samples(luma: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where the pixels of a region lie (n,), y and x, and how far each is from their mean."""
    rows, columns = np.nonzero(inside)
    values = luma[rows, columns].astype(np.float64)
    return rows.astype(np.float64), columns.astype(np.float64), values - values.mean()


def left_by_repeats(repeats: Repeats, y: np.ndarray, x: np.ndarray, values: np.ndarray) -> float:
    """Return the sum of the squared differences between pixels and the means of their cells."""
    numbers = repeats.cells_at(y, x)
    sums, counts = np.bincount(numbers, values), np.bincount(numbers)
    return float((values**2).sum() - (sums**2 / np.maximum(counts, 1)).sum())
