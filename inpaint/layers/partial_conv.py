"""Partial convolution: only known values are convolved, and the sum is scaled up for those that are missing.

Source: Liu et al., Image Inpainting for Irregular Holes Using Partial Convolutions (2018), with the semantics of the
authors' layer in its multi-channel mode: borders count as missing, and where a window knows nothing the answer is 0,
not the bias. The state dict holds the same weight and bias.

What differs is the cost, not the result. The authors convolve a mask of as many channels as the features have; but
it is the same in all channels that come from one place. So a concatenation is given as its parts, each with a mask of
one channel, and the known values of a window are counted in one channel, weighted by how many channels each part has.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EMPTY_WINDOW_EPSILON = 1e-8  # the authors' guard against an empty window


class Partial(NamedTuple):
    """Features of which a part is known."""

    features: Tensor  # (B, C, H, W)
    valid: Tensor  # (B, 1, H, W), 1 = known, at least single precision


class PartialConv2d(nn.Conv2d):
    """A convolution (zero padding, no groups) of the concatenation of partly known features."""

    masks = True  # whether values that are not known are set to 0 before they are convolved

    def forward(self, *parts: Partial) -> Partial:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Convolve the concatenated parts; a place of the answer is known where its window knew anything."""
        known = [part.features * part.valid.to(part.features.dtype) if self.masks else part.features for part in parts]
        x = known[0] if len(known) == 1 else torch.cat(known, dim=1)
        raw = F.conv2d(x, self.weight, None, self.stride, self.padding, self.dilation)  # (B, out, h, w)
        ratio, valid = self.renormalisation(parts)
        answer = raw * ratio.to(raw.dtype)
        if self.bias is not None:
            answer = (answer + self.bias.to(raw.dtype)[:, None, None]) * valid.to(raw.dtype)
        return Partial(answer, valid)

    @torch.no_grad()
    def renormalisation(self, parts: tuple[Partial, ...]) -> tuple[Tensor, Tensor]:
        """Return the values of a window per known one, 0 where none is, and where any is; both (B, 1, h, w)."""
        known = torch.stack([part.features.shape[1] * part.valid for part in parts]).sum(dim=0)  # (B, 1, H, W)
        with torch.autocast(known.device.type, enabled=False):  # half precision miscounts above 256
            window = known.new_ones(1, 1, *self.kernel_size)
            count = F.conv2d(known, window, None, self.stride, self.padding, self.dilation)
        valid = count.clamp(0, 1)
        size = self.in_channels * window.numel()
        return size / (count + EMPTY_WINDOW_EPSILON) * valid, valid
