"""The network for holes: its size, its start, what it sees, and how far."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inpaint.contracts import Generator
from inpaint.exporting import compare, graph_of
from inpaint.generators.sighted_unet import Attention, Fourier, build, fourier_spectrum, picture, positions, turned
from inpaint.restoring.onnx_session import Session

SMALL: dict[str, Any] = {"widths": [8, 16, 32], "blocks": [1, 1], "middle": 4}


def moved(network: Generator) -> Generator:
    """Leave the start, where the last convolution is zero."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    return network.eval()


def scene(height: int, width: int) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(1)
    mask = torch.zeros(1, 1, height, width)
    mask[..., 8:24, 8:20] = 1
    return torch.rand(1, 3, height, width, generator=rng), mask


@pytest.mark.parametrize(
    ("options", "parameters"),
    [({}, 6_479_196), ({"sight": ()}, 6_257_148), ({"sight": ("attention",)}, 6_405_378)],
)
def test_parameter_counts(options: dict[str, Any], parameters: int):
    with torch.device("meta"):
        network = build(**options)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters <= 8_000_000


@torch.no_grad()
def test_at_the_start_the_answer_is_the_first_guess_to_the_last_bit():
    image, mask = scene(32, 48)
    assert torch.equal(build(**SMALL)(image, mask).image, image)


@pytest.mark.parametrize("size", [(8, 8), (40, 24), (104, 56)])
@pytest.mark.parametrize("sight", [("fourier",), ("attention",), ("fourier", "attention")])
@torch.no_grad()
def test_any_multiple_of_eight_comes_back_in_its_size(size: tuple[int, int], sight: tuple[str, ...]):
    network = moved(build(**SMALL, sight=sight))
    assert network.multiple == 8
    image = torch.rand(2, 3, *size)
    answer = network(image, (image[:, :1] < 0.3).float()).image
    assert answer.shape == image.shape
    assert answer.isfinite().all()


@pytest.mark.parametrize("sight", ["fourier", "attention"])
@torch.no_grad()
def test_with_sight_a_far_corner_is_seen_and_without_it_is_not(sight: str):
    """The local network of this depth reaches less than 200 pixels; the far corner is more than 300 away."""
    image, mask = scene(352, 352)
    other = image.clone()
    other[..., -32:, -32:] = 0.0
    for kinds, seen in (((), False), ((sight,), True)):
        network = moved(build(**SMALL, sight=kinds))
        answers = [network(it, mask).image[..., 8:24, 8:20] for it in (image, other)]
        assert torch.equal(*answers) is not seen


@torch.no_grad()
def test_the_mask_is_seen_at_every_level():
    network = moved(build(**SMALL))
    nn.init.zeros_(network.get_parameter("head.weight"))  # blind, apart from what each level is told
    image, mask = scene(32, 32)
    assert not torch.equal(network(image, mask).image, network(image, 1 - mask).image)


@torch.no_grad()
def test_the_spectral_unit_grows_in_proportion_with_its_input():
    torch.manual_seed(0)
    unit = Fourier(8).double()
    for convolution in (unit.narrow, unit.widen):
        nn.init.zeros_(convolution.bias)  # pyright: ignore[reportArgumentType]
    x = torch.randn(2, 8, 6, 10).double()
    torch.testing.assert_close(unit(3 * x), 3 * unit(x))


@torch.no_grad()
def test_the_spectral_unit_computes_in_single_precision_under_autocast():
    torch.manual_seed(0)
    unit, x = Fourier(8), torch.randn(2, 8, 6, 10)
    with torch.autocast("cpu", torch.bfloat16):
        half = unit(x)
    torch.testing.assert_close(half, unit(x), rtol=0.05, atol=0.05)


@torch.no_grad()
def test_attention_is_this_sum():
    torch.manual_seed(0)
    unit = Attention(32).double()
    x = torch.randn(1, 32, 3, 4).double()
    query, key, value = unit.ask(x)[0].flatten(1).T.split(32, dim=1)  # (12, 32) each
    query, key = (it / it.norm(dim=1, keepdim=True) for it in (query, key))
    turn = positions(3, 4, x.device)
    query, key = (turned(it, turn) for it in (query, key))
    weights = (8 * query @ key.T).softmax(dim=1)
    expected = x + unit.answer((weights @ value).T.unflatten(1, (3, 4))[None])
    torch.testing.assert_close(unit(x), expected, rtol=1e-4, atol=1e-4)


def test_turned_products_tell_the_distance_alone():
    turn = positions(6, 7, torch.device("cpu"))
    query, key = (turned(torch.ones(42, 32), turn) for _ in range(2))
    products = (query @ key.T).unflatten(0, (6, 7)).unflatten(2, (6, 7))
    torch.testing.assert_close(products[1, 2, 3, 4], products[2, 1, 4, 3])


@pytest.mark.parametrize("size", [(5, 6), (8, 7), (1, 1), (12, 2)])
def test_the_spectrum_is_the_fast_fourier_transform_s_and_leads_back(size: tuple[int, int]):
    torch.manual_seed(0)
    x = torch.randn(2, 3, *size).double()
    expected = torch.fft.rfft2(x, norm="ortho")
    torch.testing.assert_close(fourier_spectrum(x), torch.cat([expected.real, expected.imag], dim=1))
    other = torch.randn_like(fourier_spectrum(x))  # of no real picture: what a real one cannot have is ignored alike
    pair = torch.complex(*other.chunk(2, dim=1))
    torch.testing.assert_close(picture(other, size[1]), torch.fft.irfft2(pair, s=size, norm="ortho"))


@pytest.mark.parametrize("sight", ["fourier", "attention"])
def test_it_is_exported_at_any_size(sight: str):
    pytest.importorskip("onnxruntime")
    network = moved(build(**SMALL, sight=(sight,)))
    session = Session(graph_of(network, {"shows": {"hole": "smooth"}, "multiple": 8, "run": {}}), device="cpu")
    assert all(it.difference < 1e-4 for it in compare(network, session))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"widths": []}, "need as many blocks"),
        ({"blocks": [1]}, "need as many blocks"),
        ({"sight": ["far"]}, "choose fourier or attention"),
        ({"middle": 2, "sight": ["fourier"] * 2}, "must be more than"),
        ({"widths": [8, 16, 40], "sight": ["attention"]}, "must divide by 32"),
    ],
)
def test_what_does_not_fit_is_refused(options: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        build(**{**SMALL, **options})
