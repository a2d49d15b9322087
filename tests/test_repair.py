"""One picture and what is marked in it, repaired in windows."""

from __future__ import annotations

import numpy as np
import torch
from folder_pictures import FILL, LEVEL, Fake, mosaic, noise

from inpaint.degradation.mosaic import Grid
from inpaint.images import Picture
from inpaint.plan import Box
from inpaint.repair import examine, variations

FAR = (Box(40, 50, 90, 100), Box(1400, 1500, 1410, 1560))


def marks(height: int, width: int, *boxes: Box) -> torch.Tensor:
    mask = torch.zeros(1, height, width, dtype=torch.bool)
    for box in boxes:
        box.of(mask).fill_(True)
    return mask


def test_marks_far_apart_are_restored_in_windows_and_nothing_else_changes():
    picture, mask, fake = Picture(noise(1500, 1600)), marks(1500, 1600, *FAR), Fake()
    found = examine(picture, mask, censor="bar")
    (repaired,) = variations(picture, found, fake, 1)
    assert [window.regions for window in found] == [1, 1]
    assert sum(call[0].shape[-2] * call[0].shape[-1] for call in fake.calls) < 1500 * 1600 / 5
    expected = picture.colour.copy()
    for box in FAR:
        expected[box.slices] = LEVEL
    assert np.array_equal(repaired.colour, expected)
    assert np.array_equal(picture.colour, noise(1500, 1600)), "the source is not written to"


def test_a_grid_is_seen_from_the_corner_of_its_window():
    grid, box = Grid((11, 13), (6, 3)), Box(1000, 1100, 1120, 1230)
    picture = Picture(mosaic(noise(1500, 1600), grid, box.slices))
    (window,) = examine(picture, marks(1500, 1600, box), censor="auto")
    (damage,) = window.damage
    assert damage.grid == Grid((11, 13), ((6 - window.box.top) % 11, (3 - window.box.left) % 13))


def test_deep_and_grey_pictures_and_their_alpha_are_kept():
    grey = np.random.default_rng(3).integers(0, 65536, (70, 300, 1), dtype=np.uint16)
    picture = Picture(grey, alpha=grey[:, :, 0], text={"a": "b"})
    mask = marks(70, 300, Box(10, 10, 20, 20))
    (repaired,) = variations(picture, examine(picture, mask, censor="bar"), Fake(), 1)
    expected = grey.copy()
    expected[10:20, 10:20] = round(FILL * 65535)
    assert np.array_equal(repaired.colour, expected)
    assert repaired.alpha is picture.alpha
    assert repaired.text == {"a": "b"}


def test_variations_differ_by_their_flips():
    picture, mask, fake = Picture(noise()), marks(40, 50, Box(5, 5, 9, 9)), Fake()
    assert len(list(variations(picture, examine(picture, mask, censor="bar"), fake, 4))) == 4
    assert [call[4] for call in fake.calls] == [(False, False), (False, True), (True, False), (True, True)]
