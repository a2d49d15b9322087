"""The verb that writes a run's YAML from answers on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def new(
    output: Annotated[Path, typer.Argument(metavar="FILE", help="The YAML file to write.")],
    generator: Annotated[str, typer.Option(metavar="NAME", help="The network that restores.")] = "unet",
    discriminator: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A network that judges; may be repeated.")
    ] = None,
    loss: Annotated[
        str | None, typer.Option(metavar="NAME", help="The adversarial loss, where there is a judge: hinge.")
    ] = None,
    perceptual: Annotated[bool, typer.Option("--perceptual", help="Compare features of VGG16, too.")] = False,
    style: Annotated[bool, typer.Option("--style", help="Compare how these features go together, too.")] = False,
    damage: Annotated[str, typer.Option(metavar="[hole|mosaic|both]", help="What is to be restored.")] = "both",
    train: Annotated[str, typer.Option(metavar="FOLDER", help="The pictures to learn from.")] = "data/train",
    validation: Annotated[str, typer.Option(metavar="FOLDER", help="Other pictures, to try it on.")] = "data/val",
    crop: Annotated[int, typer.Option(metavar="PX", help="The side of what it learns from at once.")] = 256,
    batch: Annotated[int, typer.Option(metavar="N", help="Pictures in a step.")] = 16,
    steps: Annotated[int, typer.Option(metavar="N", help="The length of the run.")] = 100_000,
) -> None:
    """Write a run's YAML from a few answers."""
    from inpaint.assemble.answers import Answers, tree_of_answers, yaml_of_answers
    from inpaint.files import write_text

    if output.exists():
        raise ValueError(f"{output} exists: choose another file")
    if loss is not None and not discriminator:
        raise ValueError(f"--loss {loss} is of a discriminator that judges: name one with --discriminator")
    answers = Answers(
        generator=generator,
        discriminators=tuple(discriminator or ()),
        loss=loss or "hinge",
        perceptual=perceptual,
        style=style,
        damage=damage,
        train=train,
        validation=validation,
        crop=crop,
        batch=batch,
        steps=steps,
    )
    tree = tree_of_answers(answers, f"runs/{output.stem}")
    write_text(output, yaml_of_answers(tree))
    typer.echo(f"{output} is written; try it with: inpaint train {output} --dry-run")
