"""The long-range layers as their authors wrote them down: slow on purpose, to be compared with and measured against.

Sources: Liu et al. 2018 (partial convolution, a mask of as many channels as the features), Yu et al. 2019 (gated
convolution), Yu et al. 2018 (contextual attention, picture by picture), Sagong et al. 2019 (Euclidean attention, one
kernel per patch) and Yu et al. 2020 (region normalization, two masked batch norms).  What differs: every picture
attends under its own mask, where the authors of contextual attention share the first one's.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.layers.contextual_attention import nearest
from inpaint.layers.euclidean_attention import DEVIATION_EPSILON
from inpaint.layers.gated_conv import GatedConv
from inpaint.layers.padding import same_padding
from inpaint.layers.partial_conv import PartialConv2d
from inpaint.layers.region_normalization import RegionNormB, RegionNormL


def literal_partial_conv(layer: PartialConv2d, x: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Convolve the mask (B, C, H, W) with a kernel of ones as large as the weight, as the features are convolved."""
    how: Any = (layer.stride, layer.padding, layer.dilation)
    with torch.no_grad():
        count = F.conv2d(valid, torch.ones_like(layer.weight), None, *how)  # (B, width, h, w)
        ratio = layer.weight[0].numel() / (count + 1e-8)
        update = count.clamp(0, 1)
        ratio = ratio * update
    raw = F.conv2d(x * valid, layer.weight, layer.bias, *how)
    if layer.bias is None:
        return raw * ratio, update
    bias = layer.bias.view(1, -1, 1, 1)
    return ((raw - bias) * ratio + bias) * update, update


