"""Which picture an annotation means: tools write a name or a path, relative or absolute, with a suffix or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from inpaint.builders.annotations.region import AnnotatedRegion, Annotations


class Lookup:
    """Annotations, found by a picture's name."""

    def __init__(self, annotations: Annotations):
        """Index the annotations by the last part of their names."""
        self._regions = annotations
        self._named: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        for key in annotations:
            *folders, last = (part for part in key.replace("\\", "/").split("/") if part not in ("", "."))
            self._named[last].append((key, tuple(reversed(folders))))

    def regions(self, name: str) -> list[AnnotatedRegion] | None:
        """Return the regions of a picture, [] where it was annotated with none, None where it was not annotated.

        The last part of both names must be the same; one without a suffix also stands for the picture of that stem.
        Of several, the one counts whose folders agree the furthest from the end.  Raises ValueError where two agree
        as far.
        """
        *folders, last = name.split("/")
        stem = last.rpartition(".")[0] or last
        candidates = self._named.get(last) or self._named.get(stem) or []
        if not candidates:
            return None
        folders.reverse()
        agreeing = [(_agreement(folders, those), key) for key, those in candidates]
        most = max(agreeing)[0]
        keys = [key for count, key in agreeing if count == most]
        if len(keys) > 1:
            raise ValueError(f"{name} may be {keys[0]} or {keys[1]} of the annotations: give them distinct names")
        return self._regions[keys[0]]


def _agreement(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many parts agree from the beginning."""
    count = 0
    for ours, theirs in zip(one, other, strict=False):
        if ours != theirs:
            break
        count += 1
    return count
