"""Foreground-aware and bilateral networks: readings of papers whose authors published no code."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from checksums import fill, hole, image, summary

from inpaint.config import parse_run
from inpaint.discriminators import DISCRIMINATORS
from inpaint.generators import bilateral, foreground
from inpaint.generators.foreground import Foreground
from inpaint.layers.contours import salient_contours
from inpaint.layers.structure import structure_of
from inpaint.losses.objectives import focal_error
from inpaint.recipes.structure_first import StructureFirst
from inpaint.sample import Prediction, Sample
from tests.runs import adversarial_tree


def test_counts():
    with torch.device("meta"):
        counts = [sum(it.numel() for it in make().parameters()) for make in (foreground.build, bilateral.build)]
    assert counts == [21_535_684, 24_615_855]


@torch.no_grad()
def test_checksums():
    """Of this wiring; there is no other."""
    network = bilateral.build(width=4)
    fill(network, gain=1.5)
    expected = (0.3465484004, 0.3351375492, 0.881446828, 0.005852252484, 0.1608693836)
    assert summary(network(image(3, 64, 64, unit_range=True), hole(64)).image) == pytest.approx(expected, rel=1e-6)


@torch.no_grad()
def test_contours_beside_the_hole_are_those_of_the_picture_and_the_network_draws_within():
    network = foreground.build(width=4).eval()
    assert isinstance(network, Foreground)
    picture, mask = torch.full((1, 3, 64, 64), 0.9), torch.zeros(1, 1, 64, 64)
    picture[..., 16:48, 16:48] = 0.2
    mask[..., 24:40, 40:60] = 1
    _, complete = network.draw(picture * (1 - mask) + mask, mask)
    found = salient_contours(picture, mask)
    assert found.any()
    assert torch.equal(complete * (1 - mask), found * (1 - mask))
    assert (complete * mask).any()


def test_the_focal_error_hardly_counts_what_is_nearly_right():
    drawn, true = torch.tensor([[[[0.9, 0.2]]]]), torch.tensor([[[[1.0, 1.0]]]])
    expected = (-(0.1**2) * math.log(0.9) - 0.8**2 * math.log(0.2)) / 2
    torch.testing.assert_close(focal_error(drawn, true).item(), expected, rtol=1e-5, atol=0)
    assert focal_error(1 - drawn, 1 - true).item() == pytest.approx(expected, rel=1e-5)


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
