"""An image and a mask in, a restored image out."""

from __future__ import annotations

import time
import weakref
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import combinations
from threading import Barrier, BrokenBarrierError, Lock

import pytest
import torch
from torch import Tensor, nn

from inpaint.contracts import ExtraInput, Generator, View
from inpaint.generators.residual_unet import ResidualUNet
from inpaint.mosaic.grid import Grid, cell_means, enlarge, pixelate
from inpaint.randomness import chance, integer, rng_for, uniform
from inpaint.restoring import network_answers as module
from inpaint.restoring.cores import Cores
from inpaint.restoring.restorer import Restorer
from inpaint.restoring.turns import FLIPS
from inpaint.sample import Prediction
from inpaint.tiling import Box, regions, tile_weight, tiles

SHOWS = {"hole": "smooth", "mosaic": "bicubic"}


class Constant(Generator):
    """Answers 0.25 everywhere, which no test picture holds, and remembers what it was asked."""

    multiple = 8

    def __init__(self):
        super().__init__()
        self.asked: list[tuple[Tensor, Tensor]] = []

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        self.asked.append((image.clone(), mask.clone()))
        return Prediction(torch.full_like(image, 0.25), {})


def wild(seed: int = 0) -> ResidualUNet:
    """A small network whose tail is random, so that it changes every pixel."""
    torch.manual_seed(seed)
    network = ResidualUNet([4, 8, 12], blocks=1, middle=1)
    nn.init.normal_(network.tail.weight, 0.0, 0.05)
    return network


def restorer_of(network: Generator, shows: Mapping[str, str] = SHOWS, precision: str = "float32") -> Restorer:
    return Restorer(network, shows=shows, device="cpu", precision=precision)


def picture(height: int, width: int, *key: int) -> Tensor:
    """Noise in [0.5, 1], as an 8-bit file holds it."""
    return (torch.rand(3, height, width, generator=rng_for("picture", *key)) * 127 + 128).round() / 255


def box_mask(height: int, width: int, box: Box) -> Tensor:
    mask = torch.zeros(1, height, width)
    box.of(mask).fill_(1)
    return mask


def exactly_restored(image: Tensor, mask: Tensor) -> Tensor:
    """What `Constant` must leave behind."""
    return torch.where(mask > 0.5, torch.tensor(0.25), image)


@pytest.mark.parametrize("number", range(60))
def test_known_pixels_come_back_bit_for_bit(number: int):
    rng = rng_for("fuzz", number)
    height, width = integer(rng, 1, 70), integer(rng, 1, 70)
    image = torch.rand(3, height, width, generator=rng)
    density = uniform(rng, 0, 1) ** 3
    mask = (torch.rand(1, height, width, generator=rng) < density).float()
    block = integer(rng, 2, 12), integer(rng, 2, 12)
    grid = Grid(block, (integer(rng, 0, block[0] - 1), integer(rng, 0, block[1] - 1)))
    before = image.clone(), mask.clone()
    restored = restorer_of(wild())(
        image,
        mask,
        censor="mosaic" if chance(rng, 0.5) else "hole",
        grid=grid if chance(rng, 0.5) else None,
        flips=(chance(rng, 0.5), chance(rng, 0.5)),
    )
    known = (mask < 0.5).expand_as(image)
    assert restored.shape == image.shape
    assert torch.equal(restored[known], image[known])
    assert restored.isfinite().all()
    assert restored.min() >= 0
    assert restored.max() <= 1
    assert torch.equal(image, before[0])
    assert torch.equal(mask, before[1])


def test_the_wild_network_really_changes_pixels():
    image, mask = picture(40, 40), box_mask(40, 40, Box(10, 10, 30, 30))
    restored = restorer_of(wild(), {"mosaic": "nearest"})(image, mask, censor="mosaic")
    assert ((restored - image).abs()[:, 10:30, 10:30] > 1e-4).float().mean() > 0.95


