"""Which picture an annotation means: tools write a name or a path, relative or absolute, with a suffix or not."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from inpaint.builders.annotations.region import AnnotatedRegion, Annotations

NAMES_SHOWN, NAMES_COMPARED = 3, 2000
UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}-")  # that Label Studio gives


class Lookup:
    """Annotations, found by a picture's name."""

    def __init__(self, annotations: Annotations):
        """Index the annotations by the last part of their names."""
        self._regions = annotations
        self._named: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        self._alike: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        for key in annotations:
            *folders, last = (part for part in key.replace("\\", "/").split("/") if part not in ("", "."))
            self._named[last].append((key, tuple(reversed(folders))))
            self._alike[_plain(last)].append((key, tuple(reversed(folders))))

    def regions(self, name: str) -> list[AnnotatedRegion] | None:
        """Return the regions of a picture, [] where it was annotated with none, None where it was not annotated.

        Raises ValueError where two entries fit as well.
        """
        key = self.key(name)
        return None if key is None else self._regions[key]

    def key(self, name: str) -> str | None:
        """Return as what the annotations know a picture; None where they do not.

        The last part of both names must be the same; one without a suffix also stands for the picture of that stem.
        Where none is, capitals, the Unicode form and the prefix that Label Studio gives to uploads do not count.  Of
        several, the one counts whose folders agree the furthest from the end.  Raises ValueError where two agree as
        far.
        """
        *folders, last = name.split("/")
        stem = last.rpartition(".")[0] or last
        candidates = self._named.get(last) or self._named.get(stem)
        candidates = candidates or self._alike.get(_plain(last)) or self._alike.get(_plain(stem)) or []
        if not candidates:
            return None
        folders.reverse()
        agreeing = [(_agreement(folders, those), key) for key, those in candidates]
        most = max(agreeing)[0]
        keys = [key for count, key in agreeing if count == most]
        if len(keys) > 1:
            raise ValueError(f"{name} may be {keys[0]} or {keys[1]} of the annotations: give them distinct names")
        return keys[0]

    def said(self, names: Iterable[str]) -> list[str]:
        """Say how many pictures are not annotated and which annotations have no picture, with the nearest names."""
        used, without = set(), []
        for name in names:
            try:
                key = self.key(name)
            except ValueError:
                continue
            if key is None:
                without.append(name)
            else:
                used.add(key)
        unused = [key for key in self._regions if key not in used]
        said = []
        if without:
            pairs = [_nearest(name.rpartition("/")[2], unused) for name in without[:NAMES_SHOWN]]
            said.append(f"{len(without)} pictures are in no annotation, for example {', '.join(pairs)}.")
        if unused:
            said.append(f"{len(unused)} names in the annotations have no picture: {', '.join(unused[:NAMES_SHOWN])}.")
        return said


def _plain(name: str) -> str:
    return UPLOAD_PREFIX.sub("", unicodedata.normalize("NFC", name).casefold())


def _nearest(name: str, names: Sequence[str]) -> str:
    found = difflib.get_close_matches(name, names[:NAMES_COMPARED], 1)
    return f"{name} (the nearest name is {found[0]})" if found else name


def _agreement(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many parts agree from the beginning."""
    count = 0
    for ours, theirs in zip(one, other, strict=False):
        if ours != theirs:
            break
        count += 1
    return count
