"""The verb that finds what is censored, so that nobody has to paint it."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inpaint.cli.printable import printable
from inpaint.cli.shared_options import prepare_pictures

if TYPE_CHECKING:
    from inpaint.folder.detecting import Sighting


def detect(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="A picture, or a folder with its subfolders.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where what is found is written.")],
    form: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="[masks|green|overlay|json]",
            help="What is written: a mask for each picture, the two folders that DeepCreamPy reads, pictures with what "
            "was found drawn over them, or a list of the places.",
        ),
    ] = "masks",
    jobs: Annotated[int, typer.Option(metavar="N", help="Pictures that are searched at once.")] = 2,
) -> None:
    """Find mosaics, bars and blobs that nobody marked."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy comes: its threads gain little and fight the jobs
    from inpaint.cli.batch_bar import BatchBar
    from inpaint.folder.batch_report import others_line
    from inpaint.folder.detecting import detect_folder

    prepare_pictures()
    with BatchBar(sighting_line) as bar:
        sightings = detect_folder(source, output, form=form, jobs=jobs, progress=bar.picture, part_progress=bar.part)
    failed = sum(sighting.error is not None for sighting in sightings)
    censored = sum(bool(sighting.found) for sighting in sightings)
    typer.echo(printable(f"{censored} of {len(sightings)} pictures are censored; what was found is in {output}"))
    if others := others_line(source):
        typer.echo(printable(others))
    if failed:
        sys.exit(1)


def sighting_line(sighting: Sighting) -> str:
    """Say in one line what was found in a picture."""
    from inpaint.mosaic.lattice import sides_in_words

    if sighting.error:
        return sighting.error if str(sighting.path) in sighting.error else f"{sighting.path}: {sighting.error}"
    kinds = Counter(
        f"mosaic of {sides_in_words(region.grid)} px cells"
        if region.grid
        else "translucent " * bool(region.layer) + "bar"
        for region in sighting.found
    )
    said = ", ".join(f"{count} x {kind}" if count > 1 else kind for kind, count in kinds.items())
    written = f" -> {', '.join(map(str, sighting.outputs))}" if sighting.outputs else ""
    return f"{sighting.path}{written} ({said or 'nothing found'})"
