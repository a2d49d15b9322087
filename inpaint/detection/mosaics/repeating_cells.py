"""Finds the cells of a mosaic that repeat in two directions of any angle, where a lossy file has blurred them.

What: the edges between such cells repeat as the cells do, so the peaks of their autocorrelation are steps from cell to
cell.  Pairs of the highest are tried: the cells of the right one explain the region much better where they lie as the
mosaic's do than elsewhere, and those of a picture that is no mosaic nowhere.
Source: our own.  The thresholds were chosen on photographs that no benchmark uses: of 144 mosaics of 6 to 12 px in
JPEGs of 85 and 70 the right steps were found in 136; untouched photographs and drawings mostly stay above the ratio.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch

from inpaint.detection.mosaics.cell_repeats import Explained, Repeats, fitted_repeats, placed_best, reduced_steps
from inpaint.mosaic.free_cells import FreeCells

MOST_RATIO, RATIO_FOR_FEW = 0.6, 4.0  # of what cells leave, of what the same leave elsewhere; less, over their count
SPECK = 3  # px, side of the median that takes off what a lossy file adds
LOOKED_AT_SIDE = 160  # px, of the part of a region by which cells are found
LEAST_STEP, LARGEST_CELL_STEP = 4.0, 48.0  # px
LEAST_OBLONG = 2.2  # times the other step
LEAST_UPRIGHT = 0.5  # sine of the angle between two steps
MOST_PEAKS, MOST_FITTED = 10, 3
LEAST_PEAK = 0.03  # of the autocorrelation
LEAST_OVERLAP = 0.15  # of the region with itself moved by a step
LEAST_EDGE_STEP = 2.0  # levels
COMMON_EDGE = 0.4  # share of the edges that are lower than what higher ones count for
FEWEST_EDGES = 30
FEWEST_REPEATING = 12  # cells
SHADE, FEWEST_SHADES = 6.0, 6  # levels that are one shade, and of all cells; stripes and patterns have few
SAME_STEP = 1.2  # px
STRAY_OF_ORIGINAL = 4.0  # times the middle one of the cells' strays, that what is no cell has
LEAST_STRAY_OF_ORIGINAL = 8.0  # levels
WEIGHTS_OF_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def find_repeating_cells(levels: np.ndarray, inside: np.ndarray) -> FreeCells | None:
    """Return the cells of a region, None where none repeat.  levels: (h, w, 3) uint8.  inside: (h, w) bool."""
    luma = levels @ np.array(WEIGHTS_OF_LUMA)
    first, *wider = windows_around_depth(inside)
    found = best_repeats(levels[first], luma[first], inside[first])
    before = first
    for window in wider:
        if found is None or doubt(found, int(inside[before].sum())) > MOST_RATIO:
            return None
        found, before = fitted_repeats(luma[window], inside[window], moved(found, window, before)), window
    if found is None or doubt(found, int(inside[before].sum())) > MOST_RATIO:
        return None
    return cells_of_repeats(levels, luma, inside, moved(found, None, before).repeats)


def doubt(found: Explained, pixels: int) -> float:
    """Return how much cells of a region of so many pixels leave of it; few large ones easily leave little by chance."""
    return found.ratio + RATIO_FOR_FEW * found.repeats.side**2 / pixels


def windows_around_depth(inside: np.ndarray) -> list[tuple[slice, slice]]:
    """Return parts of a region, from the one around its deepest pixel to the whole, each of twice the side."""
    depth = cv2.distanceTransform(np.pad(inside.astype(np.uint8), 1), cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    middle = np.unravel_index(int(depth.argmax()), depth.shape)
    windows, side = [], LOOKED_AT_SIDE
    while True:
        rows, columns = (
            slice(max(min(int(at) - side // 2, size - side), 0), min(max(int(at) + side // 2, side), size))
            for at, size in zip(middle, inside.shape, strict=True)
        )
        windows.append((rows, columns))
        if side >= max(inside.shape):
            return windows
        side *= 2


def moved(found: Explained, window: tuple[slice, slice] | None, before: tuple[slice, slice]) -> Explained:
    """Return cells of one part of a region as they lie in another, or in the whole."""
    corner = np.array([it.start for it in before], float)
    corner -= 0 if window is None else np.array([it.start for it in window], float)
    steps, start = found.repeats
    return found._replace(repeats=Repeats(steps, start + corner))


def best_repeats(levels: np.ndarray, luma: np.ndarray, inside: np.ndarray) -> Explained | None:
    """Return the cells that explain a part of a region best against where they lie, None where nothing repeats."""
    edges = clear_edges(cv2.medianBlur(levels, SPECK).astype(np.float32), inside)
    if edges is None:
        return None
    peaks = repeat_peaks(edges, inside)
    tried = [placed_best(luma, inside, steps) for steps in pairs_of_steps(peaks)]
    pixels = int(inside.sum())
    tried = sorted(tried, key=lambda it: doubt(it, pixels))[:MOST_FITTED]
    return min((fitted_repeats(luma, inside, it) for it in tried), key=lambda it: doubt(it, pixels), default=None)


def clear_edges(smooth: np.ndarray, inside: np.ndarray) -> np.ndarray | None:
    """Return how high the edges at each pixel are, (h, w), high ones cut; None where there are few."""
    edges = np.zeros(inside.shape, np.float32)
    edges[1:] += np.abs(np.diff(smooth, axis=0)).max(2) * (inside[1:] & inside[:-1])
    edges[:, 1:] += np.abs(np.diff(smooth, axis=1)).max(2) * (inside[:, 1:] & inside[:, :-1])
    clear = edges[edges > LEAST_EDGE_STEP]
    return np.minimum(edges, np.quantile(clear, COMMON_EDGE)) if clear.size >= FEWEST_EDGES else None


def repeat_peaks(edges: np.ndarray, inside: np.ndarray) -> list[np.ndarray]:
    """Return the steps (y, x) at which edges repeat best, the best first."""
    reach = int(min(LARGEST_CELL_STEP, min(inside.shape) // 2))
    sizes = [cv2.getOptimalDFTSize(side + reach) for side in inside.shape]
    region = inside.astype(np.float32)
    both, pairs = (
        np.fft.irfft2(np.abs(np.fft.rfft2(it, sizes)) ** 2, sizes)
        for it in ((edges - edges[inside].mean()) * region, region)
    )
    repeated = np.where(pairs >= LEAST_OVERLAP * region.sum(), both / np.maximum(pairs, 1), 0)
    repeated = np.roll(repeated, (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    smooth = cv2.GaussianBlur((repeated / max(repeated[reach, reach], 1e-9)).astype(np.float32), (0, 0), 0.8)
    highest = (smooth == cv2.dilate(smooth, np.ones((5, 5)))) & (smooth > LEAST_PEAK)
    rows, columns = np.nonzero(highest)
    down, right = rows - reach, columns - reach
    length = np.hypot(down, right)
    half = ((down > 0) | ((down == 0) & (right > 0))) & (length >= LEAST_STEP) & (length < reach - 2)
    order = np.argsort(-smooth[rows, columns][half])[:MOST_PEAKS]
    return [peak_between_pixels(smooth, int(rows[half][at]), int(columns[half][at])) - reach for at in order]


def peak_between_pixels(heights: np.ndarray, row: int, column: int) -> np.ndarray:
    """Return where a peak lies by the parabolas through its neighbours, (y, x)."""
    place = []
    for at, (before, here, after) in (
        (row, heights[row - 1 : row + 2, column]),
        (column, heights[row, column - 1 : column + 2]),
    ):
        bend = 2 * here - before - after
        place.append(at + float(np.clip((after - before) / (2 * bend), -0.5, 0.5)) if bend > 0 else float(at))
    return np.array(place)


def pairs_of_steps(peaks: list[np.ndarray]) -> list[np.ndarray]:
    """Return the pairs of steps (2, 2) that may span the cells of a mosaic; no two are alike."""
    pairs: list[np.ndarray] = []
    for index, one in enumerate(peaks):
        for other in peaks[:index]:
            area = abs(np.linalg.det(np.stack([one, other])))
            if area < LEAST_STEP**2:
                continue
            short, long = reduced_steps(one, other)
            lengths = np.hypot(*short), np.hypot(*long)
            if lengths[1] > LEAST_OBLONG * lengths[0] or area < LEAST_UPRIGHT * lengths[0] * lengths[1]:
                continue
            steps = np.stack([short, long])
            if lengths[0] >= LEAST_STEP and not any(same_steps(steps, known) for known in pairs):
                pairs.append(steps)
    return pairs


def same_steps(one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two pairs of steps are the same, but for their directions."""
    return all(min(np.hypot(*(a - b)), np.hypot(*(a + b))) < SAME_STEP for a, b in zip(one, other, strict=True))


