"""Which layout a file has, by the names and shapes of its entries alone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from inpaint.foreign_files import first_few
from inpaint.generators import GENERATORS
from inpaint.importing.layout import Entries, Layout
from inpaint.importing.layouts import LAYOUTS
from inpaint.parts import Part, build

COUNTER = "num_batches_tracked"  # of batch norms; older PyTorch did not keep it, and only training reads it
MOST_NEAREST = 3  # layouts that an error names


class Comparison(NamedTuple):
    """What a network wants and what a file has."""

    wanted: Mapping[str, Tensor]  # our entries, without their numbers
    theirs: Mapping[str, str]  # what each is called in the file
    started: list[str]  # our counters that the file does not have
    missing: list[str]  # their names
    ignored: list[str]  # entries that the network does without
    left: list[str]  # entries that belong to something else
    misshapen: list[str]  # entries of another shape, in words

    @property
    def faults(self) -> int:
        return len(self.missing) + len(self.left) + len(self.misshapen)

    def in_words(self) -> str:
        """Say what does not fit."""
        said = [f"lacks {len(self.missing)} it needs ({first_few(self.missing)})"] if self.missing else []
        said += [f"has {len(self.left)} left over ({first_few(self.left)})"] if self.left else []
        said += [f"has {len(self.misshapen)} of another shape ({first_few(self.misshapen, 2)})"] * bool(self.misshapen)
        return " and ".join(said)


class Candidate(NamedTuple):
    """A layout that a file may have, and how far it fits."""

    name: str
    layout: Layout
    compared: Comparison


def compared(kind: Layout, entries: Entries, options: dict[str, Any]) -> Comparison:
    """Compare a file's entries with those of a network of a layout."""
    with torch.device("meta"):
        wanted = build(GENERATORS, Part(name=kind.generator, **options), "generator").state_dict()
    theirs = {name: kind.theirs(name, options) for name in wanted}
    started = [name for name in wanted if theirs[name] not in entries and name.endswith(COUNTER)]
    missing = [theirs[name] for name in wanted if theirs[name] not in entries and name not in started]
    known = {*theirs.values(), *judged_entries(kind, entries, options)}
    extra = [name for name in entries if name not in known]
    ignored = [name for name in extra if name.endswith(f".{COUNTER}") or re.fullmatch(kind.harmless, name)]
    left = [name for name in extra if name not in set(ignored)]
    misshapen = [
        f"{theirs[name]} is {list(entries[theirs[name]].shape)} where {list(like.shape)} belongs"
        for name, like in wanted.items()
        if theirs[name] in entries and laid(kind, name, entries[theirs[name]]).shape != like.shape
    ]
    return Comparison(wanted, theirs, started, missing, ignored, left, misshapen)


def judged_entries(kind: Layout, entries: Entries, options: dict[str, Any]) -> set[str]:
    """Return the entries of discriminators, which a checkpoint carries beside its network."""
    found = kind.judges(entries, options) if kind.judges else {}
    return {name for _, weights in found.values() for name in weights}


def laid(kind: Layout, name: str, entry: Tensor) -> Tensor:
    """Return an entry of a file as it lies under our name."""
    return entry.mT if entry.dim() == 2 and re.fullmatch(kind.transposed, name) else entry


def unwrapped(entries: Entries, layouts: Sequence[Layout]) -> tuple[dict[str, Tensor], list[str]]:
    """Return entries without what a program puts before all names of a network, and the names of what lies beside it.

    That is done where no layout's first entry is found as it is, and where one part of a file has such an entry: alone,
    or beside smaller parts, as features that a loss compares have.
    """
    found, left, start = dict(entries), [], ""
    ends = tuple(f".{it.first}" for it in layouts)
    while found and not any(it.first in found for it in layouts):
        parts = {f"{name.partition('.')[0]}." for name in found if name.endswith(ends)}
        if not parts:
            break
        sizes = {part: sum(name.startswith(part) for name in found) for part in parts}
        part = max(parts, key=lambda it: (sizes[it], it))
        if len(parts) > 1 and 2 * sizes[part] <= len(found):
            break
        left += [start + name for name in found if not name.startswith(part)]
        found = {name.removeprefix(part): it for name, it in found.items() if name.startswith(part)}
        start += part
    return found, left


def candidates(entries: Entries) -> list[Candidate]:
    """Return the layouts of one file that entries may have, the best fitting first."""
    found, known = [], [layout for layouts in LAYOUTS.values() for layout in layouts if len(layout.files) == 1]
    entries, _ = unwrapped(entries, known)
    for name, layouts in LAYOUTS.items():
        for layout in layouts:
            if layout.first in entries and len(layout.files) == 1:
                try:
                    found.append(Candidate(name, layout, compared(layout, entries, layout.options(entries))))
                except (ValueError, KeyError, IndexError, StopIteration):  # sizes that no such network has
                    continue
    return sorted(found, key=lambda it: it.compared.faults)


def recognised(entries: Entries, where: str) -> Candidate:
    """Return the layout that entries have, whole and with nothing left over.

    Raises ValueError naming the nearest layouts with the entries that differ.
    """
    found = candidates(entries)
    if found and not found[0].compared.faults:
        return found[0]
    near = nearest_in_words(entries, found)
    raise ValueError(f"{where} has no layout that is known here ({first_few(entries, 4)}); nearest: {near}")


def nearest_in_words(entries: Entries, found: Sequence[Candidate]) -> str:
    """Say which layouts are nearest to entries, and what differs."""
    near = [
        f"--as {it.name} ({it.layout.source}), but the file {it.compared.in_words()}" for it in found[:MOST_NEAREST]
    ]
    if not near:
        near = [f"--as {name} begins with {expected}" for name, expected in first_entries(entries)[:MOST_NEAREST]]
    return "; ".join(near)


def first_entries(entries: Entries) -> list[tuple[str, str]]:
    """Return the names of layouts and their first entries, those first whose words the file's entries share most."""
    words = {word for name in entries for word in re.split(r"[._\d]+", name)}

    def shared(layouts: Sequence[Layout]) -> int:
        return max(len(words & set(re.split(r"[._\d]+", layout.first))) for layout in layouts)

    ordered = sorted(LAYOUTS, key=lambda name: -shared(LAYOUTS[name]))
    return [(name, " or ".join(repr(it.first) for it in LAYOUTS[name])) for name in ordered]
