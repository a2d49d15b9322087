"""Two critics of fixed sizes: one sees the whole picture, one a crop around the hole.

Source: Yu et al., Generative Image Inpainting with Contextual Attention (2018), as in the authors' code, after Iizuka
et al. (2017): four 5x5 convolutions of stride 2 with TensorFlow's SAME padding and leaky ReLUs, then one number; no
normalisation, no mask channel.  The crop is centred on the box that bounds each sample's hole and lies inside the
picture, which is the authors' crop, whose box is shrunk alike on opposite sides.  Differs: RGB where the authors feed
BGR, sizes are options, and the damaged picture and the mask can be further channels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators.shown import LEAKY_SLOPE, extra_channels, shown
from inpaint.layers.hole_window import cropped
from inpaint.layers.padding import PaddedConv, start_like_tensorflow

LOCAL = (1, 2, 4, 8)  # widths of the layers, in widths of the first
GLOBAL = (1, 2, 4, 4)


class Critic(nn.Module):
    """Judge a square picture of one fixed side that divides by 16, in [-1, 1], by one logit (B, 1, 1, 1)."""

    def __init__(self, in_channels: int, width: int, *, times: tuple[int, ...], side: int):
        super().__init__()
        widths = [width * each for each in times]
        self.convolutions = nn.ModuleList(
            PaddedConv(channels, wide, kernel=5, stride=2)
            for channels, wide in zip([in_channels, *widths], widths, strict=False)
        )
        self.judge = nn.Linear(widths[-1] * (side // 16) ** 2, 1)
        start_like_tensorflow(self.judge)

    def forward(self, x: Tensor) -> Scores:
        features = []
        for convolution in self.convolutions:
            x = nn.functional.leaky_relu(convolution(x), LEAKY_SLOPE)
            features.append(x)
        # The authors' weights count channels last.
        logits = self.judge(x.permute(0, 2, 3, 1).flatten(1))[..., None, None]
        return Scores(logits, [*features, logits])


class LocalGlobal(Discriminator):
    """Both critics as one discriminator, which takes pictures in [0, 1]."""

    def __init__(self, local: Critic, whole: Critic, *, size: int, crop: int, see_image: bool, see_mask: bool):
        super().__init__()
        self.local = local
        self.whole = whole
        self.size = size
        self.crop = crop
        self.sees = {"see_image": see_image, "see_mask": see_mask}

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        """Return logits (B, 2, 1, 1), local and global.

        Raises ValueError for a picture of another size than the critics were built for.
        """
        if candidate.shape[-2:] != (self.size, self.size):
            height, width = candidate.shape[-2:]
            raise ValueError(
                f"the picture is {height}x{width} px: this discriminator judges {self.size}x{self.size} px alone, "
                "set its size to the crop"
            )
        x = shown(2 * candidate - 1, 2 * image - 1, mask, **self.sees)
        local, whole = self.local(cropped(x, mask, self.crop)), self.whole(x)
        return Scores(torch.cat([local.logits, whole.logits], dim=1), [*local.features, *whole.features])


def build(
    *, width: int = 64, size: int = 256, crop: int = 128, see_image: bool = False, see_mask: bool = False
) -> Discriminator:
    """Build both critics for pictures of one size; the defaults make 4,339,329 + 2,733,441 parameters.

    Raises ValueError for a width below 1, and for sizes that do not divide by 16 or a crop larger than the picture.
    """
    if width < 1:
        raise ValueError(f"width is {width}: a discriminator needs a width of at least 1")
    if size % 16 or crop % 16 or not 16 <= crop <= size:
        raise ValueError(f"size is {size} and crop is {crop}: both must divide by 16, and the crop fit into the size")
    channels = 3 + extra_channels(see_image=see_image, see_mask=see_mask)
    local = Critic(channels, width, times=LOCAL, side=crop)
    whole = Critic(channels, width, times=GLOBAL, side=size)
    return LocalGlobal(local, whole, size=size, crop=crop, see_image=see_image, see_mask=see_mask)
