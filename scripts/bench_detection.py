"""Measure what is found where nothing is marked: mosaics by JPEG quality and by block, in clean pictures, and in traps.

Every picture gets 0 to 5 mosaics and is then kept losslessly and as JPEGs; the same mosaics are sought at each quality.
A found region is right if its IoU with a true one is at least 0.5.  Traps are drawn, nothing in them is censored.
"large" joins such pictures to one of many megapixels and tells time and memory, too.
    python scripts/bench_detection.py FOLDER [--pictures 40] [--qualities 0 95 75] [--parts mosaics clean traps]
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from detection_animations import animations
from detection_cases import Truth, as_jpeg, clean, overlaps, rescaled, with_bars, with_cut_mosaic, with_mosaics
from detection_counts import HEAD, SIZES, Count, compare, placed, tensor
from detection_large import large
from detection_pages import drawn_page, many_bars, text_page, thin_bars
from detection_traps import TRAPS

from inpaint import images
from inpaint.detection.bars import find_bars
from inpaint.detection.mosaics.cut_cells import cell_borders, cells_in_mask
from inpaint.detection.mosaics.search import MosaicRegion, find_mosaics

QUALITIES = (0, 100, 95, 90, 85, 80, 75, 70)  # 0 = lossless
PARTS = ("mosaics", "cut", "rescaled", "bars", "pages", "clean", "traps", "animations", "large")
CLEAN = ((0, 1), (90, 1), (75, 1), (40, 1.5), (30, 1.6))  # JPEG quality, and how much larger after it
FACTORS = (0.5, 0.7, 0.85, 1.15, 1.37, 1.8)
WAYS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)
LEAST = 4  # px, of the side of a cell that is sought


def mosaics(files: Sequence[Path], qualities: Sequence[int], verbose: bool) -> None:
    """Print how well mosaics are found at each quality, and by block at each."""
    totals: dict[int, dict[str, Count]] = {quality: defaultdict(Count) for quality in qualities}
    seconds, pixels = 0.0, 0
    for number, file in enumerate(files):
        rng = np.random.default_rng(number)
        case = with_mosaics(clean(file), int(rng.integers(0, 6)), rng)
        for quality in qualities:
            image = tensor(as_jpeg(case.picture, quality))
            started = time.perf_counter()
            found = find_mosaics(image)
            seconds, pixels = seconds + time.perf_counter() - started, pixels + image[0].numel()
            for name, count in compare(found, case.truths, f"{number} q{quality}" if verbose else "").items():
                totals[quality][name] += count
    print(f"\nmosaics, {seconds / pixels * 1e6:.2f} s per megapixel\n{HEAD}")
    for quality, counts in totals.items():
        print(counts["all"].row(f"quality {quality}" if quality else "lossless"))
    for quality in qualities:
        print(f"{'lossless' if not quality else f'at quality {quality}'}, by the block's mean side")
        for low, high in SIZES:
            print(totals[quality][f"block {low} to {high}"].row(f"  {low} to {high} px"))


def cut_mosaics(files: Sequence[Path], qualities: Sequence[int]) -> None:
    """Print how well masks fit mosaics whose outline cuts cells, and how well their whole cells alone do."""
    print("\nmosaics whose outline cuts cells, mean IoU of those found")
    print(f"{'':16} {'found':>9} {'as found':>9} {'whole cells':>12}")
    for quality in qualities:
        fits: list[tuple[float, float]] = []
        for number, file in enumerate(files):
            case = with_cut_mosaic(clean(file), np.random.default_rng(number))
            found = find_mosaics(tensor(as_jpeg(case.picture, quality)))
            truth, masks = case.truths[0].mask, [mosaic.mask[0].numpy() > 0 for mosaic in found]
            if (index := overlaps(masks, case.truths)[0]) is None:
                continue
            rows, columns = (cell_borders(found[index].grid, axis, truth.shape[axis]) for axis in (0, 1))
            whole = cells_in_mask(masks[index], rows, columns).repeat(np.diff(rows), 0).repeat(np.diff(columns), 1)
            fits.append((iou(masks[index], truth), iou(whole, truth)))
        as_found, cells = np.mean(fits, 0)
        name = f"quality {quality}" if quality else "lossless"
        print(f"{name:16} {len(fits):4}/{len(files):<4} {as_found:9.3f} {cells:12.3f}")


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """Return the intersection of two masks over their union."""
    return float((one & other).sum() / (one | other).sum())


def rescaled_mosaics(files: Sequence[Path], qualities: Sequence[int], verbose: bool) -> None:
    """Print how well mosaics are found whose cells are no longer whole pixels; cells below 4 px do not count."""
    print(f"\nrescaled, so that cells are no longer whole pixels\n{HEAD}")
    totals: dict[int, dict[str, Count]] = {quality: defaultdict(Count) for quality in qualities}
    for factor in FACTORS:
        for number, file in enumerate(files):
            rng = np.random.default_rng(number)
            case = rescaled(with_mosaics(clean(file), int(rng.integers(0, 6)), rng), factor, WAYS[number % len(WAYS)])
            for quality in qualities:
                name = f"{number} x{factor} q{quality}" if verbose else ""
                found = without_tiny(find_mosaics(tensor(as_jpeg(case.picture, quality))), case.truths)
                truths = [truth for truth in case.truths if min(truth.block) >= LEAST]
                counts = compare(found, truths, name)
                for key, count in (counts | {f"by {factor}": counts["all"]}).items():
                    totals[quality][key] += count
    for quality in qualities:
        for name in (
            "all",
            *(f"by {factor}" for factor in FACTORS),
            *(f"block {low} to {high}" for low, high in SIZES),
        ):
            print(
                totals[quality][name].row(f"{f'at {quality}' if quality else 'lossless'}, {name.replace('block ', '')}")
            )


def without_tiny(found: Sequence[MosaicRegion], truths: Sequence[Truth]) -> list[MosaicRegion]:
    """Leave out what was found of mosaics whose cells are too small to count."""
    tiny = [truth.mask for truth in truths if min(truth.block) < LEAST]
    return [mosaic for mosaic in found if not any((mosaic.mask[0].numpy() > 0)[mask].mean() > 0.3 for mask in tiny)]


def false_in_clean(files: Sequence[Path], verbose: bool) -> None:
    """Print how many regions are found in pictures that hold none."""
    print(f"\nfalse regions in {len(files)} clean pictures, and per 50 of them\n{'':16} {'mosaics':>14} {'bars':>14}")
    for quality, factor in CLEAN:
        wrong = np.zeros(2, int)
        for file in files:
            picture = cv2.resize(
                as_jpeg(clean(file), quality), None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC
            )
            wrong += false_regions(picture, file.name if verbose else "")
        name = f"quality {quality}" + (f", x{factor}" if factor != 1 else "") if quality else "as they are"
        print(f"{name:18}", *(f"{count:6} {50 * count / len(files):7.2f}" for count in wrong))


def false_regions(picture: np.ndarray, verbose: str) -> np.ndarray:
    """Return how many mosaics and how many bars are found where nothing is censored, (2,)."""
    counts, solid = compare(find_mosaics(tensor(picture)), [], verbose), find_bars(tensor(picture))
    if verbose:
        for bar in solid:
            print(f"  {verbose}: wrong bar {bar.colour} at {bar.top, bar.left}, {int(bar.mask.sum())} px")
    return np.array([counts["all"].wrong if counts else 0, len(solid)])


def false_in_traps(each: int, verbose: bool) -> None:
    """Print how many regions are found in drawn traps."""
    print(f"\nfalse regions in {each} drawn traps of each kind\n{'':16} {'mosaics':>15} {'bars':>15}")
    print(f"{'':16} {'lossless':>8} {'at 75':>6} {'lossless':>8} {'at 75':>6}")
    for name, draw in TRAPS.items():
        wrong = np.zeros((2, 2), int)
        for number in range(each):
            picture = draw(np.random.default_rng(number))
            for index, quality in enumerate((0, 75)):
                wrong[:, index] += false_regions(as_jpeg(picture, quality), name if verbose else "")
        print(f"{name:16}", *(f"{lossless:8} {blurred:6}" for lossless, blurred in wrong))


def bars(files: Sequence[Path], verbose: bool) -> None:
    """Print how well bars and blobs of one colour are found."""
    print(f"\nbars and blobs of one colour\n{HEAD}")
    for quality in (0, 95, 75):
        total = Count()
        for number, file in enumerate(files):
            rng = np.random.default_rng(number)
            case = with_bars(clean(file), int(rng.integers(0, 4)), rng)
            found = [placed(bar, case.picture) for bar in find_bars(tensor(as_jpeg(case.picture, quality)))]
            matched = overlaps(found, case.truths)
            right = sum(index is not None for index in matched)
            total += Count(len(matched), right, right, len(found) - right)
            if verbose and (len(found) > right or len(matched) > right):
                print(f"  {number} {file.name} q{quality}: {right} of {len(matched)}, {len(found) - right} wrong")
        print(total.row(f"quality {quality}" if quality else "lossless"))


def pages(files: Sequence[Path]) -> None:
    """Print how well bars are found in text, in drawings, and in photographs that hold many or thin ones."""
    kinds = {
        "text": lambda rng, file, bars: text_page(rng, bars),
        "drawings": lambda rng, file, bars: drawn_page(rng, bars),
        "many of one size": lambda rng, file, bars: many_bars(clean(file), rng, 3 * bars),
        "thin": lambda rng, file, bars: thin_bars(clean(file), rng, bars),
    }
    for quality in (0, 95, 75):
        print(f"\nbars {f'at quality {quality}' if quality else 'lossless'}\n{HEAD}")
        for name, draw in kinds.items():
            total = Count()
            for number, file in enumerate(files):
                rng = np.random.default_rng(number)
                case = draw(rng, file, number % 2 * int(rng.integers(2, 6)))
                found = [placed(bar, case.picture) for bar in find_bars(tensor(as_jpeg(case.picture, quality)))]
                right = sum(index is not None for index in overlaps(found, case.truths))
                total += Count(len(case.truths), right, right, len(found) - right)
            print(total.row(name))


def main() -> None:
    """Measure the parts that were asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("data/demo/clean"))
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--qualities", type=int, nargs="+", default=list(QUALITIES))
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--traps", type=int, default=6, help="drawn of each kind")
    parser.add_argument("--megapixels", type=float, default=100.0, help="of the large picture")
    parser.add_argument("--verbose", action="store_true", help="tell every region that was missed or wrong")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    paths = images.find(options.folder)
    files = [paths[index * len(paths) // options.pictures] for index in range(options.pictures)]
    files = list(dict.fromkeys(files))
    print(f"{len(files)} pictures of {options.folder}")
    if "mosaics" in options.parts:
        mosaics(files, options.qualities, options.verbose)
    if "cut" in options.parts:
        cut_mosaics(files, options.qualities)
    if "rescaled" in options.parts:
        rescaled_mosaics(files[: max(len(files) // 2, 1)], options.qualities, options.verbose)
    if "bars" in options.parts:
        bars(files, options.verbose)
    if "pages" in options.parts:
        pages(files)
    if "clean" in options.parts:
        false_in_clean(files, options.verbose)
    if "traps" in options.parts:
        false_in_traps(options.traps, options.verbose)
    if "animations" in options.parts:
        animations(files[::4], [quality for quality in options.qualities if quality in (0, 75)])
    if "large" in options.parts:
        large(files, options.megapixels, options.verbose)


if __name__ == "__main__":
    main()
