"""Tells whether a bar on a ground of one colour, such as paper, hides something, or is a drawing's own part.

What: redaction bars stand in a line of text, or lines of a drawing run into them; boxes, keys and rules do not.
Source: our own.  The thresholds were chosen with `scripts/bench_detection.py --parts pages traps`.
"""

from __future__ import annotations

import cv2
import numpy as np

from inpaint.detection.flat_parts import FlatPart

INK_STEP = 40  # levels between the ground and what is drawn on it
INK_SAMPLING, LEAST_INK_AND_PAPER = 4, 0.9  # px apart, and share of a picture that is drawn in ink
LEAST_OUTLINE_OVER_LINES = 0.65  # share of a bar's outline that is a sharp step, where lines run into the bar
LEAST_OF_PAPER = 0.85  # of that share, that is paper
CUT_DISTANCE = 3  # px from the outline to where lines that run into the bar are counted
FEWEST_CUT_LINES, FEWEST_CUT_SIDES = 3, 2
WIDEST_CUT_LINE = 0.5  # of the bar's thickness
MOST_INK_AROUND = 0.4  # share of the outline
LEAST_ASPECT_IN_TEXT = 1.5  # length over thickness
DARK_INK = 64  # levels; text is blacked out by bars at most as bright
TEXT_REACH = 3.0  # times the bar's thickness, that a line of text is looked at to either side
FEWEST_LETTERS = 2  # to one side
INK_OF_TEXT = (0.03, 0.5)  # share of a line that is ink, least and most
HEIGHT_OF_TEXT = (0.3, 1.0)  # of the bar's thickness, that the rows with ink are, least and most
MOST_SOLID_COLUMNS = 0.3  # share of the columns with ink that are all ink, as those of blocks are


def is_ink_on_paper(levels: np.ndarray, ground: np.ndarray | None) -> bool:
    """Tell whether a picture (H, W, 3) is nearly all its ground, (3,) levels, and ink; None: it has no ground."""
    if ground is None:
        return False
    coarse = levels[::INK_SAMPLING, ::INK_SAMPLING].astype(np.int16)
    paper = np.abs(coarse - ground).max(2) < INK_STEP
    return float((paper | (coarse.max(2) <= DARK_INK)).mean()) >= LEAST_INK_AND_PAPER


def lies_over_lines(levels: np.ndarray, part: FlatPart, beyond: np.ndarray, stepped: float) -> bool:
    """Tell whether a bar lies on paper over lines of its own colour, which run into it and hide its outline there.

    beyond: (N, 3), the colours around it.  stepped: share of its outline that is a sharp step.
    """
    if not part.straight or stepped < LEAST_OUTLINE_OVER_LINES:
        return False
    paper = np.median(beyond, 0)
    of_paper = float((np.abs(beyond - paper).max(1) < INK_STEP).mean())
    return of_paper > LEAST_OF_PAPER * stepped and hides_something(levels, part, paper)


def hides_something(levels: np.ndarray, part: FlatPart, ground: np.ndarray) -> bool:
    """Tell whether lines run into a bar on a flat ground, or it stands in a line of text.

    levels: (H, W, 3) uint8.  ground: (3,) levels, the colour around the bar.
    """
    rows, columns = np.flatnonzero(part.mask.any(1)), np.flatnonzero(part.mask.any(0))
    thick, margin = len(rows), round(TEXT_REACH * len(rows)) + CUT_DISTANCE + 2
    near_top, near_left = max(part.top - margin, 0), max(part.left - margin, 0)
    near = levels[
        near_top : part.top + part.mask.shape[0] + margin, near_left : part.left + part.mask.shape[1] + margin
    ]
    part = part._replace(top=part.top - near_top, left=part.left - near_left)
    top, left = part.top + int(rows[0]), part.left + int(columns[0])
    ink = np.abs(near.astype(np.int16) - ground).max(2) >= INK_STEP
    return lines_run_into(ink, part) or (
        int(part.colour.max()) <= DARK_INK
        and len(columns) >= LEAST_ASPECT_IN_TEXT * thick
        and stands_in_text(ink, top, left, top + thick, left + len(columns))
    )


def lines_run_into(ink: np.ndarray, part: FlatPart) -> bool:
    """Tell whether thin lines meet a bar on several sides.  ink: (H, W) bool."""
    mask = np.zeros(ink.shape, np.uint8)
    height, width = part.mask.shape
    mask[part.top : part.top + height, part.left : part.left + width] = part.mask
    grown = cv2.dilate(mask, np.ones((2 * CUT_DISTANCE + 1, 2 * CUT_DISTANCE + 1), np.uint8))
    outlines, _ = cv2.findContours(grown, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    path: np.ndarray = np.concatenate([max(outlines, key=len)[:, 0]])  # (n, 2), x before y
    met = ink[path[:, 1], path[:, 0]]
    if not 0 < met.mean() < MOST_INK_AROUND:
        return False
    begins = np.flatnonzero(met & ~np.roll(met, 1))
    ends = np.flatnonzero(met & ~np.roll(met, -1))
    if ends[0] < begins[0]:
        ends = np.roll(ends, -1)
    lengths = (ends - begins) % len(met) + 1
    thick = min(np.flatnonzero(part.mask.any(1)).size, np.flatnonzero(part.mask.any(0)).size)
    thin = begins[lengths <= WIDEST_CUT_LINE * thick]
    ys, xs = np.nonzero(mask)
    middle = ys.mean(), xs.mean()
    quarters = np.arctan2(path[thin, 1] - middle[0], path[thin, 0] - middle[1]) // (np.pi / 2)
    return len(thin) >= FEWEST_CUT_LINES and len(np.unique(quarters)) >= FEWEST_CUT_SIDES


def stands_in_text(ink: np.ndarray, top: int, left: int, bottom: int, right: int) -> bool:
    """Tell whether letters stand beside a bar, no higher than it is.  ink: (H, W) bool."""
    thick = bottom - top
    reach = round(TEXT_REACH * thick)
    for start, stop in ((max(left - reach, 0), left - CUT_DISTANCE), (right + CUT_DISTANCE, right + reach)):
        line = ink[top:bottom, max(start, 0) : max(stop, 0)]
        if line.size == 0 or not INK_OF_TEXT[0] <= line.mean() <= INK_OF_TEXT[1]:
            continue
        drawn, high = np.any(line, axis=0), np.flatnonzero(np.any(line, axis=1))
        letters = int(np.sum(drawn[1:] & ~drawn[:-1]) + drawn[0])
        tall, solid = (high[-1] - high[0] + 1) / thick, np.mean(np.all(line, axis=0)[drawn])
        if letters >= FEWEST_LETTERS and HEIGHT_OF_TEXT[0] <= tall <= HEIGHT_OF_TEXT[1] and solid <= MOST_SOLID_COLUMNS:
            return True
    return False
