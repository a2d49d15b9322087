"""The gated convolution, which learns per pixel and channel what to let through.

Source: Yu et al., Free-Form Image Inpainting with Gated Convolution (2019), as in the authors' code: one convolution
whose first half of channels is the feature and whose second half is the gate.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.layers.elu import elu
from inpaint.layers.padding import Activation, PaddedConv


class GatedConv(PaddedConv):
    """Answer activation(feature) * sigmoid(gate).  (B, C, H, W) -> (B, width, ceil(H / stride), ...)."""

    def __init__(
        self,
        channels: int,
        width: int,
        *,
        kernel: int = 3,
        stride: int = 1,
        dilation: int = 1,
        padding: str = "tensorflow",
        activation: Activation = elu,
    ):
        super().__init__(channels, 2 * width, kernel=kernel, stride=stride, dilation=dilation, padding=padding)
        self.activate = activation

    def forward(self, input: Tensor) -> Tensor:
        feature, gate = self.convolve(input).chunk(2, dim=1)
        return self.activate(feature) * torch.sigmoid(gate)
