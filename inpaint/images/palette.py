"""Colours that must fit in a palette of 256.

What is already in the palette costs nothing; the rest takes entries that no known pixel uses, as it is where they
suffice, otherwise thinned out by median cut (Heckbert, 1982) and mapped to the nearest entry.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image

PALETTE_SIZE = 256  # entries
MEDIAN_CUT_PIXELS = 1 << 20  # pixels that median cut looks at
COLOURS_AT_ONCE = 1 << 14  # colours whose distances to all entries are computed at once
MANY_COLOURS = 1 << 18  # colours, beyond which those that share the upper 6 bits of each channel share an entry


class FittedPalette(NamedTuple):
    """A palette into which colours were brought."""

    palette: np.ndarray  # (M, 4) uint8 RGBA
    indices: np.ndarray  # (N,) uint8, one for each wanted colour
    error: float  # root mean square over the wanted colours and their channels, in 8-bit levels


def fit_palette(
    palette: np.ndarray, kept: np.ndarray, wanted: np.ndarray, *, most: int = PALETTE_SIZE
) -> FittedPalette:
    """Bring colours into a palette of at most `most` entries without changing the entries that are kept.

    palette: (M, 4) uint8 RGBA.  kept: (M,) bool, True where a known pixel uses the entry.  wanted: (N, 4) uint8.
    The alpha of a colour is kept exactly where an entry has it or is free.
    """
    colours, where, counts = np.unique(packed_colours(wanted), return_inverse=True, return_counts=True)
    chosen = entry_numbers(palette, colours)  # (U,) entry or -1
    kept = kept.copy()
    kept[chosen[chosen >= 0]] = True
    free = np.concatenate([np.flatnonzero(~kept), np.arange(len(palette), most)])[: max(0, most - int(kept.sum()))]
    missing = chosen < 0
    new = unpacked_colours(colours[missing])  # (K, 4)
    if len(new) > len(free):
        new = _thinned(new, counts[missing], len(free))
    larger = np.zeros((max([len(palette), *(free[: len(new)] + 1)]), 4), np.uint8)
    larger[: len(palette)] = palette
    larger[free[: len(new)]] = new
    usable = np.zeros(len(larger), bool)
    usable[: len(palette)] = kept
    usable[free[: len(new)]] = True
    chosen[missing] = _nearest(larger, np.flatnonzero(usable), unpacked_colours(colours[missing]))
    away = (larger[chosen].astype(np.int64) - unpacked_colours(colours)) ** 2
    error = float(np.sqrt((away.mean(axis=1) * counts).sum() / max(1, len(wanted))))
    return FittedPalette(larger, chosen[where.reshape(-1)].astype(np.uint8), error)


def packed_colours(colours: np.ndarray) -> np.ndarray:
    """Pack RGBA colours (..., 4) uint8 into one number each, (...) uint32."""
    return np.ascontiguousarray(colours).view("<u4")[..., 0]


def unpacked_colours(packed: np.ndarray) -> np.ndarray:
    """Unpack what `codes` packed, (N,) -> (N, 4) uint8."""
    return np.ascontiguousarray(packed.astype("<u4"))[:, None].view(np.uint8)


def entry_numbers(palette: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Give for every packed colour (...) the first entry of the palette (N, 4) that equals it, or -1."""
    if not len(palette):
        return np.full(colours.shape, -1, np.int64)
    known, first = np.unique(packed_colours(palette), return_index=True)
    place = np.searchsorted(known, colours).clip(max=len(known) - 1)
    return np.where(known[place] == colours, first[place], -1)


def _thinned(colours: np.ndarray, counts: np.ndarray, room: int) -> np.ndarray:
    """Choose at most `room` colours that stand for many, with every alpha that there is, (K, 4)."""
    alphas, which = np.unique(colours[:, 3], return_inverse=True)
    if room < len(alphas):
        return colours[:0]
    weights = np.bincount(which, counts)
    shares = 1 + np.floor((room - len(alphas)) * weights / weights.sum()).astype(int)
    chosen = []
    for number, alpha in enumerate(alphas):
        group = colours[which == number, :3].repeat(counts[which == number], axis=0)
        group = group[:: -(-len(group) // MEDIAN_CUT_PIXELS)]
        few = Image.fromarray(group[None]).quantize(int(shares[number]), Image.Quantize.MEDIANCUT, kmeans=1)
        rgb = np.array(few.getpalette("RGB"), np.uint8).reshape(-1, 3)[: shares[number]]
        chosen.append(np.concatenate([rgb, np.full((len(rgb), 1), alpha, np.uint8)], axis=1))
    return np.concatenate(chosen)


def _nearest(palette: np.ndarray, usable: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Give for every colour (N, 4) the usable entry that is nearest, where a wrong alpha is farther than any colour."""
    if len(colours) > MANY_COLOURS:
        coarse = colours.copy()
        coarse[:, :3] = coarse[:, :3] & 0xFC | 2
        few, where = np.unique(packed_colours(coarse), return_inverse=True)
        if len(few) < len(colours):
            return _nearest(palette, usable, unpacked_colours(few))[where.reshape(-1)]
    weights = np.array([1.0, 1.0, 1.0, 1000.0])
    entries = palette[usable] * weights  # (K, 4)
    nearest = np.zeros(len(colours), np.int64)
    for start in range(0, len(colours), COLOURS_AT_ONCE):
        some = colours[start : start + COLOURS_AT_ONCE] * weights
        distances = (entries**2).sum(1) - 2 * some @ entries.T  # of each to each, less what is the same for all
        nearest[start : start + COLOURS_AT_ONCE] = usable[distances.argmin(axis=1)]
    return nearest
