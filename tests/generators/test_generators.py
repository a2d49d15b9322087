"""The contract of every generator: a new one is tested by standing in GENERATORS."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inpaint.generators import GENERATORS
from inpaint.sample import Prediction

SMALL: dict[str, list[dict[str, Any]]] = {
    "contextual": [{"width": 4}],
    "dcgan": [{"width": 4, "latent": 8, "steps": 3}, {"width": 4, "latent": 8, "steps": 2, "weighted": False}],
    "gated": [{"width": 8}],
    "pconv": [{"width": 4, "levels": 4}, {"width": 4, "levels": 3, "freeze_encoder_norm": True}],
    "region_norm": [{"width": 4, "blocks": 1}, {"width": 4, "blocks": 1, "shifts": "region", "statistics": "picture"}],
    "region_wise": [{"width": 4}, {"width": 4, "form": "select"}],
    "diet_pepsi": [{"width": 2}],
    "edge_connect": [{"width": 2}, {"width": 2, "sigma": 1.0, "non_local": True}],
    "edsr": [{"width": 4, "blocks": 1}, {"width": 4, "blocks": 1, "block": [2, 5]}],
    "espcn": [{"width": 8}, {"width": 8, "block": [3, 2]}],
    "pepsi": [{"width": 2}, {"width": 2, "masks": "minimum", "true_overlap": True}],
    "residual_unet": [{"widths": [4, 6, 8], "blocks": 1, "middle": 1}],
    "resnet9": [{"width": 4, "blocks": 1}, {"width": 4, "blocks": 2, "see_mask": True}],
    "sighted_unet": [
        {"widths": [4, 8, 32], "blocks": [1, 1], "middle": 3, "sight": ["fourier", "attention"]},
        {"widths": [4, 8], "blocks": [1], "middle": 2, "sight": []},
    ],
    "srcnn": [{"width": 8}, {"width": 8, "middle": 5}],
    "unet": [
        {"width": 4},
        {"width": 4, "bilinear": True, "see_mask": True, "residual": True},
        {"width": 8, "attention": "scse", "reduction": 1, "dilated": True},
        {"shape": "pix2pix", "width": 4, "levels": 6},
        {"shape": "pix2pix", "width": 4, "levels": 3, "see_mask": True},
    ],
}
CASES = [
    pytest.param(name, options, id="-".join([name, *map(str, options)]))
    for name in GENERATORS
    for options in SMALL.get(name, [{}])
]


def built(name: str, options: dict[str, Any]) -> nn.Module:
    """A small network that has left its start, where some layers are zero."""
    torch.manual_seed(0)
    network = GENERATORS[name](**options)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    return network


def multiple_of(network: nn.Module) -> int:
    return network.multiple  # pyright: ignore[reportReturnType]


def scene(height: int, width: int, batch: int = 2) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(1)
    image = torch.rand(batch, 3, height, width, generator=rng)
    return image, (torch.rand(batch, 1, height, width, generator=rng) < 0.3).float()


@pytest.mark.parametrize("name", GENERATORS)
def test_options_are_keywords_with_defaults(name: str):
    parameters = inspect.signature(GENERATORS[name]).parameters.values()
    assert all(it.kind is it.KEYWORD_ONLY and it.default is not it.empty for it in parameters)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_any_size_that_divides_by_the_multiple_comes_back_the_same_size(name: str, options: dict[str, Any]):
    network = built(name, options).eval()
    least = multiple_of(network)
    assert isinstance(least, int)
    for height, width in ((least, 2 * least), (3 * least, least)):
        image, mask = scene(height, width)
        with torch.no_grad():
            prediction = network(image, mask)
        assert isinstance(prediction, Prediction)
        assert prediction.image.shape == image.shape
        assert prediction.image.dtype == torch.float32
        assert prediction.image.isfinite().all()
        assert isinstance(prediction.extras, dict)


@pytest.mark.parametrize(("name", "options"), CASES)
@torch.no_grad()
def test_in_eval_mode_the_answer_depends_on_nothing_but_its_own_picture(name: str, options: dict[str, Any]):
    network = built(name, options).eval()
    least = multiple_of(network)
    image, mask = scene(2 * least, 2 * least)
    kept = image.clone(), mask.clone()
    both = network(image, mask).image
    assert torch.equal(both, network(image, mask).image)
    assert all(torch.equal(*pair) for pair in zip(kept, (image, mask), strict=True))  # inputs are not written to
    torch.testing.assert_close(both[1:], network(image[1:], mask[1:]).image, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_the_gradient_reaches_every_parameter_and_the_image(name: str, options: dict[str, Any]):
    network = built(name, options).train()
    least = multiple_of(network)
    image, mask = scene(2 * least, 2 * least)
    prediction = network(image.requires_grad_(), mask)
    torch.stack([answer.square().sum() for answer in (prediction.image, *prediction.extras.values())]).sum().backward()
    for name_of, parameter in [*network.named_parameters(), ("the image", image)]:
        assert parameter.grad is not None, name_of
        assert parameter.grad.isfinite().all(), name_of
        assert parameter.grad.any(), name_of


@pytest.mark.parametrize(("name", "options"), CASES)
@torch.no_grad()
def test_double_precision_gives_the_same_answer(name: str, options: dict[str, Any]):
    network = built(name, options).eval()
    least = multiple_of(network)
    image, mask = scene(2 * least, least)
    single = network(image, mask).image
    double = network.double()(image.double(), mask.double()).image
    assert double.dtype == torch.float64
    torch.testing.assert_close(single.double(), double, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("name", "options"), CASES)
@torch.no_grad()
def test_weights_come_back_through_a_state_dict(name: str, options: dict[str, Any]):
    network, other = built(name, options).eval(), GENERATORS[name](**options).eval()
    other.load_state_dict(network.state_dict())
    image, mask = scene(multiple_of(network), multiple_of(network))
    assert torch.equal(network(image, mask).image, other(image, mask).image)
