"""Copies of a picture by the ways in which pictures of one collection are related, and how many of them are missed.

For every relation, each picture and one copy of it are examined and judged together, by the real rules; a copy is
missed when it is neither rejected nor put into the group of its picture.  Relations are judged apart, so that no copy
is found by way of another.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from inpaint.builders.examining.examine import examine_picture
from inpaint.builders.likeness.judge import judge_pictures
from inpaint.builders.settings import DatasetSettings, parse_settings
from inpaint.builders.sources.source import SourcePicture
from inpaint.builders.work.records import Finding
from inpaint.builders.work.store import Store

LONGEST_SIDE = 1000  # px of the pictures that copies are made of
Pair = tuple[np.ndarray, np.ndarray]  # a picture and its copy, (H, W, 3) uint8 RGB
Relation = Callable[[np.ndarray, np.random.Generator], Pair]


def crop(share: float, place: str) -> Relation:
    """Return what cuts a share off both sides: at the centre, at a random place, or down to a corner."""

    def cut(picture: np.ndarray, rng: np.random.Generator) -> Pair:
        height, width = (round(side * (1 - share)) for side in picture.shape[:2])
        spare = picture.shape[0] - height, picture.shape[1] - width
        y, x = {"centre": (spare[0] // 2, spare[1] // 2), "corner": (0, 0)}.get(place) or rng.integers(
            0, np.array(spare) + 1
        )
        return picture, picture[y : y + height, x : x + width]

    return cut


def pan(share: float) -> Relation:
    """Return what cuts two frames out of a picture, the second a share of its width further to the right."""

    def frames(picture: np.ndarray, rng: np.random.Generator) -> Pair:
        step = round(picture.shape[1] * share / (1 + share))
        return picture[:, : picture.shape[1] - step], picture[:, step:]

    return frames


def rotated(picture: np.ndarray, rng: np.random.Generator) -> Pair:
    """Turn by 3 degrees and cut the corners off."""
    return picture, _moved(picture, 3.0, 1.08)


def burst(picture: np.ndarray, rng: np.random.Generator) -> Pair:
    """Take it again by hand: turned and shifted a little, with other noise."""
    again = _moved(picture, rng.uniform(-1, 1), rng.uniform(1.0, 1.04), rng.uniform(-0.02, 0.02, 2))
    first, second = (it + rng.normal(0, 4, it.shape) for it in (picture, again))
    return first.clip(0, 255).astype(np.uint8), second.clip(0, 255).astype(np.uint8)


def _moved(
    picture: np.ndarray, degrees: float, scale: float, shift: Sequence[float] | np.ndarray = (0, 0)
) -> np.ndarray:
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    matrix[:, 2] += np.array(shift) * (width, height)
    return cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def border(share: float) -> Relation:
    """Return what puts a black or white frame around a picture."""

    def frame(picture: np.ndarray, rng: np.random.Generator) -> Pair:
        side, tone = round(min(picture.shape[:2]) * share), (0, 255)[int(rng.integers(2))]
        return picture, cv2.copyMakeBorder(picture, side, side, side, side, cv2.BORDER_CONSTANT, value=(tone,) * 3)

    return frame


def caption(picture: np.ndarray, rng: np.random.Generator) -> Pair:
    """Put a bar with words below."""
    width, height = picture.shape[1], round(picture.shape[0] * 0.15)
    bar = np.full((height, width, 3), 255, np.uint8)
    words = f"No. {rng.integers(1000)}: what we saw on the way"
    cv2.putText(bar, words, (8, height * 2 // 3), cv2.FONT_HERSHEY_SIMPLEX, width / 600, (0, 0, 0), 2, cv2.LINE_AA)
    return picture, np.concatenate([picture, bar])


def bar(picture: np.ndarray, rng: np.random.Generator) -> Pair:
    """Paint the central quarter black."""
    height, width = picture.shape[:2]
    changed = picture.copy()
    changed[height // 4 : height * 3 // 4, width // 4 : width * 3 // 4] = 0
    return picture, changed


def mosaicked(picture: np.ndarray, rng: np.random.Generator) -> Pair:
    """Pixelate the middle 60 % of the height."""
    height, width = picture.shape[:2]
    cell = max(8, width // 40)
    small = cv2.resize(picture, (width // cell, height // cell), interpolation=cv2.INTER_AREA)
    rows = slice(height // 5, height * 4 // 5)
    changed = picture.copy()
    changed[rows] = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)[rows]
    return picture, changed


def jpeg(picture: np.ndarray, rng: np.random.Generator) -> Pair:
    """Compress with quality 30."""
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 30])[1]
    return picture, np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))


def resized(across: float, down: float) -> Relation:
    """Return what resizes a picture."""
    return lambda picture, rng: (picture, cv2.resize(picture, None, fx=across, fy=down, interpolation=cv2.INTER_AREA))


def grey(picture: np.ndarray, rng: np.random.Generator) -> Pair:
    """Drop the colours."""
    return picture, np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)


def brighter(factor: float) -> Relation:
    """Return what multiplies all values."""
    return lambda picture, rng: (picture, (picture * factor).clip(0, 255).astype(np.uint8))


def cropped_and_mirrored(picture: np.ndarray, rng: np.random.Generator) -> Pair:
    """Crop by 20 % and mirror."""
    return picture, crop(0.2, "random")(picture, rng)[1][:, ::-1]


RELATIONS: dict[str, Relation] = {
    "JPEG of quality 30": jpeg,
    "half size": resized(0.5, 0.5),
    "grey": grey,
    "brighter by 20 %": brighter(1.2),
    "darker by 20 %": brighter(0.8),
    "stretched by 15 %": resized(1.15, 1.0),
    "mosaicked 60 %": mosaicked,
    "flipped": lambda picture, rng: (picture, picture[:, ::-1]),
    "turned by 90": lambda picture, rng: (picture, np.rot90(picture)),
    "turned by 180": lambda picture, rng: (picture, picture[::-1, ::-1]),
    "inverted": lambda picture, rng: (picture, 255 - picture),
    "crop 10 %, centre": crop(0.1, "centre"),
    "crop 10 %, random": crop(0.1, "random"),
    "crop 10 %, corner": crop(0.1, "corner"),
    "crop 20 %": crop(0.2, "random"),
    "crop 30 %": crop(0.3, "random"),
    "crop 50 %": crop(0.5, "random"),
    "crop 20 %, mirrored": cropped_and_mirrored,
    "rotated by 3": rotated,
    "burst": burst,
    "caption bar of 15 %": caption,
    "border of 5 %": border(0.05),
    "border of 10 %": border(0.1),
    "black bar over the central quarter": bar,
    "pan 5 %": pan(0.05),
    "pan 10 %": pan(0.1),
    "pan 20 %": pan(0.2),
    "pan 30 %": pan(0.3),
}


def examined(pictures: Iterable[np.ndarray], folder: Path, settings: DatasetSettings, suffix: str) -> list[Finding]:
    """Write pictures, in folders of their own, as lossless files and examine them."""
    findings = []
    for number, picture in enumerate(pictures):
        path = folder / f"{number:04}{suffix}.png"
        Image.fromarray(np.ascontiguousarray(picture)).save(path, compress_level=1)
        findings.append(examine_picture(number, SourcePicture(path.name, path), settings, folder / "staging"))
        path.unlink()
    return findings


def judged(findings: Sequence[Finding], folder: Path, settings: DatasetSettings) -> list[tuple[str, str]]:
    """Return rule and group of every picture when they are judged together."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        store = Store(Path(place))
        store.list_sources([finding.source for finding in findings])
        store.add(list(enumerate(findings, 1)))
        judge_pictures(store, settings)
        rows = store.database.execute("SELECT rule, key FROM verdicts ORDER BY id").fetchall()
        store.close()
    return rows


