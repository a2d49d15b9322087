"""Find lines of lettering in a picture: captions, credits and watermarks made of letters.

The lines are found by RapidOCR's detector (a differentiable binarization network: Liao et al., 2020), which is an
extra; they are not read.  A mark without letters, such as a logo, is not found.
"""

from __future__ import annotations

import logging
import math
from functools import cache
from typing import Any, NamedTuple

import cv2
import numpy as np

SIDES = (960, 400)  # px, of the longer side at which is looked: large faint lettering is found in small pictures
LEAST_CERTAINTY = 0.6
LARGEST_LINE = 0.35  # of the picture's height; a detector may take a whole landscape for a line
REPEATED = 3  # lines of one size and slant
SAME_HEIGHT = 1.35  # ratio, at most
ASLANT = 12.0  # degrees, at least: what is written into a picture rarely is
EDGE, NARROW = 0.12, 0.6  # shares of the sides: a credit stands so near an edge and is no longer


class Line(NamedTuple):
    """A line of lettering, as shares of the picture's sides but for the slant."""

    y: float  # of the middle
    x: float
    width: float  # along the line, of the picture's width
    height: float  # of the picture's height
    slant: float  # degrees, -90 to 90


def lines_of(rgb: np.ndarray) -> list[Line]:
    """Return the lines of lettering in a picture, (H, W, 3) uint8.

    Takes about a quarter of a second.  Raises ValueError where the extra is not installed.
    """
    lines: list[Line] = []
    for side in SIDES:
        shrunk = min(side / max(rgb.shape[:2]), 1.0)
        level = rgb if shrunk == 1 else cv2.resize(rgb, None, fx=shrunk, fy=shrunk, interpolation=cv2.INTER_AREA)
        found = text_reader()(np.ascontiguousarray(level[:, :, ::-1]), use_det=True, use_cls=False, use_rec=False)
        for box, certainty in zip(found.boxes, found.scores, strict=True) if found.boxes is not None else ():
            line = _line(np.asarray(box, np.float32), level.shape[:2])
            if (
                certainty >= LEAST_CERTAINTY
                and line.height <= LARGEST_LINE
                and not any(_covers(it, line) for it in lines)
            ):
                lines.append(line)
    return lines


def text_share(lines: list[Line]) -> float:
    """Return the share of a picture's area that lines of lettering take, overlaps counted twice."""
    return min(sum(it.width * it.height for it in lines), 1.0)


def watermark_in(lines: list[Line]) -> str | None:
    """Say how lettering stands as that of a watermark does; None where none stands so.

    Watermarks are repeated over the picture, or written across its middle aslant; a credit is a narrow line at an edge.
    A sign that was photographed may stand so too.
    """
    for line in lines:
        alike = [it for it in lines if _alike(it, line)]
        rows, columns = ([getattr(it, side) for it in alike] for side in ("y", "x"))
        if len(alike) >= REPEATED and max(rows) - min(rows) > 0.3 and max(columns) - min(columns) > 0.3:
            return f"{len(alike)} lines of one size and slant are spread over it"
    for line in lines:
        if abs(line.slant) >= ASLANT and max(abs(line.x - 0.5), abs(line.y - 0.5)) < 0.25:
            return f"a line is written across its middle at {abs(line.slant):.0f} degrees"
    for line in lines:
        if min(line.y, 1 - line.y) < EDGE and line.width < NARROW and abs(line.slant) < ASLANT:
            return f"a line stands at its {'upper' if line.y < 0.5 else 'lower'} edge"
    return None


def _covers(one: Line, other: Line) -> bool:
    """Say whether a line lies on one that was found before."""
    return abs(one.x - other.x) < one.width / 2 and abs(one.y - other.y) < max(one.height, other.height)


def _alike(one: Line, other: Line) -> bool:
    ratio = one.height / max(other.height, 1e-6)
    return 1 / SAME_HEIGHT < ratio < SAME_HEIGHT and abs(one.slant - other.slant) < ASLANT / 2


def _line(box: np.ndarray, shape: tuple[int, ...]) -> Line:
    """Return the line of a box, (4, 2) corners in px, x before y, clockwise from the upper left."""
    across, down = box[1] - box[0], box[3] - box[0]
    x, y = box.mean(axis=0).tolist()
    slant = math.degrees(math.atan2(float(across[1]), float(across[0])))
    slant = (slant + 90) % 180 - 90
    return Line(
        y / shape[0],
        x / shape[1],
        float(np.hypot(*across)) / shape[1],
        float(np.hypot(*down)) / shape[0],
        round(slant, 1),
    )


@cache
def text_reader() -> Any:
    """Return the detector, kept to one thread: the builder's processes are the parallelism."""
    try:
        from rapidocr import RapidOCR  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ValueError("the rules text and watermark need the extra: pip install 'inpaint[text]'") from error
    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    return RapidOCR(params={"Global.log_level": "critical", **threads})
