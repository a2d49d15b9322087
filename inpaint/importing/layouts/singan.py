"""SinGAN, as its authors' program leaves it: a folder of scales, whose critics come in beside the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inpaint.importing.layout import Entries, GeneratorOptions, Layout, count_numbered, width_of

FIRST_OF_SCALES = "0.head.conv.weight"
STRENGTHS_NAME, SIZES_NAME, CRITICS_START = "strengths", "sizes", "critics."


def scale_entry(name: str, options: GeneratorOptions) -> str:
    """Return what an entry of ours is called: the last convolution lies in a sequence with its tanh."""
    return name.removeprefix("scales.").replace(".tail.", ".tail.0.")


def scale_options(entries: Entries) -> GeneratorOptions:
    """Return how wide, how many and how small the scales are."""
    scales = count_numbered(entries, "{}.head.conv.weight", start=0)
    width = width_of(entries, FIRST_OF_SCALES)
    return {"width": width, "scales": scales, "least": int(entries[SIZES_NAME][0].min())}


def scale_judges(entries: Entries, options: GeneratorOptions) -> Mapping[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return the critics of all scales as one discriminator; none where the folder lacks them."""
    weights = {name: it for name, it in entries.items() if name.startswith(CRITICS_START)}
    return {"critics": ({"name": "singan", **options}, weights)} if weights else {}


SINGAN_LAYOUTS = (
    Layout(
        source="the folder of one picture that the authors' program writes",
        generator="singan",
        first=FIRST_OF_SCALES,
        options=scale_options,
        theirs=scale_entry,
        harmless=SIZES_NAME,
        judges=scale_judges,
        mask="boxes",
        crop=250,
        fills=({"name": "hole", "value": "grey"},),
        note=(
            "it knows the one picture that it learned; the noise that stands for it is drawn anew, as the authors' "
            "program does at every step"
        ),
    ),
)
