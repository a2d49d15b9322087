"""One plane of a JPEG under and beside paint, fitted to what its coefficients say, so that known samples lose ringing.

What: a block that holds paint was rounded as a whole, so the error of its paint, whose colour is known, tells the
error of the samples beside it.  Coefficients are taken as measured with the noise of rounding, paint as known, and the
picture as smooth but for edges: neighbouring samples differ by a law with heavy tails, as far as they do around the
paint.  The most likely samples solve a sparse system, weighted anew for the tails (iteratively reweighted least
squares) and solved by conjugate gradients over all blocks that hold paint at once.
Source: our own; the parts are textbook.  The constants were chosen on four photographs with boxes and a stroke.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from inpaint.images.jpeg_rounding import BLOCK_SIDE, cosines

STEP_NOISE = 0.5  # of the variance of even rounding: most coefficients are smaller than half a step
SAMPLE_ROUNDING = 2  # squared levels, times 1/12: of the samples before they were transformed, and of their colours
STEPS_SEEN = 33  # px around a sample, of which the picture's own steps are taken
LEAST_SQUARED_STEP = 0.25  # squared levels
UNTOLD_STEP = 25.0  # squared levels, where nothing near tells
LOOSE_TIE = 0.02  # of the weight of other steps, where neither paint nor picture is certain
FOUR_SIDES = ((-1, 0), (1, 0), (0, -1), (0, 1))  # of a sample, down and across
FITTING_TURNS = 20  # of conjugate gradients
SOLVED_ENERGY = 1e-4  # of the first residual's energy


class Laid(NamedTuple):
    """Where paint lies in a plane; all (h, w)."""

    share: np.ndarray  # of paint in each sample
    level: np.ndarray  # of the paint, around 0
    loose: np.ndarray  # bool; what is in the sample is not known


class PlaneFit:
    """The samples (h, w) of a part of a plane, around 0, as decoded and without the paint's ringing."""

    def __init__(self, coefficients: np.ndarray, table: np.ndarray) -> None:
        """coefficients: (rows, columns, 8, 8) float32, in levels.  table: (8, 8)."""
        basis = cosines()
        self.decoded = as_samples(basis.T @ coefficients @ basis)
        self.samples = self.decoded.copy()
        self.waves = np.einsum("ua,vb->uvab", basis, basis).reshape(64, 64)
        self.steps = np.sqrt(table.astype(np.float32) ** 2 + SAMPLE_ROUNDING)
        weights = 1 / (STEP_NOISE * self.steps**2 / 12)
        self.precision = self.waves.T @ (weights.reshape(64, 1) * self.waves)  # (64, 64) of a block's samples
        self.numbers = as_blocks(np.arange(self.decoded.size).reshape(self.decoded.shape))
        self.active: np.ndarray = np.zeros(self.numbers.shape[:2], bool)  # blocks that hold paint and something else
        self.texture = np.zeros_like(self.decoded)  # mean square of the picture's steps around each sample
        self.sure: np.ndarray | None = None  # (rows, columns, 8, 8) `sureness`, kept: it hardly changes with the labels
        self.ties = np.zeros((4, 0), np.float32)  # of each sample of active blocks to the four beside it
        nothing = np.zeros_like(self.decoded)
        self.laid = Laid(nothing, nothing, nothing > 0)

    def fit(self, laid: Laid, times: int) -> None:
        """Find the samples beside paint; times: that edges are weighted anew."""
        fresh = (laid.share > 0) & (self.laid.share <= 0)
        self.laid = laid
        holds = np.asarray((as_blocks(laid.share) > 0).any((2, 3)) | as_blocks(laid.loose).any((2, 3)))
        filled = np.asarray((as_blocks(laid.share) >= 1).all((2, 3)))
        self.active = holds & ~filled
        if not self.active.any():
            return
        self.texture = own_steps(self.decoded, ~self.of_blocks(holds))
        known = (laid.share <= 0) & ~laid.loose
        start = means_around(self.decoded, known.astype(np.float32), STEPS_SEEN)
        self.samples = np.where(fresh, start, self.samples)
        self.samples = np.where(self.of_blocks(holds), self.samples, self.decoded)
        own, beside, joined = self.neighbours(~self.of_blocks(filled))
        flat_steps, loose = self.texture.ravel(), laid.loose.ravel()
        scale = (flat_steps[own] + flat_steps[beside]) / 2
        joined = joined * np.where(loose[own] | loose[beside], np.float32(LOOSE_TIE), np.float32(1))
        for time in range(times + 1):
            flat = self.samples.ravel()
            apart = 0 if time == 0 and fresh.any() else (flat[own] - flat[beside]) ** 2
            self.ties = joined * (1 + (time > 0)) / (scale + apart)
            self.solve(own, beside, self.ties)

    def solve(self, own: np.ndarray, beside: np.ndarray, weights: np.ndarray) -> None:
        """Solve for the samples of active blocks, given by how much each is tied to its four neighbours, (4, N)."""
        flat, held = self.samples.ravel(), np.zeros(self.samples.size, np.float32)
        clear = (1 - as_blocks(self.laid.share)[self.active]).reshape(-1, 64)
        missed = as_blocks(self.decoded - self.laid.share * self.laid.level)[self.active].reshape(-1, 64)

        def product(values: np.ndarray, spread: np.ndarray) -> np.ndarray:
            smooth = (weights * (values - spread[beside])).sum(0)
            return smooth + (clear * ((clear * values.reshape(-1, 64)) @ self.precision)).ravel()

        residual = (clear * (missed @ self.precision)).ravel() - product(flat[own[0]], flat)
        eased = 1 / (weights.sum(0) + (clear**2 * np.diagonal(self.precision)).ravel() + 1e-9)
        way = eased * residual
        energy = first = float(residual @ way)
        for _ in range(FITTING_TURNS):
            if energy <= max(SOLVED_ENERGY * first, 1e-9):
                break
            held[own[0]] = way
            image = product(way, held)
            length = energy / float(way @ image)
            flat[own[0]] += length * way
            residual -= length * image
            before, energy = energy, float(residual @ (eased * residual))
            way = eased * residual + energy / before * way
        self.samples = flat.reshape(self.samples.shape)

    def neighbours(self, usable: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the active samples, four times, the four beside each, and whether these are usable; all (4, N)."""
        height, width = self.samples.shape
        own = self.numbers[self.active].ravel()
        y, x = own // width, own % width
        beside, joined = [], []
        for down, across in FOUR_SIDES:
            there_y, there_x = (y + down).clip(0, height - 1), (x + across).clip(0, width - 1)
            beside.append(there_y * width + there_x)
            joined.append(usable[there_y, there_x] & (beside[-1] != own))
        return np.broadcast_to(own, (4, len(own))), np.stack(beside), np.stack(joined).astype(np.float32)

    def without_paint(self) -> np.ndarray:
        """Return the samples (h, w), with what lies around in those that are paint or not certain."""
        picture = ((self.laid.share < 1) & ~self.laid.loose).astype(np.float32)
        result = np.where(picture > 0, self.samples, means_around(self.samples, picture, 7))
        near = cv2.boxFilter(picture, -1, (3, 3)) > 1e-6
        return np.where((picture > 0) | ~near, result, means_around(self.samples, picture, 3))

    def of_blocks(self, chosen: np.ndarray) -> np.ndarray:
        """Say which samples lie in chosen blocks, (rows, columns) bool -> (h, w)."""
        return np.repeat(np.repeat(chosen, BLOCK_SIDE, 0), BLOCK_SIDE, 1)

    def without_own(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what each sample must be by its block alone, all others being the most likely, and how sure that is.

        Both (h, w); the second is the inverse of a variance, 0 outside blocks that hold paint and something else.
        """
        whole = self.laid.share * self.laid.level + (1 - self.laid.share) * self.samples
        missed = as_blocks(self.decoded - whole)[self.active].reshape(-1, 64)
        moved, sure = (np.zeros(self.numbers.shape, np.float32) for _ in range(2))
        if len(missed):
            if self.sure is None or (self.active & (self.sure <= 0).all((2, 3))).any():
                self.sure = np.zeros(self.numbers.shape, np.float32)
                self.sure[self.active] = self.sureness().reshape(-1, BLOCK_SIDE, BLOCK_SIDE)
            sure[self.active] = self.sure[self.active]
            moved[self.active] = (missed @ self.precision).reshape(-1, BLOCK_SIDE, BLOCK_SIDE) / sure[self.active]
        return whole + as_samples(moved), as_samples(sure) * STEP_NOISE

    def sureness(self) -> np.ndarray:
        """Return how sure each sample of the active blocks would be without the picture's own ties, (n, 64)."""
        clear = (1 - as_blocks(self.laid.share)[self.active]).reshape(-1, 64)
        places = np.arange(64)
        ties = self.ties.reshape(4, -1, 64)
        whole = clear[:, :, None] * self.precision * clear[:, None]
        whole[:, places, places] += ties.sum(0) + 1e-6
        for (down, across), tie in zip(FOUR_SIDES, ties, strict=True):
            y, x = places // BLOCK_SIDE + down, places % BLOCK_SIDE + across
            inner = (y >= 0) & (y < BLOCK_SIDE) & (x >= 0) & (x < BLOCK_SIDE)
            whole[:, places[inner], (y * BLOCK_SIDE + x)[inner]] -= tie[:, inner]
        likely = np.linalg.inv(whole)  # covariance of the samples of each block, those around it being known
        others = clear[:, :, None] * (self.precision - np.diag(np.diagonal(self.precision)))
        shifts = likely @ others
        taken = (others * shifts).sum(1)  # by what the others may be instead
        own = (shifts[:, places, places] ** 2) / likely[:, places, places] * (clear > 0)
        return (np.diagonal(self.precision) - taken + own).clip(min=1e-6)

    def unexplained(self) -> np.ndarray:
        """Return the mean squared error of each block's coefficients in steps, (rows, columns); 1/12 is of rounding."""
        whole = self.laid.share * self.laid.level + (1 - self.laid.share) * self.samples
        missed = as_blocks(self.decoded - whole).reshape(*self.active.shape, 64) @ self.waves.T
        return np.where(self.active, ((missed / self.steps.reshape(64)) ** 2).mean(2), 0)


def as_blocks(samples: np.ndarray) -> np.ndarray:
    """Return the blocks of samples, (h, w) -> (rows, columns, 8, 8)."""
    height, width = samples.shape
    return samples.reshape(height // BLOCK_SIDE, BLOCK_SIDE, width // BLOCK_SIDE, BLOCK_SIDE).swapaxes(1, 2)


def as_samples(blocks: np.ndarray) -> np.ndarray:
    """Return the samples of blocks, (rows, columns, 8, 8) -> (h, w)."""
    rows, columns = blocks.shape[:2]
    return np.ascontiguousarray(blocks.swapaxes(1, 2)).reshape(rows * BLOCK_SIDE, columns * BLOCK_SIDE)


def means_around(values: np.ndarray, weights: np.ndarray, side: int) -> np.ndarray:
    """Return the weighted mean of the values around each, (h, w), in a square of a side; that of all where none are."""
    sums, counts = (cv2.boxFilter(it.astype(np.float32), -1, (side, side)) for it in (values * weights, weights))
    whole = float((values * weights).sum() / max(float(weights.sum()), 1e-6))
    return np.where(counts > 1e-6, sums / counts.clip(min=1e-6), whole).astype(np.float32)


def own_steps(samples: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return the mean square of the steps between neighbouring chosen samples around each, (h, w)."""
    energy, count = np.zeros_like(samples), np.zeros_like(samples)
    for axis in (0, 1):
        later, sooner = (slice(None),) * axis + (slice(1, None),), (slice(None),) * axis + (slice(None, -1),)
        both = (chosen[later] & chosen[sooner]).astype(np.float32)
        energy[later] += both * (samples[later] - samples[sooner]) ** 2
        count[later] += both
    if not count.any():
        return np.full_like(samples, UNTOLD_STEP)
    return means_around(energy / count.clip(min=1), count, 2 * STEPS_SEEN + 1) + LEAST_SQUARED_STEP
