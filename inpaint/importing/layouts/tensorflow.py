"""What layouts of authors' TensorFlow checkpoints have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inpaint.importing.layout import GeneratorOptions, Layout, width_of

# What a training checkpoint of TensorFlow holds beside a generator.
TENSORFLOW_REST = r"discriminator.*|disc_.*|.*/Adam(_\d+)?|.*beta\d_power(_\d+)?|global_step|.*ExponentialMovingAverage"


def tensorflow_layout(
    generator: str, first: str, theirs: Callable[[str, GeneratorOptions], str], *, also: GeneratorOptions, **more: Any
) -> Layout:
    """Return the layout of an authors' checkpoint; also: options that are the same in all of them."""
    return Layout(
        source="the authors' TensorFlow checkpoint",
        generator=generator,
        first=first,
        options=lambda entries: {"width": width_of(entries, first), **also},
        theirs=theirs,
        harmless=TENSORFLOW_REST,
        **more,
    )
