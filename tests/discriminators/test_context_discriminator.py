"""GLCIC's discriminator: the published counts, and where it looks."""

from __future__ import annotations

import pytest
import torch

from inpaint.discriminators.glcic import ContextDiscriminator, build


def count(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_counts_are_the_published_ones():
    with torch.device("meta"):
        judge, smaller = build(), build(size=160, crop=96)
    assert isinstance(judge, ContextDiscriminator)
    assert count(judge) == 45_063_681
    assert (count(judge.local), count(judge.whole)) == (19_253_248, 25_808_384)
    assert len(judge.whole.stages) == 6
    assert isinstance(smaller, ContextDiscriminator)
    assert len(smaller.whole.stages) == 5  # down to 5 px


@torch.no_grad()
def test_the_window_around_the_hole_is_judged_beside_the_whole():
    torch.manual_seed(0)
    judge = build(width=2, size=32, crop=16).eval()
    picture, mask = torch.rand(2, 3, 32, 32), torch.zeros(2, 1, 32, 32)
    mask[..., 2:10, 2:10] = 1
    moved = mask.roll((16, 16), dims=(2, 3))
    scores = judge(picture, picture, mask)
    assert scores.logits.shape == (2, 1, 1, 1)
    assert not torch.equal(scores.logits, judge(picture, picture, moved).logits)
    local = judge(picture, picture, mask).features[0]
    far = picture.clone()
    far[..., 20:, 20:] = 0  # outside the window
    assert torch.equal(local, judge(far, picture, mask).features[0])
    assert not torch.equal(scores.logits, judge(far, picture, mask).logits)


def test_the_gradient_reaches_every_parameter():
    torch.manual_seed(0)
    judge = build(width=4, size=64, crop=32)
    scores = judge(torch.rand(3, 3, 64, 64), torch.rand(3, 3, 64, 64), torch.ones(3, 1, 64, 64))
    (scores.logits.square().sum() + sum(feature.square().mean() for feature in scores.features)).backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in judge.parameters())


def test_other_sizes_are_refused():
    judge = build(width=2, size=64, crop=32)
    with pytest.raises(ValueError, match="the picture is 32x48 px: this discriminator judges 64x64 px alone"):
        judge(torch.rand(1, 3, 32, 48), torch.rand(1, 3, 32, 48), torch.rand(1, 1, 32, 48))
    with pytest.raises(ValueError, match="width is 0"):
        build(width=0)
    with pytest.raises(ValueError, match="size is 64 and crop is 128"):
        build(size=64, crop=128)
