"""Self-attention over all places of a feature map, added by a scale that starts at 0.

Source: Zhang et al., Self-Attention Generative Adversarial Networks (2019), as in the authors' code: keys and values
are max-pooled twofold, no scaling of the scores, all four convolutions spectrally normalised and without bias.
"""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.parametrizations import spectral_norm


class NonLocal(nn.Module):
    """Add to every place what it finds elsewhere.  (B, width, h, w) in and out, h and w at least 2.

    81,921 parameters for width 256.  Memory grows with (h w) ** 2 / 4.
    """

    def __init__(self, width: int):
        super().__init__()
        self.theta = spectral_norm(nn.Conv2d(width, width // 8, 1, bias=False))
        self.phi = spectral_norm(nn.Conv2d(width, width // 8, 1, bias=False))
        self.g = spectral_norm(nn.Conv2d(width, width // 2, 1, bias=False))
        self.o = spectral_norm(nn.Conv2d(width // 2, width, 1, bias=False))
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        queries = self.theta(x).flatten(2)  # (B, width / 8, h w)
        keys = F.max_pool2d(self.phi(x), 2).flatten(2)  # (B, width / 8, h w / 4)
        values = F.max_pool2d(self.g(x), 2).flatten(2)  # (B, width / 2, h w / 4)
        weights = torch.softmax(queries.transpose(-2, -1) @ keys, dim=2)  # (B, h w, h w / 4)
        found = (values @ weights.to(values.dtype).transpose(-2, -1)).unflatten(2, x.shape[-2:])
        return x + self.gamma * self.o(found)
