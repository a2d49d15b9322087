"""The folder that SinGAN's program leaves of one picture: a numbered folder for each scale, read without running code.

Source: tamarott/SinGAN.  Each folder holds state dicts, netG.pth and netD.pth; beside the folders lie NoiseAmp.pth, how
strong the noise of each scale is, and reals.pth, the picture at each.  Gs.pth holds whole programs and is not opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

STRENGTHS_FILE, PICTURES_FILE = "NoiseAmp.pth", "reals.pth"
SCALE_STRENGTHS, SCALE_SIZES, SCALE_CRITICS = "strengths", "sizes", "critics"  # what their entries are called here


def read_scales(folder: Path, read: Callable[[Path], Any]) -> dict[str, Tensor]:
    """Return the entries of all scales as N.entry, the critics' as critics.N.entry, strengths (N,) and sizes (N, 2).

    read: opens a file safely.  Raises ValueError in a sentence for a folder that is none of SinGAN's, or not whole.
    """
    scales = next(number for number in count() if not scale_file(folder, number, "G").is_file())
    if not scales:
        whole = "; Gs.pth holds whole programs, which are not opened" if (folder / "Gs.pth").is_file() else ""
        raise ValueError(
            f"{folder} is a folder without 0/netG.pth, 1/netG.pth, ..., the state dicts of SinGAN's scales{whole}: "
            "where you have the networks, save their state dicts there with torch.save(G.state_dict(), ...)"
        )
    entries: dict[str, Tensor] = {}
    for number in range(scales):
        entries |= state_under(f"{number}.", scale_file(folder, number, "G"), read)
    if all(scale_file(folder, number, "D").is_file() for number in range(scales)):
        for number in range(scales):
            entries |= state_under(f"{SCALE_CRITICS}.{number}.", scale_file(folder, number, "D"), read)
    strengths = list_of_scales(folder / STRENGTHS_FILE, scales, read)
    entries[SCALE_STRENGTHS] = torch.stack([torch.as_tensor(it).float().reshape(()) for it in strengths])
    pictures = list_of_scales(folder / PICTURES_FILE, scales, read)
    entries[SCALE_SIZES] = torch.tensor([list(it.shape[-2:]) for it in pictures])
    return entries


def scale_file(folder: Path, number: int, network: str) -> Path:
    """Return where a scale's network lies; network: G or D."""
    return folder / str(number) / f"net{network}.pth"


def state_under(start: str, file: Path, read: Callable[[Path], Any]) -> dict[str, Tensor]:
    """Return a state dict with a start before its names."""
    held = read(file)
    if not isinstance(held, Mapping) or not all(isinstance(it, Tensor) for it in held.values()):
        raise ValueError(f"{file} should hold the state dict of one scale: names and tensors alone")
    return {f"{start}{name}": it for name, it in held.items()}


def list_of_scales(file: Path, scales: int, read: Callable[[Path], Any]) -> list[Any]:
    """Return a list with an entry for each scale."""
    if not file.is_file():
        raise ValueError(f"{file} is missing: SinGAN's program writes it beside the folders of the scales")
    held = read(file)
    plain = isinstance(held, list | tuple) and all(isinstance(it, Tensor | int | float) for it in held)
    if not plain or len(held) != scales:
        raise ValueError(f"{file} should be a list of {scales} numbers or pictures, one for each scale that is there")
    return list(held)


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, or of all that lies in a folder."""
    sha = hashlib.sha256()
    for file in sorted(it for it in path.rglob("*") if it.is_file()) if path.is_dir() else [path]:
        sha.update(file.read_bytes())
    return sha.hexdigest()
