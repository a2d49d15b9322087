"""The part of the benchmark of detection that looks at animations: mosaics and bars that stand still or move.

A scene is a photograph that glides below the frame, so that what lies under a mosaic changes from frame to frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from detection_cases import as_jpeg, clean

from inpaint.detection.censored import Censored, find_censored
from inpaint.detection.steady import SteadyFinds
from inpaint.mosaic.grid import Grid, pixelate

FRAMES, FRAME = 24, (180, 260)  # how many, and their height and width
PARTS = ("mosaic that stands still", "mosaic that moves", "bar that stands still", "nothing")


def animations(files: Sequence[Path], qualities: Sequence[int]) -> None:
    """Print in how many frames regions are found, and how often they come and go, one frame at a time and steadied."""
    print("\nanimations: frames in which the region is found, times it comes or goes, and frames with something false")
    print(f"{'':36} {'each frame by itself':>24} {'steadied':>24}")
    for quality in qualities:
        for kind in PARTS:
            counts = np.zeros((2, 3), int)
            for number, file in enumerate(files):
                frames, masks = scene(file, kind, np.random.default_rng(number))
                shown = [as_jpeg(frame, quality) for frame in frames]
                alone = [find_censored(torch.from_numpy(np.array(it)).permute(2, 0, 1)) for it in shown]
                steady = SteadyFinds(alone)
                for row, found in enumerate((alone, [steady.in_frame(at, it) for at, it in enumerate(shown)])):
                    counts[row] += judged(found, masks)
            name = f"{f'at {quality}' if quality else 'lossless'}, {kind}"
            said = (f"{right:5}/{FRAMES * len(files)} {turns:5} {wrong:5}" for right, turns, wrong in counts.tolist())
            print(f"{name:36}", *(f"{it:>24}" for it in said))


def scene(file: Path, kind: str, rng: np.random.Generator) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the frames of an animation, each (H, W, 3) uint8, and what is censored in each, (H, W) bool."""
    picture, (height, width) = clean(file), FRAME
    picture = cv2.resize(picture, None, fx=1.3, fy=1.3, interpolation=cv2.INTER_CUBIC)
    side, colour = int(rng.integers(6, 16)), 0 if rng.random() < 0.7 else 255
    size = (int(rng.integers(4, 8)) * side, int(rng.integers(5, 9)) * side) if "mosaic" in kind else (24, 90)
    start = int(rng.integers(20, height - size[0] - 20)), int(rng.integers(30, width - size[1] - 50))
    frames, masks = [], []
    for number in range(FRAMES):
        top = 10 + number * 2 * (picture.shape[0] - height - 20) // (2 * FRAMES)
        left = 10 + number * 3 % max(1, picture.shape[1] - width - 20)
        frame, mask = picture[top : top + height, left : left + width].copy(), np.zeros(FRAME, bool)
        y, x = start[0], start[1] + (number if kind.endswith("moves") else 0)
        if kind != "nothing":
            mask[y : y + size[0], x : x + size[1]] = True
        if "mosaic" in kind:
            cells = pixelate(
                torch.from_numpy(frame).permute(2, 0, 1).double(), Grid((side, side), (y % side, x % side))
            )
            frame[mask] = cells.round().byte().permute(1, 2, 0).numpy()[mask]
        else:
            frame[mask] = colour
        frames.append(frame)
        masks.append(mask)
    return frames, masks


def judged(found: Sequence[Sequence[Censored]], masks: Sequence[np.ndarray]) -> tuple[int, int, int]:
    """Return in how many frames the region is found, how often that changes, and how many frames have others."""
    seen, wrong = [], 0
    for regions, mask in zip(found, masks, strict=True):
        right = 0
        for region in regions:
            own = np.zeros(mask.shape, bool)
            own[region.top :, region.left :][: region.mask.shape[0], : region.mask.shape[1]] = region.mask
            right += bool((own & mask).sum() >= (own | mask).sum() / 2)
        seen.append(right > 0)
        wrong += len(regions) > right
    return sum(seen), int(np.sum(np.diff(np.array(seen, int)) != 0)), wrong
