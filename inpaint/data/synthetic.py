"""Drawn training pictures: an endless source that needs no files and no licences.

Half of the pictures are dead leaves (natural statistics), half are outlined cels (illustration); see there.  Slight
blur and sensor noise come on top at times, as no camera picture is without them.
"""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from inpaint.data.cels import cels
from inpaint.data.leaves import leaves
from inpaint.data.textures import SceneSize

SCENE_FAMILIES = {"leaves": leaves, "cels": cels}
LEAST_SCENE_SIDE = 16  # px; below, no shape is recognizable


def render(size: SceneSize, rng: torch.Generator, *, family: str | None = None) -> Tensor:
    """Draw one picture: (3, H, W) float32 in [0, 1], a pure function of the arguments and the state of rng.

    family: "leaves" or "cels"; None draws one at random.  Takes one number from rng.
    Raises ValueError for another family, and for a side below 16 px.
    """
    if family is not None and family not in SCENE_FAMILIES:
        raise ValueError(f"family is {family!r}; choose from {', '.join(SCENE_FAMILIES)}")
    if min(size) < LEAST_SCENE_SIDE:
        raise ValueError(f"size is {tuple(size)}; both sides must be at least {LEAST_SCENE_SIDE} px")
    seed = int(torch.randint(0, 2**63 - 1, (), generator=rng).item())
    local = np.random.Generator(np.random.PCG64(seed))
    drawn = local.choice(list(SCENE_FAMILIES))  # drawn always, so that naming it changes nothing else
    picture = developed(SCENE_FAMILIES[family or drawn](size, local), local)
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))  # (3, H, W)


def developed(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a drawing with, at times, the blur and the noise of a camera: (H, W, 3) uint8 to float32 in [0, 1]."""
    blurred, noisy = rng.random(2) < (0.4, 0.3)
    if blurred:
        canvas = cv2.GaussianBlur(canvas, (0, 0), rng.uniform(0.3, 0.8))
    picture = canvas.astype(np.float32) / 255
    if noisy:
        coloured = rng.random() < 0.5
        noise = rng.standard_normal((*canvas.shape[:2], 3 if coloured else 1), dtype=np.float32)
        picture = np.clip(picture + noise * np.float32(rng.uniform(0.004, 0.03)), 0, 1)
    return picture
