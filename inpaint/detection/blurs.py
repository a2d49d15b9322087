"""Finds a blur under a mark: a region that has lost the fine detail that its surroundings have.

What: the detail finer than a pixel or two, against that of a few pixels, is much less in a blurred region than in any
photograph, and than beside it.  What JPEG adds is as fine as that, so the same is asked of detail twice as coarse.
How far the blur reaches follows from the energy of the gradient at two scales s: of a picture with the spectrum of
nature, 1 / f^2, blurred by a Gaussian of standard deviation sigma, it is proportional to 1 / (sigma^2 + s^2).
Source: our own; the spectrum is Field's (1987).  The thresholds were chosen with `scripts/bench_shapes.py`: blurs of
BSD100 stay below 0.5 and 0.57, untouched regions above 0.71 and 0.73; those of both together on other photographs,
of which 7 of 360 untouched regions in three qualities are taken for blurs.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

MOST_FINE_DETAIL = 0.6  # times the coarser detail, that a blur leaves
MOST_FINE_DETAIL_OF_SURROUND = 0.6  # the same, as a share of what the surroundings have
MOST_COARSE_DETAIL_OF_SURROUND = 0.35
MOST_OF_BOTH = (0.55, 0.61)  # root of the product of both shares, at each of the scales
LEAST_COARSE_DETAIL = 0.5  # levels; a region without any is of one colour, or a smooth gradient
LEAST_STRAY_FROM_PLANE = 2.0  # levels
FINE_DETAIL_SCALE, COARSE_DETAIL_SCALE = 1.0, 2.5  # px
TWICE_AS_COARSE = 2
GRADIENT_SCALES = 1.0, 3.0  # px, at which the energy of the gradient is compared
SURROUND_GAP, SURROUND_WIDTH = 2, 32  # px from the mark to its surroundings, and how far these reach
DEPTH_OF_DETAIL = 4  # px from the outline of a region, where the step to the surroundings does not reach
FEWEST_DEEP_PIXELS = 64
SHORTEST_BLUR, LONGEST_BLUR = 0.8, 16.0  # px
SHARE_OF_SIGMA_KEPT = 0.7  # of the blur, that the surroundings' own cannot take away


class Blur(NamedTuple):
    """A blur like that of a Gaussian."""

    sigma: float  # standard deviation, px


def find_blur(luma: np.ndarray, inside: np.ndarray, around: np.ndarray) -> Blur | None:
    """Return the blur of a region, None where it is as sharp as what lies around it.

    luma: (H, W) float32 in levels.  inside: (H, W) bool, the region.  around: (H, W) bool, its surroundings.
    """
    deep = eroded(inside, DEPTH_OF_DETAIL)
    if deep.sum() < FEWEST_DEEP_PIXELS:
        return None
    if not lost_detail(luma, inside, around):
        return None
    if is_gradient(luma, inside):
        return None
    sigma = blur_sigma(luma, inside, around)
    return Blur(round(sigma, 2)) if sigma >= SHORTEST_BLUR else None


def blur_sigma(luma: np.ndarray, inside: np.ndarray, around: np.ndarray) -> float:
    """Return how far a region's blur reaches, if it is one, px; arguments as of `find_blur`."""
    own, of_surround = blur_reach(luma, inside), blur_reach(luma, around)
    return min(max(own**2 - of_surround**2, (SHARE_OF_SIGMA_KEPT * own) ** 2) ** 0.5, LONGEST_BLUR)


