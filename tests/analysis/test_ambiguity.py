from __future__ import annotations

import pytest
import torch

from inpaint.analysis.ambiguity import between, fitting, patch_roughness, patch_table


def picture(seed: int, *, side: int = 40) -> torch.Tensor:
    return torch.rand(3, side, side, generator=torch.Generator().manual_seed(seed))


def with_twin() -> list[torch.Tensor]:
    """Two pictures; a patch of the second is one of the first with its pixels turned within each cell."""
    first, second = picture(0), picture(1)
    patch = (first[:, 8:16, 16:24] * 255).round() / 255
    cells = patch.unfold(1, 4, 4).unfold(2, 4, 4).flip(-1, -2)  # (3, 2, 2, 4, 4), the same means
    second[:, 24:32, 0:8] = cells.permute(0, 1, 3, 2, 4).reshape(3, 8, 8)
    return [first, second]


def test_a_patch_with_the_same_cells_is_found_and_nothing_else():
    table = patch_table(with_twin(), block=4, cells=2, stride=8)
    places = [(int(at), where.tolist()) for at, where in zip(table.picture, table.place, strict=True)]
    query = places.index((0, [8, 16]))
    (fits,) = fitting(table, [query], 0.01)
    assert fits.found[0] == query
    assert [places[it] for it in fits.found[1:].tolist()] == [(1, [24, 0])]
    assert not torch.equal(table.patches[fits.found[1]], table.patches[query])


def test_means_are_those_of_the_cells():
    table = patch_table([picture(3)], block=4, cells=2, stride=4)
    patch = table.patches[5].double()
    expected = [patch[c, y : y + 4, x : x + 4].mean().item() for c in range(3) for y in (0, 4) for x in (0, 4)]
    assert table.means[5].tolist() == pytest.approx(expected, abs=1e-4)


def test_places_that_overlap_count_once():
    flat = torch.full((3, 40, 40), 0.5)
    table = patch_table([flat], block=4, cells=2, stride=2)
    (fits,) = fitting(table, [0], 0.0)
    places = table.place[fits.found]
    for number in range(len(places)):
        for other in range(number):
            assert ((places[number] - places[other]).abs() >= 8).any()
    assert 9 <= len(fits.found) <= 25


def test_what_lies_between_patches_is_softer_than_any_of_them():
    table = patch_table([picture(5, side=64)], block=4, cells=1, stride=4)
    (fits,) = fitting(table, [7], 20.0)
    assert len(fits.found) > 4
    mean, median = between(table, fits)
    rough = patch_roughness(table.patches[fits.found])
    assert patch_roughness(mean[None]).item() < 0.6 * rough.mean()
    assert patch_roughness(median[None]).item() < rough.mean()
    assert mean.mean().item() == pytest.approx(table.means[fits.found].mean().item(), abs=0.01)


def test_pictures_that_are_too_small_are_refused():
    with pytest.raises(ValueError, match="no picture has the 64 x 64 px of 2 x 2 cells of 32 px"):
        patch_table([picture(0)], block=32, cells=2, stride=4)
