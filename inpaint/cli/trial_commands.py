"""Verbs that try out a run without keeping what it learns: where its time goes, and which rates it bears."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inpaint.cli.shared_options import SettingsOption, prepare

if TYPE_CHECKING:
    from inpaint.training.profiling import Share
    from inpaint.training.rate_range import Tried

ConfigArgument = Annotated[Path, typer.Argument(metavar="CONFIG", help="A YAML file, or the name of a bundled one.")]
MARKS = 40  # signs of the longest bar


def profile(
    config: ConfigArgument,
    settings: SettingsOption = None,
    steps: Annotated[int, typer.Option(min=1, metavar="N", help="How many steps are measured.")] = 5,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where the trace goes, for ui.perfetto.dev.")
    ] = Path("trace.json"),
) -> None:
    """Show where the time of a training step goes."""
    from inpaint.assemble import trainer_of
    from inpaint.config import read_run
    from inpaint.config.bundled import config_file
    from inpaint.training.profiling import profiled

    prepare()
    if output.is_dir():
        raise ValueError(f"{output} is a folder; --output should be the file of the trace")
    run = read_run(config_file(config), [*(settings or []), "data.workers=0"])
    trainer = trainer_of(run)
    shares = profiled(trainer, steps=steps, trace=output)
    for line in profile_lines(shares, card=trainer.device.type == "cuda"):
        typer.echo(line)
    typer.echo("data is prepared in one process here; in a training data.workers prepare it meanwhile")
    typer.echo(f"the trace of {steps} steps is in {output}")


def profile_lines(shares: list[Share], *, card: bool) -> list[str]:
    """Return a line for each part of a step, with its share of the whole.

    >>> from inpaint.training.profiling import Share
    >>> profile_lines([Share("data", 0.5, 0.0), Share("step", 2.0, 0.0)], card=False)
    ['data                             500.0 ms   25 %', 'a step                          2000.0 ms']
    """
    whole = next(share for share in shares if share.name == "step")
    lines = []
    for share in shares:
        time = f"{share.processor * 1e3:9.1f} ms"
        time += f" {share.card * 1e3:9.1f} ms on the card" if card else ""
        named = "a step" if share is whole else share.name
        lines.append(
            f"{named:30} {time}" + ("" if share is whole else f" {share.processor / whole.processor:4.0%}"[:-1] + " %")
        )
    return lines


def find_rate(
    config: ConfigArgument,
    settings: SettingsOption = None,
    steps: Annotated[int, typer.Option(metavar="N", help="How many rates are tried, a step each.")] = 100,
    low: Annotated[float, typer.Option(metavar="RATE", help="The first rate.")] = 1e-7,
    high: Annotated[float, typer.Option(metavar="RATE", help="The last rate.")] = 1.0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="A JSON file for the rates and losses.")
    ] = None,
) -> None:
    """Try rising learning rates and suggest one."""
    from inpaint.assemble import trainer_of
    from inpaint.config import read_run
    from inpaint.config.bundled import config_file
    from inpaint.files import write_text
    from inpaint.training.rate_range import rate_range, suggested_rate

    prepare()
    trainer = trainer_of(read_run(config_file(config), settings or []))
    tried = rate_range(trainer, low=low, high=high, steps=steps)
    for line in rate_lines(tried):
        typer.echo(line)
    if output is not None:
        write_text(output, json.dumps([it._asdict() for it in tried], indent=1) + "\n")
    main = next((name for name in trainer.players if name == "generator"), next(iter(trainer.players)))
    typer.echo(f"a rate to begin with: --set optim.{main}.lr={suggested_rate(tried):.1e}")


def rate_lines(tried: list[Tried], count: int = 25) -> list[str]:
    """Return lines that show the loss over the rate, so many at most, with bars between the least and the most."""
    shown = tried[:: max(1, len(tried) // count)]
    least, most = min(it.loss for it in tried), max(it.loss for it in tried)
    room = max(most - least, 1e-12)
    return [f"{it.rate:8.1e}  {it.loss:10.5f}  {'#' * round(MARKS * (it.loss - least) / room)}" for it in shown]
