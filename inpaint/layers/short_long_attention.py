"""Attention to a decoder's own features and, by the same scores, to what an encoder knew at each place.

Source: Zheng et al., Pluralistic Image Completion (2019), and the authors' code: queries are keys, scores are not
scaled, both results are added by scales that start at 0.
"""

from __future__ import annotations

import torch
import torch.nn as nn
from torch import Tensor

from inpaint.layers.spectral_residual import SpectralBlock

QUERY_GAIN = 0.02  # of the orthogonal weights that queries start with
LEAKIER = 0.01  # slope of the activations in the block that joins both


class ShortAttention(nn.Module):
    """Add to every place what it finds elsewhere.  (B, width, h, w) in and out; memory grows with (h w) ** 2."""

    def __init__(self, width: int):
        super().__init__()
        self.query_conv = nn.Conv2d(width, width // 4, 1)
        nn.init.orthogonal_(self.query_conv.weight, QUERY_GAIN)
        assert self.query_conv.bias is not None
        nn.init.zeros_(self.query_conv.bias)
        self.gamma = nn.Parameter(torch.zeros(1))

    def scores(self, x: Tensor) -> Tensor:
        """Return how much each place takes from each other one, (B, h w, h w), rows of sum 1."""
        queries = self.query_conv(x).flatten(2)  # (B, width / 4, h w)
        with torch.autocast(x.device.type, enabled=False):  # scores are large, and their differences matter
            wide = queries.to(torch.promote_types(queries.dtype, torch.float32))
            return torch.softmax(wide.transpose(-2, -1) @ wide, dim=2)

    def taken(self, values: Tensor, scores: Tensor) -> Tensor:
        """Return values (B, C, h, w) gathered by scores."""
        return (values.flatten(2) @ scores.to(values.dtype).transpose(-2, -1)).unflatten(2, values.shape[-2:])

    def forward(self, x: Tensor) -> Tensor:
        return self.gamma * self.taken(x, self.scores(x)) + x


class ShortLongAttention(ShortAttention):
    """The same, and beside it what the encoder knew, joined by a block."""

    def __init__(self, width: int):
        super().__init__(width)
        self.alpha = nn.Parameter(torch.zeros(1))
        self.model = SpectralBlock(2 * width, width, width, slope=LEAKIER)

    def forward(self, x: Tensor, known: Tensor, valid: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """known: (B, width, h, w), the encoder's.  valid: (B, 1, h, w) from 0 to 1, 1 where that is to be trusted."""
        scores = self.scores(x)
        short = self.gamma * self.taken(x, scores) + x
        long = self.alpha * (1 - valid) * self.taken(known, scores) + valid * known
        return self.model(torch.cat([short, long], dim=1))
