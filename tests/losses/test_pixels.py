"""Every pixel term: its value worked out by hand, and where its gradient lies."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from inpaint.losses import TERMS, Weight, check_weights, weight_at, weighted
from inpaint.losses.pixels import discounts
from inpaint.losses.scene import Scene
from inpaint.metrics.pixelwise import psnr
from inpaint.sample import Prediction, Sample

HOLE, VALID, EVERYWHERE = "hole", "valid", "everywhere"
CENTRE_MASK = torch.zeros(1, 1, 5, 5)
CENTRE_MASK[..., 2, 2] = 1


def four_pixel_hole() -> Tensor:
    mask = torch.zeros(1, 1, 4, 4)
    mask[..., 1:3, 1:3] = 1
    return mask


def scene_with(*, in_hole: float, outside: float, coarse: float = 0.0) -> Scene:
    """A black 4 x 4 target with a hole of 4 pixels, answered with one value inside and another outside."""
    mask, target = four_pixel_hole(), torch.zeros(1, 3, 4, 4)
    image = (mask * in_hole + (1 - mask) * outside).expand(1, 3, 4, 4)
    extras = {"coarse": torch.full_like(target, coarse)}
    return Scene(Prediction(image, extras), Sample(target * (1 - mask), mask, target))


VALUES = {  # 4 of 16 pixels are hole; errors 1 inside, -0.5 outside; coarse error 0.25
    "l1": (4 * 1 + 12 * 0.5) / 16,
    "hole_l2": 0.25,
    "hole_l1": 0.25,  # Liu et al. divide by N; dividing by the hole would give 1
    "valid_l1": 12 * 0.5 / 16,
    "l1_per_hole": (4 * 1 + 12 * 0.5) / 16 / 0.25,
    "charbonnier": (4 * 1.0000005 + 12 * 0.500001) / 16,
    "hole_charbonnier": 1.0000005,
    "valid_charbonnier": 0.500001,
    "hole_mae": 1.0,
    "valid_mae": 0.5,
    "hole_mse": 1.0,
    "hole_log_mse": math.log(1.001) / 10,
    "discounted_l1": (3 * 1 + 0.9) / 4,  # a window of 2 x 2, which the hole fills; only its last corner is discounted
    "coarse_l1": 0.25,
    "coarse_valid_mae": 0.25,
    "coarse_discounted_l1": 0.25 * (3 * 1 + 0.9) / 4,
}


@pytest.mark.parametrize(("name", "value"), VALUES.items())
def test_value_worked_out_by_hand(name: str, value: float):
    scene = scene_with(in_hole=1.0, outside=-0.5, coarse=0.25)
    assert TERMS[name](scene).item() == pytest.approx(value, abs=1e-6)


def test_total_variation_counts_only_neighbours_that_both_touch_the_hole():
    ramp = torch.arange(5.0).expand(1, 3, 5, 5)  # I[i, j] = j: whole-picture forms give 1.0, masked ones 1.5
    scene = Scene(Prediction(ramp, {}), Sample(ramp, CENTRE_MASK, ramp))
    assert TERMS["tv"](scene).item() == pytest.approx(0.24)


@pytest.mark.parametrize("name", ["hole_charbonnier", "hole_mae", "hole_mse", "hole_log_mse"])
def test_a_term_over_the_hole_does_not_depend_on_its_size(name: str):
    small = scene_with(in_hole=0.5, outside=0.0)
    target = torch.zeros(1, 3, 4, 4)
    large = Scene(Prediction(target + 0.5, {}), Sample(target, torch.ones(1, 1, 4, 4), target))
    torch.testing.assert_close(TERMS[name](small), TERMS[name](large))


@pytest.mark.parametrize(
    "name", ["hole_l1", "hole_l2", "hole_charbonnier", "hole_mae", "hole_mse", "l1_per_hole", "tv"]
)
def test_an_empty_hole_gives_a_finite_number(name: str):
    target = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    scene = Scene(Prediction(target, {}), Sample(target, torch.zeros(1, 1, 4, 4), target))
    assert TERMS[name](scene).item() == 0


def test_the_logarithm_follows_the_mean_psnr_and_an_easy_sample_counts_as_much_as_a_hard_one():
    target, mask = torch.zeros(2, 3, 8, 8), torch.ones(2, 1, 8, 8)
    errors = torch.tensor([0.5, 0.1]).view(2, 1, 1, 1)

    def both(scales: tuple[float, float]) -> tuple[float, float]:
        image = (target + errors * torch.tensor(scales).view(2, 1, 1, 1)).expand(2, 3, 8, 8)
        scene = Scene(Prediction(image, {}), Sample(target, mask, target))
        return TERMS["hole_log_mse"](scene).item(), psnr(image, target, mask).mean().item()

    start, easy, hard = both((1.0, 1.0)), both((1.0, 0.5)), both((0.5, 1.0))
    assert easy[0] < start[0]
    assert easy[1] > start[1]
    assert easy[1] == pytest.approx(hard[1])
    assert easy[0] == pytest.approx(hard[0], abs=0.02)


REGIONS = {
    "l1": EVERYWHERE,
    "hole_l1": HOLE,
    "hole_l2": HOLE,
    "valid_l1": VALID,
    "l1_per_hole": EVERYWHERE,
    "charbonnier": EVERYWHERE,
    "hole_charbonnier": HOLE,
    "valid_charbonnier": VALID,
    "hole_mae": HOLE,
    "valid_mae": VALID,
    "hole_mse": HOLE,
    "hole_log_mse": HOLE,
    "tv": HOLE,
    "discounted_l1": HOLE,  # which fills its window here
    "coarse_l1": EVERYWHERE,
    "coarse_valid_mae": VALID,
    "coarse_discounted_l1": HOLE,
}


@pytest.mark.parametrize(("name", "region"), REGIONS.items())
def test_gradient_lies_exactly_where_the_term_looks(name: str, region: str):
    rng = torch.Generator().manual_seed(1)
    target, image = (torch.rand(1, 3, 4, 4, generator=rng) for _ in range(2))
    mask, answer = four_pixel_hole(), image.requires_grad_()
    prediction = Prediction(answer * 1, {"coarse": answer})
    TERMS[name](Scene(prediction, Sample(target * (1 - mask), mask, target))).backward()
    assert answer.grad is not None
    expected = {HOLE: mask, VALID: 1 - mask, EVERYWHERE: torch.ones_like(mask)}[region].expand(1, 3, 4, 4) > 0
    if name == "tv":  # pulls of two neighbours may cancel: nothing outside, something inside
        assert (answer.grad[~expected] == 0).all()
        assert answer.grad[expected].any()
    else:
        assert torch.equal(answer.grad != 0, expected)


def test_the_discount_of_a_window_is_the_authors():
    weights = discounts(128)
    assert weights.shape == (128, 128)
    assert (weights[0] == 1).all()
    assert torch.equal(weights, weights.T)
    found = [weights[127, 127], weights[10, 20], weights[64, 64], weights.mean()]
    assert [weight.item() for weight in found] == pytest.approx([0.9, 0.34868, 0.001179, 0.252921], rel=5e-4)


def test_a_discounted_term_looks_at_half_of_the_picture_around_the_hole():
    mask = torch.zeros(1, 1, 32, 48)
    mask[..., 2:6, 30:40] = 1
    answer = torch.zeros(1, 3, 32, 48, requires_grad=True)
    sample = Sample(torch.ones(1, 3, 32, 48), mask, torch.ones(1, 3, 32, 48))
    TERMS["discounted_l1"](Scene(Prediction(answer, {}), sample)).backward()
    assert answer.grad is not None
    expected = torch.zeros_like(answer)
    expected[..., :16, 27:43] = -discounts(16) / (3 * 16 * 16)
    torch.testing.assert_close(answer.grad, expected)


def test_every_pixel_term_is_covered_here():
    assert set(VALUES) | {"tv"} == set(REGIONS) <= set(TERMS)


def test_half_precision_answers_are_compared_in_full_precision():
    target = torch.full((1, 3, 4, 4), 0.5)
    scene = Scene(Prediction(target.bfloat16() + 1, {}), Sample(target, four_pixel_hole(), target))
    assert TERMS["l1"](scene).dtype == torch.float32
    assert scene.composite.dtype == torch.float32


@pytest.mark.parametrize("name", ["coarse_l1", "coarse_valid_mae", "coarse_discounted_l1"])
def test_coarse_terms_refuse_a_one_stage_generator(name: str):
    scene = scene_with(in_hole=1.0, outside=0.0)
    scene.prediction.extras.clear()
    with pytest.raises(ValueError, match="two-stage"):
        TERMS[name](scene)


def test_weights_multiply_their_terms():
    terms = weighted({"hole_l1": 6.0, "valid_l1": 1.0}, scene_with(in_hole=1.0, outside=-0.5))
    assert {name: term.item() for name, term in terms.items()} == {"hole_l1": 1.5, "valid_l1": 0.375}


@pytest.mark.parametrize(("step", "weight"), [(0, 0.0), (100, 0.0), (150, 1.0), (200, 2.0), (300, 2.0), (900, 2.0)])
def test_a_weight_of_points_is_linear_between_them(step: int, weight: float):
    points: Weight = [[100, 0.0], [200, 2.0], [300, 2.0]]
    assert weight_at(points, step) == weight


@pytest.mark.parametrize("weights", [{"hole_l3": 1.0}, {}])
def test_unknown_or_missing_terms_are_refused_with_the_choices(weights: dict[str, float]):
    with pytest.raises(ValueError, match="hole_l1"):
        check_weights(weights, features=None)


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (-1.0, "the weight of hole_l1 is -1.0: it must be at least 0"),
        ([[0, 1.0], [9, -0.5]], "each must be at least 0"),
        ([[5, 1.0], [5, 2.0]], "each later than the last"),
        ([[5]], "must be a number, or points"),
        ([], "must be a number, or points"),
    ],
)
def test_a_weight_that_is_none_is_refused(weight: Weight, words: str):
    with pytest.raises(ValueError, match=words):
        check_weights({"hole_l1": weight}, features=None)
