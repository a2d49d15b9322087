"""Whether a flow points at what belongs into the hole.

Source: Ren et al., StructureFlow (2019), the sampling correctness loss, as in the authors' code: features fetched from
the known picture are compared with the original's by their angle, relative to the best that the known picture holds.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.layers.gaussian_sampling import gaussian_sample
from inpaint.losses.perceptual import full_precision
from inpaint.losses.pixels import mean_within
from inpaint.losses.scene import Scene

FLOW_TAP = "relu3_1"  # the layer whose places are looked up
HOLE_GREY = 0.5
SAMPLED_SIDE, SAMPLED_DEVIATION = 4, 2.0  # of the window that is fetched
SMALL = 1e-8


def sampling_correctness(scene: Scene, flow: Tensor) -> Tensor:
    """Return the mean over the hole of exp(-cosine / best cosine), where flow (B, 2, h, w) points.

    Raises ValueError for a features network that does not tap relu3_1.
    """
    image, mask, target, _ = scene.sample
    wanted = scene.seen_as("target", target)
    if FLOW_TAP not in wanted:
        raise ValueError(f"the flow is judged by {FLOW_TAP}, but the features are {list(wanted)}: name it in content")
    original = full_precision(wanted[FLOW_TAP])
    with torch.no_grad():
        known = full_precision(scene.seen_as("known", image * (1 - mask) + HOLE_GREY * mask)[FLOW_TAP])
    size = (original.shape[-2], original.shape[-1])
    fetched = gaussian_sample(
        known, F.adaptive_avg_pool2d(full_precision(flow), size), kernel=SAMPLED_SIDE, deviation=SAMPLED_DEVIATION
    )
    with torch.autocast(image.device.type, enabled=False):
        best = (unit(known).mT @ unit(original)).amax(dim=1)  # (B, h w)
        cosine = F.cosine_similarity(fetched.flatten(2), original.flatten(2))
        hole = F.interpolate(mask, size, mode="nearest").flatten(1)
        missed = (-cosine / (best + SMALL)).exp()
    return mean_within(missed[:, None, None], hole[:, None, None])


def unit(features: Tensor) -> Tensor:
    """Return the features of each place, of length 1, (B, C, h w)."""
    rows = features.flatten(2)
    return rows / (rows.norm(dim=1, keepdim=True) + SMALL)
