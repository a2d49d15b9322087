"""SRCNN of three colours, as OpenMMLab's mmagic keeps it: its input is enlarged bicubically first."""

from __future__ import annotations

from inpaint.importing.layout import GeneratorOptions, Layout, width_of

SRCNN_CONVOLUTIONS = {"0": "conv1", "2": "conv2", "4": "conv3"}


def srcnn_name(name: str, options: GeneratorOptions) -> str:
    """Return the name in mmagic."""
    *_, place, leaf = name.split(".")
    return f"{SRCNN_CONVOLUTIONS[place]}.{leaf}"


SRCNN_LAYOUTS = (
    Layout(
        source="OpenMMLab's mmagic",
        generator="srcnn",
        first="conv1.weight",
        options=lambda entries: {
            "width": width_of(entries, "conv1.weight"),
            "middle": entries["conv2.weight"].shape[-1],
        },
        theirs=srcnn_name,
        fills=({"name": "mosaic", "enlarge": "bicubic"},),
    ),
)
