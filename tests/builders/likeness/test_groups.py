from __future__ import annotations

import numpy as np

from inpaint.builders.likeness.groups import SPLITS, split_groups, split_position, united


def splits_of(keys: list[str], shares: tuple[float, ...], seed: int = 0, sizes: list[int] | None = None, **options):
    """Return the split of every group."""
    places = np.array([split_position(key, seed) for key in keys])
    counts = np.array([1] * len(keys) if sizes is None else sizes)
    return {
        key: SPLITS[index] for key, index in zip(keys, split_groups(places, counts, shares, **options), strict=True)
    }


def numbered(count: int) -> list[str]:
    return [str(key) for key in range(count)]


def test_united_follows_chains_to_the_smallest_item():
    assert united(6, [(4, 2), (2, 5), (0, 1)]) == [0, 0, 2, 3, 2, 2]


def test_positions_are_uniform_and_depend_on_the_seed():
    places = [split_position(str(key), 0) for key in range(4000)]
    assert all(0 <= place < 1 for place in places)
    assert abs(sum(places) / 4000 - 0.5) < 0.02  # four standard errors of a uniform mean
    assert places != [split_position(str(key), 1) for key in range(4000)]


def test_shares_are_met():
    splits = list(splits_of(numbered(4000), (0.8, 0.15, 0.05)).values())
    shares = [splits.count(name) / 4000 for name in SPLITS]
    assert all(abs(share - wanted) < 0.02 for share, wanted in zip(shares, (0.8, 0.15, 0.05), strict=True))


def test_more_groups_move_none():
    few = splits_of(numbered(100), (0.6, 0.2, 0.2))
    many = splits_of(numbered(1000), (0.6, 0.2, 0.2))
    assert {key: many[key] for key in few} == few


def test_no_split_of_positive_share_stays_empty_when_there_are_enough_groups():
    for seed in range(50):
        assert set(splits_of(["a", "b", "c"], (0.98, 0.01, 0.01), seed).values()) == set(SPLITS)


def test_the_group_nearest_to_the_empty_interval_is_borrowed():
    split = splits_of(numbered(6), (1 - 1e-9, 1e-9, 0))
    assert [key for key in split if split[key] == "val"] == [max(split, key=lambda key: split_position(key, 0))]


def test_a_split_without_share_stays_empty():
    assert set(splits_of(numbered(50), (0.5, 0, 0.5)).values()) == {"train", "test"}


def test_two_groups_do_not_fill_three_splits():
    assert len(splits_of(["a", "b"], (0.9, 0.05, 0.05))) == 2


def test_huge_groups_lie_in_the_largest_split_and_leave_small_ones_where_they_are():
    keys, shares = numbered(400), (0.2, 0.6, 0.2)
    sizes = [1000 if index % 40 == 0 else 1 for index in range(400)]
    plain, bounded = splits_of(keys, shares), splits_of(keys, shares, sizes=sizes, largest=100)
    huge = [key for key, size in zip(keys, sizes, strict=True) if size > 100]
    assert {bounded[key] for key in huge} == {"val"}
    assert {plain[key] for key in huge} == set(SPLITS)
    assert all(bounded[key] == plain[key] for key in keys if key not in huge)


def test_growth_takes_a_group_out_of_a_held_out_split_and_never_into_one():
    keys, shares = numbered(200), (0.5, 0.3, 0.2)
    small, grown = (splits_of(keys, shares, sizes=[size, 1] * 100, largest=100) for size in (100, 101))
    moved = [(small[key], grown[key]) for key in keys if small[key] != grown[key]]
    assert set(moved) == {("val", "train"), ("test", "train")}


def test_a_split_borrows_a_group_that_is_not_too_large_where_there_is_one():
    split = splits_of(["a", "b", "c", "d"], (0.5, 0.5, 0), sizes=[500, 500, 500, 3], largest=100)
    assert split == {"a": "train", "b": "train", "c": "train", "d": "val"}
    assert set(splits_of(["a", "b"], (0.5, 0.5, 0), sizes=[500, 500], largest=100).values()) == {"train", "val"}
