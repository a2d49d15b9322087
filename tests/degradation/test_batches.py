"""Batches that are damaged where they are learned from look as samples that are damaged one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from inpaint.assemble import trainer_of
from inpaint.checkpoint import load_state
from inpaint.config import parse_run
from inpaint.data.samples import Positions, Samples, load_batches
from inpaint.data.skipped import Skipped
from inpaint.degradation.batches import damaged_batch
from inpaint.degradation.build import degradation_of
from inpaint.degradation.drafts import joined_drafts
from inpaint.parts import Choice
from inpaint.randomness import choose, rng_for
from inpaint.sample import joined_batches
from tests.runs import folder_of_pictures, tiny_tree

COUNT = 24
LEVEL = 1 / 255
MASKS = [
    Choice(name="scribbles"),
    Choice.model_validate({"name": "boxes", "times": [1, 3], "sides": [9, 30], "margin": 0}),
]
EDGES = ["whole", "cut"]
FILLS: dict[str, list[dict[str, Any]]] = {
    "colours": [{"name": "hole", "value": ["black", "white", "green", "grey", "random"]}],
    "means": [{"name": "hole", "value": "mean"}],
    "smooth": [{"name": "hole", "value": "smooth"}],
    "cells": [{"name": "mosaic", "block": [2, 40], "rectangular": 0.5, "cell": ["mean", "centre"], "edge": EDGES}],
    "unrounded": [{"name": "mosaic", "block": 7, "rounding": False}],
    "feathered": [{"name": "mosaic", "block": [3, 12], "feathered": 1.0, "feather": [0.3, 1.5], "edge": EDGES}],
    "bicubic": [{"name": "mosaic", "block": [2, 24], "rectangular": 0.5, "enlarge": "bicubic"}],
    "random cells": [{"name": "mosaic", "block": [3, 9], "cell": "random"}],
}
FILLS["all"] = [fill for fills in FILLS.values() for fill in fills]


def in_levels(size: tuple[int, int], rng: torch.Generator) -> torch.Tensor:
    """Draw a picture with smooth parts and noise, of the 256 levels that a file has."""
    coarse = torch.rand(1, 3, 6, 5, generator=rng)
    picture = torch.nn.functional.interpolate(coarse, size, mode="bicubic")[0]
    picture[:, :, size[1] // 2 :] += torch.rand(3, size[0], size[1] - size[1] // 2, generator=rng) - 0.5
    return (picture.clamp(0, 1) * 255).round() / 255


def tables(fills: list[dict[str, Any]], realism: dict[str, Any] | None = None) -> list[Samples]:
    """Return the same samples, one by one and as drafts."""
    degradation = degradation_of(MASKS, [Choice(**fill) for fill in fills], realism)
    given: dict[str, Any] = {"crop": (48, 61), "seed": 3}
    return [Samples([(1.0, in_levels)], degradation, drafts=drafts, **given) for drafts in (False, True)]


@pytest.mark.parametrize("name", FILLS)
def test_a_batch_is_damaged_as_its_samples_are_one_by_one(name: str):
    singly, drafts = tables(FILLS[name])
    wanted = joined_batches([singly[n].each(lambda part: part[None]) for n in range(COUNT)])
    found = damaged_batch(joined_drafts([drafts[n] for n in range(COUNT)]))
    assert torch.equal(found.mask, wanted.mask)
    assert (found.target - wanted.target).abs().max() < 1e-6
    apart = (found.image - wanted.image).abs()
    bound = 2e-5 if name in ("unrounded", "smooth", "means", "colours") else LEVEL * 1.01
    assert apart.max() < (bound if name != "bicubic" else 2 * LEVEL)
    assert (apart > 1e-4).float().mean() < (0.03 if name == "bicubic" else 0.005)  # means that lie between two levels
    assert abs(float((found.image - wanted.image).mean())) < 3e-5  # are not all rounded the same way
    assert (found.image != found.target).any(1, keepdim=True).sum() > 0.5 * found.mask.sum()


def test_what_is_drawn_is_the_same_sample_by_sample():
    """Cells' sides, phases, edges, shares of the mask and means: of every sample, hence of all of them."""
    singly, drafts = tables(FILLS["cells"])
    sides = set()
    for number in range(COUNT):
        rng, record = rng_for(3, "train", number), dict[str, Any]()
        target = choose(rng, singly.sources, singly.shares)((48, 61), rng)
        image, mask = singly.degrade(target, rng, record)
        draft = drafts[number]
        drawn = record["drawn"]
        assert list(draft.plan.block) == drawn["block"]
        assert list(draft.plan.phase) == drawn["phase"]
        assert draft.plan.centre == (drawn["cell"] == "centre")
        found = damaged_batch(joined_drafts([draft]))
        assert found.mask.mean() == mask.mean()
        assert abs(float(found.image.mean() - image.mean())) < 1e-4
        sides.add(draft.plan.block)
    assert len(sides) > COUNT // 2


