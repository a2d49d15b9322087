"""How the time for finding pictures that show the same grows with their number.

Pictures are cells of 256 x 256 px that do not overlap, cut out of large ones, so that there are many and none shows the
same as another.  Their features are taken once; then 1,000, 3,000, ... of them are indexed, looked up and compared.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from inpaint.builders.likeness.features import features_of, features_to_bytes
from inpaint.builders.likeness.same_things import pairs_showing_the_same

CELL_SIDE = 256  # px
LEAST_DEVIATION = 14.0  # grey levels; a sky is no picture


def cells(files: Sequence[Path], count: int) -> Iterator[np.ndarray]:
    """Yield so many grey pictures, (256, 256) uint8, file by file."""
    found = 0
    for file in files:
        gray = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        if gray is None:
            continue
        for y in range(0, gray.shape[0] - CELL_SIDE + 1, CELL_SIDE):
            for x in range(0, gray.shape[1] - CELL_SIDE + 1, CELL_SIDE):
                cell = gray[y : y + CELL_SIDE, x : x + CELL_SIDE]
                if cell.std() >= LEAST_DEVIATION:
                    yield cell
                    found += 1
                    if found == count:
                        return


def time_by_number(files: Sequence[Path], counts: Sequence[int]) -> None:
    """Print the time of each step per picture, processor time of one thread, for every number of pictures."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryFile() as kept:
        ends, started = [0], time.process_time()
        for cell in cells(files, max(counts)):
            kept.write(data := features_to_bytes(features_of(cell)))
            ends.append(ends[-1] + len(data))
        kept.flush()
        made = len(ends) - 1
        print(f"features of {made} pictures: {1e3 * (time.process_time() - started) / made:.1f} ms each", flush=True)
        order = np.random.default_rng(0).permutation(made)  # so that the few are as varied as the many

        def read(number: int) -> bytes:
            place = int(order[number])
            return os.pread(kept.fileno(), ends[place + 1] - ends[place], ends[place])

        for count in sorted({min(count, made) for count in counts}):
            started = time.process_time()
            found = pairs_showing_the_same(count, read, np.zeros((0, 2), np.int64))
            seconds = time.process_time() - started
            print(f"{count} pictures: {1e3 * seconds / count:.1f} ms each, {len(found)} links", flush=True)
