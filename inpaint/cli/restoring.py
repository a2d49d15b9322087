"""The verb that most people come for: restore marked pictures."""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inpaint.cli.exporting import loaded
from inpaint.cli.options import DELAY, Device, Precision, prepare

if TYPE_CHECKING:
    from inpaint.folder import Outcome


def decensor(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="A picture, or a folder (searched through).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for restored pictures.")],
    original: Annotated[Path | None, typer.Option(help="Unpainted originals; their pixels are restored.")] = None,
    mask: Annotated[Path | None, typer.Option(help="A mask for all, or a folder of masks; white = restore.")] = None,
    censor: Annotated[str, typer.Option(help="marked, auto (find it where nothing is), bar or mosaic.")] = "marked",
    model: Annotated[str, typer.Option(help="A bundled network or a checkpoint (.safetensors).")] = "default",
    colour: Annotated[str, typer.Option(help="The colour that marks a region: RED,GREEN,BLUE.")] = "0,255,0",
    tolerance: Annotated[int, typer.Option(help="How far a mark may be from that colour (CIE 1976).")] = 0,
    variations: Annotated[int, typer.Option(help="1, 2 or 4 results per picture, by flips.")] = 1,
    block: Annotated[str | None, typer.Option(help="The mosaic's cell in px, 8 or 8x12 (height x width).")] = None,
    best: Annotated[bool, typer.Option("--best", help="Number variations by how well they fit the mosaic.")] = False,
    grow: Annotated[int, typer.Option(help="Restore bars and other holes so many px further than marked.")] = 0,
    feather: Annotated[int, typer.Option(help="Lead over to known pixels within so many px, inside the mark.")] = 0,
    match_colour: Annotated[
        bool, typer.Option("--match-colour", help="Match the whole restored region to the known pixels around it.")
    ] = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing/--overwrite", help="Leave alone what is there: goes on with a batch.")
    ] = False,
    on_empty: Annotated[str, typer.Option(help="A picture without marks: error, copy or skip.")] = "error",
    jobs: Annotated[int, typer.Option(help="Files that are worked on at once.")] = 3,
    keep_times: Annotated[
        bool, typer.Option("--keep-times", help="Give outputs the times of the files that they came from.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only draw what was found over each picture.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write what became of each picture to this file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with thumbnails to this file.")] = None,
    backend: Annotated[str, typer.Option(help="What computes: torch, or onnx for ONNX Runtime.")] = "torch",
    device: Device = "auto",
    precision: Precision = "float32",
) -> None:
    """Restore the marked regions of a picture or of a folder of pictures."""
    from tqdm import tqdm

    from inpaint import distributed
    from inpaint.folder import decensor as restore
    from inpaint.folder.report import write_json, write_page

    prepare()
    for path in (json, html):
        if path and path.is_dir():  # said before the work, not after it
            raise ValueError(f"{path} is a folder, but should be the file to write")
    marking, cell = numbers(colour, ",", "--colour"), numbers(block, "x", "--block") if block else None
    if len(marking) != 3:
        raise ValueError(f"--colour {colour!r} should be three numbers such as 0,255,0")
    if cell is not None and len(cell) > 2:
        raise ValueError(f"--block {block!r} should be one number or height x width, such as 8 or 8x12")
    restorer = loaded(model, backend, device=device, precision=precision)
    with tqdm(unit="picture", delay=DELAY) as bar:

        def progress(outcome: Outcome, done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)
            bar.write(line_of(outcome), file=sys.stderr if outcome.error else sys.stdout)

        outcomes = restore(
            source,
            output,
            restorer=partial(restorer, feather=feather, match_colour=match_colour),
            original=original,
            masks=mask,
            censor=censor,
            colour=(marking[0], marking[1], marking[2]),
            tolerance=tolerance,
            variations=variations,
            block=(cell[0], cell[-1]) if cell else None,
            grow=grow,
            best=best,
            existing="skip" if skip_existing else "overwrite",
            on_empty=on_empty,
            jobs=jobs,
            keep_times=keep_times,
            dry_run=dry_run,
            thumbnails=html is not None,
            progress=progress,
        )
    if distributed.rank() == 0:
        for path, written in ((json, write_json), (html, partial(write_page, title=f"{source.name} restored"))):
            if path:
                written(outcomes, path)
        typer.echo(summary(outcomes, output))
    if any(outcome.error for outcome in outcomes):
        sys.exit(1)


def summary(outcomes: list[Outcome], output: Path) -> str:
    """Say in one line what became of the batch."""
    done = sum(outcome.status == "restored" for outcome in outcomes)
    others = Counter(outcome.status for outcome in outcomes if outcome.status not in ("restored", "failed"))
    said = f"{done} of {len(outcomes)} pictures restored to {output}"
    return "; ".join([said, *(f"{count} {status}" for status, count in others.items())])


def numbers(text: str, between: str, option: str) -> list[int]:
    """Read whole numbers with something between them."""
    try:
        return [int(number) for number in text.lower().split(between)]
    except ValueError:
        raise ValueError(f"{option} {text!r} should be whole numbers with {between!r} between them") from None


def line_of(outcome: Outcome) -> str:
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
