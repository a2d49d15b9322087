"""Collect freely licensed photographs and illustrations from Debian packages, with a licence record for each file.

Packages are downloaded with `apt-get download` and unpacked with `dpkg-deb`, never installed.  Pictures are copied byte
for byte to OUT/PACKAGE/, and OUT/licences.jsonl says for each one: file, package, version, licences, copyright, sha256.
Licence and copyright come from the package's machine-readable copyright file (DEP-5), by the last "Files:" stanza that
matches; where none matches, or the file is not machine-readable, everything that it names is recorded.
    python scripts/free_images.py runs/free_images
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from copyright_files import licence
from PIL import Image

from inpaint.files import write_text


class Choice(NamedTuple):
    """What is wanted of a package."""

    least: int = 512  # short side, px; drawn portraits are worth keeping a little smaller than photographs
    only: str = ""  # part of the path that a picture must have


PACKAGES = {
    "endless-sky-high-dpi": Choice(only="/images/land/"),
    "lomiri-wallpapers-16.04": Choice(),
    "lomiri-wallpapers-20.04": Choice(),
    "lxqt-themes": Choice(only="/wallpapers/"),
    "mate-backgrounds": Choice(),
    "palapeli-data": Choice(),
    "plasma-workspace-wallpapers": Choice(),
    "ukui-wallpapers": Choice(),
    **{f"wesnoth-1.16-{part}": Choice(400) for part in ("data", "did", "httt", "low", "trow", "utbs")},
}
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
LONGEST_SIDE = 4000  # px; of one picture at several resolutions the largest up to this is kept
WIDEST_ASPECT = 3.0
LEAST_DETAIL = 0.012  # mean absolute luminance step between neighbours at 128 px; below are gradients and plain grounds
SAME_PICTURE = 5  # bits of 64 that two difference hashes of one picture may differ in
NOT_A_PICTURE = re.compile(
    r"screen|preview|logo|icon|cursor|button|banner|overlay|/help/|/docs?/|/manual/|/l10n/|/images/\w\w/"
    r"|/maps?/|map\.\w+$|/dialogs/|/terrain/|schedule|/story/characters/|stripes|truchet"
)
RESOLUTION = re.compile(r"[_-]?\d{3,5}x\d{3,5}|[_-]portrait$", re.IGNORECASE)


class Found(NamedTuple):
    """One candidate: where it lies and what decides about it."""

    path: Path
    name: str  # path inside the package
    size: tuple[int, int]
    small: np.ndarray  # (128, 128) luminance in [0, 1]


def unpack(package: str, folder: Path) -> str:
    """Download and unpack a package below the folder and return its version."""
    subprocess.run(["apt-get", "download", package], cwd=folder, check=True, capture_output=True)
    archive = next(folder.glob(f"{package}_*.deb"))
    subprocess.run(["dpkg-deb", "-x", archive.name, package], cwd=folder, check=True)
    field = subprocess.run(["dpkg-deb", "-f", archive.name, "Version"], cwd=folder, check=True, capture_output=True)
    archive.unlink()
    return field.stdout.decode().strip()


def candidates(root: Path) -> list[Path]:
    """Return the picture files below a folder, in order; links are other names of the same file."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path for path in files if path.suffix.lower() in SUFFIXES)


def judge(path: Path, root: Path, choice: Choice) -> str | Found:
    """Return the rule that refuses a file, or what was found."""
    name = path.relative_to(root).as_posix()
    if choice.only not in name:
        return "other folder"
    with Image.open(path) as picture:
        width, height = picture.size
        if min(width, height) < choice.least:
            return "small"
        if max(width, height) > WIDEST_ASPECT * min(width, height):
            return "thin"
        if NOT_A_PICTURE.search(name.lower()):
            return "screenshot, logo or interface"
        picture.draft("RGB", (512, 512))
        rgba = picture.convert("RGBA").resize((128, 128), Image.Resampling.BOX)
    if np.asarray(rgba)[..., 3].mean() < 0.35 * 255:
        return "mostly transparent"
    ground = Image.new("RGBA", rgba.size, (128, 128, 128, 255))
    small = np.asarray(Image.alpha_composite(ground, rgba).convert("L"), np.float32) / 255
    detail = (np.abs(np.diff(small, axis=0)).mean() + np.abs(np.diff(small, axis=1)).mean()) / 2
    return "flat" if detail < LEAST_DETAIL else Found(path, name, (width, height), small)


