"""What is done to a censored region: a hole of one colour, or a mosaic as real tools paint it.

Mosaic rules (cell painted iff the mask is set at its centre, mean or single-pixel cells, rectangular cells, feathering
by a box blur) follow the synthesis of DeepMosaics (2021).  Differs: cells cut by the picture's border are painted from
the pixels present instead of left untouched, cell values are rounded instead of truncated, and feathering blurs the
painted cells instead of the requested mask, so that every returned mask pixel was really changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from inpaint.degradation.alternatives import Alternatives, Shares, drawn_word, shares_of
from inpaint.degradation.cell_values import (
    ENLARGEMENT_REACH,
    box_blur,
    cell_values,
    painted_cells,
    pasted_cells,
    repeated_cells,
    window_of,
)
from inpaint.degradation.drafts import DamagePlan
from inpaint.degradation.mosaic_options import fixed_phase, number_pair, whole_blocks
from inpaint.degradation.smooth import GREY, smooth_fill
from inpaint.mosaic.grid import Grid, enlarge
from inpaint.randomness import chance, integer, log_uniform, uniform

Fill = Callable[..., tuple[Tensor, Tensor]]  # (target, mask, rng), and record where one is wanted
Record = dict[str, Any]

HOLE_COLOURS = {
    "black": (0.0, 0.0, 0.0),
    "white": (1.0, 1.0, 1.0),
    "green": (0.0, 1.0, 0.0),
    "grey": (GREY, GREY, GREY),
}
HOLE_VALUES = (*HOLE_COLOURS, "mean", "random", "smooth")
CELL_VALUES = ("mean", "centre", "random")
MOSAIC_EDGES = ("whole", "cut")
ENLARGEMENTS = ("nearest", "bicubic")


@dataclass(frozen=True)
class Hole:
    """Cover the masked pixels with a value that says nothing about them; the mask stays as it is."""

    values: Shares

    def __call__(
        self, target: Tensor, mask: Tensor, rng: torch.Generator, record: Record | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the covered picture (3, H, W) and the mask (1, H, W); record gets the value and its colour."""
        value = drawn_word(self.values, rng)
        if record is not None:
            record["value"] = value
        if value == "smooth":
            return smooth_fill(target[None], mask[None])[0], mask
        if value == "mean":
            known = mask < 0.5
            colour = (target * known).sum((1, 2)) / known.sum() if known.any() else torch.full((3,), GREY)
        elif value == "random":
            colour = torch.randint(0, 256, (3,), generator=rng) / 255.0
        else:
            colour = torch.tensor(HOLE_COLOURS[value])
        if record is not None:
            record["colour"] = [round(level, 6) for level in colour.tolist()]
        return torch.where(mask > 0.5, colour[:, None, None], target), mask

    def plan(self, mask: Tensor, rng: torch.Generator) -> tuple[DamagePlan, Tensor]:
        """Draw as a call does, and return what is to be done, and the mask (1, H, W)."""
        value = drawn_word(self.values, rng)
        if value in ("smooth", "mean"):
            return DamagePlan(value), mask
        colour = (torch.randint(0, 256, (3,), generator=rng) / 255.0).tolist() if value == "random" else None
        return DamagePlan("coloured", colour=HOLE_COLOURS[value] if colour is None else tuple(colour)), mask


class DrawnMosaic(NamedTuple):
    """How one mosaic is made; the names are those of `Mosaic.apply`."""

    grid: Grid
    cell: str
    edge: str
    radius: int
    enlargement: str


