"""The recipe of DSI: its extractor learns, the critics precede, and the original's code comes from the original."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from inpaint.discriminators import DISCRIMINATORS
from inpaint.generators import GENERATORS
from inpaint.generators.dsi import DSI
from inpaint.layers.hole_window import cropped, laid_back
from inpaint.recipes.styles import StyleExtractor, Styles
from inpaint.sample import Sample

WEIGHTS = {"valid_mae": 2.4, "coarse_valid_mae": 2.88}


def recipe(**options: Any) -> Styles:
    torch.manual_seed(0)
    generator = GENERATORS["dsi"](width=4)
    assert isinstance(generator, DSI)
    critics = {"critics": DISCRIMINATORS["local_global"](width=4, size=64, crop=32)}
    given: dict[str, Any] = {"weights": WEIGHTS, "style_weights": WEIGHTS, "window": 32, "extractor": 4}
    given |= {"critic_steps": 2} | options
    return Styles(generator, critics, **given)


def batch() -> Sample:
    torch.manual_seed(1)
    target, mask = torch.rand(2, 3, 64, 64), torch.zeros(2, 1, 64, 64)
    mask[0, :, 16:40, 8:40] = 1
    mask[1, :, 30:50, 30:60] = 1
    return Sample(target * (1 - mask), mask, target)


def test_counts_are_the_authors():
    assert sum(parameter.numel() for parameter in StyleExtractor(64, 64).parameters()) == 36_230_528
    critics: Any = DISCRIMINATORS["local_global"](size=128, crop=64)
    counts = [sum(parameter.numel() for parameter in it.parameters()) for it in (critics.local, critics.whole)]
    assert counts == [4_314_753, 2_684_289]


def test_generator_and_extractor_learn_every_second_step_and_every_parameter_does():
    learning = recipe()
    assert [turn.player for turn in learning.turns(batch(), 0)] == ["critics"]
    lazy = {"critics": ["local.judge.bias", "whole.judge.bias"], "generator": []}  # which real and restored cancel
    players = []
    for turn in learning.turns(batch(), 1):
        learning.zero_grad(set_to_none=True)
        torch.stack(list(turn.terms.values())).sum().backward()
        players.append(turn.player)
        for name, network in learning.players.items():
            gradients = {key: it.grad for key, it in network.named_parameters()}
            if name == turn.player:
                assert [key for key, it in gradients.items() if it is None or not it.any()] == lazy[name], name
            else:
                assert all(it is None for it in gradients.values()), name
    assert players == ["critics", "generator"]
    names = {"valid_mae", "coarse_valid_mae", "adversarial", "reading", "style_patch", "divergence"}
    assert set(turn.terms) == names | {"style_valid_mae", "style_coarse_valid_mae"}


def test_the_extractor_is_saved_with_the_run_and_is_no_part_of_the_generator():
    learning = recipe()
    assert any(name.startswith("extractor.") for name in learning.state_dict())
    assert not any("extractor" in name for name in learning.generator.state_dict())


def test_a_patch_is_laid_back_where_it_was_cut():
    mask = batch().mask
    patch = torch.rand(2, 2, 32, 32)
    laid = laid_back(patch, mask)
    assert laid.shape == (2, 2, 64, 64)
    assert torch.equal(cropped(laid, mask, 32), patch)
    assert (laid != 0).sum() == (patch != 0).sum()


@torch.no_grad()
def test_terms_worked_out_from_a_known_extractor(monkeypatch: pytest.MonkeyPatch):
    learning, sample = recipe(divergence=1.0, reading=1.0), batch()

    def told(patch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean = torch.full((2, 1, 32, 32), 0.5)
        return mean, torch.zeros_like(mean)

    monkeypatch.setattr(learning.extractor, "forward", told)
    terms = list(learning.turns(sample, 1))[-1].terms
    assert terms["divergence"].item() == pytest.approx(0.5 * 0.25 * 2 * 32 * 32)
    assert 0.7 < terms["reading"].item() < 1.1  # the mean of |0.5 - n| of normal n is 0.896


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"window": 40}, "window is 40: it must be 16, 32, 48"),
        ({"critic_steps": 0}, "critic_steps is 0"),
        ({"weights": {"nothing": 1.0}}, "choose among"),
        ({"style_weights": {"nothing": 1.0}}, "choose among"),
    ],
)
def test_impossible_options_are_refused(change: dict[str, Any], sentence: str):
    with pytest.raises(ValueError, match=sentence):
        recipe(**change)


def test_another_generator_is_refused():
    given: Any = dict(recipe().discriminators.items())
    other: Any = GENERATORS["contextual"](width=4)
    with pytest.raises(ValueError, match="cannot teach a Contextual: choose dsi"):
        Styles(other, given, weights=WEIGHTS, style_weights=WEIGHTS)
