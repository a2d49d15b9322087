"""What differs between the run that a state was saved by and the one that goes on from it."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

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
