"""Smooths a picture to pieces of one colour with sharp edges, which undoes what a lossy file does to a mosaic's cells.

What: of all pictures the one is sought that has few pixels at which it changes at all, and is yet near the one given.
Source: Xu, Lu, Xu and Jia, "Image smoothing via L0 gradient minimization" (2011): half-quadratic splitting, of which
each round is solved by Fourier transforms.  Against their wrapped borders the picture is mirrored a bit.
"""

from __future__ import annotations

import numpy as np

LEAST_EDGE = 0.0005  # squared difference in [0, 1], summed over channels, from which a lone edge is kept
PACE = 2.0  # by which the weight of the edges grows each round
LAST_WEIGHT = 1e5
MIRRORED = 8  # px


def l0_smoothed(levels: np.ndarray, least_edge: float = LEAST_EDGE) -> np.ndarray:
    """Return a picture (h, w, 3) uint8 as pieces of nearly one colour, float32 in levels.

    >>> picture = np.full((8, 16, 3), 100, np.uint8)
    >>> picture[:, 8:] = 180
    >>> noisy = picture + np.random.default_rng(0).integers(-2, 3, picture.shape)
    >>> bool(np.abs(l0_smoothed(noisy) - picture).max() < 1)
    True
    """
    around = ((MIRRORED, MIRRORED), (MIRRORED, MIRRORED), (0, 0))
    wide = np.pad(levels.astype(np.float32) / 255, around, "symmetric")
    height, width = wide.shape[:2]
    down, across = (2 - 2 * np.cos(2 * np.pi * turns) for turns in (np.fft.fftfreq(height), np.fft.rfftfreq(width)))
    squared = (down[:, None] + across)[..., None].astype(np.float32)  # of both differences' transforms
    given, smooth, weight = np.fft.rfft2(wide, axes=(0, 1)), wide, 2 * least_edge
    while weight < LAST_WEIGHT:
        steps_down, steps_across = (np.roll(smooth, -1, axis) - smooth for axis in (0, 1))
        kept = ((steps_down**2 + steps_across**2).sum(2) >= least_edge / weight)[..., None]
        steps_down, steps_across = steps_down * kept, steps_across * kept
        sources = np.roll(steps_down, 1, 0) - steps_down + np.roll(steps_across, 1, 1) - steps_across
        spectrum = (given + weight * np.fft.rfft2(sources, axes=(0, 1))) / (1 + weight * squared)
        smooth = np.fft.irfft2(spectrum, s=(height, width), axes=(0, 1)).astype(np.float32)
        weight *= PACE
    return smooth[MIRRORED:-MIRRORED, MIRRORED:-MIRRORED] * 255
