"""What is found in the frames of an animation is steady, and nothing is kept that is not there any more."""

from __future__ import annotations

import numpy as np

from inpaint.detection.censored import Censored
from inpaint.detection.steady import SteadyFinds
from inpaint.mosaic.grid import Grid

SIDE, PLACE = 8, (16, 24)


def frame(seed: int) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (10, 14, 3), np.uint8)
    return small.repeat(10, 0).repeat(10, 1)[:96, :128] // 2 + np.random.default_rng(seed).integers(
        0, 100, (96, 128, 3)
    ).astype(np.uint8)


def with_mosaic(seed: int, right: int = 0) -> np.ndarray:
    shown, (top, left) = frame(seed), PLACE
    cells = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8).repeat(SIDE, 0).repeat(SIDE, 1)
    shown[top : top + 32, left + right : left + right + 40] = cells
    return shown


def mosaic(right: int = 0, side: int = SIDE) -> Censored:
    grid = Grid((side, side), (PLACE[0] % side, (PLACE[1] + right) % side))
    return Censored("mosaic", grid, None, PLACE[0], PLACE[1] + right, np.ones((32, 40), bool), 0.9)


def bar() -> Censored:
    return Censored("hole", None, (0, 0, 0), 60, 20, np.ones((12, 50), bool), 1.0)


def test_a_mosaic_that_was_missed_in_some_frames_is_found_where_it_still_is():
    steady = SteadyFinds([[mosaic()], [], [], [mosaic()], [], []])
    for number in range(6):
        (found,) = steady.in_frame(number, with_mosaic(number))
        assert (found.grid, found.top, found.left) == (mosaic().grid, *PLACE)
    assert steady.in_frame(4, frame(4)) == []  # the mosaic has ended


def test_a_mosaic_that_moves_evenly_is_found_between():
    steady = SteadyFinds([[mosaic(0)], [], [mosaic(6)]])
    (found,) = steady.in_frame(1, with_mosaic(1, right=3))
    assert (found.left, found.grid) == (PLACE[1] + 3, mosaic(3).grid)


def test_a_bar_stays_while_its_colour_does():
    shown = frame(1)
    assert SteadyFinds([[bar()], []]).in_frame(1, shown) == []
    shown[60:72, 20:70] = 0
    (found,) = SteadyFinds([[bar()], []]).in_frame(1, shown)
    assert found.mask.all()


def test_a_grid_twice_too_fine_in_one_frame_is_that_of_the_others():
    steady = SteadyFinds([[mosaic()], [mosaic(side=4)], [mosaic()], [mosaic()]])
    (found,) = steady.in_frame(1, with_mosaic(1))
    assert found.grid == mosaic().grid


def test_regions_of_one_frame_stay_disjoint():
    near = mosaic()._replace(top=PLACE[0] + 24, grid=Grid((SIDE, SIDE), (0, 0)))
    shown = with_mosaic(0)
    steady = SteadyFinds([[mosaic()], [near]])
    found = steady.in_frame(0, shown)
    assert len(found) == 1  # most of the other's place is no mosaic here
