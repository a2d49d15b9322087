"""The network that judges regions whose pixels no rule explains tells spoiled pictures from untouched ones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from shape_pictures import lossy, marked, photograph, seen

from inpaint.detection.damage import labelled_regions
from inpaint.detection.marked_region import MarkedRegion, Neighbourhood
from inpaint.detection.region_judge import LARGEST_JUDGED, judge_region, region_network, window_around_deepest
from inpaint.detection.region_network import CLASSES, POOLED, maps_of_steps
from inpaint.weights import bundled_path

NAMES = ("cat", "autumn", "flower", "sunflower")


def neighbourhood(shown: np.ndarray) -> Neighbourhood:
    image = torch.from_numpy(shown.copy()).permute(2, 0, 1) / 255
    labels, boxes = labelled_regions(torch.from_numpy(marked())[None].float())
    return MarkedRegion(image, labels, 1, boxes[0]).with_margin(40)


@pytest.mark.parametrize("quality", [90, 75])
def test_untouched_and_written_upon_pictures_tell_nothing_of_what_they_hide(quality: int):
    for name in NAMES:
        written = photograph(name).copy()
        cv2.putText(written, "away", (50, 100), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (20, 90, 200), 3, cv2.LINE_AA)
        for shown in (photograph(name), written):
            assert judge_region(neighbourhood(lossy(shown, "JPEG", quality))).likely["hole"] > 0.5


@pytest.mark.parametrize("kind", ["crystals", "triangles", "blur", "motion blur", "dots"])
def test_what_still_tells_something_is_told_in_jpegs(kind: str):
    likely = [judge_region(neighbourhood(lossy(seen(kind, name), "JPEG", 75))).likely["hole"] for name in NAMES]
    assert sum(hole < 0.5 for hole in likely) >= 3


def test_the_side_of_cells_is_told_roughly():
    for side in (6, 9, 14):
        judged = judge_region(neighbourhood(lossy(seen("crystals", side=side), "JPEG", 75)))
        assert judged.side == pytest.approx(side, rel=0.45)
        assert sum(judged.likely.values()) == pytest.approx(1, abs=1e-5)
        assert set(judged.likely) == set(CLASSES)


@pytest.mark.parametrize("size", [(83, 121), (900, 50), (40, 2000)])
def test_a_part_is_judged_that_holds_the_deepest_pixel(size: tuple[int, int]):
    inside = np.zeros(size, bool)
    inside[size[0] // 3 : size[0] - 5, size[1] // 2 : size[1] - 4] = True
    window = window_around_deepest(inside)
    part = inside[window]
    assert all(side % POOLED == 0 and side <= LARGEST_JUDGED for side in part.shape)
    whole, here = (cv2.distanceTransform(np.pad(it.astype(np.uint8), 1), cv2.DIST_L2, 5) for it in (inside, part))
    assert here.max() == pytest.approx(min(whole.max(), LARGEST_JUDGED / 2), rel=0.1)


def test_the_maps_of_a_flat_picture_show_no_step_and_those_of_a_step_its_height():
    image = torch.full((1, 3, 16, 16), 0.25)
    image[..., 8:] = 0.75
    maps = maps_of_steps(image)[0]
    across, highest, none = maps[:3]  # of one px to the right: the mean, the highest, and how many are none
    assert float(highest[0, 1].exp()) == pytest.approx(127.5, abs=0.01)
    assert float(across[0, 1].exp()) == pytest.approx(127.5 / 4, abs=0.01)  # of four columns, one is beside the step
    assert none[0].tolist() == [1, 0.75, 1, 1]
    assert torch.allclose(maps[-3:], torch.nn.functional.avg_pool2d(image, 4)[0])


def test_the_network_is_small_and_has_a_card():
    assert sum(weight.numel() for weight in region_network().parameters()) == 80_455
    assert bundled_path("regions").stat().st_size < 200_000
    card = bundled_path("regions").with_suffix(".md").read_text(encoding="utf-8")
    for said in ("steps", "time", "licence", "errs"):
        assert said in card