def lost_detail(luma: np.ndarray, inside: np.ndarray, around: np.ndarray) -> bool:
    """Tell whether a region has lost the fine detail that its surroundings have; arguments as of `find_blur`."""
    fell = False  # whether even what is left is much less than beside it
    for times, most in zip((1, TWICE_AS_COARSE), MOST_OF_BOTH, strict=True):
        deep = eroded(inside, times * DEPTH_OF_DETAIL)
        if deep.sum() < FEWEST_DEEP_PIXELS:
            break
        (fine, coarse), (fine_around, coarse_around) = (detail_of(luma, where, times) for where in (deep, around))
        share = fine / max(coarse, 1e-6)
        of_surround = share / max(fine_around / max(coarse_around, 1e-6), 1e-6)
        fell = fell or coarse < MOST_COARSE_DETAIL_OF_SURROUND * coarse_around
        clear = share < MOST_FINE_DETAIL and of_surround < MOST_FINE_DETAIL_OF_SURROUND
        if coarse >= LEAST_COARSE_DETAIL and ((clear and times == 1) or (fell and (share * of_surround) ** 0.5 < most)):
            return True
    return False


def is_gradient(luma: np.ndarray, inside: np.ndarray) -> bool:
    """Tell whether a region (H, W) holds no more than a gradient."""
    deep = eroded(inside, DEPTH_OF_DETAIL)
    return bool(deep.any()) and stray_from_plane(luma, deep) < LEAST_STRAY_FROM_PLANE


def stray_from_plane(luma: np.ndarray, where: np.ndarray) -> float:
    """Return how far the pixels there are from a plane, root mean square, levels: a gradient bar's are not far."""
    places = np.argwhere(where)
    planes = np.concatenate([np.ones((len(places), 1)), places], 1)
    seen = luma[where].astype(np.float64)
    return float(np.sqrt(((seen - planes @ np.linalg.lstsq(planes, seen, rcond=None)[0]) ** 2).mean()))


def is_soft(luma: np.ndarray, inside: np.ndarray) -> bool:
    """Tell whether a region (h, w) has less fine detail than any sharp picture or mosaic."""
    deep = eroded(inside, DEPTH_OF_DETAIL)
    if deep.sum() < FEWEST_DEEP_PIXELS:
        return False
    fine, coarse = detail_of(luma, deep)
    return fine < MOST_FINE_DETAIL * coarse


def eroded(inside: np.ndarray, pixels: int) -> np.ndarray:
    """Return what lies so many px inside a region (H, W); the border of the picture is no outline."""
    element = np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)
    return cv2.erode(inside.astype(np.uint8), element) > 0


def surroundings(inside: np.ndarray, marked: np.ndarray) -> np.ndarray:
    """Return the unmarked pixels around a region, (H, W) bool."""
    near, far = (
        cv2.dilate(part.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0
        for part, reach in ((marked, SURROUND_GAP), (inside, SURROUND_WIDTH))
    )
    return far & ~near


def detail_of(luma: np.ndarray, where: np.ndarray, times: int = 1) -> tuple[float, float]:
    """Return the standard deviation of the fine and of the coarser detail, so many times as coarse, levels."""
    less, least = (cv2.GaussianBlur(luma, (0, 0), times * scale) for scale in (FINE_DETAIL_SCALE, COARSE_DETAIL_SCALE))
    return float(np.sqrt(((luma - less)[where] ** 2).mean())), float(np.sqrt(((less - least)[where] ** 2).mean()))


def blur_reach(luma: np.ndarray, inside: np.ndarray) -> float:
    """Return the standard deviation of the Gaussian that leaves such gradients, px; LONGEST_BLUR where none are."""
    energies = []
    for scale in GRADIENT_SCALES:
        weight = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), scale)
        smooth = cv2.GaussianBlur(np.where(inside, luma, 0), (0, 0), scale) / np.maximum(weight, 1e-3)
        across, down = np.diff(smooth, axis=1)[:-1], np.diff(smooth, axis=0)[:, :-1]
        deep = eroded(inside, 2)[:-1, :-1]
        energies.append(float((across[deep] ** 2 + down[deep] ** 2).mean()) if deep.any() else 0.0)
    ratio, (fine, coarse) = energies[0] / max(energies[1], 1e-9), GRADIENT_SCALES
    if ratio <= 1:
        return LONGEST_BLUR
    return max((coarse**2 - ratio * fine**2) / (ratio - 1), 0.0) ** 0.5
