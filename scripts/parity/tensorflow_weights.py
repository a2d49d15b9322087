"""Hashed weights of our layers as variables of authors' TensorFlow graphs, by their names."""

from __future__ import annotations

from typing import Any

import numpy as np


def channels_last(tensor: Any) -> np.ndarray:
    """Return pictures (B, C, H, W) as TensorFlow keeps them."""
    return tensor.permute(0, 2, 3, 1).numpy()


def convolution(layer: Any, *, spectral: bool = False) -> list[np.ndarray]:
    """Return a convolution's kernel and bias, and its left vector where it is normalised, as TensorFlow keeps them."""
    weight = layer.parametrizations.weight.original if spectral else layer.weight
    values = [weight.detach().permute(2, 3, 1, 0).numpy(), layer.bias.detach().numpy()]
    return [*values, layer.parametrizations.weight[0]._u.numpy()[None]] if spectral else values


def dense(start: str, layer: Any, channels: int, names: tuple[str, str] = ("kernel", "bias")) -> dict[str, np.ndarray]:
    """Return the variables of a layer that sees all of a map of so many channels, which come last in TensorFlow."""
    weight = layer.weight.detach().unflatten(1, (channels, -1)).permute(2, 1, 0).flatten(0, 1)
    return {f"{start}/{names[0]}": weight.numpy(), f"{start}/{names[1]}": layer.bias.detach().numpy()}


def local_and_global(critics: Any) -> dict[str, np.ndarray]:
    """Return the variables of a local and a global critic, by their names."""
    given = {}
    for place, critic in (("local", critics.local), ("global", critics.whole)):
        for number, layer in enumerate(critic.convolutions, start=1):
            start = f"discriminator/discriminator_{place}/conv{number}"
            given |= dict(zip((f"{start}/kernel", f"{start}/bias"), convolution(layer), strict=True))
        start = f"discriminator/dout_{place}_fc"
        given |= {f"{start}/kernel": critic.judge.weight.detach().numpy().T}
        given |= {f"{start}/bias": critic.judge.bias.detach().numpy()}
    return given
