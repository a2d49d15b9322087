"""Squeeze-and-excitation: gates that scale the channels or the pixels of a feature map by what is in it.

Sources: Hu et al., Squeeze-and-Excitation Networks (2018), the channel gate ("se", in the second paper "cse"); Roy et
al., Concurrent Spatial and Channel Squeeze & Excitation (2018), the spatial gate ("sse") and both at once ("scse").
The paper of 2018 adds the two, its authors' later library takes the larger value element by element; both are here.
Both fully connected layers have biases.  State-dict names are those of the library.
"""

from __future__ import annotations

import torch
import torch.nn as nn
from torch import Tensor

ATTENTIONS = ("none", "se", "cse", "sse", "scse")
AGGREGATIONS = ("add", "max")


class ChannelGate(nn.Module):
    """Scale each channel by a number from 0 to 1 drawn from all channels' means.  (B, width, h, w) in and out."""

    def __init__(self, width: int, *, reduction: int):
        super().__init__()
        self.fc1 = nn.Linear(width, width // reduction)
        self.fc2 = nn.Linear(width // reduction, width)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.fc2(self.fc1(x.mean((2, 3))).relu()).sigmoid()  # (B, width)
        return x * gate[:, :, None, None]


class SpatialGate(nn.Module):
    """Scale each pixel by a number from 0 to 1 drawn from its own channels.  (B, width, h, w) in and out."""

    def __init__(self, width: int):
        super().__init__()
        self.conv = nn.Conv2d(width, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.conv(x).sigmoid()


class BothGates(nn.Module):
    """Scale channels and pixels apart and join the two.  (B, width, h, w) in and out."""

    def __init__(self, width: int, *, reduction: int, aggregation: str):
        super().__init__()
        self.cSE = ChannelGate(width, reduction=reduction)
        self.sSE = SpatialGate(width)
        self.aggregation = aggregation

    def forward(self, x: Tensor) -> Tensor:
        by_channel, by_pixel = self.cSE(x), self.sSE(x)
        return by_channel + by_pixel if self.aggregation == "add" else torch.maximum(by_channel, by_pixel)


def gates(kind: str, width: int, *, reduction: int = 16, aggregation: str = "add") -> list[nn.Module]:
    """Return the attention of one feature map: a list of one layer, or of none.

    kind: none, se (the same as cse), sse or scse.  reduction: by how much the channel gate narrows.  aggregation: how
    scse joins its two, add or max.  Raises ValueError for an unknown kind or aggregation, and for a reduction that
    leaves no channel.
    """
    if kind not in ATTENTIONS:
        raise ValueError(f"attention {kind!r} is unknown; choose {', '.join(ATTENTIONS)}")
    if aggregation not in AGGREGATIONS:
        raise ValueError(f"aggregation {aggregation!r} is unknown; choose add or max")
    if kind in ("none", "sse"):
        return [SpatialGate(width)] if kind == "sse" else []
    if not 1 <= reduction <= width:
        raise ValueError(f"reduction {reduction} must lie between 1 and the {width} channels that it narrows")
    if kind == "scse":
        return [BothGates(width, reduction=reduction, aggregation=aggregation)]
    return [ChannelGate(width, reduction=reduction)]
