"""Whether the sections of a run fit each other."""

from __future__ import annotations

from pathlib import Path

from inpaint.config import Run
from inpaint.contracts import Generator
from inpaint.degradation.fills import FILLS, Mosaic
from inpaint.layers.mosaic_cells import OnCells
from inpaint.parts import build


def check_crop(run: Run, generator: Generator) -> None:
    """Raise ValueError where the sides of a crop do not divide as a generator needs."""
    for key, side in (("crop", run.data.crop), ("crop_width", run.data.crop_width)):
        if (side or 0) % generator.multiple:
            raise ValueError(
                f"data.{key} {side} does not divide by {generator.multiple}, as generator {run.generator.name} needs"
            )


def check_block(run: Run, generator: Generator) -> None:
    """Raise ValueError where a generator enlarges cells of one block, and no fill of the run is a mosaic of it."""
    if not isinstance(generator, OnCells):
        return
    short, long = sorted(generator.block)
    fills = [build(FILLS, choice, "fill") for choice in run.data.fill]
    mosaics = [fill for fill in fills if isinstance(fill, Mosaic)]
    for fill in mosaics:
        least, most = (int(short * ratio) for ratio in fill.ratio)  # the longer side of a rectangular cell
        drawn = fill.rectangular < 1 if short == long else fill.rectangular > 0 and least <= long <= most
        if fill.block == (short, short) and drawn:
            return
    blocks = " and ".join(str(low) if low == high else f"{low} to {high}" for low, high in (it.block for it in mosaics))
    raise ValueError(
        f"generator {run.generator.name} enlarges cells of block {short if short == long else list(generator.block)} "
        f"alone, but data.fill draws {'mosaics of block ' + blocks if mosaics else 'no mosaics'}: "
        "choose the same block for both"
    )


def check_precision(run: Run, precision: str) -> None:
    """Raise ValueError where a recipe differentiates by itself what float16 would have to scale."""
    if precision == "float16" and run.recipe.name == "edges":
        raise ValueError(
            "the recipe edges hands gradients from one network to the other, which float16 scales: set precision to "
            "bfloat16 or float32"
        )


def check_lengths(run: Run, start: int = 0) -> None:
    """Raise ValueError where something takes longer than the run, or a mask has no room in the crop.

    start: the step at which the run, or this stage of it, begins.
    """
    steps = run.steps - start
    if run.blend < 1 and run.pretrained is None:
        raise ValueError(f"blend is {run.blend}, but nothing is pretrained that could be blended with what is learned")
    if run.partial and run.pretrained is None:
        raise ValueError("partial is true, but nothing is pretrained whose weights could be taken: name it")
    validated = run.data.validation or run.data.overfit or any(Path(it.path).is_file() for it in run.data.train)
    if run.patience is not None and (not validated or run.best.metric == "last"):
        raise ValueError(
            f"patience is {run.patience} validations without a better network: it needs data.validation, and a "
            "best.metric other than last"
        )
    for name, optim in run.optim.items():
        if optim.warmup >= steps:
            raise ValueError(f"optim.{name}.warmup {optim.warmup} is not less than steps {steps}: it would not end")
        if optim.schedule == "plateau" and (not validated or run.best.metric == "last"):
            raise ValueError(
                f"optim.{name}.schedule is plateau, which waits for a better network: it needs data.validation, and "
                "a best.metric other than last"
            )
    for number, choice in enumerate(run.data.mask):
        sides = choice.options.get("sides")
        if choice.name == "boxes" and isinstance(sides, list | tuple) and sides and sides[0] > run.data.crop:
            raise ValueError(
                f"data.mask.{number}.sides {list(sides)} are larger than data.crop {run.data.crop}: "
                "every box would cover the whole picture"
            )
