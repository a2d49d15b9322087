"""The verb of IOPaint's batches, with its flags, so that scripts written for it need only another name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inpaint.cli.decensor_command import outcome_line, summary
from inpaint.cli.shared_options import BAR_DELAY, DeviceOption, prepare

if TYPE_CHECKING:
    from inpaint.folder import Outcome

OF_IOPAINT = ("lama", "anime-lama", "ldm", "zits", "mat", "fcf", "manga", "cv2", "migan")


def run(
    image: Annotated[Path, typer.Option(metavar="PATH", help="A picture or a folder of pictures.")],
    mask: Annotated[Path, typer.Option(metavar="PATH", help="A mask for all, or a folder of masks of the same names.")],
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where results are written, as NAME.png.")],
    model: Annotated[str, typer.Option(metavar="MODEL", help="default, texture, or the file of a network.")] = "lama",
    device: DeviceOption = "auto",
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="IOPaint's options as JSON; few mean something here.")
    ] = None,
    concat: Annotated[
        bool, typer.Option("--concat/--no-concat", help="Write picture, mask and result in one.")
    ] = False,
    model_dir: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where MODEL is looked for, with or without .safetensors.")
    ] = None,
) -> None:
    """Restore pictures by IOPaint's command line.

    A new script is better off with decensor, which keeps formats and decides between holes and mosaics.
    """
    from tqdm import tqdm

    from inpaint.assemble import load
    from inpaint.folder.as_iopaint import config_from, restore_as_iopaint, unheeded

    prepare()
    note = unheeded(config_from(config))
    if note:
        typer.echo(note, err=True)
    restorer = load(found_model(model, model_dir), device=device)
    with tqdm(unit="picture", delay=BAR_DELAY) as bar:

        def progress(outcome: Outcome, done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)
            bar.write(outcome_line(outcome), file=sys.stderr if outcome.error else sys.stdout)

        outcomes = restore_as_iopaint(image, mask, output, restorer=restorer, concat=concat, progress=progress)
    typer.echo(summary(outcomes, output))
    if any(outcome.error for outcome in outcomes):
        sys.exit(1)


def found_model(model: str, folder: Path | None) -> str:
    """Return a network by the name that IOPaint's command line gives it: a file of the folder, or one of ours."""
    for suffix in ("", ".safetensors", ".pt", ".pth"):
        if folder is not None and (folder / f"{model}{suffix}").is_file():
            return str(folder / f"{model}{suffix}")
    if model not in OF_IOPAINT:
        return model
    typer.echo(f"{model} is not bundled here: default restores in its place; --model takes its file", err=True)
    return "default"
