"""Learning without pairs: who steps when, who sees what, and the terms worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Generator, Scores
from inpaint.discriminators import DISCRIMINATORS
from inpaint.generators import GENERATORS
from inpaint.recipes.cycle import Cycle
from inpaint.sample import Prediction, Sample


class Shift(Generator):
    """A generator that adds one number to the picture; remembers what it was shown."""

    multiple = 1

    def __init__(self, amount: float):
        super().__init__()
        self.amount = nn.Parameter(torch.tensor(amount))
        self.shown: list[tuple[Tensor, Tensor]] = []

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        self.shown.append((image, mask))
        return Prediction(image + self.amount, {})


class Brightness(Discriminator):
    """A discriminator whose logit is the mean picture times one number; remembers what it was shown."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.shown: list[tuple[Tensor, Tensor]] = []

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        self.shown.append((candidate, mask))
        logits = self.scale * candidate.mean(dim=(1, 2, 3), keepdim=True)
        return Scores(logits, [logits])


def batch(count: int = 3, size: int = 16) -> Sample:
    rng = torch.Generator().manual_seed(0)
    target = torch.rand(count, 3, size, size, generator=rng)
    mask = (torch.rand(count, 1, size, size, generator=rng) < 0.3).float()
    return Sample(target * (1 - mask), mask, target)


def shifting(**options: float) -> Cycle:
    judges = {"target": Brightness(), "image": Brightness()}
    return Cycle(Shift(0.2), {"reverse": Shift(-0.3)}, judges, **options)  # pyright: ignore[reportArgumentType]


def back(terms: dict[str, Tensor]) -> None:
    torch.stack(list(terms.values())).sum().backward()


def gradients(module: nn.Module) -> list[Tensor | None]:
    return [None if parameter.grad is None else parameter.grad.clone() for parameter in module.parameters()]


def test_the_generators_terms_by_hand():
    sample = batch()
    (terms, _) = (turn.terms for turn in shifting(cycle=10.0, identity=5.0).turns(sample, 0))
    expected = {
        "adversarial_target": (sample.image.mean(dim=(1, 2, 3)) + 0.2 - 1).square().mean().item(),
        "adversarial_image": (sample.target.mean(dim=(1, 2, 3)) - 0.3 - 1).square().mean().item(),
        "cycle_image": 2 * 10 * 0.1,  # 0.2 there and 0.3 back, doubled for pictures in [0, 1]
        "cycle_target": 2 * 10 * 0.1,
        "identity_target": 2 * 5 * 0.2,
        "identity_image": 2 * 5 * 0.3,
    }
    assert {name: term.item() for name, term in terms.items()} == pytest.approx(expected, rel=1e-5)


def test_the_discriminators_terms_by_hand():
    sample = batch()
    (_, terms) = (turn.terms for turn in shifting().turns(sample, 0))
    damaged, clean = sample.image.mean(dim=(1, 2, 3)), sample.target.mean(dim=(1, 2, 3))
    expected = {
        "target": ((clean - 1).square().mean() + (damaged + 0.2).square().mean()).item() / 2,
        "image": ((damaged - 1).square().mean() + (clean - 0.3).square().mean()).item() / 2,
    }
    assert {name: term.item() for name, term in terms.items()} == pytest.approx(expected, rel=1e-5)


