"""The command line: parse, call, print.  Each verb imports what it needs, so that --help is quick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Restore mosaics, bars and holes in pictures; build datasets, train and evaluate networks for it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
Precision = Annotated[str, typer.Option(help="float32 or bfloat16 (faster on recent CPUs and GPUs).")]


def main() -> None:
    """Run the command line; what a user can mend ends as one sentence and exit code 1."""
    try:
        app()
    except (ValueError, OSError) as error:
        typer.echo(f"inpaint: {error}", err=True)
        sys.exit(1)


def prepare() -> None:
    """Set what every verb that runs a network wants: denormals make CPUs crawl, OpenCV's threads fight torch's."""
    import cv2
    import torch

    torch.set_flush_denormal(True)
    cv2.setNumThreads(1)


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="The run's YAML file.")],
    settings: Annotated[list[str] | None, typer.Option("--set", help="key=value, dots between levels.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from where the run's folder stands.")] = False,
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
        again = " ".join(["inpaint train", str(config), *(f"--set {setting}" for setting in settings or []), "--resume"])
        typer.echo(f"\nStopped and saved at step {trainer.step} of {trainer.steps}.  Go on with: {again}", err=True)
        sys.exit(130)
    typer.echo(f"Trained {trainer.step} steps; the networks are in {run.output}/ (best and last .safetensors)")


@app.callback()
def version() -> None:
    """Restore mosaics, bars and holes in pictures; build datasets, train and evaluate networks for it."""
