"""Files of weights for features networks: downloaded, or brought along where there is no network."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.error import URLError

import torch
from safetensors.torch import load_file
from torch import Tensor
from torchvision.models import WeightsEnum

NAMED_HASH = re.compile(r"-([0-9a-f]{8,64})$")  # torch's files are named for the beginning of their SHA-256


def downloaded(weights: WeightsEnum) -> dict[str, Tensor]:
    """Return torchvision's weights, from where it keeps them or from the network.

    Raises ValueError, which says how to bring the file, where there is neither.
    """
    try:
        return weights.get_state_dict(progress=True, check_hash=True)
    except (URLError, OSError) as error:
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        reason = " ".join(str(getattr(error, "reason", error)).split())
        raise ValueError(
            f"the features weights could not be downloaded ({reason}): where there is a network fetch {weights.url}, "
            f"then put the file into {folder}, or name it with --set features.weights=FILE"
        ) from None


def read_weight_file(path: Path) -> dict[str, Tensor]:
    """Read a .pth or .safetensors file of weights, whose hash is compared where its name tells one, as torch's do.

    Raises FileNotFoundError and ValueError in a sentence.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"there are no features weights at {path}: give a .pth or .safetensors file, or "
            "torchvision to download them"
        )
    named = NAMED_HASH.search(path.stem)
    if named and not (found := sha256_of(path)).startswith(named[1]):
        raise ValueError(
            f"{path} is not what its name says: its SHA-256 begins with {found[: len(named[1])]}; fetch it again"
        )
    try:
        stored = load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except Exception as error:  # a file that is no weights makes the readers fail in any way
        raise ValueError(f"{path} is not readable as weights: give a .pth or .safetensors state dict") from error
    if not isinstance(stored, dict):
        raise ValueError(f"{path} is not readable as weights: it holds {type(stored).__name__}, not a state dict")
    if strange := [name for name, entry in stored.items() if not isinstance(entry, Tensor)]:
        held = type(stored[strange[0]]).__name__
        raise ValueError(f"{path} is not readable as weights: its entry {strange[0]} is {held}, not a tensor")
    if any(name.startswith("classifier.") and tensor.isnan().any() for name, tensor in stored.items()):
        raise ValueError(
            f"{path} is torchvision's IMAGENET1K_FEATURES, which expects pictures in another form: "
            "take the file of IMAGENET1K_V1"
        )
    return stored


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        sha = hashlib.sha256()
        while data := file.read(1 << 20):
            sha.update(data)
    return sha.hexdigest()