PLACES = {
    "the top left corner": Box(0, 0, 9, 5),
    "the top right corner": Box(0, 80, 3, 90),
    "the bottom left corner": Box(60, 0, 70, 1),
    "the bottom right corner": Box(69, 89, 70, 90),
    "the top edge": Box(0, 20, 1, 60),
    "the bottom edge": Box(64, 20, 70, 60),
    "the left edge": Box(10, 0, 60, 3),
    "the right edge": Box(10, 89, 60, 90),
    "the middle": Box(31, 33, 40, 40),
    "everywhere": Box(0, 0, 70, 90),
    "a line across": Box(30, 0, 31, 90),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("tile", [16, 512])
def test_exactly_the_masked_pixels_are_restored_at(place: str, tile: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "TILE_SIDE", tile)
    monkeypatch.setattr(module, "LEAST_CONTEXT", 8)
    monkeypatch.setattr("inpaint.tiling.LEAST_CONTEXT", 8)
    image, mask = picture(70, 90), box_mask(70, 90, PLACES[place])
    assert torch.equal(restorer_of(Constant())(image, mask), exactly_restored(image, mask))


def test_a_picture_of_one_pixel_is_restored():
    image, mask = picture(1, 1), torch.ones(1, 1, 1)
    assert torch.equal(restorer_of(Constant())(image, mask), torch.full((3, 1, 1), 0.25))


def test_an_empty_mask_asks_nothing_of_the_network():
    network = Constant()
    image = picture(20, 30)
    assert torch.equal(restorer_of(network)(image, torch.zeros(1, 20, 30)), image)
    assert not network.asked


def test_thousands_of_scattered_specks_are_all_restored():
    image = picture(600, 700)
    mask = (torch.rand(1, 600, 700, generator=rng_for("specks")) < 0.01).float()
    assert mask.sum() > 3000
    assert torch.equal(restorer_of(Constant())(image, mask), exactly_restored(image, mask))


def test_regions_own_every_masked_pixel_once_and_far_ones_are_apart():
    mask = torch.zeros(1, 300, 500)
    mask[0, 5, 5] = mask[0, 60, 40] = 1  # squares (0, 0) and (1, 1) touch
    mask[0, 200:230, 300:499] = mask[0, 299, 0] = 1
    found = list(regions(mask, 32))
    count = torch.zeros_like(mask)
    for box, own in found:
        box.of(count).add_(own)
        assert own.any(2).all() or own.shape[1] > 30, "the box is tight"
    assert torch.equal(count, mask)
    assert sorted(box for box, _ in found) == [(5, 5, 61, 41), (200, 300, 230, 499), (299, 0, 300, 1)]


def test_tiles_cover_a_box_once():
    count = torch.zeros(1, 50, 61)
    for tile in tiles(Box(3, 4, 45, 61), 16):
        assert tile.bottom - tile.top <= 16
        assert tile.right - tile.left <= 16
        tile.of(count).add_(1)
    assert torch.equal(count, box_mask(50, 61, Box(3, 4, 45, 61)))


def test_a_small_region_of_a_large_picture_costs_a_small_crop():
    network = Constant()
    restorer_of(network)(picture(900, 1300), box_mask(900, 1300, Box(400, 500, 430, 540)))
    assert [tuple(image.shape) for image, _ in network.asked] == [(1, 3, 224, 232)]  # 30 + 2 * 96, 40 + 2 * 96


def test_tiles_without_a_masked_pixel_are_not_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "TILE_SIDE", 64)
    network = Constant()
    image, mask = picture(640, 640), torch.ones(1, 640, 640)
    mask[:, 10:-10, 10:-10] = 0  # a frame
    assert torch.equal(restorer_of(network)(image, mask), exactly_restored(image, mask))
    assert len(network.asked) == 36  # of 100


