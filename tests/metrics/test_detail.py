"""Detail over the mask: nothing for smooth answers, one for as much as was there, more for noise."""

from __future__ import annotations

import pytest
import torch

from inpaint.metrics.detail import MOST_DETAIL, detail
from inpaint.randomness import rng_for


def scene() -> tuple[torch.Tensor, torch.Tensor]:
    target = torch.rand(2, 3, 12, 14, generator=rng_for("detail"))
    mask = torch.zeros(2, 1, 12, 14)
    mask[:, :, 3:9, 4:10] = 1
    return target, mask


def test_the_target_itself_has_as_much_detail_as_the_target():
    target, mask = scene()
    assert detail(target, target, mask).tolist() == [1.0, 1.0]


def test_half_the_contrast_is_half_the_detail_and_none_is_none():
    target, mask = scene()
    assert detail(target / 2, target, mask).tolist() == pytest.approx([0.5, 0.5], abs=0.005)
    assert detail(target * 0 + 0.3, target, mask).tolist() == pytest.approx([0, 0], abs=0.005)


def test_only_steps_between_masked_pixels_count():
    target, mask = scene()
    other = torch.where(mask > 0.5, target, 1 - target)  # and so is the rim a high step
    assert detail(other, target, mask).tolist() == [1.0, 1.0]


def test_noise_on_a_flat_surface_counts_up_to_a_bound():
    target, mask = scene()
    assert detail(target, target * 0, mask).tolist() == [MOST_DETAIL, MOST_DETAIL]
    assert detail(target * 0, target * 0, mask).tolist() == [1.0, 1.0]


def test_two_steps_worked_out_by_hand():
    target = torch.tensor([[0.0, 0.2, 0.6]]).expand(1, 3, 1, 3)
    restored = torch.tensor([[0.1, 0.2, 0.3]]).expand(1, 3, 1, 3)
    assert detail(restored, target, torch.ones(1, 1, 1, 3)).item() == pytest.approx(0.1 / 0.3, abs=0.003)


def test_an_empty_mask_is_refused():
    target, mask = scene()
    with pytest.raises(ValueError, match="empty"):
        detail(target, target, mask * 0)
