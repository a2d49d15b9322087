"""Every draw: its range, its distribution, and that it depends on nothing but its key."""

from __future__ import annotations

import math
from statistics import mean, stdev

import pytest
import torch

from inpaint.randomness import chance, choose, integer, log_uniform, normal, rng_for, uniform


@pytest.mark.parametrize(
    ("key", "seed"),
    [
        ((0, "train", 0), 3878459283021335866),
        ((0, "train", 143999), 864299473049681329),
        ((7, "validation", 3), 794727100747426065),
        ((0, "step", 1), 4413158142644703930),
    ],
)
def test_a_key_keeps_its_seed_so_that_resumed_runs_see_the_same_data(key: tuple[int | str, ...], seed: int):
    assert rng_for(*key).initial_seed() == seed


def test_every_part_of_the_key_matters():
    keys = [(0, "train", 0), (0, "train", 1), (1, "train", 0), (0, "validation", 0), (0, "train", "0"), ("0train", 0)]
    assert len({rng_for(*key).initial_seed() for key in keys}) == len(keys)


def test_neighbouring_keys_draw_independent_numbers():
    first = torch.tensor([uniform(rng_for(0, "train", n), 0, 1) for n in range(2000)])
    lagged = torch.corrcoef(torch.stack([first[:-1], first[1:]]))[0, 1]
    assert abs(lagged.item()) < 0.08  # 3.5 deviations of 1 / sqrt(2000)
    assert first.mean().item() == pytest.approx(0.5, abs=0.025)


def test_no_global_random_state_is_read_or_moved():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    draws = [everything(rng_for("k"))]
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert draws == [everything(rng_for("k"))]


def everything(rng: torch.Generator) -> tuple[object, ...]:
    return (
        uniform(rng, 0, 1),
        log_uniform(rng, 1, 10),
        integer(rng, 0, 99),
        chance(rng, 0.5),
        choose(rng, "abc"),
        choose(rng, "abc", [1, 2, 3]),
        normal(rng, 0, 1),
    )


def test_uniform_fills_its_range():
    rng = rng_for(0)
    values = [uniform(rng, -2, 6) for _ in range(4000)]
    assert -2 <= min(values) < -1.98
    assert 5.98 < max(values) < 6
    assert mean(values) == pytest.approx(2, abs=0.15)


def test_log_uniform_has_its_median_at_the_geometric_mean():
    rng = rng_for(1)
    values = sorted(log_uniform(rng, 4, 64) for _ in range(4001))
    assert 4 <= values[0] < 4.1
    assert 63 < values[-1] < 64
    assert math.log(values[2000]) == pytest.approx(math.log(16), abs=0.08)


def test_integer_includes_both_ends_equally():
    rng = rng_for(2)
    values = [integer(rng, 3, 6) for _ in range(4000)]
    assert set(values) == {3, 4, 5, 6}
    assert all(values.count(value) == pytest.approx(1000, abs=110) for value in set(values))
    assert integer(rng, 5, 5) == 5


def test_chance_comes_true_as_often_as_it_says():
    rng = rng_for(3)
    assert sum(chance(rng, 0.2) for _ in range(4000)) == pytest.approx(800, abs=100)
    assert not any(chance(rng, 0.0) for _ in range(500))
    assert all(chance(rng, 1.0) for _ in range(500))


def test_choices_come_in_proportion_to_their_shares():
    rng = rng_for(4)
    values = [choose(rng, ["often", "seldom", "never"], [3, 1, 0]) for _ in range(4000)]
    assert values.count("often") == pytest.approx(3000, abs=110)
    assert values.count("never") == 0
    plain = [choose(rng, ["a", "b"]) for _ in range(4000)]
    assert plain.count("a") == pytest.approx(2000, abs=130)


def test_normal_has_its_mean_and_deviation():
    rng = rng_for(5)
    values = [normal(rng, 3, 2) for _ in range(4000)]
    assert mean(values) == pytest.approx(3, abs=0.12)
    assert stdev(values) == pytest.approx(2, rel=0.05)
