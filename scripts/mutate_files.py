"""Restore hundreds of damaged, lying and hostile files, and hold `inpaint decensor` to what it promises of a batch.

    python scripts/mutate_files.py FOLDER [--count 500] [--seed 0]

FOLDER/input and FOLDER/mask.png are made; three batches run over them: as they are, onto a disk that is full after a
few kilobytes, and into a folder that must not be written.  Each must end by itself without a traceback; no input may
change; nothing half written may be left; every file that was not restored must say why in a sentence; and no file may
take long or much memory.  Root, who may read and write everything, gives up that right for the batches, which only
Linux offers: elsewhere run it as another user.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import json
import os
import re
import resource
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from hostile_files import BASES, KINDS, SIZE
from PIL import Image

from inpaint import images

SECONDS = 20.0  # that one file may take, on a busy machine
MEBIBYTES = 3000  # that the batch may take, with torch and the network
FULL = 3000  # bytes that any file may have on the full disk
DROP_FROM_BOUNDS, OVERRIDES = 24, (1, 2)  # of Linux's prctl: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
NO_SENTENCE = re.compile(r"Traceback|\b[A-Z]\w*(Error|Exception|Warning)\b|\[Errno")


class Ran(NamedTuple):
    """A batch that ended."""

    code: int
    said: str
    mebibytes: float


def make(folder: Path, count: int, seed: int) -> None:
    """Write the files, named by their number and kind, and the mask that counts for all."""
    source = folder / "input"
    source.mkdir(parents=True)
    mask = np.zeros(SIZE, np.uint8)
    mask[10:25, 12:40] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    good = {name: save() for name, save in BASES.items() if name != "still.avif" or "AVIF" in Image.SAVE}
    kinds = [kind for kind, (_, share) in KINDS.items() for _ in range(share)]
    names = list(good)
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        kind, name = kinds[number % len(kinds)], names[number // len(kinds) % len(names)]
        path = source / f"{number:03d}-{kind}-{name}"
        KINDS[kind][0](good[name], path, rng)


def checksums(folder: Path) -> dict[str, str]:
    """Say what every file, link and folder below a folder holds."""
    told = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            told[path.name] = os.readlink(path)
        elif stat.S_ISREG(status.st_mode):
            readable = os.access(path, os.R_OK)
            told[path.name] = hashlib.sha256(path.read_bytes()).hexdigest() if readable else "unreadable"
    return told


def faults(folder: Path, output: Path, pictures: list[dict], limit: float = SECONDS) -> list[str]:
    """Say what is wrong with the outcome of a batch; pictures: as its JSON tells them."""
    wrong = []
    listed = {path.name for path in (folder / "input").iterdir() if not path.is_dir()}
    missing = listed - {Path(picture["path"]).name for picture in pictures}
    wrong += [f"{name}: nothing was said" for name in sorted(missing)]
    for picture in pictures:
        name = Path(picture["path"]).name
        if picture["seconds"] > limit:
            wrong.append(f"{name}: took {picture['seconds']:.1f} s")
        error = picture["error"]
        if error is not None and not is_sentence(error):
            wrong.append(f"{name}: no sentence: {error}")
        if error is not None and picture["outputs"]:
            wrong.append(f"{name}: failed and yet wrote {picture['outputs']}")
        for written in picture["outputs"]:
            wrong += half_written(Path(written))
    told = {Path(written).resolve() for picture in pictures for written in picture["outputs"]}
    there = {path.resolve() for path in output.rglob("*") if path.is_file()} if output.is_dir() else set()
    return wrong + [f"{path}: was left behind" for path in sorted(there - told)]


def is_sentence(error: str) -> bool:
    """Say whether an error is a sentence for people."""
    return len(error.split()) > 3 and not NO_SENTENCE.search(error)


def half_written(path: Path) -> list[str]:
    try:
        _ = images.read_frames(path) if images.is_animated(path) else images.read(path)
    except (ValueError, OSError) as error:
        return [f"{path}: was half written: {error}"]
    return []


def run(folder: Path, output: Path, report: Path | None, prepare: Callable[[], None]) -> Ran:
    """Run the batch as a user does, in a process of its own."""
    command = [sys.executable, "-m", "inpaint", "decensor", str(folder / "input"), "--mask", str(folder / "mask.png")]
    command += ["--output", str(output), *(("--json", str(report)) if report else ())]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=prepare,
        cwd=Path(__file__).parents[1],
        check=False,
    )
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # of all batches so far
    return Ran(done.returncode, done.stdout.decode("utf-8", "replace"), largest)


def obey() -> None:
    """Take from root the right to read and write what permissions forbid, from the next program on."""
    if os.getuid() == 0:
        for override in OVERRIDES:
            ctypes.CDLL(None).prctl(DROP_FROM_BOUNDS, override, 0, 0, 0)


def fill_the_disk() -> None:
    """Let no file grow beyond a few kilobytes, as on a full disk."""
    obey()
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, FULL))


def batches(folder: Path) -> list[str]:
    """Run all batches, print what became of them, and return what is wrong."""
    before = checksums(folder / "input")
    outputs = {name: folder / name for name in ("output", "full", "closed")}
    for output in outputs.values():
        output.mkdir(mode=0o777)
        output.chmod(0o777)
    outputs["closed"].chmod(0o555)
    report = outputs["output"].parent / "told" / "report.json"
    report.parent.mkdir(mode=0o777)
    report.parent.chmod(0o777)
    runs = {
        "output": run(folder, outputs["output"], report, obey),
        "full": run(folder, outputs["full"], None, fill_the_disk),
        "closed": run(folder, outputs["closed"], None, obey),
    }
    wrong = []
    for name, ran in runs.items():
        print(f"{name}: exit {ran.code}, {ran.mebibytes:.0f} MiB, {ran.said.splitlines()[-1]}")
        if ran.code not in (0, 1) or "Traceback" in ran.said:
            wrong.append(f"{name}: the batch crashed with {ran.code}: {ran.said[-600:]}")
        left = [path for path in outputs[name].rglob("*") if path.is_file()]
        wrong += [sentence for path in left for sentence in half_written(path)]
        wrong += [f"{name}: no sentence: {line}" for line in ran.said.splitlines() if NO_SENTENCE.search(line)]
    if [path for path in outputs["closed"].rglob("*") if path.is_file()]:
        wrong.append("closed: something was written into a folder that must not be")
    pictures = json.loads(report.read_text())["pictures"]
    wrong += faults(folder, outputs["output"], pictures)
    if runs["closed"].mebibytes > MEBIBYTES:
        wrong.append(f"the batches took {runs['closed'].mebibytes:.0f} MiB")
    after = checksums(folder / "input")
    wrong += [f"{name}: was changed" for name in before if after.get(name) != before[name]]
    table(pictures)
    return wrong


def table(pictures: list[dict]) -> None:
    """Print how many files of each kind were restored and refused, and what took longest."""
    kinds = Counter((Path(picture["path"]).name.split("-")[1], picture["error"] is None) for picture in pictures)
    for kind in sorted({kind for kind, _ in kinds}):
        print(f"  {kind:18} {kinds[kind, True]:3} restored  {kinds[kind, False]:3} refused in a sentence")
    slowest = max(pictures, key=lambda picture: picture["seconds"])
    print(f"  slowest: {Path(slowest['path']).name}, {slowest['seconds']:.2f} s")


def main() -> None:
    """Make the files, run the batches, and end with 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="must not exist yet")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder = options.folder.resolve()
    if folder.exists():
        raise SystemExit(f"{folder} exists already; name a new folder")
    make(folder, options.count, options.seed)
    wrong = batches(folder)
    print("\n".join(wrong) or "no crash, no input changed, nothing half written, every refusal a sentence")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
