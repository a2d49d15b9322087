"""Luma, for networks that restore it alone, as those of super-resolution were first published, and for grey pictures.

Source: ITU-R BT.601; luma in the narrow range of video, from 16 to 235 of 255, as in MATLAB's rgb2ycbcr, which such
networks learned from, and grey in the whole range, as image files are made grey.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BT601_SHARES = (65.481 / 255, 128.553 / 255, 24.966 / 255)  # of red, green and blue
VIDEO_BLACK = 16 / 255


def video_luma(image: Tensor) -> Tensor:
    """Return the luma of pictures (B, 3, H, W) in [0, 1], (B, 1, H, W)."""
    shares = torch.tensor(BT601_SHARES, dtype=image.dtype, device=image.device)
    return (image * shares[:, None, None]).sum(1, keepdim=True) + VIDEO_BLACK


def grey_picture(image: Tensor) -> Tensor:
    """Return pictures (B, 3, H, W) in [0, 1] in grey, (B, 1, H, W) in [0, 1]."""
    return (video_luma(image) - VIDEO_BLACK) / sum(BT601_SHARES)


def with_luma(image: Tensor, luma: Tensor) -> Tensor:
    """Return pictures (B, 3, H, W) whose luma is another, (B, 1, H, W), and whose colours stay."""
    return image + (luma - video_luma(image)) / sum(BT601_SHARES)


class OnLuma(nn.Module):
    """Let a trunk, (B, 1, h, w) -> (B, 1, factor h, factor w), restore luma; colours are enlarged bicubically."""

    def __init__(self, trunk: nn.Module):
        super().__init__()
        self.inner = trunk

    def forward(self, shown: Tensor) -> Tensor:
        luma = self.inner(video_luma(shown))
        size = (luma.shape[-2], luma.shape[-1])
        if size != shown.shape[-2:]:
            shown = F.interpolate(shown, size, mode="bicubic", align_corners=False)
        return with_luma(shown, luma)
