"""Verbs of networks: measure one, take in one that others have trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inpaint.cli.shared_options import BAR_DELAY, DeviceOption, PrecisionOption, SettingsOption, prepare
from inpaint.importing.layouts import LAYOUTS

LAYOUT_NAMES = f"Whose weights they are, else told by the file: {', '.join([*LAYOUTS][:-1])} or {[*LAYOUTS][-1]}."
CASE_HELP = "The damage: mosaic-BLOCK, hole-MASK, or baked into the dataset; may be repeated."


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="default, texture, or a checkpoint (.safetensors).")],
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="A dataset, or any folder of clean pictures.")],
    split: Annotated[
        str, typer.Option(metavar="[train|val|test]", help="The split of a dataset that is measured on.")
    ] = "test",
    case: Annotated[list[str] | None, typer.Option(metavar="CASE", help=CASE_HELP)] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the numbers to this file.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with pictures to this file.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Measure on only N pictures, evenly spread.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same masks and mosaics.")] = 0,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "float32",
) -> None:
    """Measure how well a network restores pictures.

    Methods that need no training are measured beside it.
    """
    from tqdm import tqdm

    from inpaint.assemble import load
    from inpaint.evaluation.cases import DEFAULT_CASES, parse_case
    from inpaint.evaluation.evaluate import evaluate as measure
    from inpaint.evaluation.evaluation_page import write_evaluation_page
    from inpaint.evaluation.pictures import baked_censor, baked_damage, read_pictures, split_of
    from inpaint.evaluation.tables import text_table, write_scores

    prepare()
    for path in (json, html):
        if path and path.is_dir():  # said before the measuring, not after it
            raise ValueError(f"{path} is a folder, but should be the file to write")
    restorer = load(model, device=device, precision=precision)
    found = split_of(data, split)
    found = [found[index * len(found) // limit] for index in range(limit)] if limit and limit < len(found) else found
    censors = [censor for censor in restorer.shows if any(baked_censor(clean) == censor for clean in found)]
    if "baked" in (case or []) and not censors:
        raise ValueError(f"{data} has nothing baked into its split {split!r} that {model} has learned to restore")
    names = [each for name in case or [] for each in ([f"baked-{it}" for it in censors] if name == "baked" else [name])]
    cases = list(map(parse_case, names)) or [it for it in DEFAULT_CASES if it.censor in restorer.shows]
    with tqdm(total=len(found), unit="picture", delay=BAR_DELAY) as bar:
        name = Path(model).stem

        def progress(picture: str) -> None:
            bar.update()

        result = measure(
            {name: restorer},
            read_pictures(found),
            cases=cases,
            seed=seed,
            progress=progress,
            baked=lambda index, case: baked_damage(found[index], case),
        )
    typer.echo(text_table(result))
    if json:
        write_scores(result, json)
    if html:
        write_evaluation_page(result, html, title=f"{name} on {data.name}")


def import_weights(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files of weights; EdgeConnect takes two.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The checkpoint to write (.safetensors).")
    ],
    layout: Annotated[str | None, typer.Option("--as", metavar="NAME", help=LAYOUT_NAMES)] = None,
    channels: Annotated[
        str, typer.Option(metavar="[auto|rgb|bgr]", help="The order of colours that the weights expect.")
    ] = "auto",
    settings: SettingsOption = None,
) -> None:
    """Turn weights that authors published into a checkpoint."""
    from inpaint.importing.convert import import_weights as convert

    typer.echo(convert(files, output, layout=layout, channels=channels, settings=settings or []).text())
