"""What every annotation format is read into, and the sentences for what they get wrong.

Points are (y, x) in pixels, continuous: (0, 0) is the top left corner of the picture, and the pixel in row r and column
c covers y from r to r + 1 and x from c to c + 1.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from inpaint.builders.sources.text import decoded_text

Point = tuple[float, float]  # (y, x)
Ring = tuple[Point, ...]
CHORD_ERROR = 0.02  # px that a polygon may deviate from the ellipse that it stands for


class Runs(NamedTuple):
    """A mask as run lengths: of 0, of 1, of 0, ..., column by column, as COCO has them."""

    size: tuple[int, int]  # height, width
    counts: tuple[int, ...]


class AnnotatedRegion(NamedTuple):
    """One annotated region of a picture."""

    label: str
    kind: str  # "box", "polygon" or "mask"
    rings: tuple[Ring, ...] = ()  # a box: its two corners; a polygon: its parts, which are united
    attributes: tuple[tuple[str, str], ...] = ()
    pixels: Runs | Path | None = None  # of a mask: run lengths, or a mask image of the picture's size
    frame: tuple[float, float] | None = None  # height, width that the points are meant for; None: the picture's own


Annotations = dict[str, list[AnnotatedRegion]]  # the picture's name as the annotations give it -> its regions


def box_region(
    label: str, top: float, left: float, bottom: float, right: float, where: str, **rest: Any
) -> AnnotatedRegion:
    """Return the region of a box; ValueError for one without an area."""
    if not (bottom > top and right > left):
        raise ValueError(
            f"{where}: the box from ({left:g}, {top:g}) to ({right:g}, {bottom:g}) has no area: its right and bottom "
            "edges should come after its left and top ones"
        )
    return AnnotatedRegion(label, "box", (((top, left), (bottom, right)),), **rest)


def spanned_box(label: str, corners: Iterable[Point], where: str, **rest: Any) -> AnnotatedRegion:
    """Return the box that corners in any order span."""
    rows, columns = zip(*corners, strict=True)
    return box_region(label, min(rows), min(columns), max(rows), max(columns), where, **rest)


def turned_box(
    label: str, top: float, left: float, bottom: float, right: float, degrees: float, where: str, **rest: Any
) -> AnnotatedRegion:
    """Return the region of a box that is turned about its middle, degrees clockwise as seen."""
    box_region(label, top, left, bottom, right, where)  # has it an area?
    y, x, angle = (top + bottom) / 2, (left + right) / 2, math.radians(degrees)
    corners = ((top, left), (top, right), (bottom, right), (bottom, left))
    ring = [
        (
            y + (column - x) * math.sin(angle) + (row - y) * math.cos(angle),
            x + (column - x) * math.cos(angle) - (row - y) * math.sin(angle),
        )
        for row, column in corners
    ]
    return polygon_region(label, [ring], where, **rest)


def polygon_region(label: str, rings: Iterable[Iterable[Point]], where: str, **rest: Any) -> AnnotatedRegion:
    """Return the region of a polygon; ValueError for a ring of fewer than three points."""
    kept = tuple(tuple(ring) for ring in rings)
    for ring in kept:
        if len(ring) < 3:
            raise ValueError(f"{where}: a polygon has {len(ring)} points, it needs at least 3")
    return AnnotatedRegion(label, "polygon", kept, **rest)


def ellipse_ring(centre: Point, radii: tuple[float, float], where: str, angle: float = 0.0) -> Ring:
    """Return a polygon that deviates from an ellipse by less than CHORD_ERROR pixels.

    radii: along x and y before turning.  angle: radians, clockwise as seen.  ValueError for a radius of 0 or less.
    """
    if min(radii) <= 0:
        raise ValueError(f"{where}: the radii are {radii[0]:g} and {radii[1]:g}; both are above 0")
    count = max(16, math.ceil(math.pi / math.acos(max(1 - CHORD_ERROR / max(radii), 0.0))))
    points = []
    for number in range(count):
        turn = 2 * math.pi * number / count
        x, y = radii[0] * math.cos(turn), radii[1] * math.sin(turn)
        row = centre[0] + x * math.sin(angle) + y * math.cos(angle)
        points.append((row, centre[1] + x * math.cos(angle) - y * math.sin(angle)))
    return tuple(points)


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; ValueError, naming the file, where it is none."""
    text = decoded_text(path.read_bytes(), str(path))
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from None


def json_entry(tree: Any, key: Any, kind: type | tuple[type, ...], where: str) -> Any:
    """Return tree[key]; ValueError, naming the entry, where it is missing or of another kind."""
    if not isinstance(tree, Mapping):
        raise ValueError(f"{where} should be an object {{...}}, it is {json.dumps(tree)[:60]}")
    if key not in tree:
        raise ValueError(f"{where} has no {key!r}; it has {', '.join(map(repr, tree)) or 'nothing'}")
    value = tree[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        wanted = " or ".join(one.__name__ for one in (kind if isinstance(kind, tuple) else (kind,)))
        raise ValueError(f"{where}: {key} is {json.dumps(value)[:60]}, it should be a {wanted}")
    return value


def finite_number(value: Any, what: str, where: str) -> float:
    """Return a finite number, also one written as text; ValueError, naming the entry, for anything else."""
    try:
        if isinstance(value, bool):
            raise ValueError
        result = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{where}: {what} is {value!r}, it should be a number") from None
    if not math.isfinite(result):
        raise ValueError(f"{where}: {what} is {value!r}, it should be finite")
    return result


def finite_numbers(tree: Any, keys: Iterable[str], where: str) -> tuple[float, ...]:
    """Return the numbers under the keys."""
    return tuple(finite_number(json_entry(tree, key, (int, float, str), where), key, where) for key in keys)


def frame_of(height: Any, width: Any) -> tuple[float, float] | None:
    """Return (height, width) where a file gives both, None otherwise."""
    both = all(isinstance(side, (int, float)) and not isinstance(side, bool) and side > 0 for side in (height, width))
    return (float(height), float(width)) if both else None


def attribute_pairs(attributes: Mapping[Any, Any]) -> tuple[tuple[str, str], ...]:
    """Return attributes as sorted pairs of text, without those that say nothing."""
    return tuple(
        sorted(
            (str(key), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
            for key, value in attributes.items()
            if value not in (None, "", {}, [])
        )
    )
