"""Measure what restoring costs: by size of the picture, in memory, over a folder, by precision, and against Telea.

All in one run, in turns, so that ratios hold on a busy machine.  Seconds of the network are those of the CPU that this
process used, or of the clock on a graphics card; a folder, whose files are read and written beside the network, is
always timed by the clock.
    python scripts/bench_restore.py [--quick] [--parts large memory ...] [--precision float32] [--rounds 3]
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from copy import copy
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from restore_cases import PHOTOGRAPHS, marked, peak_of, photograph, resident, sides, telea
from torch import Tensor
from torch.nn import functional

from inpaint import images
from inpaint.assemble import load_network
from inpaint.detection.damage import find_damage
from inpaint.folder import decensor
from inpaint.images import Picture
from inpaint.metrics.pixelwise import psnr
from inpaint.mosaic.grid import Grid, pixelate
from inpaint.mosaic.lattice import Lattice
from inpaint.restoring.damage_restoring import restore_damage
from inpaint.restoring.repair import examine_marks, variations
from inpaint.restoring.restorer import Restorer
from inpaint.tiling import LEAST_CONTEXT

REGION = 300  # px, side of what is restored in a large picture
SMALL = 120  # px, side of what is restored where quality is compared
BLOCK = 8
RESCALED, FACTORS = 12, (0.55, 0.7, 0.85, 1.15, 1.4, 1.8)  # px of cells, and how much larger the picture was made then
JOBS = 3  # files of a folder that are worked on at once
PARTS = ("large", "memory", "folder", "stages", "quality", "rescaled")


class Setting(NamedTuple):
    """What is measured with."""

    restorers: dict[str, Restorer]  # by precision
    precision: str
    megapixels: tuple[int, ...]
    pictures: int  # in the folder
    rounds: int

    @property
    def restorer(self) -> Restorer:
        return self.restorers[self.precision]


def main() -> None:
    """Print a table for every part."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="texture")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="smaller pictures and fewer of them")
    options = parser.parse_args()
    torch.set_flush_denormal(True)
    restorers = {
        name: load_network(options.model, device=options.device, precision=name) for name in ("float32", "bfloat16")
    }
    sizes, pictures = ((1, 6), 4) if options.quick else ((1, 6, 24, 100), 200)
    setting = Setting(restorers, options.precision, sizes, pictures, 1 if options.quick else options.rounds)
    print(f"{options.model}, {options.precision}, {setting.restorer.device}, {torch.get_num_threads()} threads")
    measures = (large, memory, folder, stages, quality, rescaled)
    for part in options.parts:
        measures[PARTS.index(part)](setting)


