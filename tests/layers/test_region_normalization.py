"""Region normalization: cases worked out by hand, and two masked batch norms as in the authors' code."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.layers.region_normalization import RegionNormB, RegionNormL, region_normalised

ROW = torch.tensor([1.0, 3.0, 10.0, 30.0])
PICTURE = ROW.expand(1, 1, 2, 4).clone()
RIGHT = torch.tensor([0.0, 0.0, 1.0, 1.0]).expand(1, 1, 2, 4).clone()  # the hole


def assert_rows(answer: Tensor, *row: float, absolute: float = 2e-5) -> None:
    torch.testing.assert_close(answer, torch.tensor(row, dtype=answer.dtype).expand_as(answer), atol=absolute, rtol=0)


@pytest.mark.parametrize("over_batch", [False, True])
def test_each_region_is_normalised_by_itself(over_batch: bool):
    assert_rows(region_normalised(PICTURE, RIGHT, over_batch=over_batch), -1, 1, -1, 1)


@pytest.mark.parametrize("region", [torch.zeros(1, 1, 2, 4), torch.ones(1, 1, 2, 4)])
def test_an_empty_region_leaves_the_norm_of_the_whole(region: Tensor):
    assert_rows(region_normalised(PICTURE, region, over_batch=False), -0.872, -0.698, -0.087, 1.657, absolute=1e-3)


@pytest.mark.parametrize(("shifts", "row"), [("everywhere", (2.5, 3.5, 1.0, 5.0)), ("region", (-2.5, -1.5, 3.0, 7.0))])
@torch.no_grad()
def test_rn_b_scales_and_shifts_by_region(shifts: str, row: tuple[float, ...]):
    layer = RegionNormB(1, shifts=shifts)
    for name, value in [
        ("foreground_gamma", 1.0),
        ("foreground_beta", 5.0),
        ("background_gamma", -0.5),
        ("background_beta", -2.0),
    ]:
        layer.get_parameter(name).fill_(value)
    assert_rows(layer(PICTURE, RIGHT), *row, absolute=1e-4)


@torch.no_grad()
def test_rn_b_takes_the_nearest_pixel_of_a_larger_mask():
    large = RIGHT.repeat_interleave(2, dim=-2).repeat_interleave(2, dim=-1)
    assert torch.equal(RegionNormB(1)(PICTURE, large), RegionNormB(1)(PICTURE, RIGHT))


@torch.no_grad()
def test_rn_l_that_sees_nothing_is_a_batch_norm_in_both_modes():
    layer = RegionNormL()
    for parameter in layer.parameters():
        parameter.zero_()
    x = torch.randn(1, 5, 6, 4)
    for mode in (True, False):
        torch.testing.assert_close(layer.train(mode)(x), F.batch_norm(x, None, None, training=True))


@torch.no_grad()
def test_rn_l_finds_the_region_where_attention_reaches_four_fifths():
    layer = RegionNormL()
    for parameter in layer.parameters():
        parameter.zero_()
    layer.sa.conv1.weight[0, 0, 3, 3] = 1  # the centre tap on the mean: attention = sigmoid(x)
    x = torch.tensor([1.0, 1.0, 3.0, 5.0]).view(1, 1, 1, 4)
    assert_rows(layer(x), 0, 0, -1, 1)


def by_batch_norms(x: Tensor, region: Tensor) -> Tensor:
    """Fill what lies outside with the region's mean, batch-normalise all, rescale; for both regions, added."""
    total = torch.zeros_like(x)
    for side in (region, 1 - region):
        size = side.sum() if side.any() else torch.ones(())
        mean = (x * side).sum((0, 2, 3), keepdim=True) / size
        filled = x * side + mean * (1 - side)
        total = total + F.batch_norm(filled, None, None, training=True) * (size * x.shape[1] / x.numel()).sqrt()
    return total


@pytest.mark.parametrize("share", [0.0, 0.05, 0.6, 1.0])
def test_the_closed_form_equals_two_masked_batch_norms_with_gradients(share: float):
    torch.manual_seed(0)
    x = (torch.randn(3, 4, 6, 5).double() * 3 + 1).requires_grad_()
    region = (torch.rand(3, 1, 6, 5) < share).double()
    answer, expected = region_normalised(x, region, over_batch=True), by_batch_norms(x, region)
    torch.testing.assert_close(answer, expected)
    weight = torch.randn_like(answer)
    mine, theirs = (torch.autograd.grad((it * weight).sum(), x)[0] for it in (answer, expected))
    torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize(("statistics", "training"), [("batch", False), ("picture", True), ("picture", False)])
@torch.no_grad()
def test_pictures_are_normalised_alone_in_eval_mode_or_where_asked(statistics: str, training: bool):
    torch.manual_seed(0)
    x, mask = torch.randn(3, 4, 6, 5), (torch.rand(3, 1, 6, 5) < 0.4).float()
    outer, inner = (
        RegionNormB(4, statistics=statistics).train(training),
        RegionNormL(statistics=statistics).train(training),
    )
    alone = [by_batch_norms(x[i : i + 1], mask[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(outer(x, mask), torch.cat(alone), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(inner(x), torch.cat([inner(x[i : i + 1]) for i in range(3)]), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_in_training_statistics_are_the_batches():
    x, mask = torch.randn(3, 4, 6, 5), (torch.rand(3, 1, 6, 5) < 0.4).float()
    torch.testing.assert_close(RegionNormB(4).train()(x, mask), by_batch_norms(x, mask), atol=1e-4, rtol=1e-4)


def test_parameters_are_counted_as_published():
    assert sum(parameter.numel() for parameter in RegionNormB(7).parameters()) == 28
    assert sum(parameter.numel() for parameter in RegionNormL().parameters()) == 198


def test_half_precision_is_normalised_in_single():
    x = (1000 + PICTURE).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        answer = region_normalised(x, RIGHT, over_batch=False)
    assert answer.dtype == torch.float32
    torch.testing.assert_close(answer, region_normalised(x.float(), RIGHT, over_batch=False))


def test_what_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="choose everywhere or region"):
        RegionNormB(4, shifts="nowhere")
    for layer in (lambda: RegionNormB(4, statistics="world"), lambda: RegionNormL(statistics="world")):
        with pytest.raises(ValueError, match="choose batch or picture"):
            layer()
