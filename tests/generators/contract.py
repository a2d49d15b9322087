"""What every generator promises, as checks of one network with one set of options, and small networks to check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inpaint.config import read_run
from inpaint.contracts import Generator
from inpaint.generators import GENERATORS
from inpaint.sample import Prediction

CONFIGS = Path(__file__).parents[2] / "configs"
SMALLER: dict[str, Any] = {
    "width": 8,
    "widths": [4, 6, 8],
    "blocks": 1,
    "middle": 1,
    "levels": 4,
    "latent": 8,
    "steps": 2,
    "deep": 8,
    "deep_blocks": 1,
}

TAUGHT_WITH = {"picnet": ("original",)}  # pictures that some layers are shown in training alone


def small_options(name: str) -> dict[str, Any]:
    """Return the options that a generator has in its small config (or, without one, in any), made smaller still.

    Where the network refuses what is made smaller, the options are the config's.
    """
    for file in [*sorted(CONFIGS.glob("small/*.yaml")), *sorted(CONFIGS.glob("*.yaml"))]:
        generator = read_run(file).generator
        if generator.name == name:
            options = generator.options
            smaller = options | {name: it for name, it in SMALLER.items() if isinstance(options.get(name), type(it))}
            try:
                GENERATORS[name](**smaller)
            except ValueError:
                return options
            return smaller
    raise AssertionError(f"no YAML in configs/ trains the generator {name}")


def built(name: str, options: dict[str, Any]) -> Generator:
    """A small network that has left its start, where some layers are zero."""
    torch.manual_seed(0)
    network = GENERATORS[name](**options)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.05 * torch.randn_like(parameter)
    return network


def multiple_of(network: Generator) -> int:
    return network.multiple


def why_not_exportable(name: str) -> str | None:
    """Return why a generator cannot be exported, as its class says it; None where it can."""
    with torch.device("meta"):
        return GENERATORS[name](**small_options(name)).exportable


def scene(height: int, width: int, batch: int = 2) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(1)
    image = torch.rand(batch, 3, height, width, generator=rng)
    return image, (torch.rand(batch, 1, height, width, generator=rng) < 0.3).float()


def any_size_that_divides_by_the_multiple_comes_back_the_same_size(name: str, options: dict[str, Any]) -> None:
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


@torch.no_grad()
def in_eval_mode_the_answer_depends_on_nothing_but_its_own_picture(name: str, options: dict[str, Any]) -> None:
    network = built(name, options).eval()
    least = multiple_of(network)
    image, mask = scene(2 * least, 2 * least)
    kept = image.clone(), mask.clone()
    both = network(image, mask).image
    assert torch.equal(both, network(image, mask).image)
    assert all(torch.equal(*pair) for pair in zip(kept, (image, mask), strict=True))  # inputs are not written to
    torch.testing.assert_close(both[1:], network(image[1:], mask[1:]).image, rtol=1e-4, atol=1e-5)


def the_gradient_reaches_every_parameter_and_the_image(name: str, options: dict[str, Any]) -> None:
    network = built(name, options).train()
    least = multiple_of(network)
    image, mask = scene(2 * least, 2 * least)
    image.requires_grad_()
    ways: list[dict[str, Any]] = [{"block": step} for step in network.cell_steps] or [{}]  # each has layers of its own
    for way in ways:
        way |= {given: image.detach() for given in TAUGHT_WITH.get(name, ())}
        prediction = network(image, mask, **way)
        answers = (prediction.image, *prediction.extras.values())
        torch.stack([answer.square().sum() for answer in answers]).sum().backward()
    for name_of, parameter in [*network.named_parameters(), ("the image", image)]:
        assert parameter.grad is not None, name_of
        assert parameter.grad.isfinite().all(), name_of
        assert parameter.grad.any(), name_of


@torch.no_grad()
def double_precision_gives_the_same_answer(name: str, options: dict[str, Any]) -> None:
    network = built(name, options).eval()
    least = multiple_of(network)
    image, mask = scene(2 * least, least)
    single = network(image, mask).image
    double = network.double()(image.double(), mask.double()).image
    assert double.dtype == torch.float64
    torch.testing.assert_close(single.double(), double, rtol=1e-3, atol=1e-4)


@torch.no_grad()
def weights_come_back_through_a_state_dict(name: str, options: dict[str, Any]) -> None:
    network, other = built(name, options).eval(), GENERATORS[name](**options).eval()
    other.load_state_dict(network.state_dict())
    image, mask = scene(multiple_of(network), multiple_of(network))
    assert torch.equal(network(image, mask).image, other(image, mask).image)


Check = Callable[[str, dict[str, Any]], None]
CONTRACT: tuple[Check, ...] = (
    any_size_that_divides_by_the_multiple_comes_back_the_same_size,
    in_eval_mode_the_answer_depends_on_nothing_but_its_own_picture,
    the_gradient_reaches_every_parameter_and_the_image,
    double_precision_gives_the_same_answer,
    weights_come_back_through_a_state_dict,
)
