"""Time how fast mosaics are restored, by the network over cells and by a U-Net over pixels, in one run on one machine.

    python scripts/bench_mosaics.py --rounds 5

One picture with a square mosaic is restored through `Restorer`, by both networks in turns; the shortest time of each
counts.  mosaics: the bundled network over cells.  texture: the bundled U-Net of 7.9 million parameters, which has the
size of the one that restored mosaics before.
"""

from __future__ import annotations

import argparse
import time

import torch
from torch import Tensor

from inpaint.assemble import load_network
from inpaint.data.synthetic import render
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.randomness import rng_for
from inpaint.restoring.restorer import Restorer

CASES = ((512, 4), (512, 8), (512, 16), (1024, 8))  # side of the mosaic and of its cells, px
AROUND = 64  # px of known picture on every side


def damaged(side: int, block: int) -> tuple[Tensor, Tensor, Grid]:
    """Return a picture with a mosaic in its middle, the mask and the grid."""
    grid, length = Grid((block, block), (0, 0)), side + 2 * AROUND
    picture, mask = render((length, length), rng_for("bench", side)), torch.zeros(1, length, length)
    mask[:, AROUND : AROUND + side, AROUND : AROUND + side] = 1
    return torch.where(mask > 0.5, pixelate(picture, grid), picture), mask, grid


def seconds(restorer: Restorer, image: Tensor, mask: Tensor, grid: Grid) -> float:
    """Return how long one restoration takes."""
    started = time.perf_counter()
    restorer(image, mask, censor="mosaic", grid=grid)
    return time.perf_counter() - started


def main() -> None:
    """Read the command line and print a line per case."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--precision", default="float32")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    networks = {name: load_network(name, device="cpu", precision=options.precision) for name in ("mosaics", "texture")}
    print(f"{options.threads} threads, {options.precision}, torch {torch.__version__}")
    for side, block in CASES:
        given = damaged(side, block)
        for restorer in networks.values():
            seconds(restorer, *given)  # warm
        taken: dict[str, list[float]] = {name: [] for name in networks}
        for _ in range(options.rounds):
            for name, restorer in networks.items():
                taken[name].append(seconds(restorer, *given))
        best = {name: min(times) for name, times in taken.items()}
        figures = ", ".join(f"{name} {best[name]:.3f} s" for name in best)
        print(
            f"{side} x {side} px, cells of {block} px: {figures}; {best['texture'] / best['mosaics']:.1f} times as fast"
        )


if __name__ == "__main__":
    main()
