"""The part of the benchmark of detection that looks at one picture of many megapixels."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from detection_cases import Case, Truth, clean, overlaps, with_mosaics
from detection_counts import HEAD, Count, compare, placed
from restore_cases import peak_of, resident

from inpaint.detection.censored import Censored, find_censored
from inpaint.detection.mosaics.search import MosaicRegion

PIECE = (320, 480)  # px, of the pictures that a large one is joined from
BARS, BAR = 4, (90, 400)  # of them, so many have a bar of these px instead of mosaics


def large(files: Sequence[Path], megapixels: float, verbose: bool) -> None:
    """Print what is found in one large picture, how long it takes, and with how much memory."""
    shares = (3 / 4, 4 / 3)  # a picture of 3:4
    rows, columns = (round((megapixels * 1e6 * it) ** 0.5 / side) for it, side in zip(shares, PIECE, strict=True))
    barred = {(2 * number + 1) * rows * columns // (2 * BARS) for number in range(BARS)}
    cases = [piece(files[at % len(files)], at, barred=at in barred) for at in range(rows * columns)]
    picture = np.concatenate(
        [np.concatenate([case.picture for case in cases[row * columns :][:columns]], 1) for row in range(rows)]
    )
    image, pixels = torch.from_numpy(picture).permute(2, 0, 1), picture.shape[0] * picture.shape[1]
    found: list[Censored] = []
    rest, started = resident("VmRSS"), time.process_time()
    peak = peak_of(lambda: found.extend(find_censored(image)))
    seconds, totals = time.process_time() - started, {"mosaic": Count(), "hole": Count()}
    for number, case in enumerate(cases):
        corner = number // columns * PIECE[0], number % columns * PIECE[1]
        for censor in totals:
            mine = [it for it in found if it.censor == censor and inside(it, corner)]
            truths = [truth for truth in case.truths if (truth.block == (0, 0)) == (censor == "hole")]
            masks = [placed(it, case.picture, corner) for it in mine]
            if censor == "hole":
                right = sum(index is not None for index in overlaps(masks, truths))
                totals[censor] += Count(len(truths), right, right, len(mine) - right)
                continue
            seen = [
                MosaicRegion(it.grid, torch.from_numpy(mask)[None], it.score)
                for it, mask in zip(mine, masks, strict=True)
                if it.grid
            ]
            totals[censor] += compare(seen, truths, str(number) if verbose else "")["all"]
    print(f"\none picture of {pixels / 1e6:.0f} megapixels\n{HEAD}")
    print(f"{totals['mosaic'].row('mosaics')}\n{totals['hole'].row('bars')}")
    print(
        f"{seconds / pixels * 1e6:.2f} s of the CPU a megapixel, {(peak - rest) / pixels:.1f} bytes a pixel beyond it"
    )


def piece(file: Path, number: int, *, barred: bool) -> Case:
    """Return a part of a large picture, with one bar or with mosaics."""
    picture = clean(file)
    picture = picture if picture.shape[0] < picture.shape[1] else np.rot90(picture)
    picture = cv2.copyMakeBorder(picture, 0, PIECE[0], 0, PIECE[1], cv2.BORDER_REFLECT)[: PIECE[0], : PIECE[1]].copy()
    if not barred:
        rng = np.random.default_rng(number)
        return with_mosaics(picture, int(rng.integers(0, 4)), rng)
    mask = np.zeros(PIECE, bool)
    top, left = ((whole - side) // 2 for whole, side in zip(PIECE, BAR, strict=True))
    mask[top : top + BAR[0], left : left + BAR[1]] = True
    picture[mask] = 0 if picture[mask].mean() > 127 else 255
    return Case(picture, [Truth((0, 0), (0, 0), mask)])


def inside(region: Censored, corner: tuple[int, int]) -> bool:
    """Tell whether the middle of what was found lies in the part of a large picture with this corner."""
    middle = region.top + region.mask.shape[0] // 2, region.left + region.mask.shape[1] // 2
    return all(start <= at < start + side for at, start, side in zip(middle, corner, PIECE, strict=True))