def missed_by_relation(
    files: Sequence[Path], strangers: Sequence[Path] = (), *, relations: Sequence[str] = tuple(RELATIONS)
) -> None:
    """Print for every relation how many copies are missed without and with local features.

    Then print which of the pictures themselves, and of more strangers, are taken for relatives.
    """
    tree = {"size": 64, "patches_per_image": 1, "keep": "largest", "clean": {"censored": None}}
    settings = parse_settings(tree, "the benchmark")
    blind = settings.model_copy(update={"group": settings.group.model_copy(update={"features": None})})
    pictures = [_read(file) for file in files]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in relations:
            pairs = [RELATIONS[name](it, np.random.default_rng((7, number))) for number, it in enumerate(pictures)]
            ones, others = ([pair[side] for pair in pairs] for side in (0, 1))
            found = examined(ones, folder, settings, ""), examined(others, folder, settings, "-copy")
            counts = []
            for chosen in (blind, settings):
                rows = judged([*found[0], *found[1]], folder, chosen)
                lost = [
                    files[number].stem
                    for number, (one, other) in enumerate(zip(rows[: len(files)], rows[len(files) :], strict=True))
                    if not one[0] and not other[0] and one[1] != other[1]
                ]
                counts.append(len(lost))
            print(f"{name:36} {counts[0]:4} {counts[1]:4}  of {len(files)}  {' '.join(lost[:4])}", flush=True)
        every = [*files, *strangers]
        found = examined(map(_read, every), folder, settings, "")
        rows = judged(found, folder, settings)
        groups: dict[str, list[str]] = {}
        for file, (rule, key) in zip(every, rows, strict=True):
            groups.setdefault(key or rule, []).append(file.stem)
        unfit = Counter(it.rule for it in found if it.rule)
        print(f"of {len(every)} pictures ({dict(unfit)} by themselves unfit) taken for relatives:")
        print(*(names for names in groups.values() if len(names) > 1), sep="\n")


def _read(file: Path) -> np.ndarray:
    picture = np.asarray(cv2.imread(str(file)))[:, :, ::-1]
    factor = min(1.0, LONGEST_SIDE / max(picture.shape[:2]))
    return picture if factor == 1 else cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
