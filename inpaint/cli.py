"""The command line: parse, call, print.  Each verb imports what it needs, so that --help is quick."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from inpaint.folder import Outcome

app = typer.Typer(
    help="Restore mosaics, bars and holes in pictures; build datasets, train and evaluate networks for it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
DELAY = 1.0  # s before a progress bar appears: what fails at once shows none
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="key=value, dots between levels.")]
Precision = Annotated[str, typer.Option(help="float32 or bfloat16 (faster on recent CPUs and GPUs).")]


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


def prepare() -> None:
    """Set what every verb that runs a network wants: denormals make CPUs crawl, OpenCV's threads fight torch's."""
    import cv2
    import torch

    torch.set_flush_denormal(True)
    cv2.setNumThreads(1)


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="The run's YAML file.")],
    settings: Settings = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from where the run's folder stands.")] = False,
) -> None:
    """Train a network as a YAML file describes it."""
    import signal

    from inpaint import distributed
    from inpaint.assemble import trainer_of
    from inpaint.config import read_run

    prepare()
    distributed.join()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    run = read_run(config, settings or [])
    state = Path(run.output) / "state.pt"
    if state.exists() and not resume:
        raise ValueError(f"{state} exists: add --resume to go on, or choose another folder with --set output=...")
    trainer = trainer_of(run)
    if resume:
        trainer.resume()
    try:
        trainer.fit()
    except KeyboardInterrupt:
        given = [f"--set {setting}" for setting in settings or []]
        again = " ".join(["inpaint train", str(config), *given, "--resume"])
        typer.echo(f"\nStopped and saved at step {trainer.step} of {trainer.steps}.  Go on with: {again}", err=True)
        sys.exit(130)
    typer.echo(f"Trained {trainer.step} steps; the networks are in {run.output}/ (best and last .safetensors)")


@app.command()
def build_dataset(
    images: Annotated[list[Path], typer.Argument(help="Folders of pictures, archives, manifests or single pictures.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The dataset's folder; must be new or empty.")],
    config: Annotated[Path | None, typer.Option(help="A YAML file as in configs/dataset/.")] = None,
    settings: Settings = None,
    size: Annotated[int | None, typer.Option(help="Side of a patch, px (256).")] = None,
    splits: Annotated[str | None, typer.Option(help="Shares of train, val and test (0.9,0.05,0.05).")] = None,
    seed: Annotated[int | None, typer.Option(help="What is drawn depends on this and the pictures (0).")] = None,
    patches: Annotated[int | None, typer.Option(help="Patches from one picture at most (8).")] = None,
    processes: Annotated[int, typer.Option(help="Worker processes; the result does not depend on it.")] = 1,
    restart: Annotated[bool, typer.Option("--restart", help="Throw away what an unfinished build left.")] = False,
) -> None:
    """Cut pictures into patches with leak-free train, val and test splits; begun again, it goes on."""
    from tqdm import tqdm

    from inpaint.builders.dataset import build_dataset as build
    from inpaint.builders.settings import read_settings
    from inpaint.builders.work import work_folder

    try:
        shares = None if splits is None else [float(share) for share in splits.split(",")]
    except ValueError:
        raise ValueError(f"--splits {splits!r} should be three numbers such as 0.9,0.05,0.05") from None
    given = {"size": size, "splits": shares, "seed": seed, "patches_per_image": patches}
    flags = [f"{name}={value}" for name, value in given.items() if value is not None]
    chosen = read_settings(config, [*(settings or []), *flags])
    with tqdm(unit="picture", delay=DELAY) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        try:
            report = build(images, output, settings=chosen, processes=processes, restart=restart, progress=progress)
        except KeyboardInterrupt:
            bar.close()
            typer.echo(f"\nStopped; {work_folder(output)} keeps what is done.  Go on with the same command.", err=True)
            sys.exit(130)
    typer.echo(report.table())
    typer.echo(f"\nThe dataset is in {output}/; look at {output / 'contact.png'}")


@app.command()
def inspect(
    dataset: Annotated[Path, typer.Argument(help="A dataset in folders or shards, or any folder of pictures.")],
    html: Annotated[Path | None, typer.Option(help="Write its description with pictures to this file.")] = None,
) -> None:
    """Check a dataset (checksums, missing files, leaks between splits) and print what it holds."""
    from tqdm import tqdm

    from inpaint.builders.describe import describe
    from inpaint.builders.inspect import inspect as check
    from inpaint.builders.page import page
    from inpaint.files import write_text

    prepare()
    with tqdm(unit="file", delay=DELAY) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        found = check(dataset, progress=progress)
    typer.echo(found.text)
    if html:
        write_text(html, page(describe(dataset), dataset))
    for fault in found.faults:
        typer.echo(f"inpaint: {fault}", err=True)
    if found.faults:
        sys.exit(1)


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(help="A bundled network (default) or a checkpoint (.safetensors).")],
    data: Annotated[Path, typer.Option(help="A dataset, or any folder of clean pictures.")],
    split: Annotated[str, typer.Option(help="Which split of a dataset.")] = "test",
    case: Annotated[list[str] | None, typer.Option(help="mosaic-BLOCK or hole-MASK; may be repeated.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the numbers to this file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures to this file.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Measure on this many pictures only, evenly spread.")] = None,
    seed: Annotated[int, typer.Option(help="Of the masks and mosaics.")] = 0,
    device: Device = "auto",
    precision: Precision = "float32",
) -> None:
    """Measure a network beside baselines on pictures it has not seen."""
    from tqdm import tqdm

    from inpaint.assemble import load
    from inpaint.evaluation.cases import DEFAULT_CASES, parse_case
    from inpaint.evaluation.evaluate import evaluate as measure
    from inpaint.evaluation.page import write_page
    from inpaint.evaluation.pictures import picture_paths, pictures
    from inpaint.evaluation.report import table, write_json

    prepare()
    for path in (json, html):
        if path and path.is_dir():  # said before the measuring, not after it
            raise ValueError(f"{path} is a folder, but should be the file to write")
    restorer = load(model, device=device, precision=precision)
    cases = [parse_case(name) for name in case] if case else [it for it in DEFAULT_CASES if it.censor in restorer.shows]
    paths = picture_paths(data, split)
    paths = [paths[index * len(paths) // limit] for index in range(limit)] if limit and limit < len(paths) else paths
    with tqdm(total=len(paths), unit="picture", delay=DELAY) as bar:
        name = Path(model).stem

        def progress(picture: str) -> None:
            bar.update()

        result = measure({name: restorer}, pictures(paths), cases=cases, seed=seed, progress=progress)
    typer.echo(table(result))
    if json:
        write_json(result, json)
    if html:
        write_page(result, html, title=f"{name} on {data.name}")


@app.command()
def decensor(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="A picture, or a folder (searched through).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for restored pictures.")],
    original: Annotated[Path | None, typer.Option(help="Unpainted originals; their pixels are restored.")] = None,
    mask: Annotated[Path | None, typer.Option(help="A mask for all, or a folder of masks; white = restore.")] = None,
    censor: Annotated[str, typer.Option(help="auto, bar or mosaic.")] = "auto",
    model: Annotated[str, typer.Option(help="A bundled network or a checkpoint (.safetensors).")] = "default",
    colour: Annotated[str, typer.Option(help="The colour that marks a region: RED,GREEN,BLUE.")] = "0,255,0",
    tolerance: Annotated[int, typer.Option(help="How far a mark may be from that colour, per channel of 255.")] = 0,
    variations: Annotated[int, typer.Option(help="1, 2 or 4 results per picture, by flips.")] = 1,
    block: Annotated[str | None, typer.Option(help="The mosaic's cell in px, 8 or 8x12 (height x width).")] = None,
    device: Device = "auto",
    precision: Precision = "float32",
) -> None:
    """Restore the marked regions of a picture or of a folder of pictures."""
    from tqdm import tqdm

    from inpaint.assemble import load
    from inpaint.folder import decensor as restore

    prepare()
    marking, cell = numbers(colour, ",", "--colour"), numbers(block, "x", "--block") if block else None
    if len(marking) != 3:
        raise ValueError(f"--colour {colour!r} should be three numbers such as 0,255,0")
    if cell is not None and len(cell) > 2:
        raise ValueError(f"--block {block!r} should be one number or height x width, such as 8 or 8x12")
    restorer = load(model, device=device, precision=precision)
    with tqdm(unit="picture", delay=DELAY) as bar:

        def progress(outcome: Outcome, done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)
            bar.write(line_of(outcome), file=sys.stderr if outcome.error else sys.stdout)

        outcomes = restore(
            source,
            output,
            restorer=restorer,
            original=original,
            masks=mask,
            censor=censor,
            colour=(marking[0], marking[1], marking[2]),
            tolerance=tolerance,
            variations=variations,
            block=(cell[0], cell[-1]) if cell else None,
            progress=progress,
        )
    failed = sum(outcome.error is not None for outcome in outcomes)
    typer.echo(f"{len(outcomes) - failed} of {len(outcomes)} pictures restored to {output}")
    if failed:
        sys.exit(1)


@app.command()
def import_weights(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of weights; EdgeConnect takes two.")],
    layout: Annotated[str, typer.Option("--as", help="edge_connect, gated, pconv, region_norm, pix2pix or cyclegan.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The checkpoint to write (.safetensors).")],
    channels: Annotated[str, typer.Option(help="What the weights expect: rgb, bgr, or auto.")] = "auto",
    settings: Settings = None,
) -> None:
    """Turn the weights that a network's authors published into a checkpoint."""
    from inpaint.importing.convert import import_weights as convert

    typer.echo(convert(files, output, layout=layout, channels=channels, settings=settings or []).text())


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
    regions = f"{outcome.regions} region" + ("" if outcome.regions == 1 else "s")
    written = ", ".join(str(path) for path in outcome.outputs)
    said = f"{outcome.path} -> {written} ({outcome.censor}, {regions}, {outcome.seconds:.1f} s)"
    return said if outcome.note is None else f"{said}; {outcome.note}"
