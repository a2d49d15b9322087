"""Time a network in float32 and bfloat16, in turn in one run, and say how far the answers are apart.

python scripts/bench_precision.py [--model default] [--size 256] [--rounds 10]
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch import Tensor

from inpaint.assemble import load_network
from inpaint.data.synthetic import render
from inpaint.metrics.pixelwise import psnr
from inpaint.randomness import rng_for
from inpaint.restoring.restorer import Restorer


def timed(restorer: Restorer, image: Tensor, mask: Tensor) -> tuple[float, Tensor]:
    """Return the seconds of one forward of the network alone, and its answer (3, H, W)."""
    started = time.perf_counter()
    with torch.no_grad():
        (answer,) = restorer.ask([torch.cat([image, mask])], (image.shape[1], image.shape[2]), (False, False))
    return time.perf_counter() - started, answer


def main() -> None:
    """Print the median seconds of each precision, their ratio, and the PSNR between their answers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="texture")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    torch.set_flush_denormal(True)
    restorers = {
        name: load_network(options.model, device=options.device, precision=name) for name in ("float32", "bfloat16")
    }
    image = render((options.size, options.size), rng_for("bench"))
    mask = torch.zeros_like(image[:1])
    mask[:, options.size // 4 : options.size // 2] = 1
    seconds: dict[str, list[float]] = {name: [] for name in restorers}
    answers: dict[str, Tensor] = {}
    for turn in range(options.rounds + 1):
        for name, restorer in restorers.items():
            took, answers[name] = timed(restorer, image, mask)
            if turn:  # the first round warms up
                seconds[name].append(took)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    for name, median in medians.items():
        print(f"{name:9} {median * 1000:8.1f} ms, median of {options.rounds} at {options.size} x {options.size}")
    apart = psnr(*(answers[name].clamp(0, 1)[None] for name in restorers), mask[None]).item()  # pyright: ignore
    print(f"bfloat16 is {medians['float32'] / medians['bfloat16']:.2f} times as fast; {apart:.1f} dB between the two")


if __name__ == "__main__":
    main()
