"""One step of CycleGAN equals the authors' own code: golden numbers by `scripts/parity/cycle_step.py`.

The code is lazyniv's copy of junyanz's pytorch-CycleGAN-and-pix2pix (f13aab8).
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from cycle_networks import WAYS, batch_of_two, slope_sizes, way
from published_step import filled_discriminator, run_of
from torch import Tensor

from inpaint.contracts import Generator
from inpaint.recipes.cycle import Cycle
from inpaint.sample import Prediction

GOLDEN_CYCLE = {
    "adversarial_target": 1.5521662698222345,
    "adversarial_image": 1.5031158482080995,
    "cycle_image": 7.780706572767494,
    "cycle_target": 7.631851127104707,
    "identity_target": 3.6518880778733642,
    "identity_image": 3.136303904587245,
    "target": 0.9815632246800936,
    "image": 1.2107820945606391,
    "slope_0": 85.1575205801212,
    "slope_1": 48.59981220119243,
    "judge_slope_0": 14040.817989429735,
    "judge_slope_1": 19388.501822084327,
}


class Way(Generator):
    """A convolution of pictures in [-1, 1] as a generator."""

    def __init__(self, stream: int):
        super().__init__()
        self.layer = way(stream)

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        return Prediction((self.layer(2 * image - 1) + 1) / 2, {})


def test_a_step_has_the_losses_and_the_gradients_of_the_authors_code():
    generator, reverse = map(Way, WAYS)
    judges = {name: filled_discriminator("cyclegan") for name in ("target", "image")}
    options: dict[str, Any] = dict(run_of("cyclegan").recipe.options)
    got: dict[str, float] = {}
    for turn in Cycle(generator, {"reverse": reverse}, judges, **options).turns(batch_of_two(), 0):
        got |= {name: it.item() for name, it in turn.terms.items()}
        torch.stack(list(turn.terms.values())).sum().backward()
    got |= slope_sizes([generator, reverse])
    got |= {f"judge_{name}": it for name, it in slope_sizes(judges.values()).items()}
    assert got == pytest.approx(GOLDEN_CYCLE, rel=1e-9)
