"""SinGAN's critics of all scales as one judge of a whole picture, shrunk to each scale in turn.

Source: Shaham et al., SinGAN: Learning a Generative Model from a Single Natural Image (2019), whose critics see the
patches of one scale each.  Differs: the authors let nobody choose among answers; here the mean over all scales says
which is most like the picture that was learned.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inpaint.contracts import Discriminator, Scores
from inpaint.discriminators.shown import extra_channels, shown
from inpaint.layers.deepfill import RGB
from inpaint.layers.picture_pyramid import at_size, pyramid_sizes
from inpaint.layers.scale_net import ScaleNet, width_at


class PyramidJudge(Discriminator):
    """The critics of all scales, for pictures in [0, 1]."""

    def __init__(self, width: int, *, scales: int, least: int, critics: nn.ModuleList | None = None, **sees: bool):
        """critics: those that a recipe teaches; None makes new ones."""
        super().__init__()
        self.sees = {"see_image": False, "see_mask": False, **sees}
        channels = RGB + extra_channels(**self.sees)
        made = (ScaleNet(width_at(number, width), 1, channels) for number in range(scales))
        self.critics = nn.ModuleList(made) if critics is None else critics
        self.least = least
        self.part = {"name": "singan", "width": width, "scales": scales, "least": least, **self.sees}

    def forward(self, candidate: Tensor, image: Tensor, mask: Tensor) -> Scores:
        """Return one logit for each picture, (B, 1, 1, 1), and what each scale says of its patches."""
        sizes = pyramid_sizes((candidate.shape[-2], candidate.shape[-1]), len(self.critics), self.least)
        x = shown(2 * candidate - 1, 2 * image - 1, mask, **self.sees)
        said = [critic(at_size(x, size)) for critic, size in zip(self.critics, sizes, strict=True)]  # (B, 1, h, w)
        logits = torch.stack([it.mean(dim=(1, 2, 3), keepdim=True) for it in said]).mean(dim=0)
        return Scores(logits, [*said, logits])


def build(
    *, width: int = 32, scales: int = 10, least: int = 25, see_image: bool = False, see_mask: bool = False
) -> Discriminator:
    """Build the critics of a pyramid; its options are those of the generator singan.

    Raises ValueError for any below 1.
    """
    if min(width, scales, least) < 1:
        raise ValueError(f"width is {width}, scales is {scales} and least is {least}: all must be at least 1")
    return PyramidJudge(width, scales=scales, least=least, see_image=see_image, see_mask=see_mask)
