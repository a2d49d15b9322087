"""NS-Outpainting, as its authors' TensorFlow checkpoint keeps it.

Most of its layers have no names of their own there: TensorFlow counts convolutions, transposed ones and norms, each
kind by itself, in the order in which they are made.
"""

from __future__ import annotations

from inpaint.importing.layout import Entries, GeneratorOptions
from inpaint.importing.layouts.tensorflow import tensorflow_layout

STRIP_SCOPE = "cpu_variables/GEN/"
FIRST_OF_STRIP = f"{STRIP_SCOPE}conv0/kernel"
CELL_OF_STRIP = "LSTM/multi_rnn_cell/cell_{}/{}_cell/"
CELL_KINDS = {"reader": "lstm", "writer": "basic_lstm"}
PLACES = {"first": "a", "middle": "b", "last": "c"}  # the convolutions of a bottleneck
THIN_PLACES = {"tall": "a1", "tall_wide": "a2", "wide": "b1", "wide_tall": "b2"}  # of a global residual
NORMS_OF_STAGE = 5  # which a stage of the decoder adds: of four thin convolutions and after the skip
LARGEST_STAGE, SMALLEST_STAGE = 4, 2  # by which the authors number what halves, and what has bottlenecks
NORMS_BEFORE = 4  # the decoder: two of the encoder, two of the transfer
SKIPS_START = 2  # convolutions without names before the first skip
VALUES_OF_STRIP = {"weight": "gamma", "bias": "beta"}  # of a norm


def strip_variable(name: str, options: GeneratorOptions) -> str:
    """Return the name of a variable in the authors' checkpoint."""
    part, *rest = name.removeprefix("net.").split(".")
    leaf = rest[-1]
    plain = {
        "enter": "conv0/kernel",
        "second": "conv1/kernel",
        "enter_norm": counted_norm("InstanceNorm", 0, leaf),
        "second_norm": counted_norm("InstanceNorm", 1, leaf),
        "leave": "Conv2d_transpose_4/weights",
    }
    if part in plain:
        return STRIP_SCOPE + plain[part]
    named = {"transfer": of_transfer, "encoder": of_encoder, "decoder": of_decoder, "skips": of_skip}
    return STRIP_SCOPE + (named[part](rest) if part in named else of_enlargement(rest))


def counted_norm(kind: str, number: int, leaf: str) -> str:
    """Return a name with its number, of which the first has none."""
    return f"{kind}_{number}/{VALUES_OF_STRIP[leaf]}" if number else f"{kind}/{VALUES_OF_STRIP[leaf]}"


def of_convolution(kind: str, number: int, rest: list[str], norm: list[str]) -> str:
    """Return the name of a numbered convolution's weight, or of the norm in it."""
    scope = f"{kind}_{number}" if number else kind
    return f"{scope}/{counted_norm('InstanceNorm', 0, rest[-1])}" if rest[:-1] == norm else f"{scope}/weights"


def of_transfer(rest: list[str]) -> str:
    layer, leaf = rest[0], rest[-1]
    if layer in CELL_KINDS:
        return CELL_OF_STRIP.format(rest[1], CELL_KINDS[layer]) + {"weight": "kernel", "bias": "bias"}[leaf]
    if layer.endswith("_norm"):
        return counted_norm("InstanceNorm", 2 if layer == "narrow_norm" else 3, leaf)
    return "Conv/weights" if layer == "narrow" else "Conv_1/weights"


def of_bottleneck(stage: int, block: int, rest: list[str]) -> str:
    """Return a name in a bottleneck; block: counted from 0 in its stage."""
    letter = "abcdefgh"[block]
    branch, kind, leaf = rest
    scope = f"{'conv' if block == 0 else 'id'}_block_stage{stage}{letter}/"
    if kind == "norm":
        return scope + counted_norm("InstanceNorm", [*PLACES, "shortcut"].index(branch), leaf)
    return f"{scope}res{stage}{letter}_branch{'1' if branch == 'shortcut' else '2' + PLACES[branch]}/kernel"


def of_encoder(rest: list[str]) -> str:
    return of_bottleneck(int(rest[0]) + SMALLEST_STAGE, int(rest[1]), rest[2:])


def of_decoder(rest: list[str]) -> str:
    number, block = int(rest[0]), int(rest[1])
    stage = LARGEST_STAGE - number
    if block:
        return of_bottleneck(-stage, block, rest[2:])
    thin, kind, leaf = rest[2:]
    if kind == "norm":
        return counted_norm("InstanceNorm", NORMS_BEFORE + NORMS_OF_STAGE * number + [*THIN_PLACES].index(thin), leaf)
    return f"t{stage}_{THIN_PLACES[thin]}/W"


def of_enlargement(rest: list[str]) -> str:
    return of_convolution("Conv2d_transpose", int(rest[0]), rest[1:], ["1"])


def of_skip(rest: list[str]) -> str:
    number = int(rest[0])
    if rest[1] == "norm":
        return counted_norm("InstanceNorm", min(8 + 5 * number, 19), rest[-1])  # the last stage has no global residual
    return of_convolution("Conv", SKIPS_START + 3 * number + [*PLACES].index(rest[1]), rest[2:], ["norm"])


def strip_sizes(entries: Entries) -> GeneratorOptions:
    """Return the options that only sizes tell; both layers of an LSTM are one cell where the file has but one."""
    width = len(entries[FIRST_OF_STRIP])
    cell = STRIP_SCOPE + CELL_OF_STRIP.format(0, CELL_KINDS["reader"])
    values = entries[f"{cell}bias"].numel() // 4  # of a column: 8 widths for each 32 px of the square
    second = STRIP_SCOPE + CELL_OF_STRIP.format(1, CELL_KINDS["reader"])
    return {"side": 32 * values // (8 * width), "shared": f"{second}bias" not in entries}


NS_OUTPAINT_LAYOUTS = (
    tensorflow_layout(
        "ns_outpaint",
        FIRST_OF_STRIP,
        strip_variable,
        also=strip_sizes,
        rest=r"cpu_variables/DIS.*",
        transposed=r"net\.transfer\.(reader|writer)\.\d\.kernel\.weight",
        mask="right_half",
        fills=({"name": "hole", "value": "grey"},),
        crop=128,
    ),
)
