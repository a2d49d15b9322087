"""What the authors' TensorFlow checkpoint calls the entries of NS-Outpainting.

The names are counted here as TensorFlow counts them while the authors' program makes its layers one after the other;
those of the whole network were compared with what that program makes in TensorFlow 2.15.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from tests.importing.authors.written import Case, State, renamed

OPTIONS = {"width": 4, "side": 64}
ENCODER = (3, 4, 5)  # bottlenecks of each stage
DECODER = (2, 3, 4)


class Counter:
    """Hands out names of one kind, of which the first has no number."""

    def __init__(self) -> None:
        self.made: dict[str, int] = {}

    def __call__(self, kind: str) -> str:
        number = self.made.get(kind, 0)
        self.made[kind] = number + 1
        return f"{kind}_{number}" if number else kind


Pairs = Iterator[tuple[str, str]]


def norm(ours: str, scope: str) -> Pairs:
    yield from ((f"{ours}.bias", f"{scope}/beta"), (f"{ours}.weight", f"{scope}/gamma"))


def bottleneck(ours: str, stage: int, letter: str, *, shortcut: bool = False) -> Pairs:
    scope, count = f"{'conv' if letter == 'a' else 'id'}_block_stage{stage}{letter}", Counter()
    for branch, place in (("first", "2a"), ("middle", "2b"), ("last", "2c"), *([("shortcut", "1")] * shortcut)):
        yield f"{ours}.{branch}.conv.weight", f"{scope}/res{stage}{letter}_branch{place}/kernel"
        yield from norm(f"{ours}.{branch}.norm", f"{scope}/{count('InstanceNorm')}")


def skip(number: int, name: Counter) -> Pairs:
    for branch in ("first", "middle", "last"):
        scope = name("Conv")
        yield f"skips.{number}.{branch}.conv.weight", f"{scope}/weights"
        yield from norm(f"skips.{number}.{branch}.norm", f"{scope}/InstanceNorm")
    yield from norm(f"skips.{number}.norm", name("InstanceNorm"))


def in_order(name: Counter) -> Pairs:
    """Yield our entries and theirs, as the authors' program makes them."""
    for number, (ours, norms) in enumerate((("enter", "enter_norm"), ("second", "second_norm"))):
        yield f"{ours}.weight", f"conv{number}/kernel"
        yield from norm(norms, name("InstanceNorm"))
    for number, count in enumerate(ENCODER):
        for block, letter in zip(range(count), "abcde", strict=False):
            yield from bottleneck(f"encoder.{number}.{block}", number + 2, letter, shortcut=block == 0)
    yield "transfer.narrow.weight", f"{name('Conv')}/weights"
    yield from norm("transfer.narrow_norm", name("InstanceNorm"))
    for ours, cell in (("reader", "lstm_cell"), ("writer", "basic_lstm_cell")):
        for leaf, theirs in (("weight", "kernel"), ("bias", "bias")):
            yield f"transfer.{ours}.0.kernel.{leaf}", f"LSTM/multi_rnn_cell/cell_0/{cell}/{theirs}"
    yield "transfer.widen.weight", f"{name('Conv')}/weights"
    yield from norm("transfer.widen_norm", name("InstanceNorm"))
    for number, count in enumerate(DECODER):
        stage = 4 - number
        for thin, theirs in (("tall", "a1"), ("tall_wide", "a2"), ("wide", "b1"), ("wide_tall", "b2")):
            yield f"decoder.{number}.0.{thin}.conv.weight", f"t{stage}_{theirs}/W"
            yield from norm(f"decoder.{number}.0.{thin}.norm", name("InstanceNorm"))
        for block, letter in zip(range(1, count + 1), "bcde", strict=False):
            yield from bottleneck(f"decoder.{number}.{block}", -stage, letter)
        yield from enlargement(number, name)
    yield from enlargement(3, name)
    yield "leave.weight", f"{name('Conv2d_transpose')}/weights"


def enlargement(number: int, name: Counter) -> Pairs:
    scope = name("Conv2d_transpose")
    yield f"enlargements.{number}.0.weight", f"{scope}/weights"
    yield from norm(f"enlargements.{number}.1", f"{scope}/InstanceNorm")
    yield from skip(number, name)


def variables(state: State) -> State:
    """Kernels of LSTMs lie on their side; critics and Adam's moments lie beside."""
    pairs = ((f"net.{ours}", f"cpu_variables/GEN/{theirs}") for ours, theirs in in_order(Counter()))
    found = {name: it.T.contiguous() if it.dim() == 2 else it for name, it in renamed(state, pairs).items()}
    beside = ("cpu_variables/DIS/Conv/weights", "cpu_variables/DIS2/fully_connected/biases", "beta1_power_1")
    found |= {name: torch.zeros(2) for name in beside}
    return found | {"cpu_variables/cpu_variables/GEN/conv0/kernel/Adam_1": torch.zeros(4, 3, 4, 4)}


CASES = {"ns_outpaint": Case("ns_outpaint", OPTIONS, lambda state: (variables(state),))}
