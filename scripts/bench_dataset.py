"""Measure the dataset builder on pictures with planted faults: what it finds, what it wrongs, how fast, how large.

Makes COUNT synthetic JPEGs of 320 to 512 pixels (--sides), among them 1 % cut off, 1.5 % copies, 2.5 % near-duplicates
(shrunk, compressed again or cropped by 2 %), 0.5 % tiny and 0.5 % flat ones; builds a dataset of them with one process
and, unless --quick is given, with two; kills another build with SIGKILL when half of the pictures are examined and lets
it go on with two processes; and compares all byte by byte.  Pairs across splits are sought in the written dataset by
comparing all kept pictures with all.
    python scripts/bench_dataset.py /tmp/bench --count 2000

With folders of real pictures it measures instead how many related copies of them are missed, by relation, without and
with local features, or how the time for finding them grows with their number:
    python scripts/bench_dataset.py --relations my_pictures other_pictures
    python scripts/bench_dataset.py --curve my_pictures
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from dataset_curve import time_by_number
from dataset_relations import missed_by_relation

from inpaint import images
from inpaint.builders.likeness.fingerprints import KIN, correlations, fingerprint_of
from inpaint.builders.likeness.neighbours import differing
from inpaint.builders.settings import DatasetSettings

SHARES = {"truncated": 0.01, "copy": 0.015, "near": 0.025, "tiny": 0.005, "flat": 0.005}
RULES = {"truncated": "truncated", "copy": "duplicate", "near": "near-duplicate", "tiny": "too small", "flat": "flat"}
PATCH_SHARE = 0.4  # side of a patch, of the least side of a picture
POLL = 5.0  # s between two looks at how far a build is
NUMBERS = (1000, 3000, 10_000, 30_000)  # of pictures on the curve


def scene(number: int, sides: tuple[int, int]) -> np.ndarray:
    """Draw a picture that no other number gives: a ground of many frequencies with shapes on it, (H, W, 3) uint8."""
    rng = np.random.default_rng(number)
    height, width = (int(side) for side in rng.integers(sides[0], sides[1] + 1, 2))
    picture = np.zeros((height, width, 3), np.float32)
    for cells, weight in ((3, 110), (6, 70), (14, 40), (60, 25)):
        coarse = rng.normal(0, weight, (cells, cells, 3)).astype(np.float32)
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    picture = (picture + 128).clip(0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(5, 25))):
        y, x, side = int(rng.integers(height)), int(rng.integers(width)), int(rng.integers(10, height // 4))
        colour = [int(value) for value in rng.integers(0, 256, 3)]
        if rng.random() < 0.5:
            cv2.circle(picture, (x, y), side // 2, colour, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(picture, (x, y), (x + side, y + int(rng.integers(10, height // 4))), colour, -1)
    return picture


def plan(count: int) -> list[tuple[str, int]]:
    """Return for each picture its fault, or "good", and of copies the number of the picture that they show."""
    faults = [kind for kind, share in SHARES.items() for _ in range(round(count * share))]
    good = count - len(faults)
    rng = np.random.default_rng(0)
    shown = rng.permutation(good)[: sum(kind in ("copy", "near") for kind in faults)].tolist()
    planned = [("good", number) for number in range(good)]
    planned += [(kind, shown.pop() if kind in ("copy", "near") else good + index) for index, kind in enumerate(faults)]
    return planned


def make(task: tuple[Path, tuple[int, int], int, str, int]) -> None:
    """Write one picture."""
    folder, sides, index, kind, number = task
    cv2.setNumThreads(1)
    rng = np.random.default_rng((1, index))
    picture, quality = scene(number, sides), 92
    if kind == "near":
        height, width = picture.shape[:2]
        change = ("shrunk", "compressed", "cropped", "all")[index % 4]
        if change in ("cropped", "all"):
            top, left = int(rng.integers(0, height // 50 + 1)), int(rng.integers(0, width // 50 + 1))
            picture = picture[top : top + height - height // 50, left : left + width - width // 50]
        if change in ("shrunk", "all"):
            factor = float(rng.uniform(0.6, 0.9))
            picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        quality = int(rng.integers(50, 75)) if change in ("compressed", "all") else 85
    elif kind == "tiny":
        picture = cv2.resize(
            picture, (int(rng.integers(16, round(PATCH_SHARE * sides[0]))), 400), interpolation=cv2.INTER_AREA
        )
    elif kind == "flat":
        picture = (rng.integers(0, 256, 3) + rng.normal(0, 1.5, picture.shape)).clip(0, 255).astype(np.uint8)
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    data = data[: int(len(data) * rng.uniform(0.1, 0.95))] if kind == "truncated" else data
    path = folder / f"{index // 1000:03}" / f"{kind}-{index:06}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def build(pictures: Path, output: Path, size: int, processes: int) -> str:
    """Build in a process of its own; return what it took, its processor time and its peak memory."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    quiet = subprocess.DEVNULL
    subprocess.run(command(pictures, output, size, processes), check=True, stdout=quiet, stderr=quiet)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return f"{time.perf_counter() - started:.0f} s, {processor:.0f} s of processor, {used.ru_maxrss >> 10} MiB at most"


def command(pictures: Path, output: Path, size: int, processes: int) -> list[str]:
    given = ["--size", str(size), "--patches", "2", "--processes", str(processes)]
    return [sys.executable, "-m", "inpaint", "build-dataset", str(pictures), "-o", str(output), *given]


