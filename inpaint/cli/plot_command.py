"""The verb that draws the curves of training runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def plot(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="The folder of a run, or its journal.jsonl.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="A PNG or an HTML file; one gets the other beside it."),
    ] = Path("curves.html"),
) -> None:
    """Draw the curves of training runs."""
    from inpaint.analysis.run_curves import draw_runs, page_of_runs, read_runs

    if output.suffix.lower() not in (".png", ".html"):
        raise ValueError(f"{output} should be a .png or an .html file")
    read, picture, page = read_runs(runs), output.with_suffix(".png"), output.with_suffix(".html")
    draw_runs(read, picture)
    page_of_runs(read, picture, page)
    typer.echo(f"The curves of {len(read)} run{'s' * (len(read) > 1)} are in {page} and {picture}")
