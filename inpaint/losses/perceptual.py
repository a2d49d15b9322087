"""Terms that compare features instead of pixels.

Sources: perceptual, style_out and style_comp as in Liu et al., Image Inpainting for Irregular Holes Using Partial
Convolutions (2018); perceptual_out and style_hole as in Nazeri et al., EdgeConnect (2019); perceptual_mse as in
Suvorov et al., LaMa (2022); correlation as in Ma et al.,
Coarse-to-Fine Image Inpainting via Region-wise Convolutions and Non-local Correlation (2019). Each sums over the taps
of the features network, but for correlation, which looks at one. The first paper's two factors 1 / (C C) and
1 / (C H W) are the mean over the Gram matrix and the Gram matrix's own.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inpaint.losses.scene import Scene

CORRELATED = "pool2"  # the layer whose places are compared with each other


def perceptual(scene: Scene) -> Tensor:
    """Return the mean absolute difference of features, of the prediction and of the composite, both from the target."""
    return content_distance(scene, "prediction") + content_distance(scene, "composite")


def perceptual_out(scene: Scene) -> Tensor:
    """Return the mean absolute difference of the features of the prediction from those of the target."""
    return content_distance(scene, "prediction")


def perceptual_mse(scene: Scene) -> Tensor:
    """Return the mean squared difference of the features of the prediction from those of the target."""
    answer, target = scene.seen("prediction"), scene.seen("target")
    pairs = [(full_precision(answer[tap]), full_precision(target[tap])) for tap in scene.taps("content")]
    return total([(one - other).square().mean() for one, other in pairs])


def style_out(scene: Scene) -> Tensor:
    """Return the mean absolute difference of the Gram matrices of the prediction from those of the target."""
    return style_distance(scene, "prediction", "target")


def style_comp(scene: Scene) -> Tensor:
    """Return the mean absolute difference of the Gram matrices of the composite from those of the target."""
    return style_distance(scene, "composite", "target")


def style_hole(scene: Scene) -> Tensor:
    """Return the mean absolute difference of the Gram matrices where both pictures are black outside the hole."""
    return style_distance(scene, "prediction_hole", "target_hole")


def correlation(scene: Scene) -> Tensor:
    """Return the mean absolute difference of how alike any two places are, between the coarse composite and the target.

    The mean is over all pairs of places; the authors sum over the pairs and the batch.  A picture of 256 has 4096
    places at the layer pool2.  Raises ValueError for a features network without that layer.
    """
    answer, target = scene.seen("coarse_composite"), scene.seen("target")
    if CORRELATED not in target:
        raise ValueError(f"the term correlation compares places of {CORRELATED}, but the features are {list(target)}")
    return mean_l1(affinity(answer[CORRELATED]), affinity(target[CORRELATED]))


def content_distance(scene: Scene, name: str) -> Tensor:
    """Sum over the content taps of the mean absolute difference of a picture from the target."""
    answer, target = scene.seen(name), scene.seen("target")
    return total([mean_l1(answer[tap], target[tap]) for tap in scene.taps("content")])


def style_distance(scene: Scene, name: str, target_name: str) -> Tensor:
    """Sum over the style taps of the mean absolute difference of two pictures' Gram matrices."""
    answer, target = scene.seen(name), scene.seen(target_name)
    return total([mean_l1(gram(answer[tap]), gram(target[tap])) for tap in scene.taps("style")])


def gram(features: Tensor) -> Tensor:
    """Return F F^T / (C H W) of features (B, C, H, W), (B, C, C), at least in single precision."""
    rows = full_precision(features).flatten(2)  # (B, C, H W)
    with torch.autocast(features.device.type, enabled=False):  # a half-precision Gram matrix overflows
        return rows @ rows.transpose(1, 2) / rows[0].numel()


def affinity(features: Tensor) -> Tensor:
    """Return F^T F / C^2 of features (B, C, H, W), (B, H W, H W), at least in single precision."""
    rows = full_precision(features).flatten(2)  # (B, C, H W)
    with torch.autocast(features.device.type, enabled=False):
        return rows.transpose(1, 2) @ rows / rows.shape[1] ** 2


def mean_l1(first: Tensor, second: Tensor) -> Tensor:
    """Return the mean absolute difference, at least in single precision."""
    return (full_precision(first) - full_precision(second)).abs().mean()


def full_precision(tensor: Tensor) -> Tensor:
    """Return the tensor in single precision, or in the higher one that it has."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def total(values: list[Tensor]) -> Tensor:
    """Sum scalars."""
    return torch.stack(values).sum()
