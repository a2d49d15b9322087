"""Colours are brought into a palette without changing what known pixels show."""

from __future__ import annotations

import numpy as np
import pytest

from inpaint.images import palette as palette_module
from inpaint.images.palette import fit_palette, packed_colours, unpacked_colours


def colours(count: int, seed: int = 0) -> np.ndarray:
    """Distinct opaque colours, (count, 4)."""
    rgb = np.random.default_rng(seed).permutation(1 << 18)[:count] * 61
    return np.stack([rgb & 255, rgb >> 8 & 255, rgb >> 16 & 255, np.full(count, 255)], 1).astype(np.uint8)


def test_packing_is_undone_by_unpacking():
    assert np.array_equal(unpacked_colours(packed_colours(colours(50))), colours(50))


def test_colours_of_the_palette_cost_nothing():
    palette = colours(256)
    fitted = fit_palette(palette, np.ones(256, bool), palette[[7, 7, 255, 0]])
    assert np.array_equal(fitted.palette, palette)
    assert fitted.indices.tolist() == [7, 7, 255, 0]
    assert fitted.error == 0


def test_new_colours_are_exact_while_entries_are_free():
    palette, kept = colours(200), np.ones(200, bool)
    kept[[3, 9]] = False
    wanted = colours(58, seed=1)  # 2 unused entries and 56 beyond the palette
    fitted = fit_palette(palette, kept, wanted)
    assert fitted.error == 0
    assert np.array_equal(fitted.palette[fitted.indices], wanted)
    assert np.array_equal(fitted.palette[:200][kept], palette[kept])


def test_too_many_colours_are_thinned_out_and_kept_entries_stay():
    palette, kept = colours(250), np.arange(250) < 240
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, 1)
    ramp[:, 3] = 255
    fitted = fit_palette(palette, kept, ramp)
    assert len(fitted.palette) == 256
    assert np.array_equal(fitted.palette[:240], palette[:240])
    assert 1 < fitted.error < 12  # 16 greys for 256 are at most 8 levels off
    away = np.abs(fitted.palette[fitted.indices].astype(int) - ramp)
    assert fitted.error == np.sqrt((away**2).mean())
    assert not away[:, 3].any()


def test_each_alpha_keeps_an_entry():
    wanted = colours(300)
    wanted[::3, 3] = 40
    wanted[::50, 3] = 0
    fitted = fit_palette(np.zeros((0, 4), np.uint8), np.zeros(0, bool), wanted)
    assert np.array_equal(fitted.palette[fitted.indices][:, 3], wanted[:, 3])


def test_very_many_colours_are_mapped_nearly_as_well(monkeypatch: pytest.MonkeyPatch):
    wanted, kept = colours(20_000), np.zeros(0, bool)
    fine = fit_palette(np.zeros((0, 4), np.uint8), kept, wanted)
    monkeypatch.setattr(palette_module, "MANY_COLOURS", 1000)
    coarse = fit_palette(np.zeros((0, 4), np.uint8), kept, wanted)
    assert fine.error <= coarse.error < fine.error + 0.5


def test_a_full_palette_maps_to_the_nearest_entry():
    palette = np.array([[0, 0, 0, 255], [200, 0, 0, 255]], np.uint8)
    fitted = fit_palette(palette, np.ones(2, bool), np.array([[90, 0, 0, 255], [110, 0, 0, 255]], np.uint8), most=2)
    assert fitted.indices.tolist() == [0, 1]
    assert np.array_equal(fitted.palette, palette)
