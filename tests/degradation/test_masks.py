"""Masks: values, determinism, small pictures, published hole statistics, geometry worked out by hand."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from inpaint.degradation.masks import MASKS, MaskSampler
from inpaint.degradation.painting import Painted
from inpaint.degradation.strokes import paint_bars

BUILDS = [
    *[(name, {}) for name in MASKS],
    ("irregular", {"thickness": "thin"}),
    ("irregular", {"thickness": "thick", "size": 512}),
    ("bars", {"parallel": 1.0}),
]
each_mask = pytest.mark.parametrize(("name", "options"), BUILDS)


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def shares(sampler: MaskSampler, draws: int = 2000) -> np.ndarray:
    rng = seeded(0)
    return np.array([sampler((256, 256), rng).mean().item() for _ in range(draws)])


@each_mask
@pytest.mark.parametrize("size", [(1, 1), (7, 300), (300, 7), (128, 128), (256, 256)])
def test_a_mask_is_exactly_zero_or_one_and_never_empty(name, options, size):
    sampler = MASKS[name](**options)
    for seed in range(30):
        mask = sampler(size, seeded(seed))
        assert mask.shape == (1, *size)
        assert mask.dtype == torch.float32
        assert ((mask == 0) | (mask == 1)).all()
        assert mask.any()


@each_mask
def test_the_same_rng_gives_the_same_mask_and_another_seed_another(name, options):
    sampler = MASKS[name](**options)
    if name == "right_half":  # has nothing to draw
        assert torch.equal(sampler((96, 256), seeded(1)), sampler((96, 256), seeded(2)))
        return
    first = sampler((96, 256), seeded(1))
    assert torch.equal(first, sampler((96, 256), seeded(1)))
    assert any(not torch.equal(first, sampler((96, 256), seeded(seed))) for seed in (2, 3))


@each_mask
def test_a_sampler_travels_to_another_process(name, options):
    sampler = MASKS[name](**options)
    copy = pickle.loads(pickle.dumps(sampler))
    assert torch.equal(copy((64, 64), seeded(5)), sampler((64, 64), seeded(5)))


@pytest.mark.parametrize("name", ["box", "boxes", "freeform", "deepfill", "bars", "ellipses", "blobs"])
def test_a_mask_leaves_known_pixels(name):
    assert all(MASKS[name]()((256, 256), seeded(seed)).mean() < 0.9 for seed in range(100))


# Hole shares at 256 px: mean and 5 %, 95 % points of the official generators over 2000 draws.
@pytest.mark.parametrize(
    ("name", "options", "mean", "low", "high", "tolerance"),
    [
        ("freeform", {}, 0.150, 0.036, 0.289, 0.01),
        ("box", {}, 0.191, 0.153, 0.234, 0.01),
        ("deepfill", {}, 0.308, 0.207, 0.432, 0.01),
        ("irregular", {"thickness": "thin"}, 0.294, 0.071, 0.488, 0.01),
        ("irregular", {"thickness": "medium"}, 0.242, 0.021, 0.437, 0.01),
        ("irregular", {"thickness": "thick"}, 0.401, 0.078, 0.769, 0.02),
        ("irregular", {"thickness": "train"}, 0.356, 0.066, 0.747, 0.02),
        ("continuous", {}, 0.120, 0.028, 0.230, 0.01),
        ("comodgan", {}, 0.727, 0.370, 0.948, 0.015),
    ],
)
def test_hole_shares_are_the_published_ones(name, options, mean, low, high, tolerance):
    holes = shares(MASKS[name](**options))
    assert holes.mean() == pytest.approx(mean, abs=tolerance)
    assert np.percentile(holes, [5, 95]) == pytest.approx([low, high], abs=0.03)


def test_a_box_is_one_rectangle_with_sides_96_to_128():
    sides = set()
    for seed in range(200):
        mask = MASKS["box"]()((256, 256), seeded(seed))[0]
        rows, columns = mask.any(1), mask.any(0)
        assert mask.sum() == rows.sum() * columns.sum()
        assert rows.nonzero().max() - rows.nonzero().min() + 1 == rows.sum()
        sides |= {int(rows.sum()), int(columns.sum())}
    assert min(sides) >= 96
    assert max(sides) <= 128
    assert all(side % 2 == 0 for side in sides)
    assert len(sides) == 17


def test_a_box_that_does_not_fit_is_half_of_the_side():
    mask = MASKS["box"](shrink=0)((100, 300), seeded(0))[0]
    assert mask.any(1).sum() == 50
    assert mask.any(0).sum() == 128


def test_boxes_keep_their_margin():
    for seed in range(200):
        mask = MASKS["boxes"](times=[1, 3], sides=[5, 40], margin=12)((64, 80), seeded(seed))[0]
        inside = torch.zeros(64, 80)
        inside[12:-12, 12:-12] = 1
        assert mask.any()
        assert (mask <= inside).all()


@pytest.mark.parametrize("width", [1, 5, 9, 21])
def test_a_bar_is_as_wide_as_asked(width):
    options = {"count": [1, 1], "width": [width, width], "length": [4, 4], "parallel": 0.0}
    for seed in range(40):  # 4 sides long: it crosses the whole picture
        mask = MASKS["bars"](**options, upright=1.0)((301, 301), seeded(seed))[0]
        rows, columns = int(mask.any(1).sum()), int(mask.any(0).sum())
        assert mask.sum() == rows * columns
        assert max(rows, columns) == 301
        if mask.argmax() > 0 and mask.flatten()[-1] == 0:  # it does not lean on the border
            assert width <= min(rows, columns) <= width + 1


def test_parallel_bars_are_copies_side_by_side():
    counts = set()
    for seed in range(60):
        canvas = np.zeros((400, 400), np.uint8)
        paint_bars(canvas, seeded(seed), count=(3, 3), width=(5, 5), length=(4, 4), parallel=1.0, upright=1.0)
        profile = canvas[:, 0] if canvas.all(1).any() else canvas[0]
        edges = np.flatnonzero(np.diff(profile, prepend=0, append=0).astype(np.int8))  # starts and ends in turn
        assert canvas.sum() == 400 * profile.sum()
        counts.add(len(edges) // 2)
        if len(edges) == 6 and edges[0] > 0:
            assert edges[2] - edges[0] == pytest.approx(edges[4] - edges[2], abs=1)
            assert 7 <= edges[2] - edges[0] <= 15
    assert 3 in counts


def test_a_scribble_is_as_wide_as_asked_and_no_longer_than_its_segments():
    sampler = MASKS["scribbles"](count=[1, 1], width=[5, 5], segments=[3, 3], length=[20, 30])
    for seed in range(20):
        (mask,) = sampler((256, 256), seeded(seed))
        rows, columns = mask.nonzero(as_tuple=True)
        extent = max(rows.max() - rows.min(), columns.max() - columns.min()) + 1
        assert extent <= 3 * 30 + 6  # three segments, and the round ends of a line of 5 px
        assert mask.sum() <= 3 * (30 + 6) * 6


def test_more_scribbles_cover_more():
    few, many = (shares(MASKS["scribbles"](count=[it, it]), 100).mean() for it in (2, 8))
    assert many > 2 * few


def test_a_smooth_blob_is_an_ellipse_of_the_asked_size():
    areas = []
    for seed in range(300):
        mask = MASKS["ellipses"](count=[1, 1], diameter=[0.5, 0.5])((200, 200), seeded(seed))[0]
        ys, xs = mask.nonzero().T
        if min(ys.min(), xs.min()) > 0 and max(ys.max(), xs.max()) < 199:
            areas.append(mask.sum().item())
    assert np.mean(areas) == pytest.approx(np.pi * 50.5**2, rel=0.02)  # a radius of 50 and half of the outline
    assert len(areas) > 30


def test_a_picture_that_stays_clean_still_gets_one_pixel():
    def paint(canvas, rng):
        """Paint nothing."""

    assert Painted(paint)((5, 9), seeded(0)).sum() == 1


@each_mask
def test_a_sampler_is_one_thing_and_not_a_list_of_parts(name, options):
    assert not isinstance(MASKS[name](**options), Sequence)  # a degradation takes a list for a choice


@pytest.mark.parametrize(
    ("name", "options", "word"),
    [
        ("irregular", {"thickness": "fat"}, "medium 256"),
        ("irregular", {"thickness": "train", "size": 512}, "train 256"),
        ("bars", {"width": [40, 4]}, "width"),
        ("bars", {"parallel": 1.5}, "parallel"),
        ("freeform", {"strokes": [0, 3]}, "strokes"),
        ("freeform", {"strokes": [1.5, 3]}, "whole"),
        ("boxes", {"margin": -1}, "margin"),
        ("box", {"height": 0}, "height"),
    ],
)
def test_wrong_options_are_refused_in_a_sentence(name, options, word):
    with pytest.raises(ValueError, match=word):
        MASKS[name](**options)


def test_a_border_lies_on_all_sides_or_on_some_and_leaves_the_middle():
    around = MASKS["outpaint"](sides=[32, 32], all_sides=1.0)((192, 192), seeded(0))
    assert around.sum() == 192**2 - 128**2
    assert not around[:, 32:160, 32:160].any()
    some, seen = MASKS["outpaint"](sides=[5, 9], all_sides=0.0), set()
    for seed in range(60):
        mask = some((64, 48), seeded(seed))[0]
        sides = tuple(bool(line.all()) for line in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))
        assert 1 <= sum(sides) <= 3
        assert not mask[9:-9, 9:-9].any()
        seen.add(sides)
    assert len(seen) == 14  # every choice of one to three sides
