"""Learning one picture: a scale at a time, the coarsest first, each against its critic."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from inpaint.assemble import samples_of, validation_of
from inpaint.config import parse_run
from inpaint.data.sources import picture_source
from inpaint.generators.singan import SinGAN
from inpaint.images import from_array, write
from inpaint.layers.picture_pyramid import at_size
from inpaint.randomness import rng_for
from inpaint.recipes.one_picture import OnePicture
from inpaint.sample import Sample
from tests.runs import tiny_tree


def learning(**options) -> OnePicture:
    torch.manual_seed(0)
    return OnePicture(SinGAN(4, scales=3, least=12), iterations=2, rounds=1, **options)


def sample(mask: Tensor | None = None) -> Sample:
    coarse = torch.rand(1, 3, 5, 4, generator=rng_for("one"))
    target = at_size(coarse, (36, 30)).clamp(0, 1)
    return Sample(target, torch.zeros(1, 1, 36, 30) if mask is None else mask, target)


def learned(recipe: OnePicture, step: int, given: Sample) -> dict[str, dict[str, float]]:
    """Play a step; return its terms by player, and step no optimizer."""
    terms = {}
    for turn in recipe.turns(given, step):
        recipe.zero_grad(set_to_none=True)
        torch.stack(list(turn.terms.values())).sum().backward()
        terms[turn.player] = {name: float(value.detach()) for name, value in turn.terms.items()}
        networks = recipe.critics if turn.player == "critic" else recipe.generator.scales
        scale = min(step // 2, 2)
        touched = [all(it.grad is not None for it in network.parameters()) for network in networks]
        assert touched == [number == scale for number in range(3)]
    return terms


def test_one_scale_learns_at_a_time_and_the_others_stay_as_they_restore():
    recipe = learning()
    for step in range(8):  # the last scale goes on
        learned(recipe, step, sample())
        modes = [network.training for network in recipe.generator.scales]
        assert modes == [number == min(step // 2, 2) for number in range(3)]


def test_a_scale_begins_as_the_one_before_has_ended_with_noise_as_strong_as_what_is_missing():
    recipe = learning()
    learned(recipe, 0, sample())
    with torch.no_grad():
        for parameter in recipe.generator.scales[0].parameters():
            parameter += 0.1
    recipe.generator.eval()
    own = recipe.rebuilt(2 * sample().target - 1, 1)
    recipe.train()
    learned(recipe, 2, sample())
    pairs = zip(recipe.generator.scales[0].parameters(), recipe.generator.scales[1].parameters(), strict=True)
    assert all(torch.equal(*pair) for pair in pairs)
    real = at_size(2 * sample().target - 1, (own.shape[2], own.shape[3]))
    expected = 0.1 * (own - real).square().mean().sqrt()
    torch.testing.assert_close(recipe.generator.strengths[1], expected)
    assert recipe.generator.strengths.tolist()[2] == 1.0


def test_what_lies_under_a_hole_is_not_learned_where_the_mask_is_heeded():
    mask = torch.zeros(1, 1, 36, 30)
    mask[..., 10:20, 5:15] = 1
    plain, other = sample(mask), sample(mask)
    other = other._replace(target=other.target.where(mask < 0.5, 0.0))
    for heeded in (True, False):
        terms = []
        for given in (plain, other):
            torch.manual_seed(1)
            terms.append(learned(learning(heed_mask=heeded), 5, given)["generator"]["rebuilding"])
        assert (abs(terms[0] - terms[1]) < 1e-3 * terms[0]) == heeded


def test_a_picture_is_rebuilt_better_after_learning():
    recipe = learning()
    optimizers = {name: torch.optim.Adam(it.parameters(), lr=1e-3) for name, it in recipe.players.items()}
    errors = []
    for _ in range(60):
        for turn in recipe.turns(sample(), 0):
            optimizers[turn.player].zero_grad(set_to_none=True)
            torch.stack(list(turn.terms.values())).sum().backward()
            optimizers[turn.player].step()
            errors += [float(turn.terms["rebuilding"].detach())] if turn.player == "generator" else []
    assert min(errors) < 0.7 * errors[0]


def test_one_picture_is_the_data_and_what_is_looked_at(tmp_path: Path):
    file = tmp_path / "one.png"
    write(from_array(torch.rand(3, 50, 80, generator=rng_for("file"))), file)
    source = picture_source(str(file), flip=False)
    assert source((40, 40), rng_for(0)).shape == (3, 25, 40)
    assert source((200, 200), rng_for(0)).shape == (3, 50, 80)
    tree = tiny_tree(tmp_path, tmp_path / "run")
    tree["data"] |= {"train": str(file), "crop": 40, "batch": 1}
    del tree["data"]["validation"]
    run = parse_run(tree, "test")
    (validated,) = validation_of(run)
    assert validated.target.shape == (1, 3, 25, 40)
    assert samples_of(run)[3].target.shape == (3, 25, 40)


def test_another_network_is_refused():
    with pytest.raises(ValueError, match="the recipe one_picture cannot teach a Identity: choose singan"):
        OnePicture(torch.nn.Identity())  # pyright: ignore[reportArgumentType]
