"""Verbs of networks: take in one that others have trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inpaint.cli.shared_options import SettingsOption
from inpaint.importing.layouts import LAYOUTS

LAYOUT_NAMES = f"Whose weights they are, else told by the file: {', '.join([*LAYOUTS][:-1])} or {[*LAYOUTS][-1]}."


def import_weights(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files of weights; EdgeConnect takes two.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The checkpoint to write (.safetensors).")
    ],
    layout: Annotated[str | None, typer.Option("--as", metavar="NAME", help=LAYOUT_NAMES)] = None,
    channels: Annotated[
        str, typer.Option(metavar="[auto|rgb|bgr]", help="The order of colours that the weights expect.")
    ] = "auto",
    settings: SettingsOption = None,
) -> None:
    """Turn weights that authors published into a checkpoint.

    --as patch takes in a discriminator, for a run's fine-tuning.
    """
    from inpaint.importing.convert import import_weights as convert
    from inpaint.importing.critics import CRITIC, import_critic

    if layout == CRITIC:
        if len(files) != 1:
            raise ValueError(f"--as {CRITIC} takes one file with a discriminator, not {len(files)}")
        typer.echo("\n".join(import_critic(files[0], output)))
        return
    typer.echo(convert(files, output, layout=layout, channels=channels, settings=settings or []).text())
