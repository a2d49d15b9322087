"""The pictures that the bundled networks learn from, and those that they are measured on.

What is free is fetched by free_images.py, free_repositories.py, free_textures.py and free_drawings.py.  Here it is
divided, and written as PNG no larger than training wants it, and no larger than it is sharp.  No picture comes twice,
and none that looks like one that is held out:

    DATA/photos, textures, drawings  for training
    DATA/val_photos, val_drawings    held out: 40 photographs; 100 scenes of art that is in no training scene
    DATA/val_fronts                  held out: 20 fronts of houses, which repeat windows
    DATA/licences.jsonl              of every photograph and painting: folder, file, and all that fetching wrote down
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from free_textures import PACKAGES, PHOTOGRAPHS
from PIL import Image, ImageOps
from sharp_size import sharpened

from inpaint.files import write_text

SCRIPTS = Path(__file__).resolve().parent
LONGEST, LONGEST_HELD_OUT, LONGEST_PAINTING = 1600, 640, 800  # px
TEXTURES = frozenset(PACKAGES) - PHOTOGRAPHS
SAME_PICTURE = 34  # bits of 256 that the difference hashes of one picture may differ in
SCENES, SCENES_HELD_OUT = 1000, 100
CLEAR, OPAQUE = 0.08, 0.01  # share of transparent pixels: above, a painting is cut out; below, it is a whole picture
SEEN_THROUGH = 128  # of 255, opacity below which a pixel is transparent

HELD_OUT = re.compile(
    r"mate/nature-(garden|storm)|(picosdeeuropa|wine|aitzgorri|kleiber)_by|european-honey-bee|cincinnati-bridge"
    r"|2560x1600-(14f1e6|416caf)|land-(station[0-3]|fog[1345]|loc[01])@|kitten-on-lawn|perched-osprey|motherboard"
    r"|mate-nature-(garden|storm)|simplematetunnel|cid22-512-(training|validation)-(pexels-photo-(635405|6926600)"
    r"|1029604|1391487|1459534|146083|144200|162511|239581|3044702|3396657|3311574|3952034|675951|1279330|792079)\."
)
FRONTS = re.compile(
    r"cid22-512-(training|validation)-(pexels-photo-(7078290|7078476)|106399|1130683|1370704|1583339|1624307|164338"
    r"|1722183|1963557|208560|2119713|2272939|2599868|3623285|3779828|4843579|207691|2079234|1544947)\."
)
NO_PHOTOGRAPHS = re.compile(  # drawn wallpapers, and families of pictures that look like those that are held out
    r"wallpapers/contents-images(_dark)?-(1080x1920|1622x2880|2560x1600\.|3840x2160|5120x2880|720x1440)"
    r"|ukui-wallpapers/|palapeli-backgrounds|land-(station|fog|loc)\d"
)
HELD_OUT_PAINTINGS = "utbs"


def run(script: str, *arguments: str | Path) -> None:
    """Run a script that lies beside this one and stop where it fails."""
    subprocess.run([sys.executable, SCRIPTS / script, *map(str, arguments)], check=True)


def prepare(runs: Path, data: Path, *, divided: bool = True) -> None:
    """Fetch and make what is missing; what is there is kept.  Not divided: fetch Debian's pictures alone."""
    names = ("free_images", "free_repositories", "free_textures") if divided else ("free_images",)
    fetched = [runs / name for name in names]
    for folder in fetched:
        if not folder.exists():
            run(f"{folder.name}.py", folder)
    if not divided:
        return
    if not (runs / "art" / "licences.jsonl").exists():
        run("free_drawings.py", "art", runs / "art")
    if not (data / "licences.jsonl").exists():
        records = photographs(fetched, data)
        records += paintings(runs / "free_images", data)
        write_text(data / "licences.jsonl", "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records))
    for folder, number, more in (("drawings", SCENES, []), ("val_drawings", SCENES_HELD_OUT, ["--held-out"])):
        there = len(list((data / folder).glob("scene-*.png")))
        if there < number:  # each is a function of its number; the last one may be cut off
            first = max(there - 1, 0)
            given = ["--first", str(first), "--number", str(number - first), "--painted", data / f"cut_out_{folder}"]
            run("free_drawings.py", "draw", runs / "art", data / folder, *given, *more)


def records_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "licences.jsonl").read_text(encoding="utf-8").splitlines()]