@pytest.mark.parametrize("shown", ["smooth", "grey", "black", "mean"])
def test_what_a_hole_hides_is_never_read(shown: str):
    mask = (torch.rand(1, 150, 300, generator=rng_for("hide")) < 0.001).float()
    mask[:, 20:50, 20:60] = 1
    image = picture(150, 300)
    hidden = torch.where(mask > 0.5, picture(150, 300, 1), image)
    restore = restorer_of(wild(), {"hole": shown})
    assert torch.equal(
        restore(image, mask)[mask.bool().expand(3, -1, -1)], restore(hidden, mask)[mask.bool().expand(3, -1, -1)]
    )


@pytest.mark.parametrize("flips", [(False, True), (True, False), (True, True)])
@pytest.mark.parametrize("size", [(64, 48), (37, 51)])
def test_a_picture_on_its_side_is_restored_so(flips: tuple[bool, bool], size: tuple[int, int]):
    axes = [axis for axis, flip in zip((1, 2), flips, strict=True) if flip]
    image, mask = picture(*size), box_mask(*size, Box(10, 5, 25, 30))
    restore = restorer_of(wild(), {"hole": "grey"})
    turned = [it.transpose(1, 2).flip(axes) for it in (image, mask)]
    expected = restore(turned[0], turned[1]).flip(axes).transpose(1, 2)
    assert torch.equal(restore(image, mask, flips=(*flips, True)), expected)
    assert not torch.equal(expected, restore(image, mask, flips=flips))


@pytest.mark.parametrize("flips", [(False, True), (True, False), (True, True)])
@pytest.mark.parametrize("size", [(64, 48), (37, 51)])
def test_flips_restore_the_mirrored_picture(flips: tuple[bool, bool], size: tuple[int, int]):
    axes = [axis for axis, flip in zip((1, 2), flips, strict=True) if flip]
    image, mask = picture(*size), box_mask(*size, Box(10, 5, 25, 30))
    restore = restorer_of(wild(), {"hole": "grey"})
    flipped = restore(image, mask, flips=flips)
    assert torch.equal(flipped, restore(image.flip(axes), mask.flip(axes)).flip(axes))
    assert not torch.equal(flipped, restore(image, mask))


@pytest.mark.parametrize("number", range(28))
def test_a_mosaic_made_again_of_the_answer_is_the_mosaic(number: int):
    rng = rng_for("mosaic", number)
    side = 3 + number % 14
    block = (side, side) if number < 14 else (side, integer(rng, 3, 16))
    grid = Grid(block, (integer(rng, 0, block[0] - 1), integer(rng, 0, block[1] - 1)))
    height, width = integer(rng, 40, 90), integer(rng, 40, 90)
    target = torch.rand(3, height, width, generator=rng)
    painted = torch.zeros_like(cell_means(target, grid)[:1])
    painted[:, 1:-1, 1:4] = 1  # whole cells, at the picture's border or not
    mask = enlarge(painted, grid, (height, width))
    mosaic = torch.where(mask > 0.5, (pixelate(target, grid) * 255).round() / 255, target)
    restore = restorer_of(wild(number), {"mosaic": "bicubic" if number % 2 else "nearest"})
    restored = restore(mosaic, mask, censor="mosaic", grid=grid)
    again = torch.where(mask > 0.5, pixelate(restored, grid), target)
    assert (again - mosaic).abs().max() <= 1 / 510
    assert (restored - mosaic).abs().max() > 0.01


def test_cells_larger_than_the_context_keep_their_means():
    grid = Grid((300, 300), (40, 40))
    target = picture(400, 400) * 0.5 + 0.25
    mask = box_mask(400, 400, Box(40, 40, 130, 340))  # the upper part of the cell from 40 to 340
    mosaic = torch.where(mask > 0.5, pixelate(target, grid), target)
    restored = restorer_of(wild())(mosaic, mask, censor="mosaic", grid=grid)
    assert (cell_means(restored, grid) - cell_means(target, grid)).abs().max() < 1e-4


