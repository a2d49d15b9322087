"""The verb that turns a network into a file for other tools, and what restores with ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inpaint.cli.shared_options import prepare

if TYPE_CHECKING:
    from inpaint.restoring.by_censor import AnyRestorer


def export(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A bundled network, or a checkpoint (.safetensors).")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write (.onnx).")],
) -> None:
    """Write a network as an ONNX file for other tools.

    It is written once ONNX Runtime has computed the same as torch at two sizes.
    """
    from inpaint.exporting import LARGEST_DIFFERENCE
    from inpaint.exporting import export as write

    prepare()
    for (batch, height, width), difference in write(model, output):
        typer.echo(
            f"batch {batch}, {height} x {width}: at most {difference:.1e} from torch (allowed {LARGEST_DIFFERENCE:.0e})"
        )
    typer.echo(f"{model} is now in {output}")


def loaded(models: str | Sequence[str], backend: str, *, device: str, precision: str) -> AnyRestorer:
    """Load a network for torch or for ONNX Runtime.  Raises ValueError naming the choices for another backend."""
    from inpaint.weights import parse_models

    model = parse_models([models] if isinstance(models, str) else models)
    if backend == "torch":
        from inpaint.assemble import load

        return load(model, device=device, precision=precision)
    if backend != "onnx":
        raise ValueError(f"--backend {backend!r} is unknown; choose torch or onnx")
    if precision not in ("auto", "float32"):
        raise ValueError(f"--backend onnx computes in float32: leave out --precision {precision}")
    if not isinstance(model, str):
        raise ValueError("--backend onnx computes with one model: leave out holes= and mosaics=")
    from inpaint.exporting import on_runtime

    return on_runtime(model, device=device)
