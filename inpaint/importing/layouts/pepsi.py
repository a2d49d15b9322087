"""PEPSI, as its authors' TensorFlow checkpoints keep it: convolutions are numbered in their order."""

from __future__ import annotations

from inpaint.importing.layout import BLACK_HOLES, GeneratorOptions
from inpaint.importing.layouts.tensorflow import tensorflow_layout

DECODER_PLACES = (0, 1, 3, 4, 6, 7, 9, 10, 11)  # of the convolutions; enlargements lie between them


def numbered(scope: str, number: int, leaf: str) -> str:
    """Return the name of the convolution of this number, from 0, in a scope."""
    return f"{scope}/Conv{f'_{number}' * (number > 0)}/{'weights' if leaf == 'weight' else 'biases'}"


def pepsi_name(name: str, options: GeneratorOptions) -> str:
    """Return the name of a variable in the authors' checkpoints."""
    part, *_, leaf = name.split(".")
    if part == "attention":
        return f"CB1/ML/{'weights' if leaf == 'weight' else 'biases'}"
    place = int(name.split(".")[1])
    return numbered("G_en", place, leaf) if part == "encoder" else numbered("G_de", DECODER_PLACES.index(place), leaf)


PEPSI_LAYOUTS = (
    tensorflow_layout("pepsi", "G_en/Conv/weights", pepsi_name, also={}, mask="freeform", fills=(BLACK_HOLES,)),
)
