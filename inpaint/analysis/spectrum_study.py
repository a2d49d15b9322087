"""What a mosaic leaves of every frequency, beside a blur and a smaller picture, and what a network puts back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.analysis.figures import FIGURE_COLOURS, drawn_figure, show_picture, write_numbers
from inpaint.analysis.spectra import (
    BAND_EDGES,
    LumaPlane,
    box_blurred,
    box_response,
    mean_mosaic,
    measured_response,
    mosaicked,
    power_spectrum,
    radial_average,
    row_spectrum,
    three_bands,
)
from inpaint.evaluation.methods import Restore
from inpaint.metrics.pixelwise import luma
from inpaint.mosaic.grid import Grid, pixelate

MOST_SIDE = 384  # px that pictures are cut to


def study_spectrum(
    pictures: Sequence[tuple[str, Tensor]], blocks: Sequence[int], restorers: Mapping[str, Restore], folder: Path
) -> dict[str, Any]:
    """Write curves, responses and pictures as PNG files and spectrum.json; return what the JSON holds.

    pictures: (3, H, W) in [0, 1].  blocks: of the mosaics, pixels; what is restored and shown is the middle one.
    Raises ValueError for pictures that are smaller than a common multiple of the blocks.
    """
    cut = [(name, whole_cells(picture, blocks)) for name, picture in pictures]
    middle = sorted(blocks)[len(blocks) // 2]
    kinds: dict[str, list[LumaPlane]] = {}
    for _, picture in cut:
        for name, plane in variants(picture, blocks, middle, restorers).items():
            kinds.setdefault(name, []).append(plane)
    # Pictures of different sides have different frequencies: the curves are those of the first picture's side.
    side = cut[0][1].shape[1]
    alike = {name: [it for it in planes if len(it) == side] for name, planes in kinds.items()}
    radial = {name: _mean([radial_average(power_spectrum(it)) for it in planes]) for name, planes in alike.items()}
    rows = {name: _mean([row_spectrum(it) for it in planes]) for name, planes in alike.items()}
    first = kinds["picture"][0]
    responses = {block: responses_of(first, block) for block in blocks}
    _draw_curves(folder / "spectrum_curves.png", radial, rows)
    _draw_responses(folder / "spectrum_response.png", side, responses)
    _draw_pictures(folder / "spectrum_pictures.png", {name: planes[0] for name, planes in kinds.items()})
    numbers = {
        "pictures": [name for name, picture in cut if picture.shape[1] == side],
        "frequency": radial["picture"].frequency,
        "radial_power": {name: it.power for name, it in radial.items()},
        "row_power": {name: it.power for name, it in rows.items()},
        "share_of_power": {name: _shares(it, radial["picture"]) for name, it in radial.items()},
        "response": {str(block): it for block, it in responses.items()},
    }
    write_numbers(folder / "spectrum.json", numbers)
    return numbers


def whole_cells(picture: Tensor, blocks: Sequence[int]) -> Tensor:
    """Cut the middle square of a picture (3, H, W) that holds whole cells of all blocks."""
    step = math.lcm(*blocks)
    side = min(*picture.shape[1:], MOST_SIDE) // step * step
    if side == 0:
        raise ValueError(
            f"a picture of {picture.shape[2]} x {picture.shape[1]} px is smaller than {step} px, the least common "
            f"multiple of the blocks {', '.join(map(str, blocks))}: take other blocks or larger pictures"
        )
    top, left = ((length - side) // 2 for length in picture.shape[1:])
    return picture[:, top : top + side, left : left + side].contiguous()


def variants(
    picture: Tensor, blocks: Sequence[int], middle: int, restorers: Mapping[str, Restore]
) -> dict[str, LumaPlane]:
    """Return the luma of a picture (3, side, side) and of what was done to it, (side, side) in [0, 1], by name."""
    plane = luma_plane(picture)
    side = len(plane)
    small = cv2.resize(plane, (side // middle, side // middle), interpolation=cv2.INTER_AREA)
    found = {
        "picture": plane,
        f"resized by 1/{middle} and back": cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC),
        f"box blur of {middle}": box_blurred(plane, middle),
    }
    found |= {f"mosaic of {block}": mosaicked(plane, block) for block in sorted(blocks)}
    grid, mask = Grid((middle, middle), (0, 0)), torch.ones_like(picture[:1])
    for name, restore in restorers.items():
        with torch.no_grad():
            restored = restore(pixelate(picture, grid), mask, censor="mosaic", grid=grid)
        found[f"mosaic of {middle} restored by {name}"] = luma_plane(restored)
    return found


def responses_of(plane: LumaPlane, block: int) -> dict[str, LumaPlane]:
    """Return the responses across a picture of a box blur and of the mean mosaic, measured and in theory."""
    frequency = np.fft.rfftfreq(plane.shape[1])
    theory = box_response(frequency, block)
    return {
        "frequency": frequency,
        "blur_theory": np.abs(theory),
        "blur_measured": measured_response(plane, box_blurred(plane, block)),
        "mosaic_theory": theory**2,
        "mosaic_measured": measured_response(plane, mean_mosaic(plane, block)),
        "one_mosaic_measured": measured_response(plane, mosaicked(plane, block)),
    }


def luma_plane(picture: Tensor) -> LumaPlane:
    """Return the luma of a picture (3, H, W), (H, W) in [0, 1]."""
    return luma(picture[None])[0, 0].numpy() / 255


def _mean(spectra: Sequence[Any]) -> Any:
    return spectra[0]._replace(power=np.mean([it.power for it in spectra], axis=0))


def _shares(spectrum: Any, original: Any) -> dict[str, float]:
    """Return how much of the original's power a picture has in each band, as a share."""
    edges = (0.0, *BAND_EDGES, 0.5001)
    shares = {}
    for name, low, high in zip(("low", "band", "high"), edges[:-1], edges[1:], strict=True):
        inside = (original.frequency >= low) & (original.frequency < high) & (original.frequency > 0)
        weight = original.frequency[inside]  # a circle has as many frequencies as it is long
        whole = (original.power[inside] * weight).sum()
        shares[name] = float((spectrum.power[inside] * weight).sum() / whole)
    return shares


