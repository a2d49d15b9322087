"""Terms that compare pixels.

Sources: hole_l1, valid_l1 and tv as in Liu et al., Image Inpainting for Irregular Holes Using Partial Convolutions
(2018), with its 1 / N over all N = C * H * W values; charbonnier as in Lai et al., LapSRN (2017); l1_per_hole as in
Nazeri et al., EdgeConnect (2019); hole_mae as in Yu et al., Region Normalization (2020); hole_l2 as in Iizuka et al.,
Globally and Locally Consistent Image Completion (2017); valid_mae and discounted_l1 as in Yu et al., Generative Image
Inpainting with Contextual Attention (2018), and the authors' code. The other hole_ and valid_ terms, which are not from
the first paper, divide by the area they cover instead, so that their scale does not depend on the size of the mask.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from inpaint.distributed import mean_over_ranks
from inpaint.layers.hole_window import cropped
from inpaint.losses.scene import Scene

CHARBONNIER_EPSILON = 1e-3
SQUARED_FLOOR = 1e-3  # 30 dB
DISCOUNT = 0.9  # a pixel further into the window counts this much less


def l1(scene: Scene) -> Tensor:
    """Return the mean absolute error over everything."""
    return error(scene).abs().mean()


def hole_l1(scene: Scene) -> Tensor:
    """Return the sum of absolute errors in the hole, over all N values of the picture."""
    return (scene.sample.mask * error(scene).abs()).mean()


def hole_l2(scene: Scene) -> Tensor:
    """Return the sum of squared errors in the hole, over all N values of the picture."""
    return (scene.sample.mask * error(scene).square()).mean()


def valid_l1(scene: Scene) -> Tensor:
    """Return the sum of absolute errors outside the hole, over all N values of the picture."""
    return ((1 - scene.sample.mask) * error(scene).abs()).mean()


def l1_per_hole(scene: Scene) -> Tensor:
    """Return the mean absolute error over everything, divided by the share of the picture that is hole."""
    share = mean_over_ranks(scene.sample.mask.mean())  # of all ranks, so that they learn as one would from all samples
    return l1(scene) / share.clamp_min(1 / scene.sample.mask.numel())


def charbonnier(scene: Scene) -> Tensor:
    """Return the mean smooth absolute error over everything."""
    return smooth_absolute(error(scene)).mean()


def hole_charbonnier(scene: Scene) -> Tensor:
    """Return the mean smooth absolute error over the pixels of the hole; 0 without a hole."""
    return mean_within(smooth_absolute(error(scene)), scene.sample.mask)


def valid_charbonnier(scene: Scene) -> Tensor:
    """Return the mean smooth absolute error over the pixels outside the hole; 0 where everything is hole."""
    return mean_within(smooth_absolute(error(scene)), 1 - scene.sample.mask)


def hole_mse(scene: Scene) -> Tensor:
    """Return the mean squared error over the pixels of the hole, which is what PSNR measures; 0 without a hole."""
    return mean_within(error(scene).square(), scene.sample.mask)


def hole_log_mse(scene: Scene) -> Tensor:
    """Return a tenth of the mean over the samples of the logarithm of the squared error in each hole.

    It falls as the mean PSNR over the mask rises, in which an easy sample counts as much as a hard one; a floor keeps
    samples without a hole, and such as are nearly perfect, from counting for more.
    """
    mask = scene.sample.mask
    total = (error(scene).square() * mask).sum((1, 2, 3))  # (B,)
    mean = total / (mask.sum((1, 2, 3)) * scene.sample.target.shape[1]).clamp_min(1)
    return (mean + SQUARED_FLOOR).log().mean() / 10


def hole_mae(scene: Scene) -> Tensor:
    """Return the mean absolute error over the pixels of the hole; 0 without a hole."""
    return mean_within(error(scene).abs(), scene.sample.mask)


def valid_mae(scene: Scene) -> Tensor:
    """Return the mean absolute error over the pixels outside the hole; 0 where everything is hole."""
    return mean_within(error(scene).abs(), 1 - scene.sample.mask)


def discounted_l1(scene: Scene) -> Tensor:
    """Return the mean absolute error over the window around each hole; pixels further from its rim count less."""
    return discounted(error(scene).abs(), scene.sample.mask)


def coarse_l1(scene: Scene) -> Tensor:
    """Return the mean absolute error of the first stage of a two-stage generator, over everything."""
    return coarse_error(scene).abs().mean()


def coarse_valid_mae(scene: Scene) -> Tensor:
    """Return the mean absolute error of the first stage outside the hole; 0 where everything is hole."""
    return mean_within(coarse_error(scene).abs(), 1 - scene.sample.mask)


def coarse_discounted_l1(scene: Scene) -> Tensor:
    """Return the mean absolute error of the first stage over the window, discounted as discounted_l1 is."""
    return discounted(coarse_error(scene).abs(), scene.sample.mask)


def tv(scene: Scene) -> Tensor:
    """Return the total variation of the composite over the hole grown by one pixel.

    Only neighbours that both lie in the grown hole count, as in the paper: multiplying by the mask instead would make
    edges of its border. The sum is divided by all N values.  Reimplementations sum over the whole composite, which is
    more (7-fold, for a hole of an eighth) and has the same gradient: known neighbours have none.
    """
    image = scene.in_units(scene.composite)
    near = F.max_pool2d(scene.sample.mask, kernel_size=3, stride=1, padding=1)  # (B, 1, H, W), the 3 x 3 dilation
    across = (image[..., :, 1:] - image[..., :, :-1]).abs() * near[..., :, 1:] * near[..., :, :-1]
    down = (image[..., 1:, :] - image[..., :-1, :]).abs() * near[..., 1:, :] * near[..., :-1, :]
    return (across.sum() + down.sum()) / image.numel()


def error(scene: Scene) -> Tensor:
    """Return the raw prediction minus the target, (B, 3, H, W), in the scene's unit of errors."""
    return scene.in_units(scene.prediction.image - scene.sample.target)


def coarse_error(scene: Scene) -> Tensor:
    """Return the first stage's picture minus the target, (B, 3, H, W), in the scene's unit of errors."""
    return scene.in_units(scene.coarse - scene.sample.target)


def discounted(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of the discounted values over a window around each hole, half as long as the shorter side."""
    side = min(values.shape[-2:]) // 2  # 128 of 256, as published
    return (cropped(values, mask, side) * discounts(side).to(values)).mean()


def discounts(side: int) -> Tensor:
    """Return 0.9 to the power of the distance to the nearest edge of a square, (side, side).

    As in the authors' code the first row has distance 0 and the last has distance 1.
    """
    places = torch.arange(side)
    near = torch.minimum(places, side - places)  # (side,)
    return DISCOUNT ** torch.minimum(near[:, None], near).float()


def smooth_absolute(difference: Tensor) -> Tensor:
    """Return sqrt(d^2 + eps^2): an absolute value with a gradient at 0."""
    return (difference.square() + CHARBONNIER_EPSILON**2).sqrt()


def mean_within(values: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of values (B, C, H, W) where mask (B, 1, H, W) is 1, over the whole batch; 0 where none is.

    Several ranks divide by the area of all of them, so that the mean of what they return is that of all their samples.
    """
    area = mean_over_ranks(mask.sum())
    return (values * mask).sum() / (area * values.shape[1]).clamp_min(1)
