"""Draw annotated regions as a mask, and tell where they lie.

The rule: a pixel belongs to a region when its centre lies inside (for a polygon by the even-odd rule; a centre exactly
on an edge counts on the left and the top, not on the right and the bottom).  So a box from 10 to 20 covers exactly the
ten pixels 10 to 19, and regions that share an edge share no pixel.  cv2.fillPoly is not used, because it also fills
every pixel that the outline touches, half a pixel more on each side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from inpaint import images
from inpaint.builders.annotations.region import AnnotatedRegion, Runs
from inpaint.builders.annotations.runs import mask_from_runs

ASPECT_TOLERANCE = 0.02  # share by which the aspect ratio of an annotation's frame may differ from the picture's


def draw_regions(regions: Iterable[AnnotatedRegion], size: tuple[int, int], name: str = "the picture") -> np.ndarray:
    """Return the union of the regions as a mask (H, W) bool of a picture of this (height, width).

    Points meant for a frame of another size are scaled with it.  Raises ValueError, naming the picture, where a frame
    has another shape than the picture, or a mask another size.
    """
    mask = np.zeros(size, bool)
    for region in regions:
        if isinstance(region.pixels, Path):
            mask |= _mask_file(region.pixels, size)
        elif isinstance(region.pixels, Runs):
            mask |= _fitted(region.pixels, size, name)
        elif region.kind == "box":
            top, left, bottom, right = _edges(region, size, name)
            rows, columns = (slice(_first(low), _first(high)) for low, high in ((top, bottom), (left, right)))
            mask[rows, columns] = True
        else:
            scale = _scale(region, size, name)
            for ring in region.rings:
                _fill(mask, np.array(ring, np.float64) * scale)
    return mask


def region_bounds(
    region: AnnotatedRegion, size: tuple[int, int], name: str = "the picture"
) -> tuple[float, float, float, float] | None:
    """Return top, left, bottom and right edge of a region in pixels of a picture; None for a mask without a pixel."""
    if region.pixels is not None:
        rows, columns = (np.flatnonzero(draw_regions([region], size, name).any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            return None
        return float(rows[0]), float(columns[0]), float(rows[-1] + 1), float(columns[-1] + 1)
    return _edges(region, size, name)


def _mask_file(path: Path, size: tuple[int, int]) -> np.ndarray:
    """Return a mask file; one that holds nothing bright but small numbers, 0 and 1 or classes, means those above 0."""
    mask = images.read_mask(path, size)[0].numpy() > 0
    if mask.any():
        return mask
    picture = images.read(path)
    return picture.colour.max(axis=2) > 0


def _edges(region: AnnotatedRegion, size: tuple[int, int], name: str) -> tuple[float, float, float, float]:
    points = np.array([point for ring in region.rings for point in ring]) * _scale(region, size, name)
    (top, left), (bottom, right) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return top, left, bottom, right


def _first(edge: float) -> int:
    """Return the first pixel whose centre is not before an edge."""
    return max(0, math.ceil(edge - 0.5))


def _scale(region: AnnotatedRegion, size: tuple[int, int], name: str) -> tuple[float, float]:
    """Return the factors of y and x from the region's frame to the picture."""
    if region.frame is None:
        return 1.0, 1.0
    if region.frame != (1.0, 1.0):  # fractions of the picture
        _check_shape(region.frame, size, name)
    return size[0] / region.frame[0], size[1] / region.frame[1]


def _check_shape(frame: tuple[float, float], size: tuple[int, int], name: str) -> None:
    ratio = frame[0] * size[1] / (frame[1] * size[0])
    # A side that was rounded to whole pixels may change the ratio by a pixel.
    if abs(ratio - 1) > max(ASPECT_TOLERANCE, 1 / min(frame), 1 / min(size)):
        raise ValueError(
            f"{name} has {size[1]}x{size[0]} pixels, but its annotation is for {frame[1]:g}x{frame[0]:g}: another "
            "shape, perhaps of the picture before it was turned or cropped"
        )


def _fitted(runs: Runs, size: tuple[int, int], name: str) -> np.ndarray:
    """Return the mask of runs, resized to the picture's size where it is the same shape."""
    mask = mask_from_runs(runs)
    if runs.size == size:
        return mask
    _check_shape((float(runs.size[0]), float(runs.size[1])), size, name)
    return cv2.resize(np.ascontiguousarray(mask, np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST_EXACT) > 0


def _fill(mask: np.ndarray, points: np.ndarray) -> None:
    """Set the pixels of a mask (H, W) whose centres lie inside a ring of points (N, 2), row by row."""
    ends = np.roll(points, -1, axis=0)
    top, bottom = _first(points[:, 0].min()), min(mask.shape[0], _first(points[:, 0].max()))
    for row in range(top, bottom):
        y = row + 0.5
        crossed = (points[:, 0] <= y) != (ends[:, 0] <= y)
        start, end = points[crossed], ends[crossed]
        x = start[:, 1] + (y - start[:, 0]) / (end[:, 0] - start[:, 0]) * (end[:, 1] - start[:, 1])
        edges = [_first(edge) for edge in np.sort(x)]
        for left, right in zip(edges[::2], edges[1::2], strict=True):
            mask[row, left:right] = True
