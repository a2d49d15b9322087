"""DeepFill v1, as its authors' TensorFlow checkpoints, daa233/generative-inpainting-pytorch and mmagic keep it.

Our layers bear the authors' names.
"""

from __future__ import annotations

from inpaint.importing.layout import GeneratorOptions, Layout, width_of
from inpaint.importing.layouts.gated import AUTHORS
from inpaint.importing.layouts.open_mmlab import MMAGIC_CONTEXTUAL


def daa233_name(name: str, options: GeneratorOptions) -> str:
    """Return the name in the port, which numbers the layers of the second stage's first branch like the first's."""
    branch, layer, leaf = name.removeprefix("trunk.").split(".")
    stage = "coarse_generator" if branch == "coarse" else "fine_generator"
    plain = layer.removeprefix("x").removesuffix("_upsample")
    return f"{stage}.{plain}.conv.{leaf}"


CONTEXTUAL_LAYOUTS = (
    AUTHORS._replace(generator="contextual", mask="box"),
    Layout(
        source="daa233's port",
        generator="contextual",
        first="coarse_generator.conv1.conv.weight",
        options=lambda entries: {
            "width": width_of(entries, "coarse_generator.conv1.conv.weight"),
            "padding": "pytorch",
            "fuse": True,
        },
        theirs=daa233_name,
        mask="box",
    ),
    MMAGIC_CONTEXTUAL,
)
