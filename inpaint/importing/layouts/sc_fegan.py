"""SC-FEGAN, as its authors' TensorFlow checkpoint keeps it.  Our layers bear the authors' names."""

from __future__ import annotations

from inpaint.importing.layout import GeneratorOptions, Layout, width_of
from inpaint.importing.layouts.tensorflow import TENSORFLOW_REST

FIRST_SKETCH_ENTRY = "generator/gconv1_ds/kernel"
ENLARGEMENT_VARIABLES = {"weight": "w", "bias": "biases1", "gate_bias": "biases2"}
PICTURE_PLACE, COLOUR_PLACE = 0, 4  # where pictures and drawn colours start among the network's nine inputs


def sketch_variable(name: str, options: GeneratorOptions) -> str:
    """Return the name of a variable in the authors' checkpoint."""
    layer, *inner, leaf = name.removeprefix("net.").split(".")
    if not inner:
        return f"generator/{layer}/{ENLARGEMENT_VARIABLES[leaf]}"
    gate = "_g" if inner == ["gate"] else ""
    return f"generator/{layer}{gate}/{'kernel' if leaf == 'weight' else leaf}"


SC_FEGAN_LAYOUTS = (
    Layout(
        source="the authors' TensorFlow checkpoint",
        generator="sc_fegan",
        first=FIRST_SKETCH_ENTRY,
        options=lambda entries: {"width": width_of(entries, FIRST_SKETCH_ENTRY), "released": True},
        theirs=sketch_variable,
        harmless=TENSORFLOW_REST,
        channels="bgr",  # the authors' program reads pictures with OpenCV
        colours=(
            *(
                (f"net.{layer}.{branch}.weight", 1, place)
                for layer in ("gconv1_ds", "gconv14")
                for branch in ("feature", "gate")
                for place in (PICTURE_PLACE, COLOUR_PLACE)
            ),
            *((f"net.gconv14.{branch}.{leaf}", 0) for branch in ("feature", "gate") for leaf in ("weight", "bias")),
        ),
        mask="freeform",
        crop=512,
    ),
)
