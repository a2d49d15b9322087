"""Make the demo: censor the pictures of data/demo/clean, mark what was censored in green, and compose the figure.

    python scripts/make_demo.py
    inpaint decensor data/demo/input --original data/demo/original --output default
    inpaint decensor data/demo/input --original data/demo/original --output texture --model texture
    python scripts/make_demo.py --figure figure.jpg --restored default texture

The first call writes data/demo/original (bars, scribbles and mosaics, as pictures are found), data/demo/input (the same
with the censored pixels painted in pure green, as DeepCreamPy wants them) and data/demo/regions.json (what was done
where).  Pixels depend on the clean pictures and CENSORS alone; how a PNG packs them depends on Pillow's version.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from inpaint import images
from inpaint.degradation.fills import mosaic
from inpaint.files import atomically, write_text
from inpaint.mosaic.grid import Grid, cell_means, enlarge, pixelate
from inpaint.randomness import rng_for

DEMO = Path(__file__).resolve().parent.parent / "data" / "demo"
SEED = 0
BLACK, WHITE, GREEN = (0, 0, 0), (255, 255, 255), (0, 255, 0)

MARGIN, GAP, CAPTION = 20, 10, 34  # px
INK, PAPER = (64, 64, 64), (255, 255, 255)
QUALITIES = range(92, 40, -4)
LARGEST_FIGURE = 400_000  # bytes


class Line(NamedTuple):
    """A bar (two points, flat ends) or a scribble (more points, round ends) of one colour."""

    points: Sequence[tuple[int, int]]  # (y, x)
    width: int  # px; odd, so that no pixel centre lies exactly on a rim
    colour: tuple[int, int, int] = BLACK
    brush: int = 0  # px by which the green paint reaches over the rim


class Cells(NamedTuple):
    """A mosaic of whole cells over a box or the ellipse in it."""

    box: tuple[int, int, int, int]  # top, left, height, width
    block: int  # px
    round: bool = False


class Plan(NamedTuple):
    """What is done to one picture, and which part of it the figure shows."""

    regions: Sequence[Line | Cells]
    view: tuple[int, int]  # top, left


VIEW = (240, 320)  # height, width
CENSORS = {
    "cat": Plan(
        [Line([(62, 56), (22, 186)], 9), Line([(196, 60), (246, 176)], 9), Cells((102, 280, 72, 76), 6, round=True)],
        view=(13, 45),
    ),
    "flower": Plan(
        [
            Cells((120, 300, 130, 120), 8),
            Line([(150, 190), (196, 232), (172, 262), (232, 252), (226, 200), (290, 246)], 7, WHITE),
            Cells((384, 300, 60, 130), 6),
        ],
        view=(98, 160),
    ),
    "drawn_cat": Plan(
        [
            Cells((84, 440, 90, 116), 9, round=True),
            Line([(214, 418), (272, 606)], 15, BLACK, brush=3),
            Line([(146, 316), (236, 334), (164, 358), (262, 394)], 7, WHITE),
        ],
        view=(50, 302),
    ),
    "sunflower": Plan(
        [
            Cells((130, 300, 130, 136), 12),
            Line([(184, -20), (176, 206)], 11),
            Line([(214, -20), (206, 212)], 11),
        ],
        view=(75, 122),
    ),
    "autumn": Plan(
        [
            Line([(402, 128), (440, 226), (412, 250), (486, 236), (452, 316), (520, 330)], 9, WHITE),
            Cells((424, 346, 110, 120), 7, round=True),
            Line([(300, 110), (352, 330)], 7),
        ],
        view=(310, 156),
    ),
}


def censor(name: str, clean: np.ndarray) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return the censored picture, the green-painted picture, both (H, W, 3) uint8, and what is recorded of them."""
    plan = CENSORS[name]
    original, marked, regions = clean.copy(), np.zeros(clean.shape[:2], dtype=bool), []
    for number, region in enumerate(plan.regions):
        if isinstance(region, Line):
            covered = line(clean.shape[:2], region)
            painted = line(clean.shape[:2], region, reach=region.brush)
            original[covered] = region.colour
            kind = "bar" if len(region.points) == 2 else "scribble"
            record = {"kind": kind, "box": box_of(covered), "colour": region.colour, "brush": region.brush}
        else:
            grid = mosaic(block=region.block).draw(clean.shape[:2], rng_for(SEED, name, number))
            covered = painted = cells(clean.shape[:2], region, grid)
            # Whole levels are summed exactly, so that no machine rounds a mean differently.
            levels = pixelate(torch.from_numpy(clean).permute(2, 0, 1).double(), grid).round()
            original[covered] = levels.permute(1, 2, 0).byte().numpy()[covered]
            record = {"kind": "mosaic", "box": box_of(covered), "grid": {"block": grid.block, "phase": grid.phase}}
        regions.append(record)
        marked |= painted
    green = np.array(GREEN, dtype=np.uint8)
    return original, np.where(marked[:, :, None], green, original), {"view": (*plan.view, *VIEW), "regions": regions}


def line(size: tuple[int, int], region: Line, *, reach: int = 0) -> np.ndarray:
    """Return the pixels that a bar or a scribble covers, (H, W) bool; reach widens and prolongs it."""
    radius = region.width / 2 + reach
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float64)
    covered = np.zeros(size, dtype=bool)
    for (top, left), (bottom, right) in zip(region.points[:-1], region.points[1:], strict=True):
        down, aside = bottom - top, right - left
        length = np.sqrt(down * down + aside * aside)
        along = ((y - top) * down + (x - left) * aside) / length
        across = np.abs((x - left) * down - (y - top) * aside) / length
        if len(region.points) == 2:
            covered |= (across <= radius) & (along >= -reach) & (along <= length + reach)
        else:
            beyond = np.maximum(np.maximum(-along, along - length), 0.0)
            covered |= beyond**2 + across**2 <= radius**2
    return covered