def kill_midway(pictures: Path, output: Path, size: int, enough: int) -> int:
    """Begin a build, kill it with SIGKILL when it has cut so many pictures, and return how many it has cut then."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command(pictures, output, size, 2), stdout=quiet, stderr=quiet)
    staged = Path(f"{output}.building", "staging")
    while process.poll() is None and len(list(staged.glob("*/*_0.png"))) < enough:
        time.sleep(POLL)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return len(list(staged.glob("*/*_0.png")))


def digest(folder: Path) -> str:
    """Return one hash of all names and bytes of a folder."""
    total = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(f"{file.relative_to(folder)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def rows(file: Path) -> Iterator[dict]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def told(dataset: Path, planned: list[tuple[str, int]]) -> None:
    """Print the recall of every rule, what was wrongly rejected, and what straddles splits."""
    rejected = {int(Path(row["source"]).stem.rpartition("-")[2]): row for row in rows(dataset / "rejected.jsonl")}
    shown = {index: planned[index] for index in rejected}
    # Of a picture and its near-duplicate either may go; the larger one should stay, but both must not.
    numbers = Counter(number for kind, number in shown.values() if kind in ("good", "near", "copy"))
    twins = {number for kind, number in planned if kind in ("near", "copy")}
    for kind, rule in RULES.items():
        of_kind = [index for index, (fault, _) in enumerate(planned) if fault == kind]
        if kind in ("copy", "near"):
            found = sum(numbers[planned[index][1]] >= 1 for index in of_kind)
        else:
            found = sum(index in rejected and rejected[index]["rule"] == rule for index in of_kind)
        print(f"recall of {rule}: {found} of {len(of_kind)} = {100 * found / max(len(of_kind), 1):.2f} %")
    good = sum(kind == "good" for kind, _ in planned)
    wrong = [index for index, (kind, number) in shown.items() if kind == "good" and number not in twins]
    wrong += [index for index, (kind, number) in shown.items() if kind in ("near", "copy") and numbers[number] > 1]
    by_rule = dict(Counter(rejected[index]["rule"] for index in wrong))
    print(f"wrongly rejected: {len(wrong)} of {good} = {100 * len(wrong) / good:.3f} % {by_rule or ''}")


def across(pictures: Path, dataset: Path) -> int:
    """Count the pairs of kept pictures that look alike and lie in different splits, comparing all with all."""
    split = {row["source"]: row["split"] for row in rows(dataset / "manifest.jsonl")}
    files = [pictures.parent / source for source in split]
    looks = [fingerprint_of(cv2.cvtColor(images.read(file).colour, cv2.COLOR_RGB2GRAY)) for file in files]
    hashes = np.array([int.from_bytes(look.bits, "big") for look in looks], np.uint64)
    thumbnails = np.stack([np.frombuffer(look.thumbnail, np.uint8) for look in looks])
    places = np.array([("train", "val", "test").index(name) for name in split.values()])
    found = 0
    for number in range(len(hashes)):
        others = np.flatnonzero(places[number + 1 :] != places[number]) + number + 1
        near = others[differing(hashes[others], np.broadcast_to(hashes[number], others.shape).copy()) <= KIN.bits]
        one = np.broadcast_to(thumbnails[number], (len(near), thumbnails.shape[1]))
        found += int((correlations(one, thumbnails[near]) > KIN.correlation).sum())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="a new folder for pictures and datasets")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--sides", type=int, nargs=2, default=(320, 512), metavar=("LEAST", "MOST"), help="px")
    parser.add_argument("--quick", action="store_true", help="without a second build that is not killed")
    parser.add_argument("--relations", type=Path, nargs="+", metavar="FOLDER", help="of real pictures")
    parser.add_argument("--strangers", type=Path, nargs="+", default=[], metavar="FOLDER", help="for --relations")
    parser.add_argument("--curve", type=Path, nargs="+", metavar="FOLDER", help="of real pictures")
    parser.add_argument("--pictures", type=int, default=80, help="of each relation, evenly chosen")
    options = parser.parse_args()
    if options.relations or options.curve:
        files = [file for folder in options.relations or options.curve for file in images.find(folder)]
        if options.relations:
            chosen = np.unique(np.linspace(0, len(files) - 1, options.pictures).astype(int)).tolist()
            strangers = [file for folder in options.strangers for file in images.find(folder)]
            missed_by_relation([files[number] for number in chosen], strangers)
        else:
            time_by_number(files, NUMBERS)
        return
    if options.folder is None:
        parser.error("give a new folder, or --relations or --curve with folders of pictures")
    folder, planned = options.folder.resolve(), plan(options.count)
    shutil.rmtree(folder, ignore_errors=True)
    pictures = folder / "pictures"
    started = time.perf_counter()
    tasks = [(pictures, tuple(options.sides), index, *fault) for index, fault in enumerate(planned)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(make, tasks, chunksize=64))
    made = time.perf_counter() - started
    print(
        f"{options.count} pictures made in {made:.0f} s; {DatasetSettings().clean.near_duplicates} is near", flush=True
    )
    size = round(PATCH_SHARE * options.sides[0])
    for processes in (1,) if options.quick else (1, 2):
        print(f"{processes} processes: {build(pictures, folder / f'set-{processes}', size, processes)}", flush=True)
    told(folder / "set-1", planned)
    print(f"pairs across splits, all compared with all: {across(pictures, folder / 'set-1')}", flush=True)
    examined = kill_midway(pictures, folder / "set-killed", size, options.count // 2)
    resumed = build(pictures, folder / "set-killed", size, 2)
    digests = {digest(built) for built in folder.glob("set-*")}
    same = len(digests) == 1
    print(f"killed after {examined} pictures were cut, resumed: {resumed}; same bytes: {same}")
    sys.exit(0 if same else os.EX_SOFTWARE)


if __name__ == "__main__":
    main()
