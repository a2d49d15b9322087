"""COCO's run-length masks, plain and compressed.

Runs go down the columns and begin with zeros.  The compressed text writes each run, from the fourth on as its
difference to the run two before, in groups of 5 bits, lowest first: character = 48 + bits + 32 while more follow; the
sign is the top bit of the last group.  Source: the format of COCO's mask API (Lin et al., 2014).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from inpaint.builders.annotations.region import Runs


def runs_from_text(text: str, where: str) -> list[int]:
    """Return the runs that a compressed text stands for; ValueError for a character that cannot be in one."""
    counts: list[int] = []
    value, shift = 0, 0
    for character in text:
        code = ord(character) - 48
        if not 0 <= code < 64 or shift > 40:
            raise ValueError(f"{where}: {character!r} cannot stand in a compressed run-length mask")
        value |= (code & 31) << shift
        shift += 5
        if code & 32:
            continue
        if code & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value, shift = 0, 0
    if shift:
        raise ValueError(f"{where}: the compressed run-length mask ends in the middle of a number")
    return counts


def runs_of(size: Sequence[int], counts: Sequence[int], where: str) -> Runs:
    """Return runs that fill a mask of this (height, width) exactly; ValueError for any others."""
    height, width = size
    if min(counts, default=0) < 0 or sum(counts) != height * width:
        raise ValueError(
            f"{where}: the runs cover {sum(counts)} pixels, the mask of {width}x{height} has {height * width}"
        )
    return Runs((height, width), tuple(counts))


def mask_from_runs(runs: Runs) -> np.ndarray:
    """Return the mask (H, W) bool that runs stand for."""
    values = np.arange(len(runs.counts)) % 2 == 1
    return np.repeat(values, runs.counts).reshape(runs.size[::-1]).T


def runs_from_mask(mask: np.ndarray) -> Runs:
    """Return the runs of a mask (H, W)."""
    flat = mask.T.ravel().astype(np.int8)
    edges = np.flatnonzero(np.diff(flat, prepend=np.int8(0)))
    counts = np.diff(edges, prepend=0, append=flat.size)
    return Runs((mask.shape[0], mask.shape[1]), tuple(counts.tolist()))
