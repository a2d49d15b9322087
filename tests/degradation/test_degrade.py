from __future__ import annotations

import json

import pytest
import torch
from torch import Tensor

from inpaint.degradation.degrade import Degradation
from inpaint.degradation.fills import hole, mosaic
from inpaint.degradation.realism import Realism
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.randomness import rng_for

TARGET = torch.rand(3, 20, 26, generator=rng_for(0))


def left(size: tuple[int, int], rng: torch.Generator) -> Tensor:
    mask = torch.zeros(1, *size)
    mask[..., : size[1] // 2] = 1.0
    return mask


def top(size: tuple[int, int], rng: torch.Generator) -> Tensor:
    return left((size[1], size[0]), rng).transpose(1, 2)


def test_one_mask_and_one_fill_make_a_degradation():
    degraded, mask = Degradation(left, hole(value="black"))(TARGET, rng_for(0))
    assert torch.equal(mask, left((20, 26), rng_for(0)))
    assert torch.equal(degraded, TARGET * (1 - mask))


def test_masks_and_fills_are_drawn_independently_by_their_shares():
    degrade = Degradation([(3, left), (1, top)], [(1, hole(value="black")), (1, hole(value="white"))])
    drawn = [degrade(TARGET, rng_for(key)) for key in range(400)]
    kinds = [(mask[0, -1, 0].item() == 1.0, degraded[0, 0, 0].item()) for degraded, mask in drawn]
    assert len(set(kinds)) == 4
    assert 260 < sum(is_left for is_left, _ in kinds) < 340
    assert 150 < sum(value for _, value in kinds) < 250


def test_the_mask_that_the_fill_returns_is_the_mask():
    degraded, mask = Degradation(left, mosaic(block=6, phase=[0, 0]))(TARGET, rng_for(0))
    assert mask[0, 0].sum() == 12  # cells 0-5 and 6-11 have their centres left of column 13, 12-17 has not
    assert torch.equal(degraded[:, :, 12:], TARGET[:, :, 12:])


def test_realism_comes_last_and_sees_the_final_mask():
    def darker(degraded: Tensor, mask: Tensor, rng: torch.Generator) -> Tensor:
        return degraded * 0.5 * mask

    degraded, mask = Degradation(left, mosaic(block=6, phase=[0, 0]), darker)(TARGET, rng_for(0))
    plain, _ = Degradation(left, mosaic(block=6, phase=[0, 0]))(TARGET, rng_for(0))
    assert torch.equal(degraded, plain * 0.5 * mask)


def test_the_same_generator_state_gives_the_same_sample():
    degrade = Degradation([(1, left), (1, top)], [(1, hole(value="random")), (1, mosaic(feathered=0.5))])
    for key in range(10):
        for first, second in zip(degrade(TARGET, rng_for(key)), degrade(TARGET, rng_for(key)), strict=True):
            assert torch.equal(first, second)


@pytest.mark.parametrize("masks", [[], [(0.0, left)], [(1.0, left), (-1.0, top)]])
def test_shares_that_cannot_be_drawn_from_are_refused(masks: list):
    with pytest.raises(ValueError, match="of masks must be one or more positive numbers"):
        Degradation(masks, hole())


def test_a_record_tells_what_was_drawn_and_changes_no_draw():
    masks, fills = [(1, left), (1, top)], [(1, hole(value=["black", "white"])), (1, mosaic(feathered=0.5))]
    degrade, seen = Degradation(masks, fills, Realism(jpeg=0.5, blur=0.5, rescale=0.5, noise=0.5)), set()
    for key in range(40):
        record, first, second = {}, rng_for(key), rng_for(key)
        image, mask = degrade(TARGET, first, record)
        plain = degrade(TARGET, second)
        assert torch.equal(image, plain[0])
        assert torch.equal(mask, plain[1])
        assert torch.equal(first.get_state(), second.get_state())
        assert json.loads(json.dumps(record)) == record
        seen |= {("mask", record["mask"]), ("fill", record["fill"]), *record["drawn"], *record["realism"]}
    assert seen == {
        *(("mask", 0), ("mask", 1), ("fill", 0), ("fill", 1)),
        *("value", "colour", "block", "phase", "cell", "edge", "feather", "enlarge"),
        *("blur", "rescale", "noise", "jpeg"),
    }


def test_the_recorded_grid_is_the_one_in_the_picture():
    for key in range(20):
        record = {}
        image, mask = Degradation(left, mosaic(block=(4, 9)))(TARGET, rng_for(key), record)
        grid = Grid(tuple(record["drawn"]["block"]), tuple(record["drawn"]["phase"]))
        shown = (pixelate(TARGET, grid) * 255).round() / 255
        assert torch.equal(image, torch.where(mask > 0.5, shown, TARGET))
