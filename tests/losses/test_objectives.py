"""Adversarial objectives: numbers worked out by hand, and who gets the gradient."""

from __future__ import annotations

import math

import pytest
import torch
from checksums import hash_values

from inpaint.losses.objectives import ADVERSARIAL, feature_matching

MASK = torch.ones(1, 1, 4, 4)  # none of these games looks at it
NUMBERS = {  # real (2, .5), fake (-2, .25): discriminator, generator
    "hinge": (0.4375, 0.875),
    "lsgan": (((1 + 0.25) / 2 + (4 + 0.0625) / 2) / 2, (9 + 0.5625) / 2),
    "nonsaturating": (
        (math.log1p(math.exp(-2)) + math.log1p(math.exp(-0.5)) + math.log1p(math.exp(-2)) + math.log1p(math.exp(0.25)))
        / 4,
        (math.log1p(math.exp(2)) + math.log1p(math.exp(-0.25))) / 2,
    ),
}


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_numbers_worked_out_by_hand(name: str):
    real, fake = torch.tensor([2.0, 0.5]), torch.tensor([-2.0, 0.25])
    objective = ADVERSARIAL[name]
    assert objective.discriminator(real, fake, MASK).item() == pytest.approx(NUMBERS[name][0], abs=1e-6)
    assert objective.generator(fake, MASK).item() == pytest.approx(NUMBERS[name][1], abs=1e-6)


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        ("nonsaturating", 1.3047787080544029, 0.7187668762981938),
        ("lsgan", 5.219659914327643, 5.177307305414181),
        ("hinge", 1.6682278873088459, -1.1711319164683422),
    ],
)
def test_losses_are_those_of_edge_connects_authors(name: str, discriminator: float, generator: float):
    """Reference: src/loss.py of knazeri/edge-connect at 3142579, float64, halved for a discriminator as it trains."""
    real, fake = 4 * hash_values(30, 0), 4 * hash_values(30, 1)
    assert ADVERSARIAL[name].discriminator(real, fake, MASK).item() == pytest.approx(discriminator, rel=1e-12)
    assert ADVERSARIAL[name].generator(fake, MASK).item() == pytest.approx(generator, rel=1e-12)


@pytest.mark.parametrize(("name", "real_part", "fake_part"), [("nonsaturating", 0.41, 1.41), ("lsgan", 1.0, 2.0)])
def test_the_discriminator_takes_half_of_each_part(name: str, real_part: float, fake_part: float):
    logits = torch.tensor([0.0, 2.0])
    loss = ADVERSARIAL[name].discriminator(logits, logits, MASK)
    assert loss.item() == pytest.approx((real_part + fake_part) / 2, abs=5e-5)


def test_hinge_leaves_confident_scores_alone():
    real, fake = torch.tensor([1.5, 0.5], requires_grad=True), torch.tensor([-1.5, 0.0], requires_grad=True)
    ADVERSARIAL["hinge"].discriminator(real, fake, MASK).backward()
    assert real.grad is not None
    assert fake.grad is not None
    assert real.grad.tolist() == [0, -0.25]
    assert fake.grad.tolist() == [0, 0.25]


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_gradients_pull_both_sides_the_right_way(name: str):
    real, fake = torch.zeros(3, requires_grad=True), torch.full((3,), 0.5, requires_grad=True)
    ADVERSARIAL[name].discriminator(real, fake, MASK).backward()
    assert real.grad is not None
    assert fake.grad is not None
    assert (real.grad < 0).all()  # descent raises it
    assert (fake.grad > 0).all()
    (gradient,) = torch.autograd.grad(ADVERSARIAL[name].generator(fake, MASK), fake)
    assert (gradient < 0).all()


@pytest.mark.parametrize("name", ADVERSARIAL)
def test_half_precision_logits_are_averaged_in_full_precision(name: str):
    logits = torch.ones(2, 1, 4, 4, dtype=torch.bfloat16)
    assert ADVERSARIAL[name].discriminator(logits, logits, MASK).dtype == torch.float32
    assert ADVERSARIAL[name].generator(logits, MASK).dtype == torch.float32


def test_feature_matching_sums_the_means_and_holds_the_real_side():
    real = [torch.zeros(1, 2, 2, 2, requires_grad=True), torch.zeros(1, 1, 1, 1, requires_grad=True)]
    fake = [torch.full((1, 2, 2, 2), 0.5, requires_grad=True), torch.full((1, 1, 1, 1), -3.0, requires_grad=True)]
    distance = feature_matching(real, fake)
    distance.backward()
    assert distance.item() == 3.5
    assert all(feature.grad is None for feature in real)
    assert all(feature.grad is not None and (feature.grad != 0).all() for feature in fake)
