"""Measure what is found without being told: mosaics by JPEG quality and by block, in clean pictures, and in traps.

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
from typing import NamedTuple

import cv2
import numpy as np
import torch
from detection_cases import Case, Truth, as_jpeg, clean, overlaps, rescaled, with_bars, with_cut_mosaic, with_mosaics
from detection_traps import TRAPS
from restore_cases import peak_of, resident

from inpaint import images
from inpaint.detection.bars import Bar, find_bars
from inpaint.detection.censored import Censored, find_censored
from inpaint.detection.mosaics.cut_cells import cell_borders, cells_in_mask
from inpaint.detection.mosaics.search import MosaicRegion, find_mosaics

QUALITIES = (0, 100, 95, 90, 85, 80, 75, 70)  # 0 = lossless
SIZES = ((4, 6), (7, 10), (11, 16), (17, 25), (26, 40))  # blocks, by the mean of their sides
PARTS = ("mosaics", "cut", "rescaled", "bars", "clean", "traps", "large")
CLEAN = ((0, 1), (90, 1), (75, 1), (40, 1.5), (30, 1.6))  # JPEG quality, and how much larger after it
FACTORS = (0.5, 0.7, 0.85, 1.15, 1.37, 1.8)
WAYS = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC)
LEAST = 4  # px, of the side of a cell that is sought
PIECE = (320, 480)  # px, of the pictures that a large one is joined from
BARS, BAR = 4, (90, 400)  # of them, so many have a bar of these px instead of mosaics


class Count(NamedTuple):
    """How many regions there were and how many were found."""

    true: int = 0
    right: int = 0
    exact: int = 0  # of the right ones, with the true block
    wrong: int = 0  # found where there is none

    def __add__(self, other: Count) -> Count:  # pyright: ignore[reportIncompatibleMethodOverride]
        return Count(*(one + two for one, two in zip(self, other, strict=True)))

    def row(self, name: str) -> str:
        """Write one line of the table."""
        precision, recall = (self.right / max(whole, 1) for whole in (self.right + self.wrong, self.true))
        f1 = 2 * self.right / max(2 * self.right + self.wrong + self.true - self.right, 1)
        exact = self.exact / max(self.right, 1)
        return f"{name:16} {self.true:7} {precision:9.3f} {recall:7.3f} {f1:6.3f} {exact:6.3f}"


HEAD = f"{'':16} {'regions':>7} {'precision':>9} {'recall':>7} {'F1':>6} {'exact':>6}"


def tensor(picture: np.ndarray) -> torch.Tensor:
    """Return a picture (H, W, 3) uint8 as (3, H, W) in [0, 1]."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1) / 255


def size_of(block: tuple[float, float]) -> str:
    """Name the class of sizes of a block."""
    mean = sum(block) / 2
    return next((f"block {low} to {high}" for low, high in SIZES if mean < high + 1), "larger")


def compare(found: Sequence[MosaicRegion], truths: Sequence[Truth], verbose: str) -> dict[str, Count]:
    """Count what was found, in all and by the size of the blocks."""
    masks = [mosaic.mask[0].numpy() > 0 for mosaic in found]
    matched = overlaps(masks, truths)
    counts: dict[str, Count] = defaultdict(Count)
    for truth, index in zip(truths, matched, strict=True):
        near = index is not None and all(
            abs(one - two) < 0.02 * two for one, two in zip(found[index].grid.block, truth.block, strict=True)
        )
        count = Count(1, index is not None, near)
        if verbose and not near:
            print(f"  {verbose}: {'missed' if index is None else found[index].grid} {truth.block} {truth.phase}")
        counts["all"] += count
        counts[size_of(truth.block)] += count
    for index, mosaic in enumerate(found):
        if index not in matched:
            counts["all"] += Count(wrong=1)
            counts[size_of(mosaic.grid.block)] += Count(wrong=1)
            if verbose:
                print(f"  {verbose}: wrong {mosaic.grid} {int(mosaic.mask.sum())} px, score {mosaic.score:.2f}")
    return counts


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
        told, cells = np.mean(fits, 0)
        name = f"quality {quality}" if quality else "lossless"
        print(f"{name:16} {len(fits):4}/{len(files):<4} {told:9.3f} {cells:12.3f}")


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


