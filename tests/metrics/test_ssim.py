from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from inpaint.metrics.ssim import ssim


def pictures(*, height: int = 24, width: int = 31) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    target = torch.rand(2, 3, height, width, generator=rng)
    return (target + 0.2 * torch.randn(target.shape, generator=rng)).clamp(0, 1), target


def reference_map(restored: np.ndarray, target: np.ndarray) -> np.ndarray:
    """SSIM of two (H, W) pictures by the formula of Wang et al. 2004, with OpenCV's Gaussian."""

    def blur(values: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(values, (11, 11), 1.5, borderType=cv2.BORDER_REFLECT)

    mean_x, mean_y = blur(restored), blur(target)
    variance_x, variance_y = blur(restored**2) - mean_x**2, blur(target**2) - mean_y**2
    covariance = blur(restored * target) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    return luminance * (2 * covariance + 0.03**2) / (variance_x + variance_y + 0.03**2)


@pytest.mark.parametrize("point", [(0, 0), (12, 15), (5, 30), (23, 7)])
def test_the_map_lines_up_with_the_mask(point):
    restored, target = pictures()
    mask = torch.zeros(2, 1, 24, 31)
    mask[:, :, point[0], point[1]] = 1
    for sample, value in enumerate(ssim(restored, target, mask)):
        channels = zip(restored[sample].double().numpy(), target[sample].double().numpy(), strict=True)
        expected = np.mean([reference_map(x, y)[point] for x, y in channels])
        assert value.item() == pytest.approx(expected, abs=1e-6)


def test_without_a_mask_it_is_the_mean_of_the_reference_map_without_its_border():
    restored, target = pictures()
    expected = [
        np.mean([reference_map(x, y)[5:-5, 5:-5] for x, y in zip(a.double().numpy(), b.double().numpy(), strict=True)])
        for a, b in zip(restored, target, strict=True)
    ]
    assert ssim(restored, target).tolist() == pytest.approx(expected, abs=1e-6)


def test_identical_pictures_score_one():
    _, target = pictures()
    torch.testing.assert_close(ssim(target, target), torch.ones(2), atol=1e-6, rtol=0)


def test_damage_far_from_the_mask_does_not_count():
    _, target = pictures()
    restored = target.clone()
    restored[..., 20:] = 0
    mask = torch.zeros(2, 1, 24, 31)
    mask[..., :10] = 1
    torch.testing.assert_close(ssim(restored, target, mask), torch.ones(2), atol=1e-6, rtol=0)
    assert (ssim(restored, target) < 0.9).all()


def test_an_empty_mask_is_refused():
    restored, target = pictures()
    with pytest.raises(ValueError, match="mask of sample 0 is empty"):
        ssim(restored, target, torch.zeros(2, 1, 24, 31))


def test_a_picture_smaller_than_half_the_window_is_refused():
    picture = torch.zeros(1, 3, 5, 40)
    with pytest.raises(ValueError, match="5 x 40 is too small"):
        ssim(picture, picture)
