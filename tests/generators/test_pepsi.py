"""PEPSI: counts, a literal transcription of its table run beside it, its paths, and the diet's meaning."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from checksums import fill, hole, image, summary
from torch import Tensor, nn

from inpaint.generators.pepsi import ReflectedConv, SharedDilations, build, build_diet
from tests.generators.contract import CONTRACT, Check


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_parameter_counts_are_the_published_ones():
    with torch.device("meta"):
        network, diet = build(), build_diet()
    parts = [count(network.get_submodule(name)) for name in ("encoder", "attention", "decoder")]
    assert parts == [2_937_184, 131_328, 588_435]
    assert count(network) == 3_656_947
    assert count(diet) == 2_411_763


def transcribed(parameters: list[Tensor], picture: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The table row by row, one picture (1, 3, H, W) in [0, 1] at a time; returns the answer and the coarse one."""
    rest = pairs(parameters)

    def layer(x: Tensor, *, kernel: int = 3, stride: int = 1, rate: int = 1) -> Tensor:
        weight, bias = next(rest)
        assert weight.shape[-1] == kernel
        return F.elu(F.conv2d(F.pad(x, (rate * (kernel // 2),) * 4, mode="reflect"), weight, bias, stride, 0, rate))

    known = 1 - mask.expand(-1, 3, -1, -1)
    x = layer(torch.cat([(picture * 255 * known) / 127.5 - 1, known], 1), kernel=5)
    for stride in (2, 1, 2, 1, 2):
        x = layer(x, stride=stride)
    for rate in (2, 4, 8, 16):
        x = layer(x, rate=rate)
    weight, bias = next(rest)
    attended = F.elu(F.conv2d(torch.cat([x, attention(x, known[:, :1, ::8, ::8])], 1), weight, bias))
    shared = list(rest)
    answers = []
    for features in (attended, x):
        rest, y = iter(shared), features
        for _ in range(3):
            y = layer(layer(y)).repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
        y = layer(layer(y))
        weight, bias = next(rest)
        answers.append(F.conv2d(y, weight, bias, padding=1).clamp(-1, 1))
    return answers[0], answers[1]


def attention(features: Tensor, known: Tensor) -> Tensor:
    """The contextual attention of one picture, patch by patch."""
    background, (height, width) = (features * known)[0], features.shape[-2:]
    keys = torch.stack([background[:, y : y + 3, x : x + 3] for y in range(height - 2) for x in range(width - 2)])
    padded = F.pad(features, (1, 1, 1, 1))[0]
    total = torch.zeros_like(F.pad(features, (1, 1, 1, 1)))[0]
    for y in range(height):
        for x in range(width):
            distances = (keys - padded[:, y : y + 3, x : x + 3]).square().sum((1, 2, 3))
            nearness = -torch.tanh((distances - distances.mean()) / distances.std(correction=0))
            total[:, y : y + 3, x : x + 3] += torch.einsum("p,pcij->cij", torch.softmax(50 * nearness, 0), keys)
    rebuilt = total[None, :, 1:-1, 1:-1] / 9
    return background + rebuilt * (1 - known)


def pairs(parameters: list[Tensor]):
    return iter(list(zip(parameters[::2], parameters[1::2], strict=True)))


@torch.no_grad()
def test_the_network_is_its_table():
    """Reference: the literal transcription above, with equal weights; two pictures with masks of their own."""
    network = build(width=4)
    fill(network, gain=2.0)
    network.train()
    pictures = image(6, 136, 144, unit_range=True).reshape(2, 3, 136, 144)
    masks = torch.zeros(2, 1, 136, 144).double()
    masks[0, :, 30:90, 40:100] = 1
    masks[1, :, 64:, 8:31] = 1
    answer, extras = network(pictures, masks)
    for i in range(2):
        expected = transcribed(list(network.parameters()), pictures[i : i + 1], masks[i : i + 1])
        for ours, theirs in zip((answer[i : i + 1], extras["coarse"][i : i + 1]), expected, strict=True):
            assert theirs.std() > 0.05
            assert (2 * ours - 1 - theirs).abs().max() < 1e-5


@torch.no_grad()
def test_checksums():
    """Reference: module.py of Forty-lock/PEPSI at be4e487 in float64, 144 x 144; it differs by less than 1e-10."""
    network = build()
    fill(network)
    answer, extras = network.train()(image(3, 144, 144, unit_range=True), hole(144))
    whole = (0.5430803624, 0.07944071928, 0.5126422612, 0.5401279915, 0.6074010297)
    assert summary(answer) == pytest.approx(whole, rel=1e-8)
    coarse = (0.5434330553, 0.07512295765, 0.5994321050, 0.5133781822, 0.5229260171)
    assert summary(extras["coarse"]) == pytest.approx(coarse, rel=1e-8)


@torch.no_grad()
def test_the_coarse_path_is_walked_in_training_only():
    network = build(width=2)
    picture, mask = torch.rand(1, 3, 136, 144), torch.zeros(1, 1, 136, 144)
    assert network.eval()(picture, mask).extras == {}
    trained = network.train()(picture, mask)
    assert trained.extras.keys() == {"coarse"}
    assert trained.extras["coarse"].shape == (1, 3, 136, 144)
    torch.testing.assert_close(trained.image, network.eval()(picture, mask).image)


@torch.no_grad()
def test_nothing_under_the_hole_is_read():
    network = build(width=2).eval()
    picture, mask = torch.rand(1, 3, 136, 136), torch.zeros(1, 1, 136, 136)
    mask[..., 40:90, 50:70] = 1
    assert torch.equal(network(picture, mask).image, network(picture * (1 - mask), mask).image)


@torch.no_grad()
def test_answers_lie_between_black_and_white():
    network = build(width=2).eval()
    fill(network, gain=10.0)
    answer = network(image(3, 136, 136, unit_range=True), hole(136)).image
    assert answer.min() == 0
    assert answer.max() == 1


@torch.no_grad()
def test_small_pictures_are_enlarged_by_their_last_row_and_column():
    network = build(width=2).eval()
    picture, mask = torch.rand(1, 3, 8, 33), (torch.rand(1, 1, 8, 33) < 0.3).float()
    answer = network(picture, mask).image
    large = [F.pad(it, (0, 103, 0, 128), mode="replicate") for it in (picture, mask)]
    assert torch.equal(answer, network(*large).image[..., :8, :33])


@torch.no_grad()
def test_thin_bars_reach_the_attention_only_by_the_minimum():
    picture, mask = torch.rand(1, 3, 136, 136), torch.zeros(1, 1, 136, 136)
    mask[..., 97:103, :] = 1
    nearest, minimum = build(width=2).eval(), build(width=2, masks="minimum").eval()
    minimum.load_state_dict(nearest.state_dict())
    assert not torch.equal(nearest(picture, mask).image, minimum(picture, mask).image)


@torch.no_grad()
def test_an_even_diet_is_four_convolutions_with_one_weight():
    torch.manual_seed(0)
    stage, x = SharedDilations(4).double(), torch.randn(1, 4, 18, 20).double()
    expected = x
    for rate in (2, 4, 8, 16):
        plain = ReflectedConv(4, 4, dilation=rate).double()
        plain.conv.load_state_dict({"weight": stage.kernel, "bias": torch.zeros(4)})
        expected = expected + plain(expected)
    torch.testing.assert_close(stage(x), expected)


@torch.no_grad()
def test_each_rate_of_a_diet_bends_the_kernel_in_its_own_way():
    stage, x = SharedDilations(2), torch.rand(1, 2, 20, 20)
    start = stage(x)
    for name, parameter in stage.named_parameters():
        kept = parameter.clone()
        parameter += 0.5
        assert not torch.equal(stage(x), start), name
        parameter.copy_(kept)


@pytest.mark.parametrize("options", [{"width": 3}, {"width": 0}, {"chunk": 0}])
def test_impossible_options_are_refused(options: dict[str, int]):
    with pytest.raises(ValueError, match="width must be even and at least 2, chunk at least 1"):
        build(**options)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("check", CONTRACT)
def test_its_other_options_keep_the_contract(check: Check):
    check("pepsi", {"width": 2, "masks": "minimum", "true_overlap": True})