def _draw_curves(path: Path, radial: Mapping[str, Any], rows: Mapping[str, Any]) -> None:
    with drawn_figure(path, 1, 2, size=(5.4, 3.9)) as axes:
        for axis, spectra, title in zip(axes[0], (radial, rows), ("averaged over circles", "across"), strict=True):
            for number, (name, spectrum) in enumerate(spectra.items()):
                colour = FIGURE_COLOURS[number % len(FIGURE_COLOURS)]
                axis.loglog(spectrum.frequency[1:], spectrum.power[1:] + 1e-12, label=name, color=colour, linewidth=1)
            axis.set_xlabel("frequency, cycles per pixel")
            axis.set_ylabel("power")
            axis.set_title(f"spectrum, {title}", fontsize=10)
            for edge in BAND_EDGES:
                axis.axvline(edge, color="#cccccc", linewidth=0.8)
        axes[0][0].legend(fontsize=7)


def _draw_responses(path: Path, side: int, responses: Mapping[int, Mapping[str, LumaPlane]]) -> None:
    with drawn_figure(path, 1, 2, size=(5.4, 3.4)) as axes:
        for axis, kind, title in zip(
            axes[0], ("blur", "mosaic"), ("box blur", "mosaic, mean of all phases"), strict=True
        ):
            for number, (block, found) in enumerate(responses.items()):
                colour = FIGURE_COLOURS[1 + number % (len(FIGURE_COLOURS) - 1)]
                axis.plot(found["frequency"], found[f"{kind}_theory"], color=colour, linewidth=1, label=f"{block} px")
                every = slice(None, None, max(1, side // 96))
                axis.plot(found["frequency"][every], found[f"{kind}_measured"][every], ".", color=colour, markersize=3)
            axis.set_xlabel("frequency, cycles per pixel")
            axis.set_title(f"response of a {title}: line = theory, dots = measured", fontsize=9)
        axes[0][0].legend(fontsize=8)


def _draw_pictures(path: Path, planes: Mapping[str, LumaPlane]) -> None:
    """Draw every kind of picture, its two-dimensional spectrum and its three bands."""
    with drawn_figure(path, 5, len(planes), size=(1.75, 1.75)) as axes:
        top = np.log10(power_spectrum(planes["picture"]) + 1e-9).max()
        for column, (name, plane) in enumerate(planes.items()):
            show_picture(axes[0][column], plane, name.replace(" restored", "\nrestored").replace(" and", "\nand"))
            spectrum = np.log10(power_spectrum(plane) + 1e-9)
            show_picture(axes[1][column], (spectrum - top + 8) / 8, "spectrum" if column == 0 else "")
            for row, (band, part) in enumerate(zip(("low", "band", "high"), three_bands(plane), strict=True), start=2):
                lifted = part if band == "low" else 0.5 + 2 * part
                show_picture(axes[row][column], lifted, f"{band} pass" if column == 0 else "")
