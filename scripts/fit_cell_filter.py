"""Fit the filters of inpaint/layers/cell_filter.py: from cells of a mosaic to what bicubic reduction would have given.

    python scripts/fit_cell_filter.py FOLDER [FACTOR ...]

A cell is the mean of its pixels, while networks of super-resolution learned from pictures that were reduced by Keys'
cubic, widened by the factor (as MATLAB's imresize and Pillow's BICUBIC do).  The filter of 7 x 7 cells, symmetric under
mirroring and turning, is the one of least squares over the pictures of FOLDER.  It prints the ten numbers of each
factor, and how far cells are from the reduced pictures without it and with it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inpaint import images
from inpaint.layers.cell_filter import FILTER_REACH, filter_places

Plane = NDArray[np.float64]


def planes(folder: Path, factor: int) -> Iterator[Plane]:
    """Yield every colour of every picture, cut to whole cells, (H, W) in [0, 1]."""
    for file in images.find(folder):
        with Image.open(file) as picture:
            array = np.asarray(picture.convert("RGB"), np.float64) / 255
        height, width = (side // factor * factor for side in array.shape[:2])
        yield from (array[:height, :width, colour] for colour in range(3))


def reduced(plane: Plane, factor: int) -> Plane:
    """Reduce by Keys' cubic, widened by the factor."""
    size = (plane.shape[1] // factor, plane.shape[0] // factor)
    return np.asarray(Image.fromarray(plane.astype(np.float32)).resize(size, Image.Resampling.BICUBIC), np.float64)


def averaged(plane: Plane, factor: int) -> Plane:
    """Average cells."""
    return plane.reshape(plane.shape[0] // factor, factor, -1, factor).mean((1, 3))


def fit(folder: Path, factor: int) -> tuple[NDArray[np.float64], float, float]:
    """Return the numbers of a filter, and the PSNR of cells against reduced pictures without it and with it."""
    places = filter_places()
    kinds, reach = int(places.max()) + 1, FILTER_REACH
    normal, right, energy, count, plain = np.zeros((kinds, kinds)), np.zeros(kinds), 0.0, 0, 0.0
    for plane in planes(folder, factor):
        cells, wanted = averaged(plane, factor), reduced(plane, factor)
        height, width = cells.shape
        if min(height, width) <= 4 * reach:
            continue
        inner = slice(reach, -reach)
        parts = np.zeros((kinds, height - 2 * reach, width - 2 * reach))
        for (dy, dx), kind in np.ndenumerate(places.numpy()):
            parts[kind] += cells[dy : dy + height - 2 * reach, dx : dx + width - 2 * reach]
        rows, target = parts.reshape(kinds, -1), wanted[inner, inner].ravel()
        normal, right = normal + rows @ rows.T, right + rows @ target
        energy, count = energy + target @ target, count + target.size
        plain += float(((cells - wanted)[inner, inner] ** 2).sum())
    # The numbers of a filter sum to 1, so that flat places stay as they are.
    sizes = np.bincount(places.numpy().ravel())
    system = np.block([[normal, sizes[:, None]], [sizes[None], np.zeros((1, 1))]])
    numbers = np.linalg.solve(system, np.append(right, 1))[:kinds]
    left = energy - 2 * numbers @ right + numbers @ normal @ numbers
    return numbers, float(10 * np.log10(count / plain)), float(10 * np.log10(count / left))


def main() -> None:
    """Fit and print."""
    folder, factors = Path(sys.argv[1]), [int(it) for it in sys.argv[2:]] or [2, 3, 4, 8]
    for factor in factors:
        numbers, before, after = fit(folder, factor)
        print(f"    {factor}: ({', '.join(f'{number:.5f}' for number in numbers)}),  # {before:.1f} -> {after:.1f} dB")


if __name__ == "__main__":
    main()
