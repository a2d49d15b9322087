"""The store of earlier fakes, worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from inpaint.randomness import chance, integer, rng_for
from inpaint.recipes.pool import Pool


def pictures(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float32).view(-1, 1, 1, 1).expand(-1, 3, 2, 2)


def values(batch: Tensor) -> list[float]:
    assert batch.shape[1:] == (3, 2, 2)
    return batch[:, 0, 0, 0].tolist()


def filled(size: int) -> Pool:
    pool = Pool(size)
    pool.exchange(pictures(*range(size)), rng_for("unused"))
    return pool


def test_until_it_is_full_it_stores_and_returns_what_is_new():
    pool, rng = Pool(3), rng_for("full")
    untouched = rng.get_state()
    assert values(pool.exchange(pictures(0, 1, 2), rng)) == [0, 1, 2]
    assert values(torch.stack(pool.pictures)) == [0, 1, 2]
    assert torch.equal(untouched, rng.get_state())


def test_a_full_pool_throws_a_coin_for_each_picture_and_overwrites_what_it_returns():
    pool, stored, rng = filled(3), [0.0, 1.0, 2.0], rng_for("coin")
    expected = []
    for new in range(3, 23):  # the same draws, played by hand
        if chance(rng, 0.5):
            expected.append(new)
        else:
            place = integer(rng, 0, 2)
            expected.append(stored[place])
            stored[place] = new
    assert values(pool.exchange(pictures(*range(3, 23)), rng_for("coin"))) == expected
    assert values(torch.stack(pool.pictures)) == stored
    assert 5 < sum(old < new for old, new in zip(expected, range(3, 23), strict=True)) < 15


def test_half_of_the_answers_are_old_ones_and_every_place_is_used():
    pool, rng = filled(4), rng_for("share")
    answers = values(pool.exchange(pictures(*range(4, 1004)), rng))
    old = sum(answer != new for answer, new in zip(answers, range(4, 1004), strict=True))
    assert 450 < old < 550
    assert {0, 1, 2, 3} <= set(answers)
    assert len(set(answers)) == len(answers)  # whatever was returned is gone


def test_a_batch_that_fills_the_pool_is_exchanged_picture_by_picture():
    pool = Pool(1)
    answers = values(pool.exchange(pictures(*range(30)), rng_for("overflow")))
    assert answers[0] == 0
    assert answers != list(range(30))
    assert answers.count(0) == 2  # when it came, and when it was exchanged


def test_a_pool_of_nothing_gives_back_what_it_gets():
    pool = Pool(0)
    assert values(pool.exchange(pictures(1, 2, 3), rng_for("nothing"))) == [1, 2, 3]
    assert pool.pictures == []


def test_what_it_holds_learns_nothing_and_is_its_own():
    pool, batch = Pool(2), pictures(1, 2).clone().requires_grad_()
    answer = pool.exchange(batch * 1, rng_for("graph"))
    assert not answer.requires_grad
    assert not any(picture.requires_grad for picture in pool.pictures)
    answer.zero_()
    assert values(torch.stack(pool.pictures)) == [1, 2]


def test_it_comes_back_through_a_state_dict():
    pool, other = filled(3), Pool(3)
    other.load_state_dict(pool.state_dict())
    new = pictures(*range(3, 13))
    assert torch.equal(pool.exchange(new, rng_for("on")), other.exchange(new, rng_for("on")))
    assert len(Pool(3).pictures) == 0


def test_a_negative_size_is_refused():
    with pytest.raises(ValueError, match="size is -1"):
        Pool(-1)
