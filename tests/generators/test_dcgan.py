"""DCGAN: count, keys and checksum of the published network, and the search that restores with it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import pytest
import torch
from checksums import fill, image, summary
from torch import Tensor, nn

from inpaint.generators.dcgan import DcganGenerator, build, context, tiled, untiled
from inpaint.randomness import rng_for
from tests.generators.contract import CONTRACT, Check


def small(*, steps: int = 20, **options: float) -> DcganGenerator:
    """A network that has left its start: its pictures differ from noise to noise."""
    torch.manual_seed(0)
    network = build(width=4, latent=6, steps=steps, **options).eval()  # pyright: ignore[reportArgumentType]
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.2 * torch.randn_like(parameter)
    assert isinstance(network, DcganGenerator)
    return network


def drawn(network: DcganGenerator, *, seed: str = "truth") -> tuple[Tensor, Tensor]:
    """A picture that the network can draw, and a hole in its middle."""
    with torch.no_grad():
        target = network.draw(network.noise(1, rng_for(seed)).to(next(network.parameters())))
    mask = torch.zeros_like(target[:, :1])
    mask[..., 16:48, 16:48] = 1
    return target, mask


def test_the_parameter_count_and_the_keys_are_the_published_ones():
    network = build()
    assert sum(parameter.numel() for parameter in network.parameters()) == 3_576_704
    keys = {key.rsplit(".", 1)[0] for key in network.get_submodule("trunk").state_dict()}
    assert keys == {f"main.{index}" for index in (0, 1, 3, 4, 6, 7, 9, 10, 12)}


@torch.no_grad()
def test_checksum():  # made with PyTorch's own example, float64
    trunk = build().get_submodule("trunk")
    fill(trunk)
    answer = trunk(image(100, 1, 1)[:, :, 0, 0])
    assert answer.shape == (1, 3, 64, 64)
    expected = (0.00844287506960501, 0.0391752886399535, 0.0247923354243479, -0.0309915483520621, 0.0225416223681083)
    assert summary(answer) == pytest.approx(expected, rel=1e-10)


def test_weights_start_as_published():
    layers = [layer for layer in build().modules() if isinstance(layer, nn.ConvTranspose2d | nn.BatchNorm2d)]
    assert len(layers) == 9
    for layer in layers:
        centre = 1.0 if isinstance(layer, nn.BatchNorm2d) else 0.0
        assert layer.weight.mean().item() == pytest.approx(centre, abs=0.01)
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.35)


def test_the_longer_it_searches_the_better_it_fits_the_known_pixels_and_the_hole():
    errors = []
    for steps in (1, 20, 120):
        network = small(steps=steps, weighted=False)
        target, mask = drawn(network)
        with torch.no_grad():
            found = network.draw(network.search(target * (1 - mask), mask))
        errors.append([((found - target).abs() * part).mean().item() for part in (mask, 1 - mask)])
    assert errors[0][0] > 1.5 * errors[1][0] > 1.5 * 1.5 * errors[2][0]
    assert errors[0][1] > 1.5 * errors[1][1] > 1.5 * 1.5 * errors[2][1]


def test_the_noise_stays_where_learning_drew_it_from():
    network = small(steps=1, rate=5.0)  # Adam's first step is as long as its rate
    target, mask = drawn(network)
    assert (network.search(1 - target, mask).abs() == 1).all()
    assert network.noise(1000, rng_for("range")).abs().max() <= 1


def test_what_the_hole_shows_is_not_looked_at():
    network = small()
    target, mask = drawn(network)
    answers = [network(target * (1 - mask) + value * mask, mask).image for value in (0.0, 1.0)]
    assert torch.equal(*answers)


def test_known_pixels_count_by_the_share_of_hole_around_them():
    hole = torch.zeros(1, 1, 64, 64)
    hole[..., 20:30, 20:30] = 1
    weights = context(hole, weighted=True)[0, 0]
    assert weights[25, 25] == 0
    assert weights[25, 19].item() == pytest.approx(3 * 7 / 49)
    assert weights[25, 17].item() == pytest.approx(7 / 49)
    assert weights[25, 16] == 0
    assert weights[17, 17].item() == pytest.approx(1 / 49)
    assert torch.equal(context(hole, weighted=False), 1 - hole)
    corner = torch.zeros(1, 1, 64, 64)
    corner[..., 1:, :] = 1
    assert context(corner, weighted=True)[0, 0, 0, 0].item() == pytest.approx(3 / 4)  # 4 x 4 pixels lie in the picture


@pytest.mark.parametrize("around", [torch.no_grad, torch.inference_mode, nullcontext])
@pytest.mark.parametrize("training", [True, False])
def test_a_search_works_anywhere_and_leaves_no_trace(around: type[AbstractContextManager], training: bool):
    network = small(steps=3).train(training)
    target, mask = drawn(network.eval())
    expected = network(target, mask).image.detach()
    network.train(training)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    state = torch.get_rng_state()
    with around():
        answer = network(target.clone(), mask.clone()).image
    assert torch.equal(answer, expected)
    assert answer.requires_grad == (around is nullcontext)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())
    assert all(module.training == training for module in network.modules())


@pytest.mark.parametrize("around", [torch.no_grad, torch.inference_mode])
def test_autocast_rounds_the_drawing_but_not_the_search(around: type[AbstractContextManager]):
    network = small(steps=5)
    target, mask = drawn(network)
    with torch.no_grad():
        noise, exact = network.search(target, mask), network(target, mask).image
    with around(), torch.autocast("cpu", torch.bfloat16):
        network(target, mask)  # fills the cache of rounded weights
        assert torch.equal(network.search(target, mask), noise)
        rounded = network(target, mask).image
    torch.testing.assert_close(rounded, exact, atol=0.03, rtol=0)


def test_tiles_are_searched_each_for_itself_and_those_without_a_hole_not_at_all():
    network = small(steps=5)
    first, mask = drawn(network, seed="one")
    second, _ = drawn(network, seed="two")
    wide, nothing = torch.cat([first, second], dim=3), torch.zeros_like(mask)
    both = network(wide, torch.cat([mask, mask], dim=3)).image
    torch.testing.assert_close(both[..., :64], network(first, mask).image, atol=1e-4, rtol=0)
    torch.testing.assert_close(both[..., 64:], network(second, mask).image, atol=1e-4, rtol=0)
    one = network(wide, torch.cat([nothing, mask], dim=3)).image
    assert torch.equal(one[..., :64], first)
    assert torch.equal(network(wide, torch.cat([nothing, nothing], dim=3)).image, wide)


def test_tiles_are_put_together_as_they_were_cut():
    x = torch.rand(2, 3, 128, 192)
    tiles = tiled(x)
    assert tiles.shape == (12, 3, 64, 64)
    assert torch.equal(tiles[7], x[1, :, :64, 64:128])
    assert torch.equal(untiled(tiles, x.shape), x)


@pytest.mark.parametrize("options", [{"width": 0}, {"latent": 0}, {"steps": 0}, {"rate": 0.0}])
def test_impossible_options_are_refused(options: dict):
    with pytest.raises(ValueError, match="at least 1, and the rate is above 0"):
        build(**options)


@pytest.mark.parametrize("check", CONTRACT)
def test_its_other_options_keep_the_contract(check: Check):
    check("dcgan", {"width": 4, "latent": 8, "steps": 2, "weighted": True})
