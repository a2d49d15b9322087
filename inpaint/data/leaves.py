"""Dead-leaves scenes: shapes of every scale that occlude each other, as objects do in natural pictures.

Source: Lee, Mumford, Huang, "Occlusion Models for Natural Images", IJCV 2001: leaves whose radius has density
r^-3 between two bounds make the picture's statistics nearly the same at every scale.  What differs: leaves are also
ellipses, polygons and blobs, and the larger ones carry a texture and a shading, so that there is something to restore
inside objects too.
"""

from __future__ import annotations

import numpy as np

from inpaint.data.outlines import blob_outline, circle, fill_outline, paste_inside, polygon_outline, spun, touched_box
from inpaint.data.textures import SceneSize, lightened, palette, pattern, shade, surface

PLAIN_BELOW, UNSHADED_BELOW = 6.0, 14.0  # px; what a smaller leaf goes without: any texture, a shading of its own
MOST_LEAVES = 600  # for 256 x 256 px; keeps the time bounded when leaves are small
OUTLINES = 24  # different outlines in one scene; as in nature, many leaves are of one kind


def radii(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Draw leaf radii, px, of density r^-3, enough to cover the picture once or a few times."""
    side = min(size)
    least = np.exp(rng.uniform(np.log(0.005), np.log(0.05))) * side
    most = rng.uniform(0.2, 0.6) * side
    area = 2 * np.pi * np.log(most / least) / (least**-2 - most**-2)  # mean of pi r^2 under the law
    count = rng.uniform(1.2, 3.0) * size[0] * size[1] / area
    count = int(np.clip(count, 12, MOST_LEAVES * size[0] * size[1] / 256**2 + 12))
    share = rng.random(count)
    return (least**-2 - share * (least**-2 - most**-2)) ** -0.5  # inverse of the distribution function


def outline(kind: int, rng: np.random.Generator) -> np.ndarray:
    """Return the outline of a leaf of radius about 1: disc, ellipse, polygon, rectangle or blob."""
    if kind == 0:
        return circle(24)
    if kind == 1:
        return spun(circle(24) * (1, rng.uniform(0.25, 0.8)), rng.uniform(0, np.pi))
    if kind == 2:
        return spun(polygon_outline(rng), rng.uniform(0, 2 * np.pi))
    if kind == 3:
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (1, rng.uniform(0.15, 0.9))
        return spun(corners, rng.uniform(0, np.pi) if rng.random() < 0.5 else 0.0)
    return blob_outline(rng, count=28)


def clothe(
    canvas: np.ndarray, points: np.ndarray, colours: list[np.ndarray], *, field: np.ndarray, rng: np.random.Generator
) -> None:
    """Paint one textured leaf, in place: between two colours along a piece of the field, a large one shaded too."""
    top, left, bottom, right = touched_box(points, canvas.shape[:2])
    if bottom <= top or right <= left:
        return
    piece = field[: bottom - top, : right - left]
    if max(piece.shape) > 2 * UNSHADED_BELOW:
        piece = np.clip(piece + np.float32(rng.uniform(0, 0.8)) * shade(piece.shape, rng), -1, 1)
    paste_inside(canvas, surface(piece, *colours), points, (top, left))


def leaves(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Draw one dead-leaves scene: (H, W, 3) uint8 RGB."""
    colours = palette(rng, count=24)
    kinds = rng.integers(0, 5, 3)
    outlines = [outline(int(kinds[index % 3]), rng) for index in range(OUTLINES)]
    contrast = np.float32(rng.uniform(0.3, 1.0))
    fields = [pattern(size, rng) * contrast for _ in range(3)]
    canvas = surface(np.clip(fields[0] + shade(size, rng), -1, 1), colours[0], colours[1])
    fields += [field[::-1, ::-1] for field in fields]
    radius = radii(size, rng)
    centres = rng.random((radius.size, 2)) * size[::-1]
    drawn = rng.integers(0, 24, (radius.size, 3))  # colour, outline, other colour
    tones = rng.uniform(-0.6, 0.5, radius.size)
    for index, (first, shape, second) in enumerate(drawn.tolist()):
        points = centres[index] + radius[index] * outlines[shape]
        if radius[index] < PLAIN_BELOW:
            fill_outline(canvas, points, colours[first])
            continue
        other = lightened(colours[first], tones[index]) if index % 5 else colours[second]
        clothe(canvas, points, [colours[first], other], field=fields[(shape + second) % 6], rng=rng)
    return canvas