def cells_of_repeats(levels: np.ndarray, luma: np.ndarray, inside: np.ndarray, repeats: Repeats) -> FreeCells | None:
    """Return the cells of a region with their means in [0, 1]; what strays from its cell as no other does is none."""
    rows, columns = np.nonzero(inside)
    numbers = np.unique(repeats.cells_at(rows.astype(float), columns.astype(float)), return_inverse=True)[1]
    counts = np.bincount(numbers)
    means = np.stack([np.bincount(numbers, levels[rows, columns, channel]) / counts for channel in range(3)])
    shades = np.unique((np.array(WEIGHTS_OF_LUMA) @ means) // SHADE)
    if len(counts) < FEWEST_REPEATING or len(shades) < FEWEST_SHADES:
        return None
    stray = np.bincount(numbers, np.abs(luma[rows, columns] - np.array(WEIGHTS_OF_LUMA) @ means[:, numbers])) / counts
    kept = stray <= max(STRAY_OF_ORIGINAL * float(np.median(stray)), LEAST_STRAY_OF_ORIGINAL)
    named = np.where(kept, kept.cumsum() - 1, -1)
    labels = np.full(inside.shape, -1)
    labels[rows, columns] = named[numbers]
    return FreeCells(torch.from_numpy(labels).long(), torch.from_numpy(means[:, kept] / 255).float())
