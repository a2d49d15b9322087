"""Figures as PNG files by matplotlib, which is an extra."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from inpaint.files import atomically, write_text

DOTS_PER_INCH = 90
FIGURE_COLOURS = ("#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")  # Okabe, Ito


@contextmanager
def drawn_figure(path: Path, rows: int, columns: int, *, size: tuple[float, float]) -> Iterator[Any]:
    """Yield the axes of a new figure, (rows, columns), and write it to a PNG file, atomically.

    size: of one of them, (width, height) inches.  Raises ValueError where matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ValueError("figures need the extra: pip install 'inpaint[analyze]'") from error
    drawn = Figure(figsize=(columns * size[0], rows * size[1]), dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(drawn)
    yield drawn.subplots(rows, columns, squeeze=False)
    with atomically(path) as temporary:
        drawn.savefig(temporary)


def show_picture(axis: Any, picture: np.ndarray | Tensor, title: str) -> None:
    """Draw a picture, (H, W) or (H, W, 3) in [0, 1] or a tensor (3, H, W), without scales."""
    pixels = picture.permute(1, 2, 0).numpy() if isinstance(picture, Tensor) else picture
    axis.imshow(np.clip(pixels, 0, 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axis.set_title(title, fontsize=9)
    axis.set_axis_off()


def write_numbers(path: Path, numbers: Mapping[str, Any]) -> None:
    """Write what a figure shows as JSON, atomically; NumPy's numbers and arrays are taken as they are."""

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return [float(f"{it:.6g}") for it in value.ravel()]
        return float(value)

    write_text(path, json.dumps(numbers, indent=1, default=plain) + "\n")
