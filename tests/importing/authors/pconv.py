"""What two ports call the entries of the U-Net of partial convolutions."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from tests.importing.authors.written import Case, State, renamed


def partial_convolutions(state: State, levels: int, encoder: str, decoder: str, convolution: str) -> State:
    def pairs() -> Iterator[tuple[str, str]]:
        for name in state:
            half, place, layer, leaf = name.removeprefix("trunk.").split(".")
            block = f"{encoder}{int(place) + 1}" if half == "encoders" else f"{decoder}{levels - int(place)}"
            yield name, f"{block}.{convolution if layer == 'convolution' else 'bn'}.{leaf}"

    return renamed(state, pairs())


def naoto(state: State, levels: int) -> State:
    """The well-known port of partial convolutions, whose layer also keeps its constant mask convolution."""
    theirs = partial_convolutions(state, levels, "enc_", "dec_", "conv.input_conv")
    for name in [name for name in theirs if name.endswith("input_conv.weight")]:
        theirs[name.replace("input_conv", "mask_conv")] = torch.ones_like(theirs[name])
    return theirs


def mmagic(state: State, levels: int) -> State:
    """OpenMMLab's, whose layer keeps its constant kernel."""
    theirs = partial_convolutions(state, levels, "encoder.enc", "decoder.dec", "conv")
    for name in [name for name in theirs if name.endswith("conv.weight")]:
        theirs[f"{name}_mask_updater"] = torch.ones_like(theirs[name][:1])
    return theirs


MMAGIC = {"width": 4, "levels": 5, "scale": "signed", "first_bias": True}
CASES = {
    "mmagic": Case("pconv", MMAGIC, lambda state: (mmagic(state, 5),)),
    "naoto": Case("pconv", {"width": 4, "levels": 5}, lambda state: (naoto(state, 5),), scaled=True),
}
