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

from inpaint.foreign_files.scale_folders import read_scales
from inpaint.foreign_files.tensorflow_bundle import index_of, is_tensorflow, read_tensorflow
from inpaint.foreign_files.torchscript import read_torchscript, script_root

HOLDERS = (  # under which training programs keep a generator's weights; the averaged ones first
    *("params_ema", "params-ema", "ema", "generator_ema", "g_ema", "G_ema", "params", "generator", "G", "netG", "gen"),
    *("generator_state_dict", "netG_state_dict", "G_state_dict", "model_state_dict", "state_dict", "model", "net"),
    *("net_g", "weights"),
)
PREFIXES = ("module", "_orig_mod", "generator", "netG", "net_g", "G")  # of wrappers; no layout has such names
OTHERS = ("discriminator", "netD", "net_d", "D", "disc", "adversarial_loss")  # what lies beside a generator
NO_GENERATOR = re.compile(r"(?i)d(_|$)|net_?d|model_?d|dis|critic|opt|sched|lr_|scaler|amp|rng|loss|vgg|callback|loop")
CODE = re.compile(r"GLOBAL (\S+)")  # how torch names what a pickle wants to call


class Foreign(NamedTuple):
    """A generator's entries under the file's own names, without prefixes, and what else the file holds."""

    path: Path
    entries: dict[str, Tensor]
    others: list[str]  # names of entries that belong to other networks


def read_foreign(path: Path) -> Foreign:
    """Read the generator's entries from a file of PyTorch's, TorchScript's, safetensors' or TensorFlow's.

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
    check_finite(path, entries)
    return Foreign(path, entries, others)


def read_entries(path: Path) -> dict[str, Tensor]:
    """Read all tensors of a file under its own names, whatever network each belongs to; errors as of `read_foreign`."""
    entries = {str(name): value for name, value in held_tree(path).items() if isinstance(value, Tensor)}
    check_finite(path, entries)
    return entries


def check_finite(path: Path, entries: Mapping[str, Tensor]) -> None:
    """Raise ValueError for weights that are infinite or no numbers: every picture would come out as nothing."""
    spoiled = [name for name, it in entries.items() if it.is_floating_point() and not bool(it.isfinite().all())]
    if spoiled:
        raise ValueError(
            f"{path} holds numbers that are not finite ({first_few(spoiled)}): it is damaged, or its training went "
            "wrong; take an earlier state"
        )


def held_tree(path: Path) -> Mapping[Any, Any]:
    """Return the mapping in a file that holds a generator's tensors, from under the names that programs keep it."""
    tree = tree_of(path)
    while isinstance(tree, Mapping) and (held := holder_in(tree)) is not None:
        tree = tree[held]
    if not isinstance(tree, Mapping) or not any(isinstance(value, Tensor) for value in tree.values()):
        names = list(map(str, tree)) if isinstance(tree, Mapping) else []
        found = f"only {first_few(names)}" if names else f"a {type(tree).__name__}"
        raise ValueError(
            f"{path} holds no generator's weights: a mapping from names to tensors was expected, not {found}"
        )
    return tree


def holder_in(tree: Mapping[Any, Any]) -> Any:
    """Return the name under which a mapping keeps a generator: one of HOLDERS, or the only one that holds weights."""
    known = next((it for it in HOLDERS if isinstance(tree.get(it), Mapping)), None)
    if known is not None or any(isinstance(value, Tensor) for value in tree.values()):
        return known
    holding = [name for name, it in tree.items() if not NO_GENERATOR.match(str(name)) and holds_weights(it)]
    return holding[0] if len(holding) == 1 else None


def holds_weights(tree: Any) -> bool:
    """Say whether a mapping holds tensors under names, at any depth; an optimizer keeps its own under numbers."""
    return isinstance(tree, Mapping) and any(
        isinstance(name, str) and (isinstance(it, Tensor) or holds_weights(it)) for name, it in tree.items()
    )


def weights_path(path: Path) -> Path:
    """Return the file that a name stands for: of a TensorFlow checkpoint its index, else itself."""
    return index_of(path) if is_tensorflow(path) else path


def tree_of(path: Path) -> Any:
    """Return what a file holds."""
    if is_tensorflow(path):
        return read_tensorflow(path)
    if path.is_dir():
        return read_scales(path, unpickled)
    if not path.is_file():
        raise ValueError(f"{path} does not exist; it should be a file of weights (.pth, .pt or .safetensors)")
    if path.suffix == ".safetensors":
        return tensors_of(path)
    if path.suffix in (".npz", ".npy"):
        raise ValueError(
            f"{path} holds NumPy arrays, which do not say how a network uses them: save them under its entries' "
            "names with safetensors.torch.save_file"
        )
    root = script_root(path)
    return unpickled(path) if root is None else scripted(path, root)


def scripted(path: Path, root: str) -> dict[str, Tensor]:
    """Read a TorchScript file's weights; its program is not loaded."""
    try:
        return read_torchscript(path, root)
    except Exception as error:
        raise refusal(path, str(error)) from None


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
        raise refusal(path, str(error) or type(error).__name__) from None


def refusal(path: Path, said: str) -> ValueError:
    """Return a sentence for a file that could not be read safely, from what was said of it."""
    if code := CODE.search(said):
        if code[1].startswith("SinGAN."):
            return ValueError(
                f"{path} holds whole programs of SinGAN and was not opened: give the folder that it lies in, whose "
                "0/netG.pth, 1/netG.pth, ... hold tensors alone"
            )
        return ValueError(
            f"{path} wants to run code when it is opened ({code[1]}) and was refused: a file that holds a state dict "
            "(tensors and plain values alone) is needed; where you trust it, load it in its own program and save "
            "model.state_dict()"
        )
    # torch's own words for damaged bytes advise to read them unsafely, which nobody should
    reason = " ".join(said.partition("\n")[0].split())
    if "weights_only" in said or " " not in reason:  # or no words at all, but the name or number of what went wrong
        reason = "damaged, or of another kind"
    return ValueError(f"{path} is not a PyTorch file of weights that can be read safely: {reason}")


def first_few(names: Any, most: int = 6) -> str:
    """Return names with commas between, the first few of them where they are many."""
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
