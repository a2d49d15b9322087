"""Luma in the narrow range of video: worked out by hand, and put back without touching colours."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from inpaint.generators import espcn, srcnn
from inpaint.layers.luma import OnLuma, video_luma, with_luma


@pytest.mark.parametrize(
    ("colour", "expected"),
    [((0, 0, 0), 16), ((1, 1, 1), 235), ((1, 0, 0), 81.481), ((0, 1, 0), 144.553), ((0, 0, 1), 40.966)],
)
def test_luma_is_that_of_matlab(colour: tuple[int, int, int], expected: float):
    picture = torch.tensor(colour, dtype=torch.float64)[None, :, None, None]
    assert video_luma(picture).item() * 255 == pytest.approx(expected, rel=1e-9)


def test_another_luma_leaves_the_differences_of_colours():
    torch.manual_seed(0)
    picture = torch.rand(2, 3, 4, 5, dtype=torch.float64)
    changed = with_luma(picture, video_luma(picture) + 0.1)
    torch.testing.assert_close(video_luma(changed), video_luma(picture) + 0.1)
    torch.testing.assert_close(changed - changed[:, :1], picture - picture[:, :1])


def test_a_trunk_that_changes_nothing_changes_no_picture():
    picture = torch.rand(1, 3, 6, 6)
    torch.testing.assert_close(OnLuma(nn.Identity())(picture), picture)


def test_networks_on_luma_enlarge_grey_as_grey():
    torch.manual_seed(0)
    grey = torch.rand(1, 1, 24, 24).expand(-1, 3, -1, -1)
    answer = espcn.build(block=4, width=4, luma=True, reduction="bicubic")(grey, torch.ones(1, 1, 24, 24)).image
    assert answer.shape == grey.shape
    torch.testing.assert_close(answer[:, :1].expand_as(answer), answer)


@pytest.mark.parametrize(("middle", "parameters"), [(1, 8_129), (5, 57_281)])
def test_counts_are_the_published_ones(middle: int, parameters: int):
    network = srcnn.build(middle=middle, luma=True)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


def test_steps_of_cells_that_are_not_square_are_refused():
    with pytest.raises(ValueError, match="square cells"):
        espcn.build(block=[4, 8], reduction="bicubic")
