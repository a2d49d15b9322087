"""The generators by name; adding a network is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn as nn

from inpaint.generators import pconv, region_norm, region_wise, residual_unet, resnet9, unet

GENERATORS: dict[str, Callable[..., nn.Module]] = {
    "pconv": pconv.build,
    "region_norm": region_norm.build,
    "region_wise": region_wise.build,
    "residual_unet": residual_unet.build,
    "resnet9": resnet9.build,
    "unet": unet.build,
}
