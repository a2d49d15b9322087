"""MI-GAN's generator, as its authors (Picsart-AI-Research/MI-GAN) publish it, migan_256_places2.pt and such.

Its filters are one tensor each there, already of unit length.
"""

from __future__ import annotations

import re

from inpaint.importing.layout import Entries, GeneratorOptions, Layout, width_of, without_trunk


def migan_name(name: str, options: GeneratorOptions) -> str:
    """Return the name in the authors' network for restoring."""
    return without_trunk(name, options).replace(".weights.0", ".weight")


def migan_options(entries: Entries) -> GeneratorOptions:
    """Return the options of MI-GAN in a file."""
    sides = [
        int(found[1]) for name in entries if (found := re.fullmatch(r"encoder\.b(\d+)\.conv1\.conv1\.weight", name))
    ]
    finest = f"encoder.b{max(sides)}"
    widest = width_of(entries, "encoder.b4.conv1.conv2.weight")
    width = width_of(entries, f"{finest}.conv1.conv2.weight")
    return {"width": width, "widest": widest, "levels": len(sides) - 1, "tensors": 1}


MIGAN_LAYOUTS = (
    Layout(
        source="the authors' network for restoring",
        generator="migan",
        first="encoder.b4.conv1.conv1.weight",
        options=migan_options,
        theirs=migan_name,
        # the fixed taps of smoothing, and where zeros are put between pixels
        harmless=r".*\.(downsample|upsample)\.(filter\.weight|filter_const)",
        mask="comodgan",
        note="networks still in training, of nine tensors a filter, are whole-module pickles, which are not read",
    ),
)
