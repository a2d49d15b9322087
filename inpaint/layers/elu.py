"""ELU at a third of its time: on a CPU PyTorch's own took more of DeepFill than all convolutions together.

Where nothing learns it is exp(x) - 1 of what is negative, which differs by at most 1e-7 in single precision.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def elu(x: Tensor) -> Tensor:
    """Return x where it is positive and exp(x) - 1 elsewhere.

    Learning, half precision, graphics cards and exports take PyTorch's own.
    """
    exact = (torch.is_grad_enabled() and x.requires_grad) or torch.onnx.is_in_onnx_export()
    if exact or x.device.type != "cpu" or x.dtype not in (torch.float32, torch.float64):
        return F.elu(x)
    return x.clamp_min(0).add_(x.clamp_max(0).exp_().sub_(1))


class Elu(nn.Module):
    """ELU as a layer; see `elu`."""

    def forward(self, x: Tensor) -> Tensor:
        return elu(x)
