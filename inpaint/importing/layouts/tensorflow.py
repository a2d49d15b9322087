"""What layouts of authors' TensorFlow checkpoints have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inpaint.importing.layout import Entries, GeneratorOptions, Layout, width_of

# What a training checkpoint of TensorFlow holds beside a generator.
TENSORFLOW_REST = r"discriminator.*|disc_.*|.*/Adam(_\d+)?|.*beta\d_power(_\d+)?|global_step|.*ExponentialMovingAverage"


def tensorflow_layout(
    generator: str,
    first: str,
    theirs: Callable[[str, GeneratorOptions], str],
    *,
    also: GeneratorOptions | Callable[[Entries], GeneratorOptions],
    rest: str = r"(?!)",
    **more: Any,
) -> Layout:
    """Return the layout of an authors' checkpoint.

    also: options that are the same in all of them, or what tells them from entries.  rest: what else is harmless.
    """
    others = also if callable(also) else lambda entries: also
    return Layout(
        source="the authors' TensorFlow checkpoint",
        generator=generator,
        first=first,
        options=lambda entries: {"width": width_of(entries, first), **others(entries)},
        theirs=theirs,
        harmless=f"{TENSORFLOW_REST}|{rest}",
        **more,
    )
