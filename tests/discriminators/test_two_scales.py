"""StructureFlow's discriminator: its count, and that the mean over its map is the mean over both scales."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from inpaint.discriminators.structure_flow import TwoScales, build


def test_the_count_is_the_authors():
    assert sum(parameter.numel() for parameter in build().parameters()) == 1_196_544


def test_both_scales_count_alike_and_every_parameter_learns():
    torch.manual_seed(0)
    judge = build(width=4)
    assert isinstance(judge, TwoScales)
    picture, mask = torch.rand(2, 3, 64, 48), torch.ones(2, 1, 64, 48)
    with torch.no_grad():
        judge.eval()
        logits = judge(picture, picture, mask).logits
        shrunk = F.avg_pool2d(2 * picture - 1, 3, stride=2, padding=1, count_include_pad=False)
        fine, coarse = judge.model_1(2 * picture - 1)[-1], judge.model_2(shrunk)[-1]
    assert logits.shape == (2, 2, 8, 6)
    assert coarse.shape == (2, 1, 4, 3)
    expected = ((fine - 1).square().mean() + (coarse - 1).square().mean()) / 2
    torch.testing.assert_close((logits - 1).square().mean(), expected)
    judge.train()(picture, picture, mask).logits.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in judge.parameters())


def test_impossible_options_are_refused():
    with pytest.raises(ValueError, match="width is 0"):
        build(width=0)
