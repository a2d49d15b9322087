"""Restore thirty awkward files and print what became of each: sizes from 1 to 6000 px, every mode, every edge.

    python scripts/awkward_files.py FOLDER

FOLDER/input and FOLDER/masks are made, FOLDER/output is written by `inpaint decensor`, and every output is compared
with its input: same size and mode, known pixels identical where the format is lossless, marked pixels changed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from PIL import Image

from inpaint.assemble import load
from inpaint.data.synthetic import render
from inpaint.folder import Outcome, decensor
from inpaint.images import read
from inpaint.randomness import rng_for

Region = tuple[slice, slice]


class Awkward(NamedTuple):
    """A file and the region that is marked in it."""

    name: str
    size: tuple[int, int]
    region: Region
    save: Callable[[np.ndarray, Path], None]


def pillow(mode: str, **options: Any) -> Callable[[np.ndarray, Path], None]:
    """Save 8-bit RGB pixels in a mode of Pillow's."""

    def save(pixels: np.ndarray, path: Path) -> None:
        picture = Image.fromarray(pixels)
        if mode in ("RGBA", "LA"):
            alpha = Image.linear_gradient("L").resize(picture.size)
            picture.putalpha(alpha)
        if mode == "P transparent":
            picture = picture.quantize(64)
            picture.info["transparency"] = 3
        picture.convert(mode.split()[0]).save(path, **options)

    return save


def deep(channels: int) -> Callable[[np.ndarray, Path], None]:
    """Save 16-bit pixels, grey, colour or colour with alpha."""

    def save(pixels: np.ndarray, path: Path) -> None:
        wide = (
            pixels[..., ::-1].astype(np.uint16) * 257 + np.arange(pixels.shape[1], dtype=np.uint16)[None, :, None] % 91
        )
        if channels == 4:
            wide = np.dstack([wide, wide[..., :1]])
        cv2.imwrite(str(path), wide[..., 0] if channels == 1 else wide)

    return save


