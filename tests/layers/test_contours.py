"""Contours of what stands out: of figures on a ground, whatever its colour, as far as they are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from inpaint.layers.contours import salient_contours


def figure(ground: tuple[int, int, int], colour: tuple[int, int, int], noise: float = 3.0) -> tuple[Tensor, np.ndarray]:
    """A disc on a noisy ground, (1, 3, 96, 128), and where it is."""
    picture = np.full((96, 128, 3), ground, np.float32) + np.random.default_rng(0).normal(0, noise, (96, 128, 3))
    inside = cv2.circle(np.zeros((96, 128), np.uint8), (60, 48), 26, 1, -1) > 0
    picture[inside] = np.array(colour) + np.random.default_rng(1).normal(0, noise, (inside.sum(), 3))
    return torch.from_numpy(picture.clip(0, 255) / 255).float().permute(2, 0, 1)[None], inside


@pytest.mark.parametrize(
    ("ground", "colour"),
    [((250, 250, 250), (30, 40, 50)), ((20, 60, 20), (200, 180, 40)), ((120, 130, 200), (120, 200, 120))],
)
def test_the_contour_of_a_figure_lies_on_its_outline(ground: tuple[int, int, int], colour: tuple[int, int, int]):
    picture, inside = figure(ground, colour)
    contour = salient_contours(picture)[0, 0].numpy()
    assert set(np.unique(contour)) == {0.0, 1.0}
    outline = inside ^ (cv2.erode(inside.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    far = cv2.distanceTransform((~outline).astype(np.uint8), cv2.DIST_L2, 5)
    assert far[contour > 0].max() <= 3
    near = cv2.distanceTransform((contour == 0).astype(np.uint8), cv2.DIST_L2, 5)
    assert (near[outline] <= 3).mean() > 0.98


def test_nothing_under_or_beside_a_mask_is_a_contour_and_what_lies_under_it_is_not_read():
    picture, _ = figure((250, 250, 250), (30, 40, 50))
    mask = torch.zeros(1, 1, 96, 128)
    mask[..., 30:60, 70:100] = 1
    contour = salient_contours(picture, mask)
    wider = torch.nn.functional.max_pool2d(mask, 3, 1, 1)
    assert not (contour * wider).any()
    assert contour.any()
    assert torch.equal(contour, salient_contours(picture.where(mask < 0.5, 0.77), mask))
    whole = salient_contours(picture)
    apart = torch.nn.functional.max_pool2d(mask, 15, 1, 7) > 0
    assert torch.equal(contour[~apart], whole[~apart])


def test_a_ground_alone_has_no_contour_and_an_unknown_picture_none():
    plain, _ = figure((100, 110, 120), (100, 110, 120))
    assert salient_contours(plain).mean() < 0.01
    assert not salient_contours(plain, torch.ones(1, 1, 96, 128)).any()
