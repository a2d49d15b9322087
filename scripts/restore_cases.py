"""What the costs of restoring are measured on, pictures of any size with a square to restore, and memory.

The pictures are the demo's photographs, enlarged and mirrored.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint import images
from inpaint.tiling import Box

PHOTOGRAPHS = Path(__file__).parent.parent / "data" / "demo" / "clean"


def photograph(height: int, width: int, number: int = 0) -> np.ndarray:
    """Return a demo photograph, enlarged up to fourfold and mirrored until it fills a picture, (H, W, 3) uint8."""
    files = sorted(PHOTOGRAPHS.glob("*.png"))
    piece = images.read(files[number % len(files)]).colour
    scale = min(4.0, max(height / piece.shape[0], width / piece.shape[1], 1.0))
    piece = cv2.resize(piece, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    whole = np.concatenate(
        [np.concatenate([piece, piece[:, ::-1]], 1), np.concatenate([piece[::-1], piece[::-1, ::-1]], 1)]
    )
    repeats = math.ceil(height / whole.shape[0]), math.ceil(width / whole.shape[1]), 1
    return np.ascontiguousarray(np.tile(whole, repeats)[:height, :width])


def marked(height: int, width: int, side: int) -> tuple[Box, Tensor]:
    """Return a square in the middle, and its mask, bool (1, H, W)."""
    top, left = (height - side) // 2, (width - side) // 2
    box, mask = Box(top, left, top + side, left + side), torch.zeros(1, height, width, dtype=torch.bool)
    box.of(mask).fill_(True)
    return box, mask


def sides(megapixels: int) -> tuple[int, int]:
    """Return the height and width of a 3:4 picture."""
    height = round(math.sqrt(megapixels * 1e6 * 3 / 4))
    return height, round(megapixels * 1e6 / height)


def peak_of(work: Callable[[], object]) -> float:
    """Return the most memory in bytes that this process held while working; not a number where Linux does not tell."""
    try:
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    except OSError:
        return math.nan
    work()
    return resident("VmHWM")


def resident(name: str) -> int:
    """Return a number of bytes from this process's status."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), 0)


def telea(image: Tensor, mask: Tensor) -> Tensor:
    """Fill a hole as Telea (2004) does, with OpenCV and a radius of 3 px."""
    pixels = (image.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    filled = cv2.inpaint(np.ascontiguousarray(pixels), mask[0].numpy().astype(np.uint8), 3, cv2.INPAINT_TELEA)
    return torch.from_numpy(filled).permute(2, 0, 1).float() / 255
