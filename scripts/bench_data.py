"""Time the making of training samples on one core: 512-px JPEGs, a random 256-px crop, a mask and a mosaic in it.

python scripts/bench_data.py [--count 300] [--rounds 5]

Beside ours stands the same work as it is usually written: torchvision v2 for reading, cropping and mirroring, and
NumPy for the mosaic, with the same masks and blocks.  The ways take turns, seconds are those of the processor, and
the median round counts, so that a busy computer disturbs the ratios little.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.io import decode_jpeg, read_file
from torchvision.transforms import v2

from inpaint.data import synthetic
from inpaint.data.decode import colour_of
from inpaint.data.samples import Positions, Samples, load_batches
from inpaint.data.sources import Folder, PictureSource, random_crop
from inpaint.degradation.degrade import Degradation
from inpaint.degradation.fills import mosaic
from inpaint.degradation.masks import MASKS
from inpaint.randomness import choose, integer, log_uniform, rng_for
from inpaint.sample import Sample

SIDE, CROP, BLOCK = 512, 256, (4, 24)  # px
MASK = "freeform"  # the slowest of those that are common

Make = Callable[[int], object]


def pictures(folder: Path, count: int) -> list[Path]:
    """Draw pictures and save them as JPEG."""
    for number in range(count):
        drawn = synthetic.render((SIDE, SIDE), rng_for("benchmark", number))
        levels = (drawn.permute(1, 2, 0) * 255).round().byte().numpy()
        Image.fromarray(levels).save(folder / f"{number:03}.jpg", quality=90)
    return sorted(folder.iterdir())


def samples(source: PictureSource, *, drafts: bool = False) -> Samples:
    """Build our table of samples."""
    degrade = Degradation(MASKS[MASK](), mosaic(block=BLOCK))
    return Samples([(1.0, source)], degrade, crop=CROP, seed=0, drafts=drafts)


def in_memory(arrays: list[np.ndarray]) -> PictureSource:
    """Return a source of crops that decodes nothing."""

    def source(size: tuple[int, int], rng: torch.Generator) -> Tensor:
        return random_crop(choose(rng, arrays), size, rng, flip=True, shrink=1.0, name="array")

    return source


def usual(picture: Callable[[int], Any]) -> Make:
    """Return the same work with torchvision v2 and NumPy; picture gives (3, H, W) uint8."""
    change = v2.Compose([v2.RandomCrop(CROP), v2.RandomHorizontalFlip(), v2.ToDtype(torch.float32, scale=True)])
    draw = MASKS[MASK]()

    def make(position: int) -> Sample:
        rng = rng_for(position)
        target = change(picture(position))
        block = int(log_uniform(rng, BLOCK[0], BLOCK[1] + 1))
        phase = integer(rng, 0, block - 1), integer(rng, 0, block - 1)
        mask = draw((CROP, CROP), rng)
        image, painted = numpy_mosaic(target.numpy(), mask[0].numpy(), block, phase)
        return Sample(torch.from_numpy(image), torch.from_numpy(painted)[None], target)

    return make


def numpy_mosaic(
    target: np.ndarray, mask: np.ndarray, block: int, phase: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Pixelate whole cells by reshaping; target: (3, H, W).  mask: (H, W)."""
    height, width = mask.shape
    before = [-line % block for line in phase]
    rows, columns = -(-(height + before[0]) // block), -(-(width + before[1]) // block)
    padding = [(before[0], rows * block - height - before[0]), (before[1], columns * block - width - before[1])]
    padded = np.pad(target, [(0, 0), *padding], mode="edge")
    means = padded.reshape(3, rows, block, columns, block).mean((2, 4))
    chosen = np.pad(mask, padding).reshape(rows, block, columns, block)[:, block // 2, :, block // 2]
    inside = (slice(before[0], before[0] + height), slice(before[1], before[1] + width))
    painted = chosen.repeat(block, 0).repeat(block, 1)[inside]
    shown = means.repeat(block, 1).repeat(block, 2)[:, inside[0], inside[1]]
    return np.where(painted > 0, shown, target).astype(np.float32), painted.astype(np.float32)


def rates(ways: dict[str, Make], count: int, rounds: int) -> dict[str, float]:
    """Return samples per second of processor time of each way, which take turns; the median of the rounds."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):  # the first one warms up
        for name, make in ways.items():
            started = time.process_time()
            for position in range(count):
                make(number * count + position)
            seconds[name].append(time.process_time() - started)
    return {name: count / statistics.median(taken[1:]) for name, taken in seconds.items()}


def stages(paths: list[Path], count: int, rounds: int) -> dict[str, float]:
    """Return the milliseconds of each stage of our way."""
    files = [path.read_bytes() for path in paths]
    arrays = [colour_of(data, "file") for data in files]
    draw, fill, size = MASKS[MASK](), mosaic(block=BLOCK), (CROP, CROP)
    targets = [in_memory(arrays)(size, rng_for(position)) for position in range(16)]
    masks = [draw(size, rng_for(position)) for position in range(16)]
    found = rates(
        {
            "read the file": lambda n: paths[n % len(paths)].read_bytes(),
            "decode": lambda n: colour_of(files[n % len(files)], "file"),
            "choose, crop, mirror, to float": lambda n: in_memory(arrays)(size, rng_for(n)),
            "mask": lambda n: draw(size, rng_for(n)),
            "mosaic": lambda n: fill(targets[n % 16], masks[n % 16], rng_for(n)),
        },
        count,
        rounds,
    )
    return {name: 1000 / rate for name, rate in found.items()}


def loaded(table: Samples, count: int) -> float:
    """Return the samples per second that one worker process delivers in batches of 16, by the clock."""
    batches = load_batches(table, Positions(0, 2 + count // 16, batch=16), workers=1, pin=False)
    for _ in range(2):  # the worker starts
        next(batches)
    started = time.perf_counter()
    delivered = sum(len(batch.mask) for batch in batches)
    return delivered / (time.perf_counter() - started)


def main() -> None:
    """Print the rates, their ratios, and where our time goes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=300, help="samples of a round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    with tempfile.TemporaryDirectory() as folder:
        paths = pictures(Path(folder), 48)
        arrays = [colour_of(path.read_bytes(), path.name) for path in paths]
        tensors = [torch.from_numpy(array).permute(2, 0, 1).contiguous() for array in arrays]
        ways = {
            "with decoding": samples(Folder(folder)).__getitem__,
            "with decoding, usual": usual(lambda n: decode_jpeg(read_file(str(paths[n % len(paths)])))),
            "without decoding": samples(in_memory(arrays)).__getitem__,
            "without decoding, usual": usual(lambda n: tensors[n % len(tensors)]),
        }
        found = rates(ways, options.count, options.rounds)
        for name in ("with decoding", "without decoding"):
            other = found[f"{name}, usual"]
            print(
                f"{name:17} {found[name]:6.0f} samples/s per core; torchvision v2 and NumPy {other:6.0f}: "
                f"{found[name] / other:.2f} times as many"
            )
        print("\nwhere the time of a sample goes, ms")
        for name, milliseconds in stages(paths, options.count, options.rounds).items():
            print(f"  {name:31} {milliseconds:.2f}")
        for drafts, what in ((False, "finished samples"), (True, "samples for the device to damage")):
            rate = loaded(samples(Folder(folder), drafts=drafts), 4 * options.count)
            print(f"\none worker process delivers {rate:.0f} {what} a second, by the clock")


if __name__ == "__main__":
    main()
