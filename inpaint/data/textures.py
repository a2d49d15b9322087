"""Colours and surface patterns for drawn training pictures.

Patterns are one-channel fields in [-1, 1]; a surface is a colour that a pattern moves towards another colour.
Random numbers come from the NumPy generator that is passed in.
"""

from __future__ import annotations

import cv2
import numpy as np

SceneSize = tuple[int, int]


def palette(rng: np.random.Generator, *, count: int) -> np.ndarray:
    """Return colours that go together: (count, 3) float32 RGB in [0, 255].

    Hues gather around anchors, which are often orange (skin, wood, earth) or blue (sky, water), as in most pictures;
    saturation and value share a mood, and about a fifth of the colours are nearly grey.
    """
    prior = [rng.normal(28, 14), rng.normal(215, 20), rng.uniform(0, 360)]
    anchors = np.array([prior[rng.choice(3, p=[0.5, 0.25, 0.25])], prior[rng.integers(3)], prior[rng.integers(3)]])
    hue = anchors[rng.choice(3, count, p=[0.55, 0.3, 0.15])] + rng.normal(0, rng.uniform(5, 20), count)
    saturation = np.clip(rng.normal(rng.uniform(0.1, 0.6), 0.15, count), 0, 0.95)
    saturation[rng.random(count) < 0.2] *= 0.2
    value = np.clip(rng.normal(rng.uniform(0.4, 0.85), rng.uniform(0.15, 0.3), count), 0.04, 1)
    hsv = np.stack([hue % 360, saturation, value], axis=-1).astype(np.float32)
    return cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0] * 255


def lightened(colour: np.ndarray, amount: float) -> np.ndarray:
    """Return a colour made lighter (amount > 0) or darker (< 0), by that part of the way to white or to blue-black."""
    goal = np.array([255, 252, 240] if amount > 0 else [18, 10, 40], np.float32)
    return colour + abs(amount) * (goal - colour)


def along_a_direction(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Return the coordinate along a random direction: (H, W) float32 px."""
    angle = rng.uniform(0, 2 * np.pi)
    rows = np.arange(size[0], dtype=np.float32) * np.float32(np.sin(angle))
    return rows[:, None] + np.arange(size[1], dtype=np.float32) * np.float32(np.cos(angle))


def stretched(field: np.ndarray) -> np.ndarray:
    """Stretch a field to [-1, 1]; a constant one becomes 0."""
    low, high = float(field.min()), float(field.max())
    return (field - (low + high) / 2) * (2 / (high - low)) if high > low else np.zeros_like(field)


def cloud(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Return noise of about 1/f amplitude: octaves of smooth random grids of nearly equal height."""
    field = np.zeros(size, np.float32)
    roughness = rng.uniform(0.65, 1.05)  # 1 is exactly 1/f: every octave has the same variance
    cells, height = 3, 1.0
    while cells < max(size):
        grid = rng.standard_normal((cells, cells), dtype=np.float32)
        field += height * cv2.resize(grid, size[::-1], interpolation=cv2.INTER_CUBIC)
        cells, height = 2 * cells, height * roughness
    return stretched(field)


def grating(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Return parallel waves, soft or nearly square, of a period between 3 and 40 px."""
    wave = np.sin(along_a_direction(size, rng) * np.float32(2 * np.pi / np.exp(rng.uniform(np.log(3), np.log(40)))))
    return np.tanh(wave * np.float32(rng.uniform(0.5, 5)))


def checks(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Return a soft-edged board of turned squares or lozenges."""
    rate = np.float32(2 * np.pi / np.exp(rng.uniform(np.log(6), np.log(48))))
    sharpness = np.float32(rng.uniform(2, 12))
    return np.tanh(
        sharpness * np.sin(along_a_direction(size, rng) * rate) * np.sin(along_a_direction(size, rng) * rate)
    )


def grain(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Return streaks as in wood or brushed metal: waves bent by noise."""
    bend = cloud(size, rng) * np.float32(rng.uniform(2, 12))
    return np.sin(along_a_direction(size, rng) * np.float32(rng.uniform(0.1, 0.8)) + bend)


def speckle(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Return fine blurred noise, as of sand, cloth or foliage."""
    noise = rng.standard_normal(size, dtype=np.float32)
    return stretched(cv2.GaussianBlur(noise, (0, 0), rng.uniform(0.5, 1.8)))


def slope(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Return an even ramp."""
    return stretched(along_a_direction(size, rng))


def glow(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Return a soft round spot, bright in its middle."""
    rows = (np.arange(size[0], dtype=np.float32) / size[0] - rng.random(dtype=np.float32)) ** 2
    columns = (np.arange(size[1], dtype=np.float32) / size[1] - rng.random(dtype=np.float32)) ** 2
    return stretched(np.exp((rows[:, None] + columns) * np.float32(-rng.uniform(1.5, 8))))


PATTERNS = (cloud, cloud, grating, checks, grain, speckle, speckle)
SHADINGS = (slope, glow)


def pattern(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Return one pattern of a kind drawn at random: (H, W) float32 in [-1, 1]."""
    return PATTERNS[rng.integers(len(PATTERNS))](size, rng)


def shade(size: SceneSize, rng: np.random.Generator) -> np.ndarray:
    """Return one smooth field of a kind drawn at random: (H, W) float32 in [-1, 1]."""
    return SHADINGS[rng.integers(len(SHADINGS))](size, rng)


def surface(field: np.ndarray, colour: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Colour a field: -1 is one colour, 1 the other; (H, W, 3) uint8."""
    mixed = (colour + other) / 2 + field[..., None] * ((other - colour) / 2)
    return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
