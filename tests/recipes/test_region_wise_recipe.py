"""The region-wise recipe: its two stages, what the discriminator should say, and whom each turn teaches."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Generator, Scores
from inpaint.discriminators import DISCRIMINATORS
from inpaint.generators import GENERATORS
from inpaint.recipes import RECIPES
from inpaint.recipes.region_wise import RegionWise, from_label
from inpaint.sample import Prediction, Sample


class Stages(Generator):
    """Two numbers, one painted by each stage."""

    multiple = 1

    def __init__(self):
        super().__init__()
        self.shades = nn.Parameter(torch.tensor([0.25, 0.75]))

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        coarse, fine = (shade.expand_as(image) for shade in self.shades)
        return Prediction(fine, {"coarse": coarse})


class Says(Discriminator):
    """A discriminator that says the mean of a picture's hole times one number, on a map of 2 x 2; remembers."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.pictures: list[Tensor] = []

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        self.pictures.append(candidate)
        mean = (candidate * mask).sum(dim=(1, 2, 3), keepdim=True) / mask.sum() / 3
        logits = (self.scale * mean).expand(-1, -1, 2, 2)
        return Scores(logits, [logits])


def batch() -> Sample:
    """One picture, white, whose right half is hole: of the 2 x 2 corners two are in the hole."""
    target, mask = torch.ones(1, 3, 8, 8), torch.zeros(1, 1, 8, 8)
    mask[..., 4:] = 1
    return Sample(target * (1 - mask), mask, target)


def recipe_of(**options: object) -> RegionWise:
    return RegionWise(Stages(), {"judge": Says()}, **({"weights": {"l1": 1.0}} | options))  # pyright: ignore


def test_before_the_start_the_supervised_terms_are_alone():
    recipe = recipe_of(start=2)
    (turn,) = recipe.turns(batch(), 1)
    assert (turn.player, list(turn.terms)) == ("generator", ["l1"])
    assert [turn.player for turn in recipe.turns(batch(), 2)] == ["judge", "generator"]
    assert RECIPES["region_wise"] is RegionWise


def test_the_discriminator_should_say_the_mask_of_the_original_and_nothing_of_both_answers():
    recipe = recipe_of(real_weight=0.5)
    _, terms = next(iter(recipe.turns(batch(), 0)))
    # Of the original it says 1 on a map half of which should be 1; of the answers 0.25 and 0.75 instead of 0.
    assert terms["judge"].item() == pytest.approx(0.5 * 0.5 + 0.25 + 0.75)
    terms["judge"].backward()
    assert recipe.generator.shades.grad is None
    judge = recipe.get_submodule("discriminators.judge")
    # Half of the original's map is where it should be and pulls no more.
    assert judge.get_parameter("scale").grad == 0.5 * 0.5 + 0.25 + 0.75


def test_the_generator_wants_both_answers_to_be_called_the_mask():
    recipe = recipe_of(weight=0.1, weights={"l1": 0.0})
    _, (player, terms) = recipe.turns(batch(), 0)
    # Said 0.25 and 0.75, wanted 1 in half of the map and 0 in the other half.
    assert terms["adversarial"].item() == pytest.approx(0.1 * ((0.75 + 0.25) / 2 + (0.25 + 0.75) / 2))
    assert (player, list(terms)) == ("generator", ["l1", "adversarial"])


def test_the_distance_from_the_label_worked_out_by_hand():
    sample = batch()
    assert from_label(Says(), torch.full((1, 3, 8, 8), 0.8), sample).item() == pytest.approx((0.8 + 0.2) / 2)
    zero = torch.zeros_like(sample.mask)
    assert from_label(Says(), torch.full((1, 3, 8, 8), 0.8), sample, label=zero).item() == pytest.approx(0.8)


def test_the_discriminator_sees_composites():
    judge, sample = Says(), batch()
    list(RegionWise(Stages(), {"judge": judge}, weights={"l1": 1.0}).turns(sample, 0))
    assert torch.equal(judge.pictures[0], sample.target)
    for picture, shade in zip(judge.pictures[1:], [0.25, 0.75, 0.25, 0.75], strict=True):
        assert torch.equal(picture, sample.image + shade * sample.mask)


def test_each_turn_of_the_published_networks_teaches_its_player_only():
    judge = DISCRIMINATORS["sn_patch"](width=4, within=True)
    recipe = RegionWise(GENERATORS["region_wise"](width=4), {"judge": judge}, weights={"coarse_l1": 0.0})
    rng = torch.Generator().manual_seed(0)
    mask = torch.zeros(2, 1, 32, 32)
    mask[..., 8:24, 8:24] = 1
    target = torch.rand(2, 3, 32, 32, generator=rng)
    turns = recipe.turns(Sample(target * (1 - mask), mask, target), 0)
    next(turns).terms["judge"].backward()
    assert all(parameter.grad is not None for parameter in judge.parameters())
    assert all(parameter.grad is None for parameter in recipe.generator.parameters())
    taught = [parameter.grad.clone() for parameter in judge.parameters() if parameter.grad is not None]
    next(turns).terms["adversarial"].backward()
    assert all(torch.equal(p.grad, t) for p, t in zip(judge.parameters(), taught, strict=True))  # pyright: ignore
    grades = [parameter.grad for parameter in recipe.generator.parameters()]
    assert all(gradient is not None and gradient.any() for gradient in grades)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"discriminators": {}}, "exactly one"),
        ({"discriminators": {"one": Says(), "other": Says()}}, "exactly one"),
        ({"discriminators": {"generator": Says()}}, "not generator"),
        ({"weights": {"correlation": 1.0}}, "features network"),
    ],
)
def test_impossible_options_are_refused(options: dict, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        RegionWise(Stages(), **({"discriminators": {"judge": Says()}, "weights": {"l1": 1.0}} | options))