def test_the_generators_step_first_and_each_turn_teaches_its_players_only():
    networks = [GENERATORS["resnet9"](width=4, blocks=1) for _ in range(2)]
    judges = {name: DISCRIMINATORS["patch"](width=4, layers=1, norm="instance") for name in ("target", "image")}
    recipe = Cycle(networks[0], {"reverse": networks[1]}, judges)
    assert list(recipe.players) == ["generator", "discriminator"]
    pairs = [set(players.parameters()) for players in recipe.players.values()]
    assert pairs == [{p for net in pair for p in net.parameters()} for pair in (networks, judges.values())]

    turns = recipe.turns(batch(size=32), 0)
    turn = next(turns)
    assert turn.player == "generator"
    back(turn.terms)
    taught = gradients(recipe.players["generator"])
    assert all(gradient is not None and gradient.isfinite().all() for gradient in taught)
    assert all(gradient is None for gradient in gradients(recipe.players["discriminator"]))
    torch.optim.SGD(recipe.players["generator"].parameters(), lr=0.1).step()  # as the trainer does between the turns
    turn = next(turns)
    assert (turn.player, list(turn.terms)) == ("discriminator", ["target", "image"])
    back(turn.terms)
    assert all(gradient is not None and gradient.any() for gradient in gradients(recipe.players["discriminator"]))
    assert all(torch.equal(*pair) for pair in zip(taught, gradients(recipe.players["generator"]), strict=True))  # pyright: ignore
    assert next(turns, None) is None


def test_nothing_is_compared_with_its_own_original():
    recipe, sample = shifting(), batch()
    list(recipe.turns(sample, 0))
    clean = sample.target[[2, 0, 1]]
    judge = recipe.discriminators["target"]
    assert isinstance(judge, Brightness)
    assert torch.equal(judge.shown[1][0], clean)  # first the fake fools it, then it learns
    reverse = recipe.partners["reverse"]
    assert isinstance(reverse, Shift)
    assert torch.equal(reverse.shown[0][0], clean)


def test_a_picture_that_should_stay_as_it_is_comes_with_an_empty_mask():
    recipe, sample = shifting(), batch()
    list(recipe.turns(sample, 0))
    for network, whole in ((recipe.generator, sample.target.roll(1, 0)), (recipe.partners["reverse"], sample.image)):
        assert isinstance(network, Shift)
        masks = [mask for _, mask in network.shown]
        assert [bool(mask.any()) for mask in masks] == [True, True, False]
        assert all(torch.equal(mask, sample.mask) for mask in masks[:2])
        assert torch.equal(network.shown[2][0], whole)


def test_without_identity_its_terms_are_left_out():
    turn = next(shifting(identity=0.0).turns(batch(), 0))
    assert list(turn.terms) == ["adversarial_target", "adversarial_image", "cycle_image", "cycle_target"]


def test_discriminators_learn_from_the_pools_and_an_old_fake_keeps_its_mask():
    recipe, sample = shifting(pool=2), batch(count=2)
    judge = recipe.discriminators["target"]
    assert isinstance(judge, Brightness)
    seen = []
    for step in range(12):
        other = Sample(sample.image * 0 + step / 100, (sample.mask * 0 + step % 2), sample.target)
        list(recipe.turns(other, step))
        pictures, masks = judge.shown[-1]
        ages = (step / 100 - (pictures[:, 0, 0, 0] - 0.2)).mul(100).round().long()
        assert torch.equal(masks[:, 0, 0, 0].long(), (step - ages) % 2)
        seen += ages.tolist()
    assert seen[:2] == [0, 0]
    assert max(seen) > 0
    assert min(seen) == 0
    assert set(recipe.state_dict()) >= {"pools.target._extra_state", "pools.image._extra_state"}


def test_a_batch_of_one_has_nothing_unpaired():
    with pytest.raises(ValueError, match=r"batches of at least 2: raise data\.batch"):
        next(shifting().turns(batch(count=1), 0))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"loss": "wasserstein"}, "choose among hinge, lsgan"),
        ({"partners": {}}, r"partners are \[\]: name one, reverse"),
        ({"partners": {"back": Shift(0.0)}}, r"partners are \['back'\]: name one, reverse"),
        ({"discriminators": {"target": Brightness()}}, r"discriminators are \['target'\]: name target .* and image"),
        ({"pool": -1}, "pool's size is -1"),
    ],
)
def test_impossible_options_are_refused(options: dict, sentence: str):
    good = {"partners": {"reverse": Shift(0.0)}, "discriminators": {"target": Brightness(), "image": Brightness()}}
    with pytest.raises(ValueError, match=sentence):
        Cycle(Shift(0.0), **(good | options))