def test_two_marks_in_one_large_cell_are_restored_together():
    grid = Grid((160, 160), (0, 0))
    target = picture(160, 320) * 0.5 + 0.25
    mask = box_mask(160, 320, Box(0, 0, 160, 40)) + box_mask(160, 320, Box(0, 120, 160, 160))  # 80 px apart
    mosaic = torch.where(mask > 0.5, pixelate(target, grid), target)
    restored = restorer_of(wild())(mosaic, mask, censor="mosaic", grid=grid)
    assert (cell_means(restored, grid) - cell_means(target, grid)).abs().max() < 1e-4


def test_the_grid_moves_with_the_crop():
    grid = Grid((7, 11), (3, 5))
    target = picture(330, 370) * 0.5 + 0.25
    mask = box_mask(330, 370, Box(206, 203, 248, 280))  # whole cells, beyond the context of the corner
    mosaic = torch.where(mask > 0.5, pixelate(target, grid), target)
    restored = restorer_of(wild())(mosaic, mask, censor="mosaic", grid=grid)
    assert (cell_means(restored, grid) - cell_means(target, grid)).abs().max() < 1e-4


def test_a_cell_cut_by_the_mask_keeps_its_mean_with_its_known_pixels():
    grid = Grid((10, 10), (0, 0))
    target = picture(60, 60) * 0.5 + 0.25
    mask = box_mask(60, 60, Box(15, 20, 40, 45))  # half of the cells from 10 and from 40
    mosaic = torch.where(mask > 0.5, pixelate(target, grid), target)
    restored = restorer_of(wild())(mosaic, mask, censor="mosaic", grid=grid)
    assert (cell_means(restored, grid) - cell_means(target, grid)).abs().max() < 1e-4


def test_a_mark_that_reaches_over_original_pixels_is_no_worse_than_the_network_alone():
    grid = Grid((8, 8), (3, 5))
    target = torch.rand(3, 80, 80, generator=rng_for("reach"))
    censored = enlarge(torch.ones_like(cell_means(target, grid))[:1], grid, (80, 80)) * box_mask(
        80, 80, Box(19, 21, 51, 53)
    )
    image = torch.where(censored > 0.5, pixelate(target, grid), target)
    mark = box_mask(80, 80, Box(14, 16, 56, 58))  # 5 px further on every side
    restore = restorer_of(wild(), {"mosaic": "nearest"})
    alone = restore(image, mark, censor="mosaic")
    kept = restore(image, mark, censor="mosaic", grid=grid)
    reached = ((mark > 0.5) & (censored < 0.5)).expand(3, -1, -1)
    assert torch.equal(kept[reached], alone[reached]), "cells that are no mosaic measure nothing"
    inside = censored > 0.5
    again = pixelate(kept, grid).where(inside, target)
    assert (again - image.where(inside, target)).abs().max() < 1 / 510


def test_a_mosaic_is_presented_as_the_network_learned_it():
    grid = Grid((8, 8), (0, 0))
    target = picture(48, 48)
    mask = box_mask(48, 48, Box(16, 16, 32, 32))
    mosaic = torch.where(mask > 0.5, pixelate(target, grid), target)
    shown = {}
    for mode in ("nearest", "bicubic"):
        network = Constant()
        restorer_of(network, {"mosaic": mode})(mosaic, mask, censor="mosaic", grid=grid)
        shown[mode] = network.asked[0][0][0, :, :48, :48]
    assert torch.equal(shown["nearest"], mosaic)
    expected = enlarge(cell_means(target, grid), grid, (48, 48), "bicubic").clamp(0, 1)
    torch.testing.assert_close(shown["bicubic"], torch.where(mask > 0.5, expected, mosaic), atol=1e-6, rtol=0)


def test_bfloat16_is_close_to_float32():
    image, mask = picture(64, 64), box_mask(64, 64, Box(20, 20, 40, 40))
    exact = restorer_of(wild())(image, mask)
    rough = restorer_of(wild(), precision="bfloat16")(image, mask)
    assert rough.dtype == torch.float32
    assert 0 < (exact - rough).abs().max() < 0.02


