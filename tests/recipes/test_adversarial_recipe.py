"""The adversarial recipe: the order of turns, and whom each turn teaches."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Generator, Scores
from inpaint.discriminators import DISCRIMINATORS
from inpaint.features.vgg import VggFeatures
from inpaint.recipes.adversarial import Adversarial
from inpaint.recipes.frozen import frozen
from inpaint.sample import Prediction, Sample


class Convolution(Generator):
    """The smallest generator; counts its calls."""

    multiple = 1

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(4, 3, kernel_size=3, padding=1)
        self.calls = 0

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        self.calls += 1
        return Prediction(self.layer(torch.cat([image, mask], dim=1)), {})


class Brightness(Discriminator):
    """A discriminator whose logit is the mean picture times one number; remembers what it saw."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.pictures: list[Tensor] = []

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        self.pictures.append(candidate)
        logits = self.scale * candidate.mean(dim=(1, 2, 3), keepdim=True)
        return Scores(logits, [candidate, logits])


def batch(size: int = 32) -> Sample:
    rng = torch.Generator().manual_seed(0)
    target = torch.rand(2, 3, size, size, generator=rng)
    mask = torch.zeros(2, 1, size, size)
    mask[..., size // 4 : size // 2, size // 4 : size // 2] = 1
    return Sample(target * (1 - mask), mask, target)


def gradients(module: nn.Module) -> list[Tensor | None]:
    return [None if parameter.grad is None else parameter.grad.clone() for parameter in module.parameters()]


def same(old: list[Tensor | None], new: list[Tensor | None]) -> bool:
    pairs = zip(old, new, strict=True)
    return all(one is not None and other is not None and torch.equal(one, other) for one, other in pairs)


def back(terms: dict[str, Tensor]) -> None:
    torch.stack(list(terms.values())).sum().backward()


@pytest.mark.parametrize("spectral", [False, True])
def test_each_turn_teaches_its_player_only(spectral: bool):
    discriminator = DISCRIMINATORS["patch"](width=4, spectral=spectral, norm="instance")
    recipe = Adversarial(Convolution(), {"discriminator": discriminator}, weights={"l1": 1.0}, feature_matching=10.0)
    turns = recipe.turns(batch(), 0)

    turn = next(turns)
    assert (turn.player, list(turn.terms)) == ("discriminator", ["discriminator"])
    back(turn.terms)
    taught = gradients(discriminator)
    assert all(gradient is not None and gradient.isfinite().all() for gradient in taught)
    assert gradients(recipe.generator) == [None, None]
    torch.optim.SGD(discriminator.parameters(), lr=0.1).step()

    turn = next(turns)
    assert (turn.player, list(turn.terms)) == ("generator", ["l1", "adversarial", "feature_matching"])
    back(turn.terms)
    assert same(taught, gradients(discriminator))
    assert all(gradient is not None and gradient.any() for gradient in gradients(recipe.generator))
    assert all(parameter.requires_grad for parameter in discriminator.parameters())
    assert next(turns, None) is None


def test_the_adversarial_term_alone_teaches_the_generator_through_the_stepped_discriminator():
    discriminator = Brightness()
    recipe = Adversarial(Convolution(), {"judge": discriminator}, weights={"l1": 0.0}, weight=0.5, fake="raw")
    turns = recipe.turns(batch(), 0)
    next(turns)
    discriminator.scale.data.fill_(3.0)  # as its optimizer would between the turns
    terms = next(turns).terms
    assert terms["adversarial"].item() == pytest.approx(-0.5 * 3 * discriminator.pictures[-1].mean().item(), rel=1e-5)


@pytest.mark.parametrize("fake", ["composite", "raw"])
def test_the_discriminator_sees_the_fake_that_was_chosen(fake: str):
    discriminator, sample = Brightness(), batch()
    recipe = Adversarial(Convolution(), {"judge": discriminator}, weights={"l1": 1.0}, fake=fake)
    list(recipe.turns(sample, 0))
    real, detached, attached = discriminator.pictures
    known = (1 - sample.mask) > 0
    assert torch.equal(real, sample.target)
    assert torch.equal(detached, attached)
    assert (detached.requires_grad, attached.requires_grad) == (False, True)
    assert torch.equal(attached.where(known, 0), sample.image.where(known, 0)) == (fake == "composite")


def test_before_the_start_only_the_generator_learns():
    discriminator = Brightness()
    recipe = Adversarial(Convolution(), {"judge": discriminator}, weights={"l1": 1.0}, start=10)
    (turn,) = recipe.turns(batch(), 9)
    assert (turn.player, list(turn.terms)) == ("generator", ["l1"])
    assert not discriminator.pictures
    assert [turn.player for turn in recipe.turns(batch(), 10)] == ["judge", "generator"]


def test_between_the_start_and_the_game_the_discriminators_learn_alone():
    recipe = Adversarial(Convolution(), {"judge": Brightness()}, weights={"l1": 1.0}, start=10, alone=5)
    players = {step: [turn.player for turn in recipe.turns(batch(), step)] for step in (9, 10, 14, 15)}
    assert players == {9: ["generator"], 10: ["judge"], 14: ["judge"], 15: ["judge", "generator"]}


def test_the_weight_of_the_adversarial_term_may_change_with_the_steps():
    recipe = Adversarial(Convolution(), {"judge": Brightness()}, weights={"l1": 1.0}, weight=[[0, 0.0], [10, 1.0]])
    values = [list(recipe.turns(batch(), step))[-1].terms["adversarial"].item() for step in (0, 5, 10)]
    assert values == pytest.approx([0.0, values[2] / 2, values[2]])
    assert values[2] != 0


def test_two_discriminators_take_turns_and_their_terms_keep_apart():
    recipe = Adversarial(Convolution(), {"whole": Brightness(), "near": Brightness()}, weights={"l1": 1.0})
    turns = list(recipe.turns(batch(), 0))
    assert [turn.player for turn in turns] == ["whole", "near", "generator"] == [*list(recipe.players)[1:], "generator"]
    assert list(turns[-1].terms) == ["l1", "adversarial_whole", "adversarial_near"]


def test_the_generator_answers_once_per_batch():
    generator = Convolution()
    list(Adversarial(generator, {"judge": Brightness()}, weights={"l1": 1.0}).turns(batch(), 0))
    assert generator.calls == 1


def test_the_features_network_is_no_part_of_the_recipe():
    features = VggFeatures(weights="random", content=["relu1_1"], style=["relu1_1"])
    weights = {"perceptual": 0.05, "style_out": 120.0}
    recipe = Adversarial(Convolution(), {"judge": Brightness()}, weights=weights, features=features)
    assert set(recipe.state_dict()) == {"generator.layer.weight", "generator.layer.bias", "discriminators.judge.scale"}
    assert set(recipe.players) == {"generator", "judge"}
    back(list(recipe.turns(batch(), 0))[-1].terms)
    assert all(gradient is not None and gradient.any() for gradient in gradients(recipe.generator))


def test_r1_is_half_of_gamma_times_the_squared_slope_around_the_original():
    discriminator, sample = Brightness(), batch(8)
    recipe = Adversarial(Convolution(), {"judge": discriminator}, weights={"l1": 1.0}, r1=3.0, r1_every=4)
    for step in range(8):
        turn = next(iter(recipe.turns(sample, step)))
        assert set(turn.terms) == ({"judge", "judge_r1"} if step % 4 == 0 else {"judge"})
    (turn, *_) = recipe.turns(sample, 4)
    values = 3 * 8 * 8  # each of which moves the mean by 1 / values
    assert turn.terms["judge_r1"].item() == pytest.approx(3.0 / 2 * 4 * values * (1 / values) ** 2)
    turn.terms["judge_r1"].backward()
    assert discriminator.scale.grad == pytest.approx(2 * 3.0 / 2 * 4 / values)


def test_frozen_restores_what_was_learning_even_after_an_error():
    module = nn.Linear(2, 2)
    module.bias.requires_grad_(False)
    with frozen(module):
        assert not any(parameter.requires_grad for parameter in module.parameters())
    assert [parameter.requires_grad for parameter in module.parameters()] == [True, False]
    with pytest.raises(TypeError), frozen(module):
        module(None)
    assert [parameter.requires_grad for parameter in module.parameters()] == [True, False]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"loss": "wasserstein"}, "hinge"),
        ({"fake": "both"}, "composite, raw"),
        ({"discriminators": {}}, "at least one"),
        ({"discriminators": {"generator": Brightness()}}, "none generator"),
        ({"weights": {"nothing": 1.0}}, "choose among"),
        ({"weights": {"style_out": 1.0}}, "features network"),
    ],
)
def test_impossible_options_are_refused(options: dict, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        Adversarial(Convolution(), **({"discriminators": {"judge": Brightness()}, "weights": {"l1": 1.0}} | options))


class Counted(Brightness):
    """Counts its passes."""

    def __init__(self):
        super().__init__()
        self.passes: list[int] = []

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        self.passes.append(len(candidate))
        return super().forward(candidate, image, mask)


@pytest.mark.parametrize("together", [False, True])
def test_real_and_restored_pictures_are_seen_in_one_pass_where_asked(together: bool):
    judge = Counted()
    recipe = Adversarial(Convolution(), {"d": judge}, weights={"l1": 1.0}, together=together)
    turns = [turn.terms for turn in recipe.turns(batch(), 0)]
    assert judge.passes == ([4, 2] if together else [2, 2, 2])
    other = Adversarial(recipe.generator, {"d": Counted()}, weights={"l1": 1.0})
    for one, another in zip(turns, [turn.terms for turn in other.turns(batch(), 0)], strict=True):
        torch.testing.assert_close(one, another)


def test_players_learn_from_halves_of_their_own():
    sample = batch()
    judge, generator = Brightness(), Convolution()
    recipe = Adversarial(generator, {"d": judge}, weights={"l1": 1.0}, apart=True, together=True)
    turns = recipe.turns(sample, 0)
    assert next(turns).player == "d"
    (seen,) = judge.pictures
    assert torch.equal(seen[:1], sample.target[:1]), "the real picture of the first half"
    assert torch.equal(seen[1:] * (1 - sample.mask[:1]), sample.image[:1] * (1 - sample.mask[:1]))
    back(next(turns).terms)
    assert torch.equal(judge.pictures[-1] * (1 - sample.mask[1:]), sample.image[1:] * (1 - sample.mask[1:]))
    assert generator.calls == 2


def test_an_odd_batch_has_no_halves():
    recipe = Adversarial(Convolution(), {"d": Brightness()}, weights={"l1": 1.0}, apart=True)
    with pytest.raises(ValueError, match="a batch of 1 has no two halves"):
        next(iter(recipe.turns(batch().each(lambda part: part[:1]), 0)))