def seconds_of(work: Callable[[], object], device: torch.device) -> float:
    """Return how long something takes."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    started = clock()
    work()
    return clock() - started


def repair(picture: Picture, mask: Tensor, restorer: Restorer) -> Picture:
    """Do everything that happens to a picture between decoding and encoding, in its own samples, as a folder does."""
    ((repaired,),) = variations(
        [picture], [examine_marks(picture, mask, censor="hole")], restorer, 1, reuse_samples=True
    )
    return repaired


def large(setting: Setting) -> None:
    """Time one region of 300 x 300 in pictures of all sizes, between decoding and encoding."""
    cases = {size: (Picture(photograph(*sides(size))), marked(*sides(size), REGION)[1]) for size in setting.megapixels}
    seconds: dict[int, list[float]] = defaultdict(list)
    for turn in range(setting.rounds + 1):
        for size, (picture, mask) in cases.items():
            took = seconds_of(partial(repair, picture, mask, setting.restorer), setting.restorer.device)
            if turn:  # the first round warms up
                seconds[size].append(took)
    print(f"\none region of {REGION} x {REGION}, without decoding and encoding\n   MP   seconds  of 1 MP")
    medians = {size: statistics.median(times) for size, times in seconds.items()}
    for size, median in medians.items():
        print(f"{size:5} {median:9.2f} {median / medians[setting.megapixels[0]]:8.2f}")


def memory(setting: Setting) -> None:
    """Say the most memory that restoring one region needs beyond the decoded picture and the network at rest."""
    print(f"\npeak memory over the decoded picture, one region of {REGION} x {REGION}, in MB and bytes per pixel")
    print("   MP     restored in memory     decoded, restored and encoded")
    rest = resident("VmRSS")
    with tempfile.TemporaryDirectory() as made:
        path, mask_path, target = (Path(made, name) for name in ("a.png", "mask.png", "b.png"))
        for size in setting.megapixels:
            picture, mask = Picture(photograph(*sides(size))), marked(*sides(size), REGION)[1]
            images.write(picture, path)
            images.write(Picture(mask[0].numpy()[:, :, None].astype(np.uint8) * 255), mask_path)
            decoded = rest + picture.colour.nbytes
            peaks = [peak_of(partial(repair, picture, mask, setting.restorer)) - decoded]
            del picture, mask
            whole = partial(decensor, path, target, restorer=setting.restorer, masks=mask_path, censor="hole")
            peaks.append(peak_of(whole) - decoded)
            pixels = math.prod(sides(size))
            print(f"{size:5}" + "".join(f"{peak / 1e6:14.0f} {peak / pixels:8.1f}" for peak in peaks))


def now() -> tuple[float, float]:
    """Return what the clock says, and the seconds of the CPU that this process used."""
    return time.perf_counter(), time.process_time()


def folder(setting: Setting) -> None:
    """Time a folder of one-megapixel pictures, files in and files out, against the network alone on the same crops."""
    restorer, side = setting.restorer, REGION
    height, width = sides(1)
    box, mask = marked(height, width, side)
    view = box.grown(LEAST_CONTEXT, (height, width)).aligned(restorer.multiple)
    clock: dict[str, float] = defaultdict(float)
    used: dict[str, float] = defaultdict(float)
    with tempfile.TemporaryDirectory() as made:
        base = Path(made)
        images.write(Picture(mask[0].numpy()[:, :, None].astype(np.uint8) * 255), base / "mask.png")
        groups = max(1, setting.pictures // 50)
        for group in range(groups):  # in turns
            count = setting.pictures // groups
            pictures = [Picture(photograph(height, width, group + number)) for number in range(count)]
            for number, picture in enumerate(pictures):
                images.write(picture, base / f"in{group}" / f"{number}.png")
            crops = [torch.cat([view.of(it.tensor()), view.of(mask).float()]) for it in pictures]
            how = {"restorer": restorer, "masks": base / "mask.png", "censor": "hole", "jobs": JOBS}
            started = now()
            ended = decensor(base / f"in{group}", base / "out", **how)
            between = now()
            assert not any(outcome.error for outcome in ended)
            with torch.no_grad():
                for start in range(0, count, restorer.together):
                    restorer.ask(
                        crops[start : start + restorer.together],
                        restorer.padded(view, restorer.together),
                        (False, False),
                    )
            for name, since, until in (("folder", started, between), ("network", between, now())):
                clock[name] += until[0] - since[0]
                used[name] += until[1] - since[1]
    print(f"\n{groups * count} pictures of 1 MP, one region of {side} x {side} each, PNG in and out")
    for name, total in clock.items():
        each = used[name] / (groups * count)
        print(f"{name:8} {groups * count / total:8.2f} pictures a second, {each:.2f} s of the CPU each")
    print(f"the folder runs at {clock['network'] / clock['folder']:.0%} of the network alone")


def stages(setting: Setting) -> None:
    """Tell where the time of a picture of a folder goes, when its stages follow each other."""
    height, width = sides(1)
    _, mask = marked(height, width, REGION)
    spent: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as made:
        path, mask_path = Path(made, "a.png"), Path(made, "mask.png")
        images.write(Picture(mask[0].numpy()[:, :, None].astype(np.uint8) * 255), mask_path)
        for turn in range(5 * setting.rounds + 1):
            images.write(Picture(photograph(height, width, turn)), path)
            for name, took in stages_of(path, mask_path, setting.restorer).items():
                spent[name] += [took] if turn else []  # the first round warms up
    print(f"\nwhere the time of a picture of 1 MP goes, one region of {REGION} x {REGION}, PNG in and out")
    medians = {name: statistics.median(times) for name, times in spent.items()}
    for name, median in sorted(medians.items(), key=lambda it: -it[1]):
        print(f"{name:20} {median:8.3f} s {median / sum(medians.values()):8.0%}")


def stages_of(path: Path, mask_path: Path, restorer: Restorer) -> dict[str, float]:
    """Restore a file as a folder does, and return the seconds of each stage."""
    asked: list[float] = []

    def ask(*given: Any) -> list[Tensor]:
        answers: list[Tensor] = []
        asked.append(seconds_of(lambda: answers.extend(restorer.ask(*given)), restorer.device))
        return answers

    watched = copy(restorer)  # so that the network's share can be told
    watched.ask = ask  # pyright: ignore[reportAttributeAccessIssue]
    clock = time.process_time if restorer.device.type == "cpu" else time.perf_counter
    began = [clock()]
    picture = images.read(path)
    began.append(clock())
    found = examine_marks(picture, images.read_mask(mask_path, picture.size), censor="hole")
    began.append(clock())
    ((repaired,),) = variations([picture], [found], watched, 1, reuse_samples=True)
    began.append(clock())
    images.write(repaired, path.with_name("restored.png"))
    began.append(clock())
    decoding, finding, repairing, encoding = (until - since for since, until in pairwise(began))
    around = {"decode": decoding, "mask": finding, "around the network": repairing - sum(asked), "encode": encoding}
    return {"network": sum(asked)} | around


def quality(setting: Setting) -> None:
    """Compare precisions and OpenCV's Telea on the same holes and mosaics: seconds, and PSNR inside the mask."""
    seconds: dict[str, list[float]] = defaultdict(list)
    decibels: dict[tuple[str, str], list[float]] = defaultdict(list)
    for file in sorted(PHOTOGRAPHS.glob("*.png")):
        target = images.read(file).tensor()
        height, width = target.shape[1:]
        box, mask = marked(height, width, SMALL)
        grid = Grid((BLOCK, BLOCK), (box.top % BLOCK, box.left % BLOCK))
        seen = {"hole": target, "mosaic": pixelate(target, grid).where(mask, target)}
        methods = {**setting.restorers, "telea": telea}
        for censor, image in seen.items():
            for name, method in methods.items():
                answers: list[Tensor] = []
                how = {} if name == "telea" else {"censor": censor, "grid": grid if censor == "mosaic" else None}
                took = seconds_of(lambda: answers.append(method(image, mask, **how)), setting.restorer.device)  # noqa: B023
                seconds[name].append(took)
                decibels[name, censor].append(psnr(answers[0][None], target[None], mask[None].float()).item())
    print(f"\nregions of {SMALL} x {SMALL} in the demo's photographs\n{'':10}   seconds     hole   mosaic  (dB)")
    for name, times in seconds.items():
        hole, mosaic = (statistics.mean(decibels[name, censor]) for censor in ("hole", "mosaic"))
        print(f"{name:10} {statistics.median(times):9.3f} {hole:8.2f} {mosaic:8.2f}")
    apart = [
        statistics.mean(decibels["bfloat16", it]) - statistics.mean(decibels["float32", it])
        for it in ("hole", "mosaic")
    ]
    faster = statistics.median(seconds["float32"]) / statistics.median(seconds["bfloat16"])
    print(f"bfloat16 is {faster:.2f} times as fast, and {apart[0]:+.4f} and {apart[1]:+.4f} dB from float32")


