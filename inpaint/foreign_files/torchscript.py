"""The weights of a TorchScript file, without loading its program.

Source: PyTorch's serialisation: a zip archive whose data.pkl holds the modules as objects with attributes, and whose
data/ holds their tensors.  Only that is read; the program under code/ is left alone.
"""

from __future__ import annotations

import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

STORAGES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


class ScriptedObject:
    """A module of the file: its attributes, and nothing that it can do."""

    def __init__(self, *_: Any):
        self.attributes: dict[str, Any] = {}

    def __setstate__(self, state: Any) -> None:
        self.attributes = state if isinstance(state, dict) else {}


class ScriptReader(pickle.Unpickler):
    """Reads objects of the file's own classes, tensors and plain values, and refuses everything else."""

    def __init__(self, archive: zipfile.ZipFile, root: str):
        super().__init__(archive.open(f"{root}data.pkl"))
        self.archive, self.root = archive, root
        self.storages: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Return what stands for a class or a function of the file."""
        if module.startswith("__torch__"):
            return ScriptedObject
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        known: dict[tuple[str, str], Any] = {
            ("torch._utils", "_rebuild_tensor_v2"): rebuilt,
            ("collections", "OrderedDict"): OrderedDict,
            **{("torch.jit._pickle", f"build_{kind}list"): list for kind in ("int", "double", "bool", "tensor")},
            ("torch.jit._pickle", "restore_type_tag"): lambda value, _: value,
        }
        if (module, name) in known:
            return known[module, name]
        raise pickle.UnpicklingError(f"GLOBAL {module}.{name}")

    def persistent_load(self, pid: Any) -> Tensor:
        """Return the numbers of a storage."""
        _, kind, key, _, count = pid
        if key not in self.storages:
            data = self.archive.read(f"{self.root}data/{key}")
            self.storages[key] = torch.frombuffer(bytearray(data), dtype=kind)[:count] if data else torch.empty(0)
        return self.storages[key]


def rebuilt(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> Tensor:
    """Return a tensor that lies in a storage."""
    return torch.as_strided(storage, size, stride, offset).clone()


def script_root(path: Path) -> str | None:
    """Return the folder of a TorchScript archive in which everything lies; None for any other file."""
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    roots = [name.removesuffix("constants.pkl") for name in names if name.endswith("constants.pkl")]
    return roots[0] if roots and f"{roots[0]}data.pkl" in names else None


def read_torchscript(path: Path, root: str) -> dict[str, Tensor]:
    """Read the tensors of a TorchScript file by the names that they have in its modules."""
    with zipfile.ZipFile(path) as archive:
        return dict(named_tensors(ScriptReader(archive, root).load(), ""))


def named_tensors(value: Any, name: str) -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors in an object, with dots between the levels."""
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, ScriptedObject):
        for key, inner in value.attributes.items():
            yield from named_tensors(inner, f"{name}.{key}" if name else str(key))
