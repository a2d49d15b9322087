"""Finds cells that are drawn as round dots on a ground of one colour, which hides what lies between them.

What: the ground shows in the same places of every cell, so of a map of how like the ground each pixel is, two waves
stand out, whose lengths and directions give the lattice of the dots, and whose phases give their centres.  The colour
of a cell is that of the middle of its dot, and holds for all that is nearest to it.
Source: our own.  The thresholds were chosen on photographs that no benchmark uses, with dots of 6 to 16 px on black,
white and grey, lossless and in JPEGs of 75 to 95.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import torch

from inpaint.detection.mosaics.cell_repeats import Repeats, reduced_steps
from inpaint.mosaic.free_cells import FreeCells

SHADES_OF_GROUND = 16  # levels, side of the cubes of colours that are counted
LIKE_GROUND = 24.0  # levels that the ground strays from its colour in a JPEG, mean of channels
LEAST_GROUND_SHARE = 0.05  # of a region
GROUNDS_TRIED = 4  # of the commonest colours; a picture may have much of one itself
SHORTEST_WAVE, LONGEST_WAVE = 3.4, 42.0  # px
FEWEST_WAVES = 4.0  # across a region
HIGHEST_WAVES = 12  # peaks that are tried
LEAST_OTHER_WAVE = 0.3  # of the strongest
MOST_OBLONG_DOTS = 1.6  # times the other step
LEAST_BETWEEN_STEPS = 0.7  # sine of their angle
SPECTRUM_FINER = 2  # times, that the spectrum is sampled finer than the region asks for
FINER_ROUNDS = 5  # of the search for the wave between its samples
CORE, BODY = 0.28, 0.4  # of the side, from the centre of a dot
FEWEST_DOTS, FEWEST_DOT_SHADES, DOT_SHADE = 12, 5, 12.0  # levels that are one shade
MOST_GROUND_IN_CORES = 0.25  # dots may have nearly the colour of the ground
LEAST_GROUND_CONTRAST = 0.35  # between the corners and the cores, mean likeness
FARTHEST_FROM_CENTRES, SHOWN_GROUND = (
    0.95,
    0.3,
)  # share of the pixels that are nearer to a centre; likeness that counts as ground
MOST_STRAY_IN_CORES = 0.65  # of what cores differ among each other, the less the less the ground stands out
LEAST_OF_CORE, LEAST_CORE_PIXELS = 0.7, 3


class Dots(NamedTuple):
    """The dots of a region, one for each cell of a lattice."""

    numbers: np.ndarray  # (pixels,), the cell of each pixel of the region
    known: np.ndarray  # (cells,) bool, whose colour is seen
    bare: np.ndarray  # (cells,) bool, that show nothing of the ground, where the mark is wider than the dots
    means: np.ndarray  # (cells, 3) levels
    contrast: float  # by how much the corners are more like the ground than the middles


def find_dots(levels: np.ndarray, inside: np.ndarray) -> FreeCells | None:
    """Return the cells of a region whose dots lie on a ground of one colour, None where it shows none.

    levels: (h, w, 3) uint8.  inside: (h, w) bool.  The means of the cells are in [0, 1].
    """
    best, clearest = None, LEAST_GROUND_CONTRAST
    for likeness in grounds_of(levels, inside):
        repeats = repeats_of_ground(likeness, inside)
        dots = None if repeats is None else drawn_dots(levels, inside, likeness, repeats)
        if dots is not None and dots.contrast > clearest:
            best, clearest = dots, dots.contrast
    return None if best is None else joined_cells(inside, best)


def grounds_of(levels: np.ndarray, inside: np.ndarray) -> Iterator[np.ndarray]:
    """Yield, for each of the commonest colours of a region, how like it all pixels are: (h, w), 0 outside."""
    pixels = levels[inside].astype(np.int32)
    left = np.ones(len(pixels), bool)
    for _ in range(GROUNDS_TRIED):
        number = int(np.bincount(pixels[left] // SHADES_OF_GROUND @ (256, 16, 1)).argmax())
        colour = (np.array([number // 256, number // 16 % 16, number % 16]) + 0.5) * SHADES_OF_GROUND
        near = np.abs(pixels - colour).mean(1) < LIKE_GROUND
        if near.mean() < LEAST_GROUND_SHARE:
            return
        colour = np.median(pixels[near], axis=0)
        likeness = np.exp(-((np.abs(levels - colour).mean(2) / LIKE_GROUND) ** 2))
        yield np.where(inside, likeness, 0.0)
        left &= ~near
        if not left.any():
            return


def repeats_of_ground(likeness: np.ndarray, inside: np.ndarray) -> Repeats | None:
    """Return the steps between dots and the centre of one, None where the ground does not repeat."""
    waved = np.where(inside, likeness - likeness[inside].mean(), 0.0)
    waves = highest_waves(waved)
    if not waves:
        return None
    strengths = [abs(wave_at(waved, wave)) for wave in waves]
    strong = [
        wave for wave, strength in zip(waves, strengths, strict=True) if strength > LEAST_OTHER_WAVE * max(strengths)
    ]
    pairs = sorted(itertools.combinations(strong, 2), key=lambda pair: sum(np.hypot(*wave) for wave in pair))
    for one, other in pairs:
        long = max(np.hypot(*one), np.hypot(*other))
        if abs(np.linalg.det(np.stack([one, other]))) < LEAST_BETWEEN_STEPS * np.hypot(*one) * np.hypot(*other):
            continue
        if long > MOST_OBLONG_DOTS * min(np.hypot(*one), np.hypot(*other)):
            continue
        exact = np.stack([finest_wave(waved, wave) for wave in (one, other)])
        # A wave that is highest at y0 sums to exp(-2 pi i k y0); the centres are where the ground is least.
        turns = np.array([-np.angle(-wave_at(waved, wave)) / (2 * np.pi) for wave in exact])
        back = np.linalg.inv(exact)
        return Repeats(np.stack(reduced_steps(*back.T)), back @ turns)
    return None


def highest_waves(waved: np.ndarray) -> list[np.ndarray]:
    """Return the strongest waves of a picture, cycles per px (y, x), of each pair of opposite ones one."""
    sizes = [cv2.getOptimalDFTSize(SPECTRUM_FINER * side) for side in waved.shape]
    strength = np.abs(np.fft.fftshift(np.fft.fft2(waved, sizes))).astype(np.float32)
    rows, columns = (np.fft.fftshift(np.fft.fftfreq(size)) for size in sizes)
    length = np.hypot(rows[:, None], columns)
    shortest = max(1 / LONGEST_WAVE, FEWEST_WAVES / max(min(waved.shape), 1))
    allowed = (length >= shortest) & (length <= 1 / SHORTEST_WAVE)
    half = (rows[:, None] > 0) | ((rows[:, None] == 0) & (columns > 0))
    peak = allowed & half & (strength == cv2.dilate(strength, np.ones((7, 7))))
    places = np.argwhere(peak)
    order = np.argsort(-strength[peak])[:HIGHEST_WAVES]
    return [np.array([rows[row], columns[column]]) for row, column in places[order]]


def wave_at(waved: np.ndarray, wave: np.ndarray) -> complex:
    """Return the sum of a picture against a wave (y, x), cycles per px."""
    down, across = (np.exp(-2j * np.pi * pace * np.arange(size)) for pace, size in zip(wave, waved.shape, strict=True))
    return complex(down @ waved @ across)


def finest_wave(waved: np.ndarray, wave: np.ndarray) -> np.ndarray:
    """Return the strongest wave beside one that lies on a sample of the spectrum."""
    move = 0.5 / SPECTRUM_FINER / np.array(waved.shape)
    for _ in range(FINER_ROUNDS):
        tried = [wave + move * way for way in itertools.product((-1, 0, 1), repeat=2)]
        wave = max(tried, key=lambda it: abs(wave_at(waved, it)))
        move = move / 2
    return wave


def drawn_dots(levels: np.ndarray, inside: np.ndarray, likeness: np.ndarray, repeats: Repeats) -> Dots | None:
    """Return the dots around these centres, None where their middles are not flat, or show the ground."""
    rows, columns = np.nonzero(inside)
    numbers, away = nearest_dots(repeats, rows, columns)
    numbers = np.unique(numbers, return_inverse=True)[1]
    count, pixels, ground = int(numbers.max()) + 1, levels[rows, columns].astype(np.float64), likeness[rows, columns]
    core, body = away < CORE * repeats.side, (away < BODY * repeats.side) & (ground < 0.5)
    means, whole = mean_by_number(pixels[core], numbers[core], count)
    seen = whole >= max(LEAST_CORE_PIXELS, LEAST_OF_CORE * np.pi * (CORE * repeats.side) ** 2)
    if seen.sum() < FEWEST_DOTS or len(np.unique(means[seen].mean(1) // DOT_SHADE)) < FEWEST_DOT_SHADES:
        return None
    in_seen = core & seen[numbers]
    stray = np.abs(pixels - means[numbers])[in_seen].mean()
    spread = np.abs(means[seen] - np.median(means[seen], axis=0)).mean()
    of_cores, of_corners = ground[in_seen].mean(), ground[away > np.quantile(away, FARTHEST_FROM_CENTRES)].mean()
    if of_cores > MOST_GROUND_IN_CORES or stray > MOST_STRAY_IN_CORES * spread * (of_corners - of_cores):
        return None
    cut, parts = mean_by_number(pixels[body], numbers[body], count)
    shown = np.zeros(count)
    np.maximum.at(shown, numbers, ground)
    known = seen | (parts >= LEAST_CORE_PIXELS)
    return Dots(
        numbers, known, known & (shown < SHOWN_GROUND), np.where(seen[:, None], means, cut), of_corners - of_cores
    )


def nearest_dots(repeats: Repeats, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the nearest centre of each pixel (n,), and how far it is away, px."""
    numbers = repeats.cells_at(rows.astype(float), columns.astype(float))
    places = np.stack([rows, columns], 1) - repeats.start
    along = np.round(places @ np.linalg.inv(repeats.steps))
    away = np.full(len(rows), np.inf)
    for move in itertools.product((-1, 0, 1), repeat=2):
        away = np.minimum(away, np.hypot(*(places - (along + move) @ repeats.steps).T))
    return numbers, away


