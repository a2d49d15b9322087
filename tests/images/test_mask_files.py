"""A mask file of any mode becomes exactly 0 and 1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from inpaint.images import read_mask

PAINTED = np.zeros((4, 6), bool)
PAINTED[1:3, 2:5] = True


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_white_on_black_is_read_in_any_mode(mode: str, tmp_path: Path):
    Image.fromarray((PAINTED * 255).astype(np.uint8)).convert("RGB").convert(mode).save(tmp_path / "m.png")
    mask = read_mask(tmp_path / "m.png", (4, 6))
    assert mask.shape == (1, 4, 6)
    assert mask.dtype == torch.float32
    assert np.array_equal(mask[0].numpy() == 1, PAINTED)
    assert set(mask.unique().tolist()) == {0, 1}


def test_half_of_the_range_is_the_border(tmp_path: Path):
    Image.fromarray(np.array([[0, 127, 128, 255]], np.uint8)).save(tmp_path / "m.png")
    assert read_mask(tmp_path / "m.png").tolist() == [[[0, 0, 1, 1]]]
    Image.fromarray(np.array([[0, 32767, 32768, 65535]], np.uint16)).save(tmp_path / "m.png")
    assert read_mask(tmp_path / "m.png").tolist() == [[[0, 0, 1, 1]]]


def test_strokes_of_any_strong_colour_count(tmp_path: Path):
    Image.fromarray(np.array([[[0, 0, 0], [255, 0, 0], [0, 0, 255]]], np.uint8)).save(tmp_path / "m.png")
    assert read_mask(tmp_path / "m.png").tolist() == [[[0, 1, 1]]]


@pytest.mark.parametrize("colour", [0, 90, 255])
def test_one_single_colour_says_it_with_alpha(colour: int, tmp_path: Path):
    samples = np.full((4, 6, 4), colour, np.uint8)
    samples[:, :, 3] = PAINTED * 255
    Image.fromarray(samples).save(tmp_path / "m.png")
    assert np.array_equal(read_mask(tmp_path / "m.png")[0].numpy() == 1, PAINTED)


def test_an_empty_opaque_mask_is_empty(tmp_path: Path):
    Image.new("RGBA", (6, 4), (0, 0, 0, 255)).save(tmp_path / "m.png")
    assert not read_mask(tmp_path / "m.png").any()


def test_another_size_is_refused(tmp_path: Path):
    Image.new("L", (6, 4)).save(tmp_path / "m.png")
    with pytest.raises(ValueError, match=r"m\.png is a mask of 6 x 4 pixels, but its picture has 4 x 6"):
        read_mask(tmp_path / "m.png", (6, 4))
