"""Padding: TensorFlow's SAME and PyTorch's as a convolution, reflections of any width, and a repeated margin.

SAME: TensorFlow pads ceil(size / stride) outputs' worth of zeros and puts the odd pixel at the bottom and right;
PyTorch code pads dilation * (kernel - 1) / 2 on every side.  They differ where a stride is 2: there the two read the
picture one pixel apart, and weights learned with one do not fit the other.

mmagic: mirrored by as much as PyTorch code pads with zeros, as OpenMMLab's networks do.

Reflection: PyTorch's own refuses a margin that is not smaller than the features.  Published networks with wide
dilations pad more than that on small pictures; here the reflection then bounces between both borders, as NumPy's does.

Margin: room for networks whose reflections or strides need more pixels than a picture has; the published codes fail on
such pictures or answer one of another size.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor

PADDINGS = ("tensorflow", "pytorch", "mmagic")
Activation = Callable[[Tensor], Tensor]


def same_padding(size: int, kernel: int, *, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """Return how many zeros TensorFlow's SAME puts before and after this many pixels."""
    outputs = -(-size // stride)
    total = max((outputs - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def check_padding(padding: str) -> None:
    """Raise ValueError for a padding that does not exist."""
    if padding not in PADDINGS:
        raise ValueError(f"padding is {padding!r}: choose among {', '.join(PADDINGS)}")


class PaddedConv(nn.Conv2d):
    """Convolve with a square kernel and bias, then activate.  (B, C, H, W) -> (B, width, ceil(H / stride), ...)."""

    def __init__(
        self,
        channels: int,
        width: int,
        *,
        kernel: int = 3,
        stride: int = 1,
        dilation: int = 1,
        padding: str = "tensorflow",
        activation: Activation | None = None,
    ):
        check_padding(padding)
        even = dilation * (kernel - 1) // 2
        super().__init__(channels, width, kernel, stride=stride, dilation=dilation, padding=even)
        self.rule = padding
        self.activation = activation
        start_like_tensorflow(self)

    def forward(self, input: Tensor) -> Tensor:
        answer = self.convolve(input)
        return answer if self.activation is None else self.activation(answer)

    def convolve(self, x: Tensor) -> Tensor:
        """Pad and convolve, without the activation."""
        if self.rule == "pytorch":
            return super().forward(x)
        if self.rule == "mmagic":
            mirrored_picture = reflect(x, self.dilation[0] * (self.kernel_size[0] - 1) // 2)
            return F.conv2d(mirrored_picture, self.weight, self.bias, self.stride, 0, self.dilation)
        kernel, stride, dilation = self.kernel_size[0], self.stride[0], self.dilation[0]
        top, bottom = same_padding(x.shape[-2], kernel, stride=stride, dilation=dilation)
        left, right = same_padding(x.shape[-1], kernel, stride=stride, dilation=dilation)
        if top == bottom and left == right:  # the usual case, which needs no copy
            return F.conv2d(x, self.weight, self.bias, stride, (top, left), dilation)
        return F.conv2d(F.pad(x, (left, right, top, bottom)), self.weight, self.bias, stride, 0, dilation)


def start_like_tensorflow(module: nn.Conv2d | nn.Linear) -> None:
    """Draw weights from Glorot's uniform distribution and set biases to 0, as TensorFlow's layers do."""
    nn.init.xavier_uniform_(module.weight)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def reflect(x: Tensor, margin: int) -> Tensor:
    """Pad all four sides by the margin, mirrored about the border pixels.  (B, C, H, W) -> (B, C, H + 2m, W + 2m)."""
    if margin < min(x.shape[-2:]):
        return F.pad(x, (margin,) * 4, mode="reflect")
    rows, columns = (mirrored(size, margin).to(x.device) for size in x.shape[-2:])
    return x.index_select(-2, rows).index_select(-1, columns)


def mirrored(size: int, margin: int) -> Tensor:
    """Return where each place of a padded line looks, (size + 2 margin,)."""
    period = max(1, 2 * (size - 1))
    places = torch.arange(-margin, size + margin) % period
    return torch.minimum(places, period - places) if size > 1 else places


class Reflect(nn.Module):
    """Reflection padding as a layer; see `reflect`."""

    def __init__(self, margin: int):
        super().__init__()
        self.margin = margin

    def forward(self, x: Tensor) -> Tensor:
        return reflect(x, self.margin)


def with_margin(x: Tensor, *, multiple: int, least: int) -> Tensor:
    """Repeat the last row and column until both sides divide by multiple and are at least least.

    x: (B, C, H, W).  A picture that is large enough and divides comes back untouched.  Both multiple and least are in
    pixels, and least divides by multiple.
    """
    assert least % multiple == 0
    height, width = (max(least, side + -side % multiple) for side in x.shape[-2:])
    if (height, width) == x.shape[-2:]:
        return x
    return F.pad(x, (0, width - x.shape[-1], 0, height - x.shape[-2]), mode="replicate")
