"""The verb that turns a network into a file for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inpaint.cli.options import prepare


def export(
    model: Annotated[str, typer.Argument(help="A bundled network (default) or a checkpoint (.safetensors).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write (.onnx).")],
) -> None:
    """Write a network as ONNX, once ONNX Runtime has computed the same as torch at two sizes."""
    from inpaint.exporting import MOST
    from inpaint.exporting import export as write

    prepare()
    for (batch, height, width), difference in write(model, output):
        typer.echo(f"batch {batch}, {height} x {width}: at most {difference:.1e} from torch (allowed {MOST:.0e})")
    typer.echo(f"{model} is now in {output}")