def rescaled(setting: Setting) -> None:
    """Compare, by PSNR in the mask, ways to restore mosaics whose picture was rescaled after they were made."""
    decibels: dict[float, list[tuple[float, ...]]] = defaultdict(list)
    for factor in FACTORS:
        for file in sorted(PHOTOGRAPHS.glob("*.png")):
            target, seen, mask, lattice = shrunk_or_enlarged(images.read(file).tensor(), factor)
            (part, *_) = find_damage(seen, mask, censor="mosaic")
            grids = None, part.grid, lattice
            answers = [
                restore_damage(seen, [part._replace(grid=grid)], setting.restorer, (False, False)) for grid in grids
            ]
            ways = seen, *answers
            decibels[factor].append(tuple(psnr(it[None], target[None], mask[None]).item() for it in ways))
    print(f"\nmosaics of {RESCALED} px in the demo's photographs that were rescaled after them, PSNR in the mask")
    print(f"{'by':>5} {'mosaic':>8} {'without cells':>14} {'cells found':>12} {'cells known':>12}")
    for factor, each in decibels.items():
        print(
            f"{factor:5}"
            + "".join(f"{mean:{wide}.2f}" for mean, wide in zip(np.mean(each, 0), (9, 15, 13, 13), strict=True))
        )


def shrunk_or_enlarged(picture: Tensor, factor: float) -> tuple[Tensor, Tensor, Tensor, Lattice]:
    """Return a rescaled picture, the same with a mosaic in its middle, the mosaic's mask, and its lattice."""
    height, width = picture.shape[1:]
    box, mask = marked(height, width, SMALL)
    grid = Grid((RESCALED, RESCALED), (box.top % RESCALED, box.left % RESCALED))
    size = round(height * factor), round(width * factor)
    ways = {"size": size, "mode": "bilinear", "antialias": True}
    target, seen = (
        functional.interpolate(it[None], **ways)[0].mul(255).round().clamp(0, 255) / 255
        for it in (picture, pixelate(picture, grid).where(mask, picture))
    )
    by = size[0] / height, size[1] / width
    lattice = Lattice((RESCALED * by[0], RESCALED * by[1]), (grid.phase[0] * by[0], grid.phase[1] * by[1]))
    return target, seen, functional.interpolate(mask[None].float(), size, mode="nearest")[0], lattice


if __name__ == "__main__":
    main()
