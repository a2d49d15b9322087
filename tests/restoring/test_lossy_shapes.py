"""Cells of other shapes than squares in JPEG and WebP files, which blur their outlines."""

from __future__ import annotations

import pytest
import torch
from shape_pictures import found_in, gain, lossy, seen

from inpaint.mosaic.free_cells import FreeCells


@pytest.mark.parametrize(("form", "quality"), [("JPEG", 85), ("JPEG", 70), ("WEBP", 80)])
@pytest.mark.parametrize("kind", ["hexagons", "diamonds", "rotated 20", "bricks"])
def test_cells_that_repeat_are_found_in_lossy_files(kind: str, form: str, quality: int):
    shown = lossy(seen(kind), form, quality)
    (part,) = found_in(shown)
    assert part.censor == "mosaic"
    assert isinstance(part.trace, FreeCells)
    assert part.trace.side == pytest.approx(8, abs=1)
    exact = found_in(seen(kind))[0].trace
    assert isinstance(exact, FreeCells)
    assert same_cells(part.trace, exact) > 0.85


def same_cells(one: FreeCells, other: FreeCells) -> float:
    """The share of pixels whose cells are mostly the same."""
    both = (one.labels >= 0) & (other.labels >= 0)
    pairs = torch.zeros(one.means.shape[1], other.means.shape[1])
    pairs.index_put_((one.labels[both], other.labels[both]), torch.ones(int(both.sum())), accumulate=True)
    return float(pairs.amax(0).sum() / both.sum())


@pytest.mark.parametrize("kind", ["hexagons", "crystals", "bricks"])
def test_restoring_cells_of_a_lossy_file_gains(kind: str):
    shown = lossy(seen(kind), "JPEG", 85)
    assert found_in(shown)[0].censor == "mosaic"
    assert gain(shown)[0] > 0.7
