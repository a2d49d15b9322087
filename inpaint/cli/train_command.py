"""The verb that trains a network, and what it says when it is stopped."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inpaint.cli.shared_options import SettingsOption, prepare

if TYPE_CHECKING:
    from inpaint.training.trainer import Trainer


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A YAML file such as those in configs/.")],
    settings: SettingsOption = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
) -> None:
    """Train a network as a YAML file describes it."""
    from inpaint import distributed
    from inpaint.assemble import trainer_of
    from inpaint.config import read_run
    from inpaint.training.states import States

    prepare()
    distributed.join()
    run = read_run(config, settings or [])
    states = States(Path(run.output)).found()
    if states and not resume:
        raise ValueError(f"{states[0]} exists: add --resume to go on, or choose another folder with --set output=...")
    trainer = trainer_of(run)
    if resume:
        trainer.resume()
    fit(trainer, command_again(config, settings or [], launch=distributed.launch_command()))
    if distributed.rank() == 0:
        typer.echo(f"Trained {trainer.step} steps; the networks are in {run.output}/ (best and last .safetensors)")


def fit(trainer: Trainer, again: str) -> None:
    """Train; where that is stopped, or ends in an error, say from which step and how the run can go on."""
    from inpaint import distributed
    from inpaint.device import out_of_memory
    from inpaint.interrupt import Stopped, ignore_stopping

    first = distributed.rank() == 0
    try:
        trainer.fit()
    except Stopped as stop:
        ignore_stopping()  # torchrun asks more than once
        if first:
            saved = f"Stopped and saved at step {trainer.step} of {trainer.steps}"
            typer.echo(f"\n{saved}.  Go on with: {again}", err=True)
        distributed.leave()
        sys.exit(128 + stop.signal)
    except Exception as error:
        if first and trainer.keeper.saved is not None:
            typer.echo(f"Saved at step {trainer.keeper.saved} of {trainer.steps}.  Go on with: {again}", err=True)
        if out_of_memory(error):
            raise ValueError("memory ran out: lower data.batch or data.crop, or set precision=bfloat16") from error
        raise


def command_again(config: Path, settings: list[str], *, launch: str) -> str:
    """Return the command that goes on with a run, quoted for a shell.

    >>> command_again(Path("my run.yaml"), ["data.mask.sides=[8, 16]"], launch="")
    "inpaint train 'my run.yaml' --set 'data.mask.sides=[8, 16]' --resume"
    """
    given = [word for setting in settings for word in ("--set", setting)]
    words = shlex.join(["inpaint", "train", str(config), *given, "--resume"])
    return f"{launch} {words}" if launch else words
