"""PICNet's discriminator: its count, its patches and its attention."""

from __future__ import annotations

import pytest
import torch

from inpaint.discriminators.picnet import ResidualJudge, build


def test_the_count_is_the_authors_without_the_block_that_they_never_ask():
    judge = build()
    unasked = 256 * 128 * 9 + 128 + 128 * 128 * 9 + 128 + 256 * 128 + 128 + 1  # and its scale
    assert sum(parameter.numel() for parameter in judge.parameters()) + unasked == 1_575_075


def test_a_picture_of_256_is_judged_in_six_by_six_patches_and_attention_reaches_them():
    torch.manual_seed(0)
    judge = build(width=2).eval()
    assert isinstance(judge, ResidualJudge)
    picture, mask = torch.rand(1, 3, 256, 256), torch.ones(1, 1, 256, 256)
    with torch.no_grad():
        scores = judge(picture, picture, mask)
        assert scores.logits.shape == (1, 1, 6, 6)
        judge.attn2.gamma.fill_(1.0)
        assert not torch.equal(scores.logits, judge(picture, picture, mask).logits)


def test_the_gradient_reaches_every_parameter():
    torch.manual_seed(0)
    judge = build(width=4, layers=4)
    assert isinstance(judge, ResidualJudge)
    judge.attn2.gamma.data.fill_(0.5)
    judge(torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64), torch.ones(1, 1, 64, 64)).logits.square().sum().backward()
    for name, parameter in judge.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name


def test_impossible_options_are_refused():
    with pytest.raises(ValueError, match="width is 0 and layers is 3: they must be at least 1 and 4"):
        build(width=0, layers=3)
