from __future__ import annotations

import math

import pytest
import torch

from inpaint.metrics.pixelwise import l1_distance, psnr


def pair(errors: list[float]) -> tuple[torch.Tensor, torch.Tensor]:
    """A 1 x 4 grey picture of 0.5 and the same with these errors on its pixels."""
    target = torch.full((1, 3, 1, 4), 0.5)
    return target + torch.tensor(errors).view(1, 1, 1, 4), target


def test_psnr_counts_only_the_mask():
    restored, target = pair([0.1, 0.1, 0.4, 0.0])
    mask = torch.tensor([1.0, 1.0, 0.0, 0.0]).view(1, 1, 1, 4)
    assert psnr(restored, target, mask).item() == pytest.approx(20.0, abs=1e-5)  # MSE 0.01


def test_psnr_over_everything_worked_out_by_hand():
    restored, target = pair([0.1, 0.1, 0.4, 0.0])
    expected = 10 * math.log10(1 / ((0.01 + 0.01 + 0.16) / 4))
    assert psnr(restored, target, torch.ones(1, 1, 1, 4)).item() == pytest.approx(expected, abs=1e-5)


def test_psnr_averages_over_channels():
    target = torch.zeros(1, 3, 2, 2)
    restored = target.clone()
    restored[:, 0] = 0.3  # MSE 0.09 on one of three channels
    assert psnr(restored, target, torch.ones(1, 1, 2, 2)).item() == pytest.approx(10 * math.log10(1 / 0.03), abs=1e-5)


def test_l1_worked_out_by_hand():
    restored, target = pair([0.1, -0.3, 0.4, 0.0])
    mask = torch.tensor([1.0, 1.0, 0.0, 0.0]).view(1, 1, 1, 4)
    assert l1_distance(restored, target, mask).item() == pytest.approx(0.2, abs=1e-6)
    assert l1_distance(restored, target, torch.ones(1, 1, 1, 4)).item() == pytest.approx(0.2, abs=1e-6)


def test_each_sample_gets_its_own_number():
    target = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    restored = target + torch.tensor([0.0, 0.01, 0.1]).view(3, 1, 1, 1)
    mask = torch.ones(3, 1, 8, 8)
    mask[1, :, :4] = 0
    assert psnr(restored, target, mask)[0] == math.inf
    torch.testing.assert_close(psnr(restored, target, mask)[1:], torch.tensor([40.0, 20.0]), atol=1e-3, rtol=0)
    torch.testing.assert_close(l1_distance(restored, target, mask), torch.tensor([0.0, 0.01, 0.1]), atol=1e-6, rtol=0)


def test_identical_pictures_have_infinite_psnr_and_no_l1():
    restored, target = pair([0.0] * 4)
    assert psnr(restored, target, torch.ones(1, 1, 1, 4)).item() == math.inf
    assert l1_distance(restored, target, torch.ones(1, 1, 1, 4)).item() == 0


def test_what_lies_outside_the_mask_is_never_read():
    restored, target = pair([0.1, 0.1, math.nan, math.inf])
    mask = torch.tensor([1.0, 1.0, 0.0, 0.0]).view(1, 1, 1, 4)
    assert psnr(restored, target, mask).item() == pytest.approx(20.0, abs=1e-5)
    assert l1_distance(restored, target, mask).item() == pytest.approx(0.1, abs=1e-6)


@pytest.mark.parametrize("metric", [psnr, l1_distance])
def test_an_empty_mask_is_refused(metric):
    picture = torch.zeros(2, 3, 4, 4)
    mask = torch.ones(2, 1, 4, 4)
    mask[1] = 0
    with pytest.raises(ValueError, match="mask of sample 1 is empty"):
        metric(picture, picture, mask)


@pytest.mark.parametrize("shape", [(1, 3, 4, 4), (1, 1, 4, 5), (4, 4)])
def test_a_mask_that_does_not_fit_is_refused(shape):
    picture = torch.zeros(1, 3, 4, 4)
    with pytest.raises(ValueError, match="does not fit"):
        psnr(picture, picture, torch.ones(shape))
