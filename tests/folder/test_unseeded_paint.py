"""Boxes of which a lossy file kept no pixel of exactly the colour: they are marked with those that it kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inpaint import images
from inpaint.folder.paint import paint_in, with_near_paint

ONE, OTHER = (slice(16, 48), slice(16, 64)), (slice(72, 104), slice(40, 120))


def picture_with(colour: tuple[int, int, int], other: tuple[int, int, int], tmp_path: Path) -> images.Picture:
    """A grainy JPEG with a box of a colour and another box of nearly that colour, which both survive."""
    grain = np.random.default_rng(0).integers(90, 160, (120, 144, 3)).astype(np.uint8)
    grain[ONE], grain[OTHER] = colour, other
    Image.fromarray(grain).save(tmp_path / "a.jpg", quality=95, subsampling=0)
    return images.read(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    ("colour", "other"),
    [((0, 255, 0), (8, 249, 10)), ((255, 255, 255), (250, 250, 250)), ((0, 0, 0), (5, 5, 5))],
)
def test_a_box_without_one_exact_pixel_is_marked_and_told(
    colour: tuple[int, int, int], other: tuple[int, int, int], tmp_path: Path
):
    picture = picture_with(colour, other, tmp_path)
    paint = paint_in(picture, colour, edges=False)
    if not paint.mask.any():  # green is never exact in a JPEG's own colours
        paint = paint_in(picture, tuple(picture.colour[32, 40].tolist()), edges=False)
    assert not paint.mask[OTHER].any()
    mask, note = with_near_paint(paint, picture)
    assert mask[ONE].mean() > 0.9
    assert mask[OTHER].mean() > 0.9
    assert note is not None
    assert note.startswith("1 region without one pixel of exactly")


def test_what_fades_into_its_surroundings_is_kept_and_told(tmp_path: Path):
    ramp = np.full((120, 144, 3), 128, np.uint8)
    ramp[ONE] = 0
    fade = np.clip(np.arange(80) - 36, 4, 100).astype(np.uint8)
    ramp[OTHER] = fade[None, :, None]
    ramp[OTHER[0], :40] = 4
    Image.fromarray(ramp).save(tmp_path / "a.jpg", quality=95)
    picture = images.read(tmp_path / "a.jpg")
    mask, note = with_near_paint(paint_in(picture, (0, 0, 0), edges=False), picture)
    assert mask[ONE].mean() > 0.9
    assert not mask[OTHER].any()
    assert note is None or "kept" in note


def test_a_lossless_file_marks_exact_paint_alone(tmp_path: Path):
    picture = picture_with((0, 0, 0), (5, 5, 5), tmp_path)
    Image.fromarray(picture.colour).save(tmp_path / "a.png")
    plain = images.read(tmp_path / "a.png")
    paint = paint_in(plain, (0, 0, 0), edges=False)
    kept, silent = with_near_paint(paint, plain)
    assert silent is None
    assert np.array_equal(kept, paint.mask)
