"""GLCIC's discriminator, which looks at the whole picture and at a window around the hole before it says one number.

Source: Iizuka et al., Globally and Locally Consistent Image Completion (2017): 5x5 convolutions of stride 2 with batch
norms and ReLUs halve both until 4 to 7 px a side are left; each becomes 1024 numbers, and all of them one logit.
Differs: the window of a real picture lies where the hole is, as that of the restored one, where the authors cut it
elsewhere; the damaged picture and the mask can be further channels; sizes are options.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators.shown import extra_channels, shown
from inpaint.layers.hole_window import cropped

CONTEXT_WIDEST = 8  # channels grow to 8 times the width, then stay
CODE_WIDTH = 16  # numbers that each branch ends with, in widths of its first layer


class ContextBranch(nn.Module):
    """Turn a square picture (B, channels, side, side) into (B, 16 width) numbers."""

    def __init__(self, channels: int, width: int, side: int):
        super().__init__()
        stages = []
        depth = 0
        while side >= 8:
            wide = width * min(2**depth, CONTEXT_WIDEST)
            stages.append(
                nn.Sequential(nn.Conv2d(channels, wide, 5, stride=2, padding=2), nn.BatchNorm2d(wide), nn.ReLU())
            )
            channels, side, depth = wide, (side + 1) // 2, depth + 1
        self.stages = nn.ModuleList(stages)
        self.code = nn.Linear(channels * side**2, CODE_WIDTH * width)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return self.code(x.flatten(1)).relu(), features


class ContextDiscriminator(Discriminator):
    """Both branches and what joins them, for pictures in [0, 1] of one size."""

    def __init__(self, *, width: int, size: int, crop: int, see_image: bool, see_mask: bool):
        super().__init__()
        channels = 3 + extra_channels(see_image=see_image, see_mask=see_mask)
        self.local = ContextBranch(channels, width, crop)
        self.whole = ContextBranch(channels, width, size)
        self.judge = nn.Linear(2 * CODE_WIDTH * width, 1)
        self.size, self.crop = size, crop
        self.sees = {"see_image": see_image, "see_mask": see_mask}

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        """Return logits (B, 1, 1, 1).  Raises ValueError for a picture of another size than it was built for."""
        if candidate.shape[-2:] != (self.size, self.size):
            height, width = candidate.shape[-2:]
            raise ValueError(
                f"the picture is {height}x{width} px: this discriminator judges {self.size}x{self.size} px alone, "
                "set its size to the crop"
            )
        x = shown(candidate, image, mask, **self.sees)
        local, local_features = self.local(cropped(x, mask, self.crop))
        whole, features = self.whole(x)
        logits = self.judge(torch.cat([local, whole], dim=1))[..., None, None]
        return Scores(logits, [*local_features, *features, logits])


def build(
    *, width: int = 64, size: int = 256, crop: int = 128, see_image: bool = False, see_mask: bool = False
) -> Discriminator:
    """Build the discriminator for pictures of one size; the defaults make 45,063,681 parameters.

    Raises ValueError for a width below 1, and for a crop below 8 or larger than the picture.
    """
    if width < 1:
        raise ValueError(f"width is {width}: a discriminator needs a width of at least 1")
    if not 8 <= crop <= size:
        raise ValueError(f"size is {size} and crop is {crop}: the crop must be from 8 to the size")
    return ContextDiscriminator(width=width, size=size, crop=crop, see_image=see_image, see_mask=see_mask)
