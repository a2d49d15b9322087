"""The command line: parse, call, print.  Each verb imports what it needs, so that --help is quick."""

from __future__ import annotations

import io
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from inpaint.cli.analyze_commands import analyze_ambiguity, analyze_pyramid, analyze_spectrum, analyze_tradeoff
from inpaint.cli.blend_command import blend
from inpaint.cli.config_command import config
from inpaint.cli.dataset_commands import build_dataset, inspect
from inpaint.cli.decensor_command import decensor
from inpaint.cli.detect_command import detect
from inpaint.cli.evaluate_command import evaluate
from inpaint.cli.export_command import export
from inpaint.cli.models_command import models
from inpaint.cli.network_commands import import_weights
from inpaint.cli.new_command import new
from inpaint.cli.plot_command import plot
from inpaint.cli.printable import printable
from inpaint.cli.run_command import run
from inpaint.cli.train_command import train
from inpaint.cli.trial_commands import find_rate, profile
from inpaint.cli.web_command import web
from inpaint.folder.options import MACHINE, PANELS
from inpaint.version import __version__

HELP_FLAGS = {"help_option_names": ["-h", "--help"]}


class PanelCommand(TyperCommand):
    """A command whose help shows its options under the headings of their panels, in plain text."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        arguments = [it for it in self.get_params(ctx) if it.param_type_name == "argument"]
        return ["[OPTIONS]", *map(argument_in_words, arguments)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        panels: dict[str, list[tuple[str, str]]] = {name: [] for name in ("Arguments", "Options", *PANELS)}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                if parameter.param_type_name == "argument":
                    panels["Arguments"].append((argument_in_words(parameter), record[1].removesuffix("  [required]")))
                else:
                    panel = getattr(parameter, "rich_help_panel", None) or "Options"
                    panels.setdefault(panel, []).append(record)
        panels[MACHINE] = panels.pop(MACHINE)
        if len(panels["Options"]) == 1:  # --help alone, which stands last
            panels["Options"] = panels.pop("Options")
        for name, records in panels.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)


def argument_in_words(argument: Any) -> str:
    """Return an argument as its usage shows it: INPUT, FILE... for one or more, [MODEL...] for any number."""
    name = f"{argument.metavar or argument.name.upper()}{'...' if argument.nargs == -1 else ''}"
    return name if argument.required else f"[{name}]"


app = typer.Typer(
    help="Restore mosaics and holes in pictures; build datasets, train and evaluate networks for it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=HELP_FLAGS,
)
VERBS = (
    decensor,
    detect,
    web,
    evaluate,
    build_dataset,
    inspect,
    train,
    config,
    new,
    find_rate,
    profile,
    plot,
    blend,
    import_weights,
    models,
    export,
    run,
)
for verb in VERBS:
    app.command(cls=PanelCommand, context_settings=HELP_FLAGS)(verb)
analyses = typer.Typer(
    help="Show how a mosaic destroys a picture.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings=HELP_FLAGS,
)
for verb in (analyze_spectrum, analyze_pyramid, analyze_ambiguity, analyze_tradeoff):
    name = verb.__name__.removeprefix("analyze_")
    analyses.command(name, cls=PanelCommand, context_settings=HELP_FLAGS)(verb)
app.add_typer(analyses, name="analyze")


def print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"inpaint {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None: ...


def main() -> None:
    """Run the command line; what a user can mend ends as one sentence and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file name that the terminal cannot show must not end a batch
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (ValueError, OSError) as error:
        if said_here(error):
            typer.echo(printable(f"inpaint: {error}", lines=True), err=True)
        sys.exit(1)
    except (MemoryError, RuntimeError) as error:
        if not ran_out(error):
            raise
        typer.echo("inpaint: memory ran out: what is asked for takes more than there is; choose less of it", err=True)
        sys.exit(1)
    finally:
        part()


def ran_out(error: Exception) -> bool:
    """Tell whether an error says that memory ran out."""
    from inpaint.device import out_of_memory

    return out_of_memory(error)


def part() -> None:
    """Part from the other processes of torchrun, if this one has joined them."""
    if "inpaint.distributed" in sys.modules:
        end = sys.exc_info()[1]  # typer ends in SystemExit, whatever came of it
        sys.modules["inpaint.distributed"].leave(wait=isinstance(end, SystemExit) and not end.code)


def said_here(error: Exception) -> bool:
    """Tell whether this process prints an error: that another one ended is said by the first process alone."""
    if "inpaint.distributed" not in sys.modules:
        return True
    distributed = sys.modules["inpaint.distributed"]
    return not isinstance(error, distributed.RankLost) or distributed.rank() == 0
