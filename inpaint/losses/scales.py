"""Terms that compare a network's pictures at several scales with the target, shrunk alike.

Source: Hong et al., Deep Fusion Network for Image Completion (2019), and the authors' code: L1 at every scale, features
and total variation at the three finest, each the mean over its scales.  Differs: the authors' code takes the total
variation of the target, which teaches nothing, over what is known; here it is the answer's, in the hole, and the border
of the picture is no edge.

The coarser pictures are a prediction's extras scale_2, scale_4, ..., named by how many pixels of a
side they have one of.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.losses.perceptual import gram, mean_l1, total
from inpaint.losses.scene import Scene

SCALE_PREFIX = "scale_"
FINEST_SCALES = 3  # scales at which texture is compared


def scales_l1(scene: Scene) -> Tensor:
    """Return the mean absolute error over everything, in the mean over all scales."""
    return mean_of_scales([mean_l1(answer, resized_to(scene.sample.target, answer)) for answer in scale_answers(scene)])


def scales_perceptual(scene: Scene) -> Tensor:
    """Return the mean absolute difference of features from those of the target, in the mean over the finest scales."""
    taps = scene.taps("content")
    return mean_of_scales(
        [total([mean_l1(one[tap], other[tap]) for tap in taps]) for one, other in seen_at_scales(scene)]
    )


def scales_style(scene: Scene) -> Tensor:
    """Return the mean absolute difference of Gram matrices from the target's, in the mean over the finest scales."""
    pairs, taps = seen_at_scales(scene), scene.taps("style")
    return mean_of_scales([total([mean_l1(gram(one[tap]), gram(other[tap])) for tap in taps]) for one, other in pairs])


def scales_tv(scene: Scene) -> Tensor:
    """Return |up + left - 2 here| of the answer in the hole, over all values, in the mean over the finest scales."""
    values = []
    for answer in scale_answers(scene)[:FINEST_SCALES]:
        padded = F.pad(answer.to(scene.sample.target.dtype), (1, 0, 1, 0), mode="replicate")
        slope = padded[..., :-1, 1:] + padded[..., 1:, :-1] - 2 * padded[..., 1:, 1:]  # (B, 3, h, w)
        values.append((slope.abs() * resized_to(scene.sample.mask, answer)).mean())
    return mean_of_scales(values)


def scale_answers(scene: Scene) -> list[Tensor]:
    """Return the pictures of all scales, the finest first.  Raises ValueError where the network has but one."""
    coarser = {
        int(name.removeprefix(SCALE_PREFIX)): it
        for name, it in scene.prediction.extras.items()
        if name.startswith(SCALE_PREFIX)
    }
    if not coarser:
        raise ValueError(
            "a term of several scales needs a network that answers at several: this one answers "
            f"{sorted(scene.prediction.extras)} beside its image, not scale_2"
        )
    return [scene.prediction.image, *(coarser[scale] for scale in sorted(coarser))]


def seen_at_scales(scene: Scene) -> list[tuple[dict[str, Tensor], dict[str, Tensor]]]:
    """Return the features of the answer and of the target at the finest scales, computed once for both terms."""
    finest = scale_answers(scene)[:FINEST_SCALES]
    shrunk = [resized_to(scene.sample.target, answer) for answer in finest]
    names = [f"{SCALE_PREFIX}{place}" for place in range(len(finest))]
    both = zip(names, finest, shrunk, strict=True)
    return [(scene.seen_as(name, answer), scene.seen_as(f"target_{name}", wanted)) for name, answer, wanted in both]


def resized_to(picture: Tensor, answer: Tensor) -> Tensor:
    """Return a picture or a mask (B, C, H, W) at the size of an answer, bilinear without smoothing, as published."""
    size = [answer.shape[-2], answer.shape[-1]]
    return F.interpolate(picture, size, mode="bilinear", align_corners=False)


def mean_of_scales(values: list[Tensor]) -> Tensor:
    """Return the mean of scalars."""
    return torch.stack(values).mean()
