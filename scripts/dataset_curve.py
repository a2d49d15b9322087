"""How the time for finding pictures that show the same grows with their number.

Features are those of cells of 256 x 256 px cut out of large pictures.  Of them many more pictures are put together:
each has 400 of the features, all disturbed a little and put elsewhere, so that no picture shows the same as another,
but all are made of what pictures are made of.  They are indexed, and some, evenly chosen, are looked up and compared.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from inpaint.builders.likeness.candidates import FeatureIndex
from inpaint.builders.likeness.features import MOST_FEATURES, LocalFeatures, as_variant, features_of
from inpaint.builders.likeness.geometry import agreeing_features

CELL_SIDE = 256  # px
LEAST_DEVIATION = 14.0  # grey levels; a sky is no picture
POOL_CELLS = 400
ASKED = 100  # pictures that are looked up
NOISE = np.random.default_rng(0).normal(0, 12, (1 << 14, 128)).astype(np.int16)  # added to the bins, 0 to 255


def cells(files: Sequence[Path], count: int) -> Iterator[np.ndarray]:
    """Yield so many grey pictures, (256, 256) uint8, at most four of a file."""
    found = 0
    for file in files:
        gray = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if gray is None:
            continue
        places = np.random.default_rng(found).integers(0, np.maximum(np.array(gray.shape) - CELL_SIDE, 0) + 1, (4, 2))
        for y, x in places.tolist():
            cell = gray[y : y + CELL_SIDE, x : x + CELL_SIDE]
            if cell.shape == (CELL_SIDE, CELL_SIDE) and cell.std() >= LEAST_DEVIATION:
                yield cell
                found += 1
                if found == count:
                    return


def put_together(pool: LocalFeatures, number: int) -> LocalFeatures:
    """Return the features of a picture that there is not."""
    rng = np.random.default_rng(number)
    chosen = rng.integers(0, len(pool.bins), MOST_FEATURES)
    bins = pool.bins[chosen] + NOISE[rng.integers(0, len(NOISE), MOST_FEATURES)]
    places = pool.places[chosen].copy()
    places[:, :2] = rng.uniform(-CELL_SIDE / 2, CELL_SIDE / 2, (MOST_FEATURES, 2))
    return LocalFeatures(places, bins.clip(0, 255).astype(np.uint8))


def time_by_number(files: Sequence[Path], counts: Sequence[int]) -> None:
    """Print what finding the features, indexing and looking up take a picture, in processor time of one thread."""
    cv2.setNumThreads(1)
    started = time.process_time()
    found = [features_of(cell) for cell in cells(files, POOL_CELLS)]
    print(f"finding the features: {1e3 * (time.process_time() - started) / len(found):.1f} ms a picture", flush=True)
    pool = LocalFeatures(np.concatenate([it.places for it in found]), np.concatenate([it.bins for it in found]))
    started = time.process_time()
    for number in range(ASKED):
        put_together(pool, number)
    making = (time.process_time() - started) / ASKED
    for count in counts:
        started = time.process_time()
        index = FeatureIndex(count, lambda number: put_together(pool, number))
        indexing = (time.process_time() - started) / count - making
        asked = np.linspace(0, count - 1, ASKED).astype(int).tolist()
        started, compared, linked = time.process_time(), 0, 0
        for number in asked:
            ours = put_together(pool, number)
            for other, variant in index.candidates(number):
                compared += 1
                linked += agreeing_features(as_variant(ours, variant), put_together(pool, other)) > 0
        asking = (time.process_time() - started) / ASKED - making * (1 + compared / ASKED)
        print(
            f"{count} pictures: indexing {1e3 * indexing:.1f} ms a picture, looking up and comparing "
            f"{1e3 * asking:.1f} ms, {compared / ASKED:.1f} compared, {linked} taken for relatives",
            flush=True,
        )
