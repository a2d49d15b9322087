"""Weights and what they are, in one safe file: safetensors, with the run and its provenance in the metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from inpaint.files import atomically

FORMAT = "inpaint-1"


class Checkpoint(NamedTuple):
    """A generator's weights, the run that made them, and where they come from."""

    weights: dict[str, Tensor]
    run: dict[str, Any]
    provenance: dict[str, Any]


def save_checkpoint(
    path: Path | str,
    weights: Mapping[str, Tensor],
    *,
    run: dict[str, Any],
    provenance: dict[str, Any],
    dtype: torch.dtype | None = None,
) -> None:
    """Write a checkpoint atomically; dtype, where given, is what floating-point weights are stored as."""
    tensors = {
        name: tensor.detach().to("cpu", dtype if tensor.is_floating_point() else None).contiguous().clone()
        for name, tensor in weights.items()
    }
    metadata = {"format": FORMAT, "run": json.dumps(run), "provenance": json.dumps(provenance)}
    with atomically(path) as temporary:
        save_file(tensors, temporary, metadata=metadata)


def is_checkpoint(path: Path | str) -> bool:
    """Tell whether a file is a checkpoint of this package, by its metadata alone."""
    try:
        with safe_open(path, framework="pt") as file:
            return (file.metadata() or {}).get("format") == FORMAT
    except (SafetensorError, OSError):
        return False


def load_checkpoint(path: Path | str) -> Checkpoint:
    """Read a checkpoint; floating-point weights come back as float32, whatever they were stored as.

    Raises ValueError in a sentence for a file that is missing, not safetensors, or not written by this package.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path} does not exist; it should be a checkpoint (.safetensors)")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is not a safetensors file: {error}") from None
    if metadata.get("format") != FORMAT:
        found = metadata.get("format", "no format")
        raise ValueError(f"{path} is not a checkpoint of this package: its metadata says {found}, not {FORMAT}")
    weights = {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in weights.items()}
    try:
        return Checkpoint(weights, json.loads(metadata["run"]), json.loads(metadata["provenance"]))
    except (KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} does not tell its run and provenance as JSON: {error}") from None


def save_state(path: Path | str, state: dict[str, Any]) -> None:
    """Write what training needs to go on (tensors, numbers, strings, lists and mappings) atomically."""
    with atomically(path) as temporary:
        torch.save(state, temporary)


def load_state(path: Path | str) -> dict[str, Any]:
    """Read what `save_state` wrote; nothing but tensors and plain values is ever unpickled.

    Raises ValueError in a sentence for a file that is missing, damaged, or wants to run code.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path} does not exist, so there is nothing to resume")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes raise a dozen kinds, from UnpicklingError to struct.error
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"{path} is not a training state that can be read safely: {reason}") from error
    if not isinstance(state, dict):
        raise ValueError(f"{path} is not a training state: it holds {type(state).__name__}, not a mapping")
    return state
