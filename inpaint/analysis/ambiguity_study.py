"""Why answers are soft: the real patches that fit the same cells, and the mean and the median between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inpaint.analysis.ambiguity import (
    FittingPatches,
    PatchTable,
    between,
    drawn_queries,
    fitting,
    patch_roughness,
    patch_table,
)
from inpaint.analysis.figures import FIGURE_COLOURS, drawn_figure, show_picture, write_numbers
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.randomness import rng_for

TOLERANCES = (1.0, 2.0, 4.0, 8.0)  # levels of 255 that cell means may differ by
QUERIES = 100  # patches whose company is counted
MOST_PATCHES = 60_000
SHOWN_ROWS, OTHERS_SHOWN = 5, 5
FEWEST_SHOWN = 4  # other patches that a shown one must have


def study_ambiguity(
    pictures: Sequence[tuple[str, Tensor]], blocks: Sequence[int], folder: Path, *, cells: int = 2, seed: int = 0
) -> dict[str, Any]:
    """Write ambiguity_counts.png, ambiguity_patches.png and ambiguity.json; return what the JSON holds.

    pictures: (3, H, W) in [0, 1].  blocks: side of a cell, pixels.  cells: patches are cells x cells of them.
    """
    counts: dict[str, dict[str, Any]] = {}
    rows: list[tuple[PatchTable, FittingPatches, int]] = []
    for block in sorted(blocks):
        table = patch_table([picture for _, picture in pictures], block=block, cells=cells, stride=stride_for(pictures))
        queries = drawn_queries(table, QUERIES, rng_for(seed, "ambiguity", block))
        found = {tolerance: fitting(table, queries, tolerance) for tolerance in TOLERANCES}
        counts[str(block)] = {
            "patches": len(table.means),
            "fitting": {str(tolerance): [len(it.found) - 1 for it in fits] for tolerance, fits in found.items()},
            **_softness(table, found[TOLERANCES[-1]]),
        }
        if block == sorted(blocks)[len(blocks) // 2]:
            rows = [(table, it, block) for it in _shown(table, found[TOLERANCES[-1]])]
    _draw_counts(folder / "ambiguity_counts.png", counts)
    if rows:
        _draw_patches(folder / "ambiguity_patches.png", rows)
    numbers = {
        "pictures": [name for name, _ in pictures],
        "cells": f"{cells} x {cells}",
        "tolerances": list(TOLERANCES),
        "queries": QUERIES,
        "blocks": counts,
    }
    write_numbers(folder / "ambiguity.json", numbers)
    return numbers


def stride_for(pictures: Sequence[tuple[str, Tensor]]) -> int:
    """Return the step between patches, pixels, that makes about MOST_PATCHES of all pictures."""
    pixels = sum(picture[0].numel() for _, picture in pictures)
    return max(2, math.ceil(math.sqrt(pixels / MOST_PATCHES)))


def _softness(table: PatchTable, found: Sequence[FittingPatches]) -> dict[str, float | None]:
    """Return how rough the mean and the median are, and how far from a patch, beside another patch that fits."""
    enough = [it for it in found if len(it.found) > FEWEST_SHOWN]
    if not enough:
        return {"roughness_of_mean": None, "roughness_of_median": None, "roughness_of_patches": None}
    rough: list[tuple[float, float, float]] = []
    errors: list[tuple[float, float, float]] = []
    for fits in enough:
        others = FittingPatches(fits.query, fits.found[1:])  # what somebody knows who has not seen the patch itself
        mean, median = between(table, others)
        patch, other = table.patches[fits.query].float(), table.patches[int(others.found[0])].float()
        rough.append(tuple(float(patch_roughness(it[None])[0]) for it in (mean, median, patch)))  # pyright: ignore[reportArgumentType]
        errors.append(tuple(float((it - patch).square().mean()) for it in (mean, median, other)))  # pyright: ignore[reportArgumentType]
    soft, wrong = np.mean(rough, axis=0), np.mean(errors, axis=0)
    return {
        "roughness_of_mean": float(soft[0]),
        "roughness_of_median": float(soft[1]),
        "roughness_of_patches": float(soft[2]),
        "squared_error_of_mean": float(wrong[0]),
        "squared_error_of_median": float(wrong[1]),
        "squared_error_of_another_patch": float(wrong[2]),
        "patches_with_company": len(enough),
    }


def _shown(table: PatchTable, found: Sequence[FittingPatches]) -> list[FittingPatches]:
    """Choose the roughest of the patches that have company enough to be shown, each of another place."""
    enough = [it for it in found if len(it.found) > FEWEST_SHOWN]
    order = (
        patch_roughness(table.patches[[it.query for it in enough]]).argsort(descending=True).tolist() if enough else []
    )
    chosen: list[FittingPatches] = []
    for number in order:
        if not any(enough[number].query in it.found.tolist() for it in chosen):
            chosen.append(enough[number])
    return chosen[:SHOWN_ROWS]


def _draw_counts(path: Path, counts: dict[str, dict[str, Any]]) -> None:
    with drawn_figure(path, 1, 1, size=(6.4, 3.6)) as axes:
        axis = axes[0][0]
        for number, (block, told) in enumerate(counts.items()):
            colour = FIGURE_COLOURS[1 + number % (len(FIGURE_COLOURS) - 1)]
            shares = [np.mean(np.array(it) > 0) for it in told["fitting"].values()]
            axis.plot(TOLERANCES, shares, "o-", color=colour, label=f"cells of {block} px, {told['patches']:,} patches")
        axis.set_xscale("log", base=2)
        axis.set_xticks(TOLERANCES, [f"{it:g}" for it in TOLERANCES])
        axis.set_ylim(0, 1)
        axis.set_xlabel("levels of 255 that every cell mean may differ by")
        axis.set_title("share of patches that another real patch fits as well", fontsize=10)
        axis.legend(fontsize=8)


def _draw_patches(path: Path, rows: Sequence[tuple[PatchTable, FittingPatches, int]]) -> None:
    """Draw for every chosen patch its mosaic, itself, others that fit, and the mean and the median of all."""
    with drawn_figure(path, len(rows), OTHERS_SHOWN + 4, size=(1.15, 1.3)) as axes:
        for row, (table, fits, block) in enumerate(rows):
            patch = table.patches[fits.query].float() / 255
            mosaic = pixelate(patch, Grid((block, block), (0, 0)))
            mean, median = (it / 255 for it in between(table, fits))
            others = [table.patches[it].float() / 255 for it in fits.found[1 : OTHERS_SHOWN + 1].tolist()]
            others += [torch.ones_like(patch)] * (OTHERS_SHOWN - len(others))
            shown = [mosaic, patch, *others, mean, median]
            titles = ["mosaic", "original", *[f"fits, {it}" for it in range(1, OTHERS_SHOWN + 1)], "mean", "median"]
            for axis, picture, title in zip(axes[row], shown, titles, strict=True):
                show_picture(axis, picture, title if row == 0 else "")
            axes[row][1].set_title(f"{len(fits.found) - 1} others fit" if row else "original", fontsize=8)
