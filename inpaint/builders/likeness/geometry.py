"""Say whether two pictures show the same thing: their features must agree in one similarity.

Source: mutual nearest neighbours and RANSAC (Fischler and Bolles, 1981).  The bounds on the scale and on mutual
neighbours keep periodic facades apart, the bound on the extent keeps apart what shares a watermark only.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from inpaint.builders.likeness.features import FEATURE_SIDE, LocalFeatures, root_descriptors

LEAST_INLIERS = 8
LEAST_INLIER_SHARE = 0.1  # of the mutual neighbours that agree, where there are so many inliers
FEWEST_INLIERS, SURE_SHARE = 5, 0.25  # where features are few: of 5,280 pairs of strangers none reached even 0.12
LEAST_LIKENESS = 0.75  # of two root-SIFT descriptors
INLIER_DISTANCE = 4.0  # px at the size at which features are found
SCALES_ALLOWED = (0.38, 2.6)  # of one picture in the other
LEAST_EXTENT = 0.03  # share of a picture's area that the box around its inliers covers
ITERATIONS = 1000


def agreeing_features(one: LocalFeatures, other: LocalFeatures, *, least: int = LEAST_INLIERS) -> int:
    """Return how many features of two pictures agree in one similarity; 0 where that may be chance.

    least: inliers that are needed, but FEWEST_INLIERS where nearly all features that could agree do.
    """
    if min(len(one.bins), len(other.bins)) < FEWEST_INLIERS:
        return 0
    likeness = root_descriptors(one.bins) @ root_descriptors(other.bins).T
    best, back = likeness.argmax(axis=1), likeness.argmax(axis=0)
    numbers = np.arange(len(best))
    chosen = np.flatnonzero((back[best] == numbers) & (likeness[numbers, best] > LEAST_LIKENESS))
    if len(chosen) < FEWEST_INLIERS:
        return 0
    source, target = one.places[chosen, :2], other.places[best[chosen], :2]
    found, kept = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=INLIER_DISTANCE, maxIters=ITERATIONS, refineIters=0
    )
    if found is None or not SCALES_ALLOWED[0] < math.hypot(found[0, 0], found[1, 0]) < SCALES_ALLOWED[1]:
        return 0
    inside = kept.ravel() > 0
    source, target = (np.unique(np.rint(it[inside]), axis=0) for it in (source, target))  # a corner has two directions
    if max(_extent(source), _extent(target)) < LEAST_EXTENT:
        return 0
    inliers = min(len(source), len(target))
    share = LEAST_INLIER_SHARE if inliers >= least else SURE_SHARE
    return inliers if inliers >= max(FEWEST_INLIERS, share * len(chosen)) else 0


def _extent(points: np.ndarray) -> float:
    """Return the share of a picture that lies in the box around nine tenths of points, (N, 2) px, along each axis."""
    if not len(points):
        return 0.0
    low, high = np.quantile(points, (0.05, 0.95), axis=0)
    return float(np.prod(high - low)) / FEATURE_SIDE**2
