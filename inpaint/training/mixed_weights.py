"""Checkpoints in between two others: what lies between two networks of one origin often restores like both.

Source: interpolation of networks as in Wang et al., Deep Network Interpolation for Continuous Imagery Effect Transition
(2019), who go from the one that is true to the one that is sharp by one number.
"""

from __future__ import annotations

from pathlib import Path

import torch

from inpaint.checkpoint import load_checkpoint, save_checkpoint
from inpaint.config import parse_run


def mix_checkpoints(first: Path, second: Path, output: Path, *, alpha: float) -> None:
    """Write the checkpoint whose weights are (1 - alpha) of the first and alpha of the second.

    Raises ValueError where alpha is not from 0 to 1, and for checkpoints of different networks.
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha is {alpha}: it must be from 0 (all of {first}) to 1 (all of {second})")
    one, other = load_checkpoint(first), load_checkpoint(second)
    if parse_run(one.run, str(first)).generator != parse_run(other.run, str(second)).generator:
        raise ValueError(f"{first} and {second} are not the same network: only one with other weights can be blended")
    weights = {
        name: torch.lerp(tensor, other.weights[name], alpha) if tensor.is_floating_point() else tensor
        for name, tensor in one.weights.items()
    }
    origin = [{"share": 1 - alpha, **one.provenance}, {"share": alpha, **other.provenance}]
    nearer = one if alpha < 0.5 else other  # what judges its answers judges the blend's as well as anything does
    save_checkpoint(output, weights, run=one.run, provenance={"blended": origin}, judges=nearer.judges)
