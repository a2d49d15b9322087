"""What a mosaic leaves of each band of a Laplacian pyramid, and what a network puts back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from inpaint.analysis.figures import FIGURE_COLOURS, drawn_figure, show_picture, write_numbers
from inpaint.analysis.pyramids import bands_left, from_bands, gaussian_pyramid, laplacian_pyramid
from inpaint.evaluation.methods import Restore
from inpaint.mosaic.grid import Grid, pixelate

PYRAMID_LEVELS = 5


def study_pyramid(
    pictures: Sequence[tuple[str, Tensor]], blocks: Sequence[int], restorers: Mapping[str, Restore], folder: Path
) -> dict[str, Any]:
    """Write pyramid_bands.png, pyramid_pictures.png and pyramid.json; return what the JSON holds.

    pictures: (3, H, W) in [0, 1].  blocks: of the mosaics; what is restored is the middle one.
    """
    middle = sorted(blocks)[len(blocks) // 2]
    found: dict[str, list[list[Any]]] = {}
    worst = 0.0
    shown: dict[str, np.ndarray] = {}
    for _, picture in pictures:
        original = _array(picture)
        rebuilt = from_bands(laplacian_pyramid(original, PYRAMID_LEVELS))
        worst = max(worst, float(np.abs(rebuilt - original).max()))
        kinds = {f"mosaic of {block}": _array(pixelate(picture, _grid(block))) for block in sorted(blocks)}
        for name, restore in restorers.items():
            with torch.no_grad():
                mask, mosaic = torch.ones_like(picture[:1]), pixelate(picture, _grid(middle))
                restored = restore(mosaic, mask, censor="mosaic", grid=_grid(middle))
            kinds[f"mosaic of {middle} restored by {name}"] = _array(restored)
        for name, kind in kinds.items():
            found.setdefault(name, []).append(bands_left(kind, original, PYRAMID_LEVELS))
        shown = shown or {"picture": original, **kinds}
    means = {
        name: [
            {
                field: float(np.mean([getattr(each[band], field) for each in of_pictures]))
                for field in ("energy", "psnr")
            }
            for band in range(PYRAMID_LEVELS)
        ]
        for name, of_pictures in found.items()
    }
    _draw_bands(folder / "pyramid_bands.png", means)
    _draw_pyramids(folder / "pyramid_pictures.png", shown)
    numbers = {
        "pictures": [name for name, _ in pictures],
        "bands": "the finest first; the last is what is left when all others are taken away",
        "largest_error_of_reconstruction": worst,
        "means": means,
    }
    write_numbers(folder / "pyramid.json", numbers)
    return numbers


def _array(picture: Tensor) -> np.ndarray:
    return np.ascontiguousarray(picture.permute(1, 2, 0).double().numpy())


def _grid(block: int) -> Grid:
    return Grid((block, block), (0, 0))


def _draw_bands(path: Path, means: Mapping[str, Sequence[Mapping[str, float]]]) -> None:
    labels = [f"1/{2**band}" for band in range(PYRAMID_LEVELS - 1)] + ["rest"]
    with drawn_figure(path, 1, 2, size=(5.2, 3.6)) as axes:
        width = 0.8 / len(means)
        for axis, field, title in zip(
            axes[0], ("energy", "psnr"), ("energy, share of the original's", "PSNR of the band, dB"), strict=True
        ):
            for number, (name, bands) in enumerate(means.items()):
                places = np.arange(len(bands)) + (number - (len(means) - 1) / 2) * width
                colour = FIGURE_COLOURS[1 + number % (len(FIGURE_COLOURS) - 1)]
                axis.bar(places, [band[field] for band in bands], width, label=name, color=colour)
            axis.set_xticks(range(len(labels)), labels)
            axis.set_xlabel("band, by the scale of its level")
            axis.set_title(title, fontsize=10)
        axes[0][0].axhline(1, color="#888888", linewidth=0.8)
        axes[0][1].legend(fontsize=7, loc="upper left")


def _draw_pyramids(path: Path, shown: Mapping[str, np.ndarray]) -> None:
    """Draw the Gaussian levels of the picture, and the bands of everything."""
    with drawn_figure(path, 1 + len(shown), PYRAMID_LEVELS, size=(1.9, 1.75)) as axes:
        for level, picture in enumerate(gaussian_pyramid(shown["picture"], PYRAMID_LEVELS)):
            show_picture(axes[0][level], picture, f"Gaussian, 1/{2**level}")
        for row, (name, picture) in enumerate(shown.items(), start=1):
            for level, band in enumerate(laplacian_pyramid(picture, PYRAMID_LEVELS)):
                title = name.replace(" restored", "\nrestored") if level == 0 else ""
                show_picture(axes[row][level], band if level == PYRAMID_LEVELS - 1 else 0.5 + 2 * band, title)
