"""What differs between the run that a state was saved by and the one that goes on from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

from inpaint.config import parse_run, run_to_tree

# What was settled at the first step: the networks, what they began with, and to what the optimizers' moments belong.
SETTLED = (
    "seed",
    "generator.*",
    "pretrained",
    "partners.*",
    "teachers.*",
    "discriminators.*",
    "recipe.name",
    "optim.*.name",
)

Changes = dict[str, tuple[Any, Any]]


class PicturesSeen(NamedTuple):
    """The pictures of a source: how many, and a digest of their names."""

    count: int
    names: str


def changes_of(stored: dict[str, Any], given: dict[str, Any]) -> Changes:
    """Return the stored and the given value of each key that differs, by its dotted path; None stands for none.

    >>> changes_of({"optim": {"lr": 1e-3, "betas": [0.9, 0.99]}}, {"optim": {"lr": 1e-4, "betas": [0.9, 0.99]}})
    {'optim.lr': (0.001, 0.0001)}
    """
    old, new = (dict(flattened(with_defaults(tree))) for tree in (stored, given))
    return {key: (old.get(key), new.get(key)) for key in [*old, *(set(new) - set(old))] if old.get(key) != new.get(key)}


def with_defaults(tree: dict[str, Any]) -> dict[str, Any]:
    """Write out what an older version of this package left to its defaults."""
    try:
        return run_to_tree(parse_run(tree, "the stored run"))
    except ValueError:
        return tree


def flattened(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a tree with their dotted paths; lists of plain values are values."""
    nested = isinstance(tree, list) and any(isinstance(item, dict) for item in tree)
    if isinstance(tree, dict) or nested:
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from flattened(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, tree


def check_changes(changes: Changes, folder: Path) -> None:
    """Raise ValueError where something differs that a run cannot change on its way."""
    settled = {key: it for key, it in changes.items() if any(fnmatch(key, pattern) for pattern in SETTLED)}
    if settled:
        told = "; ".join(f"{key} was {old} and is now {new}" for key, (old, new) in settled.items())
        raise ValueError(
            f"the run in {folder} cannot go on with other settings for what it began with: {told}; "
            "set it back, or begin another run with another output"
        )


def changed_pictures(stored: Sequence[PicturesSeen], given: Sequence[PicturesSeen]) -> Changes:
    """Return of which sources the pictures are others than before.

    >>> changed_pictures([PicturesSeen(3, "ab"), PicturesSeen(2, "x")], [PicturesSeen(3, "cd"), PicturesSeen(2, "x")])
    {'pictures of data.train.0': ('3', '3 of other names')}
    """
    changes: Changes = {}
    for number, (old, new) in enumerate(zip(stored, given, strict=False)):
        if old != new:
            others = " of other names" if old.count == new.count else ""
            changes[f"pictures of data.train.{number}"] = (f"{old.count}", f"{new.count}{others}")
    return changes