def placed(bar: Bar | Censored, picture: np.ndarray, corner: tuple[int, int] = (0, 0)) -> np.ndarray:
    """Return the mask of what was found in its picture, or in a part of it with this corner."""
    mask = np.zeros(picture.shape[:2], bool)
    top, left = bar.top - corner[0], bar.left - corner[1]
    own = bar.mask[max(-top, 0) :, max(-left, 0) :]
    part = mask[max(top, 0) :, max(left, 0) :][: own.shape[0], : own.shape[1]]
    part[:] = own[: part.shape[0], : part.shape[1]]
    return mask


def large(files: Sequence[Path], megapixels: float, verbose: bool) -> None:
    """Print what is found in one large picture, how long it takes, and with how much memory."""
    shares = (3 / 4, 4 / 3)  # a picture of 3:4
    rows, columns = (round((megapixels * 1e6 * it) ** 0.5 / side) for it, side in zip(shares, PIECE, strict=True))
    barred = {(2 * number + 1) * rows * columns // (2 * BARS) for number in range(BARS)}
    cases = [piece(files[at % len(files)], at, barred=at in barred) for at in range(rows * columns)]
    picture = np.concatenate(
        [np.concatenate([case.picture for case in cases[row * columns :][:columns]], 1) for row in range(rows)]
    )
    image, pixels = torch.from_numpy(picture).permute(2, 0, 1), picture.shape[0] * picture.shape[1]
    found: list[Censored] = []
    rest, started = resident("VmRSS"), time.process_time()
    peak = peak_of(lambda: found.extend(find_censored(image)))
    seconds, totals = time.process_time() - started, {"mosaic": Count(), "hole": Count()}
    for number, case in enumerate(cases):
        corner = number // columns * PIECE[0], number % columns * PIECE[1]
        for censor in totals:
            mine = [it for it in found if it.censor == censor and inside(it, corner)]
            truths = [truth for truth in case.truths if (truth.block == (0, 0)) == (censor == "hole")]
            masks = [placed(it, case.picture, corner) for it in mine]
            if censor == "hole":
                right = sum(index is not None for index in overlaps(masks, truths))
                totals[censor] += Count(len(truths), right, right, len(mine) - right)
                continue
            seen = [
                MosaicRegion(it.grid, torch.from_numpy(mask)[None], it.score)
                for it, mask in zip(mine, masks, strict=True)
                if it.grid
            ]
            totals[censor] += compare(seen, truths, str(number) if verbose else "")["all"]
    print(f"\none picture of {pixels / 1e6:.0f} megapixels\n{HEAD}")
    print(f"{totals['mosaic'].row('mosaics')}\n{totals['hole'].row('bars')}")
    print(
        f"{seconds / pixels * 1e6:.2f} s of the CPU a megapixel, {(peak - rest) / pixels:.1f} bytes a pixel beyond it"
    )


def piece(file: Path, number: int, *, barred: bool) -> Case:
    """Return a part of a large picture, with one bar or with mosaics."""
    picture = clean(file)
    picture = picture if picture.shape[0] < picture.shape[1] else np.rot90(picture)
    picture = cv2.copyMakeBorder(picture, 0, PIECE[0], 0, PIECE[1], cv2.BORDER_REFLECT)[: PIECE[0], : PIECE[1]].copy()
    if not barred:
        rng = np.random.default_rng(number)
        return with_mosaics(picture, int(rng.integers(0, 4)), rng)
    mask = np.zeros(PIECE, bool)
    top, left = ((whole - side) // 2 for whole, side in zip(PIECE, BAR, strict=True))
    mask[top : top + BAR[0], left : left + BAR[1]] = True
    picture[mask] = 0 if picture[mask].mean() > 127 else 255
    return Case(picture, [Truth((0, 0), (0, 0), mask)])


def inside(region: Censored, corner: tuple[int, int]) -> bool:
    """Tell whether the middle of what was found lies in the part of a large picture with this corner."""
    middle = region.top + region.mask.shape[0] // 2, region.left + region.mask.shape[1] // 2
    return all(start <= at < start + side for at, start, side in zip(middle, corner, PIECE, strict=True))


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
    if "clean" in options.parts:
        false_in_clean(files, options.verbose)
    if "traps" in options.parts:
        false_in_traps(options.traps, options.verbose)
    if "large" in options.parts:
        large(files, options.megapixels, options.verbose)


if __name__ == "__main__":
    main()
