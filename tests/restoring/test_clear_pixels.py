"""Colours that nobody sees never bleed into what is restored, and restored holes are opaque."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import inpaint
from inpaint.folder import decensor
from inpaint.restoring.clear_pixels import opaque_where_restored, without_clear_colours
from inpaint.tiling import Box

HOLE, CLEAR = (slice(24, 40), slice(40, 56)), (slice(20, 44), slice(56, 80))


def sprite(hidden: tuple[int, int, int]) -> np.ndarray:
    """A smooth picture with a clear place beside its hole, (64, 96, 4) uint8."""
    y, x = np.mgrid[:64, :96]
    picture = np.stack([x + 40, y + 60, x // 2 + y // 2 + 80, np.full_like(x, 255)], 2).astype(np.uint8)
    picture[CLEAR] = *hidden, 0
    picture[(*HOLE, slice(0, 3))] = 0
    return picture


def test_the_restored_pixels_are_the_same_whatever_is_hidden_beside_them(tmp_path: Path):
    restorer, restored = inpaint.load("default", device="cpu"), []
    mask = np.zeros((64, 96), np.uint8)
    mask[HOLE] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    for hidden in ((0, 0, 0), (255, 255, 255), (255, 0, 255), (120, 90, 130)):
        Image.fromarray(sprite(hidden)).save(tmp_path / "a.png")
        (outcome,) = decensor(tmp_path / "a.png", tmp_path / "out", restorer=restorer, masks=tmp_path / "mask.png")
        after = np.array(Image.open(outcome.outputs[0]))
        assert (after[CLEAR] == (*hidden, 0)).all(), "what is clear is written back as it was"
        restored.append(after[HOLE])
    for other in restored[1:]:
        assert np.array_equal(other, restored[0])
    wanted = sprite((0, 0, 0)).astype(int)
    y, x = np.mgrid[HOLE]
    wanted = np.stack([x + 40, y + 60, x // 2 + y // 2 + 80], 2)
    assert abs(restored[0][..., :3].astype(int) - wanted).mean() < 6


def test_images_without_clear_pixels_beside_the_mask_are_not_touched():
    image, mask = torch.rand(3, 20, 30), torch.zeros(1, 20, 30)
    alpha = np.full((20, 30), 255, np.uint8)
    assert without_clear_colours(image, None, mask) is image
    assert without_clear_colours(image, alpha, mask) is image
    alpha[4:9, 5:9], mask[:, 4:9, 5:9] = 0, 1
    assert without_clear_colours(image, alpha, mask) is image
    alpha[0, 0] = 0
    seen = without_clear_colours(image, alpha, mask)
    assert (seen != image).any(0).sum() == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_clear_place_becomes_opaque_where_a_hole_covers_it_whole(dtype: type):
    peak = np.iinfo(dtype).max
    alpha = np.full((40, 60), peak, dtype)
    alpha[5:10, 5:10], alpha[20:30, 5:30], alpha[35, 50] = 0, 0, peak // 3
    mask = torch.zeros(1, 40, 60)
    mask[:, 3:12, 3:12] = mask[:, 22:28, 2:20] = 1
    wanted = alpha.copy()
    wanted[5:10, 5:10] = peak  # the second goes on outside of the mask, the third was not restored
    after = opaque_where_restored(alpha, [(Box(0, 0, 40, 60), mask)])
    assert after is not None
    assert np.array_equal(after, wanted)
    assert opaque_where_restored(wanted, [(Box(0, 0, 40, 60), mask)]) is wanted
    assert opaque_where_restored(None, []) is None
