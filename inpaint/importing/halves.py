"""One of the two files in which some authors keep two generators, such as EdgeConnect's that paints, taken in alone.

The checkpoint holds that network's entries and no others: a run begins with them where it says `partial: true`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from inpaint.generators import GENERATORS
from inpaint.importing.layout import Entries, GeneratorOptions, Layout
from inpaint.importing.layouts import LAYOUTS
from inpaint.parts import Part, build

PLAIN_WEIGHTS = (".parametrizations.weight.original", ".weight_orig")  # of spectral norm, newer and older


class Half(NamedTuple):
    """One of two networks."""

    name: str  # of the layout
    layout: Layout
    start: str  # what its entries begin with here
    options: GeneratorOptions
    theirs: dict[str, str]  # our entries, and what each is called in the file


def half_in(entries: Entries, layout: str | None) -> Half | None:
    """Return which of two networks a file holds alone, whole and with nothing left over; None where it is no such file.

    layout: the only one that is tried, None for all.
    """
    for name in LAYOUTS if layout is None else [layout]:
        for kind in LAYOUTS[name]:
            for start in kind.files if len(kind.files) > 1 else ():
                if (half := fitting_half(entries, name, kind, start)) is not None:
                    return half
    return None


def fitting_half(entries: Entries, name: str, kind: Layout, start: str) -> Half | None:
    """Return the network of a layout whose entries begin with start, if it is what the file holds."""
    try:
        options = kind.options(under_every_start(entries, kind))
    except (KeyError, ValueError):  # the entry that tells the width is not there, or no convolution's
        return None
    with torch.device("meta"):
        wanted = build(GENERATORS, Part(name=kind.generator, **options), "generator").state_dict()
    theirs = {key: kind.theirs(key, options).removeprefix(start) for key in wanted if key.startswith(start)}
    fits = set(theirs.values()) == set(entries) and all(
        wanted[k].shape == entries[it].shape for k, it in theirs.items()
    )
    return Half(name, kind, start, options, theirs) if fits else None


def under_every_start(entries: Entries, kind: Layout) -> dict[str, Tensor]:
    """Return entries as if they were of each network, normalised weights under their plain names, too."""
    found = dict(entries)
    for key, tensor in entries.items():
        for ending in PLAIN_WEIGHTS:
            if key.endswith(ending):
                found[f"{key.removesuffix(ending)}.weight"] = tensor
    return {start + key: tensor for start in kind.files for key, tensor in found.items()}


def note_of(half: Half) -> str:
    """Say what a checkpoint of one network is good for."""
    return (
        f"these are the entries {half.start}* alone, of two networks: to restore, give both files; to train, "
        "--set partial=true --set pretrained=... begins with them"
    )
