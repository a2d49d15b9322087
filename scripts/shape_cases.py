"""Censors that are no mosaics of square cells, put into pictures: cells of other shapes, blurs, translucent layers.

Each is a function of a picture, a mask, the side of a cell and a source of randomness; means are rounded to 8 bits.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

Censor = Callable[[np.ndarray, int, np.random.Generator], np.ndarray]  # picture (H, W, 3) float, side, rng -> the same

OPACITY = 0.7
FEATHER = 12  # px over which a feathered mosaic begins


def averaged(picture: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Give every cell its mean.  labels: (H, W), numbers of cells."""
    labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
    counts = np.bincount(labels.ravel())
    means = np.stack([np.bincount(labels.ravel(), channel.ravel()) for channel in np.moveaxis(picture, 2, 0)], 1)
    return np.round(means / counts[:, None])[labels]


def nearest_centre(picture: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the number of the nearest centre (y, x) of every pixel, (H, W)."""
    _, labels = cv2.distanceTransformWithLabels(
        seeds_of(picture, centres), cv2.DIST_L2, cv2.DIST_MASK_PRECISE, labelType=cv2.DIST_LABEL_PIXEL
    )
    return labels


def seeds_of(picture: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return a map (H, W) that is 0 at the centres that lie in the picture and 1 elsewhere."""
    seeds, places = np.ones(picture.shape[:2], np.uint8), np.round(centres).astype(int)
    within = ((places >= 0) & (places < seeds.shape)).all(1)
    seeds[places[within, 0], places[within, 1]] = 0
    return seeds


def hexagons(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Average hexagons that stand on a corner, as wide as the side."""
    height = side * np.sqrt(3) / 2
    rows, columns = np.mgrid[-1 : picture.shape[0] // height + 2, -1 : picture.shape[1] // side + 2]
    centres = np.stack([rows * height, (columns + rows % 2 / 2) * side], -1).reshape(-1, 2) + rng.uniform(0, side, 2)
    return averaged(picture, nearest_centre(picture, centres))


def crystals(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Average the nearest pixels of random points, one for each square of that side."""
    rows, columns = np.mgrid[0 : picture.shape[0] : side, 0 : picture.shape[1] : side]
    centres = np.stack([rows, columns], -1).reshape(-1, 2) + rng.uniform(0, side, (rows.size, 2))
    return averaged(picture, nearest_centre(picture, centres))


def triangles(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Average upright triangles of equal sides and those that stand on a corner between them, as large as squares."""
    edge = side * (4 / np.sqrt(3)) ** 0.5
    start = rng.uniform(0, side, 2)
    down = (np.arange(picture.shape[0])[:, None] + 0.5 + start[0]) / (edge * np.sqrt(3) / 2)
    across = (np.arange(picture.shape[1]) + 0.5 + start[1]) / edge - down / 2
    return averaged(picture, halves_of_cells(down, across, falling=True))


def right_triangles(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Average the halves of squares on both sides of their diagonals, as large as squares."""
    down, across = (
        (np.arange(length) + 0.5 + start) / (side * np.sqrt(2))
        for length, start in zip(picture.shape, rng.uniform(0, side, 2), strict=False)
    )
    return averaged(picture, halves_of_cells(down[:, None], across, falling=False))


def halves_of_cells(down: np.ndarray, across: np.ndarray, *, falling: bool) -> np.ndarray:
    """Number the halves of cells, (H, W), on both sides of the diagonals that fall to the left or to the right."""
    row, column = np.floor(down + 0 * across), np.floor(across + 0 * down)
    below, beyond = down - row, across - column
    half = below + beyond > 1 if falling else below > beyond
    return ((row - row.min()) * 10_000 + (column - column.min()) * 2 + half).astype(int)


def bricks(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Average squares that lie as bricks do: every second row is shifted by half of one."""
    top, left = rng.integers(0, side, 2)
    rows = (np.arange(picture.shape[0])[:, None] + top) // side
    columns = (np.arange(picture.shape[1]) + left + rows % 2 * (side // 2)) // side
    return averaged(picture, rows * 10_000 + columns)


def turned(picture: np.ndarray, side: int, rng: np.random.Generator, angle: float) -> np.ndarray:
    """Average squares that are turned by an angle in degrees."""
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]] + 0.5
    cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    start = rng.uniform(0, side, 2)
    down = np.floor((rows * cosine - columns * sine + start[0]) / side).astype(int)
    across = np.floor((rows * sine + columns * cosine + start[1]) / side).astype(int)
    return averaged(picture, (down - down.min()) * 10_000 + across - across.min())


def squares(picture: np.ndarray, side: int, rng: np.random.Generator, take: str = "mean") -> np.ndarray:
    """Give every square its mean, the colour of its first corner, of its middle, its median, or its mean in light."""
    top, left = rng.integers(0, side, 2)
    rows, columns = (np.arange(picture.shape[0]) + top) // side, (np.arange(picture.shape[1]) + left) // side
    labels = rows[:, None] * 10_000 + columns
    if take == "mean":
        return averaged(picture, labels)
    if take == "light":
        return np.round(255 * (averaged(65535 * (picture / 255) ** 2.2, labels) / 65535) ** (1 / 2.2))
    if take == "median":
        result = picture.copy()
        for row in np.unique(rows):
            for column in np.unique(columns):
                cell = np.ix_(rows == row, columns == column)
                result[cell] = np.median(picture[cell].reshape(-1, 3), 0)
        return np.round(result)
    within = 0 if take == "corner" else side // 2
    y, x = (
        np.clip(at * side - start + within, 0, length - 1)
        for at, start, length in zip((rows, columns), (top, left), picture.shape, strict=False)
    )
    return picture[y[:, None], x]


def dots(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the mean of every square as a round dot, and leave the picture between the dots as it is."""
    cells = squares(picture, side, np.random.default_rng(0))
    top, left = np.random.default_rng(0).integers(0, side, 2)
    rows, columns = (np.arange(picture.shape[0]) + top) % side, (np.arange(picture.shape[1]) + left) % side
    away = np.hypot(rows[:, None] - (side - 1) / 2, columns - (side - 1) / 2)
    return np.where((away <= side / 2 - 0.5)[..., None], cells, picture)


def circles(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the mean of every square as a round dot on black."""
    cells = squares(picture, side, np.random.default_rng(0))
    top, left = np.random.default_rng(0).integers(0, side, 2)
    rows, columns = (np.arange(picture.shape[0]) + top) % side, (np.arange(picture.shape[1]) + left) % side
    away = np.hypot(rows[:, None] - (side - 1) / 2, columns - (side - 1) / 2)
    return np.where((away <= side / 2)[..., None], cells, 0)


def bilinear(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Shrink by the side and enlarge linearly."""
    height, width = (-(-length // side) for length in picture.shape[:2])
    padded = np.pad(
        picture, ((0, height * side - picture.shape[0]), (0, width * side - picture.shape[1]), (0, 0)), "edge"
    )
    small = cv2.resize(padded, (width, height), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, (width * side, height * side), interpolation=cv2.INTER_LINEAR)
    return np.round(large[: picture.shape[0], : picture.shape[1]])


def blurred(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Blur by a Gaussian of half the side."""
    return np.round(cv2.GaussianBlur(picture, (0, 0), side / 2, borderType=cv2.BORDER_REFLECT))


def smeared(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Blur along the rows only, as what moves is blurred."""
    return np.round(cv2.blur(picture, (2 * round(0.7 * side) + 1, 1), borderType=cv2.BORDER_REFLECT))


def boxed(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Blur by a square of the side."""
    return np.round(cv2.blur(picture, (side + 1, side + 1), borderType=cv2.BORDER_REFLECT))


def medians(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Give every pixel the median of a square of the side around it."""
    return cv2.medianBlur(picture.astype(np.uint8), side // 2 * 2 + 1).astype(np.float64)


def blurred_mosaic(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Blur a mosaic by a Gaussian of a quarter of the side."""
    return np.round(cv2.GaussianBlur(squares(picture, side, rng), (0, 0), side / 4, borderType=cv2.BORDER_REFLECT))


def translucent(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Lay a mosaic over the picture that lets it be seen."""
    return np.round(OPACITY * squares(picture, side, rng) + (1 - OPACITY) * picture)


def of_layer(colour: tuple[int, int, int], opacity: float, change: float = 0.0) -> Censor:
    """Return the layer of a colour and an opacity, which changes by so much from the left to the right."""

    def laid_over(picture: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
        share = (opacity + change * np.linspace(-0.5, 0.5, picture.shape[1]))[None, :, None]
        return share * np.array(colour) + (1 - share) * picture

    return laid_over


def of_squares(take: str) -> Censor:
    """Return the mosaic of squares that takes its colours so."""
    return lambda picture, side, rng: squares(picture, side, rng, take)


def of_angle(angle: float) -> Censor:
    """Return the mosaic of squares turned by an angle in degrees."""
    return lambda picture, side, rng: turned(picture, side, rng, angle)


CENSORS: dict[str, Censor] = {
    "squares": squares,
    "hexagons": hexagons,
    "crystals": crystals,
    "triangles": triangles,
    "right triangles": right_triangles,
    "bricks": bricks,
    "diamonds": of_angle(45),
    "rotated 20": of_angle(20),
    "rotated 7": of_angle(7),
    "dots": dots,
    "circles": circles,
    "bilinear": bilinear,
    "blur": blurred,
    "box blur": boxed,
    "motion blur": smeared,
    "median blur": medians,
    "blurred mosaic": blurred_mosaic,
    "feathered": squares,
    "translucent": translucent,
    "black 60 %": of_layer((0, 0, 0), 0.6),
    "white 50 %": of_layer((255, 255, 255), 0.5),
    "pink 73 %": of_layer((255, 105, 180), 0.73),
    "black gradient": of_layer((0, 0, 0), 0.6, 0.4),
    "corner": of_squares("corner"),
    "centre": of_squares("centre"),
    "median": of_squares("median"),
    "light": of_squares("light"),
}


def censored(name: str, picture: np.ndarray, mask: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """Return a picture (H, W, 3) uint8 censored under a mask (H, W) bool."""
    shown = CENSORS[name](picture.astype(np.float64), side, rng)
    share = mask[..., None].astype(np.float64)
    if name == "feathered":
        depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        share = np.clip((depth - 0.5) / FEATHER, 0, 1)[..., None]
    return np.round(picture * (1 - share) + shown * share).astype(np.uint8)
