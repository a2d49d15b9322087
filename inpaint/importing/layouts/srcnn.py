"""SRCNN, of three colours as OpenMMLab's mmagic keeps it or of luma as yjn870's and Lornatang's ports do.

Its input is enlarged bicubically first.
"""

from __future__ import annotations

from inpaint.importing.layout import Entries, GeneratorOptions, Layout, width_of

PLAIN_NAMES = {"0": "conv1", "2": "conv2", "4": "conv3"}
PART_NAMES = {"0": "features.0", "2": "map.0", "4": "reconstruction"}


def srcnn_name(name: str, options: GeneratorOptions) -> str:
    """Return the name in mmagic."""
    *_, place, leaf = name.split(".")
    return f"{PLAIN_NAMES[place]}.{leaf}"


def srcnn_part_name(name: str, options: GeneratorOptions) -> str:
    """Return the name in Lornatang's port."""
    *_, place, leaf = name.split(".")
    return f"{PART_NAMES[place]}.{leaf}"


def srcnn_options(entries: Entries, first: str, second: str) -> GeneratorOptions:
    """Return the options of the network in a file."""
    middle, luma = entries[second].shape[-1], entries[first].shape[1] == 1
    return {"width": width_of(entries, first), "middle": middle, "luma": luma}


MMAGIC_SRCNN = Layout(
    source="OpenMMLab's mmagic, or yjn870's port",
    generator="srcnn",
    first="conv1.weight",
    options=lambda entries: srcnn_options(entries, "conv1.weight", "conv2.weight"),
    theirs=srcnn_name,
    fills=({"name": "mosaic", "enlarge": "bicubic"},),
)
SRCNN_LAYOUTS = (
    MMAGIC_SRCNN,
    MMAGIC_SRCNN._replace(
        source="Lornatang's port",
        first="features.0.weight",
        options=lambda entries: srcnn_options(entries, "features.0.weight", "map.0.weight"),
        theirs=srcnn_part_name,
    ),
)
