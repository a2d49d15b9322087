"""Verbs of networks: train one, take in one that others have trained."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from inpaint.cli.shared_options import SettingsOption, prepare
from inpaint.importing.layouts import LAYOUTS

LAYOUT_NAMES = f"Whose weights they are: {', '.join([*LAYOUTS][:-1])} or {[*LAYOUTS][-1]}."


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A YAML file such as those in configs/.")],
    settings: SettingsOption = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
) -> None:
    """Train a network as a YAML file describes it."""
    import signal

    from inpaint import distributed
    from inpaint.assemble import trainer_of
    from inpaint.config import read_run

    prepare()
    distributed.join()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run = read_run(config, settings or [])
    state = Path(run.output) / "state.pt"
    if state.exists() and not resume:
        raise ValueError(f"{state} exists: add --resume to go on, or choose another folder with --set output=...")
    trainer = trainer_of(run)
    if resume:
        trainer.resume()
    try:
        trainer.fit()
    except KeyboardInterrupt:
        given = [f"--set {setting}" for setting in settings or []]
        again = " ".join(["inpaint train", str(config), *given, "--resume"])
        typer.echo(f"\nStopped and saved at step {trainer.step} of {trainer.steps}.  Go on with: {again}", err=True)
        sys.exit(130)
    typer.echo(f"Trained {trainer.step} steps; the networks are in {run.output}/ (best and last .safetensors)")


def import_weights(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files of weights; EdgeConnect takes two.")],
    layout: Annotated[str, typer.Option("--as", metavar="NAME", help=LAYOUT_NAMES)],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The checkpoint to write (.safetensors).")
    ],
    channels: Annotated[
        str, typer.Option(metavar="[auto|rgb|bgr]", help="The order of colours that the weights expect.")
    ] = "auto",
    settings: SettingsOption = None,
) -> None:
    """Turn weights that authors published into a checkpoint."""
    from inpaint.importing.convert import import_weights as convert

    typer.echo(convert(files, output, layout=layout, channels=channels, settings=settings or []).text())
