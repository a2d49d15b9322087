"""The networks, by name, whose feature maps losses and metrics compare.

A part here is a callable, image (B, 3, H, W) in [0, 1] -> {name of a layer: map (B, C, h, w)}, with two tuples of the
names that are compared: `content` by perceptual terms, `style` by style terms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inpaint.features import dilated_resnet, vgg

FEATURES: dict[str, Callable[..., Any]] = {
    "vgg16": vgg.build_16,
    "vgg19": vgg.build_19,
    "ade20k_resnet50": dilated_resnet.build_scene,
}
