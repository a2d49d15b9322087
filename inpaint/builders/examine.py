"""Examine one picture: is it fit for training, what does it look like, and which patches does it give?

The picture is decoded once.  Its patches are written to a staging folder at once, because whether the picture is a
duplicate is known only when all have been seen.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from inpaint import images
from inpaint.builders.patches import Place, cut
from inpaint.builders.similarity import Look, look_at, look_at_quarters
from inpaint.builders.source import Source

FLAT = 4.0  # standard deviation, gray levels, below which a picture is flat: fog, a plain cover, a blank scan


class Settings(NamedTuple):
    """What the examination of a picture depends on."""

    size: int  # side of a patch, pixels
    seed: int
    patches_per_image: int
    scales: tuple[float, ...]
    min_side: int  # of a picture, pixels


class Patch(NamedTuple):
    """A patch that lies in the staging folder."""

    staged: str  # file name in the staging folder
    box: tuple[int, int, int, int]  # y, x, height, width in pixels of the picture
    scale: float
    sha256: str  # of the PNG file
    total: tuple[int, ...]  # sum of the values 0..255 of each channel
    squares: tuple[int, ...]  # sum of their squares


class Finding(NamedTuple):
    """What is known of one picture."""

    source: Source
    rule: str = ""  # that rejects it; "" while it is kept
    detail: str = ""  # why, for a person
    digest: str = ""  # sha256 of the decoded pixels and their shape
    pixels: int = 0
    bytes: int = 0  # of the file
    looks: tuple[Look, ...] = ()  # the whole and its four quarters
    patches: tuple[Patch, ...] = ()


def examine(index: int, source: Source, settings: Settings, staging: Path) -> Finding:
    """Return the finding of one picture, its patches written as STAGING/INDEX_N.png."""
    try:
        picture = images.read(source.path)
        size = source.path.stat().st_size
    except (ValueError, OSError) as error:
        return Finding(source, "unreadable", str(error).replace(str(source.path), source.name))
    rgb = _on_white(picture)  # (H, W, 3) uint8
    height, width = rgb.shape[:2]
    if min(height, width) < settings.min_side:
        return Finding(source, "too small", f"{width}x{height} pixels, the shorter side needs {settings.min_side}")
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    deviation = float(gray.std())
    if deviation < FLAT:
        return Finding(source, "flat", f"its gray levels deviate by {deviation:.1f}, less than {FLAT:g}")
    digest = hashlib.sha256(repr(rgb.shape).encode() + rgb.tobytes()).hexdigest()
    places = cut(
        rgb,
        size=settings.size,
        most=settings.patches_per_image,
        scales=settings.scales,
        key=(settings.seed, digest),
    )
    if not places:
        return Finding(source, "flat", f"no place of {settings.size} pixels has detail in it")
    looks = (look_at(gray), *look_at_quarters(gray))
    patches = tuple(_stage(place, staging / f"{index}_{number}.png") for number, place in enumerate(places))
    return Finding(source, "", "", digest, height * width, size, looks, patches)


def _on_white(picture: images.Picture) -> np.ndarray:
    """Return (H, W, 3) uint8: the picture on white paper, so that colours hidden under transparency never show."""
    colour = _eight_bits(picture.colour)
    if picture.alpha is not None:
        alpha = _eight_bits(picture.alpha)[:, :, None].astype(np.uint32)
        colour = ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(colour, (*picture.size, 3)))


def _eight_bits(samples: np.ndarray) -> np.ndarray:
    """Return uint8 samples, rounded where they were uint16."""
    return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8) if samples.dtype == np.uint16 else samples


def _stage(place: Place, path: Path) -> Patch:
    """Write a patch as a lossless PNG and return its entry."""
    Image.fromarray(place.pixels).save(path)
    values = place.pixels.reshape(-1, 3).astype(np.int64)
    return Patch(
        path.name,
        place.box,
        place.scale,
        hashlib.sha256(path.read_bytes()).hexdigest(),
        tuple(values.sum(axis=0).tolist()),
        tuple((values**2).sum(axis=0).tolist()),
    )
