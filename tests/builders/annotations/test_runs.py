"""COCO's run-length masks are decoded as its own mask API does."""

from __future__ import annotations

import numpy as np
import pytest

from inpaint.builders.annotations.region import Runs
from inpaint.builders.annotations.runs import mask_from_runs, runs_from_mask, runs_from_text, runs_of


def to_text(counts: list[int]) -> str:
    """The compression, written from its description and not from the code under test."""
    text = ""
    for index, count in enumerate(counts):
        rest = count - counts[index - 2] if index > 2 else count
        while True:
            bits, rest = rest & 31, rest >> 5
            last = (rest == 0 and not bits & 16) or (rest == -1 and bool(bits & 16))
            text += chr(48 + bits + (0 if last else 32))
            if last:
                break
    return text


def test_the_text_that_coco_s_own_example_has_is_decoded():
    assert runs_from_text("61X13mN000`0", "here") == [6, 1, 40, 4, 5, 4, 5, 4, 21]


def test_compressed_runs_come_back():
    rng = np.random.default_rng(0)
    for _ in range(50):
        counts = rng.integers(0, 10 ** rng.integers(1, 7), rng.integers(1, 30)).tolist()
        assert runs_from_text(to_text(counts), "here") == counts


def test_runs_go_down_the_columns_and_begin_with_zeros():
    mask = mask_from_runs(runs_of([2, 3], [1, 2, 1, 2], "here"))
    np.testing.assert_array_equal(mask, [[0, 1, 1], [1, 0, 1]])


def test_a_mask_comes_back_from_its_runs():
    rng = np.random.default_rng(0)
    for mask in (rng.random((7, 5)) < 0.5, np.ones((3, 4), bool), np.zeros((3, 4), bool)):
        runs = runs_from_mask(mask)
        assert sum(runs.counts) == mask.size
        np.testing.assert_array_equal(mask_from_runs(runs), mask)
    assert runs_from_mask(np.ones((3, 4), bool)) == Runs((3, 4), (0, 12))


@pytest.mark.parametrize("text", ["61X", "6 1", "ooooooooooooo"])
def test_text_that_is_no_run_length_mask_is_refused(text: str):
    with pytest.raises(ValueError, match=r"^here: "):
        runs_from_text(text, "here")


@pytest.mark.parametrize("counts", [[5], [7], [-1, 7], []])
def test_runs_must_fill_the_mask(counts: list[int]):
    with pytest.raises(ValueError, match="here: the runs cover"):
        runs_of([2, 3], counts, "here")
