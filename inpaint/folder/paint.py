"""Where a picture is painted in the marking colour: in the numbers of its file, or by its profile in those of sRGB."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from inpaint import images
from inpaint.detection.colour import colour_distances, has_hue, painted
from inpaint.folder.unseeded_paint import UnseededPaint, unseeded_paint
from inpaint.images.profile_colour import in_profile

SAME_PAINT = 8  # distance (CIE 1976) by which JPEG moves pixels of one paint
LOSSY_BLOCK = 16  # px; side of what JPEG and WebP compress together
PROFILE_TOLERANCE = 2  # distance by which rounding in a profile may move paint


class FoundPaint(NamedTuple):
    """The paint in a picture."""

    mask: np.ndarray  # (H, W) bool
    colour: tuple[int, int, int]  # in the numbers of the file
    note: str | None = None


def paint_in(
    picture: images.Picture, colour: tuple[int, int, int], tolerance: int = 0, *, edges: bool = True
) -> FoundPaint:
    """Return where a picture is visibly painted in a colour; what is clear has none.

    tolerance, edges: as `painted` takes them.

    Programs that mind profiles write other numbers for the colour than those that do not, so both are looked for, and
    the one of which there is more counts.
    """
    seen = True if picture.alpha is None else picture.alpha > 0
    plain = painted(picture.colour, colour, tolerance=tolerance, edges=edges)
    meant = in_profile(colour, picture.icc) if picture.icc and picture.colour.shape[2] == 3 else None
    if meant is not None and meant != colour:
        other = painted(picture.colour, meant, tolerance=max(tolerance, PROFILE_TOLERANCE), edges=edges) & seen
        if other.sum() > (plain & seen).sum():
            note = f"by its profile {meant} in the file is {colour}, which is restored"
            return FoundPaint(other, meant, note)
    visible = plain & seen
    hidden = int(plain.sum() - visible.sum())
    note = (
        f"{hidden} pixels of {colour} are clear, so they mark nothing: --mark alpha restores them" if hidden else None
    )
    return FoundPaint(visible, colour, note)


def visible_colours(picture: images.Picture, colour: tuple[int, int, int]) -> np.ndarray:
    """Return a picture's colours with what is clear in one that nobody takes for that colour, (H, W, 1 or 3)."""
    if picture.alpha is None or picture.alpha.all():
        return picture.colour
    other = [(255 - level if abs(level - 128) > 64 else 0) * (picture.peak // 255) for level in colour]
    shown = np.broadcast_to(picture.colour, (*picture.size, 3)).copy()
    shown[picture.alpha == 0] = other
    return shown


def with_near_paint(paint: FoundPaint, picture: images.Picture) -> tuple[np.ndarray, str | None]:
    """Return the paint with what hardly differs from it and is near, (H, W) bool, and what to say of it.

    Lossy files leave few pixels of the exact colour among many that nearly have it; in others paint is exact.  Parts
    without one such pixel are taken where they look like paint by themselves.
    """
    if picture.lossless or not paint.mask.any():
        return paint.mask, None
    shown = visible_colours(picture, paint.colour)
    off = colour_distances(shown, paint.colour, SAME_PAINT)
    near, alike = off <= SAME_PAINT, off <= SAME_PAINT
    if not has_hue(paint.colour):  # shadows, lights and outlines are nearly black and white, too
        beside = cv2.distanceTransform((~paint.mask).astype(np.uint8), cv2.DIST_L2, 5) <= LOSSY_BLOCK
        near, alike = off <= np.where(beside, SAME_PAINT / 2, SAME_PAINT / 4), off <= SAME_PAINT / 2
    seeded = parts_with(near | paint.mask, paint.mask)
    further = unseeded_paint(shown, alike, seeded)
    return seeded | further.mask, further_paint_in_words(further, paint.colour)


def further_paint_in_words(further: UnseededPaint, colour: tuple[int, int, int]) -> str | None:
    """Say how many regions have nearly the colour of paint, and what became of them; None where there are none."""
    notes = []
    if further.count:
        notes.append(
            f"{regions_in_words(further.count)} without one pixel of exactly {colour} marked too, for what was painted "
            "is only nearly of that colour in a lossy file: --grow 0 takes exact pixels alone"
        )
    if further.doubtful:
        notes.append(
            f"{regions_in_words(further.doubtful)} of nearly {colour} kept, for not all of the outline is a step: "
            f"--tolerance {SAME_PAINT} restores what is so near to that colour"
        )
    return "; ".join(notes) or None


def regions_in_words(count: int) -> str:
    """Count regions in words."""
    return f"{count} region{'s' * (count != 1)}"


def parts_with(whole: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """Return the 8-connected parts of a mask in which a seed lies; all are (H, W) bool."""
    count, parts = cv2.connectedComponents(whole.astype(np.uint8), connectivity=8)
    labels, seeded = np.asarray(parts, np.int32), np.zeros(count, bool)
    seeded[labels[seeds & whole]] = True
    seeded[0] = False
    return seeded[labels]
