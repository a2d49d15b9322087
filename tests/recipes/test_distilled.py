"""MI-GAN's training: a golden step of the authors' code, who learns when, and teachers of any kind."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from migan_networks import filled_judge
from published_step import damaged, picture_of, step_summary
from torch import Tensor, nn

from inpaint.contracts import Generator, Turn
from inpaint.discriminators import migan as judging
from inpaint.generators import migan
from inpaint.layers.unit_conv import blurred_up
from inpaint.recipes.distilled import Distilled, taken_apart
from inpaint.sample import Prediction, Sample

# By scripts/parity/migan.py, of Picsart-AI-Research/MI-GAN ca4df2e.
GOLDEN_STEP = {
    "adversarial": 0.701468362614041,
    "distillation": 0.10437297903134397,
    "gradient": -3.329530895347252e-08,
    "gradient_size": 7.505051321751123e-08,
    "gradient_in_hole": 1.9796419528493355e-07,
    "gradient_outside": 0.0,
    "gradient_added": 2.5431315104166668e-05,
    "discriminator": 1.386359815717551,
    "penalty": 2.713237390213664e-07,
    "penalty_gradient": 0.0008848216402022263,
}


class Given(Generator):
    """Answers a picture that learns, and adds what is given at each scale."""

    def __init__(self, picture: Tensor, added: dict[str, Tensor]):
        super().__init__()
        self.picture, self.added = nn.Parameter(picture), added

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        return Prediction(self.picture, self.added)


def small() -> tuple[Generator, dict[str, Any]]:
    options: dict[str, Any] = {"width": 4, "widest": 8, "levels": 3, "tensors": 2}
    return migan.build(**options), {"discriminator": judging.build(**options)}


def sample_of(side: int = 32) -> Sample:
    target, mask = torch.rand(2, 3, side, side), torch.zeros(2, 1, side, side)
    mask[..., 8:20, 8:24] = 1
    return Sample(target * (1 - mask), mask, target)


def test_a_step_has_the_losses_and_the_gradients_of_the_authors_code():
    target, mask = damaged()
    added, wanted = picture_of(3).requires_grad_(), picture_of(4)
    generator = Given(picture_of(2), {"rgb_16": added, "rgb_64": added})
    teacher = Given(picture_of(2), {"rgb_16": 9 * wanted, "rgb_64": wanted})
    judge = filled_judge()
    recipe = Distilled(generator, {"discriminator": judge}, {"teacher": teacher})
    turns = iter(recipe.turns(Sample(target * (1 - mask), mask, target), 0))
    learned = next(turns)
    torch.stack(list(learned.terms.values())).sum().backward()
    assert added.grad is not None
    got = step_summary(learned.terms, generator.picture) | {"gradient_added": added.grad.abs().mean().item()}
    got["discriminator"] = next(turns).terms["discriminator"].item()
    judge.zero_grad()
    penalty = next(turns).terms["discriminator_penalty"]
    penalty.backward()
    got["penalty"] = penalty.item()
    slope = [it.grad.flatten() for it in judge.parameters() if it.grad is not None]
    got["penalty_gradient"] = torch.cat(slope).abs().sum().item()
    assert got == pytest.approx(GOLDEN_STEP, rel=1e-6, abs=0)


def played(recipe: Distilled, step: int) -> list[Turn]:
    return list(recipe.turns(sample_of(), step))


def test_the_penalty_comes_at_every_nth_step_in_a_turn_of_its_own():
    recipe = Distilled(*small(), {}, penalty_every=2)
    assert [turn.player for turn in played(recipe, 0)] == ["generator", "discriminator", "discriminator"]
    assert [turn.player for turn in played(recipe, 1)] == ["generator", "discriminator"]
    assert set(played(recipe, 1)[0].terms) == {"adversarial"}


def test_without_penalty_there_is_no_turn_for_it():
    assert len(played(Distilled(*small(), {}, penalty=0.0), 0)) == 2


def test_a_picture_is_taken_apart_into_what_scales_add():
    picture = torch.rand(1, 3, 32, 32).double()
    like = {side: torch.zeros(1, 3, side, side) for side in (4, 8, 16, 32)}
    parts = taken_apart(Prediction(picture, {}), like)
    total = parts["rgb_4"]
    for side in (8, 16, 32):
        total = blurred_up(total) + parts[f"rgb_{side}"]
    torch.testing.assert_close(total, 2 * picture - 1)


def test_a_teacher_that_answers_one_picture_teaches_its_scales_in_the_hole():
    generator, judges = small()
    teacher = Given(torch.rand(2, 3, 32, 32), {})
    recipe = Distilled(generator, judges, {"teacher": teacher}, coarsest=8)
    turn = next(iter(recipe.turns(sample_of(), 1)))
    turn.terms["distillation"].backward()
    assert turn.terms["distillation"] > 0
    assert all(it.grad is not None for name, it in generator.named_parameters() if "torgb" in name and "b4" not in name)
    assert teacher.picture.grad is None


def test_a_generator_that_adds_nothing_at_scales_cannot_be_taught_by_one():
    _, judges = small()
    given = Given(torch.rand(2, 3, 32, 32), {})
    recipe = Distilled(given, judges, {"teacher": given})
    with pytest.raises(ValueError, match="no scale of the generator has 32 px"):
        next(iter(recipe.turns(sample_of(), 1)))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"discriminators": {}}, "name exactly one"),
        ({"teachers": {"a": nn.Identity(), "b": nn.Identity()}}, "at most one"),
        ({"coarsest": 0}, "coarsest is 0"),
        ({"penalty_every": 0}, "penalty_every is 0"),
    ],
)
def test_impossible_options_are_refused(given: dict[str, Any], words: str):
    generator, judges = small()
    with pytest.raises(ValueError, match=words):
        Distilled(generator, **({"discriminators": judges, "teachers": {}} | given))
