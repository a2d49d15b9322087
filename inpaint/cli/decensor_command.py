"""The verb that most people come for: restore marked pictures."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from inpaint.cli.export_command import loaded
from inpaint.cli.printable import printable
from inpaint.cli.shared_options import DeviceOption, PrecisionOption, prepare
from inpaint.folder.options import (
    FIELDS,
    FILES,
    HOW,
    MACHINE,
    REPORTS,
    WHAT,
    options_from,
    show_options,
    shown_of,
)

if TYPE_CHECKING:
    from inpaint.folder import Outcome


def words_of(value: Any) -> str:
    """Write a default as a person would give it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def option_parameter(name: str) -> Parameter:
    """Make the parameter of the command line for an option of the record, which reads its values and checks them."""
    field, shown, flag = FIELDS[name], shown_of(name), f"--{name.replace('_', '-')}"
    how: dict[str, Any] = {"help": field.description, "rich_help_panel": shown.panel}
    if isinstance(field.default, bool):
        kind, default = bool, field.default
        info = typer.Option("/".join(filter(None, (flag, shown.off))), **how)
    else:
        kind, default = str, None if field.default is None else words_of(field.default)
        info = typer.Option(flag, metavar=shown.metavar, **how)
    annotation = Annotated[kind if default is not None else str | None, info]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def decensor(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="A picture, or a folder with its subfolders.")],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FOLDER", rich_help_panel=FILES, help="Where results are written."),
    ],
    original: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", rich_help_panel=WHAT, help="The unpainted pictures; their pixels are restored."),
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH", rich_help_panel=WHAT, help="A mask for all, or a folder of masks; white = restore."
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL",
            rich_help_panel=HOW,
            help="default, texture, or a network's file; holes=FILE and mosaics=FILE for one each.",
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=REPORTS, help="Write what became of each picture to this file."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=REPORTS, help="Write a page that shows each place to this file."),
    ] = None,
    jobs: Annotated[
        int, typer.Option(metavar="N", rich_help_panel=MACHINE, help="Files that are worked on at once.")
    ] = 3,
    backend: Annotated[
        str,
        typer.Option(
            rich_help_panel=MACHINE, metavar="[torch|onnx]", help="The library that computes; onnx is ONNX Runtime."
        ),
    ] = "torch",
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    **options: Any,
) -> None:
    """Restore the marked places of a picture or of a folder."""
    from inpaint import distributed
    from inpaint.cli.batch_bar import BatchBar
    from inpaint.folder.batch import decensor as restore
    from inpaint.folder.batch_report import others_line, room_for_reports, write_outcomes, write_outcomes_page
    from inpaint.images import other_files

    prepare()
    for path in (json, html):
        if path and path.is_dir():  # said before the work, not after it
            raise ValueError(f"{path} is a folder, but should be the file to write")
    options_from(options)  # what is wrong is said before a network is loaded
    restorer = loaded(model or ["default"], backend, device=device, precision=precision)
    with room_for_reports(source, json, html), BatchBar(outcome_line) as bar:
        given: dict[str, Any] = {"original": original, "masks": mask, "jobs": jobs, "thumbnails": html is not None}
        told = {"progress": bar.picture, "frame_progress": bar.frame, "part_progress": bar.part}
        outcomes = restore(source, output, restorer=restorer, **told, **given, **options)
    if distributed.rank() == 0:
        for path, written in (
            (json, partial(write_outcomes, others=other_files(source))),
            (html, partial(write_outcomes_page, title=f"{source.name} restored")),
        ):
            if path:
                written(outcomes, path)
        for line in filter(None, (summary(outcomes, output), others_line(source))):
            typer.echo(printable(line))
    if any(outcome.error for outcome in outcomes):
        sys.exit(1)


show_options(decensor, map(option_parameter, FIELDS))


def summary(outcomes: list[Outcome], output: Path) -> str:
    """Say in one line what became of the batch."""
    done = sum(outcome.status == "restored" for outcome in outcomes)
    others = Counter(outcome.status for outcome in outcomes if outcome.status not in ("restored", "failed"))
    said = f"{done} of {len(outcomes)} pictures restored to {output}"
    return "; ".join([said, *(f"{count} {status}" for status, count in others.items())])


def outcome_line(outcome: Outcome) -> str:
    """Say in one line what became of a picture."""
    if outcome.error:
        return outcome.error if str(outcome.path) in outcome.error else f"{outcome.path}: {outcome.error}"
    if outcome.status == "skipped":
        return f"{outcome.path} skipped: {outcome.note}"
    regions = f"{outcome.regions} region" + ("" if outcome.regions == 1 else "s")
    written = ", ".join(str(path) for path in outcome.outputs)
    what = ", ".join(text for text in (outcome.censor, regions, f"{outcome.seconds:.1f} s") if text)
    said = f"{outcome.path} -> {written} ({what})"
    return said if outcome.note is None else f"{said}; {outcome.note}"
