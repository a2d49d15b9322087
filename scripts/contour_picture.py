"""Draw figures, teach the small foreground network their contours, and show how it continues them through a bar.

    python scripts/contour_picture.py --output runs/contours --picture docs/methods/foreground_contours.png

The figures are drawn on the spot: a closed outline in ink around flat colour, on a ground of another one.  The network
is that of configs/small/foreground.yaml, which learns its first stage alone, on crops of 64 px.
The picture shows eight figures that it has not seen: the drawing under a bar, the contours that are known, those that
the network continues, the true ones, and the drawing.  It prints how much of the true contour in the bar has one drawn
within 2 px, and how much of what is drawn has a true one.  Called again with more steps, it goes on to learn.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import torch

from inpaint.checkpoint import load_checkpoint
from inpaint.config import parse_run
from inpaint.generators import GENERATORS
from inpaint.generators.foreground import Foreground
from inpaint.images import from_array, write
from inpaint.parts import build

ROOT = Path(__file__).resolve().parent.parent
SIDE, LARGER = 64, 2  # px of a figure, and how many times as large it is shown
COUNTS = {"train": 500, "val": 16, "test": 8}
LEAST_APART = 90.0  # levels, of a figure's colour from its ground's
DRAWN = 0.3  # how sure a pixel must be to count as contour
NEAR = np.ones((5, 5), np.uint8)  # 2 px


def figure(rng: np.random.Generator) -> np.ndarray:
    """Draw one figure, (SIDE, SIDE, 3) uint8, from four times its size."""
    side = 4 * SIDE
    light = rng.uniform(0, 20) * np.linspace(-1, 1, side)[:, None, None]
    ground = np.tile(rng.uniform(60, 255, 3), (side, side, 1)) + light
    colour = ground[0, 0]
    while np.abs(colour - ground[0, 0]).max() < LEAST_APART:
        colour = rng.uniform(0, 255, 3)
    middle, radius = rng.uniform(0.4, 0.6, 2) * side, rng.uniform(0.18, 0.3) * side
    turn = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    waves = [rng.normal(0, 0.12) * np.cos(times * turn + rng.uniform(0, 2 * np.pi)) for times in (2, 3, 4)]
    reach = radius * (1 + np.sum(waves, axis=0))
    outline = np.stack(
        [middle[0] + reach * np.cos(turn), middle[1] + reach * np.sin(turn) * rng.uniform(0.7, 1.2)], axis=1
    )
    canvas = np.clip(ground, 0, 255).astype(np.uint8)
    points = [outline.astype(np.int32)]
    cv2.fillPoly(canvas, points, colour.tolist())
    cv2.polylines(canvas, points, True, (20, 16, 24), int(rng.integers(6, 12)), cv2.LINE_AA)
    return cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def bar_across(contour: np.ndarray) -> np.ndarray:
    """Return the mask of a slanted bar over the middle of a contour, (SIDE, SIDE) of 0 and 1."""
    middle = int(np.median(np.nonzero(contour)[1]))
    mask = np.zeros((SIDE, SIDE), np.uint8)
    cv2.line(mask, (max(4, middle - 12), 2), (min(SIDE - 4, middle + 12), SIDE - 2), 1, SIDE // 8)
    return mask


@torch.no_grad()
def shown(network: Foreground, drawing: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Return a row of pictures, and how much of the contour in the bar was found and how much of the found is one."""
    original = torch.from_numpy(drawing).permute(2, 0, 1)[None] / 255
    true = network.lines_of(original)[0, 0].numpy()
    hole = bar_across(true)
    mask = torch.from_numpy(hole)[None, None].float()
    seen = original * (1 - mask) + mask
    known = network.lines_of(seen, mask)[0, 0].numpy()
    drawn = network.draw(seen, mask)[0][0, 0].numpy()
    found, wanted = ((drawn > DRAWN) & (hole > 0)).astype(np.uint8), ((true > 0) & (hole > 0)).astype(np.uint8)
    recall = cv2.dilate(found, NEAR)[wanted > 0].sum() / max(1, wanted.sum())
    precision = cv2.dilate(true.astype(np.uint8), NEAR)[found > 0].sum() / max(1, found.sum())
    complete = np.where(hole > 0, drawn, known)
    tint = np.array([1.0, 0.9, 0.9])
    lines = [(1 - it)[..., None] * np.where(hole[..., None] > 0, tint, 1.0) for it in (known, complete)]
    columns = [seen[0].permute(1, 2, 0).numpy(), *lines, np.repeat(1 - true[..., None], 3, axis=2), drawing / 255]
    framed = [
        np.pad(np.kron(it, np.ones((LARGER, LARGER, 1))), ((1, 1), (1, 1), (0, 0)), constant_values=0.8)
        for it in columns
    ]
    return np.concatenate(framed, axis=1), float(recall), float(precision)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=ROOT / "runs" / "contours")
    parser.add_argument("--picture", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=260)
    options = parser.parse_args()
    folder, rng = options.output.resolve(), np.random.default_rng(5)
    drawings = {part: [figure(rng) for _ in range(count)] for part, count in COUNTS.items()}
    for part, figures in drawings.items():
        for number, it in enumerate(figures):
            write(from_array(torch.from_numpy(it).permute(2, 0, 1) / 255), folder / part / f"{number:03}.png")
    given = {"output": folder / "run", "data.train": folder / "train", "data.validation": folder / "val"}
    given |= {"steps": options.steps, "recipe.stages": "{edge: 0}", "data.crop": SIDE, "data.validation_samples": 8}
    given |= {"recipe.edge_weight": "[[150, 0.0], [151, 0.01], [300, 0.01], [301, 0.1]]"}
    given |= {"data.mask": "{name: freeform, strokes: [1, 1], vertices: [2, 4], width: [6, 12]}"}
    command = [sys.executable, "-m", "inpaint", "train", str(ROOT / "configs" / "small" / "foreground.yaml")]
    command += [word for key, value in given.items() for word in ("--set", f"{key}={value}")]
    subprocess.run([*command, *(["--resume"] if (folder / "run" / "state.pt").exists() else [])], cwd=ROOT, check=True)
    stored = load_checkpoint(folder / "run" / "last.safetensors")
    network = build(GENERATORS, parse_run(stored.run, "the run").generator, "generator").eval()
    assert isinstance(network, Foreground)
    network.load_state_dict(stored.weights)
    rows, recalls, precisions = zip(*(shown(network, it) for it in drawings["test"]), strict=True)
    pairs = [np.concatenate(rows[number : number + 2], axis=1) for number in range(0, len(rows), 2)]
    write(from_array(torch.from_numpy(np.concatenate(pairs)).permute(2, 0, 1).float().clamp(0, 1)), options.picture)
    print(
        f"found {np.mean(recalls):.0%} of the contours in the bar; {np.mean(precisions):.0%} of what was drawn is one"
    )


if __name__ == "__main__":
    main()
