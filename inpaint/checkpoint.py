"""Weights and what they are, in one safe file: safetensors, with the run and its provenance in the metadata."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from inpaint.files import atomically

FORMAT = "inpaint-1"
JUDGE = "judge:"  # begins the names of what belongs to a discriminator, then its name and a slash
SCALE_SUFFIX = "@scale"  # ends the name of what int8 weights are multiplied by
LARGEST_OF_INT8 = 127
COMMENT_LENGTH = 2  # bytes that say how long the comment is, with which a zip archive ends
FULL_DISK = 0.5  # MB
CHECKSUM_LABEL = b"sha256:"


class CarriedJudge(NamedTuple):
    """A discriminator that a checkpoint carries: its name and options, as a YAML has them, and its weights."""

    part: dict[str, Any]
    weights: dict[str, Tensor]


class Checkpoint(NamedTuple):
    """A generator's weights, the run that made them, and where they come from."""

    weights: dict[str, Tensor]
    run: dict[str, Any]
    provenance: dict[str, Any]
    judges: Mapping[str, CarriedJudge] = {}  # that tell which of a sampling network's answers is best, by name


def save_checkpoint(
    path: Path | str,
    weights: Mapping[str, Tensor],
    *,
    run: dict[str, Any],
    provenance: dict[str, Any],
    dtype: torch.dtype | None = None,
    judges: Mapping[str, CarriedJudge] | None = None,
) -> None:
    """Write a checkpoint atomically; dtype, where given, is what floating-point weights are stored as.

    judges: discriminators that the file carries too.

    int8 stores what has more than one axis as whole numbers from -127 to 127 and a scale for each index of its first
    axis, and the rest as float16; that is half of float16's size.
    """
    judges = judges or {}
    carried = {f"{JUDGE}{name}/{key}": it for name, judge in judges.items() for key, it in judge.weights.items()}
    plain = {name: tensor.detach().cpu() for name, tensor in (*weights.items(), *carried.items())}
    if dtype == torch.int8:
        plain, dtype = in_eight_bits(plain), torch.float16
    tensors = {
        name: tensor.to(dtype if tensor.is_floating_point() and not name.endswith(SCALE_SUFFIX) else None)
        .contiguous()
        .clone()
        for name, tensor in plain.items()
    }
    metadata = {"format": FORMAT, "run": json.dumps(run), "provenance": json.dumps(provenance)}
    if judges:
        metadata["judges"] = json.dumps({name: judge.part for name, judge in judges.items()})
    with written_or_said(path), atomically(path, durable=True) as temporary:
        save_file(tensors, temporary, metadata=metadata)


