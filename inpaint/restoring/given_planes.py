"""What somebody gives a network beside picture and mask: checked, in the network's order, and by name again."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.randomness import rng_for
from inpaint.restoring.turns import Flips


def names_of_given(generator: Generator) -> list[str]:
    """Return the inputs that somebody may give; noise is drawn."""
    return [name for name, it in generator.inputs.items() if not it.noise]


def given_planes(generator: Generator, inputs: Mapping[str, Tensor], size: tuple[int, int]) -> list[Tensor]:
    """Return all inputs that somebody may give, (channels, H, W) each, zero where nobody does; none for no inputs.

    Raises ValueError for an input that the network does not take, and for another size.
    """
    names = names_of_given(generator)
    unknown = next((name for name in inputs if name not in names), None)
    if unknown is not None:
        others = ", ".join(names) or "picture and mask alone"
        raise ValueError(f"this network takes no {unknown}; it takes {others}")
    shapes = {name: (generator.inputs[name].channels, *size) for name in names}
    for name, plane in inputs.items():
        if tuple(plane.shape) != shapes[name]:
            raise ValueError(f"the {name} has the shape {tuple(plane.shape)}, but must have {shapes[name]}")
    return [inputs.get(name, torch.zeros(shapes[name])).float().cpu() for name in names] if inputs else []


def named_planes(generator: Generator, planes: Tensor) -> dict[str, Tensor]:
    """Return what lies one over the other, (B, C, H, W), by the keywords of the network; nothing for C = 0."""
    if not planes.shape[1]:
        return {}
    names = names_of_given(generator)
    return dict(zip(names, planes.split([generator.inputs[name].channels for name in names], dim=1), strict=True))


def noise_rng(generator: Generator, flips: Flips) -> torch.Generator | None:
    """Return what draws the noise of a variation; None for the first, which takes the network's default."""
    return rng_for("variation", *map(int, flips)) if generator.samples and any(flips) else None


def drawn_noise(generator: Generator, image: Tensor, flips: Flips) -> dict[str, Tensor]:
    """Return the noise that a variation gives a network beside pictures (B, 3, h, w), by the inputs' names."""
    rng = noise_rng(generator, flips)
    drawn = {} if rng is None else {name: it for name, it in generator.inputs.items() if it.noise}
    return {name: extra.draw(image, rng) for name, extra in drawn.items() if rng is not None}
