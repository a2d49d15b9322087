"""Canny's edges: where a step has its line, what the hole hides, and both thresholds."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from checksums import hash_values
from torch import Tensor

from inpaint.layers.canny import canny, grey


def step(contrast: float = 1.0, side: int = 40) -> Tensor:
    """A picture whose right half is brighter."""
    picture = torch.zeros(1, 1, side, side)
    picture[..., side // 2 :] = contrast
    return picture


def test_a_step_is_one_line_that_keeps_off_the_border():
    edges = canny(step())
    assert edges.unique().tolist() == [0, 1]
    lines = edges[0, 0].sum(1)[1:-1]
    assert ((lines == 1) | (lines == 2)).all()  # both columns beside the step have one gradient, but for rounding
    assert edges[..., 1:-1, 19:21].sum() == edges.sum()
    assert not edges[..., [0, -1], :].any()


@pytest.mark.parametrize(
    ("sigma", "masked", "count", "places"),
    [
        (1.0, False, 732, 1_505_654),
        (1.0, True, 651, 1_348_554),
        (2.0, False, 629, 1_287_850),
        (2.0, True, 552, 1_141_382),
    ],
)
def test_edges_are_those_of_scikit_image(sigma: float, masked: bool, count: int, places: int):
    """Golden: how many edges skimage.feature.canny of scikit-image 0.26 finds, and the sum of their places."""
    noise = ((hash_values(144, 7) + 1) / 2).reshape(1, 1, 12, 12).float()
    picture = F.interpolate(noise, (64, 64), mode="bicubic", align_corners=False).clamp(0, 1)
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 20:40, 25:44] = 1
    edges = canny(picture, mask if masked else None, sigma=sigma)[0, 0]
    assert edges.sum() == count
    assert (edges * torch.arange(64 * 64).reshape(64, 64)).sum().double() == places


def test_thresholds_lie_at_gradients_of_a_tenth_and_a_fifth():
    gaussian = (-torch.arange(-8, 9).square() / 8.0).exp()
    steep = (4 * gaussian[8:10].sum() / gaussian.sum()).item()  # Sobel beside a unit step, of deviation 2: 1.50
    assert not canny(step(0.19 / steep)).any()  # nowhere strong
    assert canny(step(0.22 / steep)).any()
    fading = step() * torch.linspace(0.35, 0.05, 40).reshape(1, 1, 40, 1)
    rows = canny(fading)[0, 0].any(1)
    assert rows[5]
    last = fading[0, 0, rows.nonzero().max(), -1] * steep  # the fading itself adds a little to the gradient
    assert 0.09 < last < 0.11  # a strong line goes on while it is weak


def test_what_the_hole_holds_is_never_seen():
    torch.manual_seed(0)
    mask = torch.zeros(2, 1, 48, 48)
    mask[0, :, 10:30, 5:40] = 1
    mask[1, :, 20:23] = 1
    picture = torch.nn.functional.interpolate(torch.rand(2, 1, 8, 8), (48, 48))
    edges = canny(picture, mask)
    assert edges.any()
    assert torch.equal(edges, canny(torch.rand_like(picture).where(mask > 0.5, picture), mask))


def test_no_edge_lies_in_the_hole_or_beside_it_and_the_hole_makes_none():
    mask = torch.zeros(1, 1, 48, 48)
    mask[..., 12:30, 10:25] = 1
    assert not canny(torch.full((1, 1, 48, 48), 0.7), mask).any()
    edges = canny(torch.nn.functional.interpolate(torch.rand(1, 1, 16, 16), (48, 48)), mask)
    assert not edges[..., 11:31, 9:26].any()


def test_pictures_of_a_batch_do_not_meet():
    torch.manual_seed(0)
    pictures, masks = torch.rand(3, 1, 20, 24), (torch.rand(3, 1, 20, 24) < 0.05).float()
    alone = [canny(pictures[i : i + 1], masks[i : i + 1], sigma=1.0) for i in range(3)]
    assert torch.equal(canny(pictures, masks, sigma=1.0), torch.cat(alone))


def test_a_larger_sigma_sees_fewer_edges():
    torch.manual_seed(0)
    picture = torch.rand(1, 1, 64, 64)
    assert canny(picture, sigma=1.0).sum() > canny(picture, sigma=3.0).sum()


def test_luminance_weighs_green_most():
    colours = torch.eye(3).reshape(3, 3, 1, 1)
    assert grey(colours).flatten().tolist() == pytest.approx([0.2125, 0.7154, 0.0721])


def test_a_sigma_of_nothing_is_refused():
    with pytest.raises(ValueError, match="sigma is 0"):
        canny(step(), sigma=0)