def turned(pixels: np.ndarray, path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6  # the camera was held upright
    Image.fromarray(pixels).save(path, quality=92, exif=exif)


def corrupt(pixels: np.ndarray, path: Path) -> None:
    pillow("RGB")(pixels, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def box(top: int, left: int, bottom: int, right: int) -> Region:
    return slice(top, bottom), slice(left, right)


def collection() -> list[Awkward]:
    """Return the files; the name tells what is awkward."""
    colour = pillow("RGB")
    edges = {
        "top": box(0, 40, 9, 90),
        "bottom": box(91, 40, 100, 90),
        "left": box(30, 0, 60, 7),
        "right": box(30, 123, 60, 130),
    }
    corners = {"corner-tl": box(0, 0, 20, 20), "corner-br": box(80, 110, 100, 130)}
    return [
        Awkward("size-1x1.png", (1, 1), box(0, 0, 1, 1), colour),
        Awkward("size-1x40.png", (1, 40), box(0, 10, 1, 30), colour),
        Awkward("size-3x2.bmp", (3, 2), box(1, 0, 2, 2), colour),
        Awkward("size-17x301.webp", (17, 301), box(4, 20, 12, 280), pillow("RGB", lossless=True)),
        Awkward("size-333x251.tif", (333, 251), box(100, 100, 160, 130), colour),
        Awkward("size-6000x4000.jpg", (4000, 6000), box(1800, 2500, 2100, 2800), pillow("RGB", quality=90)),
        Awkward("size-6000x70.png", (70, 6000), box(30, 5, 44, 5990), colour),
        *(Awkward(f"edge-{name}.png", (100, 130), region, colour) for name, region in edges.items()),
        *(Awkward(f"edge-{name}.png", (100, 130), region, colour) for name, region in corners.items()),
        Awkward("longer-than-short-side.png", (64, 700), box(20, 0, 50, 700), colour),
        Awkward("all-masked.png", (90, 90), box(0, 0, 90, 90), colour),
        Awkward("empty-mask.png", (90, 90), box(0, 0, 0, 0), colour),
        Awkward("corrupt.png", (90, 90), box(10, 10, 20, 20), corrupt),
        Awkward("zero-bytes.jpg", (90, 90), box(10, 10, 20, 20), lambda pixels, path: path.touch()),
        Awkward("wrong-suffix.jpg", (90, 90), box(10, 10, 20, 20), pillow("RGB", format="PNG")),
        Awkward("mode-rgba.png", (90, 121), box(10, 10, 50, 20), pillow("RGBA")),
        Awkward("mode-l.png", (90, 121), box(10, 10, 50, 20), pillow("L")),
        Awkward("mode-la.png", (90, 121), box(10, 10, 50, 20), pillow("LA")),
        Awkward("mode-p.png", (90, 121), box(10, 10, 50, 20), pillow("P")),
        Awkward("mode-p-transparent.png", (90, 121), box(10, 10, 50, 20), pillow("P transparent")),
        Awkward("mode-1.png", (90, 121), box(10, 10, 50, 20), pillow("1")),
        Awkward("mode-cmyk.jpg", (90, 121), box(10, 10, 50, 20), pillow("CMYK", quality=92)),
        Awkward("deep-grey.png", (90, 121), box(10, 10, 50, 20), deep(1)),
        Awkward("deep-colour.png", (90, 121), box(10, 10, 50, 20), deep(3)),
        Awkward("deep-alpha.png", (90, 121), box(10, 10, 50, 20), deep(4)),
        Awkward("turned.jpg", (90, 121), box(10, 10, 50, 20), turned),
    ]  # fmt: skip


def make(folder: Path) -> None:
    """Write every file and its mask."""
    for place in ("input", "masks"):
        (folder / place).mkdir(parents=True)
    for number, (name, size, region, save) in enumerate(collection()):
        scene = render((max(size[0], 16), max(size[1], 16)), rng_for("awkward", number)) * 255
        pixels = scene[:, : size[0], : size[1]].permute(1, 2, 0).round().to(torch.uint8).numpy()
        save(np.ascontiguousarray(pixels), folder / "input" / name)
        mask = np.zeros(size, np.uint8)
        mask[region] = 255
        mask = np.rot90(mask, -1) if name == "turned.jpg" else mask
        Image.fromarray(np.ascontiguousarray(mask)).save(folder / "masks" / f"{Path(name).stem}.png")


def compare(outcome: Outcome, folder: Path) -> str:
    """Say in words how an output differs from its input."""
    if outcome.error is not None:
        return outcome.error.replace(f"{folder}/", "")
    before, after = read(outcome.path), read(outcome.outputs[0])
    with Image.open(folder / "masks" / f"{outcome.path.stem}.png") as file:
        known = np.asarray(file) < 128
    if before.size != after.size or before.colour.dtype != after.colour.dtype:
        return f"WRONG: {before.size} {before.colour.dtype} became {after.size} {after.colour.dtype}"
    same = np.array_equal(before.colour[known], after.colour[known])
    alpha = (before.alpha is None) == (after.alpha is None) and np.array_equal(before.alpha, after.alpha)  # pyright: ignore
    changed = (before.colour[~known] != after.colour[~known]).any(-1).mean()
    kind = "identical" if same and alpha else "re-encoded" if outcome.path.suffix == ".jpg" else "WRONG: not identical"
    form = f"{after.colour.dtype} x{after.colour.shape[2]}{'' if after.alpha is None else ' + alpha'}"
    return f"{form}, known pixels {kind}, {changed:.0%} of the marked ones changed"


def main() -> None:
    """Make the files, restore them and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="must not exist yet")
    parser.add_argument("--model", default="default")
    options = parser.parse_args()
    folder = options.folder
    if folder.exists():
        raise SystemExit(f"{folder} exists already; name a new folder")
    make(folder)
    outcomes = decensor(folder / "input", folder / "output", restorer=load(options.model), masks=folder / "masks")
    for outcome in outcomes:
        print(f"{outcome.path.name:28} {outcome.seconds:6.2f} s  {compare(outcome, folder)}")
    failed = sum(outcome.error is not None for outcome in outcomes)
    print(f"\n{len(outcomes)} files, {len(outcomes) - failed} restored, {failed} refused in a sentence")


if __name__ == "__main__":
    main()
