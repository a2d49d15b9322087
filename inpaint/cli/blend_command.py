"""The verb that makes one network of two."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def blend(
    first: Annotated[str, typer.Argument(metavar="FIRST", help="A checkpoint, or the name of a bundled network.")],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="Another one of the same kind of network.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The checkpoint to write.")],
    alpha: Annotated[float, typer.Option(metavar="SHARE", help="How much of the second, from 0 to 1.")] = 0.5,
) -> None:
    """Write a network that lies between two."""
    from inpaint.training.mixed_weights import mix_checkpoints
    from inpaint.weights import model_file

    mix_checkpoints(model_file(first), model_file(second), output, alpha=alpha)
    typer.echo(f"{1 - alpha:g} of {first} and {alpha:g} of {second} are now in {output}")
