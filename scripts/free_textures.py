"""Collect photographs and textures from inside Debian's games, with a licence record for each file.

The third of free_images.py and free_repositories.py, by whose rules pictures are chosen and recorded.  Games keep
pictures in archives: .pk3, which is a zip, and Qt's .rcc.  Left out are pictures that are not colours (normal maps,
masks, light), that are seen through, or that have no detail.
    python scripts/free_textures.py runs/free_textures
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from copyright_files import licence
from free_images import Choice, Found, copied, distinct, finish, judge, unpack
from PIL import Image
from qt_resources import files_of_resources


class Wanted(NamedTuple):
    """What is wanted of a package."""

    only: str = ""  # pattern of the paths that are taken
    without: str = r"(?!)"  # pattern of the paths that are left out
    most: int = 10_000  # pictures, evenly spread
    least: int = 256  # short side, px


PACKAGES = {
    "flightgear-data-base": Wanted(r"/(Scenery/(Models|Objects)|Textures/(Terrain|Runway)[^/]*)/", "sky|sea", most=100),
    "gcompris-qt-data": Wanted(r"categorization|details|erase|explore_(farm|monuments|world)|clickgame|babyshapes"),
    "krank": Wanted("backgrounds/level", "level-13"),
    "nexuiz-textures": Wanted("/textures/", "fbcolored|newspaper|/font", most=70),
    "openarena-081-textures": Wanted("/textures/", "sfx|liquids|/font", most=40),
    "redeclipse-data": Wanted(most=80, without="skyboxes|emblems|/textures/icons|models|actors|particles"),
    "scratch": Wanted("Media/Backgrounds/(Nature|Outdoors|Sports|Indoors)", "chalkboard|moon|brick-wall1|school2"),
    "supertuxkart-data": Wanted("/data/(textures|tracks)/", most=25),
    "torcs-data": Wanted("/tracks/", most=40),
}
PHOTOGRAPHS = frozenset({"gcompris-qt-data", "krank", "scratch"})  # the others hold textures
SUFFIXES = {".jpg", ".jpeg", ".png", ".tga", ".webp"}
NO_COLOURS = re.compile(
    r"_norm|_nm|_n\.|normal|_gloss|_spec|_glow|_bump|_luma|mask|_light|lightmap|_pants|_shirt|_reflect|font|icon|skybox"
    r"|sky_|levelshot|_[hdm]\.|height|alpha|shadow|flare|smoke|cloud",
    re.IGNORECASE,
)
SEEN_THROUGH = 0.02  # share of pixels; above, a picture is no surface
BLUE = 90  # levels by which blue exceeds red in a normal map
LEAST_CONTRAST, LEAST_DETAIL = 14, 4  # standard deviations of luminance, and of what a shrink by 4 takes away


def opened(root: Path) -> None:
    """Put what the archives below a folder hold beside them, in a folder of the archive's name."""
    for path in sorted(root.rglob("*.pk3")):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(path.with_suffix(""))
    for path in sorted(root.rglob("*.rcc")):
        for name, data in files_of_resources(path.read_bytes()):
            target = path.with_suffix("") / name
            if target.suffix.lower() in SUFFIXES and target.resolve().is_relative_to(path.parent.resolve()):
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)


def surface(path: Path) -> str | None:
    """Return the rule by which a picture shows no surface or scene, or None if it does."""
    with Image.open(path) as picture:
        rgba = np.asarray(picture.convert("RGBA"))
    if (rgba[..., 3] < 250).mean() > SEEN_THROUGH:
        return "seen through"
    if (rgba[..., 2].astype(float) - rgba[..., 0]).mean() > BLUE:
        return "normal map"
    grey = cv2.cvtColor(np.ascontiguousarray(rgba[..., :3]), cv2.COLOR_RGB2GRAY).astype(np.float32)
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    detail = grey - cv2.resize(small, grey.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return "without detail" if grey.std() < LEAST_CONTRAST or detail.std() < LEAST_DETAIL else None


def verdict_of(path: Path, root: Path, wanted: Wanted) -> str | Found:
    """Return the rule that refuses a file, or what was found."""
    name = path.relative_to(root).as_posix()
    if not re.search(wanted.only, name) or re.search(wanted.without, name):
        return "other folder"
    if NO_COLOURS.search(path.name):
        return "no colours"
    try:
        found = judge(path, root, Choice(wanted.least))
        return found if isinstance(found, str) else surface(path) or found
    except (OSError, ValueError):
        return "unreadable"


def collect(package: str, wanted: Wanted, out: Path, counts: Counter[str]) -> list[dict]:
    """Fetch one package, copy its pictures to the folder and return their records; counts is added to."""
    with tempfile.TemporaryDirectory() as temporary:
        version = unpack(package, Path(temporary))
        root = Path(temporary) / package
        opened(root)
        text = (root / "usr/share/doc" / package / "copyright").read_text(encoding="utf-8", errors="replace")
        files = sorted(it for it in root.rglob("*") if it.suffix.lower() in SUFFIXES and not it.is_symlink())
        verdicts = [verdict_of(path, root, wanted) for path in files]
        counts.update(verdict for verdict in verdicts if isinstance(verdict, str))
        kept, repeated = distinct([verdict for verdict in verdicts if isinstance(verdict, Found)])
        counts["same picture again"] += repeated
        stride = -(-len(kept) // wanted.most) or 1
        counts["more than wanted"] += len(kept) - len(kept[::stride])
        told = {found.name: licence(text, found.name) for found in kept[::stride]}
        free = [found for found in kept[::stride] if any(told[found.name]["licences"])]
        counts["no licence told"] += len(told) - len(free)
        origin = {"package": package, "version": version}
        return [copied(found, origin, told[found.name], out) for found in free]


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
        kept = collect(package, PACKAGES[package], partial, counts)
        print(f"{package:30} {len(kept):5} pictures", flush=True)
        records += kept
    finish(partial, options.out, records, counts)


if __name__ == "__main__":
    main()
