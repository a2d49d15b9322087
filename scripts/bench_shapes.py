"""Measure what restoring makes of censors that are no mosaics of square cells, by PSNR inside the mark.

    python scripts/bench_shapes.py FOLDER [--pictures 20] [--side 8] [--kinds hexagons crystals] [--quality 85] [--webp]

Rows: doing nothing, and restoring with the censor decided by the pixels.  Every picture gets one mark in its middle.
"""

from __future__ import annotations

import argparse
import io
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import torch
from detection_cases import clean
from PIL import Image
from shape_cases import CENSORS, censored

import inpaint
from inpaint import images
from inpaint.images import Picture
from inpaint.restoring.repair import examine_marks, variations

MARKED = 0.4  # of the sides of a picture


def marked(size: tuple[int, int], number: int) -> np.ndarray:
    """Return a box or an ellipse in the middle of a picture, (H, W) bool."""
    mask = np.zeros(size, np.uint8)
    (height, width), half = size, (int(size[0] * MARKED / 2), int(size[1] * MARKED / 2))
    if number % 2:
        cv2.ellipse(mask, (width // 2, height // 2), (half[1], half[0]), 0, 0, 360, 1, -1)
    else:
        mask[height // 2 - half[0] : height // 2 + half[0], width // 2 - half[1] : width // 2 + half[1]] = 1
    return mask > 0


def as_lossy(picture: np.ndarray, quality: int, form: str) -> np.ndarray:
    """Return a picture as a file of this quality and form holds it; 0 = as it is."""
    if quality == 0:
        return picture
    file = io.BytesIO()
    Image.fromarray(picture).save(file, form, quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def psnr_inside(one: np.ndarray, other: np.ndarray, mask: np.ndarray) -> float:
    """Return the PSNR in dB of the pixels under a mask."""
    error = ((one.astype(np.float64) - other)[mask] ** 2).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def main() -> None:
    """Measure the kinds that were asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("data/demo/clean"))
    parser.add_argument("--pictures", type=int, default=20)
    parser.add_argument("--side", type=int, default=8)
    parser.add_argument("--quality", type=int, default=0, help="of the JPEG that is restored; 0 = lossless")
    parser.add_argument("--webp", action="store_true", help="restore a WebP of this quality instead of a JPEG")
    parser.add_argument("--kinds", nargs="+", choices=list(CENSORS), default=list(CENSORS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    restore = inpaint.load("default", device="cpu")
    paths = images.find(options.folder)
    files = list(dict.fromkeys(paths[index * len(paths) // options.pictures] for index in range(options.pictures)))
    print(f"{len(files)} pictures of {options.folder}, cells of {options.side} px, PSNR inside the mark in dB")
    print(f"{'':16} {'nothing':>8} {'restored':>9} {'gain':>6} {'worst':>6}  taken for")
    for name in options.kinds:
        before, after, kinds = [], [], Counter()
        for number, file in enumerate(files):
            truth = clean(file)
            mask = marked(truth.shape[:2], number)
            plain = censored(name, truth, mask, options.side, np.random.default_rng(number))
            shown = as_lossy(plain, options.quality, "WEBP" if options.webp else "JPEG")
            found = examine_marks(Picture(shown), torch.from_numpy(mask)[None], censor="auto")
            kinds.update(kind_in_words(part) for window in found for part in window.damage)
            ((restored,),) = variations([Picture(shown)], [found], restore, 1)
            before.append(psnr_inside(truth, shown, mask))
            after.append(psnr_inside(truth, restored.colour, mask))
        gains = np.array(after) - before
        seen = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
        print(f"{name:16} {np.mean(before):8.2f} {np.mean(after):9.2f} {gains.mean():6.2f} {gains.min():6.2f}  {seen}")


def kind_in_words(part) -> str:
    """Name what was found."""
    known = part.grid or part.trace
    return part.censor if known is None else f"{part.censor} of {type(known).__name__}"


if __name__ == "__main__":
    main()
