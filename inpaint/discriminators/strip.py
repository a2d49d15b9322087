"""The critics of strips that are continued to the right: one sees all of a strip, the other the new half.

Source: Yang et al., Very Long Natural Scenery Image Prediction by Outpainting (2019), and the authors' code: halving
convolutions with instance norms but for the first, and one judgement of everything.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators.shown import LEAKY_SLOPE, extra_channels, shown
from inpaint.layers.deepfill import RGB
from inpaint.layers.padding import start_like_tensorflow
from inpaint.layers.recurrent_transfer import INSTANCE_EPSILON

STRIP_TIMES = {"strip": (1, 2, 4, 8, 8), "right": (1, 2, 4, 4)}  # widths of the layers, in widths of the first


class StripCritic(Discriminator):
    """6,969,153 parameters for a strip of 128 x 256 px, 1,724,737 for its right half, of width 64."""

    def __init__(self, width: int, size: tuple[int, int], part: str, **sees: bool):
        super().__init__()
        self.seen, self.size, self.sees = part, size, sees
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        channels = RGB + extra_channels(**sees)
        for number, times in enumerate(STRIP_TIMES[part]):
            wide = times * width
            convolution = nn.Conv2d(channels, wide, 4, stride=2, padding=1, bias=not number)
            start_like_tensorflow(convolution)
            self.convolutions.append(convolution)
            norm = nn.InstanceNorm2d(wide, INSTANCE_EPSILON, affine=True) if number else nn.Identity()
            self.norms.append(norm)
            channels = wide
        shrunk = 2 ** len(self.convolutions)
        seen = size[1] if part == "strip" else size[1] // 2
        self.judge = nn.Linear(channels * (size[0] // shrunk) * (seen // shrunk), 1)
        start_like_tensorflow(self.judge)

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        """Return one logit for each picture, (B, 1, 1, 1).  Raises ValueError for pictures of another size."""
        if candidate.shape[-2:] != self.size:
            given = "x".join(map(str, candidate.shape[-2:]))
            raise ValueError(
                f"the critic strip sees {self.size[0]}x{self.size[1]} px, but was shown {given}: its size must be "
                "data.crop and data.crop_width"
            )
        x = shown(2 * candidate - 1, 2 * image - 1, mask, **self.sees)
        x = x if self.seen == "strip" else x[..., self.size[1] // 2 :]
        features = []
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = F.leaky_relu(norm(convolution(x)), LEAKY_SLOPE)
            features.append(x)
        return Scores(self.judge(x.flatten(1))[..., None, None], features)


def build(
    *,
    width: int = 64,
    size: Sequence[int] = (128, 256),
    part: str = "strip",
    see_image: bool = False,
    see_mask: bool = False,
) -> Discriminator:
    """Build a critic; size: height and width of the strip, px.  part: "strip" for all of it, "right" for its new half.

    Raises ValueError for a part that is neither, a width below 1, and sides that do not divide by 32.
    """
    if part not in STRIP_TIMES:
        raise ValueError(f"part is {part!r}: choose {' or '.join(STRIP_TIMES)}")
    if width < 1 or len(size) != 2 or any(side < 32 or side % 32 for side in size):
        raise ValueError(f"width is {width} and size is {list(size)}: width must be at least 1, both sides 32, 64, ...")
    return StripCritic(width, (size[0], size[1]), part, see_image=see_image, see_mask=see_mask)