def test_other_floating_types_and_boolean_masks_are_taken():
    image, mask = picture(20, 20), box_mask(20, 20, Box(5, 5, 9, 9))
    restore = restorer_of(Constant())
    assert torch.equal(restore(image.double(), mask.bool()), restore(image, mask))


@pytest.mark.parametrize(
    ("image", "mask", "options", "sentence"),
    [
        (torch.rand(1, 3, 8, 8), torch.ones(1, 8, 8), {}, r"\(1, 3, 8, 8\).*\(3, H, W\)"),
        (torch.rand(4, 8, 8), torch.ones(1, 8, 8), {}, r"\(4, 8, 8\).*\(3, H, W\)"),
        (torch.rand(3, 8, 8), torch.ones(8, 8), {}, r"\(1, H, W\)"),
        (torch.rand(3, 8, 8), torch.ones(1, 8, 9), {}, r"\(1, 8, 9\)"),
        (torch.zeros(3, 8, 8, dtype=torch.uint8), torch.ones(1, 8, 8), {}, "uint8.*from 0 to 1"),
        (torch.rand(3, 8, 8), torch.ones(1, 8, 8), {"censor": "bar"}, "'bar' is unknown; choose hole or mosaic"),
        (torch.rand(3, 8, 8), torch.ones(1, 8, 8), {"censor": "mosaic"}, "never learned.*mosaic; it learned hole"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(image: Tensor, mask: Tensor, options: dict, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        restorer_of(Constant(), {"hole": "grey"})(image, mask, **options)


def test_an_unknown_precision_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="'half' is unknown; choose float32 or bfloat16"):
        restorer_of(Constant(), precision="half")


def looked_at(network: Constant) -> int:
    return sum(image.shape[-2] * image.shape[-1] for image, _ in network.asked)


def test_specks_all_over_a_picture_cost_little_more_than_the_picture():
    image, mask, network = picture(600, 600), torch.zeros(1, 600, 600), Constant()
    mask[:, 20::60, 20::60] = 1  # 100 single pixels, too far apart to be one region
    assert torch.equal(restorer_of(network)(image, mask), exactly_restored(image, mask))
    assert looked_at(network) < 2 * 600 * 600


def test_regions_far_apart_are_restored_each_in_its_own_crop():
    image, mask, network = picture(900, 900), torch.zeros(1, 900, 900), Constant()
    mask[:, 50:60, 50:60] = mask[:, 800:810, 800:810] = 1
    assert torch.equal(restorer_of(network)(image, mask), exactly_restored(image, mask))
    assert looked_at(network) < 900 * 900 / 5


@pytest.mark.parametrize("number", range(36))
def test_every_masked_pixel_is_covered_at_every_size(number: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "TILE_SIDE", 64)
    rng = rng_for("cover", number)
    height, width = integer(rng, 1, 600), integer(rng, 1, 600)
    image, mask = picture(height, width, number), marks(number, height, width)
    restore = restorer_of(Constant())
    restore.together = integer(rng, 1, 4)
    flips = (chance(rng, 0.5), chance(rng, 0.5))
    assert torch.equal(restore(image, mask, flips=flips), exactly_restored(image, mask))


def marks(number: int, height: int, width: int) -> Tensor:
    """Specks, a frame, bars at edges, everything, one pixel, or a blob."""
    rng, kind = rng_for("marks", number), number % 6
    mask = torch.zeros(1, height, width)
    if kind == 0:
        return (torch.rand(1, height, width, generator=rng) < uniform(rng, 0, 0.02)).float()
    if kind == 1:
        thick = integer(rng, 1, 20)
        mask[:, :thick], mask[:, -thick:], mask[:, :, :thick], mask[:, :, -thick:] = 1, 1, 1, 1
    elif kind == 2:
        mask[:, : integer(rng, 1, 30)], mask[:, :, -integer(rng, 1, 30) :] = 1, 1
    elif kind == 3:
        mask[:] = 1
    elif kind == 4:
        mask[0, integer(rng, 0, height - 1), integer(rng, 0, width - 1)] = 1
    else:
        y, x = torch.arange(height)[:, None] - height / 2, torch.arange(width) - width / 2
        mask[0] = ((y / height) ** 2 + (x / width) ** 2 < 0.1).float()
    return mask


class Turns(Generator):
    """Answers 0 and 1 in turn, so that neighbouring tiles disagree as much as they can."""

    multiple = 8

    def __init__(self):
        super().__init__()
        self.count = 0

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        self.count += 1
        return Prediction(torch.full_like(image, float(self.count % 2)), {})


def test_tiles_that_disagree_fade_into_each_other(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "TILE_SIDE", 100)
    network = Turns()
    restored = restorer_of(network)(picture(400, 500), box_mask(400, 500, Box(20, 20, 320, 420)))
    assert network.count == 12
    inside = restored[:, 20:320, 20:420]
    assert inside.max() - inside.min() > 0.9
    assert max(inside.diff(dim=1).abs().max(), inside.diff(dim=2).abs().max()) < 0.04


def test_the_order_of_tiles_does_not_matter(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "TILE_SIDE", 64)
    image, mask = picture(300, 250), box_mask(300, 250, Box(20, 10, 270, 230))
    restore = restorer_of(wild(), {"hole": "grey"})
    forward = restore(image, mask)
    monkeypatch.setattr(module, "tiles", lambda box, side: reversed(list(tiles(box, side))))
    assert (restore(image, mask) - forward).abs().max() < 1e-6
    monkeypatch.undo()
    whole = restorer_of(wild(), {"hole": "grey"})(image, mask)
    assert (whole - forward).abs().max() < 1e-4, "a network that sees 60 px answers alike in tiles"


def test_weights_of_tiles_sum_to_one():
    region = Box(5, 7, 405, 260)
    total = torch.zeros(1, 500, 300)
    for core in tiles(region, 128):
        view = core.grown(96, (500, 300))
        view.of(total).add_(tile_weight(core, region, view))
    assert (region.of(total) - 1).abs().max() < 1e-6


def test_regions_of_one_padded_size_are_run_together_and_the_answer_is_the_same():
    image, mask = picture(900, 1300), torch.zeros(1, 900, 1300)
    for left in (100, 500, 900):
        mask[:, 400 : 410 + left // 50, left : left + 20] = 1
    network, restore = Constant(), restorer_of(wild())
    together = restorer_of(network)
    together.together = 8
    together(image, mask)
    assert [tuple(asked.shape) for asked, _ in network.asked] == [(3, 3, 256, 256)]
    alone = restore(image, mask)
    restore.together = 8
    assert (restore(image, mask) - alone).abs().max() < 1e-5


class Greedy(Constant):
    """Runs out of memory when it is asked for too many pixels at once."""

    def __init__(self, most: int, error: Exception):
        super().__init__()
        self.most, self.error = most, error

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        if image.shape[0] * image.shape[2] * image.shape[3] > self.most:
            raise self.error
        return super().forward(image, mask)


ERRORS = [
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to allocate"),
    RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
    torch.cuda.OutOfMemoryError("CUDA out of memory."),
    MemoryError(),
]


@pytest.mark.parametrize("error", ERRORS)
def test_out_of_memory_halves_the_batch_then_the_tile(error: Exception):
    image, mask = picture(500, 500), box_mask(500, 500, Box(50, 50, 450, 450))
    network = Greedy(310 * 310, error)
    restore = restorer_of(network)
    restore.together = 8
    assert torch.equal(restore(image, mask), exactly_restored(image, mask))
    assert (restore.together, restore.tile) == (1, 128)
    assert torch.equal(restore(image[:, :300, :300], mask[:, :300, :300]), exactly_restored(image, mask)[:, :300, :300])
    assert restore.together == 1, "what was learned is kept"


def test_a_smaller_batch_is_enough_for_many_regions():
    image, mask = picture(900, 1300), torch.zeros(1, 900, 1300)
    mask[:, 100:110, 100::200] = mask[:, 700:710, 100::200] = 1
    network = Greedy(3 * 256 * 256, ERRORS[0])
    restore = restorer_of(network)
    restore.together = 8
    assert torch.equal(restore(image, mask), exactly_restored(image, mask))
    assert (restore.together, restore.tile) == (2, 512)


def test_what_did_not_fit_is_forgotten_before_less_is_tried(monkeypatch: pytest.MonkeyPatch):
    held: list[weakref.ref[Tensor]] = []

    class Holding(Constant):
        def forward(self, image: Tensor, mask: Tensor) -> Prediction:
            activations = image + 1  # which the traceback of an error holds
            held.append(weakref.ref(activations))
            if image.shape[2] > 310:
                raise RuntimeError("CUDA out of memory.")
            return super().forward(image, mask)

    released: list[int] = []
    monkeypatch.setattr(module, "release", lambda device: released.append(sum(it() is not None for it in held)))
    image, mask = picture(500, 500), box_mask(500, 500, Box(50, 50, 450, 450))
    restorer_of(Holding())(image, mask)
    assert released == [0, 0]


def test_threads_that_run_out_of_memory_together_halve_the_tile_once():
    image, mask = picture(500, 500), box_mask(500, 500, Box(50, 50, 450, 450))
    gate = Barrier(4)

    class Meeting(Greedy):
        def forward(self, image: Tensor, mask: Tensor) -> Prediction:
            if image.shape[-1] > 400:
                gate.wait(60)  # all of them have begun
            return super().forward(image, mask)

    restore = restorer_of(Meeting(400 * 400, MemoryError()))
    restore.cores = Cores(4 * torch.get_num_threads())
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: restore(image, mask), range(4)))
    assert all(torch.equal(answer, exactly_restored(image, mask)) for answer in answers)
    assert restore.tile == 256


def test_too_little_memory_for_the_smallest_tile_is_told_in_a_sentence():
    with pytest.raises(ValueError, match="cpu has not enough memory to restore even 64 pixels a side"):
        restorer_of(Greedy(100, ERRORS[0]))(picture(99, 99), box_mask(99, 99, Box(9, 9, 30, 30)))


def test_other_errors_of_a_network_are_not_taken_for_lack_of_memory():
    with pytest.raises(RuntimeError, match="shapes"):
        restorer_of(Greedy(100, RuntimeError("shapes differ")))(picture(99, 99), box_mask(99, 99, Box(9, 9, 30, 30)))


def test_a_hole_is_grown_as_the_crow_flies_and_a_mosaic_is_not():
    image, mask = picture(90, 90), torch.zeros(1, 90, 90)
    mask[0, 40, 40] = 1
    y, x = torch.arange(90)[:, None] - 40, torch.arange(90) - 40
    disc = (y**2 + x**2 <= 5**2).float()[None]
    changed = (restorer_of(Constant())(image, mask, grow=5) == 0.25).all(0, keepdim=True).float()
    assert torch.equal(changed, disc)
    mosaic = restorer_of(Constant())(image, mask, censor="mosaic", grow=5)
    assert torch.equal(mosaic, exactly_restored(image, mask))


@pytest.mark.parametrize("options", [{"feather": 3}, {"match_colour": True}, {"feather": 5, "match_colour": True}])
@pytest.mark.parametrize("number", range(6))
def test_known_pixels_stay_bit_for_bit_however_the_rim_is_led_over(options: dict, number: int):
    rng = rng_for("rim", number)
    height, width = integer(rng, 1, 300), integer(rng, 1, 300)
    image, mask = picture(height, width), marks(number, height, width)
    restored = restorer_of(wild())(image, mask, **options)
    known = (mask < 0.5).expand_as(image)
    assert torch.equal(restored[known], image[known])
    assert restored.isfinite().all()


def test_cell_means_are_kept_with_a_feather_and_not_where_they_are_not_wanted():
    grid, target = Grid((8, 8), (0, 0)), picture(80, 80) * 0.5 + 0.25
    mask = box_mask(80, 80, Box(16, 16, 64, 64))
    mosaic = torch.where(mask > 0.5, pixelate(target, grid), target)
    restore = restorer_of(wild())
    means = cell_means(target, grid)
    led = restore(mosaic, mask, censor="mosaic", grid=grid, feather=4)
    raw = restore(mosaic, mask, censor="mosaic", grid=grid, keep=False)
    assert (cell_means(led, grid) - means).abs().max() < 1e-4
    assert (cell_means(raw, grid) - means).abs().max() > 1e-3


class Alone(Constant):
    """Takes its time, and fails when it is run twice at once."""

    def __init__(self):
        super().__init__()
        self.inside = Lock()

    def forward(self, image: Tensor, mask: Tensor) -> Prediction:
        assert self.inside.acquire(blocking=False), "run twice at once"
        time.sleep(0.01)
        self.inside.release()
        return super().forward(image, mask)


def test_the_network_has_one_picture_at_a_time_of_several_threads():
    image, mask = picture(60, 60), box_mask(60, 60, Box(20, 20, 40, 40))
    restore = restorer_of(Alone())
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: restore(image, mask), range(12)))
    assert all(torch.equal(answer, exactly_restored(image, mask)) for answer in answers)


