"""The verb that trains a network, and what it says when it is stopped."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sized
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inpaint.cli.shared_options import SettingsOption, prepare

if TYPE_CHECKING:
    from inpaint.config import Run
    from inpaint.training.trainer import Trainer


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="A YAML file, or the name of one that is bundled.")],
    settings: SettingsOption = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Build everything and say what it would take.")] = False,
    overfit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Learn N samples by heart, to see whether it learns at all.")
    ] = None,
) -> None:
    """Train a network as a YAML file describes it."""
    from inpaint import distributed
    from inpaint.assemble import trainer_of
    from inpaint.assemble.stages import stages_of, trainers_of
    from inpaint.config import read_run
    from inpaint.config.bundled import config_file
    from inpaint.training.states import States

    prepare()
    distributed.join()
    settings = [*(settings or []), *([] if overfit is None else [f"data.overfit={overfit}"])]
    run = read_run(config_file(config), settings)
    states = States(Path(run.output)).found()
    if states and not resume and not dry_run:
        raise ValueError(f"{states[0]} exists: add --resume to go on, or choose another folder with --set output=...")
    if dry_run:
        for stage in stages_of(run):
            for line in dry_run_lines(trainer_of(stage.run, stage.start), stage.run, states, stage.start):
                if distributed.rank() == 0:
                    typer.echo(line if stage.name is None else f"{stage.name}: {line}")
        return
    again = command_again(config, settings, launch=distributed.launch_command())
    for trainer in trainers_of(run, resume=resume):
        fit_or_stop(trainer, again)
        tell_end(trainer)


def tell_end(trainer: Trainer) -> None:
    """Say what came of a training, or of a stage of it."""
    from inpaint import distributed

    if distributed.rank() == 0:
        if trainer.teller.gain is not None:
            gain, error = trainer.teller.gain
            typer.echo(f"PSNR over the mask since the beginning: {gain:+.2f} dB, standard error {error:.2f}")
        if trainer.weary():
            typer.echo(f"Ended early: {trainer.stale} validations brought nothing better")
        there = [name for name in ("best", "last") if (trainer.folder / f"{name}.safetensors").is_file()]
        typer.echo(
            f"Trained {trainer.step} steps; the networks are in {trainer.folder}/ ({' and '.join(there)} .safetensors)"
        )


def dry_run_lines(trainer: Trainer, run: Run, states: list[Path], start: int) -> list[str]:
    """Say what a run would take, after steps that are not kept, and what lies in its folder already."""
    from inpaint.assemble import samples_of
    from inpaint.training.trial import try_out

    lines = [
        f"{named.path}: {f'{len(source)} pictures' if isinstance(source, Sized) else 'drawn as they are needed'}"
        for named, source in zip(run.data.train, samples_of(run).sources, strict=True)
    ]
    lines.append(f"{len(trainer.validation)} samples to validate with")
    trainer.step = start
    lines += try_out(trainer).lines(trainer, run.data.batch * run.accumulate, start)
    if states:
        lines.append(f"{run.output} holds a run already ({states[0].name}): --resume goes on with it")
    else:
        lines.append(f"{run.output} is free")
    return [*lines, "nothing was written"]


def fit_or_stop(trainer: Trainer, again: str) -> None:
    """Train; where that is stopped, or ends in an error, say from which step and how the run can go on."""
    from inpaint import distributed
    from inpaint.device import out_of_memory
    from inpaint.interrupt import Stopped, ignore_stopping
    from inpaint.training.run_folder import FolderInUse

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
        if first and trainer.keeper.saved is not None and not isinstance(error, FolderInUse):
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
