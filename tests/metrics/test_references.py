"""Every metric beside an independent implementation, on 20 pictures; each test skips where it is not installed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from inpaint.metrics.edge_agreement import edge_agreement
from inpaint.metrics.feature_sets import frechet_distance, kernel_distance
from inpaint.metrics.ms_ssim import ms_ssim
from inpaint.metrics.picture_regions import MEASURED_RING, region_of
from inpaint.metrics.pixelwise import l1_distance, luma, psnr, psnr_luma
from inpaint.metrics.pooled import PooledPsnr
from inpaint.metrics.ssim import ssim, ssim_map
from inpaint.metrics.weighted import metrics_named

EXACT = 1e-6


def pairs(*, count: int = 20, size: tuple[int, int] = (40, 56)) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield a restored picture that differs under its mask alone, its original and the mask, in 8-bit steps."""
    rng = torch.Generator().manual_seed(0)
    for number in range(count):
        rough = torch.rand(1, 3, size[0] // 4, size[1] // 4, generator=rng)
        target = torch.nn.functional.interpolate(rough, size, mode="bicubic").clamp(0, 1)
        mask = torch.zeros(1, 1, *size)
        mask[..., number % 9 : 12 + number, 5 + number : 30 + number % 7] = 1
        noisy = target + mask * 0.1 * torch.randn(target.shape, generator=rng)
        yield (noisy.clamp(0, 1) * 255).round() / 255, (target * 255).round() / 255, mask


def arrays(*pictures: Tensor) -> list[np.ndarray]:
    return [it[0].permute(1, 2, 0).double().numpy() for it in pictures]


def test_ssim_and_its_map_are_scikit_images():
    metrics = pytest.importorskip("skimage.metrics")
    for restored, target, mask in pairs():
        mean, full = metrics.structural_similarity(
            *arrays(restored, target),
            channel_axis=2,
            data_range=1.0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            full=True,
        )
        assert ssim(restored, target).item() == pytest.approx(mean, abs=EXACT)
        assert np.abs(ssim_map(restored, target)[0].permute(1, 2, 0).numpy() - full).max() < EXACT
        assert ssim(restored, target, mask).item() == pytest.approx(full[mask[0, 0].numpy() > 0].mean(), abs=EXACT)


def test_psnr_and_that_of_the_luma_are_scikit_images():
    metrics, color = pytest.importorskip("skimage.metrics"), pytest.importorskip("skimage.color")
    for restored, target, mask in pairs():
        ours, theirs = arrays(restored, target)
        chosen, everywhere = mask[0, 0].numpy() > 0, torch.ones_like(mask)
        for where, pixels in ((mask, chosen), (everywhere, np.ones_like(chosen))):
            expected = metrics.peak_signal_noise_ratio(theirs[pixels], ours[pixels], data_range=1.0)
            assert psnr(restored, target, where).item() == pytest.approx(expected, abs=1e-5)  # float32 of 30 dB
            assert psnr(restored, target, where).item() == pytest.approx(expected, rel=EXACT)
            y = [color.rgb2ycbcr(it)[..., 0][pixels] for it in (theirs, ours)]
            expected = metrics.peak_signal_noise_ratio(*y, data_range=255)
            assert psnr_luma(restored, target, where).item() == pytest.approx(expected, rel=EXACT)


def test_l1_is_numpys():
    for restored, target, mask in pairs():
        ours, theirs = arrays(restored, target)
        expected = np.abs(ours - theirs)[mask[0, 0].numpy() > 0].mean()
        assert l1_distance(restored, target, mask).item() == pytest.approx(expected, abs=EXACT)


def test_pooled_psnr_is_that_of_all_masked_pixels_in_one_row():
    metrics = pytest.importorskip("skimage.metrics")
    given = list(pairs())
    rows = [
        np.concatenate([arrays(it[part])[0][it[2][0, 0].numpy() > 0] for it in given]) for part in (1, 0)
    ]  # (pixels, 3)
    pooled = PooledPsnr()
    found = pooled.combine(torch.stack([pooled.observe(*it) for it in given]))
    assert found == pytest.approx(metrics.peak_signal_noise_ratio(*rows, data_range=1.0), abs=EXACT)


def test_edge_agreement_is_the_cosine_of_scipys_gradients():
    ndimage = pytest.importorskip("scipy.ndimage")
    for restored, target, mask in pairs():
        fields = [
            np.stack([ndimage.sobel(luma(it)[0, 0].numpy(), axis, mode="reflect") for axis in (1, 0)])
            for it in (restored, target)
        ]
        one, other = (field[:, mask[0, 0].numpy() > 0].ravel() for field in fields)
        expected = one @ other / (np.linalg.norm(one) * np.linalg.norm(other))
        assert edge_agreement(restored, target, mask).item() == pytest.approx(expected, abs=EXACT)


def test_the_ring_is_scipys_distance():
    ndimage = pytest.importorskip("scipy.ndimage")
    for _, _, mask in pairs():
        distance = ndimage.distance_transform_edt(mask[0, 0].numpy() == 0)
        expected = (distance > 0) & (distance <= MEASURED_RING)
        assert np.array_equal(region_of(mask, "ring")[0, 0].numpy() > 0, expected)


def test_ms_ssim_is_pytorch_msssims():
    package = pytest.importorskip("pytorch_msssim")
    for restored, target, mask in pairs(size=(192, 176)):
        expected = package.ms_ssim(restored.double(), target.double(), data_range=1.0).item()
        assert ms_ssim(restored, target, mask).item() == pytest.approx(expected, abs=EXACT)


def features(count: int, seed: int) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    mixed = torch.randn(24, 24, generator=rng, dtype=torch.float64)
    return torch.randn(count, 24, generator=rng, dtype=torch.float64) @ mixed + seed


def test_fid_is_pytorch_fids_on_the_same_features():
    package = pytest.importorskip("pytorch_fid.fid_score")
    ours, theirs = features(60, 1), features(80, 2)
    moments = [(it.numpy().mean(0), np.cov(it.numpy(), rowvar=False)) for it in (ours, theirs)]
    expected = package.calculate_frechet_distance(*moments[0], *moments[1])
    assert frechet_distance(ours, theirs) == pytest.approx(expected, abs=1e-3)


def test_kid_is_the_unbiased_kernel_estimate_of_torchmetrics():
    from torchmetrics.image.kid import poly_mmd

    ours, theirs = features(60, 1), features(60, 2)
    expected = poly_mmd(ours, theirs).item()
    assert kernel_distance(ours, theirs) == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
def test_a_set_lies_nearer_to_itself_than_to_another(distance):
    assert distance(features(60, 1), features(60, 1)) < distance(features(60, 1), features(60, 2))


def test_lpips_of_alexnet_is_that_of_the_lpips_package_where_its_weights_are():
    package = pytest.importorskip("lpips")
    try:
        metric = metrics_named(["lpips_alex_whole"])["lpips_alex_whole"]
    except ValueError as error:
        pytest.skip(str(error))
    reference = package.LPIPS(net="alex", verbose=False).eval()
    assert metric.picture is not None
    for restored, target, mask in pairs(count=4, size=(64, 96)):
        expected = reference(restored, target, normalize=True).item()
        assert metric.picture(restored, target, mask).item() == pytest.approx(expected, abs=EXACT)


def test_the_shift_tolerant_lpips_is_its_packages_and_grows_with_the_error():
    package = pytest.importorskip("stlpips_pytorch.stlpips")
    metric = metrics_named(["st_lpips_whole"])["st_lpips_whole"]
    reference = package.LPIPS(net="vgg", variant="shift_tolerant", verbose=False).eval()
    assert metric.picture is not None
    restored, target, mask = next(pairs(size=(64, 96)))
    found = [metric.picture(it, target, mask).item() for it in (target, (restored + target) / 2, restored)]
    assert found[0] == pytest.approx(0, abs=EXACT)
    assert found[0] < found[1] < found[2]
    with torch.no_grad():
        assert found[2] == pytest.approx(reference(restored, target, normalize=True).item(), abs=EXACT)