@pytest.mark.parametrize("has_threads", [False, True])
def test_threads_that_share_the_cores_run_side_by_side_unless_the_network_has_threads_of_its_own(has_threads: bool):
    class Meeting(Constant):
        def __init__(self):
            super().__init__()
            self.has_threads, self.gate = has_threads, Barrier(2)

        def forward(self, image: Tensor, mask: Tensor) -> Prediction:
            try:
                self.gate.wait(1)
            except BrokenBarrierError:
                alone.append(True)
            return super().forward(image, mask)

    alone: list[bool] = []
    image, mask, threads = picture(60, 60), box_mask(60, 60, Box(20, 20, 40, 40)), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        restore = restorer_of(Meeting())
        with ThreadPoolExecutor(2, initializer=partial(torch.set_num_threads, 1)) as pool:
            answers = list(pool.map(lambda _: restore(image, mask), range(2)))
    finally:
        torch.set_num_threads(threads)
    assert all(torch.equal(answer, exactly_restored(image, mask)) for answer in answers)
    assert bool(alone) == has_threads


class Noisy(Generator):
    """A network whose answer is the noise that it is given, or grey."""

    samples = True
    inputs: Mapping[str, ExtraInput] = {"whim": ExtraInput(3, noise=True)}

    def forward(self, image: Tensor, mask: Tensor, *, whim: Tensor | None = None) -> Prediction:
        return Prediction(torch.full_like(image, 0.5) if whim is None else whim.clamp(0, 1), {})


