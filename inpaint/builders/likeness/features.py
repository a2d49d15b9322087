"""Local features: what a picture still shows after it was cropped, turned, mirrored, framed or written on.

They are SIFT (Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", 2004) with the square roots of
Arandjelović and Zisserman, "Three Things Everyone Should Know to Improve Object Retrieval" (2012).  What differs: a
mirrored and an inverted picture are not looked at again, because mirroring and inverting only permute the bins of a
descriptor.  A feature is kept in 136 bytes: its descriptor as OpenCV rounds it, and its place.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np

FEATURE_SIDE = 256  # px; a picture is resized to so many pixels squared, whatever its shape
MOST_FEATURES = 400  # of a picture, the strongest
USUAL_CONTRAST = 0.02  # of SIFT, half of its default: dark and soft pictures need their weak features
PARTS = 4  # per side of a picture, whose features take turns
FEW_FEATURES, FAINT_CONTRAST = 100, 0.006
DESCRIPTOR_BINS = 128
PLACE_UNITS = np.array([16, 16, 1024, 64], np.float32)  # steps of x and y per px, of log2 of the size, and per degree


class LocalFeatures(NamedTuple):
    """The features of a picture, strongest first."""

    places: np.ndarray  # (N, 4) float32: x and y in px from the middle, log2 of the size, direction in degrees
    bins: np.ndarray  # (N, 128) uint8


class Variant(NamedTuple):
    """What may have been done to a picture as a whole."""

    mirrored: bool
    inverted: bool


VARIANTS = (Variant(False, False), Variant(True, False), Variant(False, True), Variant(True, True))


def features_of(gray: np.ndarray) -> LocalFeatures:
    """Return the features of a gray picture, (H, W) uint8."""
    factor = FEATURE_SIDE / math.sqrt(gray.shape[0] * gray.shape[1])
    shape = max(round(gray.shape[1] * factor), 1), max(round(gray.shape[0] * factor), 1)
    small = cv2.resize(gray, shape, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    found, bins = cv2.SIFT.create(MOST_FEATURES, contrastThreshold=USUAL_CONTRAST).detectAndCompute(small, None)
    if len(found) < FEW_FEATURES:  # a sky, a fog: look for what is weaker still
        found, bins = cv2.SIFT.create(MOST_FEATURES, contrastThreshold=FAINT_CONTRAST).detectAndCompute(small, None)
    if bins is None:
        return LocalFeatures(np.zeros((0, 4), np.float32), np.zeros((0, DESCRIPTOR_BINS), np.uint8))
    rows = np.array([(-it.response, it.pt[0], it.pt[1], it.size, it.angle) for it in found], np.float32)
    order = _spread(rows, shape)[:MOST_FEATURES]
    places = rows[order, 1:]
    places[:, :2] -= np.array(shape, np.float32) / 2
    places[:, 2] = np.log2(places[:, 2])
    return features_from_bytes(features_to_bytes(LocalFeatures(places, bins[order].astype(np.uint8))))


def _spread(rows: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return the order in which features stand: the strongest of each part of the picture, then the second ones, ...

    So neither a caption nor a crowd hides the rest.  rows: (N, 5), minus the strength, x, y, size and direction.
    """
    order = np.lexsort((rows[:, 4], rows[:, 2], rows[:, 1], rows[:, 0]))
    column, row = (np.floor(rows[order, axis + 1] / shape[axis] * PARTS).clip(0, PARTS - 1) for axis in (0, 1))
    part = (row * PARTS + column).astype(np.int64)
    within = np.argsort(part, kind="stable")
    begins = np.searchsorted(part[within], part[within])
    turn = np.empty(len(part), np.int64)
    turn[within] = np.arange(len(part)) - begins
    return order[np.argsort(turn, kind="stable")]


def features_to_bytes(features: LocalFeatures) -> bytes:
    """Return features as the store keeps them."""
    return np.rint(features.places * PLACE_UNITS).astype("<i2").tobytes() + features.bins.tobytes()


def features_from_bytes(data: bytes) -> LocalFeatures:
    """Return the features that `features_to_bytes` made these bytes of."""
    count = len(data) // (DESCRIPTOR_BINS + 8)
    places = np.frombuffer(data, "<i2", 4 * count).reshape(count, 4).astype(np.float32) / PLACE_UNITS
    return LocalFeatures(places, np.frombuffer(data, np.uint8, offset=8 * count).reshape(count, DESCRIPTOR_BINS))


def root_descriptors(bins: np.ndarray) -> np.ndarray:
    """Return root-SIFT, (N, 128) float32 of length 1, so that a product is a likeness."""
    values = bins.astype(np.float32)
    return np.sqrt(values / np.maximum(values.sum(axis=1, keepdims=True), 1))


def as_variant(features: LocalFeatures, variant: Variant) -> LocalFeatures:
    """Return the features as the mirrored or inverted picture would have them (left and right change places)."""
    return LocalFeatures(places_as(features.places, variant), features.bins[:, BIN_ORDERS[variant]])


def places_as(places: np.ndarray, variant: Variant) -> np.ndarray:
    """Return the places, (N, 4), that features of the mirrored or inverted picture have."""
    places = places.copy()
    if variant.mirrored:
        places[:, 0] *= -1
        places[:, 3] = 180 - places[:, 3]
    if variant.inverted:
        places[:, 3] += 180
    return places


def _bin_order(variant: Variant) -> np.ndarray:
    """Return where each bin of a variant's descriptor comes from: 4 rows of 4 cells of 8 directions.

    Mirroring changes the rows and the sense of directions.  Inverting turns every gradient by 180 degrees, and with
    them the frame of the feature: directions stay, cells are turned.
    """
    order = np.arange(DESCRIPTOR_BINS).reshape(4, 4, 8)
    if variant.mirrored:
        order = order[::-1, :, (-np.arange(8)) % 8]
    if variant.inverted:
        order = order[::-1, ::-1]
    return order.ravel()


BIN_ORDERS = {variant: _bin_order(variant) for variant in VARIANTS}