def literal_gated_conv(layer: GatedConv, x: Tensor) -> Tensor:
    """Pad as TensorFlow does, convolve, and multiply the activated first half by the sigmoid of the second."""
    kernel, stride, dilation = layer.kernel_size[0], layer.stride[0], layer.dilation[0]
    rows, columns = (same_padding(side, kernel, stride=stride, dilation=dilation) for side in x.shape[-2:])
    raw = F.conv2d(F.pad(x, (*columns, *rows)), layer.weight, layer.bias, stride, 0, dilation)
    feature, gate = raw.split(raw.shape[1] // 2, dim=1)
    return F.elu(feature) * torch.sigmoid(gate)


def literal_contextual_attention(
    foreground: Tensor,
    background: Tensor,
    hole: Tensor,
    *,
    fuse: bool = True,
    scale: float = 10.0,
    corners: bool = True,
) -> Tensor:
    """Attend as the formula is written: per sample, patches as filters of a convolution and of a transposed one.

    foreground, background: (B, C, H, W).  hole: (B, 1, H / 2, W / 2).  Returns (B, C, H, W).
    """
    size = (foreground.shape[-2] // 2, foreground.shape[-1] // 2)
    answers = []
    for place in range(len(foreground)):
        queries, keys = (nearest(x[place : place + 1], size, corners=corners) for x in (foreground, background))
        filters = patches(keys, kernel=3, stride=1)  # (L, C, 3, 3)
        filters = filters / filters.flatten(1).norm(dim=1).clamp_min(1e-4)[:, None, None, None]
        scores = F.conv2d(queries, filters, padding=1)  # (1, L, h, w)
        if fuse:
            scores = literal_fuse(scores, size)
        valid = (patches(hole[place : place + 1], kernel=3, stride=1).flatten(1).mean(1) == 0).to(scores.dtype)
        shares = (scale * scores * valid[None, :, None, None]).softmax(1) * valid[None, :, None, None]
        raw = patches(background[place : place + 1], kernel=4, stride=2)  # (L, C, 4, 4)
        answers.append(F.conv_transpose2d(shares, raw, stride=2, padding=1) / 4)
    return torch.cat(answers)


def literal_fuse(scores: Tensor, size: tuple[int, int]) -> Tensor:
    """Convolve the score matrix with a 3x3 identity in reading order, and again in column order."""
    height, width = size
    identity = torch.eye(3, dtype=scores.dtype, device=scores.device)[None, None]
    matrix = scores.reshape(1, 1, height * width, height * width).transpose(2, 3)  # queries, keys
    matrix = F.conv2d(matrix, identity, padding=1).reshape(height, width, height, width)
    matrix = matrix.permute(1, 0, 3, 2).reshape(1, 1, height * width, height * width)
    matrix = F.conv2d(matrix, identity, padding=1).reshape(width, height, width, height)
    return matrix.permute(3, 2, 1, 0).reshape(1, height * width, height, width)  # keys, queries


def patches(x: Tensor, *, kernel: int, stride: int) -> Tensor:
    """Return the patches of one picture as filters, (L, C, kernel, kernel)."""
    columns = F.unfold(x, kernel, padding=1, stride=stride)  # (1, C * kernel ** 2, L)
    return columns[0].T.reshape(columns.shape[-1], x.shape[1], kernel, kernel)


def literal_euclidean_attention(features: Tensor, known: Tensor) -> Tensor:
    """Rebuild every picture's features (B, C, h, w) from patches of its known ones, one kernel per patch."""
    answers = []
    for place in range(len(features)):
        asked, there = features[place : place + 1], known[place : place + 1]
        columns = F.unfold(asked * there, 3)  # (1, 9 C, P)
        keys = columns[0].T.reshape(columns.shape[-1], features.shape[1], 3, 3)
        lengths = keys.square().sum((1, 2, 3))[None, :, None, None]
        own = F.avg_pool2d(asked.square().sum(1, keepdim=True), 3, stride=1, padding=1, divisor_override=1)
        distances = lengths + own - 2 * F.conv2d(asked, keys, padding=1)  # (1, P, h, w)
        mean, deviation = distances.mean(1, keepdim=True), distances.std(1, correction=0, keepdim=True)
        shares = torch.softmax(-50 * torch.tanh((distances - mean) / (deviation + DEVIATION_EPSILON)), dim=1)
        answers.append(F.conv_transpose2d(shares, keys, padding=1) / 9)
    return torch.cat(answers)


def literal_region_norm(x: Tensor, region: Tensor) -> Tensor:
    """Batch-normalise each side of the region (B, 1, H, W), filled with its mean elsewhere, and add both."""
    total = []
    for side in (region, 1 - region):
        size = side.sum((0, 2, 3))  # (1,)
        size = torch.where(size == 0, torch.ones_like(size), size)
        mean = ((x * side).sum((0, 2, 3)) / size)[None, :, None, None]
        normal = F.batch_norm(x * side + mean * (1 - side), None, None, training=True)
        total.append(normal * torch.sqrt(size / (x.shape[0] * x.shape[2] * x.shape[3]))[None, :, None, None])
    return total[0] + total[1]


def literal_region_norm_b(layer: RegionNormB, x: Tensor, mask: Tensor) -> Tensor:
    """Scale inside and outside the hole by parameters of their own, and add both shifts everywhere."""
    hole = F.interpolate(mask, size=x.shape[-2:], mode="nearest")
    normal = literal_region_norm(x, hole)
    gamma, beta, outer_gamma, outer_beta = (parameter[None, :, None, None] for parameter in layer.parameters())
    return (normal * hole) * (1 + gamma) + beta + (normal * (1 - hole)) * (1 + outer_gamma) + outer_beta


def literal_region_norm_l(layer: RegionNormL, x: Tensor) -> Tensor:
    """Find the region in the features, and scale and shift by what is seen there."""
    convolutions: list[nn.Module] = [layer.sa.conv1, layer.sa.gamma_conv, layer.sa.beta_conv]
    seen = torch.cat([torch.mean(x, dim=1, keepdim=True), torch.max(x, dim=1, keepdim=True)[0]], dim=1)
    attention = torch.sigmoid(convolutions[0](seen))
    scale, shift = convolutions[1](attention), convolutions[2](attention)
    region = (attention.detach() >= 0.8).to(x.dtype)
    return literal_region_norm(x, region) * (1 + scale) + shift