def test_variations_of_a_network_that_samples_draw_other_noise_instead_of_mirroring():
    restorer, image = restorer_of(Noisy()), picture(60, 80)
    mask = torch.zeros(1, 60, 80)
    mask[:, 20:40, 30:50] = 1
    ways = FLIPS
    answers = [restorer(image, mask, flips=flips) for flips in ways]
    assert answers[0][:, 25, 35].unique().item() == 0.5, "the first is the network's own default"
    assert all(not torch.equal(one, other) for one, other in combinations(answers, 2))
    assert all(torch.equal(one, restorer(image, mask, flips=flips)) for one, flips in zip(answers, ways, strict=True))


@pytest.mark.parametrize("view", ["square", "whole"])
def test_a_network_sees_as_much_around_a_hole_as_it_says_it_must(view: View):
    network = wild()
    network.view = view
    sizes: list[tuple[int, int]] = []
    network.register_forward_hook(lambda module, given, answer: sizes.append(tuple(given[0].shape[-2:])))
    mask = torch.zeros(1, 400, 520)
    mask[:, 100:110, 100:160] = 1
    restorer_of(network)(picture(400, 520), mask)
    height, width = sizes[0]
    assert len(sizes) == 1
    assert (height, width) == (400, 520) if view == "whole" else height == width < 400
