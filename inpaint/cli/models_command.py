"""The verb that says what a file of weights is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def models(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILE", help="Files of weights, or folders of them.")
    ] = None,
) -> None:
    """Say what the bundled networks are, or those in files.

    A file may be a checkpoint, an exported network, weights that authors published, or a network of another project.
    """
    from inpaint.importing.describe import describe_model
    from inpaint.weights import BUNDLED_NETWORKS, model_files

    asked = [file for name in files or [] for file in model_files(name)]
    failed = False
    for model in [*map(str, asked)] or ["default", *BUNDLED_NETWORKS]:
        try:
            first, *more = describe_model(model)
        except (ValueError, OSError) as error:
            failed = True
            typer.echo(f"{Path(model).name}: {error}", err=True)
            continue
        typer.echo("\n    ".join([first, *more]))
    if failed:
        sys.exit(1)
