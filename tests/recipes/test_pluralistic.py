"""The two paths of PICNet: who learns, from what, and the authors' numbers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from inpaint.discriminators import DISCRIMINATORS
from inpaint.generators import GENERATORS
from inpaint.generators.picnet import PICNet
from inpaint.recipes.pluralistic import Pluralistic, divergences, plain_deviation, scale_error
from inpaint.sample import Prediction, Sample


def recipe(**options: Any) -> Pluralistic:
    torch.manual_seed(0)
    generator = GENERATORS["picnet"](width=2)
    assert isinstance(generator, PICNet)
    judges = {name: DISCRIMINATORS["picnet"](width=2, layers=4) for name in ("generated", "reconstructed")}
    return Pluralistic(generator, judges, **options)


def batch(side: int = 64) -> Sample:
    target, mask = torch.rand(2, 3, side, side), torch.zeros(2, 1, side, side)
    mask[..., side // 4 : side // 2, side // 4 : side // 2] = 1
    return Sample(target * (1 - mask), mask, target)


def taught(network: nn.Module) -> list[str]:
    return [
        name for name, parameter in network.named_parameters() if parameter.grad is None or not parameter.grad.any()
    ]


def test_every_turn_teaches_all_of_its_player_and_nobody_else():
    learning = recipe()
    for parameter in learning.generator.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)  # attention starts at 0
    players = []
    for turn in learning.turns(batch(), 0):
        learning.zero_grad(set_to_none=True)
        torch.stack(list(turn.terms.values())).sum().backward()
        players.append(turn.player)
        for name, network in learning.players.items():
            if name == turn.player:
                left = [it for it in taught(network) if not it.startswith("attn")]
                assert left == [], name
            else:
                assert all(parameter.grad is None for parameter in network.parameters()), name
    assert players == ["generated", "reconstructed", "generator"]
    assert set(turn.terms) == {
        *("divergence_posterior", "divergence_prior", "l1_generated", "l1_reconstructed", "adversarial", "matched")
    }


def test_the_plain_deviation_falls_with_what_is_known():
    masks = torch.stack([torch.ones(1, 4, 4), torch.zeros(1, 4, 4)])
    assert plain_deviation(masks).flatten().tolist() == pytest.approx(
        [1 / (1 + 2.71828182846 ** (-6.40008)), 0.168005], 1e-4
    )


def extras(**values: Tensor) -> Prediction:
    return Prediction(torch.zeros(1, 3, 2, 2), values)


def test_divergences_worked_out_by_hand():
    one = torch.ones(1, 2, 1, 1)
    known = torch.zeros(1, 1, 8, 8)
    spread = plain_deviation(known).item()
    prediction = extras(prior_mean=0 * one, prior_deviation=2 * one, posterior_mean=one, posterior_deviation=one)
    found = divergences(prediction, known)
    log_ratio = torch.tensor(1 / spread).log().item()
    assert found["posterior"].item() == pytest.approx(log_ratio + (spread**2 + 1) / 2 - 0.5, rel=1e-5)
    assert found["prior"].item() == pytest.approx(0.693147 + (1 + 1) / 8 - 0.5, rel=1e-5)
    posterior = one.clone().requires_grad_()
    moved = extras(prior_mean=0 * one, prior_deviation=one, posterior_mean=posterior, posterior_deviation=one)
    assert not divergences(moved, known)[
        "prior"
    ].requires_grad  # it follows the posterior, which does not come to meet it


def test_the_drawing_path_is_compared_with_known_pixels_alone():
    sample = batch(8)
    answer = sample.target + sample.mask
    assert scale_error(answer, sample, known_only=True).item() == 0
    assert scale_error(answer, sample, known_only=False).item() == pytest.approx(4 / 64)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"loss": "wasserstein"}, "choose among hinge"),
        ({"discriminators": {}}, "they must be generated and reconstructed"),
        ({"generator": GENERATORS["dfnet"](width=2, levels=2, fused=1)}, "cannot teach a DFNet: choose picnet"),
    ],
)
def test_impossible_options_are_refused(change: dict[str, Any], sentence: str):
    made = recipe()
    given: dict[str, Any] = {"generator": made.generator, "discriminators": dict(made.discriminators.items())} | change
    with pytest.raises(ValueError, match=sentence):
        Pluralistic(given.pop("generator"), given.pop("discriminators"), **given)