def mean_by_number(pixels: np.ndarray, numbers: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean of the pixels (n, 3) of every number (count, 3), and how many there are (count,)."""
    counts = np.bincount(numbers, minlength=count)
    sums = np.stack([np.bincount(numbers, pixels[:, channel], minlength=count) for channel in range(3)], 1)
    return sums / np.maximum(counts, 1)[:, None], counts


def joined_cells(inside: np.ndarray, dots: Dots) -> FreeCells:
    """Return the cells around dots; those whose dot the outline cuts off are joined to the nearest others."""
    named = np.where(dots.known, dots.known.cumsum() - 1, -1)
    labels = np.full(inside.shape, -1)
    labels[inside] = named[dots.numbers]
    unknown = (labels < 0).astype(np.uint8)
    _, seeds = cv2.distanceTransformWithLabels(unknown, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL)
    nearest = np.asarray(seeds, np.int32)
    by_seed = np.zeros(int(nearest.max()) + 1, labels.dtype)
    by_seed[nearest[unknown == 0]] = labels[unknown == 0]
    labels[inside] = np.where(dots.bare[dots.numbers], -1, by_seed[nearest][inside])
    means = torch.from_numpy(dots.means[dots.known].T / 255).float().contiguous()
    return FreeCells(torch.from_numpy(labels).long(), means)
