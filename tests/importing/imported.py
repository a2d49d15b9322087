"""Importing a file in a test, and whether the network then answers as the original."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from inpaint.assemble import load_network
from inpaint.importing.convert import Report, import_weights
from inpaint.randomness import rng_for


def picture(size: int = 64) -> tuple[Tensor, Tensor]:
    image = torch.rand(1, 3, size, size, generator=rng_for("imported", 0))
    mask = torch.zeros(1, 1, size, size)
    mask[..., 20:45, 18:40] = 1
    return image, mask


def taken(tmp_path: Path, state: object, layout: str, **options: object) -> Report:
    """Save a file as training programs do, and import it."""
    torch.save(state, tmp_path / "theirs.pth")
    return import_weights([tmp_path / "theirs.pth"], tmp_path / "ours.safetensors", layout=layout, **options)  # pyright: ignore


@torch.no_grad()
def assert_same_answers(original: nn.Module, imported: Path) -> None:
    restorer = load_network(imported, device="cpu")
    image, mask = picture(max(64, restorer.multiple))
    original = original.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    expected = original(image, mask).image
    assert torch.equal(restorer.generator(image, mask).image, expected)
    assert expected.std() > 1e-3  # a network that answers one grey would prove nothing