def test_what_cannot_be_done_in_a_batch_is_done_before():
    realism = {"jpeg": 0.4, "noise": 0.3, "blur": 0.2, "rescale": 0.2}
    singly, drafts = tables(FILLS["all"], realism)
    made = [drafts[n] for n in range(COUNT)]
    finished = [draft.plan.way == "finished" for draft in made]
    assert 4 < sum(finished) < COUNT
    found = damaged_batch(joined_drafts(made))
    for number, draft in enumerate(made):
        wanted = singly[number]
        assert torch.equal(found.mask[number], wanted.mask)
        assert (found.image[number] - wanted.image).abs().max() < 2 * LEVEL, draft.plan.way


@pytest.mark.parametrize("workers", [0, 2])
def test_workers_hand_over_drafts_in_a_seventh_of_the_bytes(workers: int):
    singly, drafts = tables(FILLS["all"])
    batches = [
        list(load_batches(table, Positions(0, 2, batch=6), workers=workers, pin=False, skipped=Skipped(0.0)))
        for table in (singly, drafts)
    ]
    for one, other in zip(*batches, strict=True):
        found = damaged_batch(other)
        assert (found.image - one.image).abs().max() < 2 * LEVEL
        sizes = [sum(part.nbytes for part in batch[:2]) for batch in (one, other)]
        assert sizes[1] <= sizes[0] / 4


def test_a_run_learns_the_same_where_its_batches_are_damaged_by_the_device(tmp_path: Path):
    pictures = folder_of_pictures(tmp_path / "pictures")
    states = []
    for where in ("workers", "device"):
        tree = tiny_tree(pictures, tmp_path / where, precision="float32")
        tree["data"] |= {"damage_on": where, "fill": {"name": "hole", "value": ["smooth", "white"]}, "validation": None}
        trainer_of(parse_run(tree, "test")).fit()
        states.append(load_state(tmp_path / where / "state.pt")["recipe"])
    one, other = (torch.cat([it.flatten() for it in state.values()]) for state in states)
    assert float((one - other).norm() / one.norm()) < 1e-5


def test_stopping_in_between_changes_nothing_either(tmp_path: Path):
    pictures = folder_of_pictures(tmp_path / "pictures")
    for name in ("whole", "parts"):
        tree = tiny_tree(pictures, tmp_path / name)
        tree["data"] |= {"damage_on": "device"}
        trainer = trainer_of(parse_run(tree, "test"))
        if name == "parts":
            trainer.steps = 3
            trainer.fit()
            trainer = trainer_of(parse_run(tree, "test"))
            trainer.resume()
        trainer.fit()
    whole, parts = (load_state(tmp_path / name / "state.pt")["recipe"] for name in ("whole", "parts"))
    assert all(torch.equal(it, parts[name]) for name, it in whole.items())
