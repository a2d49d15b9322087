"""In lossy files holes take in all of their paint, and what ringing spoils beside it, but only where that is seen."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from inpaint.restoring.paint_gaps import with_gaps_of_paint
from inpaint.restoring.paint_reach import grown_to_reach

COLOURS = {"green": (0, 255, 0), "magenta": (255, 0, 255), "black": (0, 0, 0), "white": (255, 255, 255)}


def stroke(height: int = 160, width: int = 208) -> np.ndarray:
    """A stroke with hard edges, (H, W) bool."""
    drawn = np.zeros((height, width), np.uint8)
    cv2.polylines(drawn, [np.array([[45, 45], [160, 60], [90, 115]])], False, (1,), 22)
    return drawn > 0


def shaded(texture: float) -> np.ndarray:
    """Smooth shades with some texture, (H, W, 3) float."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:160, :208]
    noise = cv2.GaussianBlur(rng.normal(0, 3 * texture, (160, 208, 3)), (0, 0), 1)
    return np.stack([90 + 0.3 * x, 110 + 0.2 * y, 150 - 0.2 * x], 2) + noise


def decoded(colour: tuple[int, int, int], quality: int, texture: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The painted picture as a JPEG of full chroma holds it, (H, W, 3) uint8, and the stroke."""
    pixels, inside = shaded(texture).clip(30, 225).round().astype(np.uint8), stroke()
    pixels[inside] = colour
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=0)
    return np.asarray(Image.open(file).convert("RGB")), inside


def as_image(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1) / 255


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("quality", [50, 75, 90])
def test_a_hole_takes_in_the_pixels_of_its_paint_that_a_codec_moved(name: str, quality: int):
    pixels, inside = decoded(COLOURS[name], quality, texture=20)
    off = np.abs(pixels.astype(int) - COLOURS[name]).max(2)
    marked = inside & (off <= 4)
    assert 0.01 * inside.sum() < (inside & ~marked).sum()
    whole = with_gaps_of_paint(as_image(pixels), marked, np.zeros_like(inside))
    assert (whole >= marked).all()
    assert (inside & ~whole).sum() <= 0.3 * (inside & ~marked).sum()
    assert (whole & ~inside).sum() <= 0.01 * inside.sum()


def test_gaps_of_holes_of_many_colours_stay():
    pixels = np.random.default_rng(0).integers(0, 255, (160, 208, 3), dtype=np.uint8)
    inside = stroke()
    inside[::7, ::5] = False
    assert np.array_equal(with_gaps_of_paint(as_image(pixels), inside, np.zeros_like(inside)), inside)


@pytest.mark.parametrize("name", COLOURS)
def test_ringing_beside_paint_is_restored_where_the_picture_is_smooth(name: str):
    (pixels, inside), marks = decoded(COLOURS[name], 60), torch.from_numpy(stroke()).float()[None]
    found = grown_to_reach(as_image(pixels), marks, lossless=False)
    clean = shaded(0).clip(30, 225)
    whole = found.mask[0].numpy() > 0
    whole |= False if found.tinted is None else found.tinted[0].numpy()
    spoiled = np.abs(pixels - clean).mean(2) > 4
    assert 1 <= found.farthest <= 11  # the diagonal of blocks of eight
    assert (spoiled & ~inside).sum() > 100
    assert (spoiled & ~whole).sum() < 0.1 * (spoiled & ~inside).sum()


@pytest.mark.parametrize("name", COLOURS)
def test_ringing_that_texture_hides_costs_no_pixels(name: str):
    pixels, inside = decoded(COLOURS[name], 90, texture=60)
    found = grown_to_reach(as_image(pixels), torch.from_numpy(inside).float()[None], lossless=False)
    assert found.farthest <= 1
    assert (found.mask[0].numpy() > 0).sum() <= 1.01 * inside.sum()
