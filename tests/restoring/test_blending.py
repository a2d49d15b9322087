"""A restored region meets the known pixels around it, and only the region changes."""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.randomness import rng_for
from inpaint.restoring.blending import depth_in_mask, meet_known
from inpaint.tiling import Box


def ramps(height: int = 80, width: int = 100) -> Tensor:
    """A smooth picture (3, H, W)."""
    y, x = torch.linspace(0.2, 0.8, height)[:, None], torch.linspace(0.3, 0.7, width)
    return torch.stack([y.expand(height, width), x.expand(height, width), (y + x) / 2])


def hole(height: int = 80, width: int = 100) -> Tensor:
    mask = torch.zeros(1, height, width)
    Box(20, 30, 60, 70).of(mask).fill_(1)
    return mask


def test_a_colour_cast_is_taken_away():
    image, mask = ramps(), hole()
    cast = torch.tensor([0.1, -0.05, 0.02])[:, None, None]
    torch.testing.assert_close(meet_known(image + cast, image, mask) * mask, image * mask, atol=1e-3, rtol=0)


def test_a_feather_takes_a_cast_away_at_the_rim_and_leaves_it_inside():
    image, mask = ramps(), hole()
    met = meet_known(image + 0.1, image, mask, feather=8) - image
    assert met[:, 20, 40:60].abs().max() < 0.01
    assert (met[:, 30:50, 40:60] - 0.1).abs().max() < 1e-6
    assert met[:, 20:29, 50].diff(dim=1).min() > 0, "it fades in steps"


def test_known_pixels_of_an_answer_are_left_and_hidden_ones_of_the_image_are_never_read():
    image, mask = ramps(), hole()
    answer = torch.rand(3, 80, 100, generator=rng_for("answer"))
    met = meet_known(answer, image, mask)
    assert torch.equal(met * (1 - mask), answer * (1 - mask))
    assert torch.equal(met, meet_known(answer, torch.where(mask > 0.5, 0.9, image), mask))


def test_without_any_known_pixel_nothing_breaks():
    image, mask = ramps(9, 9), torch.ones(1, 9, 9)
    assert meet_known(image, image, mask).isfinite().all()
    assert meet_known(image, image, mask, feather=3).isfinite().all()


def test_depth_is_the_distance_to_the_nearest_known_pixel():
    mask = torch.zeros(1, 5, 9)
    mask[0, :, 2:7] = 1
    assert depth_in_mask(mask)[2].tolist() == [0, 0, 1, 2, 3, 2, 1, 0, 0]