@dataclass(frozen=True)
class Mosaic:
    """Pixelate the masked region on a grid that is drawn per picture."""

    block: tuple[int, int]  # lowest and highest height of a cell, px
    ratio: tuple[float, float]  # longer to shorter side of a rectangular cell
    rectangular: float  # probability
    phase: tuple[int, int] | None  # None = random
    cells: Shares
    edges: Shares
    feather: tuple[float, float]  # blur radius in blocks
    feathered: float  # probability
    enlargements: Shares
    rounding: bool

    def __call__(
        self, target: Tensor, mask: Tensor, rng: torch.Generator, record: Record | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the pixelated picture (3, H, W) and the painted pixels (1, H, W); record gets what was drawn."""
        drawn = self.drawn((target.shape[-2], target.shape[-1]), rng)
        if record is not None:
            record |= {"block": list(drawn.grid.block), "phase": list(drawn.grid.phase), "cell": drawn.cell}
            record |= {"edge": drawn.edge, "feather": drawn.radius, "enlarge": drawn.enlargement}
        return self.apply(target, mask, rng=rng, **drawn._asdict())

    def plan(self, mask: Tensor, rng: torch.Generator) -> tuple[DamagePlan, Tensor] | None:
        """Draw as a call does, and return what is to be done, and the painted pixels (1, H, W).

        None for cells of random pixels, of which each one is drawn.
        """
        drawn = self.drawn((mask.shape[-2], mask.shape[-1]), rng)
        if drawn.cell == "random":
            return None
        way = "feathered" if drawn.radius else "cells" if drawn.enlargement == "nearest" else "enlarged"
        given = {"centre": drawn.cell == "centre", "radius": drawn.radius, "rounding": self.rounding}
        plan = DamagePlan(way, **drawn.grid._asdict(), **given)
        return plan, mask if drawn.edge == "cut" else painted_cells(mask, drawn.grid)

    def drawn(self, size: tuple[int, int], rng: torch.Generator) -> DrawnMosaic:
        """Draw all but the values of cells."""
        grid = self.draw(size, rng)
        cell, edge, enlargement = (drawn_word(shares, rng) for shares in (self.cells, self.edges, self.enlargements))
        radius = 0
        if chance(rng, self.feathered):
            radius = round(uniform(rng, *self.feather) * min(grid.block))
        if cell != "mean" or radius:
            enlargement = "nearest"  # only plain cell means are worth presenting smoothly
        return DrawnMosaic(grid, cell, edge, radius, enlargement)

    def draw(self, size: tuple[int, int], rng: torch.Generator) -> Grid:
        """Draw a grid for a picture of this size: log-uniform block, its transpose as often, any phase alike."""
        low, high = self.block
        short = min(int(log_uniform(rng, low, high + 1)), high, max(size))
        height, width = short, short
        if chance(rng, self.rectangular):
            width = int(short * uniform(rng, *self.ratio))
            if chance(rng, 0.5):
                height, width = width, height
        if self.phase is None:
            return Grid((height, width), (integer(rng, 0, height - 1), integer(rng, 0, width - 1)))
        return Grid((height, width), (self.phase[0] % height, self.phase[1] % width))

    def apply(
        self,
        target: Tensor,
        mask: Tensor,
        grid: Grid,
        *,
        cell: str = "mean",
        edge: str = "whole",
        radius: int = 0,
        enlargement: str = "nearest",
        rng: torch.Generator | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Pixelate on a known grid.

        Returns the pixelated picture (3, H, W) and the painted pixels (1, H, W).  radius: of the feathering, px.
        enlargement: "bicubic" shows cell means (no other cells, no feathering) as a network that knows the grid may
        see them.  rng is read by cell "random" only.
        """
        assert enlargement == "nearest" or (cell == "mean" and not radius)
        size = (target.shape[-2], target.shape[-1])
        painted = mask if edge == "cut" else painted_cells(mask, grid)
        whole = slice(0, size[0]), slice(0, size[1])
        window = whole if radius else window_of(painted) or whole  # feathering looks beyond what is painted
        values = cell_values(
            target, grid, cell, rng, window, reach=0 if enlargement == "nearest" else ENLARGEMENT_REACH
        )
        if self.rounding:
            values = _rounded(values)
        if enlargement == "nearest":
            shown = repeated_cells(values.clamp(0.0, 1.0), grid, window)
        else:
            shown = enlarge(values, grid, size, enlargement, window=window).clamp(0.0, 1.0)
        if radius:
            shown = target + box_blur(painted, radius) * (shown - target)
            shown = _rounded(shown) if self.rounding else shown
        return pasted_cells(target, shown, painted, window), painted


def hole(*, value: Alternatives = "black") -> Hole:
    """Build a hole; value: black, white, green, grey, mean (of the known pixels), random or smooth, or several."""
    return Hole(shares_of("value", value, HOLE_VALUES))


def mosaic(
    *,
    block: int | Sequence[int] = (4, 32),
    ratio: Sequence[float] = (1.1, 1.6),
    rectangular: float = 0.0,
    phase: str | Sequence[int] = "random",
    cell: Alternatives = "mean",
    edge: Alternatives = "whole",
    feather: Sequence[float] = (0.0, 1.5),
    feathered: float = 0.0,
    enlarge: Alternatives = "nearest",
    rounding: bool = True,
) -> Mosaic:
    """Build a mosaic.

    block: height of a cell in px, or [low, high] for a log-uniform draw.  rectangular: probability that one side is
    ratio times longer.  phase: "random" or [y, x] of a grid line.  cell: mean, centre or random pixel.  edge: "whole"
    cells or "cut" exactly at the mask.  feathered: probability of a blurred edge of radius feather x block.  enlarge:
    nearest, or bicubic as a presentation of plain cell means.  rounding: values as an 8-bit file holds them.
    """
    blocks = whole_blocks(block)
    if not 1.0 <= number_pair("ratio", ratio)[0] <= ratio[1]:
        raise ValueError(f"ratio {list(ratio)} must be two numbers of at least 1, low before high")
    if not 0.0 <= number_pair("feather", feather)[0] <= feather[1]:
        raise ValueError(f"feather {list(feather)} must be two numbers of at least 0, low before high")
    for name, probability in (("rectangular", rectangular), ("feathered", feathered)):
        if not 0.0 <= probability <= 1.0:
            raise ValueError(f"{name} {probability} must be a probability from 0 to 1")
    return Mosaic(
        block=blocks,
        ratio=(ratio[0], ratio[1]),
        rectangular=rectangular,
        phase=fixed_phase(phase),
        cells=shares_of("cell", cell, CELL_VALUES),
        edges=shares_of("edge", edge, MOSAIC_EDGES),
        feather=(feather[0], feather[1]),
        feathered=feathered,
        enlargements=shares_of("enlarge", enlarge, ENLARGEMENTS),
        rounding=rounding,
    )


def _rounded(values: Tensor) -> Tensor:
    """Round to the 256 levels of an 8-bit file."""
    return torch.round(values * 255.0) / 255.0


FILLS: dict[str, Callable[..., Fill]] = {"hole": hole, "mosaic": mosaic}