def kind_of(file: str) -> str | None:
    """Return the folder that a photograph belongs to, or None for what is no photograph to learn from.

    >>> [kind_of(f"endless-sky-high-dpi/images-land-{name}@2x.jpg") for name in ("fog1", "fog2", "sea2")]
    ['val_photos', None, 'photos']
    >>> kind_of("torcs-data/tracks-road-grass.png")
    'textures'
    """
    if HELD_OUT.search(file):
        return "val_photos"
    if FRONTS.search(file):
        return "val_fronts"
    if file.partition("/")[0] in TEXTURES:
        return "textures"
    return None if NO_PHOTOGRAPHS.search(file) or "wesnoth" in file else "photos"


def photographs(folders: list[Path], data: Path) -> list[dict[str, Any]]:
    """Divide what was fetched, write it smaller, and return its records, without what is there already."""
    kept, prints = [], []
    told = [(kind_of(record["file"]), folder, record) for folder in folders for record in records_of(folder)]
    for kind, folder, record in sorted(told, key=lambda it: not str(it[0]).startswith("val_")):  # those held out first
        if kind is None:
            continue
        learned = not kind.startswith("val_")
        picture = opened(folder / record["file"], LONGEST if learned else LONGEST_HELD_OUT)
        picture = sharpened(picture) if learned else picture
        if picture is None:
            continue
        bits = fingerprint(picture)
        if learned and any((bits != other).sum() <= SAME_PICTURE for other in prints):
            continue
        prints.append(bits)
        write_png(picture, data / kind / png_name(record["file"]))
        kept.append({"folder": kind, **record})
    return kept


def fingerprint(picture: np.ndarray) -> np.ndarray:
    """Return 256 bits: is each of 16 x 17 means of luminance brighter than its left neighbour?"""
    cells = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (17, 16), interpolation=cv2.INTER_AREA)
    return (cells[:, 1:] > cells[:, :-1]).ravel()


def paintings(folder: Path, data: Path) -> list[dict[str, Any]]:
    """Write whole paintings smaller, link those that are cut out, and return the records of both."""
    kept = []
    for record in records_of(folder):
        if "wesnoth" not in record["file"]:
            continue
        path, held = folder / record["file"], HELD_OUT_PAINTINGS in record["package"]
        with Image.open(path) as picture:
            clear = float((np.asarray(picture.convert("RGBA"))[..., 3] < SEEN_THROUGH).mean())
        if clear > CLEAR and path.suffix == ".png":
            kind = "cut_out_val_drawings" if held else "cut_out_drawings"
            target = data / kind / png_name(record["file"])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.symlink_to(path.resolve())
        elif clear < OPAQUE and not held:
            kind = "drawings"
            write_png(opened(path, LONGEST_PAINTING), data / kind / f"painted-{png_name(record['file'])}")
        else:
            continue
        kept.append({"folder": kind, **record})
    return kept


def png_name(file: str) -> str:
    return Path(file).with_suffix(".png").as_posix().replace("/", "-")


def opened(path: Path, longest: int) -> np.ndarray:
    """Read a picture as RGB bytes, area-averaged to a longest side."""
    with Image.open(path) as picture:
        picture.draft("RGB", (2 * longest, 2 * longest))  # lets JPEG skip what is thrown away
        pixels = np.array(ImageOps.exif_transpose(picture).convert("RGB"))
    scale = longest / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def write_png(picture: np.ndarray, target: Path) -> None:
    """Write a picture; what is there already stays."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part")
    Image.fromarray(picture).save(partial, "PNG", compress_level=4)
    partial.replace(target)


def table_of_licences(data: Path, folders: tuple[str, ...]) -> str:
    """Return the photographs and paintings of some folders by source and licence, in Markdown."""
    records = [one for one in records_of(data) if one["folder"] in folders]
    told = [
        (one.get("package") or one["repository"], one.get("version") or one["commit"][:10], ", ".join(one["licences"]))
        for one in records
    ]
    rows = [f"| {name} {version} | {count} | {stated} |" for (name, version, stated), count in Counter(told).items()]
    return "\n".join(["| source | pictures | licence |", "| --- | ---: | --- |", *rows])
