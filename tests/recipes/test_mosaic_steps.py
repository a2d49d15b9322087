"""Learning mosaics of several blocks: what the recipe shows a network is what restoring shows it."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from inpaint import distributed
from inpaint.generators import cells, unet
from inpaint.mosaic.grid import Grid
from inpaint.randomness import rng_for
from inpaint.recipes.mosaic_steps import MosaicSteps
from inpaint.restoring.octaves import restore_cells
from inpaint.sample import Sample

SIDE = 64


def network(**more: Any) -> Any:
    torch.manual_seed(0)
    made: Any = cells.build(width=8, blocks=1, deep=8, deep_blocks=1, **more)
    for head in made.heads.values():  # which begin at zero and would hide what they are shown
        torch.nn.init.normal_(head.weight, std=0.05)
    return made


def batch(size: int) -> Sample:
    target = torch.rand(size, 3, SIDE, SIDE, generator=rng_for("mosaic_steps"))
    target = (torch.nn.functional.avg_pool2d(target, 5, 1, 2) * 255).round() / 255
    mask = torch.zeros(size, 1, SIDE, SIDE)
    mask[:, :, 16:48, 20:40] = 1
    means = torch.nn.functional.avg_pool2d(target, 4).repeat_interleave(4, 2).repeat_interleave(4, 3)
    return Sample(torch.where(mask > 0, means, target), mask, target)


@pytest.mark.parametrize("block", [8, 16])
def test_both_steps_see_what_restoring_shows_them(block: int, monkeypatch: pytest.MonkeyPatch):
    recipe, sample, seen = MosaicSteps(network(), weights={"hole_mse": 1.0}, blocks=[block]), batch(1), []
    forward = recipe.generator.forward

    def noted(*given: Any, **more: Any) -> Any:
        seen.append((*given, more["block"], torch.as_tensor(more.get("guessed", 0.0)).flatten()[0]))
        return forward(*given, **more)

    monkeypatch.setattr(recipe.generator, "forward", noted)
    next(iter(recipe.turns(sample, 0)))
    learned, seen = seen, []
    mask = torch.nn.functional.max_pool2d(sample.mask, block).repeat_interleave(block, 2).repeat_interleave(block, 3)
    means = (torch.nn.functional.avg_pool2d(sample.target, block) * 255).round() / 255
    shown = means.repeat_interleave(block, 2).repeat_interleave(block, 3)
    shown = torch.where(mask > 0, shown, sample.target)
    restore_cells(recipe.generator, shown[0], mask[0], Grid((block, block), (0, 0)))
    assert len(learned) == len(seen) == 2
    for mine, theirs in zip(learned, seen, strict=True):
        for one, other in zip(mine, theirs, strict=True):
            assert torch.allclose(torch.as_tensor(one).float(), torch.as_tensor(other).float(), atol=1e-5)


def test_samples_take_the_blocks_in_turn_and_each_counts_as_much(monkeypatch: pytest.MonkeyPatch):
    recipe = MosaicSteps(network(), weights={"hole_mse": 1.0}, blocks=[4, 8, 4, 16])
    blocks: list[int] = []
    coarser = recipe.coarser

    def noted(sample: Sample, block: int, step: int) -> Any:
        blocks.extend([block] * len(sample.image))
        return coarser(sample, block, step)

    monkeypatch.setattr(recipe, "coarser", noted)
    (turn,) = recipe.turns(batch(8), 0)
    assert blocks == [8, 8, 16, 16]
    assert list(turn.terms) == ["hole_mse"]
    blocks.clear()
    for step in range(4):
        next(iter(recipe.turns(batch(1), step)))
    assert blocks == [8, 16]


def test_every_rank_takes_the_same_blocks(monkeypatch: pytest.MonkeyPatch):
    """Ranks average the terms of each block: a rank without it would leave the others waiting, or mix two blocks."""
    recipe, seen = MosaicSteps(network(), weights={"hole_mse": 1.0}), list[list[int]]()
    coarser = recipe.coarser

    def noted(sample: Sample, block: int, step: int) -> Any:
        seen[-1].append(block)
        return coarser(sample, block, step)

    monkeypatch.setattr(recipe, "coarser", noted)
    monkeypatch.setattr("inpaint.losses.pixels.mean_over_ranks", lambda value: value)
    for rank in range(3):
        monkeypatch.setattr(distributed, "rank", lambda rank=rank: rank)
        monkeypatch.setattr(distributed, "world_size", lambda: 3)
        seen.append([])
        for step in range(5):
            next(iter(recipe.turns(batch(1), step)))
    assert seen[0] == seen[1] == seen[2] == [8, 16]


def test_a_sample_of_4_px_is_learned_as_supervised_learns_it():
    recipe, sample = MosaicSteps(network(), weights={"hole_mse": 1.0}, blocks=[4]), batch(2)
    (turn,) = recipe.turns(sample, 0)
    answer = recipe.generator(sample.image, sample.mask)
    area = 3 * sample.mask.sum()
    errors = [((it - sample.target).square() * sample.mask).sum() / area for it in (answer.extras["raw"], answer.image)]
    assert turn.terms["hole_mse"].item() == pytest.approx(torch.stack(errors).mean().item(), rel=1e-5)


def test_every_weight_learns():
    recipe = MosaicSteps(network(), weights={"hole_log_mse": 1.0})
    (turn,) = recipe.turns(batch(4), 0)
    torch.stack(list(turn.terms.values())).sum().backward()
    assert all(it.grad is not None and it.grad.abs().max() > 0 for it in recipe.generator.parameters())


@pytest.mark.parametrize(
    ("given", "blocks", "words"),
    [
        (lambda: network(), [4, 6], "choose among 4, 8, 16"),
        (lambda: network(), [], "choose among"),
        (lambda: network(steps=[4]), [8], "choose among 4, 16"),
        (lambda: unet.build(width=4), [4], "cannot teach a"),
    ],
)
def test_what_it_cannot_teach_is_a_sentence(given: Any, blocks: list[int], words: str):
    with pytest.raises(ValueError, match=words):
        MosaicSteps(given(), weights={"hole_mse": 1.0}, blocks=blocks)