def in_eight_bits(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Replace floating-point weights of several axes by int8, and their scales, (n, 1, ...) for n along the first."""
    found: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if not tensor.is_floating_point() or tensor.ndim < 2:
            found[name] = tensor
            continue
        largest = tensor.float().abs().amax(dim=tuple(range(1, tensor.ndim)), keepdim=True)
        scale = torch.where(largest > 0, largest / LARGEST_OF_INT8, torch.ones_like(largest))
        found[name], found[name + SCALE_SUFFIX] = (tensor.float() / scale).round().to(torch.int8), scale
    return found


def is_checkpoint(path: Path | str) -> bool:
    """Tell whether a file is a checkpoint of this package, by its metadata alone."""
    try:
        with safe_open(path, framework="pt") as file:
            return (file.metadata() or {}).get("format") == FORMAT
    except (SafetensorError, OSError):
        return False


def load_checkpoint(path: Path | str) -> Checkpoint:
    """Read a checkpoint; floating-point weights come back as float32, whatever they were stored as, int8 included.

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
    scales = {name: weights.pop(name) for name in [*weights] if name.endswith(SCALE_SUFFIX)}
    for name, scale in scales.items():
        weights[name.removesuffix(SCALE_SUFFIX)] = weights[name.removesuffix(SCALE_SUFFIX)] * scale
    weights = {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in weights.items()}
    try:
        parts = json.loads(metadata.get("judges", "{}"))
        own, judges = apart(weights, parts)
        return Checkpoint(own, json.loads(metadata["run"]), json.loads(metadata["provenance"]), judges)
    except (KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} does not tell its run and provenance as JSON: {error}") from None


def apart(weights: dict[str, Tensor], parts: Mapping[str, Any]) -> tuple[dict[str, Tensor], Mapping[str, CarriedJudge]]:
    """Return a generator's weights, and those of each discriminator beside it."""
    judges = {}
    for name, part in parts.items():
        start = f"{JUDGE}{name}/"
        own = {key: weights.pop(key) for key in [*weights] if key.startswith(start)}
        judges[name] = CarriedJudge(part, {key.removeprefix(start): it for key, it in own.items()})
    return weights, judges


def save_state(path: Path | str, state: dict[str, Any]) -> None:
    """Write what training needs to go on (tensors, numbers, strings, lists and mappings), atomically and for good.

    The file carries its checksum, which `load_state` compares.  Raises OSError in a sentence where it cannot be
    written, as on a full disk.
    """
    with written_or_said(path), atomically(path, durable=True) as temporary:
        torch.save(state, temporary)
        sign(temporary)


def sign(path: Path) -> None:
    """Append the checksum of a file of torch, as the comment that a zip archive ends with; torch checks nothing."""
    with path.open("r+b") as file:
        digest = checksum(file, path.stat().st_size - COMMENT_LENGTH)
        comment = CHECKSUM_LABEL + digest.encode()
        file.seek(-COMMENT_LENGTH, os.SEEK_END)
        file.write(len(comment).to_bytes(COMMENT_LENGTH, "little") + comment)


def check_signature(path: Path) -> None:
    """Raise ValueError where a file is not what `sign` has signed; one that was never signed passes."""
    with zipfile.ZipFile(path) as archive:
        comment = archive.comment
    if comment:
        with path.open("rb") as file:
            digest = checksum(file, path.stat().st_size - len(comment) - COMMENT_LENGTH)
            length = int.from_bytes(file.read(COMMENT_LENGTH), "little")
        if (length, comment) != (len(comment), CHECKSUM_LABEL + digest.encode()):
            raise ValueError("its content is not what was written: its checksum differs")


def checksum(file: BinaryIO, size: int) -> str:
    """Return the SHA-256 of so many bytes from the start of a file."""
    sha = hashlib.sha256()
    while size > 0 and (data := file.read(min(size, 1 << 20))):
        sha.update(data)
        size -= len(data)
    return sha.hexdigest()


@contextmanager
def written_or_said(path: Path | str) -> Iterator[None]:
    """Turn what torch and safetensors raise where a disk is full or cannot be written into an OSError's sentence."""
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        folder = next(it for it in Path(path).absolute().parents if it.is_dir())
        free = shutil.disk_usage(folder).free / 1e6
        told = error.strerror if isinstance(error, OSError) else None  # without the name of a temporary file
        reason = told.lower() if told else " ".join(str(error).split()).partition(" (at ")[0]
        if free < FULL_DISK:  # what torch and safetensors say then speaks of their own code
            raise OSError(f"{path} could not be written: the disk is full") from error
        raise OSError(f"{path} could not be written, {free:.0f} MB are free on that disk: {reason}") from error


def load_state(path: Path | str) -> dict[str, Any]:
    """Read what `save_state` wrote; nothing but tensors and plain values is ever unpickled.

    Raises ValueError in a sentence for a file that is missing, damaged, or wants to run code.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path} does not exist, so there is nothing to resume")
    try:
        check_signature(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes raise a dozen kinds, from UnpicklingError to struct.error
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"{path} is not a training state that can be read safely: {reason}") from error
    if not isinstance(state, dict):
        raise ValueError(f"{path} is not a training state: it holds {type(state).__name__}, not a mapping")
    return state
