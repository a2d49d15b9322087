"""Reading a foreign file of weights without running anything that it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

HOLDERS = (  # under which training programs keep a generator's weights; the averaged ones first
    *("params_ema", "params-ema", "ema", "generator_ema", "g_ema", "G_ema", "params", "generator", "G", "netG", "gen"),
    *("generator_state_dict", "netG_state_dict", "G_state_dict", "model_state_dict", "state_dict", "model", "net"),
    *("net_g", "weights"),
)
PREFIXES = (
    "module",
    "_orig_mod",
    "generator",
    "netG",
    "net_g",
    "G",
)  # of wrappers; no layout has such names
OTHERS = (
    "discriminator",
    "netD",
    "net_d",
    "D",
    "disc",
    "adversarial_loss",
)  # beside a generator
CODE = re.compile(r"GLOBAL (\S+)")  # how torch names what a pickle wants to call


class Foreign(NamedTuple):
    """A generator's entries under the file's own names, without prefixes, and what else the file holds."""

    path: Path
    entries: dict[str, Tensor]
    others: list[str]  # names of entries that belong to other networks


def read_foreign(path: Path) -> Foreign:
    """Read the generator's entries from a .pth, .pt or .safetensors file.

    Raises ValueError in a sentence for a file that is missing, damaged, holds no weights, or wants to run code.
    """
    entries: dict[str, Tensor] = {}
    others = []
    for full, value in held_tree(path).items():
        name = bare(str(full))
        if name is None:
            others.append(str(full))
        elif not isinstance(value, Tensor):
            raise ValueError(f"{path} holds {full!r} among the weights, which is no tensor but {type(value).__name__}")
        elif name in entries:
            raise ValueError(f"{path} holds {name!r} twice, under different prefixes: it should hold one generator")
        else:
            entries[name] = value
    return Foreign(path, entries, others)


def read_entries(path: Path) -> dict[str, Tensor]:
    """Read all tensors of a file under its own names, whatever network each belongs to; errors as of `read_foreign`."""
    return {str(name): value for name, value in held_tree(path).items() if isinstance(value, Tensor)}


def held_tree(path: Path) -> Mapping[Any, Any]:
    """Return the mapping in a file that holds a generator's tensors, from under the names that programs keep it."""
    if not path.is_file():
        raise ValueError(f"{path} does not exist; it should be a file of weights (.pth, .pt or .safetensors)")
    tree = tensors_of(path) if path.suffix == ".safetensors" else unpickled(path)
    while isinstance(tree, Mapping) and (held := next((it for it in HOLDERS if isinstance(tree.get(it), Mapping)), "")):
        tree = tree[held]
    if not isinstance(tree, Mapping) or not any(isinstance(value, Tensor) for value in tree.values()):
        names = list(map(str, tree)) if isinstance(tree, Mapping) else []
        found = f"only {first_few(names)}" if names else f"a {type(tree).__name__}"
        raise ValueError(
            f"{path} holds no generator's weights: a mapping from names to tensors was expected, not {found}"
        )
    return tree


def bare(name: str) -> str | None:
    """Return a name without the prefixes of wrappers and whole models; None where it belongs to another network."""
    first, dot, rest = name.partition(".")
    while dot and first in PREFIXES:
        name = rest
        first, dot, rest = name.partition(".")
    return None if dot and first in OTHERS else name


def tensors_of(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is not a safetensors file: {error}") from None


def unpickled(path: Path) -> Any:
    """Unpickle tensors and plain values, and refuse everything else."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes raise a dozen kinds, from UnpicklingError to struct.error
        said = str(error)
        if code := CODE.search(said):
            raise ValueError(
                f"{path} wants to run code when it is opened ({code[1]}) and was refused: "
                "a file that holds a state dict (tensors and plain values alone) is needed"
            ) from None
        # torch's own words for damaged bytes advise to read them unsafely, which nobody should
        reason = "damaged, or of another kind" if "weights_only" in said else " ".join(said.partition("\n")[0].split())
        raise ValueError(
            f"{path} is not a PyTorch file of weights that can be read safely: {reason or type(error).__name__}"
        ) from None


def first_few(names: Any, most: int = 6) -> str:
    """Return names with commas between, the first few of them where they are many."""
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
