from __future__ import annotations

from inpaint.builders.groups import SPLITS, position, split_groups, united


def test_united_follows_chains_to_the_smallest_item():
    assert united(6, [(4, 2), (2, 5), (0, 1)]) == [0, 0, 2, 3, 2, 2]


def test_positions_are_uniform_and_depend_on_the_seed():
    places = [position(str(key), 0) for key in range(4000)]
    assert all(0 <= place < 1 for place in places)
    assert abs(sum(places) / 4000 - 0.5) < 0.02  # four standard errors of a uniform mean
    assert places != [position(str(key), 1) for key in range(4000)]


def test_shares_are_met():
    splits = list(split_groups(map(str, range(4000)), (0.8, 0.15, 0.05), 0).values())
    shares = [splits.count(name) / 4000 for name in SPLITS]
    assert all(abs(share - wanted) < 0.02 for share, wanted in zip(shares, (0.8, 0.15, 0.05), strict=True))


def test_more_groups_move_none():
    few = split_groups(map(str, range(100)), (0.6, 0.2, 0.2), 0)
    many = split_groups(map(str, range(1000)), (0.6, 0.2, 0.2), 0)
    assert {key: many[key] for key in few} == few


def test_no_split_of_positive_share_stays_empty_when_there_are_enough_groups():
    for seed in range(50):
        assert set(split_groups(["a", "b", "c"], (0.98, 0.01, 0.01), seed).values()) == set(SPLITS)


def test_the_group_nearest_to_the_empty_interval_is_borrowed():
    keys = [str(key) for key in range(6)]
    split = split_groups(keys, (1 - 1e-9, 1e-9, 0), 0)
    assert [key for key in keys if split[key] == "val"] == [max(keys, key=lambda key: position(key, 0))]


def test_a_split_without_share_stays_empty():
    assert set(split_groups(map(str, range(50)), (0.5, 0, 0.5), 0).values()) == {"train", "test"}


def test_two_groups_do_not_fill_three_splits():
    assert len(split_groups(["a", "b"], (0.9, 0.05, 0.05), 0)) == 2
