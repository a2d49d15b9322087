"""The generators by name; adding a network is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn as nn

from inpaint.generators import residual_unet, resnet9, unet

GENERATORS: dict[str, Callable[..., nn.Module]] = {
    "residual_unet": residual_unet.build,
    "resnet9": resnet9.build,
    "unet": unet.build,
}
