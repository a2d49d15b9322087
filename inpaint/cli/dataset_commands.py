"""Verbs of datasets: build one, look into one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from inpaint.cli.shared_options import BAR_DELAY, SettingsOption, prepare_pictures


def build_dataset(
    images: Annotated[
        list[Path], typer.Argument(metavar="INPUT", help="Folders of pictures, archives, lists of files, or pictures.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="The dataset's folder; must be new or empty.")
    ],
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A YAML file such as those in configs/dataset/.")
    ] = None,
    settings: SettingsOption = None,
    size: Annotated[int | None, typer.Option(metavar="N", help="The side of a patch, px (256).")] = None,
    splits: Annotated[
        str | None, typer.Option(metavar="A,B,C", help="Shares of train, val and test (0.9,0.05,0.05).")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="The same seed and pictures give the same dataset (0).")
    ] = None,
    patches: Annotated[
        int | None, typer.Option(metavar="N", help="The most patches that one picture gives (8).")
    ] = None,
    keep: Annotated[
        str | None, typer.Option(metavar="WHICH", help="Of near-duplicates: quality, largest or first (quality).")
    ] = None,
    splits_from: Annotated[
        Path | None,
        typer.Option(metavar="DATASET", help="What this dataset holds, and what shows the same, stays in its split."),
    ] = None,
    processes: Annotated[
        int, typer.Option(metavar="N", help="Processes that work at once; the result is the same.")
    ] = 1,
    restart: Annotated[
        bool, typer.Option("--restart", help="Throw away what an unfinished build left, and start anew.")
    ] = False,
) -> None:
    """Cut pictures into patches for training and testing.

    Pictures that look alike stay in one split.  A build that was stopped goes on with the same command.
    """
    from tqdm import tqdm

    from inpaint.builders.dataset import build_dataset as build
    from inpaint.builders.settings import read_settings
    from inpaint.builders.work.work_folder import work_folder

    try:
        shares = None if splits is None else [float(share) for share in splits.split(",")]
    except ValueError:
        raise ValueError(f"--splits {splits!r} should be three numbers such as 0.9,0.05,0.05") from None
    earlier = None if splits_from is None else str(splits_from)
    given = {
        "keep": keep,
        "splits_from": earlier,
        "size": size,
        "splits": shares,
        "seed": seed,
        "patches_per_image": patches,
    }
    flags = [f"{name}={value}" for name, value in given.items() if value is not None]
    chosen = read_settings(config, [*(settings or []), *flags])
    fetching = tqdm(unit="picture", desc="downloading", delay=BAR_DELAY, leave=False)
    with fetching, tqdm(unit="picture", delay=BAR_DELAY) as bar:

        def progress(done: int, total: int, bar: tqdm = bar) -> None:
            bar.total = total
            bar.update(done - bar.n)

        def downloaded(done: int, total: int) -> None:
            progress(done, total, fetching)

        given = {"settings": chosen, "processes": processes, "restart": restart}
        try:
            report = build(images, output, **given, progress=progress, downloaded=downloaded)
        except KeyboardInterrupt:
            bar.close()
            typer.echo(f"\nStopped; {work_folder(output)} keeps what is done.  Go on with the same command.", err=True)
            sys.exit(130)
    typer.echo(report.table())
    typer.echo(f"\nThe dataset is in {output}/; look at {output / 'contact.png'}")


def inspect(
    dataset: Annotated[
        Path, typer.Argument(metavar="DATASET", help="A dataset in folders or shards, or any folder of pictures.")
    ],
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page about the dataset to this file.")
    ] = None,
) -> None:
    """Check a dataset for faults and print what it holds.

    Faults are wrong checksums, missing files and pictures that leak between splits.
    """
    from tqdm import tqdm

    from inpaint.builders.inspection.inspect import inspect_dataset
    from inpaint.builders.report.dataset_page import dataset_page
    from inpaint.builders.report.statistics import describe_dataset
    from inpaint.files import write_text

    prepare_pictures()
    with tqdm(unit="file", delay=BAR_DELAY) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        found = inspect_dataset(dataset, progress=progress)
    typer.echo(found.text)
    if html:
        write_text(html, dataset_page(describe_dataset(dataset), dataset))
    for fault in found.faults:
        typer.echo(f"inpaint: {fault}", err=True)
    if found.faults:
        sys.exit(1)
