"""Time layers and take their peak memory, against literal transcriptions of the published formulas.

python scripts/bench_layers.py [--size 64] [--batches 1 4] [--rounds 5]
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.layers.contextual_attention import contextual_attention, nearest

Layer = Callable[[Tensor, Tensor, Tensor], Tensor]


def literal_contextual_attention(
    foreground: Tensor,
    background: Tensor,
    hole: Tensor,
    *,
    fuse: bool = True,
    scale: float = 10.0,
    corners: bool = True,
) -> Tensor:
    """Attend as the formula is written: per sample, patches as filters of a convolution and of a transposed one.

    foreground, background: (B, C, H, W).  hole: (B, 1, H / 2, W / 2).  Returns (B, C, H, W).
    """
    size = (foreground.shape[-2] // 2, foreground.shape[-1] // 2)
    answers = []
    for place in range(len(foreground)):
        queries, keys = (nearest(x[place : place + 1], size, corners=corners) for x in (foreground, background))
        filters = patches(keys, kernel=3, stride=1)  # (L, C, 3, 3)
        filters = filters / filters.flatten(1).norm(dim=1).clamp_min(1e-4)[:, None, None, None]
        scores = F.conv2d(queries, filters, padding=1)  # (1, L, h, w)
        if fuse:
            scores = literal_fuse(scores, size)
        valid = (patches(hole[place : place + 1], kernel=3, stride=1).flatten(1).mean(1) == 0).to(scores.dtype)
        shares = (scale * scores * valid[None, :, None, None]).softmax(1) * valid[None, :, None, None]
        raw = patches(background[place : place + 1], kernel=4, stride=2)  # (L, C, 4, 4)
        answers.append(F.conv_transpose2d(shares, raw, stride=2, padding=1) / 4)
    return torch.cat(answers)


def literal_fuse(scores: Tensor, size: tuple[int, int]) -> Tensor:
    """Convolve the score matrix with a 3x3 identity in reading order, and again in column order."""
    height, width = size
    identity = torch.eye(3, dtype=scores.dtype, device=scores.device)[None, None]
    matrix = scores.reshape(1, 1, height * width, height * width).transpose(2, 3)  # queries, keys
    matrix = F.conv2d(matrix, identity, padding=1).reshape(height, width, height, width)
    matrix = matrix.permute(1, 0, 3, 2).reshape(1, 1, height * width, height * width)
    matrix = F.conv2d(matrix, identity, padding=1).reshape(width, height, width, height)
    return matrix.permute(3, 2, 1, 0).reshape(1, height * width, height, width)  # keys, queries


def patches(x: Tensor, *, kernel: int, stride: int) -> Tensor:
    """Return the patches of one picture as filters, (L, C, kernel, kernel)."""
    columns = F.unfold(x, kernel, padding=1, stride=stride)  # (1, C * kernel ** 2, L)
    return columns[0].T.reshape(columns.shape[-1], x.shape[1], kernel, kernel)


def measure(layer: Layer, shape: tuple[int, int, int, int], rounds: int, learn: bool, pipe: Connection) -> None:
    """Send the median seconds of one call and the mebibytes that its process grew by; runs in a process of its own."""
    torch.set_num_threads(1)
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(shape, generator=rng).relu_().requires_grad_(learn)
    hole = torch.zeros(shape[0], 1, shape[2] // 2, shape[3] // 2)
    hole[..., shape[2] // 8 : shape[2] // 4, shape[3] // 8 : shape[3] // 4] = 1

    def once(x: Tensor, hole: Tensor) -> None:
        with torch.set_grad_enabled(learn):
            answer = layer(x, x, hole)
            if learn:
                answer.square().sum().backward()

    once(x[..., :16, :16], hole[..., :8, :8])  # loads the libraries, which are not the layer's memory
    before = peak()
    once(x, hole)
    grown = peak() - before
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        once(x, hole)
        seconds.append(time.perf_counter() - started)
    pipe.send((statistics.median(seconds), grown))


def peak() -> float:
    """Return the most memory this process has held so far, in mebibytes."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def apart(layer: Layer, shape: tuple[int, int, int, int], *, rounds: int, learn: bool) -> tuple[float, float]:
    """Measure a layer in a fresh process."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=measure, args=(layer, shape, rounds, learn, sender))
    process.start()
    sender.close()
    result = receiver.recv()
    process.join()
    return result


def main() -> None:
    """Print seconds, memory and their ratios for every batch, forward alone and with the backward pass."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=64, help="side of the feature map, a quarter of the picture's")
    parser.add_argument("--channels", type=int, default=96)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for learn in (False, True):
        for batch in options.batches:
            shape = (batch, options.channels, options.size, options.size)
            ours, literal = (
                apart(layer, shape, rounds=options.rounds, learn=learn)
                for layer in (contextual_attention, literal_contextual_attention)
            )
            print(
                f"contextual attention {shape} {'with backward' if learn else 'forward':13} "
                f"{ours[0] * 1000:7.1f} ms {ours[1]:6.1f} MiB, literal {literal[0] * 1000:7.1f} ms {literal[1]:6.1f} "
                f"MiB: {literal[0] / ours[0]:.1f} times as fast, {ours[1] / literal[1]:.2f} of the memory"
            )


if __name__ == "__main__":
    main()
