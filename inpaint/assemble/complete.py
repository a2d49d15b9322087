"""A run with everything that it leaves to defaults written out, those of its parts too."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from inpaint.config import Run, run_to_tree
from inpaint.degradation.fills import FILLS
from inpaint.degradation.masks import MASKS
from inpaint.degradation.own_masks import OWN_MASKS
from inpaint.degradation.realism import Realism
from inpaint.discriminators import DISCRIMINATORS
from inpaint.features import FEATURES
from inpaint.generators import GENERATORS
from inpaint.parts import build_options
from inpaint.recipes import RECIPES

Table = Mapping[str, Callable[..., Any]]


def complete_tree(run: Run) -> dict[str, Any]:
    """Return a run as `run_to_tree` does, with the defaults of its parts; it builds the same networks and data."""
    tree = run_to_tree(run)
    for section, table in (("generator", GENERATORS), ("recipe", RECIPES), ("features", FEATURES)):
        if tree[section] is not None:
            tree[section] = complete_part(tree[section], table)
    for section, table in (("partners", GENERATORS), ("teachers", GENERATORS), ("discriminators", DISCRIMINATORS)):
        tree[section] = {name: complete_part(part, table) for name, part in tree[section].items()}
    data = tree["data"]
    data["mask"] = [complete_part(part, {**MASKS, **OWN_MASKS}) for part in data["mask"]]
    data["fill"] = [complete_part(part, FILLS) for part in data["fill"]]
    if data["realism"] is not None:
        data["realism"] = defaults_of(Realism) | data["realism"]
    return tree


def complete_part(part: dict[str, Any], table: Table) -> dict[str, Any]:
    """Return a part with the defaults of its options; one of an unknown name stays as it is."""
    if part["name"] not in table:
        return part
    return {"name": part["name"], **defaults_of(table[part["name"]]), **part}


def defaults_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the defaults of the options of a `build`, as YAML holds them."""
    options = build_options(function).items()
    return {name: plain(it.default) for name, it in options if it.default is not inspect.Parameter.empty}


def plain(value: Any) -> Any:
    """Return lists for tuples, at every depth."""
    if isinstance(value, Mapping):
        return {key: plain(it) for key, it in value.items()}
    return [plain(it) for it in value] if isinstance(value, list | tuple) else value
