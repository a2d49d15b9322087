"""What the authors of MI-GAN call its entries in the network for restoring, which also keeps the taps of smoothing."""

from __future__ import annotations

import re

import torch
from torch import Tensor

from tests.importing.authors.written import Case, State, without_trunk

OPTIONS = {"width": 4, "widest": 8, "levels": 3, "tensors": 1}


def entries(state: State) -> dict[str, Tensor]:
    found = {re.sub(r"\.weights\.0$", ".weight", name): it for name, it in without_trunk(state).items()}
    for side in (32, 16, 8):
        found[f"encoder.b{side}.conv2.downsample.filter.weight"] = torch.ones(4, 1, 4, 4)
        for place in ("conv1.upsample", "upsample"):
            found[f"synthesis.b{side}.{place}.filter_const"] = torch.zeros(1, 1, side, side)
            found[f"synthesis.b{side}.{place}.filter.weight"] = torch.ones(4, 1, 4, 4)
    return found


CASES = {"migan": Case("migan", OPTIONS, lambda state: (entries(state),))}
