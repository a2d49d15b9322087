"""The command line: parse, call, print.  Each verb imports what it needs, so that --help is quick."""

from __future__ import annotations

import io
import sys

import typer

from inpaint.cli.datasets import build_dataset, inspect
from inpaint.cli.detecting import detect
from inpaint.cli.exporting import export
from inpaint.cli.networks import evaluate, import_weights, train
from inpaint.cli.restoring import decensor
from inpaint.cli.serving import web

app = typer.Typer(
    help="Restore mosaics, bars and holes in pictures; build datasets, train and evaluate networks for it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb in (train, build_dataset, inspect, evaluate, decensor, detect, import_weights, export, web):
    app.command()(verb)


def main() -> None:
    """Run the command line; what a user can mend ends as one sentence and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file name that the terminal cannot show must not end a batch
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except (ValueError, OSError) as error:
        typer.echo(f"inpaint: {error}", err=True)
        sys.exit(1)