def cells(size: tuple[int, int], region: Cells, grid: Grid) -> np.ndarray:
    """Return the pixels of all cells of which at least half lies in the shape, (H, W) bool."""
    top, left, height, width = region.box
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float64)
    down, aside = (2 * (y - top) + 1) / height - 1, (2 * (x - left) + 1) / width - 1  # -1 to 1 in the box
    inside = down**2 + aside**2 <= 1 if region.round else (np.abs(down) <= 1) & (np.abs(aside) <= 1)
    shares = cell_means(torch.from_numpy(inside)[None].double(), grid)  # (1, h, w)
    return enlarge((shares >= 0.5).double(), grid, size)[0].numpy() > 0.5


def box_of(covered: np.ndarray) -> list[int]:
    """Return top, left, height and width of the box around the pixels."""
    rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
    return [int(rows[0]), int(columns[0]), int(rows[-1] - rows[0] + 1), int(columns[-1] - columns[0] + 1)]


def make(demo: Path, output: Path) -> None:
    """Write original/, input/ and regions.json for the clean pictures of the demo."""
    records: dict[str, Any] = {}
    for name in CENSORS:
        clean = images.read(demo / "clean" / f"{name}.png")
        original, marked, records[name] = censor(name, clean.colour)
        images.write(replace(clean, colour=original), output / "original" / f"{name}.png")
        images.write(replace(clean, colour=marked), output / "input" / f"{name}.png")
    write_text(output / "regions.json", as_text(records))


def as_text(records: dict[str, Any]) -> str:
    """Write the records as JSON with one line for each region."""
    parts = []
    for name, record in records.items():
        regions = ",\n".join(f"      {json.dumps(region)}" for region in record["regions"])
        view = json.dumps(record["view"])
        parts.append(f'  "{name}": {{\n    "view": {view},\n    "regions": [\n{regions}\n    ]\n  }}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def figure(demo: Path, restored: Sequence[Path], names: Sequence[str]) -> Image.Image:
    """Compose the figure: for each picture a row of its views, at their own resolution.

    restored: folders of restored pictures, whose names become captions.  Needs Pillow 10.1 for the captions.
    """
    (height, width), top = VIEW, MARGIN + CAPTION
    columns = "censored", "marked in green", *(f"restored: {folder.name}" for folder in restored), "never censored"
    across, down = (width + GAP) * len(columns) - GAP, (height + GAP) * len(names) - GAP
    canvas = Image.new("RGB", (across + 2 * MARGIN, top + down + MARGIN), PAPER)
    pen = ImageDraw.Draw(canvas)
    for column, caption in enumerate(columns):
        centre = MARGIN + column * (width + GAP) + width / 2
        pen.text((centre, MARGIN), caption, fill=INK, font=ImageFont.load_default(20), anchor="mt")
    for row, name in enumerate(names):
        files = [demo / folder / f"{name}.png" for folder in ("original", "input", "clean")]
        files[2:2] = [restored_file(folder, name) for folder in restored]
        y, x = CENSORS[name].view
        for column, file in enumerate(files):
            with Image.open(file) as picture:
                shown = picture.convert("RGB").crop((x, y, x + width, y + height))
            canvas.paste(shown, (MARGIN + column * (width + GAP), top + row * (height + GAP)))
    return canvas


def restored_file(folder: Path, name: str) -> Path:
    """Find a restored picture: STEM.png, or STEM 0.png as `inpaint decensor` numbers them."""
    for path in (folder / f"{name}.png", folder / f"{name} 0.png"):
        if path.is_file():
            return path
    raise FileNotFoundError(f"{folder} holds no restored picture {name}.png or {name} 0.png: run inpaint decensor")


def save_figure(picture: Image.Image, path: Path) -> None:
    """Write the figure, as a JPEG of the best quality that is small enough."""
    form = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}.get(path.suffix.lower())
    if form is None:
        raise ValueError(f"the figure {path} has no known suffix: choose .jpg or .png")
    for quality in QUALITIES if form == "JPEG" else QUALITIES[:1]:
        data = io.BytesIO()
        picture.save(data, form, quality=quality, subsampling=0, optimize=True)
        if data.tell() <= LARGEST_FIGURE:
            with atomically(path) as temporary:
                temporary.write_bytes(data.getvalue())
            return
    raise ValueError(f"the figure {path} is larger than {LARGEST_FIGURE} bytes: choose .jpg, or fewer --names")


def main() -> None:
    """Make the demo, or its figure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--figure", type=Path, help="compose the figure here instead: .jpg or .png")
    parser.add_argument("--restored", type=Path, nargs="+", help="folders of restored pictures, for the figure")
    parser.add_argument("--names", nargs="+", choices=[*CENSORS], default=[*CENSORS], help="rows of the figure")
    options = parser.parse_args()
    if (options.figure is None) != (options.restored is None):
        parser.error("--figure and --restored belong together.")
    if options.figure is None:
        make(DEMO, DEMO)
    else:
        save_figure(figure(DEMO, options.restored, options.names), options.figure)


if __name__ == "__main__":
    main()
