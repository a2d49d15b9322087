"""Bilateral attention and pyramid filling: a reading of a paper whose authors published no code; and its recipe."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from checksums import fill, hole, image, summary

from inpaint.config import parse_run
from inpaint.discriminators import DISCRIMINATORS
from inpaint.generators import bilateral
from inpaint.layers.structure import structure_of
from inpaint.recipes.structure_first import StructureFirst
from inpaint.sample import Prediction, Sample
from tests.runs import adversarial_tree


def test_the_count():
    with torch.device("meta"):
        network = bilateral.build()
    assert sum(it.numel() for it in network.parameters()) == 24_615_855


@torch.no_grad()
def test_checksums():
    """Of this wiring; there is no other."""
    network = bilateral.build(width=4)
    fill(network, gain=1.5)
    expected = (0.3465484004, 0.3351375492, 0.881446828, 0.005852252484, 0.1608693836)
    assert summary(network(image(3, 64, 64, unit_range=True), hole(64)).image) == pytest.approx(expected, rel=1e-6)


def test_structures_are_learned_first():
    class Answers(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = torch.nn.Parameter(torch.ones(()))

        def forward(self, image: torch.Tensor, mask: torch.Tensor) -> Prediction:
            return Prediction(image * self.scale, {})

    network = Answers()
    judges = {"discriminator": DISCRIMINATORS["patch"](width=4, layers=1)}
    recipe = StructureFirst(network, judges, weights={"l1": 1.0}, structure_steps=2)  # pyright: ignore[reportArgumentType]
    target = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    sample = Sample(target, torch.zeros(1, 1, 32, 32), target)
    errors = []
    for step in (1, 2):
        *_, turn = recipe.turns(sample, step)
        errors.append(float(turn.terms["l1"].detach()))
    assert errors[0] == pytest.approx(float((target - structure_of(target)).abs().mean()), rel=1e-4)
    assert errors[1] == 0


def test_a_run_says_how_long_structures_are_learned(tmp_path: Path):
    tree = adversarial_tree(tmp_path, tmp_path)
    tree["recipe"] = {"name": "structure_first", "structure_steps": 3, "weights": {"l1": 1.0}}
    assert parse_run(tree, "test").recipe.options["structure_steps"] == 3
