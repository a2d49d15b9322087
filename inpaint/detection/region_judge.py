"""What the bundled network says of a region whose pixels no rule explains; see `region_network`."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import torch
from safetensors.torch import load_file

from inpaint.detection.marked_region import Neighbourhood
from inpaint.detection.region_network import CLASSES, POOLED, RegionNetwork
from inpaint.weights import bundled_path

LARGEST_JUDGED = 384  # px a side, of the part of a region that is judged, around its deepest pixel


class Judgement(NamedTuple):
    """What a region shows."""

    likely: dict[str, float]  # how likely each of CLASSES is, 1 in sum
    side: float  # of its cells, px, if they are cells


@torch.inference_mode()
def judge_region(near: Neighbourhood) -> Judgement:
    """Return what a region with its surroundings shows."""
    rows, columns = window_around_deepest(near.inside)
    image = near.image[:, rows, columns][None].float().cpu()
    mask = torch.from_numpy(np.ascontiguousarray(near.inside[rows, columns]))[None, None].float()
    logits, side, _ = region_network()(image, mask)
    likely: dict[str, float] = {name: float(it) for name, it in zip(CLASSES, logits[0].softmax(0), strict=True)}
    return Judgement(likely, round(float(side[0].exp()), 1))


def window_around_deepest(inside: np.ndarray) -> tuple[slice, slice]:
    """Return the part around the deepest pixel of a region (h, w), whose sides divide by what the network pools."""
    depth = cv2.distanceTransform(np.pad(inside.astype(np.uint8), 1), cv2.DIST_L2, cv2.DIST_MASK_5)[1:-1, 1:-1]
    middle = np.unravel_index(int(depth.argmax()), depth.shape)
    sides = [min(size, LARGEST_JUDGED) // POOLED * POOLED for size in inside.shape]
    starts = [
        min(max(int(at) - side // 2, 0), size - side)
        for at, side, size in zip(middle, sides, inside.shape, strict=True)
    ]
    return slice(starts[0], starts[0] + sides[0]), slice(starts[1], starts[1] + sides[1])


@cache
def region_network() -> RegionNetwork:
    """Return the bundled network."""
    network = RegionNetwork()
    weights = {name: value.float() for name, value in load_file(bundled_path("regions")).items()}
    network.load_state_dict({**network.state_dict(), **weights})
    return network.eval()
