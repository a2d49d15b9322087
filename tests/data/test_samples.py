"""Samples depend on the seed and their position alone: not on workers, batches, ranks, threads or interruptions."""

from __future__ import annotations

import pickle
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from inpaint.data import synthetic
from inpaint.data.samples import Positions, Samples, fixed_samples, load_batches
from inpaint.data.sources import Folder
from inpaint.degradation.degrade import Degradation
from inpaint.degradation.fills import FILLS
from inpaint.degradation.masks import MASKS
from inpaint.degradation.realism import Realism
from inpaint.randomness import rng_for
from inpaint.sample import Sample

CROP = 48


def degradation() -> Degradation:
    masks = [(1.0, MASKS["freeform"]()), (1.0, MASKS["bars"]())]
    fills = [(1.0, FILLS["hole"](value="smooth")), (1.0, FILLS["mosaic"](block=[3, 12], enlarge="bicubic"))]
    return Degradation(masks, fills, Realism(jpeg=0.5, noise=0.2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures")
    for number in range(3):
        noise = np.random.default_rng(number).integers(0, 256, (60, 70, 3), dtype=np.uint8)
        Image.fromarray(noise).save(path / f"{number}.png")
    return path


@pytest.fixture(scope="module")
def samples(folder: Path) -> Samples:
    return Samples([(0.7, Folder(folder)), (0.3, synthetic.render)], degradation(), crop=CROP, seed=3)


def flat(batches: list[Sample]) -> list[Sample]:
    """Batches as single samples, in order."""
    return [Sample(*parts) for batch in batches for parts in zip(*batch[:3], strict=True)]


def equal(first: list[Sample], second: list[Sample]) -> bool:
    pairs = list(zip(first, second, strict=True))
    return bool(pairs) and all(
        torch.equal(a, b) for pair in pairs for a, b in zip(*(it[:3] for it in pair), strict=True)
    )


def drawn(samples: Samples, start: int, stop: int, *, batch: int = 2, workers: int = 0, **ranks: int) -> list[Sample]:
    return list(load_batches(samples, Positions(start, stop, batch=batch, **ranks), workers=workers, pin=False))


def test_batches_hold_pictures_masks_and_targets(samples: Samples):
    (batch,) = drawn(samples, 0, 1, batch=4)
    assert isinstance(batch, Sample)
    assert [part.shape[1:] for part in batch[:3]] == [(3, CROP, CROP), (1, CROP, CROP), (3, CROP, CROP)]
    assert {part.dtype for part in batch[:3]} == {torch.float32}
    assert set(batch.mask.unique().tolist()) == {0.0, 1.0}
    assert all(part.min() >= 0 and part.max() <= 1 for part in batch[:3])
    assert not torch.equal(batch.image, batch.target)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_no_bit(samples: Samples, workers: int):
    assert equal(flat(drawn(samples, 0, 5, workers=workers)), flat(drawn(samples, 0, 5)))


def test_the_number_of_threads_changes_no_bit():
    smooth = Degradation(MASKS["bars"](), FILLS["hole"](value="smooth"))
    samples = Samples([(1.0, synthetic.render)], smooth, crop=256, seed=0)  # large enough for torch to use threads
    threads = torch.get_num_threads()
    several: list[list[Sample]] = []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            several.append([samples[position] for position in range(4)])
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(threads)
    assert equal(*several)


def test_the_batch_size_changes_no_bit(samples: Samples):
    singles = flat(drawn(samples, 0, 12, batch=1))
    for batch in (2, 3, 4):
        assert equal(flat(drawn(samples, 0, 12 // batch, batch=batch)), singles)


def test_resuming_at_a_batch_equals_not_having_stopped(samples: Samples):
    whole = flat(drawn(samples, 0, 6))
    for start in (1, 4):
        assert equal(flat(drawn(samples, start, 6, workers=1)), whole[2 * start :])


def test_two_ranks_together_see_what_one_rank_with_twice_the_batch_sees(samples: Samples):
    ranks = [drawn(samples, 1, 4, batch=2, rank=rank, world=2) for rank in (0, 1)]
    together = [batch for step in zip(*ranks, strict=True) for batch in step]
    assert equal(flat(together), flat(drawn(samples, 1, 4, batch=4)))


@pytest.mark.parametrize("world", [1, 2, 3])
def test_positions_are_covered_once_in_order(world: int):
    ranks = [list(Positions(2, 5, batch=4, rank=rank, world=world)) for rank in range(world)]
    assert all(len(batches) == len(Positions(2, 5, batch=4)) == 3 for batches in ranks)
    steps = [[position for batch in step for position in batch] for step in zip(*ranks, strict=True)]
    assert list(chain.from_iterable(steps)) == list(range(2 * 4 * world, 5 * 4 * world))
    assert ranks[0][0] == [8 * world, 8 * world + 1, 8 * world + 2, 8 * world + 3]


def test_nothing_is_left_after_the_last_batch(samples: Samples):
    assert drawn(samples, 7, 7) == []


def test_every_position_and_every_seed_gives_another_sample(samples: Samples):
    other = Samples([(1.0, synthetic.render)], degradation(), crop=CROP, seed=4)
    same = Samples([(1.0, synthetic.render)], degradation(), crop=CROP, seed=5)
    targets = [table[position].target for table in (other, same) for position in range(3)]
    assert not any(torch.equal(targets[i], targets[j]) for i in range(6) for j in range(i))


def test_global_random_state_neither_matters_nor_moves(samples: Samples):
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002 (the global state is what is tested)
    before = torch.get_rng_state(), np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    first = [samples[position] for position in range(4)]
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state(legacy=False)["state"]["key"], before[1])  # noqa: NPY002
    torch.manual_seed(1)
    assert equal(first, [samples[position] for position in range(4)])


def test_sources_come_in_proportion_to_their_shares():
    def level(value: float):
        return lambda size, rng: torch.full((3, *size), value)

    def nothing(target: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        return target, target[:1]

    table = Samples([(3.0, level(0.0)), (1.0, level(1.0))], nothing, crop=2, seed=0)
    assert sum(table[position].target[0, 0, 0].item() for position in range(2000)) == pytest.approx(500, abs=70)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_picture_smaller_than_the_crop_is_one_sentence_from_any_worker(folder: Path, workers: int):
    table = Samples([(1.0, Folder(folder))], degradation(), crop=61, seed=0)
    with pytest.raises(ValueError, match=r"^\S+\.png is 60x70 px, smaller than the crop of 61x61; ") as error:
        drawn(table, 0, 1, workers=workers)
    assert "\n" not in str(error.value)


def test_samples_can_be_sent_to_freshly_started_workers(samples: Samples):
    sent = pickle.loads(pickle.dumps(samples))  # what workers that do not fork are given
    assert equal([sent[5]], [samples[5]])


def test_validation_damages_every_target_in_its_own_fixed_way():
    target = synthetic.render((CROP, CROP), rng_for(0))
    first, second = (fixed_samples([target, target, target], degradation(), seed=0) for _ in range(2))
    assert equal(first, second)
    assert not torch.equal(first[0].mask, first[1].mask)
    assert [part.shape for part in first[0][:3]] == [(1, 3, CROP, CROP), (1, 1, CROP, CROP), (1, 3, CROP, CROP)]
    fewer = fixed_samples([target], degradation(), seed=0)
    assert equal(fewer, first[:1])
    assert not equal(fewer, fixed_samples([target], degradation(), seed=1))
