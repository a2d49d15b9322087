"""Measure what is lost where paint reaches further than the mark: PSNR in the painted place, against a clean mask.

Strokes with hard, anti-aliased and soft edges are painted on clean photographs in several colours, saved as PNG, JPEG
or WebP, and restored from the paint alone: with `--grow 0`, and with `--grow auto`, which is the default.  Both are
compared with the same restorer on the unpainted picture, saved alike, with the mask of every pixel that was painted.
Scratches are thin anti-aliased lines whose mask file holds only what is at least half covered.
    python scripts/bench_marks.py [--data FOLDER] [--limit 3] [--width 24] [--forms png jpeg-75-420 webp-75] [--quick]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from PIL import Image

import inpaint
from inpaint import images
from inpaint.detection.colour import near_misses, painted
from inpaint.folder import Restores, decensor

PHOTOGRAPHS = Path(__file__).parent.parent / "data" / "demo" / "clean"
COLOURS = {
    "green": (0, 255, 0),
    "red": (237, 28, 36),
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "magenta": (255, 0, 255),
}
SCRATCH = "scratch"  # a line so thin that hardly a pixel of it is all paint
EDGES = {
    "hard": 0.0,
    "smooth": 0.5,
    "soft 4": 4.0,
    "soft 8": 8.0,
    "soft 12": 12.0,
    SCRATCH: 0.5,
}  # px beside the stroke
SCRATCH_WIDTH = 2.0  # px
FORMS = (
    "png",
    *(f"jpeg-{quality}-{chroma}" for quality in (50, 75, 95) for chroma in ("420", "444")),
    *(f"webp-{quality}" for quality in (50, 75, 95)),
)
SIDE = (256, 384)  # px, of the photographs' upper left corner
DARKEST = 24  # level; no pixel of a photograph has the colour of paint
FINER = 4  # times, that strokes are drawn finer than the picture
STROKES, POINTS, MARGIN = 2, 3, 30


class Case(NamedTuple):
    """A painted picture and what it was."""

    clean: np.ndarray  # (H, W, 3) uint8
    share: np.ndarray  # (H, W) of paint
    colour: tuple[int, int, int]
    tight: bool  # marked by a mask of what is at least half paint, not by the paint

    @property
    def painted(self) -> np.ndarray:
        mixed = self.clean * (1 - self.share[..., None]) + np.array(self.colour) * self.share[..., None]
        return mixed.round().astype(np.uint8)


def strokes(size: tuple[int, int], width: float, edge: float, rng: np.random.Generator) -> np.ndarray:
    """Draw random strokes of a width in px, whose edge falls from 1 to 0 over so many px more, (H, W)."""
    height, wide = size
    drawn = np.zeros((height * FINER, wide * FINER), np.uint8)
    for _ in range(STROKES):
        points = rng.integers(MARGIN, [wide - MARGIN, height - MARGIN], (POINTS, 2)) * FINER
        cv2.polylines(drawn, [points.reshape(-1, 1, 2).astype(np.int32)], False, (255,), round(width * FINER))
    share = cv2.resize(drawn, (wide, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    if 0 < edge < 1:
        return share
    if edge == 0:
        return (share >= 0.5).astype(np.float32)
    far = cv2.distanceTransform((share < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    return (0.5 - 0.5 * np.cos(np.pi * np.clip(1 - far / (edge + 1), 0, 1))).astype(np.float32)


def save(pixels: np.ndarray, form: str, folder: Path, name: str) -> Path:
    """Save a picture as one of FORMS."""
    kind, *how = form.split("-")
    path = folder / f"{name}.{kind}"
    options: dict = {"quality": int(how[0])} if how else {}
    if kind == "jpeg":
        options |= {"subsampling": {"420": 2, "444": 0}[how[1]]}
    Image.fromarray(pixels).save(path, **options)
    return path


def restored(case: Case, form: str, grow: int | str | None, folder: Path, restorer: Restores) -> np.ndarray:
    """Restore a case from its paint, or, where grow is None, the unpainted picture with a clean mask; (H, W, 3)."""
    how: dict = {"restorer": restorer, "censor": "hole"}
    if grow is None:
        source = save(case.clean, form, folder, "clean")
        how |= {"masks": save((case.share > 0).astype(np.uint8) * 255, "png", folder, "mask"), "grow": 0}
    else:
        source = save(case.painted, form, folder, "painted")
        how["grow"] = grow
        if case.tight:
            how["masks"] = save((case.share >= 0.5).astype(np.uint8) * 255, "png", folder, "mask")
        else:
            how |= {"colour": case.colour, "tolerance": proposed(images.read(source).colour, case.colour)}
    (outcome,) = decensor(source, folder / "restored.png", restorer=how.pop("restorer"), **how)
    if outcome.error:
        raise ValueError(outcome.error)
    return images.read(outcome.outputs[0]).colour


def proposed(pixels: np.ndarray, colour: tuple[int, int, int]) -> int:
    """Return the tolerance that the tool itself proposes where no pixel has exactly the colour."""
    near = near_misses(pixels, colour)
    return 0 if near is None or painted(pixels, colour).any() else near.tolerance


def decibels(answer: np.ndarray, case: Case) -> float:
    """Return the PSNR in the painted place."""
    off = answer.astype(np.float64) - case.clean
    return float(10 * np.log10(255**2 / np.mean(off[case.share > 0] ** 2)))


def cases(files: list[Path], colour: tuple[int, int, int], edge: str, width: float) -> Iterator[Case]:
    """Yield a painted case of each photograph."""
    tight = edge == SCRATCH
    for number, file in enumerate(files):
        clean = images.read(file).colour[: SIDE[0], : SIDE[1]].clip(DARKEST, 255 - DARKEST)
        share = strokes(clean.shape[:2], SCRATCH_WIDTH if tight else width, EDGES[edge], np.random.default_rng(number))
        yield Case(clean, share, colour, tight)


def measured(case: Case, form: str, folder: Path, restorer: Restores, clean: dict[bytes, float]) -> list[float]:
    """Return what a clean mask, no growth and growth give, in dB; clean: what the first gave for the same strokes."""
    key = form.encode() + case.share.tobytes() + case.clean.tobytes()
    if key not in clean:  # no paint is in it, so its colour does not count
        clean[key] = decibels(restored(case, form, None, folder, restorer), case)
    return [clean[key], *(decibels(restored(case, form, grow, folder, restorer), case) for grow in (0, "auto"))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=PHOTOGRAPHS, help="a folder of clean photographs")
    parser.add_argument("--limit", type=int, default=3, help="how many of them")
    parser.add_argument("--width", type=float, default=24, help="of strokes, px")
    parser.add_argument("--forms", nargs="*", choices=FORMS, default=FORMS)
    parser.add_argument("--colours", nargs="*", choices=COLOURS, default=[*COLOURS])
    parser.add_argument("--quick", action="store_true", help="one photograph, green alone")
    given = parser.parse_args()
    files = images.find(given.data)[: 1 if given.quick else given.limit]
    torch.set_flush_denormal(True)
    restorer = inpaint.load("default", device="cpu")
    print(
        "| file | colour | edge | clean mask, dB | --grow 0 | --grow auto |\n| --- | --- | --- | ---: | ---: | ---: |"
    )
    known: dict[bytes, float] = {}
    with tempfile.TemporaryDirectory() as made:
        for form in given.forms:
            for name in ["green"] if given.quick else given.colours:
                for edge in EDGES:
                    rows = [
                        measured(case, form, Path(made), restorer, known)
                        for case in cases(files, COLOURS[name], edge, given.width)
                    ]
                    clean, kept, grown = np.mean(rows, axis=0)
                    cells = f"{form} | {name} | {edge} | {clean:.2f} | {kept - clean:+.2f} | {grown - clean:+.2f}"
                    print(f"| {cells} |", flush=True)


if __name__ == "__main__":
    main()
