"""Time the long-range layers and take their peak memory, against their published formulas (literal_layers.py).

python scripts/bench_layers.py [--only "gated conv" ...] [--sizes 256 512] [--batches 1 8] [--rounds 5]

Both answers in float32, and while learning both gradients, are first compared.  Then the two take turns in one process
of one thread, until there were --rounds of them or --patience seconds are over; the times are medians, on a CPU of the
processor's time, which other work on the machine disturbs least.  Memory is what one call adds to what was there
before, in a fresh process: on a CPU the growth of the largest resident set, on CUDA of the largest allocation.
bfloat16 means under autocast, with features as the convolution before would give them.  Prints one Markdown table.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import literal_layers as literal
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.layers.contextual_attention import contextual_attention
from inpaint.layers.euclidean_attention import rebuild
from inpaint.layers.gated_conv import GatedConv
from inpaint.layers.partial_conv import Partial, PartialConv2d
from inpaint.layers.region_normalization import RegionNormB, RegionNormL

Layer = Callable[..., Tensor]


class Pair(NamedTuple):
    """A layer in both forms, and what it is given at its place in the network."""

    ours: Layer
    literal: Layer
    features: tuple[Tensor, ...]  # of all forms; they and the parameters learn
    parameters: tuple[Tensor, ...] = ()


class Case(NamedTuple):
    """One line of the table; picture: px a side."""

    layer: str
    picture: int
    batch: int
    half: bool
    learn: bool
    device: str

    def pair(self) -> Pair:
        torch.manual_seed(0)
        with torch.device(self.device):
            return LAYERS[self.layer](self.batch, self.picture)


def held(size: int, batch: int) -> Tensor:
    """A mask, 1 = hole, with another box for every picture."""
    mask = torch.zeros(batch, 1, size, size)
    for place in range(batch):
        top = size // 8 + place * size // 32
        mask[place, :, top : top + size // 4, size // 4 : size // 2 + place * size // 64] = 1
    return mask


def encoder(batch: int, picture: int) -> Pair:
    layer, valid = PartialConv2d(64, 128, 5, stride=2, padding=2, bias=False), 1 - held(picture // 2, batch)
    return Pair(
        lambda x: layer(Partial(x, valid)).features,
        lambda x: literal.literal_partial_conv(layer, x, valid.expand(x.shape).to(x.dtype))[0],
        (torch.randn(batch, 64, picture // 2, picture // 2),),
        tuple(layer.parameters()),
    )


def decoder(batch: int, picture: int) -> Pair:
    layer, valid = PartialConv2d(128 + 64, 64, 3, padding=1, bias=False), 1 - held(picture // 2, batch)

    def published(up: Tensor, skip: Tensor) -> Tensor:
        x = torch.cat([up, skip], dim=1)
        masks = torch.cat([torch.ones_like(up), valid.expand(skip.shape).to(skip.dtype)], dim=1)
        return literal.literal_partial_conv(layer, x, masks)[0]

    return Pair(
        lambda up, skip: layer(Partial(up, torch.ones_like(valid)), Partial(skip, valid)).features,
        published,
        tuple(torch.randn(batch, channels, picture // 2, picture // 2) for channels in (128, 64)),
        tuple(layer.parameters()),
    )


def gated_conv(batch: int, picture: int) -> Pair:
    layer = GatedConv(96, 96)
    x = torch.randn(batch, 96, picture // 4, picture // 4)
    return Pair(layer, lambda x: literal.literal_gated_conv(layer, x), (x,), tuple(layer.parameters()))


def contextual(batch: int, picture: int, *, channels: int) -> Pair:
    hole = held(picture // 8, batch)
    return Pair(
        lambda x: contextual_attention(x, x, hole),
        lambda x: literal.literal_contextual_attention(x, x, hole),
        (torch.randn(batch, channels, picture // 4, picture // 4).relu_(),),
    )


def euclidean(batch: int, picture: int) -> Pair:
    known = 1 - held(picture // 8, batch)
    return Pair(
        lambda x: rebuild(x, known),
        lambda x: literal.literal_euclidean_attention(x, known.to(x.dtype)),
        (F.elu(torch.randn(batch, 256, picture // 8, picture // 8)),),
    )


def outer(batch: int, picture: int) -> Pair:
    layer, mask = RegionNormB(128), held(picture, batch)
    x = torch.randn(batch, 128, picture // 2, picture // 2)
    return Pair(
        lambda x: layer(x, mask),
        lambda x: literal.literal_region_norm_b(layer, x, mask),
        (x,),
        tuple(layer.parameters()),
    )


def inner(batch: int, picture: int) -> Pair:
    layer = RegionNormL()
    nn.init.constant_(layer.sa.conv1.weight, 0.3)  # so that both regions exist
    x = torch.randn(batch, 256, picture // 4, picture // 4)
    return Pair(layer, lambda x: literal.literal_region_norm_l(layer, x), (x,), tuple(layer.parameters()))


LAYERS: dict[str, Callable[[int, int], Pair]] = {
    "partial conv, encoder 2": encoder,
    "partial conv, decoder 2": decoder,
    "gated conv": gated_conv,
    "contextual attention v1": lambda batch, picture: contextual(batch, picture, channels=128),
    "contextual attention v2": lambda batch, picture: contextual(batch, picture, channels=96),
    "Euclidean attention": euclidean,
    "region norm B": outer,
    "region norm L": inner,
}


def called(layer: Layer, pair: Pair, case: Case) -> list[Tensor]:
    """Return the answer of one call, and while learning the gradients."""
    features = [x.to(torch.bfloat16 if case.half else x.dtype).requires_grad_(case.learn) for x in pair.features]
    with torch.set_grad_enabled(case.learn), torch.autocast(case.device, torch.bfloat16, enabled=case.half):
        answer = layer(*features)
    if not case.learn:
        return [answer]
    return [answer, *torch.autograd.grad(answer, [*features, *pair.parameters], answer.detach().cos())]


def seconds(layer: Layer, pair: Pair, case: Case) -> float:
    if case.device == "cpu":
        started = time.process_time()
        called(layer, pair, case)
        return time.process_time() - started
    torch.cuda.synchronize()
    started = time.perf_counter()
    called(layer, pair, case)
    torch.cuda.synchronize()
    return time.perf_counter() - started


def timed(case: Case, rounds: int, patience: float) -> list[float]:
    """Return the median seconds of ours and of the literal form, and how far their answers are apart."""
    torch.set_num_threads(1)
    pair = case.pair()
    results = zip(*(called(layer, pair, case) for layer in (pair.ours, pair.literal)), strict=True)
    differences = [float((mine - its).detach().float().norm() / its.detach().float().norm()) for mine, its in results]
    taken: list[list[float]] = []
    while len(taken) < rounds and sum(map(sum, taken)) < patience:
        taken.append([seconds(layer, pair, case) for layer in (pair.ours, pair.literal)])
    return [*(statistics.median(turn) for turn in zip(*taken, strict=True)), max(differences)]


def grown(case: Case, form: str) -> float:
    """Return the mebibytes that one call of "ours" or "literal" adds."""
    torch.set_num_threads(1)
    small, pair = case._replace(picture=64, batch=1), case.pair()
    start = small.pair()
    called(getattr(start, form), start, small)  # loads the libraries, which are not the layer's memory
    before = peak(case.device)
    called(getattr(pair, form), pair, case)
    return peak(case.device) - before


def peak(device: str) -> float:
    """Return the most memory this process has held so far, in mebibytes."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 2**20
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def apart(function: Callable, *given: object):
    """Call a function in a fresh process."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch"])
    with context.Pool(1) as pool:
        return pool.apply(function, given)


def line(case: Case, rounds: int, patience: float) -> str:
    ours, theirs, difference = apart(timed, case, rounds, patience)
    if difference > 1e-3 and not case.half:  # in half precision the literal scores are rounded beyond recognition
        raise SystemExit(f"{case}: the two forms differ by {difference:.2g} of the answer")
    small, large = apart(grown, case, "ours"), apart(grown, case, "literal")
    return (
        f"| {case.layer} | {case.picture} | {case.batch} | {'bfloat16' if case.half else 'float32'} | "
        f"{'forward, backward' if case.learn else 'forward'} | {ours * 1000:.0f} | {theirs * 1000:.0f} | "
        f"{theirs / ours:.2f} | {small:.0f} | {large:.0f} | {small / max(large, 1):.2f} |"
    )


def main(given: Sequence[str] | None = None) -> None:
    """Print the table line by line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(LAYERS), default=list(LAYERS), metavar="LAYER")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512], help="of the picture, px")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--patience", type=float, default=10.0, help="in seconds for all rounds of one line")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    options = parser.parse_args(given)
    print("| layer | picture | batch | precision | pass | ours, ms | literal, ms | times as fast | ", end="")
    print("ours, MiB | literal, MiB | of the memory |\n| --- |" + " --- |" * 4 + " ---: |" * 6)
    how = options.rounds, options.patience
    for layer in options.only:
        for picture in options.sizes:
            for batch in options.batches:
                for half, learn in ((False, False), (False, True), (True, False), (True, True)):
                    print(line(Case(layer, picture, batch, half, learn, options.device), *how), flush=True)


if __name__ == "__main__":
    main()
