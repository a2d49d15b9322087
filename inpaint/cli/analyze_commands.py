"""Verbs that show how a mosaic destroys a picture, and what restoring can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from inpaint.cli.shared_options import DeviceOption, prepare

PicturesOption = Annotated[Path, typer.Option("--data", metavar="FOLDER", help="Clean pictures.")]
LimitOption = Annotated[int | None, typer.Option(min=1, metavar="N", help="Only N pictures, evenly spread.")]
BlocksOption = Annotated[
    list[int] | None, typer.Option("--block", min=2, metavar="PX", help="Side of a cell; may be repeated.")
]
ModelsOption = Annotated[
    list[str] | None, typer.Option("--model", metavar="MODEL", help="A network to restore with; may be repeated.")
]
FolderOption = Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where PNG and JSON go.")]
DEMO = Path("data/demo/clean")
RESULTS = Path("runs/analysis")
BLOCKS = (4, 8, 16)


def analyze_spectrum(
    data: PicturesOption = DEMO,
    block: BlocksOption = None,
    model: ModelsOption = None,
    limit: LimitOption = None,
    output: FolderOption = RESULTS,
    device: DeviceOption = "auto",
) -> None:
    """Show what a mosaic leaves of every frequency."""
    from inpaint.analysis.spectrum_study import study_spectrum

    prepare()
    pictures, restorers = clean_pictures(data, limit), networks_named(model or ["default"], device)
    found = study_spectrum(pictures, block or BLOCKS, restorers, output)
    for name, shares in found["share_of_power"].items():
        typer.echo(f"{name:40}" + "  ".join(f"{band} {share:7.1%}" for band, share in shares.items()))
    typer.echo(f"Power left in each band, as a share of the picture's; figures and numbers are in {output}")


def analyze_pyramid(
    data: PicturesOption = DEMO,
    block: BlocksOption = None,
    model: ModelsOption = None,
    limit: LimitOption = None,
    output: FolderOption = RESULTS,
    device: DeviceOption = "auto",
) -> None:
    """Show what a mosaic leaves of each band of a Laplacian pyramid."""
    from inpaint.analysis.pyramid_study import study_pyramid

    prepare()
    pictures, restorers = clean_pictures(data, limit), networks_named(model or ["default"], device)
    found = study_pyramid(pictures, block or BLOCKS, restorers, output)
    for name, bands in found["means"].items():
        typer.echo(f"{name:40}" + "  ".join(f"{band['energy']:4.2f} ({band['psnr']:4.1f} dB)" for band in bands))
    typer.echo(f"Energy as a share of the picture's, and PSNR, the finest band first; figures are in {output}")


def analyze_ambiguity(
    data: PicturesOption = DEMO,
    block: BlocksOption = None,
    cells: Annotated[int, typer.Option(min=1, metavar="N", help="Patches are N x N cells.")] = 2,
    limit: LimitOption = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Which patches are asked about.")] = 0,
    output: FolderOption = RESULTS,
) -> None:
    """Count the real patches that have the same cells."""
    from inpaint.analysis.ambiguity_study import study_ambiguity

    prepare()
    found = study_ambiguity(clean_pictures(data, limit), block or BLOCKS, output, cells=cells, seed=seed)
    for size, told in found["blocks"].items():
        shares = {it: sum(count > 0 for count in counts) / len(counts) for it, counts in told["fitting"].items()}
        typer.echo(f"cells of {size} px: " + ", ".join(f"{share:.0%} within {it}" for it, share in shares.items()))
    typer.echo(f"Share of patches that another one fits within so many levels; figures and numbers are in {output}")


def analyze_tradeoff(
    data: PicturesOption = DEMO,
    model: ModelsOption = None,
    blend: Annotated[
        str | None, typer.Option(metavar="A,B", help="Two of the networks, between which blends are measured.")
    ] = None,
    steps: Annotated[int, typer.Option(min=3, metavar="N", help="Points of a blend, its ends included.")] = 5,
    case: Annotated[list[str] | None, typer.Option(metavar="CASE", help="The damage, as of evaluate.")] = None,
    metric: Annotated[
        str | None, typer.Option(metavar="NAME", help="How natural answers are, such as lpips_whole.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Weights of that metric.")] = None,
    limit: LimitOption = None,
    output: FolderOption = RESULTS,
    device: DeviceOption = "auto",
) -> None:
    """Show what networks trade: nearness against naturalness."""
    from inpaint.analysis.tradeoff_study import study_tradeoff
    from inpaint.evaluation.cases import parse_case
    from inpaint.metrics.weighted import metrics_named

    prepare()
    restorers = networks_named(model or ["default", "texture"], device)
    ends = tuple((blend or "default,texture").split(",")) if blend or not model else None
    if ends is not None and len(ends) != 2:
        raise ValueError(f"--blend {blend!r} should name two networks, such as default,texture")
    perception = next(iter(metrics_named([metric], weights).items())) if metric else None
    found = study_tradeoff(
        clean_pictures(data, limit),
        restorers,
        [parse_case(name) for name in case or ("mosaic-8", "mosaic-16")],
        output,
        blend=ends,  # pyright: ignore[reportArgumentType]
        steps=steps,
        perception=perception,
    )
    for name, points in found["points"].items():
        for it in points:
            typer.echo(f"{name:14} {it['method']:24} {it['psnr']:6.2f} dB  {it['unnatural']:.3f}")
    typer.echo(f"PSNR, and {found['perception']}; the figure and the numbers are in {output}")


def clean_pictures(data: Path, limit: int | None) -> list[tuple[str, Any]]:
    """Read the pictures of a folder."""
    from inpaint.evaluation.pictures import evenly_spread, read_pictures, split_of

    return list(read_pictures(evenly_spread(split_of(data), limit)))


def networks_named(models: list[str], device: str) -> Mapping[str, Any]:
    """Load networks, by their names."""
    from inpaint.assemble import load

    return {Path(name).stem: load(name, device=device) for name in models}