def fingerprint(small: np.ndarray) -> np.ndarray:
    """Return the 64 bits of a difference hash: is each of 8 x 9 box means brighter than its left neighbour?"""
    cells = np.asarray(Image.fromarray(small).resize((9, 8), Image.Resampling.BOX))
    return (cells[:, 1:] > cells[:, :-1]).ravel()


def family(found: Found) -> str:
    """Return a key that the several resolutions of one picture share."""
    path = Path(found.name)
    return str(path.parent / RESOLUTION.sub("", path.stem))


def preference(found: Found) -> tuple[bool, int]:
    """Order the copies of one picture: those within LONGEST_SIDE first, then by area."""
    within = max(found.size) <= LONGEST_SIDE
    area = found.size[0] * found.size[1]
    return within, area if within else -area


def distinct(all_found: list[Found]) -> tuple[list[Found], int]:
    """Keep one copy of every picture and count the others."""
    kept: list[Found] = []
    families: set[str] = set()
    prints: list[np.ndarray] = []
    for found in sorted(all_found, key=preference, reverse=True):
        bits = fingerprint(found.small)
        if family(found) in families or any((bits != other).sum() <= SAME_PICTURE for other in prints):
            continue
        families.add(family(found))
        prints.append(bits)
        kept.append(found)
    return sorted(kept), len(all_found) - len(kept)


def collect(package: str, out: Path, counts: Counter[str]) -> list[dict]:
    """Fetch one package, copy its pictures to the folder and return their records; counts is added to."""
    with tempfile.TemporaryDirectory() as temporary:
        version = unpack(package, Path(temporary))
        root = Path(temporary) / package
        text = (root / "usr/share/doc" / package / "copyright").read_text(encoding="utf-8", errors="replace")
        verdicts = [judge(path, root, PACKAGES[package]) for path in candidates(root)]
        counts.update(verdict for verdict in verdicts if isinstance(verdict, str))
        kept, repeated = distinct([verdict for verdict in verdicts if isinstance(verdict, Found)])
        counts["same picture again"] += repeated
        origin = {"package": package, "version": version}
        return [copied(found, origin, licence(text, found.name), out) for found in kept]


def copied(found: Found, origin: dict[str, str], stated: dict[str, str | list[str]], out: Path) -> dict:
    """Copy one picture to the folder that its origin names first, and return its line of licences.jsonl."""
    folder = next(iter(origin.values())).replace("/", "+")
    target = out / folder / "-".join(Path(found.name).parts[-3:]).lower().replace(" ", "_")
    if target.exists():
        target = target.with_stem(f"{target.stem}-{hashlib.sha256(found.name.encode()).hexdigest()[:6]}")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found.path, target)
    facts = {"size": found.size[::-1], "sha256": hashlib.sha256(target.read_bytes()).hexdigest()}
    return {"file": target.relative_to(out).as_posix(), **origin, "path": found.name, **stated, **facts}


def finish(partial: Path, out: Path, records: list[dict], counts: Counter[str]) -> None:
    """Write licences.jsonl, give the folder its name, and print what was refused and the licences of what was kept."""
    write_text(partial / "licences.jsonl", "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records))
    partial.rename(out)
    print("\nrefused: " + ", ".join(f"{rule} {number}" for rule, number in counts.most_common()))
    for names, number in Counter(", ".join(one["licences"]) for one in records).most_common():
        print(f"{number:5}  {names}")


def main() -> None:
    """Read the command line, collect, and print what was kept and what was refused."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, help="folder to fill; must not exist yet")
    parser.add_argument("packages", nargs="*", default=list(PACKAGES), help="default: all that are known")
    options = parser.parse_args()
    if unknown := set(options.packages) - set(PACKAGES):
        raise SystemExit(f"unknown packages {sorted(unknown)}; known are {', '.join(PACKAGES)}")
    if options.out.exists():
        raise SystemExit(f"{options.out} exists already; name a new folder")
    partial = options.out.with_name(f"{options.out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    counts: Counter[str] = Counter()
    records: list[dict] = []
    for package in options.packages:
        kept = collect(package, partial, counts)
        pixels = sum(one["size"][0] * one["size"][1] for one in kept) / 1e6
        print(f"{package:30} {len(kept):5} pictures {pixels:8.1f} megapixels", flush=True)
        records += kept
    finish(partial, options.out, records, counts)


if __name__ == "__main__":
    main()
