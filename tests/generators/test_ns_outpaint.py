"""NS-Outpainting: the authors' counts and answers; a picture is continued on all sides, as far as one likes."""

from __future__ import annotations

import pytest
import torch
from checksums import fill, image, summary

from inpaint.discriminators import DISCRIMINATORS
from inpaint.generators.ns_outpaint import NSOutpaint, build, known_box
from inpaint.layers.recurrent_transfer import LstmCell
from inpaint.losses.continued import fading_weights


def test_the_counts_are_the_authors():
    with torch.device("meta"):
        shared, apart = build(), build(shared=False)
        critics = [DISCRIMINATORS["strip"](part=part) for part in ("strip", "right")]
    counts = [sum(parameter.numel() for parameter in it.parameters()) for it in (shared, apart, *critics)]
    assert counts == [119_101_568, 186_226_816, 6_969_153, 1_724_737]


@torch.no_grad()
def test_checksum():
    """The authors' code at full size differs by 3e-4 (TensorFlow, single precision, norms of few places)."""
    network = build(width=4, side=64)
    assert isinstance(network, NSOutpaint)
    fill(network, gain=1.5)
    expected = (0.005544916954, 0.03233573511, 0.01777788456, -0.01302884316, 0.02941757556)
    assert summary(network.net(image(3, 64, 64))) == pytest.approx(expected, rel=1e-6)


@torch.no_grad()
def test_a_cell_is_an_lstm_that_forgets_late():
    """torch's own cell has its gates in another order, two biases, and nothing added."""
    torch.manual_seed(0)
    cell, known = LstmCell(6).double(), torch.nn.LSTMCell(6, 6).double()
    cell.kernel.bias.normal_()
    order = torch.cat([torch.arange(6) + 6 * number for number in (0, 2, 1, 3)])  # torch: input, forget, candidate
    weight, bias = cell.kernel.weight[order], cell.kernel.bias[order].clone()
    bias[6:12] += 1
    known.weight_ih.copy_(weight[:, :6])
    known.weight_hh.copy_(weight[:, 6:])
    known.bias_ih.copy_(bias)
    known.bias_hh.zero_()
    x, memory, answer = torch.randn(3, 2, 6, dtype=torch.float64)
    expected = known(x, (answer, memory))
    torch.testing.assert_close(cell(x, (memory, answer)), (expected[1], expected[0]))


class Brightening(torch.nn.Module):
    """Continues a square by itself, a little brighter."""

    def forward(self, square: torch.Tensor) -> torch.Tensor:
        return torch.cat([square, (square + 0.2).clamp(-1, 1)], dim=3)


@torch.no_grad()
@pytest.mark.parametrize("size", [(64, 64), (100, 40), (30, 90)])
def test_every_side_is_continued_step_by_step_and_what_is_known_stays(size: tuple[int, int]):
    network = build(width=4, side=64).eval()
    assert isinstance(network, NSOutpaint)
    network.net = Brightening()  # pyright: ignore[reportAttributeAccessIssue]
    height, width = size
    picture, mask = torch.full((1, 3, height + 50, width + 230), 0.3), torch.zeros(1, 1, height + 50, width + 230)
    mask[..., :20, :], mask[..., -30:, :], mask[..., :100], mask[..., -130:] = 1, 1, 1, 1
    picture = picture.where(mask < 0.5, 0.9)
    answer = network(picture, mask).image
    assert torch.equal(answer * (1 - mask), picture * (1 - mask))
    assert answer.isfinite().all()
    middle = answer[0, 0, 20 + height // 2]
    right, left = middle[100 + width :], middle[:100].flip(0)
    assert right[0] < 0.45
    assert right[-1] > right[0]  # each step goes on from the one before
    assert (right.diff() > -0.02).all()
    assert left.min() > 0.38
    assert answer[0, 0, 0, width] > 0.3


def test_a_border_is_told_from_other_masks():
    mask = torch.ones(1, 10, 12)
    mask[:, 2:9, 3:12] = 0
    assert known_box(mask) == (2, 9, 3, 12)
    mask[:, 5, 5] = 1
    assert known_box(mask) is None
    assert known_box(torch.zeros(1, 4, 4)) is None
    assert known_box(torch.ones(1, 4, 4)) is None


def test_new_columns_count_less_the_further_they_are():
    mask = torch.zeros(1, 1, 2, 8)
    mask[..., 0, 4:] = 1
    weights = fading_weights(mask)[0, 0]
    torch.testing.assert_close(weights[0], torch.tensor([1.0] * 4 + [1.0, 0.75, 0.25, 0.0]))
    assert (weights[1] == 1).all()


def test_a_critic_of_another_size_is_refused():
    picture = torch.zeros(1, 3, 64, 64)
    with pytest.raises(ValueError, match="the critic strip sees 64x128 px, but was shown 64x64"):
        DISCRIMINATORS["strip"](width=4, size=[64, 128])(picture, picture, picture[:, :1])
    with pytest.raises(ValueError, match="part is 'left': choose strip or right"):
        DISCRIMINATORS["strip"](part="left")


def test_impossible_options_are_refused():
    with pytest.raises(ValueError, match="width is 4 and side is 32: width must be at least 1, side 64, 96, 128"):
        build(width=4, side=32)
