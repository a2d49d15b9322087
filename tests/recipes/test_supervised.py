"""The supervised recipe: one turn, one player, gradients in the generator."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from inpaint.contracts import Generator
from inpaint.recipes import RECIPES
from inpaint.recipes.supervised import Supervised
from inpaint.sample import Prediction, Sample


class Convolution(Generator):
    """The smallest generator."""

    multiple = 1

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(4, 3, kernel_size=3, padding=1)

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        return Prediction(self.layer(torch.cat([image, mask], dim=1)), {})


def batch(size: int = 8) -> Sample:
    rng = torch.Generator().manual_seed(0)
    target = torch.rand(2, 3, size, size, generator=rng)
    mask = torch.zeros(2, 1, size, size)
    mask[..., 2:6, 2:6] = 1
    return Sample(target * (1 - mask), mask, target)


def test_there_is_one_turn_and_it_is_the_generators():
    recipe = Supervised(Convolution(), weights={"hole_l1": 6.0, "valid_l1": 1.0})
    (turn,) = recipe.turns(batch(), 0)
    assert turn.player == "generator"
    assert list(turn.terms) == ["hole_l1", "valid_l1"]
    assert set(recipe.players) == {turn.player}


def test_its_gradient_reaches_every_parameter():
    recipe = RECIPES["supervised"](Convolution(), weights={"l1": 1.0})
    (turn,) = recipe.turns(batch(), 0)
    sum(turn.terms.values(), torch.zeros(())).backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in recipe.parameters())


def test_a_wrong_term_is_refused_before_the_first_step():
    with pytest.raises(ValueError, match="choose among"):
        Supervised(Convolution(), weights={"L1": 1.0})


def test_a_weight_given_as_points_follows_the_step():
    recipe = Supervised(Convolution(), weights={"l1": [[0, 0.0], [10, 1.0]]})
    early, late = (next(recipe.turns(batch(), step)).terms["l1"].item() for step in (0, 10))
    assert early == 0 < late
