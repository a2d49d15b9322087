"""MI-GAN's networks with hashed numbers, as scripts/parity/migan.py gives them to the authors' code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checksums import fill, hash_values

from inpaint.contracts import Discriminator, Generator
from inpaint.discriminators import migan as judging
from inpaint.generators import migan

RESTORING = {"width": 512, "widest": 512, "levels": 4, "tensors": 1}  # for 64 px, as the authors' has it
LEARNING: dict[str, Any] = {"width": 16, "widest": 64, "levels": 4, "tensors": 9}
NOISE_STREAM = 500


def filled_network(options: Mapping[str, int]) -> Generator:
    """Return the generator, its fixed noise hashed, too."""
    network = migan.build(**options)
    fill(network)
    for number, noise in enumerate(network.buffers()):
        noise.copy_(hash_values(noise.numel(), NOISE_STREAM + number).reshape(noise.shape))
    return network


def filled_judge() -> Discriminator:
    """Return the discriminator of 64 px."""
    network = judging.build(**LEARNING)
    fill(network)
    return network
