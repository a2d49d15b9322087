"""Learning to draw from noise: the order of turns, whom each teaches, and the terms worked out by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Generator, Scores
from inpaint.discriminators import DISCRIMINATORS
from inpaint.generators import GENERATORS
from inpaint.recipes.unconditional import Unconditional
from inpaint.sample import Sample


class Brightness(Discriminator):
    """A discriminator whose logit is the mean picture times one number; remembers what it was shown."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.shown: list[Tensor] = []

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        assert not mask.any()
        self.shown.append(candidate)
        logits = self.scale * candidate.mean(dim=(1, 2, 3), keepdim=True)
        return Scores(logits, [logits])


def batch(count: int = 3) -> Sample:
    target = torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    return Sample(torch.full_like(target, torch.nan), torch.ones(count, 1, 64, 64), target)  # only the target is real


def generator() -> Generator:
    torch.manual_seed(0)
    return GENERATORS["dcgan"](width=4, latent=6, steps=1)


def back(terms: dict[str, Tensor]) -> None:
    torch.stack(list(terms.values())).sum().backward()


def gradients(module: nn.Module) -> list[Tensor | None]:
    return [None if parameter.grad is None else parameter.grad.clone() for parameter in module.parameters()]


def test_the_discriminator_learns_first_and_each_turn_teaches_its_player_only():
    discriminator = DISCRIMINATORS["dcgan"](width=4)
    recipe = Unconditional(generator(), {"discriminator": discriminator})
    turns = recipe.turns(batch(), 0)
    turn = next(turns)
    assert (turn.player, list(turn.terms)) == ("discriminator", ["real", "fake"])
    back(turn.terms)
    taught = gradients(discriminator)
    assert all(gradient is not None and gradient.any() for gradient in taught)
    assert all(gradient is None for gradient in gradients(recipe.generator))
    torch.optim.SGD(discriminator.parameters(), lr=0.1).step()
    turn = next(turns)
    assert (turn.player, list(turn.terms)) == ("generator", ["adversarial"])
    back(turn.terms)
    assert all(torch.equal(*pair) for pair in zip(taught, gradients(discriminator), strict=True))  # pyright: ignore
    assert all(gradient is not None and gradient.any() for gradient in gradients(recipe.generator))
    assert next(turns, None) is None
    assert list(recipe.players) == ["generator", "discriminator"]


def test_the_terms_by_hand_are_cross_entropies_without_a_half():
    judge, sample = Brightness(), batch()
    turns = Unconditional(generator(), {"discriminator": judge}).turns(sample, 0)
    terms = next(turns).terms
    real, fake = judge.shown
    assert torch.equal(real, sample.target)
    ones, zeros = torch.ones(3), torch.zeros(3)
    expected = F.binary_cross_entropy(real.mean(dim=(1, 2, 3)).sigmoid(), ones)
    assert terms["real"].item() == pytest.approx(expected.item(), rel=1e-5)
    expected = F.binary_cross_entropy(fake.mean(dim=(1, 2, 3)).sigmoid(), zeros)
    assert terms["fake"].item() == pytest.approx(expected.item(), rel=1e-5)
    judge.scale.data.fill_(3.0)  # as its optimizer would between the turns
    terms = next(turns).terms
    assert torch.equal(judge.shown[2], fake)
    expected = F.binary_cross_entropy((3 * fake.mean(dim=(1, 2, 3))).sigmoid(), ones)
    assert terms["adversarial"].item() == pytest.approx(expected.item(), rel=1e-5)


def test_every_step_has_its_own_noise_and_the_same_again():
    shown = []
    for step in (0, 1, 1):
        judge = Brightness()
        next(Unconditional(generator(), {"discriminator": judge}).turns(batch(), step))
        shown.append(judge.shown[1])
    assert torch.equal(shown[1], shown[2])
    assert not torch.equal(shown[0], shown[1])
    assert not torch.equal(shown[0][0], shown[0][1])


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="draws from noise: choose dcgan"):
        Unconditional(GENERATORS["resnet9"](width=4, blocks=1), {"discriminator": Brightness()})
    with pytest.raises(ValueError, match=r"discriminators are \['judge'\]: name one, discriminator"):
        Unconditional(generator(), {"judge": Brightness()})
