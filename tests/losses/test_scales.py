"""Terms of several scales, worked out by hand, and beside the authors' code."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from inpaint.losses import TERMS
from inpaint.losses.scene import Scene
from inpaint.sample import Prediction, Sample


class Itself:
    """Features that are the picture, tapped once for content and twice for style; counts its calls."""

    content, style = ("once",), ("once", "twice")
    calls = 0

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        self.calls += 1
        return {"once": image, "twice": 2 * image}


def scene_of(finest: Tensor, half: Tensor, target: Tensor, mask: Tensor, features: Itself | None = None) -> Scene:
    return Scene(Prediction(finest, {"other": half, "scale_2": half}), Sample(target, mask, target), features)


def test_l1_is_the_mean_over_the_scales():
    target, mask = torch.zeros(1, 3, 4, 4), torch.ones(1, 1, 4, 4)
    scene = scene_of(torch.full((1, 3, 4, 4), 0.5), torch.full((1, 3, 2, 2), 0.1), target, mask)
    assert TERMS["scales_l1"](scene).item() == pytest.approx(0.3)


def test_a_perfect_answer_costs_nothing_and_features_are_taken_once():
    target = torch.rand(1, 3, 8, 8)
    half, features = torch.nn.functional.avg_pool2d(target, 2), Itself()
    scene = scene_of(target, half, target, torch.ones(1, 1, 8, 8), features)
    for name in ("scales_l1", "scales_perceptual", "scales_style"):
        assert TERMS[name](scene).item() == pytest.approx(0, abs=1e-7)
    assert features.calls == 4  # two scales, of the answer and of the target


def test_style_and_perceptual_worked_out_by_hand():
    target, mask = torch.zeros(1, 3, 4, 4), torch.ones(1, 1, 4, 4)
    scene = scene_of(torch.ones(1, 3, 4, 4), torch.ones(1, 3, 2, 2), target, mask, Itself())
    assert TERMS["scales_perceptual"](scene).item() == pytest.approx(1)
    assert TERMS["scales_style"](scene).item() == pytest.approx((1 + 4) / 3)


def test_total_variation_is_the_answers_in_the_hole():
    target, mask = torch.rand(1, 3, 4, 4), torch.zeros(1, 1, 4, 4)
    mask[..., 2:, 2:] = 1
    finest = torch.zeros(1, 3, 4, 4)
    finest[..., 2, 2] = 1.0  # seen here (2), from the right (1) and from below (1)
    scene = scene_of(finest, torch.full((1, 3, 2, 2), 0.7), target, mask)
    assert TERMS["scales_tv"](scene).item() == pytest.approx((2 + 1 + 1) / 16 / 2)
    finest = torch.zeros(1, 3, 4, 4)
    finest[..., 0, 0] = 1.0
    assert TERMS["scales_tv"](scene_of(finest, torch.zeros(1, 3, 2, 2), target, mask)).item() == 0


def test_one_scale_is_refused_in_a_sentence():
    picture = torch.zeros(1, 3, 4, 4)
    scene = Scene(Prediction(picture, {"coarse": picture}), Sample(picture, torch.ones(1, 1, 4, 4), picture))
    with pytest.raises(ValueError, match=r"answers \['coarse'\] beside its image, not scale_2"):
        TERMS["scales_l1"](scene)
    with pytest.raises(ValueError, match="network that fills step by step"):
        TERMS["filled_l1"](scene)


def test_what_is_filled_by_each_step_counts_where_it_is_filled():
    target, valid = torch.zeros(1, 3, 2, 2), torch.tensor([[[[1.0, 1.0], [0.0, 0.0]]]])
    extras = {"filled_1": torch.ones(1, 3, 2, 2), "valid_1": valid}
    extras |= {"filled_2": torch.full((1, 3, 2, 2), 0.5), "valid_2": torch.ones(1, 1, 2, 2)}
    scene = Scene(Prediction(target, extras), Sample(target, 1 - valid, target))
    assert TERMS["filled_l1"](scene).item() == pytest.approx(0.5 + 0.5)
