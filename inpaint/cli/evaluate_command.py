"""The verb that measures: networks, methods that need none, and what other programs restored."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from inpaint.cli.shared_options import BAR_DELAY, DeviceOption, PrecisionOption, prepare

COMPARED, MEASURED, WRITTEN_FILES = "What is compared", "What is measured", "What is written"
MODEL_HELP = "default, texture, vivid, or checkpoints (.safetensors); none measures the baselines alone."
CASE_HELP = "The damage: mosaic-BLOCK, hole-MASK, or baked into the dataset; may be repeated."


def evaluate(
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="A dataset, or any folder of clean pictures.")],
    models: Annotated[list[str] | None, typer.Argument(metavar="MODEL", help=MODEL_HELP)] = None,
    split: Annotated[
        str, typer.Option(metavar="[train|val|test]", help="The split of a dataset that is measured on.")
    ] = "test",
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Measure on only N pictures, evenly spread.")
    ] = None,
    restored: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", rich_help_panel=COMPARED, help="What another program made."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="NAME", rich_help_panel=COMPARED, help="The row that differences are taken to."),
    ] = None,
    baselines: Annotated[
        bool, typer.Option(rich_help_panel=COMPARED, help="Measure methods that need no training, too.")
    ] = True,
    case: Annotated[list[str] | None, typer.Option(metavar="CASE", rich_help_panel=MEASURED, help=CASE_HELP)] = None,
    protocol: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=MEASURED, help="Cases from YAML, as in configs/evaluation/."),
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", rich_help_panel=MEASURED, help="A mask for each picture, or a protocol's mask set."
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", rich_help_panel=MEASURED, help="See docs/metrics.md; all = all without weights."),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", rich_help_panel=MEASURED, help="Weights of LPIPS, DISTS, FID and KID."),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", rich_help_panel=MEASURED, help="The same seed gives the same damage.")
    ] = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", rich_help_panel=WRITTEN_FILES, help="Where all numbers go."),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", rich_help_panel=WRITTEN_FILES, help="Measure anew what the folder holds already.")
    ] = False,
    json: Annotated[
        Path | None,
        typer.Option(metavar="FILE", rich_help_panel=WRITTEN_FILES, help="The numbers, to this file."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", rich_help_panel=WRITTEN_FILES, help="The page, to this file as well.")
    ] = None,
    write_damage: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", rich_help_panel=WRITTEN_FILES, help="Only write damaged pictures, for others."),
    ] = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "float32",
) -> None:
    """Measure how well networks restore pictures.

    Methods that need no training, and what other programs restored, are measured beside them on the same damage. All
    numbers are written as they come; a run that was stopped goes on when it is started again.
    """
    from inpaint import distributed
    from inpaint.assemble import load
    from inpaint.evaluation.methods import RestoredFolder
    from inpaint.evaluation.plan import damage_files, plan_of

    prepare()
    distributed.join()
    for path in (json, html):
        if path and path.is_dir():  # said before the measuring, not after it
            raise ValueError(f"{path} is a folder, but should be the file to write")
    names = names_of(models or [])
    restorers = {name: load(model, device=device, precision=precision) for model, name in names.items()}
    others = [RestoredFolder(*pair) for pair in map(name_and_folder, restored or [])]
    shown = {censor for restorer in restorers.values() for censor in restorer.shows}
    plan = plan_of(
        data,
        split,
        limit=limit,
        names=case or (),
        protocol=protocol,
        masks=mask,
        metrics=metric or (),
        weights=weights,
        shown=("hole", "mosaic") if others or not shown else sorted(shown),
    )
    for note in plan.notes if distributed.rank() == 0 else ():
        typer.echo(note, err=True)
    if write_damage:
        for sentence in damage_files(plan, seed, write_damage):
            typer.echo(sentence, err=True)
        typer.echo(f"Wrote {len(plan.cases)} cases to {write_damage}: CASE/input, CASE/mask and CASE/target")
        return
    folder = output or Path("runs") / "evaluation" / data.resolve().name
    how = {"seed": seed, "baselines": baselines, "others": others, "against": against}
    result = measured(plan, names, restorers, folder, fresh=fresh, run=(device, precision), **how)
    if distributed.rank() == 0:
        title = f"{', '.join(names.values()) or 'Methods without training'} on {data.resolve().name}"
        about = {"data": str(data), "split": split, "protocol": protocol and str(protocol)}
        reported(result, folder, title=title, about=about, json=json, html=html)


def measured(
    plan: Any, names: dict[str, str], restorers: Any, folder: Path, *, fresh: bool, run: tuple[str, ...], **how: Any
) -> Any:
    """Measure what is planned under a progress bar; Ctrl-C ends as a sentence that says how to go on."""
    from tqdm import tqdm

    from inpaint import distributed
    from inpaint.evaluation.evaluate import evaluate as measure
    from inpaint.evaluation.methods import identity_of
    from inpaint.weights import files_of

    if fresh and distributed.rank() == 0:
        for path in folder.glob("numbers-*.jsonl"):
            path.unlink()
    distributed.barrier()
    identities = {name: identity_of(files_of(model), *run, plan.identity) for model, name in names.items()}
    share = len(range(distributed.rank(), len(plan.pictures), distributed.world_size()))
    try:
        with tqdm(total=share, unit="picture", delay=BAR_DELAY, disable=distributed.rank() > 0) as bar:
            return measure(
                restorers,
                plan.pictures,
                cases=plan.cases,
                progress=lambda _: (bar.update(), None)[1],
                baked=plan.baked,
                metrics=plan.metrics,
                folder=folder,
                identities=identities,
                costs=True,
                **how,
            )
    except KeyboardInterrupt:
        typer.echo(f"\nStopped; what was measured is in {folder}: the same command goes on", err=True)
        sys.exit(130)


def reported(
    result: Any, folder: Path, *, title: str, about: dict[str, Any], json: Path | None, html: Path | None
) -> None:
    """Print the tables, and write all files."""
    from inpaint.evaluation.evaluation_page import write_evaluation_page
    from inpaint.evaluation.report_files import about_run, write_reports
    from inpaint.evaluation.written_tables import text_table, write_scores

    about = about_run() | about
    write_reports(result, folder, title=title, about=about)
    typer.echo(text_table(result))
    if result.reused:
        typer.echo(f"{result.reused} of {len(result.records)} numbers were taken from {folder}; --fresh measures anew.")
    typer.echo(f"The numbers of every picture, tables and a page with pictures are in {folder}")
    if json:
        write_scores(result, json, about)
    if html:
        write_evaluation_page(result, html, title=title)


def names_of(models: list[str]) -> dict[str, str]:
    """Return what each model is called in tables: its file, with its folder where others are called alike."""
    stems = Counter(Path(model).stem for model in models)
    names = {
        model: Path(model).stem if stems[Path(model).stem] == 1 else f"{Path(model).parent.name}/{Path(model).stem}"
        for model in models
    }
    if len(set(names.values())) < len(models):
        raise ValueError(f"every model may be given only once, and its folder must tell it apart: {', '.join(models)}")
    return names


def name_and_folder(given: str) -> tuple[str, Path]:
    """Split NAME=FOLDER."""
    name, equals, folder = given.partition("=")
    if not (name and equals and folder):
        raise ValueError(f"--restored {given!r} should read NAME=FOLDER, such as lama=results/lama")
    return name, Path(folder)
